//! Laws that hold for any document, however broken.

use catalog_model::{Entity, Violation, Violations};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

use crate::strategies::entity;

/// What is done to one place of a document.
#[derive(Debug, Clone)]
enum Mutation {
    Replace(Value),
    Remove,
    Insert(String, Value),
}

const KEYS: [&str; 24] = [
    "name",
    "Name",
    "namespace",
    "title",
    "labels",
    "annotations",
    "tags",
    "links",
    "url",
    "uid",
    "etag",
    "type",
    "profile",
    "email",
    "memberOf",
    "children",
    "members",
    "parent",
    "presence",
    "kind",
    "$text",
    "a b",
    "x",
    "X",
];

const TEXTS: [&str; 14] = [
    "",
    " ",
    "a",
    "A",
    "a b",
    "-",
    "a:",
    "https://a.example",
    "User",
    "Group",
    "required",
    "backstage.io/v1beta1",
    "\u{feff}",
    "é",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(&TEXTS[..]).prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let key = prop_oneof![select(&KEYS[..]).prop_map(str::to_owned), ".{0,3}"];
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((key, inner), 0..3)
                .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let key = prop_oneof![4 => select(&KEYS[..]).prop_map(str::to_owned), 1 => ".{0,4}"];
    prop_oneof![
        2 => any_value().prop_map(Mutation::Replace),
        1 => Just(Mutation::Remove),
        1 => (key, any_value()).prop_map(|(key, value)| Mutation::Insert(key, value)),
    ]
}

/// How many values are in a value, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(object) => object.values().map(size).sum(),
        _ => 0,
    }
}

/// Does it to the value at this place, counted in the order of the document; false when the value is to go.
fn mutate(value: &mut Value, at: &mut usize, mutation: &Mutation) -> bool {
    if *at == 0 {
        *at = usize::MAX;
        match (mutation, &mut *value) {
            (Mutation::Remove, _) => return false,
            (Mutation::Insert(key, new), Value::Object(object)) => {
                drop(object.insert(key.clone(), new.clone()))
            }
            (Mutation::Insert(_, new), Value::Array(list)) => list.push(new.clone()),
            (Mutation::Replace(new) | Mutation::Insert(_, new), _) => *value = new.clone(),
        }
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(list) => {
            list.retain_mut(|inner| *at == usize::MAX || mutate(inner, at, mutation))
        }
        Value::Object(object) => {
            object.retain(|_, inner| *at == usize::MAX || mutate(inner, at, mutation))
        }
        _ => {}
    }
    true
}

fn document() -> impl Strategy<Value = Value> {
    let mutations = vec((any::<Index>(), mutation()), 0..4);
    let mutated = (entity(), mutations).prop_map(|(entity, mutations)| {
        let mut document = serde_json::to_value(&entity).unwrap();
        for (at, mutation) in mutations {
            // Not the document itself: that makes nearly all of them the same.
            let at = 1 + at.index(size(&document).max(2) - 1);
            mutate(&mut document, &mut at.clone(), &mutation);
        }
        document
    });
    prop_oneof![9 => mutated, 1 => any_value()]
}

fn sorted(violations: &Violations) -> Vec<String> {
    let mut lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    lines.sort();
    lines
}

fn nested(levels: usize, wrap: fn(Value) -> Value) -> Value {
    (0..levels).fold(json!(0), |inner, _| wrap(inner))
}

/// Takes a value apart from outside: dropping a deep one as it is would need a deep stack.
fn drop_slowly(value: Value) {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(list) => rest.extend(list),
            Value::Object(object) => rest.extend(object.into_iter().map(|(_, inner)| inner)),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 4, ..ProptestConfig::default() })]

    #[test]
    fn a_document_is_checked_as_it_is_read_and_validated(document in document()) {
        let checked = Entity::from_document(&document);
        match (serde_json::from_value::<Entity>(document.clone()), checked) {
            (Ok(read), Ok(checked)) => {
                prop_assert_eq!(read.validate(), Ok(()));
                prop_assert_eq!(read, checked);
            }
            // What can be read breaks the very same rules.
            (Ok(read), Err(violations)) => {
                prop_assert_eq!(sorted(&read.validate().unwrap_err()), sorted(&violations));
                prop_assert_ne!(violations.len(), 0);
            }
            (Err(error), Ok(_)) => prop_assert!(false, "does not read: {}", error),
            (Err(_), Err(violations)) => prop_assert_ne!(violations.len(), 0),
        }
    }

    #[test]
    fn the_order_of_keys_changes_only_the_order_of_violations(document in document()) {
        let turned = super::with_keys_reversed(document.clone());
        match (Entity::from_document(&document), Entity::from_document(&turned)) {
            (Ok(a), Ok(b)) => prop_assert_eq!(a, b),
            (Err(a), Err(b)) => prop_assert_eq!(sorted(&a), sorted(&b)),
            _ => prop_assert!(false, "the verdict depends on the order"),
        }
    }
}

