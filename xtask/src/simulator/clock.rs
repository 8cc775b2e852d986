//! The server's clock: a parameter, so that a test may hold it still or set it wrong.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Where the simulated server takes the time from.
///
/// It is what the `Date` header, token windows and rate-limit windows are computed with.
///
/// ```
/// use jiff::SignedDuration;
/// use xtask::simulator::Clock;
///
/// let noon = Clock::fixed("2026-01-01T12:00:00Z".parse()?);
/// assert_eq!(noon.shifted(SignedDuration::from_mins(5)).now().to_string(), "2026-01-01T12:05:00Z");
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The clock of this machine.
    #[must_use]
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where the simulator asks for the time"
        )]
        Self::new(Timestamp::now)
    }

    /// A clock that stands still.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self::new(move || at)
    }

    /// A clock that shows `start` now and goes as fast as tokio's, which a test may pause.
    ///
    /// ```
    /// use std::time::Duration;
    /// use xtask::simulator::Clock;
    ///
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let clock = Clock::running_from("2026-01-01T12:00:00Z".parse()?);
    /// tokio::time::sleep(Duration::from_millis(1)).await;
    /// assert!(clock.now().to_string().starts_with("2026-01-01T12:00:00.0"));
    /// # anyhow::Ok(())
    /// # })?;
    /// # anyhow::Ok(())
    /// ```
    #[must_use]
    pub fn running_from(start: Timestamp) -> Self {
        let begun = Instant::now();
        Self::new(move || start.saturating_add(begun.elapsed()).unwrap_or(start))
    }

    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// This clock, `offset` ahead (or behind, when negative).
    #[must_use]
    pub fn shifted(&self, offset: SignedDuration) -> Self {
        let clock = self.clone();
        Self::new(move || clock.now().saturating_add(offset).unwrap_or(Timestamp::MAX))
    }

    /// The time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
