//! What entities look like as JSON: which fields there are, which are required, and what they hold.
//!
//! Source: the schemas of `@backstage/catalog-model` 1.10.1, with the rules of `FieldFormatEntityPolicy` for the texts.

use serde_json::{Map, Value};

use crate::kind::Kind;
use crate::path::Path;
use crate::rule::{self, Rule};
use crate::spelling::Spelled as _;
use crate::violation::Violation;

/// What a value looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Text(Rule),
    List(&'static Self),
    /// An object with any keys, all values of which are texts.
    Texts {
        key: Rule,
        value: Rule,
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

const TEXT: Shape = Shape::Text(rule::not_empty);
const REF: Shape = Shape::Text(rule::reference);

/// Texts that Backstage makes itself, and checks nevertheless when they are fed.
pub(crate) const MACHINE_FIELDS: &[Field] = &[optional("uid", TEXT), optional("etag", TEXT)];

pub(crate) const METADATA: &[Field] = &[
    required("name", Shape::Text(rule::name)),
    optional("namespace", Shape::Text(rule::namespace)),
    optional("title", TEXT),
    optional("description", Shape::Text(rule::any)),
    optional(
        "labels",
        Shape::Texts {
            key: rule::key,
            value: rule::label_value,
        },
    ),
    optional(
        "annotations",
        Shape::Texts {
            key: rule::key,
            value: rule::any,
        },
    ),
    optional("tags", Shape::List(&Shape::Text(rule::tag))),
    optional("links", Shape::List(&Shape::Object(LINK))),
];

pub(crate) const LINK: &[Field] = &[
    required("url", Shape::Text(rule::url)),
    optional("title", Shape::Text(rule::not_blank)),
    optional("icon", Shape::Text(rule::not_blank)),
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
    optional("presence", Shape::Text(rule::presence)),
];

/// The fields of `spec`.
pub(crate) const fn spec(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::User => USER,
        Kind::Group => GROUP,
        Kind::Location => LOCATION,
    }
}

const ROOT: [Field; 4] = [
    required("apiVersion", Shape::Text(rule::api_version)),
    required("kind", Shape::Text(rule::kind)),
    required("metadata", Shape::Object(METADATA)),
    // What it holds depends on the kind.
    required("spec", Shape::Object(&[])),
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
        found.push(Violation::new(at.key(key), message));
    }
    if let Some(metadata) = root.get("metadata").and_then(Value::as_object) {
        check_fields(MACHINE_FIELDS, metadata, &at.key("metadata"), found);
    }
    let kind = root.get("kind").and_then(Value::as_str);
    if let (Some(kind), Some(object)) = (
        kind.and_then(Kind::spelled),
        root.get("spec").and_then(Value::as_object),
    ) {
        check_fields(spec(kind), object, &at.key("spec"), found);
    }
}

/// It goes as deep as shapes do, whatever the value.
fn check(shape: &Shape, value: &Value, at: &Path<'_>, found: &mut Vec<Violation>) {
    match (shape, value) {
        (Shape::Text(rule), Value::String(text)) => {
            found.extend(rule(text).map(|message| Violation::new(at, message)));
        }
        (Shape::List(shape), Value::Array(list)) => {
            for (index, element) in list.iter().enumerate() {
                check(shape, element, &at.index(index), found);
            }
        }
        (Shape::Texts { key: rule, value }, Value::Object(object)) => {
            for (key, text) in object {
                let at = at.key(key);
                found.extend(rule(key).map(|message| Violation::new(at, message)));
                check(&Shape::Text(*value), text, &at, found);
            }
        }
        (Shape::Object(fields), Value::Object(object)) => check_fields(fields, object, at, found),
        (Shape::Text(_), _) => found.push(unlike(at, value, "a text")),
        (Shape::List(_), _) => found.push(unlike(at, value, "a list")),
        (Shape::Texts { .. } | Shape::Object(_), _) => found.push(unlike(at, value, "an object")),
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
            None if field.is_required => {
                found.push(Violation::new(at.key(field.name), "it is missing"));
            }
            None => {}
        }
    }
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
    Violation::new(at, format!("it is {is}, not {expected}"))
}
