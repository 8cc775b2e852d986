//! Which attributes the records of a list have, of those that somebody asks for.

use std::collections::BTreeSet;

use okta_api::Profile;
use serde_json::Value;

/// Notes of the profiles of a list: nothing but names and a number.
///
/// ```
/// use okta_api::Profile;
/// use portal_sync::selection::Seen;
///
/// let mut seen = Seen::for_attributes(["departmnt".to_owned()]);
/// let profile: Profile = serde_json::from_str(r#"{"department": "R&D"}"#)?;
/// seen.look_at(&profile);
/// assert_eq!(seen.missing().collect::<Vec<_>>(), ["departmnt"]);
/// assert_eq!(seen.nearest("departmnt"), Some("department"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Those asked for that no record had so far.
    missing: Vec<String>,
    /// What the first records have.
    known: BTreeSet<String>,
    records: usize,
}

/// So many records tell which attributes there are: a page of users.
const ENOUGH: usize = 200;

/// So many names are kept at most: a profile has a few dozen.
const MOST_NAMES: usize = 2_000;

impl Seen {
    /// Looks out for these attributes.
    #[must_use]
    pub fn for_attributes(names: impl IntoIterator<Item = String>) -> Self {
        Self {
            missing: names.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Notes what one record has.
    pub fn look_at(&mut self, profile: &Profile) {
        self.missing
            .retain(|name| !profile.get(name).is_some_and(says_something));
        if self.records < ENOUGH && self.known.len() < MOST_NAMES {
            let names = profile
                .iter()
                .filter(|(_, value)| says_something(value))
                .map(|(name, _)| name.to_owned());
            self.known.extend(names);
        }
        self.records += 1;
    }

    /// The attributes that no record has, when there were records at all.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let missing = self.missing.iter().filter(|_| self.records > 0);
        missing.map(String::as_str)
    }

    /// How many records were looked at.
    #[must_use]
    pub const fn records(&self) -> usize {
        self.records
    }

    /// The attribute that records have and that is written nearly like this one.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        crate::config::nearest(name, self.known.iter().map(String::as_str))
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !crate::text::is_blank(text),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}
