//! The monotonic clock that pacing and backoff read: tokio's, which tests can pause.

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

impl governor::clock::Clock for TokioClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        self.instant()
    }
}
