//! Entities that do not fit together, and the differences that print.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::error::Error;

use catalog_model::{Entity, EntitySet, EntitySetError, FieldChange, Kind, Metadata, OtherSpec};
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
fn a_failed_build_hands_the_entities_back() {
    let given = vec![user("zoe", &["b", "a", "a"]), user("bob", &[])];
    let errors = EntitySet::build(given.clone()).unwrap_err();
    assert_eq!(errors.entities(), given);
    assert_eq!(errors.into_entities(), given);
}

#[test]
fn an_open_set_is_what_backstage_would_show() {
    let mut invalid = user("kim", &["team-a"]);
    invalid.metadata.tags = vec!["Tag".to_owned()];
    let mut later = user("JANE", &["team-a", "gone", "a b", "system:x", "ant"]);
    later.metadata.title = Some("Jane".to_owned());
    let ring = group("ring", &json!({ "parent": "ring", "members": ["kim"] }));
    let team = group("team-a", &json!({ "members": ["component:x/y"] }));
    let component = entity("Component", "payments", &json!({ "owner": "nobody" }));
    let given = vec![user("jane", &[]), invalid, later, ring, team, component];
    let (set, errors) = EntitySet::open(given);

    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let expected = [
        "user:default/kim is not valid: `metadata.tags[0]`: the tag is not valid: character 1 is 'T', allowed are \
         lower-case ASCII letters, digits, ':', '+', '#' and '-'",
        "2 entities are called user:default/jane: `JANE`, `jane`",
        "`spec.members[0]` of group:default/ring names `kim`, which is not there",
        "`spec.members[0]` of group:default/team-a names `component:x/y`, which is not there",
        "`spec.memberOf[1]` of user:default/jane names `gone`, which is not there",
        "`spec.memberOf[2]` of user:default/jane names `a b`, which is not there",
        "`spec.memberOf[3]` of user:default/jane names `system:x`, which is not there",
        "`spec.memberOf[4]` of user:default/jane names `ant`, which is not there",
        "groups are their own ancestors: group:default/ring in group:default/ring",
    ];
    assert_eq!(messages, expected);
    let refs: Vec<String> = set.iter().map(|it| it.entity_ref().to_string()).collect();
    let there = [
        "component:default/payments",
        "group:default/ring",
        "group:default/team-a",
        "user:default/jane",
    ];
    assert_eq!(refs, there);

    let relations = |name: &str| -> Vec<String> {
        let relations = set.relations(&name.parse().unwrap());
        let texts = relations.iter();
        texts
            .map(|relation| format!("{} {}", relation.type_, relation.target))
            .collect()
    };
    assert_eq!(
        relations("user:default/jane"),
        [
            "memberOf group:default/ant",
            "memberOf group:default/gone",
            "memberOf group:default/team-a",
            "memberOf system:default/x",
        ]
    );
    assert_eq!(
        relations("group:default/ring"),
        [
            "childOf group:default/ring",
            "hasMember user:default/kim",
            "parentOf group:default/ring",
        ]
    );
    assert_eq!(
        relations("group:default/team-a"),
        ["hasMember component:x/y", "hasMember user:default/jane"]
    );
    assert!(relations("group:default/gone").is_empty());
    assert!(relations("component:default/payments").is_empty());
}

#[test]
fn errors_are_written_with_their_code_and_place() {
    let errors = EntitySet::build([
        user("bob", &["gone"]),
        group("ring", &json!({ "parent": "ring" })),
    ])
    .unwrap_err();
    assert_eq!(
        serde_json::to_value(&errors).unwrap(),
        json!([
            {
                "code": "dangling-ref",
                "entity": "user:default/bob",
                "pointer": "/spec/memberOf/0",
                "path": "spec.memberOf[0]",
                "message": "`spec.memberOf[0]` of user:default/bob names `gone`, which is not there",
            },
            {
                "code": "parent-cycle",
                "entity": "group:default/ring",
                "message": "groups are their own ancestors: group:default/ring in group:default/ring",
            },
        ])
    );
    let shown = "the entities do not make a catalog\n  `spec.memberOf[0]` of user:default/bob names `gone`, which is not there\n  \
                 groups are their own ancestors: group:default/ring in group:default/ring";
    assert_eq!(format!("{errors:?}"), shown);
}

#[test]
fn a_kind_with_a_spec_of_its_own_has_no_other() {
    let group = OtherSpec::new(Kind::GROUP).with_field("type", "team");
    let entity = Entity::new(Metadata::new("a".parse().unwrap()), group);
    let violations = entity.validate().unwrap_err();
    assert_eq!(violations.as_slice()[0].code(), "kind");
    assert_eq!(violations.as_slice()[0].pointer(), "/kind");

    let user = user("jane", &[]).with_api_version("acme.example/v1".parse().unwrap());
    let violations = user.validate().unwrap_err();
    assert_eq!(
        violations.to_string(),
        "`apiVersion`: `acme.example/v1` is no version of `User`: these are `backstage.io/v1alpha1` and `backstage.io/v1beta1`",
    );
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
    assert_ne!(FieldChange::between(&a, &team(&["bob"])), []);
}
