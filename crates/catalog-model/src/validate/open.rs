//! Rules about keys that this crate does not choose: labels, annotations and unknown fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::entity::{Entity, Spec};
use crate::kind::Kind;
use crate::metadata::Extra;
use crate::path::{self, Path, Segment};
use crate::rule::Rule;
use crate::search;
use crate::shape::{self, Field};
use crate::spec::Profile;
use crate::violation::Violation;

/// Far above what anybody writes, and far below what overflows a stack.
pub(crate) const MAX_DEPTH: usize = 64;

/// The keys that a catalog has of every entity: of its own, or because annotations are added to what is fed.
const INDEXED_ANYWAY: [&[&str]; 5] = [
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "uid"],
    &[
        "metadata",
        "annotations",
        "backstage.io/managed-by-location",
    ],
    &[
        "metadata",
        "annotations",
        "backstage.io/managed-by-origin-location",
    ],
];

/// Checks what holds for keys anywhere in an entity.
pub(super) fn check(entity: &Entity, found: &mut Vec<Violation>) {
    if !has_open_keys(entity) {
        return;
    }
    check_repetitions(entity, found);
    let mut extra = Map::new();
    for field in shape::MACHINE_FIELDS {
        if let Some(value) = entity.metadata.extra.get(field.name) {
            extra.insert(field.name.to_owned(), value.clone());
        }
    }
    shape::check_fields(
        shape::MACHINE_FIELDS,
        &extra,
        &Path::Root.key("metadata"),
        found,
    );
    let value = entity.to_value();
    if check_depth(&value, found) {
        check_keys(&value, found);
    }
}

/// Checks the same of a document that is not too deep.
pub(crate) fn check_keys(document: &Value, found: &mut Vec<Violation>) {
    let kind = document.get("kind").and_then(Value::as_str);
    let kind = kind.and_then(|kind| Kind::parse(kind).ok());
    let is_other = kind.is_some_and(|kind| shape::spec(&kind).is_none());
    each_child(document, &Path::Root, |inner, at| {
        // There they are meant: `definition` of an `API` is often another file.
        if !(is_other && matches!(at, Path::Key(_, "spec"))) {
            check_placeholders(inner, at, found);
        }
    });
    check_clashes(document, found);
}

/// Nearly every entity has lower-case label and annotation keys and no unknown field: then no two
/// keys can clash and none can be a placeholder, and there is no need to look.
pub(crate) fn has_open_keys(entity: &Entity) -> bool {
    let metadata = &entity.metadata;
    let is_open = |key: &String| {
        let is_closed = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != b'$';
        !key.bytes().all(is_closed)
    };
    let (spec, profile) = spec_extra(&entity.spec);
    let has_fields = |extra: &Extra| !extra.is_empty();
    metadata.labels.keys().any(is_open)
        || metadata.annotations.keys().any(is_open)
        || metadata.links.iter().any(|link| !link.extra.is_empty())
        || !metadata.extra.is_empty()
        || spec.is_some_and(has_fields)
        || profile.is_some_and(|profile| has_fields(&profile.extra))
}

fn spec_extra(spec: &Spec) -> (Option<&Extra>, Option<&Profile>) {
    match spec {
        Spec::User(user) => (Some(&user.extra), user.profile.as_ref()),
        Spec::Group(group) => (Some(&group.extra), group.profile.as_ref()),
        Spec::Location(location) => (Some(&location.extra), None),
        Spec::Other(other) => (other.fields.as_ref(), None),
    }
}

/// An unknown field with the name of a known one would be written twice.
fn check_repetitions(entity: &Entity, found: &mut Vec<Violation>) {
    let mut check = |at: &Path<'_>, extra: &Extra, known: &[Field]| {
        let is_known = |key: &&String| known.iter().any(|field| field.name == *key);
        for key in extra.keys().filter(is_known) {
            let message = "the field is given twice";
            found.push(Violation::new(Rule::RepeatedField, &at.key(key), message));
        }
    };
    let root = Path::Root;
    let metadata = root.key("metadata");
    check(&metadata, &entity.metadata.extra, shape::METADATA);
    let links = metadata.key("links");
    for (index, link) in entity.metadata.links.iter().enumerate() {
        check(&links.index(index), &link.extra, shape::LINK);
    }
    let at = root.key("spec");
    let (spec, profile) = spec_extra(&entity.spec);
    if let (Some(spec), Some(known)) = (spec, shape::spec(&entity.kind())) {
        check(&at, spec, known);
    }
    if let Some(profile) = profile {
        check(&at.key("profile"), &profile.extra, shape::PROFILE);
    }
}

