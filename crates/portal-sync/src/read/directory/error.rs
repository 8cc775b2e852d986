//! A read that did not yield an org.

use std::error::Error;
use std::fmt;

use okta_api::ErrorKind;

/// A read that did not yield an org.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum ReadError {
    /// Okta could not be read.
    Okta {
        /// What was being read.
        reading: &'static str,
        /// Why it could not be.
        source: Box<okta_api::Error>,
    },
    /// The org has more than is read of one. It was not read to its end.
    TooMany {
        /// Of what, as the key of `limits` has it: `users`, `groups` or `members`.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// None of the group names that the filter lists exists in the org.
    NoGroupOfList(Vec<String>),
}

impl ReadError {
    pub(super) fn users(source: okta_api::Error, limit: usize) -> Self {
        if let ErrorKind::TooMany { .. } = source.kind() {
            return Self::TooMany {
                what: "users",
                limit,
            };
        }
        Self::Okta {
            reading: "the users",
            source: Box::new(source),
        }
    }

    pub(super) fn groups(source: okta_api::Error, limit: usize) -> Self {
        if let ErrorKind::TooMany { .. } = source.kind() {
            return Self::TooMany {
                what: "groups",
                limit,
            };
        }
        Self::Okta {
            reading: "the groups",
            source: Box::new(source),
        }
    }

    pub(super) fn members(source: okta_api::Error) -> Self {
        Self::Okta {
            reading: "the members of the groups",
            source: Box::new(source),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { what, limit } => write!(
                f,
                "the org has more than {limit} {what}, the most that is read of one (`limits.{what}`)"
            ),
            Self::Okta { reading, .. } => write!(f, "{reading} could not be read"),
            Self::NoGroupOfList(names) => {
                let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                write!(
                    f,
                    "no group of the org has one of the names that groupFilter lists: {}",
                    quoted.join(", ")
                )
            }
        }
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Okta { source, .. } => Some(source),
            Self::TooMany { .. } | Self::NoGroupOfList(_) => None,
        }
    }
}
