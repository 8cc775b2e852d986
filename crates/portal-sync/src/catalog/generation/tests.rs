//! What a generation says of its entities.

use serde_json::{Value, json};

use super::*;
use crate::testing::{published, uid_of};

fn user(groups: &[&str]) -> Value {
    json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "metadata": { "name": "Ada", "namespace": "default", "title": "Ada L." },
        "spec": { "memberOf": groups },
    })
}

fn group(name: &str, members: &[&str]) -> Value {
    json!({
        "apiVersion": "backstage.io/v1beta1",
        "kind": "Group",
        "metadata": { "name": name, "namespace": "default" },
        "spec": { "type": "team", "children": [], "members": members },
    })
}

fn of(entities: Vec<Value>) -> crate::catalog::published::Published {
    published(3, Timestamp::UNIX_EPOCH, entities)
}

fn wire(of: &Generation, entity_ref: &str) -> Value {
    let mut out = Vec::new();
    let position = of.position(entity_ref).unwrap();
    of.entities().write(position, &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn a_generation_is_counted_and_listed_by_kind() {
    let catalog = of(vec![user(&["b"]), group("b", &[]), group("a", &[])]);
    assert_eq!(
        (catalog.number(), catalog.taken_at()),
        (3, Timestamp::UNIX_EPOCH)
    );
    let names = |at: &[u32]| -> Vec<String> {
        at.iter().map(|at| catalog.ref_at(*at).to_owned()).collect()
    };
    assert_eq!(
        names(catalog.groups()),
        ["group:default/a", "group:default/b"]
    );
    assert_eq!(names(catalog.users()), ["user:default/ada"]);
    assert!(catalog.has_read("default") && !catalog.has_read("other"));
    let nobody = of(Vec::new());
    assert_eq!((nobody.users().len(), nobody.groups().len()), (0, 0));
}

#[test]
fn every_document_is_told_in_the_order_of_refs() {
    let catalog = of(vec![user(&["b", "missing"]), group("b", &[])]);
    let mut told = Vec::new();
    catalog.each_document(|entity_ref, uid, text| {
        let kind = serde_json::from_str::<Value>(text).unwrap()["kind"].clone();
        told.push((entity_ref.to_owned(), uid, kind));
    });
    let expected = [
        ("group:default/b".to_owned(), uid_of("b"), json!("Group")),
        ("user:default/ada".to_owned(), uid_of("Ada"), json!("User")),
    ];
    assert_eq!(told, expected);
}

#[test]
fn parts_of_a_ref_are_found_in_any_case() {
    let catalog = of(vec![user(&[])]);
    let position = catalog.position("user:default/ada");
    assert!(position.is_some());
    assert_eq!(catalog.position_of("USER", "Default", "aDA"), position);
    assert_eq!(catalog.position_of("user", "default", "bob"), None);
    let uid = uid_of("Ada").to_string();
    assert_eq!(catalog.position_of_uid(&uid.to_uppercase()), position);
    assert_eq!(catalog.position_of_uid("nope"), None);
}

#[test]
fn what_is_named_and_not_there_is_a_relation_and_no_entity() {
    let catalog = of(vec![
        user(&["ghosts", "Not A Name"]),
        group("b", &["group:x/y"]),
    ]);
    assert!(catalog.missing().eq(["group:default/ghosts", "group:x/y"]));
    assert_eq!(catalog.position("group:default/ghosts"), None);
    assert_eq!(catalog.position_of_uid(&Uuid::nil().to_string()), None);
    let relations = json!([{ "type": "memberOf", "targetRef": "group:default/ghosts" }]);
    assert_eq!(wire(&catalog, "user:default/ada")["relations"], relations);
}

#[test]
fn an_entity_is_answered_with_both_ends_of_its_relations() {
    let catalog = of(vec![
        user(&["b"]),
        group("a", &["user:default/ada"]),
        group("b", &[]),
    ]);
    let mut ada = wire(&catalog, "user:default/ada");
    let etag = ada["metadata"]["etag"].take();
    assert_eq!(etag.as_str().unwrap().len(), 64);
    let expected = json!({
        "metadata": {
            "namespace": "default",
            "name": "Ada",
            "title": "Ada L.",
            "uid": uid_of("Ada").to_string(),
            "etag": null,
        },
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "spec": { "memberOf": ["b"] },
        "relations": [
            { "type": "memberOf", "targetRef": "group:default/a" },
            { "type": "memberOf", "targetRef": "group:default/b" },
        ],
    });
    assert_eq!(ada, expected);
    let b = wire(&catalog, "group:default/b");
    assert_eq!(
        b["relations"],
        json!([{ "type": "hasMember", "targetRef": "user:default/ada" }])
    );
}

#[test]
fn the_etag_follows_what_is_seen() {
    let etag = |entities| {
        let entity = wire(&of(entities), "user:default/ada");
        entity["metadata"]["etag"].as_str().unwrap().to_owned()
    };
    let before = etag(vec![user(&[]), group("a", &[])]);
    assert_eq!(before, etag(vec![group("a", &[]), user(&[])]));
    // The user says nothing of the group, but the group has it as a member.
    assert_ne!(before, etag(vec![user(&[]), group("a", &["ada"])]));
    assert_ne!(before, etag(vec![user(&["a"]), group("a", &[])]));
}

#[test]
fn what_is_no_entity_of_its_ref_is_refused() {
    let ada = user(&[]).to_string();
    for (entity_ref, text, expected) in [
        (
            "user:default/ada",
            "{",
            "what is stored as user:default/ada cannot be read",
        ),
        (
            "user:default/ada",
            r#"{"apiVersion":"backstage.io/v1alpha1","kind":"User","metadata":{"name":"ada"},"spec":{"memberOf":3}}"#,
            "what is stored as user:default/ada cannot be read",
        ),
        (
            "user:default/bob",
            &ada,
            "what is stored as user:default/bob calls itself User:default/Ada",
        ),
    ] {
        let refused = Builder::default().add(entity_ref, Uuid::nil(), text);
        assert_eq!(refused.unwrap_err().to_string(), expected);
    }
    let mut builder = Builder::default();
    for uid in [1, 2] {
        builder
            .add("user:default/ada", Uuid::from_u128(uid), &ada)
            .unwrap();
    }
    let refused = builder.finish(1, Timestamp::UNIX_EPOCH, []).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "two entities are called user:default/ada"
    );
}
