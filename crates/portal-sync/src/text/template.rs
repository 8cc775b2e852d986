//! Texts with placeholders for the attributes of a user or a group, as the mapping's configuration has them.
//!
//! # Syntax
//!
//! ```text
//! template    = { text | "{{" | "}}" | placeholder }
//! placeholder = "{" operand { "??" operand } { "|" filter } "}"
//! operand     = attribute | '"' text '"'
//! ```
//!
//! `{{` and `}}` are braces that are text. Of several operands the first that has a value counts; a text in quotes, with
//! `\"` and `\\` for the two characters themselves, always has one, and `""` says that nothing is an answer too. White
//! space between the parts of a placeholder means nothing.
//!
//! An attribute is a path as in Okta's search: `profile.department`, `status`, `type.id`. A name alone that is no field
//! of the object itself (see [`RecordKind`]) is one of its profile: `department` is `profile.department`.
//!
//! | filter | what it makes of `Jane.Doe@Example.com` |
//! |---|---|
//! | `lower` | `jane.doe@example.com` |
//! | `upper` | `JANE.DOE@EXAMPLE.COM` |
//! | `trim` | the same: white space at both ends is removed |
//! | `local` | `Jane.Doe`: what stands before the first `@`, or the whole text |
//! | `domain` | `Example.com`: what stands behind the last `@`, or nothing |
//! | `kebab` | `jane-doe-example-com`, by [`kebab_case`](crate::text::naming::kebab_case) |
//! | `slug` | `jane.doe@example.com`, by [`slugify`](crate::text::naming::slugify) |
//!
//! Filters apply from left to right to the value that was found. What they leave may be empty.
//!
//! # Values
//!
//! An attribute that is absent, null, a [blank](crate::text::is_blank) text, a list of nothing else or an object has no
//! value. Numbers are written in digits, `true` and `false` as they are, instants as in RFC 3339, and the values of a list
//! are joined with `, `. U+0000 is left out.

use std::borrow::Cow;
use std::fmt;

use org_filter::{Attribute, AttributePath, Record};

use super::is_blank;

mod error;
mod fields;
mod filter;
mod missing;
mod token;

mod parse;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use error::TemplateError;
pub(crate) use fields::RecordKind;
pub(crate) use missing::Missing;

use filter::Filter;

/// A text with placeholders that was read and checked.
///
/// `Display` prints a text that reads back as the same template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// No two texts stand side by side, and none is empty.
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder(Placeholder),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Placeholder {
    /// At least one.
    operands: Vec<Operand>,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    Attribute(AttributePath),
    Text(String),
}

impl Template {
    /// Reads a template for users or for groups.
    ///
    /// # Errors
    ///
    /// When the text does not follow the [syntax](self#syntax) or names an unknown filter or field: everything that is
    /// wrong, with its place and what to write instead.
    pub(crate) fn parse(text: &str, kind: RecordKind) -> Result<Self, TemplateError> {
        match parse::template(text, kind) {
            Ok(parts) => Ok(Self { parts }),
            Err(problems) => Err(TemplateError::new(text, problems)),
        }
    }

    /// The template of one attribute, whose name or path is the whole text: `title` is `{title}`.
    ///
    /// # Errors
    ///
    /// When the text is not the path of an attribute, or begins with an unknown field.
    pub(crate) fn attribute(path: &str, kind: RecordKind) -> Result<Self, TemplateError> {
        match parse::attribute(path, kind) {
            Ok(part) => Ok(Self { parts: vec![part] }),
            Err(problem) => Err(TemplateError::new(path, vec![problem])),
        }
    }

    /// The text for one user or group.
    ///
    /// # Errors
    ///
    /// When none of the operands of a placeholder has a value; the error names those of the first such placeholder.
    pub(crate) fn render(&self, record: &(impl Record + ?Sized)) -> Result<String, Missing> {
        // A single attribute is the usual case, and its text is copied once.
        if let [part] = self.parts.as_slice() {
            return Ok(part.text(record)?.into_owned());
        }
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(&part.text(record)?);
        }
        Ok(text)
    }

    /// The text for one user or group, when there is one that is not blank.
    pub(crate) fn value(&self, record: &(impl Record + ?Sized)) -> Option<String> {
        let text = self.render(record).ok()?;
        (!is_blank(&text)).then_some(text)
    }

    /// The attributes that are looked at, in the order of the text, some perhaps more than once.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &AttributePath> {
        let operands = self.parts.iter().flat_map(|part| match part {
            Part::Text(_) => &[],
            Part::Placeholder(placeholder) => placeholder.operands.as_slice(),
        });
        operands.filter_map(|operand| match operand {
            Operand::Attribute(path) => Some(path),
            Operand::Text(_) => None,
        })
    }

    /// Whether no attribute is looked at: everybody gets the same text.
    #[must_use]
    pub(crate) fn is_plain(&self) -> bool {
        self.paths().next().is_none()
    }
}

/// Whether an attribute has a value, as [values](self#values) are told.
pub(crate) fn has_value(attribute: Attribute<'_>) -> bool {
    value::text(attribute).is_some()
}

impl Part {
    fn text<'a>(&'a self, record: &'a (impl Record + ?Sized)) -> Result<Cow<'a, str>, Missing> {
        match self {
            Self::Text(text) => Ok(text.into()),
            Self::Placeholder(placeholder) => placeholder.text(record),
        }
    }
}

impl Placeholder {
    fn text<'a>(&'a self, record: &'a (impl Record + ?Sized)) -> Result<Cow<'a, str>, Missing> {
        let value = self.operands.iter().find_map(|operand| match operand {
            Operand::Attribute(path) => value::text(record.attribute(path)),
            Operand::Text(text) => Some(text.into()),
        });
        match value {
            Some(value) => {
                let filters = self.filters.iter();
                Ok(filters.fold(value, |text, filter| filter.apply(text)))
            }
            None => Err(Missing::of(&self.operands)),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => write_escaped(f, text, |c| match c {
                '{' => Some("{{"),
                '}' => Some("}}"),
                _ => None,
            }),
            Part::Placeholder(placeholder) => placeholder.fmt(f),
        })
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, operand) in self.operands.iter().enumerate() {
            f.write_str(if index == 0 { "{" } else { " ?? " })?;
            operand.fmt(f)?;
        }
        for filter in &self.filters {
            write!(f, " | {}", filter.name())?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(path) => path.fmt(f),
            Self::Text(text) => {
                f.write_str("\"")?;
                write_escaped(f, text, |c| match c {
                    '"' => Some("\\\""),
                    '\\' => Some("\\\\"),
                    _ => None,
                })?;
                f.write_str("\"")
            }
        }
    }
}

fn write_escaped(
    f: &mut fmt::Formatter<'_>,
    text: &str,
    escape: fn(char) -> Option<&'static str>,
) -> fmt::Result {
    text.chars().try_for_each(|c| match escape(c) {
        Some(escaped) => f.write_str(escaped),
        None => fmt::Write::write_char(f, c),
    })
}
