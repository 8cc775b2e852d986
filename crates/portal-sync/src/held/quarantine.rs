//! Why a record is quarantined, as a value.

use std::borrow::Cow;
use std::fmt;

use okta_auth::visible::message;
use serde::{Deserialize, Serialize};

/// Why no entity can be made of a record, so that one that was made of it earlier stays as it was. It prints as a fragment;
/// whose record it is stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Quarantine {
    /// The record could not be decoded.
    MalformedRecord {
        /// Why.
        reason: String,
    },
    /// It is not listed, and the list has a record that may be anybody's.
    UnidentifiedList {
        /// Why nobody can tell whose that is.
        reason: String,
    },
    /// No name can be made of it.
    NoName {
        /// The key of the mapping that gives names.
        key: Cow<'static, str>,
        /// Which attributes have no value.
        missing: String,
    },
    /// The record of a group that it is made of could not be decoded.
    MalformedPart {
        /// The Okta id of that group.
        part: String,
    },
    /// Nobody can tell who is in a group that it is made of.
    UnreadPart {
        /// The Okta id of that group.
        part: String,
        /// Why.
        reason: String,
    },
    /// Nobody asks for it any more, and a group that it was made of cannot be read.
    UnreadFormerPart {
        /// The Okta id of that group.
        part: String,
        /// Why.
        reason: String,
    },
}

impl Quarantine {
    /// That a record could not be decoded. The reason may be of any length, for it quotes the record.
    pub(crate) fn malformed(reason: &str) -> Self {
        let reason = message(reason).into_owned();
        Self::MalformedRecord { reason }
    }
}

impl fmt::Display for Quarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedRecord { reason } => f.write_str(reason),
            Self::UnidentifiedList { reason } => write!(f, "it is not listed, and {reason}"),
            Self::NoName { key, missing } => write!(f, "`{key}` gives it no name: {missing}"),
            Self::MalformedPart { part } => {
                write!(f, "the record of {part}, a part of it, cannot be read")
            }
            Self::UnreadPart { part, reason } => write!(f, "of {part}, a part of it: {reason}"),
            Self::UnreadFormerPart { part, reason } => {
                write!(
                    f,
                    "{part}, which was a part of it, cannot be read: {reason}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_word_and_a_text() {
        let (part, reason) = ("00g1".to_owned(), "it is odd".to_owned());
        let no_name = Quarantine::NoName {
            key: "userName".into(),
            missing: "`profile.a` has no value".to_owned(),
        };
        let rows = [
            (Quarantine::malformed("a\nb"), r"a\u{a}b"),
            (
                Quarantine::UnidentifiedList {
                    reason: reason.clone(),
                },
                "it is not listed, and it is odd",
            ),
            (
                no_name,
                "`userName` gives it no name: `profile.a` has no value",
            ),
            (
                Quarantine::MalformedPart { part: part.clone() },
                "the record of 00g1, a part of it, cannot be read",
            ),
            (
                Quarantine::UnreadPart {
                    part: part.clone(),
                    reason: reason.clone(),
                },
                "of 00g1, a part of it: it is odd",
            ),
            (
                Quarantine::UnreadFormerPart { part, reason },
                "00g1, which was a part of it, cannot be read: it is odd",
            ),
        ];
        let kinds = [
            "malformed-record",
            "unidentified-list",
            "no-name",
            "malformed-part",
            "unread-part",
            "unread-former-part",
        ];
        for ((quarantine, text), kind) in rows.into_iter().zip(kinds) {
            assert_eq!(quarantine.to_string(), text);
            let written = serde_json::to_value(&quarantine).unwrap();
            assert_eq!(written["kind"], kind);
            let read = serde_json::from_value::<Quarantine>(written).unwrap();
            assert_eq!(read, quarantine);
        }
    }
}
