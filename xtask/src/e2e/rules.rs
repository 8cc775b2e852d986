//! What each case selects, said once more in Rust: the oracle's side of its `app-config.yaml`.

use serde_json::Value;

use super::oracle::{Rules, attribute};
use crate::simulator::{Group, User};

/// The rules of the case `name` of a scenario, as in `small/user-filter`.
#[must_use]
pub(super) fn of(name: &str) -> Option<Rules> {
    match name.split_once('/')? {
        ("small", name) => of_small(name),
        ("large", name) => of_large(name),
        ("mapping", name) => of_mapping(name),
        _ => None,
    }
}

fn of_small(name: &str) -> Option<Rules> {
    let all = Rules::default();
    let rules = match name {
        "everything" => all,
        "user-filter" => Rules {
            user: is_active,
            ..all
        },
        "nobody" => Rules {
            user: |_| false,
            ..all
        },
        "group-names" => Rules {
            group: |group| matches!(group.name(), "Sales & Partners" | "public-データ"),
            users_from_groups: true,
            ..all
        },
        "group-filter" => Rules {
            group: |group| group.name().starts_with("public-"),
            users_from_groups: true,
            ..all
        },
        "both-filters" => Rules {
            user: |user| is_active(user) && of_department(user, "Engineering"),
            group: |group| group.name().starts_with("public-") || group.kind == "APP_GROUP",
            users_from_groups: true,
            ..all
        },
        "users-of-all-groups" => Rules {
            group: |group| group.name() == "public-platform",
            ..all
        },
        "without-empty-groups" => Rules {
            user: |user| of_department(user, "Sales"),
            empty_groups: false,
            ..all
        },
        "local-filter" => Rules {
            user: |user| {
                attribute(user, "email")
                    .to_lowercase()
                    .ends_with("@example.com")
                    && !is_active(user)
            },
            ..all
        },
        _ => return None,
    };
    Some(rules)
}

fn of_large(name: &str) -> Option<Rules> {
    let all = Rules::default();
    let rules = match name {
        "everything" => all,
        "both-filters" => Rules {
            user: |user| is_active(user) && !of_department(user, "Sales"),
            group: |group| group.kind == "OKTA_GROUP",
            users_from_groups: true,
            ..all
        },
        _ => return None,
    };
    Some(rules)
}

fn of_mapping(name: &str) -> Option<Rules> {
    let all = Rules::default();
    let rules = match name {
        "example" => Rules {
            user: |user| {
                let known_by = [user.login(), attribute(user, "email")];
                let is_program = known_by.iter().any(|it| {
                    it.starts_with("svc-")
                        || it.ends_with("@bots.example.com")
                        || *it == "breakglass@example.com"
                });
                !is_program
                    && !matches!(user.status.as_str(), "SUSPENDED" | "STAGED" | "PROVISIONED")
            },
            group: |group| !is_everyone(group) && !group.name().ends_with("-test"),
            email: |user| {
                let email = attribute(user, "email");
                let second = attribute(user, "secondEmail");
                if email.is_empty() { second } else { email }.to_lowercase()
            },
            title: |group| {
                let title = group.profile.get("teamName").and_then(Value::as_str);
                title.unwrap_or_else(|| group.name())
            },
            merged: |group| group.name().starts_with("Support "),
            parent: by_org_id,
            root: true,
            ..all
        },
        "by-name" => Rules {
            group: |group| !is_everyone(group),
            empty_groups: false,
            parent: by_dots,
            root: true,
            ..all
        },
        "namespaces" | "roadie" => all,
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

fn is_everyone(group: &Group) -> bool {
    group.kind == "BUILT_IN"
}

/// The value of an attribute of a group: a text, or a number as one.
fn value(group: &Group, name: &str) -> Option<String> {
    match group.profile.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn by_org_id(group: &Group, all: &[&Group]) -> Option<String> {
    let parent = value(group, "parentOrgId")?;
    let found = all
        .iter()
        .find(|it| value(it, "orgId").as_ref() == Some(&parent))?;
    Some(found.id.clone())
}

/// The group with the longest name that this one's begins with, up to a dot.
fn by_dots(group: &Group, all: &[&Group]) -> Option<String> {
    let is_above = |it: &&&Group| {
        let rest = group.name().strip_prefix(it.name());
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let found = all
        .iter()
        .filter(is_above)
        .max_by_key(|it| it.name().len())?;
    Some(found.id.clone())
}
