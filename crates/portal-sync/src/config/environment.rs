//! The environment as a value, so that configuration can be read without the process's own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use zeroize::Zeroizing;

/// Environment variables by name.
///
/// It is taken from the process in one place and passed down; tests make their own. The values are wiped when it is dropped,
/// for keys may be among them; the block of variables that the system gave the process stays as it is. Variables that
/// are not Unicode are left out: nothing in a configuration could name their value.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, Zeroizing<String>>);

impl Environment {
    /// Takes variables as the standard library gives them.
    pub(crate) fn from_os(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        variables
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of `name`, surrounding white space removed, as Backstage reads it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim())
    }

    /// The variables whose names begin with `prefix`, in the order of their names: what follows the
    /// prefix, and the value.
    pub(super) fn with_prefix<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.trim())))
    }

    /// The names of all variables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), Zeroizing::new(value.into())))
                .collect(),
        )
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Names<'a>(&'a BTreeMap<String, Zeroizing<String>>);
        impl fmt::Debug for Names<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_set().entries(self.0.keys()).finish()
            }
        }
        f.debug_tuple("Environment").field(&Names(&self.0)).finish()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_environment() {
        use crate::config::Environment;

        let environment: Environment = [("OKTA_CLIENT_ID", "0oa1")].into_iter().collect();
        assert_eq!(environment.get("OKTA_CLIENT_ID"), Some("0oa1"));
        assert_eq!(
            format!("{environment:?}"),
            r#"Environment({"OKTA_CLIENT_ID"})"#
        );
    }
}
