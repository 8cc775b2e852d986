//! The rules that an entity can break, each with a code that does not change.

use std::fmt;

use serde::{Serialize, Serializer};

/// A rule that an entity can break.
///
/// The codes are stable: a program may keep them, filter by them and count them. Messages are for people and may change.
///
/// ```
/// assert_eq!(catalog_model::Rule::MissingField.code(), "missing-field");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// `unknown-field`: the root has the fields `apiVersion`, `kind`, `metadata` and `spec`, and no other.
    UnknownField,
    /// `missing-field`: a required field is not there.
    MissingField,
    /// `repeated-field`: a field that the type has of its own stands among its unknown ones, too.
    RepeatedField,
    /// `wrong-type`: a value is of another JSON type.
    WrongType,
    /// `empty-text`: a text must have a character.
    EmptyText,
    /// `blank-text`: a text must have a character that is no white space.
    BlankText,
    /// `api-version`: the form of `apiVersion`, and the versions that there are of a kind.
    ApiVersion,
    /// `kind`: the form and the spelling of `kind`.
    Kind,
    /// `name`: the form of `metadata.name`.
    Name,
    /// `namespace`: the form of `metadata.namespace`.
    Namespace,
    /// `key`: the form of a label's or an annotation's key.
    Key,
    /// `label-value`: the form of a label's value.
    LabelValue,
    /// `tag`: the form of a tag.
    Tag,
    /// `url`: a link leads to an absolute URL.
    Url,
    /// `ref`: the form of a ref to another entity.
    Ref,
    /// `presence`: `required` or `optional`.
    Presence,
    /// `nesting`: nothing is nested deeper than 64 levels.
    Nesting,
    /// `placeholder`: no object has the single key `$text`, `$json` or `$yaml`.
    Placeholder,
    /// `key-case`: no two keys differ by case only.
    KeyCase,
}

impl Rule {
    /// The code, such as `missing-field`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownField => "unknown-field",
            Self::MissingField => "missing-field",
            Self::RepeatedField => "repeated-field",
            Self::WrongType => "wrong-type",
            Self::EmptyText => "empty-text",
            Self::BlankText => "blank-text",
            Self::ApiVersion => "api-version",
            Self::Kind => "kind",
            Self::Name => "name",
            Self::Namespace => "namespace",
            Self::Key => "key",
            Self::LabelValue => "label-value",
            Self::Tag => "tag",
            Self::Url => "url",
            Self::Ref => "ref",
            Self::Presence => "presence",
            Self::Nesting => "nesting",
            Self::Placeholder => "placeholder",
            Self::KeyCase => "key-case",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
