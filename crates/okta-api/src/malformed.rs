//! Records that do not decode.

use std::fmt;

use crate::quote::quoted;

/// A record that does not decode. Known by its id, so that it is not mistaken for one that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// The text that the record has for its id, which may be none that Okta gives; `None` when not even that can be read, or
    /// it is longer than 1,000 characters. Whoever is missing from the list may then be this one: such a list proves nobody's
    /// absence.
    pub id: Option<String>,
    /// What is wrong with the record, in some 300 characters at most. What it quotes of the record is escaped.
    pub reason: String,
}

/// `00u1`: what is wrong with it.
impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "{}: {}", quoted(id), self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// The records of a list that do not decode, as an error.
#[derive(Debug)]
pub(crate) struct MalformedRecords {
    pub(crate) records: Vec<Malformed>,
    /// How many records were read, these included.
    pub(crate) of: usize,
}

/// So many are named in a message.
const NAMED: usize = 5;

impl fmt::Display for MalformedRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, bad) in self.records.iter().take(NAMED).enumerate() {
            write!(f, "{}{bad}", if place == 0 { "" } else { "; " })?;
        }
        match self.records.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for MalformedRecords {}
