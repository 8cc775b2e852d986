//! Names of attributes: `status`, `profile.department`, `source.id`.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The name of an attribute, as a path of names joined by dots; upper and lower case differ.
///
/// A name starts with a letter or `_` and goes on with letters, digits, `_`, `-` and `$` (RFC 7644, section 3.4.2.2,
/// with Okta's custom attributes). `and`, `or` and `not` are words of the language and no names.
///
/// ```
/// use org_filter::AttributePath;
///
/// let path: AttributePath = "profile.department".parse()?;
/// assert_eq!(path.as_str(), "profile.department");
/// assert_eq!(path.names().collect::<Vec<_>>(), ["profile", "department"]);
/// assert!("profile..department".parse::<AttributePath>().is_err());
/// # Ok::<(), org_filter::InvalidPath>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributePath(Box<str>);

/// A text that names no attribute.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidPath(String);

impl fmt::Display for InvalidPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not the name of an attribute: letters, digits, `_`, `-` and `$`, joined by dots",
            self.0.escape_debug()
        )
    }
}

/// As it prints: so a `main` that returns the error says what a person can read.
impl fmt::Debug for InvalidPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvalidPath {}

impl AttributePath {
    /// The whole path as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names between the dots, at least one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// What follows `profile.`, for an attribute of the profile.
    pub fn in_profile(&self) -> Option<&str> {
        self.0.strip_prefix("profile.")
    }
}

impl FromStr for AttributePath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        let reserved = ["and", "or", "not"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(text));
        if !reserved && text.split('.').all(is_name) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidPath(text.to_owned()))
        }
    }
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || matches!(next, '_' | '-' | '$'))
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_grammar() {
        for good in [
            "id",
            "profile.x",
            "_a.b-c.d$1",
            "type.id",
            "notable",
            "eq",
            "profile.and",
        ] {
            assert!(good.parse::<AttributePath>().is_ok(), "{good}");
        }
        for bad in [
            "", ".", "a.", ".a", "a..b", "1a", "-a", "a b", "é", "a+b", "and", "OR", "Not",
        ] {
            assert!(bad.parse::<AttributePath>().is_err(), "{bad}");
        }
    }
}
