//! In what two versions of an entity differ.

use std::collections::BTreeSet;

use serde_json::Value;

use super::FieldChange;
use crate::entity::Entity;
use crate::path::Path;
use crate::reference::RefField;

/// The fields that differ, sorted by path and then by value.
pub(super) fn differing(before: &Entity, after: &Entity) -> Vec<FieldChange> {
    let lists = RefField::lists(before.kind());
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
                    None => found.push(FieldChange::new(&at, Some(before), None)),
                }
            }
            for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                found.push(FieldChange::new(&at.key(key), None, Some(after)));
            }
        }
        (Value::Array(old), Value::Array(new)) if is_one_of(lists, at) => {
            compare_elements(old, new, at, found);
        }
        _ if before != after => found.push(FieldChange::new(at, Some(before), Some(after))),
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

impl FieldChange {
    fn new(path: &Path<'_>, before: Option<&Value>, after: Option<&Value>) -> Self {
        Self {
            path: path.to_string(),
            before: before.cloned(),
            after: after.cloned(),
        }
    }
}
