//! The invented entities of `tests/entities`: documents and a whole catalog.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

use catalog_model::{Entity, EntitySet, Relation};
use serde::Deserialize;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/entities")
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
        "api.json",
        "custom-without-spec.json",
    ];
    for file in files {
        let text = fs::read_to_string(folder().join(file)).unwrap();
        let entity: Entity = serde_json::from_str(&text).unwrap();
        assert_eq!(entity.validate(), Ok(()), "{file}");
        assert_eq!(
            serde_json::to_string_pretty(&entity).unwrap() + "\n",
            text,
            "{file}"
        );
    }
}

/// Unknown fields are written in the order of their names, and what is in them as `serde_json` holds it: in the order of the
/// document where a crate of the program asked for `preserve_order`, by name otherwise.
#[test]
fn what_is_in_unknown_fields_is_in_the_order_that_values_have() {
    let cost: Value = serde_json::from_str(r#"{"zone": "b", "area": [{"y": 1, "x": 2}]}"#).unwrap();
    let text = format!(
        r#"{{"apiVersion":"a/v1","kind":"X","metadata":{{"name":"x","namespace":"default","cost":{cost},"z":1}},"spec":{{"a":{cost}}}}}"#
    );
    let entity: Entity = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&entity).unwrap(), text);
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
