//! What is wrong with an entity, and where.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::slice;
use std::vec;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::path::{self, Path, Segment};
use crate::rule::Rule;

/// A rule that an entity breaks, and where.
///
/// It is written as `{"code": "…", "pointer": "…", "path": "…", "message": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    rule: Rule,
    segments: Vec<Segment>,
    path: String,
    message: Cow<'static, str>,
}

impl Violation {
    pub(crate) fn new(rule: Rule, at: &Path<'_>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::at(rule, at.segments(), message)
    }

    pub(crate) fn at(
        rule: Rule,
        segments: Vec<Segment>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            rule,
            path: path::printed(&segments),
            segments,
            message: message.into(),
        }
    }

    /// Which rule.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The code of the rule, such as `missing-field`, which does not change.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// Where, for people: the path of the field, such as `metadata.labels["a b"]`; empty for the document as a whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where, step by step. Of a field that is missing, or of a key that is wrong, the last step is that field or key.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Where, as a JSON pointer (RFC 6901), such as `/metadata/labels/a b`; empty for the document as a whole.
    #[must_use]
    pub fn pointer(&self) -> String {
        path::pointer(&self.segments)
    }

    /// What is wrong there.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "the document: {}", self.message),
            path => write!(f, "`{path}`: {}", self.message),
        }
    }
}

impl Error for Violation {}

impl Serialize for Violation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Violation", 4)?;
        fields.serialize_field("code", self.code())?;
        fields.serialize_field("pointer", &self.pointer())?;
        fields.serialize_field("path", self.path())?;
        fields.serialize_field("message", self.message())?;
        fields.end()
    }
}

/// Everything that is wrong with one entity: at least one violation.
///
/// `Display` prints one line for each. `Debug` prints the same below a heading, so that an error that leaves `main` can be
/// read. It is written as a list.
///
/// ```
/// use catalog_model::{Entity, Rule};
/// use serde_json::json;
///
/// let violations = Entity::from_document(&json!({
///     "apiVersion": "backstage.io/v1alpha1",
///     "kind": "Component",
///     "metadata": { "name": "payments", "labels": { "a/b": "on call" } },
/// })).unwrap_err();
///
/// let [violation] = violations.as_slice() else { unreachable!() };
/// assert_eq!(violation.rule(), Rule::LabelValue);
/// assert_eq!(violation.pointer(), "/metadata/labels/a~1b");
/// assert_eq!(serde_json::to_value(&violations)?, json!([{
///     "code": "label-value",
///     "pointer": "/metadata/labels/a~1b",
///     "path": "metadata.labels[\"a/b\"]",
///     "message": "the value is not valid: character 3 is ' ', allowed are ASCII letters, digits, '-', '_' and '.'",
/// }]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// None when there is nothing wrong.
    pub(crate) fn of(found: Vec<Violation>) -> Result<(), Self> {
        if found.is_empty() {
            Ok(())
        } else {
            Err(Self(found))
        }
    }

    /// For a list that is known to have a violation.
    pub(crate) fn some(found: Vec<Violation>) -> Self {
        Self(found)
    }

    /// The violations, one by one.
    pub fn iter(&self) -> slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Violation] {
        &self.0
    }

    /// All of them, to keep.
    #[must_use]
    pub fn into_vec(self) -> Vec<Violation> {
        self.0
    }

    /// How many there are: at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, "", self.iter())
    }
}

impl fmt::Debug for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the entity is not valid\n")?;
        lines(f, "  ", self.iter())
    }
}

impl Error for Violations {}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Each on a line of its own, without a line break at the end.
pub(crate) fn lines<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    indent: &str,
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        let before = if index > 0 { "\n" } else { "" };
        write!(f, "{before}{indent}{item}")?;
    }
    Ok(())
}
