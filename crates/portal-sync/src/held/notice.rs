//! What the operator should know of a run, as values.
//!
//! A notice is a value from where something is noticed until somebody is told. Its prose is here alone: a view that is no text
//! for people goes by its kind and its subject.

use std::fmt;

use serde::{Deserialize, Serialize};

mod deciding;
mod mapping;
mod reading;
mod sign_in;

pub(crate) use deciding::DecidingNotice;
pub(crate) use mapping::MappingNotice;
pub(crate) use reading::{Meant, NamedBy, ReadingNotice};
pub(crate) use sign_in::{Examples, SignInNotice};

/// What the operator should know, by what noticed it. It prints for whoever asked: examples are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Notice {
    /// The read of the org.
    Reading(ReadingNotice),
    /// What makes entities of records.
    Mapping(MappingNotice),
    /// What decides who belongs into the catalog.
    Deciding(DecidingNotice),
    /// What looks at the addresses by which people sign in.
    SignIn(SignInNotice),
}

impl Notice {
    /// The text for a log, which is kept and passed on: people are counted and not named.
    #[must_use]
    pub(crate) fn logged(&self) -> String {
        match self {
            Self::SignIn(notice) => notice.logged(),
            notice => notice.to_string(),
        }
    }
}

#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "for those who read accounts of runs that are kept"
    )
)]
impl Notice {
    /// What it is about, such as a key of the configuration, a name or an entity ref; never a person.
    #[must_use]
    pub(crate) fn subject(&self) -> Option<&str> {
        match self {
            Self::Reading(notice) => Some(notice.subject()),
            Self::Mapping(notice) => notice.subject(),
            Self::Deciding(notice) => notice.subject(),
            Self::SignIn(_) => None,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reading(notice) => notice.fmt(f),
            Self::Mapping(notice) => notice.fmt(f),
            Self::Deciding(notice) => notice.fmt(f),
            Self::SignIn(notice) => notice.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
