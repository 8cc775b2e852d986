//! The invented entities of `fixtures/entities`: documents, rules and a whole catalog.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

use catalog_model::{Entity, EntitySet, Relation, Violation};
use serde::Deserialize;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/entities")
}

fn read<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let text = fs::read_to_string(folder().join(file)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn documents_are_valid_and_written_as_they_were_read() {
    let files = [
        "user.json",
        "user-minimal.json",
        "user-unknown-fields.json",
        "group.json",
        "group-minimal.json",
        "location.json",
    ];
    for file in files {
        let text = fs::read_to_string(folder().join(file)).unwrap();
        let entity: Entity = serde_json::from_str(&text).unwrap();
        assert_eq!(entity.validate(), [], "{file}");
        assert_eq!(
            serde_json::to_string_pretty(&entity).unwrap() + "\n",
            text,
            "{file}"
        );
    }
}

#[derive(Deserialize)]
struct Rules {
    bases: serde_json::Map<String, Value>,
    rules: Vec<Rule>,
}

/// Values that are put at the JSON pointer `at` of a valid document.
#[derive(Deserialize)]
struct Rule {
    rule: String,
    base: String,
    at: String,
    /// Values that Backstage takes.
    #[serde(default)]
    accept: Vec<Value>,
    /// Values with which the document is no entity.
    #[serde(default)]
    unreadable: Vec<Value>,
    /// Values that are a violation, and the path of it.
    #[serde(default)]
    refuse: Vec<(Value, String)>,
}

impl Rule {
    fn document(&self, bases: &serde_json::Map<String, Value>, value: &Value) -> Value {
        let mut document = bases[&self.base].clone();
        let (parent, key) = self.at.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key] = value.clone();
        document
    }
}

#[test]
fn rules_accept_and_refuse() {
    let Rules { bases, rules } = read("rules.json");
    for rule in rules {
        let name = &rule.rule;
        for value in &rule.accept {
            let document = rule.document(&bases, value);
            let entity: Entity = serde_json::from_value(document.clone())
                .unwrap_or_else(|error| panic!("{name}: {value} does not read: {error}"));
            assert_eq!(entity.validate(), [], "{name}: {value}");
            let again = serde_json::to_value(&entity).unwrap();
            assert_eq!(
                serde_json::from_value::<Entity>(again).unwrap(),
                entity,
                "{name}"
            );
        }
        for value in &rule.unreadable {
            let result = serde_json::from_value::<Entity>(rule.document(&bases, value));
            assert!(result.is_err(), "{name}: {value} reads");
        }
        for (value, path) in &rule.refuse {
            let entity: Entity = serde_json::from_value(rule.document(&bases, value))
                .unwrap_or_else(|error| panic!("{name}: {value} does not read: {error}"));
            let violations = entity.validate();
            let paths: Vec<&str> = violations.iter().map(Violation::path).collect();
            assert!(
                paths.contains(&path.as_str()),
                "{name}: {value}: {violations:?}"
            );
        }
    }
}

#[test]
fn a_catalog_derives_its_relations() {
    #[derive(Deserialize)]
    struct Entry {
        entity: Entity,
        relations: Vec<Relation>,
    }

    let entries: Vec<Entry> = read("catalog.json");
    let set = EntitySet::build(entries.iter().map(|entry| entry.entity.clone())).unwrap();
    let refs: Vec<_> = set.iter().map(Entity::entity_ref).collect();
    let expected: Vec<_> = entries
        .iter()
        .map(|entry| entry.entity.entity_ref())
        .collect();
    assert_eq!(refs, expected, "sorted by ref");
    for entry in &entries {
        let name = entry.entity.entity_ref();
        assert_eq!(set.relations(&name), entry.relations, "{name}");
    }
}
