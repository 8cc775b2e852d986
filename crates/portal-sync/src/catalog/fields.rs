//! The parts of an entity that a reader wants.

use serde_json::{Map, Value};
use thiserror::Error;

/// Names of fields, joined by dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields(Vec<String>);

/// A field in a list is asked for, which Backstage does not give.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("Invalid field \"{0}\", array type fields are not supported")]
pub(crate) struct ArrayField(pub(crate) String);

impl Fields {
    /// These fields; nothing where there is no name among them.
    ///
    /// # Errors
    /// When a name has a bracket.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Result<Option<Self>, ArrayField> {
        let mut fields: Vec<String> = Vec::new();
        for name in names {
            let name = name.trim();
            if !name.is_empty() && fields.iter().all(|known| known != name) {
                fields.push(name.to_owned());
            }
        }
        if let Some(field) = fields.iter().find(|field| field.contains('[')) {
            return Err(ArrayField(field.clone()));
        }
        Ok((!fields.is_empty()).then_some(Self(fields)))
    }

    /// Writes what an entity has of these fields.
    ///
    /// # Errors
    /// When `entity` is no JSON.
    pub(crate) fn project(&self, entity: &[u8], out: &mut Vec<u8>) -> serde_json::Result<()> {
        let entity: Value = serde_json::from_slice(entity)?;
        let mut output = Value::Object(Map::new());
        for field in &self.0 {
            if let Some((path, value)) = find(&entity, field) {
                put(&mut output, &path, value);
            }
        }
        serde_json::to_writer(out, &output)
    }
}

/// The value of a field, and the keys that lead to it. A key may have dots: where a part of the name is no key, it is taken
/// together with the next one.
fn find(entity: &Value, field: &str) -> Option<(Vec<String>, Value)> {
    let mut path = Vec::new();
    let mut here = Inner::Of(entity);
    let mut pending: Option<String> = None;
    for part in field.split('.') {
        let key = match pending.take() {
            Some(before) => format!("{before}.{part}"),
            None => part.to_owned(),
        };
        match here.get(&key) {
            Some(inner) => {
                here = inner;
                path.push(key);
            }
            None => pending = Some(key),
        }
    }
    pending.is_none().then(|| (path, here.into_value()))
}

/// What JavaScript finds in a value: entries, elements, letters and lengths.
enum Inner<'a> {
    Of(&'a Value),
    Length(usize),
    Letter(char),
}

impl<'a> Inner<'a> {
    fn get(&self, key: &str) -> Option<Self> {
        let Self::Of(value) = *self else {
            return None;
        };
        match value {
            Value::Object(object) => object.get(key).map(Self::Of),
            Value::Array(list) if key == "length" => Some(Self::Length(list.len())),
            Value::Array(list) => list.get(position(key)?).map(Self::Of),
            Value::String(text) if key == "length" => {
                Some(Self::Length(text.encode_utf16().count()))
            }
            Value::String(text) => text.chars().nth(position(key)?).map(Self::Letter),
            _ => None,
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Of(value) => value.clone(),
            Self::Length(length) => length.into(),
            Self::Letter(letter) => letter.to_string().into(),
        }
    }
}

/// A key that is a place in a list.
fn position(key: &str) -> Option<usize> {
    let position = key.parse().ok()?;
    // `01` and `+1` are no places.
    (usize::to_string(&position) == key).then_some(position)
}

/// Puts a value where it was in the entity. What is in the way and holds nothing is replaced, by a list where a place in one
/// is meant.
fn put(output: &mut Value, path: &[String], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *output = value;
        return;
    };
    if !output.is_object() && !output.is_array() {
        *output = match position(key) {
            Some(_) => Value::Array(Vec::new()),
            None => Value::Object(Map::new()),
        };
    }
    match (output, position(key)) {
        (Value::Object(object), _) => put(
            object.entry(key.clone()).or_insert(Value::Null),
            rest,
            value,
        ),
        // A list has no other entries when it is written. It never becomes longer than the one that the value is from.
        (Value::Array(list), Some(at)) => {
            if list.len() <= at {
                list.resize(at + 1, Value::Null);
            }
            if let Some(place) = list.get_mut(at) {
                put(place, rest, value);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_asked_for_stands_where_it_was() {
        let entity = json!({
            "kind": "User",
            "metadata": { "name": "ada", "annotations": { "okta.com/id": "00u1", "okta.com": "x" }, "tags": [] },
            "spec": { "profile": { "displayName": "Ada" }, "memberOf": ["a", "b"], "n": null },
        });
        for (fields, expected) in [
            ("kind", json!({ "kind": "User" })),
            (
                "kind,kind, metadata.name ",
                json!({ "kind": "User", "metadata": { "name": "ada" } }),
            ),
            (
                "metadata.annotations.okta.com/id",
                json!({ "metadata": { "annotations": { "okta.com/id": "00u1" } } }),
            ),
            (
                "metadata.annotations.okta.com",
                json!({ "metadata": { "annotations": { "okta.com": "x" } } }),
            ),
            ("nope,metadata.nope,kind.x.y", json!({})),
            ("metadata.", json!({})),
            ("spec.n", json!({ "spec": { "n": null } })),
            (
                "spec.memberOf.1",
                json!({ "spec": { "memberOf": [null, "b"] } }),
            ),
            ("spec.memberOf.01", json!({})),
            (
                "spec.memberOf.length",
                json!({ "spec": { "memberOf": { "length": 2 } } }),
            ),
            ("kind.length", json!({ "kind": { "length": 4 } })),
            ("kind.0", json!({ "kind": ["U"] })),
            ("kind,kind.length", json!({ "kind": { "length": 4 } })),
            (
                "spec.profile,spec.profile.displayName",
                json!({ "spec": { "profile": { "displayName": "Ada" } } }),
            ),
        ] {
            let fields = Fields::new(fields.split(',').map(str::to_owned))
                .unwrap()
                .unwrap();
            let mut out = Vec::new();
            fields
                .project(entity.to_string().as_bytes(), &mut out)
                .unwrap();
            assert_eq!(
                serde_json::from_slice::<Value>(&out).unwrap(),
                expected,
                "{fields:?}"
            );
        }
    }

    #[test]
    fn no_names_are_no_fields_and_lists_are_refused() {
        let none = [" ".to_owned(), String::new()];
        assert_eq!(Fields::new(none), Ok(None));
        let refused = Fields::new(["a[0]".to_owned()]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Invalid field \"a[0]\", array type fields are not supported"
        );
    }
}
