//! How much of the tenant's limits a client may use.

use std::fmt;

/// The part of a rate limit that a client uses, in percent: 1 to 100, 80 unless said otherwise.
///
/// The limit is the one that Okta's headers show for this application. It is shared with whatever
/// else uses the application, so a part is left to others.
///
/// ```
/// use okta_api::RateLimitShare;
///
/// assert_eq!(RateLimitShare::default(), RateLimitShare::percent(80)?);
/// assert_eq!(RateLimitShare::percent(80)?.to_string(), "80%");
/// assert!(RateLimitShare::percent(0).is_err());
/// # Ok::<(), okta_api::RateLimitShareError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RateLimitShare(u8);

/// A share of nothing, or of more than everything.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("a share of the rate limit is 1 to 100 percent, not {0}")]
pub struct RateLimitShareError(u8);

/// As it prints: so a `main` that returns the error says what a person can read.
impl fmt::Debug for RateLimitShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl RateLimitShare {
    /// A share of so many percent.
    ///
    /// # Errors
    ///
    /// When it is 0 or above 100.
    pub fn percent(percent: u8) -> Result<Self, RateLimitShareError> {
        if (1..=100).contains(&percent) {
            Ok(Self(percent))
        } else {
            Err(RateLimitShareError(percent))
        }
    }

    /// The percentage.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The requests of a window that may be sent: the share of its limit, rounded down, but at
    /// least one, or nothing would ever be read.
    pub(crate) fn of(self, limit: u64) -> u64 {
        let share = u128::from(limit) * u128::from(self.0) / 100;
        u64::try_from(share).unwrap_or(limit).max(1)
    }
}

impl Default for RateLimitShare {
    fn default() -> Self {
        Self(80)
    }
}

impl fmt::Display for RateLimitShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RateLimitShare;

    #[test]
    fn a_share_is_rounded_down_but_never_nothing() {
        let of = |percent, limit| RateLimitShare::percent(percent).unwrap().of(limit);
        let table = [
            (of(80, 600), 480),
            (of(80, 99), 79),
            (of(1, 50), 1),
            (of(50, 0), 1),
            (of(100, u64::MAX), u64::MAX),
        ];
        for (requests, expected) in table {
            assert_eq!(requests, expected);
        }
        let refused = RateLimitShare::percent(101).unwrap_err();
        assert_eq!(
            format!("{refused:?}"),
            "a share of the rate limit is 1 to 100 percent, not 101"
        );
    }
}
