//! What entities look like as JSON: which fields there are, which are required, and what they hold.
//!
//! Source: the schemas of `@backstage/catalog-model` 1.10.1, with the rules of `FieldFormatEntityPolicy` for the texts.

use serde_json::{Map, Value};

use crate::check::{self, Check};
use crate::kind::{ApiVersion, Kind};
use crate::path::Path;
use crate::rule::Rule;
use crate::violation::Violation;

/// What a value looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Text(Check),
    List(&'static Self),
    /// An object with any keys, all values of which are texts.
    Texts {
        key: Check,
        value: Check,
    },
    /// An object with these fields and any others.
    Object(&'static [Field]),
}

/// A known field of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    is_required: bool,
    pub(crate) shape: Shape,
}

const fn optional(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        is_required: false,
        shape,
    }
}

const fn required(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        is_required: true,
        shape,
    }
}

const TEXT: Shape = Shape::Text(check::NOT_EMPTY);
const REF: Shape = Shape::Text(check::REF);

/// Texts that Backstage makes itself, and checks nevertheless when they are fed.
pub(crate) const MACHINE_FIELDS: &[Field] = &[optional("uid", TEXT), optional("etag", TEXT)];

pub(crate) const METADATA: &[Field] = &[
    required("name", Shape::Text(check::NAME)),
    optional("namespace", Shape::Text(check::NAMESPACE)),
    optional("title", TEXT),
    optional("description", Shape::Text(check::ANY)),
    optional(
        "labels",
        Shape::Texts {
            key: check::KEY,
            value: check::LABEL_VALUE,
        },
    ),
    optional(
        "annotations",
        Shape::Texts {
            key: check::KEY,
            value: check::ANY,
        },
    ),
    optional("tags", Shape::List(&Shape::Text(check::TAG))),
    optional("links", Shape::List(&Shape::Object(LINK))),
];

pub(crate) const LINK: &[Field] = &[
    required("url", Shape::Text(check::URL)),
    optional("title", Shape::Text(check::NOT_BLANK)),
    optional("icon", Shape::Text(check::NOT_BLANK)),
    optional("type", TEXT),
];

pub(crate) const PROFILE: &[Field] = &[
    optional("displayName", TEXT),
    optional("email", TEXT),
    optional("picture", TEXT),
];

const USER: &[Field] = &[
    optional("profile", Shape::Object(PROFILE)),
    required("memberOf", Shape::List(&REF)),
];

const GROUP: &[Field] = &[
    required("type", TEXT),
    optional("profile", Shape::Object(PROFILE)),
    optional("parent", REF),
    required("children", Shape::List(&REF)),
    optional("members", Shape::List(&REF)),
];

const LOCATION: &[Field] = &[
    optional("type", TEXT),
    optional("target", TEXT),
    optional("targets", Shape::List(&TEXT)),
    optional("presence", Shape::Text(check::PRESENCE)),
];

/// The known fields of `spec`; nothing for a kind whose spec is kept as it is.
pub(crate) fn spec(kind: &Kind) -> Option<&'static [Field]> {
    match kind.as_str() {
        "User" => Some(USER),
        "Group" => Some(GROUP),
        "Location" => Some(LOCATION),
        _ => None,
    }
}

const ROOT: [Field; 4] = [
    required("apiVersion", Shape::Text(check::API_VERSION)),
    required("kind", Shape::Text(check::KIND)),
    required("metadata", Shape::Object(METADATA)),
    // What it holds, and whether it must be there, depends on the kind.
    optional("spec", Shape::Object(&[])),
];

/// Every place of a document that does not look as it must.
pub(crate) fn check_document(document: &Value, found: &mut Vec<Violation>) {
    let at = Path::Root;
    check(&Shape::Object(&ROOT), document, &at, found);
    let Some(root) = document.as_object() else {
        return;
    };
    let is_foreign = |key: &&String| ROOT.iter().all(|field| field.name != *key);
    for key in root.keys().filter(is_foreign) {
        let message = "an entity has the fields apiVersion, kind, metadata and spec, and no other";
        found.push(Violation::new(Rule::UnknownField, &at.key(key), message));
    }
    if let Some(metadata) = root.get("metadata").and_then(Value::as_object) {
        check_fields(MACHINE_FIELDS, metadata, &at.key("metadata"), found);
    }
    let text = |field| root.get(field).and_then(Value::as_str);
    let kind = text("kind").and_then(|kind| Kind::parse(kind).ok());
    let fields = kind.as_ref().map(spec);
    match (root.get("spec"), fields) {
        (Some(Value::Object(object)), Some(Some(fields))) => {
            check_fields(fields, object, &at.key("spec"), found);
        }
        (None, None | Some(Some(_))) => found.push(missing(&at.key("spec"))),
        _ => {}
    }
    let version = text("apiVersion").and_then(|version| ApiVersion::parse(version).ok());
    if let (Some(kind), Some(Some(_)), Some(version)) = (&kind, fields, &version) {
        check_version(kind, version, found);
    }
}

/// Of the kinds whose spec is known there are two versions.
pub(crate) fn check_version(kind: &Kind, version: &ApiVersion, found: &mut Vec<Violation>) {
    if let Some(message) = check::version_of(kind, version) {
        let at = Path::Root;
        found.push(Violation::new(
            Rule::ApiVersion,
            &at.key("apiVersion"),
            message,
        ));
    }
}

/// It goes as deep as shapes do, whatever the value.
fn check(shape: &Shape, value: &Value, at: &Path<'_>, found: &mut Vec<Violation>) {
    match (shape, value) {
        (Shape::Text(check), Value::String(text)) => check_text(*check, text, at, found),
        (Shape::List(shape), Value::Array(list)) => {
            for (index, element) in list.iter().enumerate() {
                check(shape, element, &at.index(index), found);
            }
        }
        (Shape::Texts { key: of_key, value }, Value::Object(object)) => {
            for (key, text) in object {
                let at = at.key(key);
                check_text(*of_key, key, &at, found);
                check(&Shape::Text(*value), text, &at, found);
            }
        }
        (Shape::Object(fields), Value::Object(object)) => check_fields(fields, object, at, found),
        (Shape::Text(_), _) => found.push(unlike(at, value, "a text")),
        (Shape::List(_), _) => found.push(unlike(at, value, "a list")),
        (Shape::Texts { .. } | Shape::Object(_), _) => found.push(unlike(at, value, "an object")),
    }
}

pub(crate) fn check_text(check: Check, text: &str, at: &Path<'_>, found: &mut Vec<Violation>) {
    if let Some(message) = (check.broken)(text) {
        found.push(Violation::new(check.rule, at, message));
    }
}

pub(crate) fn check_fields(
    fields: &[Field],
    object: &Map<String, Value>,
    at: &Path<'_>,
    found: &mut Vec<Violation>,
) {
    for field in fields {
        match object.get(field.name) {
            Some(value) => check(&field.shape, value, &at.key(field.name), found),
            None if field.is_required => found.push(missing(&at.key(field.name))),
            None => {}
        }
    }
}

fn missing(at: &Path<'_>) -> Violation {
    Violation::new(Rule::MissingField, at, "it is missing")
}

fn unlike(at: &Path<'_>, value: &Value, expected: &str) -> Violation {
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Violation::new(Rule::WrongType, at, format!("it is {is}, not {expected}"))
}
