//! The search terms of an entity: what a catalog finds it by.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::path::Path;

/// Keys and values of more characters than these, counted as UTF-16, are not kept.
const LONGEST: usize = 200;

/// Fields whose content is not looked at: name, namespace and uid have terms of their own, and relations are those of the
/// catalog.
const LEFT_OUT: [&str; 7] = [
    "attachments",
    "relations",
    "status",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.etag",
];

/// One search term: a field of an entity, and what it holds.
///
/// Keys are the fields' paths joined by dots, and values are texts. Searches compare both in lower case.
///
/// Source: `buildEntitySearch.ts` of `@backstage/plugin-catalog-backend` 4.0.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Term<'a> {
    /// The key as the entity spells it, such as `spec.profile.displayName`.
    pub key: &'a str,
    /// The value as the entity spells it. Nothing where it is `null` or too long to be compared with: then the key alone is
    /// found.
    pub value: Option<&'a str>,
    /// What the term is about.
    pub kind: TermKind,
}

/// What a [`Term`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TermKind {
    /// A field with one value.
    Field,
    /// A text in a list, as if it were the only one: `metadata.tags` is `java`.
    Item,
    /// That a text is in a list: `metadata.tags.java` is `true`. It follows from the term before.
    Presence,
}

/// Calls `each` with the search terms of an entity, in the order of its fields.
///
/// The entity may be any JSON, such as a [`serde_json::Value`] or a deserializer over its text. What a catalog adds is not
/// among the terms: `metadata.name`, `metadata.namespace`, `metadata.uid` and, for each relation, `relations.<type>`.
///
/// ```
/// let entity = serde_json::json!({
///     "kind": "User",
///     "metadata": { "name": "jane", "tags": ["Admin"] },
///     "spec": { "profile": { "email": "jane@acme.example" } },
/// });
/// let mut terms = Vec::new();
/// catalog_model::search_terms(&entity, |term| {
///     terms.push(format!("{} = {}", term.key, term.value.unwrap_or_default()));
/// })?;
/// assert_eq!(
///     terms,
///     [
///         "kind = User",
///         "metadata.tags = Admin",
///         "metadata.tags.Admin = true",
///         "spec.profile.email = jane@acme.example",
///     ],
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// Those of the deserializer, when it is no JSON.
pub fn search_terms<'de, D: Deserializer<'de>>(
    entity: D,
    mut each: impl FnMut(Term<'_>),
) -> Result<(), D::Error> {
    visit(entity, |term, _| {
        if term.key.encode_utf16().count() <= LONGEST {
            let short = |value: &&str| value.to_lowercase().encode_utf16().count() <= LONGEST;
            let value = term.value.filter(short);
            each(Term { value, ..term });
        }
    })
}

/// The same of every field, however long its key and its value are, with its place.
pub(crate) fn visit<'de, D: Deserializer<'de>>(
    entity: D,
    mut each: impl FnMut(Term<'_>, &Path<'_>),
) -> Result<(), D::Error> {
    let seed = Seed {
        walk: &mut Walk {
            key: String::new(),
            present: HashSet::new(),
            each: &mut each,
        },
        at: &Path::Root,
        is_item: false,
    };
    seed.deserialize(entity)
}

struct Walk<'a, F> {
    /// The key of what is looked at.
    key: String,
    /// The keys in lower case of texts in lists. Texts that differ by case only are told once: refs and tags may.
    present: HashSet<String>,
    each: &'a mut F,
}

struct Seed<'a, 'w, F> {
    walk: &'a mut Walk<'w, F>,
    at: &'a Path<'a>,
    is_item: bool,
}

impl<F: FnMut(Term<'_>, &Path<'_>)> Seed<'_, '_, F> {
    fn tell(self, value: Option<&str>) {
        (self.walk.each)(
            Term {
                key: &self.walk.key,
                value,
                kind: TermKind::Field,
            },
            self.at,
        );
    }

    fn tell_item(self, text: &str) {
        let Walk { key, present, each } = self.walk;
        let term = Term {
            key,
            value: Some(text),
            kind: TermKind::Item,
        };
        each(term, self.at);
        let key = format!("{key}.{text}");
        if present.insert(key.to_lowercase()) {
            let term = Term {
                key: &key,
                value: Some("true"),
                kind: TermKind::Presence,
            };
            each(term, self.at);
        }
    }
}

impl<'de, F: FnMut(Term<'_>, &Path<'_>)> DeserializeSeed<'de> for Seed<'_, '_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        if LEFT_OUT.contains(&self.walk.key.as_str()) {
            value.deserialize_ignored_any(IgnoredAny).map(drop)
        } else {
            value.deserialize_any(self)
        }
    }
}

