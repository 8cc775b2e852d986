//! Which events Okta would have written of an edit of the org.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::event::Event;
use super::org::{DEPROVISIONED, Group, Org, User};

/// The events of what is different: who and what came, changed, joined, left and went, in this order.
///
/// As in Okta, that a deactivated user or a deleted one loses groups is said by no event of its own, and nobody joins or
/// leaves `Everyone` by one.
pub(crate) fn events(before: &Org, after: &Org, now: Timestamp) -> Vec<Event> {
    let mut found = Vec::new();
    let event = |kind: &str| Event::new(kind, now);
    for (id, user) in &after.users {
        match before.users.get(id) {
            None => {
                found.push(event("user.lifecycle.create").about_user(user));
                if user.status == "ACTIVE" {
                    found.push(event("user.lifecycle.activate").about_user(user));
                }
            }
            Some(known) if known != user => {
                found.extend(of_user(known, user).map(|kind| event(kind).about_user(user)));
            }
            Some(_) => {}
        }
    }
    for (id, group) in &after.groups {
        match before.groups.get(id) {
            None => found.push(event("group.lifecycle.create").about_group(group)),
            Some(known) if known.profile != group.profile => {
                found.push(event("group.profile.update").about_group(group));
            }
            Some(_) => {}
        }
        memberships(before, after, group, now, &mut found);
    }
    for (id, user) in &before.users {
        if !after.users.contains_key(id) {
            found.push(event("user.lifecycle.delete.initiated").about_user(user));
            found.push(event("user.lifecycle.delete.completed").about_user(user));
        }
    }
    for (id, group) in &before.groups {
        if !after.groups.contains_key(id) {
            found.push(event("group.lifecycle.delete").about_group(group));
        }
    }
    found
}

/// What became of a user who was there before.
fn of_user(before: &User, after: &User) -> impl Iterator<Item = &'static str> + use<> {
    let status = match (before.status.as_str(), after.status.as_str()) {
        (then, since) if then == since => None,
        (_, DEPROVISIONED) => Some("user.lifecycle.deactivate"),
        (_, "SUSPENDED") => Some("user.lifecycle.suspend"),
        ("SUSPENDED", _) => Some("user.lifecycle.unsuspend"),
        (_, "LOCKED_OUT") => Some("user.account.lock"),
        ("LOCKED_OUT", _) => Some("user.account.unlock"),
        (_, "RECOVERY") => Some("user.account.reset_password"),
        (_, "PASSWORD_EXPIRED") => Some("user.account.expire_password"),
        (DEPROVISIONED, _) | (_, "ACTIVE" | "PROVISIONED") => Some("user.lifecycle.activate"),
        _ => None,
    };
    let profile = (before.profile != after.profile).then_some("user.account.update_profile");
    let kind = (before.type_id != after.type_id).then_some("user.account.update_user_type");
    [status, profile, kind].into_iter().flatten()
}

/// Who joined and who left a group, of those who are still there.
fn memberships(before: &Org, after: &Org, group: &Group, now: Timestamp, found: &mut Vec<Event>) {
    let nobody = BTreeSet::new();
    let (then, since) = (
        before.memberships.get(&group.id),
        after.memberships.get(&group.id),
    );
    if group.is_everyone() || then == since {
        return;
    }
    let (then, since) = (then.unwrap_or(&nobody), since.unwrap_or(&nobody));
    let joined = since.difference(then);
    let joined = joined.map(|id| (id, "group.user_membership.add"));
    let left = then.difference(since);
    let left = left.map(|id| (id, "group.user_membership.remove"));
    for (id, kind) in joined.chain(left) {
        if let Some(user) = after.users.get(id) {
            let event = Event::new(kind, now);
            found.push(event.about_user(user).about_group(group));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn org() -> Org {
        let mut org = Org::default();
        for id in ["00u1", "00u2", "00u3"] {
            org.add_user(User::new(id, "Ana", "Díaz", &format!("{id}@example.com")));
        }
        let mut everyone = Group::new("00g0", "Everyone");
        "BUILT_IN".clone_into(&mut everyone.kind);
        org.add_group(everyone);
        org.add_group(Group::new("00g1", "Platform"));
        org.join("00g1", "00u1", NOW);
        org
    }

    /// What is written of an edit: the kind, and what it is about.
    fn written(edit: impl FnOnce(&mut Org)) -> Vec<String> {
        let before = org();
        let mut after = before.clone();
        edit(&mut after);
        let said = |event: Event| {
            let ids = event.targets.iter().filter_map(|target| target.get("id"));
            let ids: Vec<&str> = ids.filter_map(Value::as_str).collect();
            format!("{} {}", event.event_type, ids.join(" "))
        };
        let events = events(&before, &after, NOW);
        assert!(events.iter().all(|event| event.published == NOW));
        events.into_iter().map(said).collect()
    }

    #[test]
    fn each_edit_of_a_user_has_its_event() {
        assert_eq!(written(|_| {}), [""; 0]);
        let new = User::new("00u9", "Eve", "Ng", "eve@example.com");
        assert_eq!(
            written(|org| org.add_user(new)),
            ["user.lifecycle.create 00u9", "user.lifecycle.activate 00u9"]
        );
        for (status, expected) in [
            (DEPROVISIONED, "user.lifecycle.deactivate 00u1"),
            ("SUSPENDED", "user.lifecycle.suspend 00u1"),
            ("LOCKED_OUT", "user.account.lock 00u1"),
        ] {
            assert_eq!(
                written(|org| org.set_status("00u1", status, NOW)),
                [expected]
            );
        }
        assert_eq!(
            written(|org| org.set_user_profile("00u1", "title", "Queen".into(), NOW)),
            ["user.account.update_profile 00u1"]
        );
        assert_eq!(
            written(|org| org.remove_user("00u1")),
            [
                "user.lifecycle.delete.initiated 00u1",
                "user.lifecycle.delete.completed 00u1"
            ]
        );
    }

    #[test]
    fn each_edit_of_a_group_has_its_event() {
        assert_eq!(
            written(|org| org.add_group(Group::new("00g2", "Data"))),
            ["group.lifecycle.create 00g2"]
        );
        assert_eq!(
            written(|org| org.set_group_profile("00g1", "name", "Platforms".into(), NOW)),
            ["group.profile.update 00g1"]
        );
        assert_eq!(
            written(|org| {
                org.join("00g1", "00u2", NOW);
                org.leave("00g1", "00u1", NOW);
            }),
            [
                "group.user_membership.add 00u2 00g1",
                "group.user_membership.remove 00u1 00g1"
            ]
        );
        assert_eq!(
            written(|org| org.remove_group("00g1")),
            ["group.lifecycle.delete 00g1"]
        );
    }
}
