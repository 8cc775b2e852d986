//! What each case selects, said once more in Rust: the oracle's side of its `app-config.yaml`.

use serde_json::Value;

use super::oracle::Rules;
use crate::simulator::User;

/// The rules of the case `name` of a scenario, as in `small/user-filter`.
#[must_use]
pub(super) fn of(name: &str) -> Option<Rules> {
    let all = Rules::default();
    let rules = match name {
        "small/everything" | "large/everything" => all,
        "small/user-filter" => Rules {
            user: is_active,
            ..all
        },
        "small/nobody" => Rules {
            user: |_| false,
            ..all
        },
        "small/group-names" => Rules {
            group: |group| matches!(group.name(), "Sales & Partners" | "public-データ"),
            users_from_groups: true,
            ..all
        },
        "small/group-filter" => Rules {
            group: |group| group.name().starts_with("public-"),
            users_from_groups: true,
            ..all
        },
        "small/both-filters" => Rules {
            user: |user| is_active(user) && of_department(user, "Engineering"),
            group: |group| group.name().starts_with("public-") || group.kind == "APP_GROUP",
            users_from_groups: true,
            ..all
        },
        "small/users-of-all-groups" => Rules {
            group: |group| group.name() == "public-platform",
            ..all
        },
        "small/without-empty-groups" => Rules {
            user: |user| of_department(user, "Sales"),
            empty_groups: false,
            ..all
        },
        "small/local-filter" => Rules {
            user: |user| {
                attribute(user, "email")
                    .to_lowercase()
                    .ends_with("@example.com")
                    && !is_active(user)
            },
            ..all
        },
        "large/both-filters" => Rules {
            user: |user| is_active(user) && !of_department(user, "Sales"),
            group: |group| group.kind == "OKTA_GROUP",
            users_from_groups: true,
            ..all
        },
        _ => return None,
    };
    Some(rules)
}

fn is_active(user: &User) -> bool {
    user.status == "ACTIVE"
}

fn of_department(user: &User, department: &str) -> bool {
    attribute(user, "department") == department
}

fn attribute<'u>(user: &'u User, name: &str) -> &'u str {
    user.profile
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
