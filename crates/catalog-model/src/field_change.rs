//! In what two versions of an entity differ, field by field.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use serde::Serialize;
use serde_json::Value;

use crate::entity::Entity;
use crate::path::Path;
use crate::reference::RefField;

/// A change of one field, or of one element of `memberOf`, `members` or `children`.
///
/// Those lists change by element: an element that came has no `before`, one that went has no
/// `after`, and the path is that of the list. Other lists change as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldChange {
    /// Where, such as `metadata.annotations["okta.com/id"]` or `spec.memberOf`.
    pub path: String,
    /// The value before; none when there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value after; none when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl FieldChange {
    /// In what two entities differ, sorted by path; nothing when they are the same.
    ///
    /// They need not have the same name: comparing an entity with what it was renamed to is what
    /// this is for.
    ///
    /// ```
    /// use catalog_model::{Entity, FieldChange, Metadata, UserSpec};
    ///
    /// let user = |name: &str, groups: &[&'static str]| {
    ///     let spec = UserSpec::default().with_member_of(groups.iter().copied());
    ///     Entity::new(Metadata::new(name.parse().unwrap()), spec)
    /// };
    /// let changes = FieldChange::between(&user("jane", &["b"]), &user("jane.doe", &["a", "b"]));
    /// let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    /// assert_eq!(lines, [r#"~ metadata.name: "jane" -> "jane.doe""#, r#"+ spec.memberOf: "a""#]);
    /// ```
    #[must_use]
    pub fn between(before: &Entity, after: &Entity) -> Vec<Self> {
        let lists = RefField::lists(&before.spec);
        let mut found = Vec::new();
        compare(
            &before.to_value(),
            &after.to_value(),
            &Path::Root,
            lists,
            &mut found,
        );
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// A change at this path.
    #[must_use]
    pub fn new(path: impl Into<String>, before: Option<Value>, after: Option<Value>) -> Self {
        Self {
            path: path.into(),
            before,
            after,
        }
    }
}

fn compare(
    before: &Value,
    after: &Value,
    at: &Path<'_>,
    lists: &[RefField],
    found: &mut Vec<FieldChange>,
) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, before) in old {
                let at = at.key(key);
                match new.get(key) {
                    Some(after) => compare(before, after, &at, lists, found),
                    None => {
                        found.push(FieldChange::new(at.to_string(), Some(before.clone()), None))
                    }
                }
            }
            for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                found.push(FieldChange::new(
                    at.key(key).to_string(),
                    None,
                    Some(after.clone()),
                ));
            }
        }
        (Value::Array(old), Value::Array(new)) if is_one_of(lists, at) => {
            compare_elements(old, new, at, found);
        }
        _ if before != after => found.push(FieldChange::new(
            at.to_string(),
            Some(before.clone()),
            Some(after.clone()),
        )),
        _ => {}
    }
}

fn is_one_of(lists: &[RefField], at: &Path<'_>) -> bool {
    let at = at.to_string();
    lists.iter().any(|list| list.path() == at)
}

fn compare_elements(
    before: &[Value],
    after: &[Value],
    at: &Path<'_>,
    found: &mut Vec<FieldChange>,
) {
    let texts = |list: &'_ [Value]| -> BTreeSet<String> {
        list.iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let (old, new) = (texts(before), texts(after));
    let gone = old
        .difference(&new)
        .map(|text| (Some(Value::from(text.as_str())), None));
    let come = new
        .difference(&old)
        .map(|text| (None, Some(Value::from(text.as_str()))));
    found.extend(gone.chain(come).map(|(before, after)| FieldChange {
        path: at.to_string(),
        before,
        after,
    }));
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            before,
            after,
        } = self;
        // Values print as JSON, so that no line break of theirs breaks the plan's lines.
        let [before, after] = [before, after].map(|value| value.as_ref().map(shown));
        match (before, after) {
            (None, Some(after)) => write!(f, "+ {path}: {after}"),
            (Some(before), None) => write!(f, "- {path}: {before}"),
            (Some(before), Some(after)) => write!(f, "~ {path}: {before} -> {after}"),
            (None, None) => write!(f, "= {path}"),
        }
    }
}

/// The value as JSON in which nothing is hidden: what the standard library writes out in `Debug`, such as controls and what
/// turns the direction of a text round, is written by its number.
fn shown(value: &Value) -> String {
    let json = value.to_string();
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json;
    }
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        let is_written_out = !(' '..='~').contains(&character)
            && character.escape_debug().len() > 1
            && String::from_iter(['a', character])
                .escape_debug()
                .nth(2)
                .is_some();
        if is_written_out {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // A text takes whatever is written to it.
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_shows_what_is_in_it() {
        for (value, text) in [
            (json!("Zoë 平 🚀 e\u{301}"), "\"Zoë 平 🚀 e\u{301}\""),
            (json!("a\u{202e}b\n"), r#""a\u202eb\n""#),
            (json!("\u{7f}\u{9b}\u{2028}"), r#""\u007f\u009b\u2028""#),
            (json!(["\u{e0041}"]), r#"["\udb40\udc41"]"#),
        ] {
            let change = FieldChange {
                path: "spec.type".to_owned(),
                before: None,
                after: Some(value.clone()),
            };
            assert_eq!(change.to_string(), format!("+ spec.type: {text}"));
            assert_eq!(serde_json::from_str::<Value>(text).unwrap(), value);
        }
    }
}
