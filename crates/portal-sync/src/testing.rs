//! Users and groups for tests: as Okta says them, and as the catalog has them.

use catalog_model::{Entity, GroupSpec, Metadata, UserSpec};
use okta_api::{Group, User};
use serde_json::{Value, json};

use crate::held::criteria::{Criteria, GroupCriterion};
use crate::held::leavers::Leavers;

#[cfg(unix)]
pub(crate) mod cluster;

/// An active user as Okta says it.
pub(crate) fn user(id: &str, profile: Value) -> User {
    serde_json::from_value(json!({"id": id, "status": "ACTIVE", "profile": profile})).unwrap()
}

/// A group as Okta says it.
pub(crate) fn group(id: &str, profile: Value) -> Group {
    serde_json::from_value(json!({"id": id, "type": "OKTA_GROUP", "profile": profile})).unwrap()
}

/// A group of which nothing but the name is of interest.
pub(crate) fn group_named(id: &str, name: &str) -> Group {
    group(id, json!({ "name": name }))
}

/// A user of the catalog who has nothing but a name.
pub(crate) fn user_entity(name: &str) -> Entity {
    Entity::new(Metadata::new(name.parse().unwrap()), UserSpec::default())
}

/// A group of the catalog with these members, by name.
pub(crate) fn group_entity(name: &str, members: &[&str]) -> Entity {
    let spec = GroupSpec::new("group").with_members(members.iter().copied());
    Entity::new(Metadata::new(name.parse().unwrap()), spec)
}

/// What a provider selects that selects by every key.
pub(crate) fn criteria() -> Criteria {
    Criteria {
        org: "https://acme.okta.com".to_owned(),
        client: Some("0oa1".to_owned()),
        user_filter: Some(r#"status eq "ACTIVE" and profile.email ew "@example.com""#.to_owned()),
        group_filter: Some(GroupCriterion::Search(
            r#"profile.name sw "team-""#.to_owned(),
        )),
        users_from_groups: true,
        include_empty_groups: true,
        statuses: vec!["ACTIVE".to_owned()],
        exclude_users: vec!["prefix:svc-".to_owned()],
        exclude_groups: vec!["glob:*-test".to_owned()],
        merge: vec![("Eng".to_owned(), vec!["prefix:eng-".to_owned()])],
        leavers: Leavers::Keep { days: 30 },
    }
}
