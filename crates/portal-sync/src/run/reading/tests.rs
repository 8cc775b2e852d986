//! Who is asked for by id.

use super::*;
use crate::testing::{user, user_entity};

#[test]
fn whoever_is_held_and_in_no_group_any_more_is_asked_for() {
    let names = ["member", "held", "away"];
    let catalog = names.map(|name| (name.to_owned(), user_entity(name)));
    let state = State::of_entities(1, catalog);
    let ids = names.map(UserId::from);
    let mut org = Org {
        users_are_members: true,
        ..Org::default()
    };
    for id in &ids[..2] {
        let user = user(id.as_str(), serde_json::json!({}));
        org.users.insert(id.clone(), user.into());
    }
    let group = okta_api::GroupId::from("g");
    org.members
        .insert(group.clone(), Members::of([ids[0].clone()]));
    assert_eq!(unseen(&org, &state), ids[1..].iter().cloned().collect());
    org.deactivated.insert(ids[2].clone());
    assert_eq!(unseen(&org, &state), [ids[1].clone()].into());
    org.members
        .insert(group, Members::Unknown("odd".to_owned()));
    assert!(unseen(&org, &state).is_empty());
}