#[test]
fn violations_come_in_the_order_of_the_document() {
    let document = json!({
        "status": {},
        "spec": { "members": ["", 1], "profile": { "picture": "", "email": null }, "type": "" },
        "metadata": { "x": { "$text": "u" }, "tags": ["A", "b", 3], "links": [{ "icon": " " }], "labels": { "B": "x", "-": "-" } },
        "kind": "Group",
    });
    let violations = Entity::from_document(&document).unwrap_err();
    let paths: Vec<&str> = violations.iter().map(Violation::path).collect();
    let metadata = [
        &["metadata.x"][..],
        &["metadata.tags[0]", "metadata.tags[2]"],
        &["metadata.links[0].icon", "metadata.links[0].url"],
        &["metadata.labels[\"-\"]", "metadata.labels[\"-\"]"],
    ];
    let spec = [
        &["spec.members[0]", "spec.members[1]"][..],
        &["spec.profile.picture", "spec.profile.email"],
        &["spec.type"],
    ];
    let expected = if keeps_the_order_of_keys() {
        [
            &["status"],
            spec.concat().as_slice(),
            &["spec.children"],
            &metadata.concat(),
            &["metadata.name", "apiVersion"],
        ]
        .concat()
    } else {
        let [x, tags, links, labels] = metadata;
        [
            labels,
            links,
            tags,
            x,
            &["metadata.name"],
            &["spec.members[0]", "spec.members[1]"],
            &["spec.profile.email", "spec.profile.picture"],
            &["spec.type", "spec.children", "status", "apiVersion"],
        ]
        .concat()
    };
    assert_eq!(paths, expected);
}

/// Whether `serde_json` was built with `preserve_order`, which any crate of the program may have asked for.
fn keeps_the_order_of_keys() -> bool {
    let object: Map<_, _> = [("b".to_owned(), json!(0)), ("a".to_owned(), json!(0))]
        .into_iter()
        .collect();
    object.keys().next().is_some_and(|key| key == "b")
}

#[test]
fn a_document_that_is_no_object_has_one_violation() {
    for document in [
        json!(null),
        json!(1),
        json!("x"),
        json!([]),
        json!(["a", "User", {}, {}]),
    ] {
        let violations = Entity::from_document(&document).unwrap_err();
        let lines = sorted(&violations);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("the document: it is "), "{lines:?}");
    }
}

#[test]
fn deep_documents_are_refused_and_exhaust_nothing() {
    let wraps: [fn(Value) -> Value; 2] = [
        |inner| Value::Array(vec![inner]),
        |inner| {
            let mut object = Map::new();
            object.insert("a".to_owned(), inner);
            object.into()
        },
    ];
    for wrap in wraps {
        for at in [
            "/metadata/x",
            "/metadata/tags",
            "/metadata/labels",
            "/spec/memberOf",
            "/spec",
            "/kind",
        ] {
            let mut document = json!({
                "apiVersion": "backstage.io/v1alpha1",
                "kind": "User",
                "metadata": { "name": "jane", "tags": [], "labels": {}, "x": 0 },
                "spec": { "memberOf": [] },
            });
            *document.pointer_mut(at).unwrap() = nested(200_000, wrap);
            let violations = Entity::from_document(&document).unwrap_err();
            assert!(
                violations
                    .iter()
                    .any(|it| it.message() == "it is nested deeper than 64 levels"),
                "{at}: {violations:?}"
            );
            drop_slowly(document);
        }
    }
}

#[test]
fn long_documents_are_checked_to_the_end() {
    let refs: Vec<Value> = (0..100_000)
        .map(|n| json!(if n % 2 == 0 { "a" } else { "" }))
        .collect();
    let document = json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "metadata": { "name": "x".repeat(1_000_000) },
        "spec": { "memberOf": refs },
    });
    let violations = Entity::from_document(&document).unwrap_err();
    assert_eq!(violations.len(), 50_001);
    assert_eq!(
        violations.as_slice().last().map(Violation::path),
        Some("spec.memberOf[99999]")
    );
    assert!(violations.iter().all(|it| it.message().len() < 1_000));
}
