//! The little that stores say of mirrors.

use crate::held::mirror::{Account, Mirror, Misread, RowCounts, Watermarks};
use crate::store::{CheckedMirror, MirrorFound};

/// So many bytes of rows are sent at once at most, or one row.
pub(super) const BYTES: usize = 1 << 20;

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
