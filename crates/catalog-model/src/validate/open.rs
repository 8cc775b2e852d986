//! Rules about keys that this crate does not choose: labels, annotations and unknown fields.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use crate::entity::{Entity, Spec};
use crate::metadata::Extra;
use crate::path::Path;
use crate::shape::{self, Field};
use crate::spec::Profile;
use crate::violation::Violation;

/// Far above what anybody writes, and far below what overflows a stack.
pub(crate) const MAX_DEPTH: usize = 64;

/// Fields whose content the search index leaves out.
const NOT_INDEXED: [&str; 4] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.etag",
];
/// The keys that it has of every entity: of its own, or because annotations are added to what is fed.
const INDEXED_ANYWAY: [&str; 5] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.annotations.backstage.io/managed-by-location",
    "metadata.annotations.backstage.io/managed-by-origin-location",
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
    check_placeholders(document, &Path::Root, found);
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
    metadata.labels.keys().any(is_open)
        || metadata.annotations.keys().any(is_open)
        || metadata.links.iter().any(|link| !link.extra.is_empty())
        || !metadata.extra.is_empty()
        || !spec.is_empty()
        || profile.is_some_and(|profile| !profile.extra.is_empty())
}

fn spec_extra(spec: &Spec) -> (&Extra, Option<&Profile>) {
    match spec {
        Spec::User(user) => (&user.extra, user.profile.as_ref()),
        Spec::Group(group) => (&group.extra, group.profile.as_ref()),
        Spec::Location(location) => (&location.extra, None),
    }
}

/// An unknown field with the name of a known one would be written twice.
fn check_repetitions(entity: &Entity, found: &mut Vec<Violation>) {
    let mut check = |at: &Path<'_>, extra: &Extra, known: &[Field]| {
        let is_known = |key: &&String| known.iter().any(|field| field.name == *key);
        for key in extra.keys().filter(is_known) {
            found.push(Violation::new(at.key(key), "the field is given twice"));
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
    check(&at, spec, shape::spec(entity.kind()));
    if let Some(profile) = profile {
        check(&at.key("profile"), &profile.extra, shape::PROFILE);
    }
}

/// Finds the first place that is nested too deep; true when there is none.
pub(crate) fn check_depth(value: &Value, found: &mut Vec<Violation>) -> bool {
    fn look(value: &Value, at: &Path<'_>, depth: usize) -> Option<Violation> {
        if depth > MAX_DEPTH {
            let message = format!("it is nested deeper than {MAX_DEPTH} levels");
            return Some(Violation::new(at, message));
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
    if let Value::Object(object) = value
        && object.keys().any(|key| key.starts_with('$'))
    {
        // Into an object with other such keys it does not look.
        if let (1, Some(key @ ("$text" | "$json" | "$yaml"))) =
            (object.len(), object.keys().next().map(String::as_str))
        {
            let message =
                format!("an object with the single key `{key}` makes Backstage fetch a URL");
            found.push(Violation::new(at, message));
        }
        return;
    }
    each_child(value, at, |inner, at| check_placeholders(inner, at, found));
}

/// Two keys that differ by case only keep an entity out of the catalog, silently.
fn check_clashes(value: &Value, found: &mut Vec<Violation>) {
    let mut index = SearchIndex::default();
    for key in INDEXED_ANYWAY {
        index.add(key.to_owned(), key);
    }
    index.visit(value, String::new(), &Path::Root);
    for mut keys in index.keys.into_values() {
        // The last one has the most lower case, as known fields have.
        let Some((_, other)) = keys.pop_last() else {
            continue;
        };
        for path in keys.into_values() {
            let message = format!("it differs from `{other}` by case only");
            found.push(Violation::new(path, message));
        }
    }
}

/// The keys by which Backstage indexes an entity: paths joined by dots, for texts in a list also
/// with the text.
#[derive(Default)]
struct SearchIndex {
    /// By the key in lower case: the keys, each with its first place as people read it.
    keys: BTreeMap<String, BTreeMap<String, String>>,
    texts: HashSet<String>,
}

impl SearchIndex {
    fn visit(&mut self, value: &Value, key: String, at: &Path<'_>) {
        if NOT_INDEXED.contains(&key.as_str()) {
            return;
        }
        match value {
            Value::Object(object) => {
                for (name, inner) in object {
                    let key = if key.is_empty() {
                        name.clone()
                    } else {
                        format!("{key}.{name}")
                    };
                    self.visit(inner, key, &at.key(name));
                }
            }
            Value::Array(list) => {
                for (index, inner) in list.iter().enumerate() {
                    let at = at.index(index);
                    self.visit(inner, key.clone(), &at);
                    if let Value::String(text) = inner {
                        let key = format!("{key}.{text}");
                        // Texts that differ by case only count once: refs and tags may.
                        if self.texts.insert(key.to_lowercase()) {
                            self.add(key, at);
                        }
                    }
                }
            }
            _ => self.add(key, at),
        }
    }

    fn add(&mut self, key: String, at: impl ToString) {
        let keys = self.keys.entry(key.to_lowercase()).or_default();
        keys.entry(key).or_insert_with(|| at.to_string());
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
        Entity::new(metadata, Spec::User(UserSpec::default()))
    }

    #[test]
    fn a_known_field_among_the_unknown_is_a_violation() {
        for key in ["name", "namespace", "title", "labels"] {
            let violations = user(json!({ key: "x" })).validate();
            let path = format!("metadata.{key}");
            assert!(
                violations.contains(&Violation::new(path, "the field is given twice")),
                "{key}"
            );
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |levels| (0..levels).fold(json!(0), |inner, _| json!([inner]));
        // The root, `metadata` and the field itself are the levels above.
        assert_eq!(
            user(json!({ "deep": nested(MAX_DEPTH - 2) })).validate(),
            []
        );
        let violations = user(json!({ "deep": nested(MAX_DEPTH - 1) })).validate();
        assert_eq!(violations.len(), 1);
        assert_eq!(
            violations[0].message(),
            "it is nested deeper than 64 levels"
        );
    }
}
