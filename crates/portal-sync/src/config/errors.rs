//! What is wrong with a configuration, and what is worth telling about a good one.

use std::fmt;

use okta_auth::visible::visible;

use super::place::{KeyPath, Place};

/// Everything that is wrong with a configuration, in the order of the files.
///
/// `Display` is meant for a terminal: a block for each error, each with its place, the key, what is
/// wrong and, where it is known, how to put it right.
///
/// ```text
/// app-config.yaml:5:18: catalog.providers.okta.default.oktaUrl: …
///   fix: …
/// ```
#[derive(Debug)]
pub(crate) struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    pub(super) fn new(errors: Vec<ConfigError>) -> Self {
        Self(errors)
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigError(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    place: Option<Place>,
    key: Option<String>,
    message: String,
    /// Text shown as it is, such as an expression with carets.
    excerpt: Option<String>,
    fix: Option<String>,
}

impl ConfigError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            place: None,
            key: None,
            message: message.into(),
            excerpt: None,
            fix: None,
        }))
    }

    pub(super) fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    pub(super) fn about(mut self, key: &KeyPath) -> Self {
        self.0.key = Some(key.to_string());
        self
    }

    pub(super) fn excerpt(mut self, excerpt: impl Into<String>) -> Self {
        self.0.excerpt = Some(excerpt.into());
        self
    }

    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.0.fix = Some(fix.into());
        self
    }

    /// Where it is wrong, if it is wrong at some place and not missing altogether.
    pub(super) fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// What is wrong.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// How to put it right.
    pub(crate) fn how_to_fix(&self) -> Option<&str> {
        self.0.fix.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { place, key, .. } = &*self.0;
        headline(f, place.as_ref(), key.as_deref(), self.message())?;
        for line in self.0.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
            write!(f, "\n    {line}")?;
        }
        self.how_to_fix()
            .map_or(Ok(()), |fix| write!(f, "\n  fix: {fix}"))
    }
}

/// Something a team should know about a configuration that is good otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    place: Place,
    key: String,
    message: String,
}

impl Notice {
    pub(super) fn new(place: Place, key: &KeyPath, message: impl Into<String>) -> Self {
        Self {
            place,
            key: key.to_string(),
            message: message.into(),
        }
    }

    /// What was noticed.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        headline(f, Some(&self.place), Some(&self.key), &self.message)
    }
}

/// Whether a text is a key in PEM or a JWK, or has one in it.
pub(super) fn is_key(text: &str) -> bool {
    text.contains("-----BEGIN") || text.contains("\"kty")
}

/// A text as a message may repeat it. One that was plainly meant for another key, such as a private
/// key in the place of its id, is a secret: of that its length is told.
pub(super) fn quoted(text: &str) -> String {
    let length = text.chars().count();
    if length > MAX_QUOTED || is_key(text) || text.chars().any(char::is_control) {
        format!("a text of {length} characters")
    } else {
        format!("`{}`", visible(text))
    }
}

/// The longest text that is quoted, in characters: longer than any host name, shorter than any key.
const MAX_QUOTED: usize = 253;

fn headline(
    f: &mut fmt::Formatter<'_>,
    place: Option<&Place>,
    key: Option<&str>,
    message: &str,
) -> fmt::Result {
    if let Some(place) = place {
        write!(f, "{place}: ")?;
    }
    if let Some(key) = key {
        write!(f, "{key}: ")?;
    }
    f.write_str(message)
}