impl<'de, F: FnMut(Term<'_>, &Path<'_>)> Visitor<'de> for Seed<'_, '_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.tell(None);
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.tell(Some(if value { "true" } else { "false" }));
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.tell(Some(&value.to_string()));
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.tell(Some(&value.to_string()));
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.tell(Some(&number(value)));
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        if self.is_item {
            self.tell_item(value);
        } else {
            self.tell(Some(value));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { walk, at, .. } = self;
        let mut index = 0;
        loop {
            let seed = Seed {
                walk: &mut *walk,
                at: &at.index(index),
                is_item: true,
            };
            if list.next_element_seed(seed)?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { walk, at, .. } = self;
        let length = walk.key.len();
        while let Some(name) = object.next_key::<Name<'de>>()? {
            if length > 0 {
                walk.key.push('.');
            }
            walk.key.push_str(&name.0);
            object.next_value_seed(Seed {
                walk: &mut *walk,
                at: &at.key(&name.0),
                is_item: false,
            })?;
            walk.key.truncate(length);
        }
        Ok(())
    }
}

/// A key, which is copied only where it has escapes.
struct Name<'de>(std::borrow::Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(key: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Name(key.into()))
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Name(key.to_owned().into()))
            }

            fn visit_string<E: Error>(self, key: String) -> Result<Self::Value, E> {
                Ok(Name(key.into()))
            }
        }

        key.deserialize_str(Text)
    }
}

/// A number as JavaScript prints it.
fn number(value: f64) -> String {
    let exponent = value.abs().log10();
    if value == 0.0 {
        "0".to_owned()
    } else if (-6.0..21.0).contains(&exponent) {
        value.to_string()
    } else {
        let text = format!("{value:e}");
        match text.split_once("e") {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn terms(entity: &Value) -> Vec<(String, Option<String>, TermKind)> {
        let mut terms = Vec::new();
        let mut push = |term: Term<'_>| {
            terms.push((
                term.key.to_owned(),
                term.value.map(str::to_owned),
                term.kind,
            ));
        };
        search_terms(entity, &mut push).unwrap();
        let of_value = std::mem::take(&mut terms);
        let mut push = |term: Term<'_>| {
            terms.push((
                term.key.to_owned(),
                term.value.map(str::to_owned),
                term.kind,
            ));
        };
        let text = entity.to_string();
        search_terms(&mut serde_json::Deserializer::from_str(&text), &mut push).unwrap();
        assert_eq!(of_value, terms, "of its text as of its value");
        terms
    }

    #[test]
    fn terms_are_those_of_backstage() {
        use TermKind::{Field, Item, Presence};
        let long = "x".repeat(201);
        let short = "ß".repeat(200);
        for (entity, expected) in [
            (json!({}), vec![]),
            (
                json!({ "kind": "User" }),
                vec![("kind", Some("User"), Field)],
            ),
            (
                json!({ "spec": { "a": null, "b": true, "c": 1.0, "d": -3, "e": 1e21, "f": 1e-7, "g": 0.5 } }),
                vec![
                    ("spec.a", None, Field),
                    ("spec.b", Some("true"), Field),
                    ("spec.c", Some("1"), Field),
                    ("spec.d", Some("-3"), Field),
                    ("spec.e", Some("1e+21"), Field),
                    ("spec.f", Some("1e-7"), Field),
                    ("spec.g", Some("0.5"), Field),
                ],
            ),
            (
                json!({ "metadata": { "name": "a", "namespace": "b", "uid": "c", "etag": "d", "tags": ["J", "j", "k"] } }),
                vec![
                    ("metadata.tags", Some("J"), Item),
                    ("metadata.tags.J", Some("true"), Presence),
                    ("metadata.tags", Some("j"), Item),
                    ("metadata.tags", Some("k"), Item),
                    ("metadata.tags.k", Some("true"), Presence),
                ],
            ),
            (
                json!({ "relations": [{ "type": "a" }], "status": {}, "attachments": 1, "other": { "status": "s" } }),
                vec![("other.status", Some("s"), Field)],
            ),
            (
                json!({ "spec": { "l": [1, [["x"]], { "m": "y" }, null] } }),
                vec![
                    ("spec.l", Some("1"), Field),
                    ("spec.l", Some("x"), Item),
                    ("spec.l.x", Some("true"), Presence),
                    ("spec.l.m", Some("y"), Field),
                    ("spec.l", None, Field),
                ],
            ),
            (
                json!({ "a": long, "b": short, "c": [long], long.clone(): 1 }),
                vec![
                    ("a", None, Field),
                    ("b", Some(&*short), Field),
                    ("c", None, Item),
                ],
            ),
            (
                json!({ "metadata": { "annotations": { "a.b/C": "D" } } }),
                vec![("metadata.annotations.a.b/C", Some("D"), Field)],
            ),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(key, value, kind)| (key.to_owned(), value.map(str::to_owned), kind))
                .collect();
            assert_eq!(terms(&entity), expected, "{entity}");
        }
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        let mut text = serde_json::Deserializer::from_str("{\"a\": ");
        assert!(search_terms(&mut text, |_| ()).is_err());
    }
}
