//! Names and namespaces: text that Backstage accepts, checked once.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::syntax::{self, Problem};

/// `metadata.name`: 1 to 63 ASCII letters, digits, `-`, `_` and `.`, with a letter or a digit at
/// both ends.
///
/// Two names are equal when their text is; that the catalog *identifies* entities without regard
/// to case is the business of [`EntityRef`](crate::EntityRef).
///
/// ```
/// use catalog_model::EntityName;
///
/// let name: EntityName = "Jane.Doe".parse()?;
/// assert_eq!(name.as_str(), "Jane.Doe");
///
/// let error = EntityName::parse("jane@doe").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`jane@doe` is not a name: character 5 is '@', allowed are ASCII letters, digits, '-', '_' and '.'",
/// );
/// # Ok::<(), catalog_model::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct EntityName(Box<str>);

impl EntityName {
    /// The longest name, in characters.
    pub const MAX_LENGTH: usize = syntax::MAX_NAME;

    /// Checks a text.
    ///
    /// # Errors
    ///
    /// When it is empty, too long, or has a character where Backstage allows none such.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match syntax::check_name(text) {
            Ok(()) => Ok(Self(text.into())),
            Err(problem) => Err(NameError::new(text, "a name", problem)),
        }
    }

    /// The text, in its own case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `metadata.namespace`: 1 to 63 lower-case ASCII letters, digits and `-`, with no `-` at the ends.
///
/// ```
/// use catalog_model::Namespace;
///
/// assert_eq!(Namespace::default().as_str(), "default");
/// assert!(Namespace::parse("Default").is_err(), "lower case only");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Namespace(Cow<'static, str>);

impl Namespace {
    const DEFAULT: &'static str = "default";

    /// Checks a text.
    ///
    /// # Errors
    ///
    /// When it is empty, too long, or has a character where Backstage allows none such.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text == Self::DEFAULT {
            return Ok(Self::default());
        }
        match syntax::check_dns_label(text) {
            Ok(()) => Ok(Self(Cow::Owned(text.to_owned()))),
            Err(problem) => Err(NameError::new(text, "a namespace", problem)),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Namespace {
    /// `default`, which an entity without a namespace belongs to. It costs no memory of its own.
    fn default() -> Self {
        Self(Cow::Borrowed(Self::DEFAULT))
    }
}

/// Checks the key of a label or an annotation: `[prefix/]name`, the prefix as DNS has it and in lower case.
///
/// ```
/// assert!(catalog_model::check_key("acme.com/cost-center").is_ok());
///
/// let error = catalog_model::check_key("Acme.com/cost-center").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`Acme.com/cost-center` is not a key: in the prefix before '/', character 1 is 'A', allowed are lower-case \
///      ASCII letters, digits and '-'",
/// );
/// ```
///
/// # Errors
///
/// When Backstage would refuse an entity with such a key.
pub fn check_key(text: &str) -> Result<(), NameError> {
    syntax::check_key(text).map_err(|problem| NameError::new(text, "a key", problem))
}

/// A text that is no name, namespace, kind, version or key: which character breaks the rule, where, and what is allowed
/// there.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is not {what}: {problem}")]
pub struct NameError {
    shown: String,
    what: &'static str,
    problem: Problem,
}

/// As it prints: so a `main` that returns the error says what a person can read.
impl fmt::Debug for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl NameError {
    pub(crate) fn new(text: &str, what: &'static str, problem: Problem) -> Self {
        Self {
            shown: shown(text),
            what,
            problem,
        }
    }
}

/// The text as an error quotes it: on one line, hidden characters written out, and the start of it when it is very long.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 100;
    let mut characters = text.chars();
    let mut shown = String::new();
    for character in characters.by_ref().take(MOST) {
        match character {
            '\'' | '"' | '\\' => shown.push(character),
            // Marks are written out where a text begins with them, so a letter stands before.
            _ => shown.extend(String::from_iter(['a', character]).escape_debug().skip(1)),
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// How a text that is checked once is printed and made of a text.
macro_rules! checked_text {
    ($($name:ident)+) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::NameError;

            fn from_str(text: &str) -> Result<Self, $crate::NameError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::NameError;

            fn try_from(text: String) -> Result<Self, $crate::NameError> {
                Self::parse(&text)
            }
        }
    )+};
}
pub(crate) use checked_text;

checked_text!(EntityName Namespace);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_which_character_where_and_why() {
        const NAME: &str = "allowed are ASCII letters, digits, '-', '_' and '.'";
        const ENDS: &str = "the first and the last must be a letter or a digit";
        let table = [
            ("", "`` is not a name: it is empty".to_owned()),
            (
                "a b",
                format!("`a b` is not a name: character 2 is ' ', {NAME}"),
            ),
            (
                "日本",
                format!("`日本` is not a name: character 1 is '日', {NAME}"),
            ),
            (
                "aé",
                format!("`aé` is not a name: character 2 is 'é', {NAME}"),
            ),
            (
                "a\n",
                format!("`a\\n` is not a name: character 2 is '\\n', {NAME}"),
            ),
            (
                "-a",
                format!("`-a` is not a name: character 1 is '-', {ENDS}"),
            ),
            (
                "ab.",
                format!("`ab.` is not a name: character 3 is '.', {ENDS}"),
            ),
        ];
        for (text, message) in table {
            assert_eq!(EntityName::parse(text).unwrap_err().to_string(), message);
        }
        let long = EntityName::parse(&"a".repeat(64)).unwrap_err().to_string();
        assert!(
            long.ends_with("it has 64 characters, at most 63 are allowed"),
            "{long}"
        );
        let namespace = Namespace::parse("Ops").unwrap_err().to_string();
        assert_eq!(
            namespace,
            "`Ops` is not a namespace: character 1 is 'O', allowed are lower-case ASCII letters, \
             digits and '-'",
        );
    }

    #[test]
    fn errors_quote_a_text_on_one_line() {
        let table = [
            ("O'Brien \"x\" \\", "O'Brien \"x\" \\"),
            ("a\r\nb", "a\\r\\nb"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("e\u{301} किताब", "e\u{301} किताब"),
        ];
        for (text, quoted) in table {
            assert_eq!(shown(text), quoted);
        }
    }

    #[test]
    fn errors_do_not_repeat_a_text_without_end() {
        let message = EntityName::parse(&"ä".repeat(1_000_000))
            .unwrap_err()
            .to_string();
        assert!(message.len() < 1_000, "{} bytes", message.len());
    }

    #[test]
    fn names_are_equal_by_their_text() {
        assert_ne!(EntityName::parse("Jane"), EntityName::parse("jane"));
    }
}
