//! Records that are JSON objects, as Okta sends them.

use std::slice;

use serde_json::{Map, Value};

use super::{Attribute, Many, Record};
use crate::path::AttributePath;

impl Record for Value {
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
        below(self, path.as_str())
    }
}

impl Record for Map<String, Value> {
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
        Attribute::member(self, path.as_str())
    }
}

impl<'a> From<&'a Value> for Attribute<'a> {
    fn from(value: &'a Value) -> Self {
        below(value, "")
    }
}

impl<'a> Attribute<'a> {
    /// What `path` names among `members`, for records that keep a part of themselves as JSON.
    ///
    /// ```
    /// use org_filter::{Attribute, AttributePath, Record};
    /// use serde_json::{Map, Value};
    ///
    /// struct Person {
    ///     id: String,
    ///     profile: Map<String, Value>,
    /// }
    ///
    /// impl Record for Person {
    ///     fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
    ///         match (path.as_str(), path.in_profile()) {
    ///             ("id", _) => Attribute::Text(&self.id),
    ///             (_, Some(below)) => Attribute::member(&self.profile, below),
    ///             _ => Attribute::Absent,
    ///         }
    ///     }
    /// }
    /// ```
    pub fn member(members: &'a Map<String, Value>, path: &'a str) -> Self {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        members
            .get(name)
            .map_or(Self::Absent, |member| below(member, rest))
    }
}

/// What `path` names in `value`; the value itself for the empty path.
///
/// A list on the way makes the attribute a list: `target.id` of a log event are the ids of all its targets (Okta
/// developer documentation, System Log query).
fn below<'a>(value: &'a Value, path: &'a str) -> Attribute<'a> {
    match value {
        Value::Array(values) => Attribute::Many(Many(super::Elements::Json(Elements {
            values: values.iter(),
            path,
        }))),
        Value::Object(members) if !path.is_empty() => Attribute::member(members, path),
        Value::Null => Attribute::Absent,
        _ if !path.is_empty() => Attribute::Absent,
        Value::Object(members) if members.values().any(is_present) => Attribute::Object,
        Value::Object(_) => Attribute::Absent,
        Value::String(text) => Attribute::Text(text),
        Value::Bool(value) => Attribute::Bool(*value),
        Value::Number(number) => number.as_f64().map_or(Attribute::Absent, Attribute::Number),
    }
}

/// Whether a member makes its object count as present.
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => members.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The elements of a JSON array, or what `path` names in each of them.
#[derive(Clone, Debug)]
pub(super) struct Elements<'a> {
    values: slice::Iter<'a, Value>,
    path: &'a str,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        self.values.next().map(|value| below(value, self.path))
    }
}
