//! Entities that do not fit together, and the differences that print.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::error::Error;

use catalog_model::{Entity, EntitySet, EntitySetError, FieldChange, digest};
use serde_json::{Value, json};

fn entity(kind: &str, name: &str, spec: &Value) -> Entity {
    serde_json::from_value(json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": { "name": name },
        "spec": spec,
    }))
    .unwrap()
}

fn user(name: &str, member_of: &[&str]) -> Entity {
    entity("User", name, &json!({ "memberOf": member_of }))
}

fn group(name: &str, rest: &Value) -> Entity {
    let mut spec = json!({ "type": "team", "children": [] });
    let fields = rest.as_object().unwrap().clone();
    spec.as_object_mut().unwrap().extend(fields);
    entity("Group", name, &spec)
}

fn messages(entities: Vec<Entity>) -> Vec<String> {
    let errors = EntitySet::build(entities).unwrap_err();
    errors.iter().map(EntitySetError::to_string).collect()
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    let mut jane = user("jane", &["team-a", "nobody", "component:x", "a b"]);
    jane.metadata.title = Some(String::new());
    jane.metadata.tags = vec!["Tag".to_owned()];
    let entities = vec![
        user("Bob", &[]),
        user("bob", &[]),
        user("bob", &[]),
        jane,
        group("team-a", &json!({ "parent": "team-b", "members": ["kim"] })),
        group("team-b", &json!({ "parent": "team-c" })),
        group("team-c", &json!({ "parent": "group:default/TEAM-A" })),
        group("team-d", &json!({ "children": ["team-d"] })),
    ];
    let expected = [
        "user:default/jane is not valid: `metadata.title`: it is empty; `metadata.tags[0]`: the tag is \
         not valid: character 1 is 'T', allowed are lower-case ASCII letters, digits, ':', '+', '#' \
         and '-'",
        "3 entities are called user:default/bob: `Bob`, `bob`",
        "`spec.members[0]` of group:default/team-a names `kim`, which is not there",
        "`spec.memberOf[1]` of user:default/jane names `nobody`, which is not there",
        "`spec.memberOf[2]` of user:default/jane names `component:x`, which is not there",
        "`spec.memberOf[3]` of user:default/jane names `a b`, which is not there",
        "groups are their own ancestors: group:default/team-a in group:default/team-b in \
         group:default/team-c in group:default/team-a",
        "groups are their own ancestors: group:default/team-d in group:default/team-d",
    ];
    assert_eq!(messages(entities.clone()), expected);
    let mut reversed = entities;
    reversed.reverse();
    assert_eq!(messages(reversed), expected, "whatever the order");
}

#[test]
fn a_ref_that_can_name_nothing_says_why() {
    let errors = EntitySet::build([user("jane", &["a b"])]).unwrap_err();
    let cause = errors.as_slice()[0].source().unwrap();
    assert_eq!(
        cause.to_string(),
        "`a b` is not an entity ref: no entity can be called so"
    );
    assert!(
        cause
            .source()
            .unwrap()
            .to_string()
            .contains("character 2 is ' '")
    );
}

#[test]
fn a_set_is_looked_up_without_regard_to_case() {
    let set = EntitySet::build([user("Jane", &[])]).unwrap();
    let jane = set.get(&"User:Default/JANE".parse().unwrap()).unwrap();
    assert_eq!(jane.metadata.name.as_str(), "Jane");
    let nobody = "user:default/nobody".parse().unwrap();
    assert_eq!(set.get(&nobody), None);
    assert_eq!(set.relations(&nobody), []);
    assert_eq!((set.len(), set.is_empty()), (1, false));
    assert!(EntitySet::build([]).unwrap().is_empty());
}

#[test]
fn documents_that_are_no_entities_say_why() {
    let valid = json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "metadata": { "name": "jane" },
        "spec": { "memberOf": [] },
    });
    let table = [
        ("/relations", json!([]), "unknown field `relations`"),
        (
            "/kind",
            json!("user"),
            "`user` is not a kind: it is spelled `User`",
        ),
        (
            "/metadata/name",
            json!("a b"),
            "`a b` is not a name: character 2 is ' '",
        ),
        (
            "/metadata/name",
            json!(7),
            "invalid type: integer `7`, expected a string",
        ),
        (
            "/metadata/namespace",
            json!("Default"),
            "`Default` is not a namespace",
        ),
        (
            "/metadata/description",
            json!(null),
            "invalid type: null, expected a string",
        ),
        (
            "/spec",
            json!({}),
            "in `spec` of the User: missing field `memberOf`",
        ),
    ];
    for (at, value, message) in table {
        let mut document = valid.clone();
        let (parent, key) = at.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key] = value;
        let error = serde_json::from_value::<Entity>(document)
            .unwrap_err()
            .to_string();
        assert!(error.contains(message), "{at}: {error}");
    }
}

#[test]
fn differences_print_field_by_field() {
    let mut before = group("team-a", &json!({ "members": ["bob", "jane", "kim"] }));
    before.metadata.description = Some("Old\nwords".to_owned());
    before.metadata.tags = vec!["a".to_owned(), "b".to_owned()];
    let mut after = group(
        "Team-A",
        &json!({ "members": ["omar", "kim"], "parent": "all" }),
    );
    after.metadata.description = Some("New words".to_owned());
    after.metadata.tags = vec!["b".to_owned(), "a".to_owned()];
    after
        .metadata
        .annotations
        .insert("okta.com/id".to_owned(), "00g1".to_owned());

    let fields = FieldChange::between(&before, &after);
    let lines: Vec<String> = fields.iter().map(ToString::to_string).collect();
    let expected = [
        r#"+ metadata.annotations: {"okta.com/id":"00g1"}"#,
        r#"~ metadata.description: "Old\nwords" -> "New words""#,
        r#"~ metadata.name: "team-a" -> "Team-A""#,
        r#"~ metadata.tags: ["a","b"] -> ["b","a"]"#,
        r#"- spec.members: "bob""#,
        r#"- spec.members: "jane""#,
        r#"+ spec.members: "omar""#,
        r#"+ spec.parent: "all""#,
    ];
    assert_eq!(lines, expected);
    assert_eq!(
        serde_json::to_value(&fields[5]).unwrap(),
        json!({ "path": "spec.members", "before": "jane" }),
    );
}

#[test]
fn the_order_and_repetition_of_members_is_no_change() {
    let team = |members: &[&str]| group("team-a", &json!({ "members": members }));
    let (a, b) = (team(&["jane", "bob", "jane"]), team(&["bob", "jane"]));
    assert_eq!(FieldChange::between(&a, &b), []);
    assert_eq!(digest(&a), digest(&b));
    assert_ne!(digest(&a), digest(&team(&["bob"])));
}
