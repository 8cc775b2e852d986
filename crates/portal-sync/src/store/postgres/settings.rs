//! Which database, and how it is used.

use std::fmt;
use std::time::Duration;

use super::address::Address;

/// Which database, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Where it is.
    pub(crate) address: Address,
    /// The schema in it that is ours.
    pub(crate) schema: Schema,
    /// The most connections at once.
    pub(crate) pool: usize,
    /// How long one statement may take.
    pub(crate) statement_timeout: Duration,
}

/// The name of a schema: a plain identifier, which is the same with quotes and without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schema(String);

/// The longest name of anything in a database (PostgreSQL, "NAMEDATALEN").
pub(super) const LONGEST_NAME: usize = 63;

impl Schema {
    /// A name of small letters, digits and `_`, not beginning with a digit or with `pg_`, which is the server's.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_good = !name.is_empty()
            && name.len() <= LONGEST_NAME
            && name.bytes().all(is_plain)
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && !name.starts_with("pg_");
        is_good.then(|| Self(name.to_owned()))
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
