//! How long to wait before the next try when the server does not say.
//!
//! The only file that touches the `backoff` crate, and only its exponential policy. Two of its
//! habits are mended here: a fresh policy has to be reset before its first interval is right, and
//! its jitter can exceed the maximum. Jitter is therefore ours, and passed in.

use std::time::Duration;

use backoff::backoff::Backoff as _;
use backoff::exponential::ExponentialBackoff;
use tokio::time::Instant;

use crate::clock::TokioClock;

/// Delays that double up to a maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    first: Duration,
    max: Duration,
}

/// For a server that fails: 0.5, 1, 2, 4, 8, 15, 15 … seconds.
pub(crate) const FAILURE: Backoff = Backoff {
    first: Duration::from_millis(500),
    max: Duration::from_secs(15),
};

/// For too many concurrent requests: 0.5, 1, 2, 4, 5, 5 … seconds. Slots come free as soon as
/// others' requests end.
pub(crate) const CONCURRENCY: Backoff = Backoff {
    first: Duration::from_millis(500),
    max: Duration::from_secs(5),
};

/// For a log that is followed through an outage: 5, 10, 20, 40, 60, 60 … seconds, each after a request that was tried for its
/// whole time.
pub(crate) const OUTAGE: Backoff = Backoff {
    first: Duration::from_secs(5),
    max: Duration::from_secs(60),
};

impl Backoff {
    /// The delay before retry number `retry`, counted from 0: half to one and a half of the
    /// interval, as `jitter` in `0.0..1.0` decides, and never above the maximum.
    pub(crate) fn delay(self, retry: u32, jitter: f64) -> Duration {
        let mut policy = ExponentialBackoff {
            current_interval: self.first,
            initial_interval: self.first,
            randomization_factor: 0.0,
            multiplier: 2.0,
            max_interval: self.max,
            start_time: Instant::now().into_std(),
            max_elapsed_time: None,
            clock: TokioClock,
        };
        policy.reset();
        // Long after the maximum is reached nothing changes any more.
        let interval =
            (0..=retry.min(64)).fold(self.first, |_, _| policy.next_backoff().unwrap_or(self.max));
        interval.mul_f64(0.5 + jitter.clamp(0.0, 1.0)).min(self.max)
    }
}

impl backoff::Clock for TokioClock {
    fn now(&self) -> std::time::Instant {
        self.instant()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{CONCURRENCY, FAILURE};

    #[test]
    fn delays_double_up_to_the_maximum() {
        let seconds = |backoff: super::Backoff| {
            (0..8)
                .map(|retry| backoff.delay(retry, 0.5).as_secs_f64())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            seconds(FAILURE),
            [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
        );
        assert_eq!(
            seconds(CONCURRENCY),
            [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0]
        );
    }

    #[test]
    fn jitter_halves_or_adds_a_half_but_never_exceeds_the_maximum() {
        assert_eq!(FAILURE.delay(2, 0.0), Duration::from_secs(1));
        assert_eq!(FAILURE.delay(2, 1.0), Duration::from_secs(3));
        assert_eq!(FAILURE.delay(u32::MAX, 1.0), Duration::from_secs(15));
        assert_eq!(FAILURE.delay(0, 9.0), FAILURE.delay(0, 1.0));
    }
}
