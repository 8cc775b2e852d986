//! `Scope`: what a token may be used for.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::str::FromStr;

use crate::report::debug_as_report;

/// One OAuth scope, such as `okta.users.read`.
///
/// ```
/// use okta_auth::Scope;
///
/// let scope: Scope = "okta.logs.read".parse()?;
/// assert_eq!(scope, Scope::LOGS_READ);
/// # Ok::<(), okta_auth::ScopeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// Reads users, and the groups of a user.
    pub const USERS_READ: Self = Self::from_static("okta.users.read");
    /// Reads groups, and the members of a group.
    pub const GROUPS_READ: Self = Self::from_static("okta.groups.read");
    /// Reads the System Log.
    pub const LOGS_READ: Self = Self::from_static("okta.logs.read");

    /// A scope whose name is a constant of the program and is therefore not checked.
    pub const fn from_static(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name as it goes over the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&'static str> for Scope {
    fn from(name: &'static str) -> Self {
        Self::from_static(name)
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    /// Checks the characters that RFC 6749, section 3.3, allows in a scope.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
        if name.is_empty() || !name.chars().all(allowed) {
            return Err(ScopeError {
                name: name.to_owned(),
            });
        }
        Ok(Self(Cow::Owned(name.to_owned())))
    }
}

/// A text that cannot be a scope.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a scope: a scope is one word, such as `okta.users.read`")]
pub struct ScopeError {
    name: String,
}

debug_as_report!(ScopeError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_one_printable_word() {
        for good in ["okta.users.read", "openid", "a", "!", "urn:x/y"] {
            assert_eq!(good.parse::<Scope>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            " ",
            "okta.users.read okta.groups.read",
            "\"x\"",
            "a\\b",
            "ä",
            "a\n",
        ] {
            let error = bad.parse::<Scope>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{bad}`")), "{error}");
        }
    }
}
