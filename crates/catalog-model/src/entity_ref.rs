//! References: the identity of an entity, and the text by which a spec names another one.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::kind::Kind;
use crate::name::{EntityName, NameError, Namespace, shown};
use crate::syntax;

/// The identity of an entity: kind, namespace and name, without regard to case.
///
/// It is kept, compared, hashed and printed in its canonical form `kind:namespace/name`, all lower
/// case (Backstage: `stringifyEntityRef`). Clones share the text.
///
/// ```
/// use catalog_model::{EntityRef, Kind, Namespace};
///
/// let full: EntityRef = "User:default/Jane".parse()?;
/// let short = EntityRef::parse("jane", &Kind::USER, &Namespace::default())?;
/// assert_eq!(full, short);
/// assert_eq!(full.to_string(), "user:default/jane");
/// assert_eq!((full.kind(), full.namespace(), full.name()), ("user", "default", "jane"));
/// # Ok::<(), catalog_model::RefError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRef(Arc<str>);

impl EntityRef {
    /// The ref of an entity with these parts.
    #[must_use]
    pub fn new(kind: &Kind, namespace: &Namespace, name: &EntityName) -> Self {
        Self::from_parts(kind.as_str(), namespace, name)
    }

    /// Reads `[kind:][namespace/]name`, taking what it lacks from the defaults.
    ///
    /// # Errors
    ///
    /// When a part is empty, or the kind, the namespace or the name is one that no entity can have.
    pub fn parse(text: &str, kind: &Kind, namespace: &Namespace) -> Result<Self, RefError> {
        Self::read(text, Some(kind), namespace)
    }

    /// The kind, lower case.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or("", |(kind, _)| kind)
    }

    /// The namespace, lower case.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.parts().0
    }

    /// The name, lower case: an entity's own spelling is in its metadata.
    #[must_use]
    pub fn name(&self) -> &str {
        self.parts().1
    }

    /// The canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_parts(kind: &str, namespace: &Namespace, name: &EntityName) -> Self {
        let mut text = format!("{kind}:{namespace}/{name}");
        // Kinds and names are ASCII, so this is all of Backstage's `toLowerCase`.
        text.make_ascii_lowercase();
        Self(text.into())
    }

    fn parts(&self) -> (&str, &str) {
        let path = self.0.split_once(':').map_or("", |(_, path)| path);
        path.split_once('/').unwrap_or_default()
    }

    fn read(text: &str, kind: Option<&Kind>, namespace: &Namespace) -> Result<Self, RefError> {
        let parts = RefParts::split(text)?;
        let kind = match (parts.kind, kind) {
            (Some(given), _) => match syntax::check_kind(given) {
                Ok(()) => given,
                Err(problem) => {
                    let error = NameError::new(given, "a kind", problem);
                    return Err(RefError(Reason::Kind(shown(text), error)));
                }
            },
            (None, Some(kind)) => kind.as_str(),
            (None, None) => return Err(RefError(Reason::MissingKind(shown(text)))),
        };
        // Refs are compared in lower case, so `Default/jane` means the namespace `default`.
        let given = parts.namespace.map(str::to_ascii_lowercase);
        let namespace = match given {
            Some(given) => Cow::Owned(
                Namespace::parse(&given)
                    .map_err(|e| RefError(Reason::Namespace(shown(text), e)))?,
            ),
            None => Cow::Borrowed(namespace),
        };
        let name =
            EntityName::parse(parts.name).map_err(|e| RefError(Reason::Name(shown(text), e)))?;
        Ok(Self::from_parts(kind, &namespace, &name))
    }
}

/// The parts of a ref as they were written, none of them checked.
#[derive(Debug)]
pub(crate) struct RefParts<'a> {
    kind: Option<&'a str>,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl<'a> RefParts<'a> {
    /// As Backstage's `parseEntityRef` splits: a `:` after the first `/` belongs to the name.
    pub(crate) fn split(text: &'a str) -> Result<Self, RefError> {
        let (kind, path) = match text.split_once(':') {
            Some((kind, path)) if !kind.contains('/') => (Some(kind), path),
            _ => (None, text),
        };
        let (namespace, name) = match path.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, path),
        };
        if kind == Some("") || namespace == Some("") || name.is_empty() {
            return Err(RefError(Reason::Form(shown(text))));
        }
        Ok(Self {
            kind,
            namespace,
            name,
        })
    }
}

/// A ref as a spec spells it, such as `team-a` or `group:default/team-a`.
///
/// The spelling is kept, so that an entity is written as it was read; what it means depends on the
/// field and on the entity it stands in, see [`resolve`](Self::resolve). Clones share the text:
/// a producer that names one group in many users' `memberOf` should clone one `SpecRef`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecRef(Arc<str>);

impl SpecRef {
    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the text means in a field whose refs are of the kind `kind` when they name none, in an
    /// entity of the namespace `namespace`.
    ///
    /// # Errors
    ///
    /// As [`EntityRef::parse`].
    pub fn resolve(&self, kind: &Kind, namespace: &Namespace) -> Result<EntityRef, RefError> {
        EntityRef::parse(&self.0, kind, namespace)
    }
}

/// A text that is no ref to an entity.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct RefError(Reason);