/// Finds the first place that is nested too deep; true when there is none.
pub(crate) fn check_depth(value: &Value, found: &mut Vec<Violation>) -> bool {
    fn look(value: &Value, at: &Path<'_>, depth: usize) -> Option<Violation> {
        if depth > MAX_DEPTH {
            let message = format!("it is nested deeper than {MAX_DEPTH} levels");
            return Some(Violation::new(Rule::Nesting, at, message));
        }
        let mut first = None;
        each_child(value, at, |inner, at| {
            first = first.take().or_else(|| look(inner, at, depth + 1));
        });
        first
    }

    let first = look(value, &Path::Root, 0);
    let is_fine = first.is_none();
    found.extend(first);
    is_fine
}

/// An object with the single key `$text`, `$json` or `$yaml` makes the backend fetch its value.
fn check_placeholders(value: &Value, at: &Path<'_>, found: &mut Vec<Violation>) {
    let is_special = |object: &Map<String, Value>| object.keys().any(|key| key.starts_with('$'));
    match value {
        Value::Object(object) if is_special(object) => {
            // Into an object with other such keys it does not look.
            let mut keys = object.keys().map(String::as_str);
            if let (Some(key @ ("$text" | "$json" | "$yaml")), None) = (keys.next(), keys.next()) {
                let message =
                    format!("an object with the single key `{key}` makes Backstage fetch a URL");
                found.push(Violation::new(Rule::Placeholder, at, message));
            }
        }
        _ => each_child(value, at, |inner, at| check_placeholders(inner, at, found)),
    }
}

/// Two keys that differ by case only keep an entity out of the catalog, silently.
fn check_clashes(value: &Value, found: &mut Vec<Violation>) {
    let mut index = SearchKeys::default();
    for keys in INDEXED_ANYWAY {
        let place = keys.iter().map(|key| Segment::Key((*key).to_owned()));
        index.add(&keys.join("."), || place.collect());
    }
    // A value can be walked through whatever it is.
    drop(search::visit(value, |term, at| {
        index.add(term.key, || at.segments());
    }));
    for mut keys in index.0.into_values() {
        // The last one has the most lower case, as known fields have.
        let Some((_, other)) = keys.pop_last() else {
            continue;
        };
        for place in keys.into_values() {
            let message = format!("it differs from `{}` by case only", path::printed(&other));
            found.push(Violation::at(Rule::KeyCase, place, message));
        }
    }
}

/// The keys of an entity's search terms. By the key in lower case: the keys, each with its first place.
#[derive(Default)]
struct SearchKeys(BTreeMap<String, BTreeMap<String, Vec<Segment>>>);

impl SearchKeys {
    fn add(&mut self, key: &str, place: impl FnOnce() -> Vec<Segment>) {
        let keys = self.0.entry(key.to_lowercase()).or_default();
        if !keys.contains_key(key) {
            keys.insert(key.to_owned(), place());
        }
    }
}

/// Calls `visit` with everything that is directly in a value.
pub(crate) fn each_child(value: &Value, at: &Path<'_>, mut visit: impl FnMut(&Value, &Path<'_>)) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                visit(inner, &at.key(key));
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                visit(inner, &at.index(index));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::metadata::Metadata;
    use crate::spec::UserSpec;

    fn user(extra: Value) -> Entity {
        let mut metadata = Metadata::new("jane".parse().unwrap());
        metadata.extra = serde_json::from_value(extra).unwrap();
        Entity::new(metadata, UserSpec::default())
    }

    #[test]
    fn a_known_field_among_the_unknown_is_a_violation() {
        for key in ["name", "namespace", "title", "labels"] {
            let violations = user(json!({ key: "x" })).validate().unwrap_err();
            let path = format!("metadata.{key}");
            let is_it = |it: &Violation| it.path() == path && it.rule() == Rule::RepeatedField;
            assert!(violations.iter().any(is_it), "{key}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |levels| (0..levels).fold(json!(0), |inner, _| json!([inner]));
        // The root, `metadata` and the field itself are the levels above.
        assert_eq!(
            user(json!({ "deep": nested(MAX_DEPTH - 2) })).validate(),
            Ok(())
        );
        let violations = user(json!({ "deep": nested(MAX_DEPTH - 1) })).validate();
        let violations = violations.unwrap_err();
        assert_eq!(violations.len(), 1);
        assert!(
            violations
                .to_string()
                .ends_with("`: it is nested deeper than 64 levels")
        );
    }
}
