//! What is kept of a user's record: these are people, and what nobody needs of them is not kept.

use std::collections::BTreeSet;

use okta_api::User;

/// The user without what is not among these names, as a search names it (`profile.department`, `created`). A user's id, status,
/// and when these and the profile changed stay.
#[must_use]
pub(crate) fn trimmed(mut user: User, names: &BTreeSet<String>) -> User {
    let is_named = |name: &str| names.contains(name) || has_below(names, name);
    user.profile
        .retain(|name| is_named(&format!("profile.{name}")));
    user.extra.retain(|name, _| is_named(name));
    for (name, time) in [
        ("created", &mut user.created),
        ("activated", &mut user.activated),
        ("lastLogin", &mut user.last_login),
    ] {
        if !is_named(name) {
            *time = None;
        }
    }
    user
}

/// Whether something below this name is named, as in `type.id` below `type`.
fn has_below(names: &BTreeSet<String>, name: &str) -> bool {
    let prefix = format!("{name}.");
    let mut after = names.range(prefix.clone()..);
    after.next().is_some_and(|next| next.starts_with(&prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_stays() {
        let user: User = serde_json::from_value(serde_json::json!({
            "id": "00u1", "status": "ACTIVE", "created": "2026-01-31T08:15:00.000Z",
            "lastLogin": "2026-01-31T08:15:00.000Z", "lastUpdated": "2026-02-28T08:15:00.000Z",
            "statusChanged": "2026-02-28T08:15:00.000Z", "type": {"id": "oty1"}, "realmId": "guo1",
            "profile": {"login": "jane@example.com", "mobilePhone": "1", "address": {"city": "Bern"}, "addressee": "no"},
        }))
        .unwrap();
        let names = ["profile.login", "profile.address.city", "type.id"].map(str::to_owned);
        let trimmed = serde_json::to_value(trimmed(user, &names.into())).unwrap();
        assert_eq!(
            trimmed,
            serde_json::json!({
                "id": "00u1", "status": "ACTIVE", "lastUpdated": "2026-02-28T08:15:00.000Z",
                "statusChanged": "2026-02-28T08:15:00.000Z", "type": {"id": "oty1"},
                "profile": {"login": "jane@example.com", "address": {"city": "Bern"}},
            })
        );
    }
}
