//! What stores say of mirrors.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::held::mirror::{Account, Mirror, Misread, RowCounts, Watermarks};

/// So many bytes of rows are sent at once at most, or one row.
pub(super) const BYTES: usize = 1 << 20;

/// What a store was found to keep of Okta's answers for one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckedMirror {
    /// The id of the provider.
    pub provider: String,
    /// What it is.
    #[serde(flatten)]
    pub found: MirrorFound,
}

/// What a mirror was found to be. One that is damaged is no damage of the catalog: it is read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub(crate) enum MirrorFound {
    /// All of it is there.
    #[serde(rename_all = "camelCase")]
    Whole {
        /// Its rows of each kind.
        #[serde(flatten)]
        counts: RowCounts,
        /// When everything was last read, by Okta's clock.
        reconciled: Option<Timestamp>,
        /// When the users were last asked for.
        users_as_of: Option<Timestamp>,
    },
    /// It is not understood: why.
    Damaged {
        /// The cause.
        #[serde(serialize_with = "as_text")]
        damage: Misread,
    },
}

fn as_text<S: Serializer>(text: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(text)
}

/// The mirror that was read. One that is not understood is as good as none: it costs one run that reads everything.
pub(super) fn understood(provider: &str, read: Result<Option<Mirror>, Misread>) -> Option<Mirror> {
    read.unwrap_or_else(|cause| {
        tracing::warn!(
            provider,
            %cause,
            "what is kept of Okta's answers is not understood: the next run reads everything"
        );
        None
    })
}

/// What is told of a mirror that was looked through; nothing where there is none.
pub(super) fn checked(
    provider: String,
    looked: Result<Option<(Account, RowCounts)>, Misread>,
) -> Option<CheckedMirror> {
    let found = match looked {
        Ok(None) => return None,
        Ok(Some((account, counts))) => {
            let Watermarks {
                reconciled, users, ..
            } = account.watermarks;
            MirrorFound::Whole {
                counts,
                reconciled,
                users_as_of: users,
            }
        }
        Err(cause) => MirrorFound::Damaged { damage: cause },
    };
    Some(CheckedMirror { provider, found })
}
