//! The monotonic clock that backoff reads: tokio's, which tests can pause.

use std::time::Instant;

/// Tokio's clock for crates that want `std`'s instants.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TokioClock;

impl TokioClock {
    /// The present.
    pub(crate) fn instant(self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}
