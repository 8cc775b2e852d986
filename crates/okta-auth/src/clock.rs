//! Wall time as a parameter: the one-method seam `Clock`.

use std::fmt::Debug;
use std::sync::Arc;

use jiff::Timestamp;

/// Tells the wall time.
///
/// Only dates that leave the process (the `iat` of an assertion, the time of a run) come from here.
/// Lifetimes and waits are measured on tokio's monotonic clock, which tests pause.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

impl<T: Clock + ?Sized> Clock for Arc<T> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where wall time is read"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[cfg(any(test, feature = "test-util"))]
mod manual {
    use std::sync::{Mutex, PoisonError};

    use jiff::{SignedDuration, Timestamp};

    use super::Clock;

    /// A clock that stands still until it is moved by hand.
    ///
    /// ```
    /// use okta_auth::jiff::{SignedDuration, Timestamp};
    /// use okta_auth::{Clock, ManualClock};
    ///
    /// let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    /// clock.advance(SignedDuration::from_secs(90));
    /// assert_eq!(clock.now().as_second(), 90);
    /// ```
    #[derive(Debug)]
    pub struct ManualClock(Mutex<Timestamp>);

    impl ManualClock {
        /// A clock that shows `now`.
        pub fn new(now: Timestamp) -> Self {
            Self(Mutex::new(now))
        }

        /// Moves the clock, forwards or (a negative duration) backwards. It stays at the last
        /// instant that can be represented.
        pub fn advance(&self, by: SignedDuration) {
            let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let end = if by.is_negative() {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            };
            *now = now.checked_add(by).unwrap_or(end);
        }
    }

    impl Clock for ManualClock {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

#[cfg(any(test, feature = "test-util"))]
pub use manual::ManualClock;