/// What is wrong and why, in one line: so a `main` that returns the error says what a person can read.
impl fmt::Debug for RefError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::error::Error::source(self) {
            Some(why) => write!(f, "{self}: {why}"),
            None => write!(f, "{self}"),
        }
    }
}

/// What keeps a text, as it is shown, from being a ref.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("`{0}` is not an entity ref: the form is [kind:][namespace/]name, no part empty")]
    Form(String),
    #[error("`{0}` is not an entity ref: it names no kind, such as `user:`")]
    MissingKind(String),
    #[error("`{0}` is not an entity ref: no kind can be called so")]
    Kind(String, #[source] NameError),
    #[error("`{0}` is not an entity ref: no namespace can be called so")]
    Namespace(String, #[source] NameError),
    #[error("`{0}` is not an entity ref: no entity can be called so")]
    Name(String, #[source] NameError),
}

impl fmt::Debug for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityRef({self})")
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for EntityRef {
    type Err = RefError;

    /// Reads `kind:[namespace/]name`; without a namespace it means `default`.
    fn from_str(text: &str) -> Result<Self, RefError> {
        Self::read(text, None, &Namespace::default())
    }
}

impl Serialize for EntityRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EntityRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for SpecRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for SpecRef {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for SpecRef {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<EntityRef> for SpecRef {
    /// The canonical form.
    fn from(entity: EntityRef) -> Self {
        Self(entity.0)
    }
}

impl From<&EntityRef> for SpecRef {
    /// The canonical form; the text is shared, not copied.
    fn from(entity: &EntityRef) -> Self {
        Self(Arc::clone(&entity.0))
    }
}

impl Serialize for SpecRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SpecRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_that_leaves_main_can_be_read() {
        let error = "user:jane doe".parse::<EntityRef>().unwrap_err();
        assert_eq!(
            format!("{error:?}"),
            "`user:jane doe` is not an entity ref: no entity can be called so: `jane doe` is not a name: character 5 is ' ', \
             allowed are ASCII letters, digits, '-', '_' and '.'"
        );
        let form = "user:".parse::<EntityRef>().unwrap_err();
        assert_eq!(format!("{form:?}"), form.to_string());
    }

    #[test]
    fn defaults_fill_what_a_ref_lacks() {
        let table = [
            ("jane", "group:ops/jane"),
            ("Jane", "group:ops/jane"),
            ("default/jane", "group:default/jane"),
            ("DEFAULT/jane", "group:default/jane"),
            ("user:jane", "user:ops/jane"),
            ("USER:x-1/Jane.Doe", "user:x-1/jane.doe"),
            ("location:default/all", "location:default/all"),
            ("API:payments", "api:ops/payments"),
        ];
        let ops = Namespace::parse("ops").unwrap();
        for (text, canonical) in table {
            let parsed = EntityRef::parse(text, &Kind::GROUP, &ops).unwrap();
            assert_eq!(parsed.to_string(), canonical, "{text}");
            assert_eq!(
                SpecRef::from(text).resolve(&Kind::GROUP, &ops),
                Ok(parsed),
                "{text}"
            );
        }
    }

    #[test]
    fn parts_are_those_of_the_canonical_form() {
        let jane: EntityRef = "User:Ops/Jane".parse().unwrap();
        assert_eq!(
            (jane.kind(), jane.namespace(), jane.name()),
            ("user", "ops", "jane")
        );
        assert_eq!(format!("{jane:?}"), "EntityRef(user:ops/jane)");
    }

    #[test]
    fn errors_say_which_part_is_wrong() {
        let form = "is not an entity ref: the form is [kind:][namespace/]name, no part empty";
        let table = [
            ("", format!("`` {form}"), false),
            (":a", format!("`:a` {form}"), false),
            ("/a", format!("`/a` {form}"), false),
            ("user:/a", format!("`user:/a` {form}"), false),
            ("user:a/", format!("`user:a/` {form}"), false),
            (
                "jane",
                "`jane` is not an entity ref: it names no kind, such as `user:`".into(),
                false,
            ),
            (
                "a-b:jane",
                "`a-b:jane` is not an entity ref: no kind can be called so".into(),
                true,
            ),
            (
                "user:a b",
                "`user:a b` is not an entity ref: no entity can be called so".into(),
                true,
            ),
            (
                "user:a/b/c",
                "`user:a/b/c` is not an entity ref: no entity can be called so".into(),
                true,
            ),
            (
                "user:a_b/c",
                "`user:a_b/c` is not an entity ref: no namespace can be called so".into(),
                true,
            ),
        ];
        for (text, message, has_source) in table {
            let error = text.parse::<EntityRef>().unwrap_err();
            assert_eq!(error.to_string(), message);
            assert_eq!(error.source().is_some(), has_source, "{text}");
        }
    }

    #[test]
    fn refs_are_ordered_as_their_text() {
        let mut refs: Vec<EntityRef> = [
            "user:a/z",
            "user:a-b/c",
            "group:a/a",
            "User:a/B",
            "location:a/a",
        ]
        .map(|text| text.parse().unwrap())
        .to_vec();
        refs.sort();
        let texts: Vec<&str> = refs.iter().map(EntityRef::as_str).collect();
        assert_eq!(
            texts,
            [
                "group:a/a",
                "location:a/a",
                "user:a-b/c",
                "user:a/b",
                "user:a/z"
            ]
        );
    }
}
