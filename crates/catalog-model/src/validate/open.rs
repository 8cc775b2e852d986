//! Rules about keys that this crate does not choose: labels, annotations and unknown fields.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Violation;
use crate::entity::{Entity, Spec};
use crate::metadata::Extra;
use crate::path;

/// Far above what anybody writes, and far below what overflows a stack.
const MAX_DEPTH: usize = 64;

/// Fields whose content the search index leaves out.
const NOT_INDEXED: [&str; 4] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.etag",
];
/// The keys that it has of its own for every entity.
const INDEXED_APART: [&str; 3] = ["metadata.name", "metadata.namespace", "metadata.uid"];

/// Checks what holds for keys anywhere in an entity.
pub(super) fn check(entity: &Entity, found: &mut Vec<Violation>) {
    // Nearly every entity has lower-case label and annotation keys and no unknown field: then no
    // two keys can clash and none can be a placeholder, and there is no need to look.
    if !has_open_keys(entity) {
        return;
    }
    check_repetitions(entity, found);
    let value = entity.to_value();
    if let Some(path) = too_deep(&value, String::new(), 0) {
        found.push(Violation::new(
            path,
            format!("it is nested deeper than {MAX_DEPTH} levels"),
        ));
        return;
    }
    check_machine_fields(&entity.metadata.extra, found);
    check_placeholders(&value, String::new(), found);
    check_clashes(&value, found);
}

fn has_open_keys(entity: &Entity) -> bool {
    let metadata = &entity.metadata;
    let is_open = |key: &String| key.contains(|c: char| c == '$' || c.is_uppercase());
    metadata
        .labels
        .keys()
        .chain(metadata.annotations.keys())
        .any(is_open)
        || extras(entity).iter().any(|(_, extra, _)| !extra.is_empty())
}

/// Every place that keeps unknown fields, with the names of the fields that are known there.
fn extras(entity: &Entity) -> Vec<(String, &Extra, &'static [&'static str])> {
    const METADATA: &[&str] = &[
        "name",
        "namespace",
        "title",
        "description",
        "labels",
        "annotations",
        "tags",
        "links",
    ];
    const LINK: &[&str] = &["url", "title", "icon", "type"];
    const PROFILE: &[&str] = &["displayName", "email", "picture"];
    const USER: &[&str] = &["profile", "memberOf"];
    const GROUP: &[&str] = &["type", "profile", "parent", "children", "members"];
    const LOCATION: &[&str] = &["type", "target", "targets", "presence"];

    let mut places = vec![("metadata".to_owned(), &entity.metadata.extra, METADATA)];
    for (at, link) in entity.metadata.links.iter().enumerate() {
        places.push((path::index("metadata.links", at), &link.extra, LINK));
    }
    let (spec, known, profile) = match &entity.spec {
        Spec::User(user) => (&user.extra, USER, user.profile.as_ref()),
        Spec::Group(group) => (&group.extra, GROUP, group.profile.as_ref()),
        Spec::Location(location) => (&location.extra, LOCATION, None),
    };
    places.push(("spec".to_owned(), spec, known));
    if let Some(profile) = profile {
        places.push(("spec.profile".to_owned(), &profile.extra, PROFILE));
    }
    places
}

/// An unknown field with the name of a known one would be written twice.
fn check_repetitions(entity: &Entity, found: &mut Vec<Violation>) {
    for (base, extra, known) in extras(entity) {
        for key in extra.keys().filter(|key| known.contains(&key.as_str())) {
            found.push(Violation::new(
                path::key(&base, key),
                "the field is given twice",
            ));
        }
    }
}

/// `uid` and `etag` are Backstage's own; its schema checks them when they are fed.
fn check_machine_fields(extra: &Extra, found: &mut Vec<Violation>) {
    for key in ["uid", "etag"] {
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        if extra.get(key).is_some_and(|value| !is_text(value)) {
            let path = path::key("metadata", key);
            found.push(Violation::new(
                path,
                "it is not a text with at least one character",
            ));
        }
    }
}

/// An object with the single key `$text`, `$json` or `$yaml` makes the backend fetch its value.
fn check_placeholders(value: &Value, at: String, found: &mut Vec<Violation>) {
    if let Value::Object(object) = value
        && let (1, Some(key)) = (object.len(), object.keys().next())
        && matches!(key.as_str(), "$text" | "$json" | "$yaml")
    {
        let message = format!("an object with the single key `{key}` makes Backstage fetch a URL");
        found.push(Violation::new(at.clone(), message));
    }
    for (path, inner) in children(value, &at) {
        check_placeholders(inner, path, found);
    }
}

/// Two keys that differ by case only keep an entity out of the catalog, silently.
fn check_clashes(value: &Value, found: &mut Vec<Violation>) {
    let mut index = SearchIndex::default();
    for path in INDEXED_APART {
        index.add(path.to_owned(), path.to_owned());
    }
    index.visit(value, String::new(), String::new());
    for (path, message) in index.clashes {
        found.push(Violation::new(path, message));
    }
}

/// The keys by which Backstage indexes an entity: paths joined by dots, for texts in a list also
/// with the text. Keeps the path of each as people read it.
#[derive(Default)]
struct SearchIndex {
    /// By lower-case key: the key and its path.
    seen: HashMap<String, (String, String)>,
    texts: HashSet<String>,
    clashes: Vec<(String, String)>,
}

impl SearchIndex {
    fn visit(&mut self, value: &Value, key: String, path: String) {
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
                    self.visit(inner, key, path::key(&path, name));
                }
            }
            Value::Array(list) => {
                for (at, inner) in list.iter().enumerate() {
                    self.visit(inner, key.clone(), path::index(&path, at));
                    if let Value::String(text) = inner {
                        let key = format!("{key}.{text}");
                        // Texts that differ by case only count once: refs and tags may.
                        if self.texts.insert(key.to_lowercase()) {
                            self.add(key, path::index(&path, at));
                        }
                    }
                }
            }
            _ => self.add(key, path),
        }
    }

    fn add(&mut self, key: String, path: String) {
        match self.seen.entry(key.to_lowercase()) {
            Entry::Vacant(vacant) => {
                vacant.insert((key, path));
            }
            Entry::Occupied(other) => {
                let (other_key, other_path) = other.get();
                if *other_key != key {
                    let message = format!("it differs from `{other_path}` by case only");
                    self.clashes.push((path, message));
                }
            }
        }
    }
}

/// The first place below which values are nested too deep.
fn too_deep(value: &Value, at: String, depth: usize) -> Option<String> {
    if depth > MAX_DEPTH {
        return Some(at);
    }
    children(value, &at).find_map(|(path, inner)| too_deep(inner, path, depth + 1))
}

fn children<'a>(value: &'a Value, at: &'a str) -> impl Iterator<Item = (String, &'a Value)> {
    let keys = value.as_object().into_iter().flatten();
    let elements = value.as_array().into_iter().flatten().enumerate();
    keys.map(move |(key, inner)| (path::key(at, key), inner))
        .chain(elements.map(move |(index, inner)| (path::index(at, index), inner)))
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
