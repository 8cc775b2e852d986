//! Checks catalog files, YAML or JSON, with any number of documents each.
//!
//! ```sh
//! cargo run --example lint -- catalog-info.yaml org.yaml
//! ```
//!
//! Every violation is printed with its place in the file and the code of its rule. If there is none, the relations of the
//! organisation follow, and the refs that name nothing in these files: a warning, because the rest of a catalog is elsewhere.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program prints"
)]

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use catalog_model::{Entity, EntitySet, Segment};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

fn main() -> ExitCode {
    let mut entities = Vec::new();
    let mut wrong = 0;
    for file in std::env::args().skip(1) {
        match lint(&file, &mut entities) {
            Ok(violations) => wrong += violations,
            Err(error) => {
                eprintln!("{file}: {error}");
                wrong += 1;
            }
        }
    }
    if wrong > 0 {
        eprintln!("{wrong} violations");
        return ExitCode::FAILURE;
    }
    let (set, errors) = EntitySet::open(entities);
    for entity in set.iter() {
        let source = entity.entity_ref();
        println!("{source}");
        for relation in set.relations(&source) {
            println!("  {} {}", relation.type_, relation.target);
        }
    }
    for error in errors {
        eprintln!("warning: {}: {error}", error.code());
    }
    ExitCode::SUCCESS
}

/// Checks one file, keeps its entities, and returns how many violations there are.
fn lint(file: &str, entities: &mut Vec<Entity>) -> Result<usize, Box<dyn Error>> {
    let text = std::fs::read_to_string(file)?;
    let mut wrong = 0;
    for document in serde_saphyr::from_multiple::<Spanned<Node>>(&text)? {
        match Entity::from_document(&document.value.value()) {
            Ok(entity) => entities.push(entity),
            Err(violations) => {
                wrong += violations.len();
                let located = violations.iter().map(|violation| {
                    let place = place(&document, violation.segments());
                    (place.line(), place.column(), violation)
                });
                let mut located: Vec<_> = located.collect();
                located.sort_by_key(|(line, column, _)| (*line, *column));
                for (line, column, violation) in located {
                    println!("{file}:{line}:{column}: {}: {violation}", violation.code());
                }
            }
        }
    }
    Ok(wrong)
}

/// Where a path leads: to the key or the element that it names, or as near as the document goes.
fn place(document: &Spanned<Node>, path: &[Segment]) -> Location {
    let (mut place, mut here) = (document.referenced, &document.value);
    for segment in path {
        let next = match (segment, here) {
            (Segment::Key(key), Node::Object(fields)) => {
                let field = fields.iter().find(|(name, _)| name.value == *key);
                field.map(|(name, value)| (name.referenced, &value.value))
            }
            (Segment::Index(at), Node::List(list)) => {
                list.get(*at).map(|value| (value.referenced, &value.value))
            }
            _ => None,
        };
        let Some(next) = next else { break };
        (place, here) = next;
    }
    place
}

/// A document that knows where its parts are.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Self>>),
    Object(Vec<(Spanned<String>, Spanned<Self>)>),
}

impl Node {
    fn value(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::List(list) => list.iter().map(|node| node.value.value()).collect(),
            Self::Object(fields) => fields
                .iter()
                .map(|(name, node)| (name.value.clone(), node.value.value()))
                .collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = entries.next_entry()? {
            fields.push(field);
        }
        Ok(Node::Object(fields))
    }
}
