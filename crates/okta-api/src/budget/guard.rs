//! The pace for a server that tells nothing of its limits. The only file that touches the `governor` crate.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

/// Requests a second to a server that tells nothing about its limits. Okta's are 600 a minute and
/// more.
const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// Smooths requests to so many a second.
#[derive(Debug)]
pub(super) struct Guard(RateLimiter<NotKeyed, InMemoryState, SinceStart, NoOpMiddleware<Duration>>);

impl Guard {
    /// A guard that lets `burst` requests start at once.
    pub(super) fn new(burst: NonZeroU32) -> Self {
        let quota = Quota::per_second(PER_SECOND).allow_burst(burst);
        Self(RateLimiter::direct_with_clock(
            quota,
            SinceStart(Instant::now()),
        ))
    }

    /// How long a request has to wait that would be sent now; one that need not wait is counted.
    pub(super) fn wait(&self) -> Option<Duration> {
        let early = self.0.check().err()?;
        Some(early.wait_time_from(self.0.clock().now()))
    }
}

/// Tokio's clock, which tests can pause, as the time since a guard was made.
#[derive(Clone, Debug)]
struct SinceStart(Instant);

impl Clock for SinceStart {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}
