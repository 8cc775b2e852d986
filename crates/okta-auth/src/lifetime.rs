//! How long a token is used: the laws of the cache, on the monotonic clock.

use std::time::Duration;

use tokio::time::Instant;

/// A token is replaced this long before it expires, so that nobody waits for the new one while the
/// old one still serves. Okta's tokens live an hour.
const REFRESH_AHEAD: Duration = Duration::from_secs(5 * 60);

/// A token is used at least this long, whatever lifetime the server names: a server that hands out
/// expired tokens is asked once in this time, not once a request.
const LEAST_USE: Duration = Duration::from_secs(1);

/// No lifetime is believed beyond this. Instants cannot be added up without end.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// When a token is replaced, and when it is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub(crate) refresh_at: Instant,
    pub(crate) expires_at: Instant,
}

impl Lifetime {
    /// The lifetime of a token that was asked for at `sent` and came at `received`. The server
    /// started to count somewhere between; the earlier end is the safe one.
    pub(crate) fn new(sent: Instant, received: Instant, expires_in: Duration) -> Self {
        let expires_in = expires_in.min(LONGEST);
        let ahead = REFRESH_AHEAD.min(expires_in / 2);
        let least = received + LEAST_USE;
        let expires_at = (sent + expires_in).max(least);
        let refresh_at = (sent + (expires_in - ahead)).max(least);
        Self {
            refresh_at,
            expires_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_hour_is_used_for_fifty_five_minutes() {
        let sent = Instant::now();
        let lifetime = Lifetime::new(sent, sent, Duration::from_secs(3600));
        assert_eq!(lifetime.expires_at - sent, Duration::from_secs(3600));
        assert_eq!(lifetime.refresh_at - sent, Duration::from_secs(3300));
    }

    fn any_seconds() -> impl Strategy<Value = u64> {
        prop_oneof![0..20u64, 0..2_000u64, 0..200_000u64, any::<u64>()]
    }

    proptest! {
        #[test]
        fn the_laws_of_lifetimes_hold(travel in 0u64..100_000, expires_in in any_seconds()) {
            let sent = Instant::now();
            let received = sent + Duration::from_millis(travel);
            let named = Duration::from_secs(expires_in);
            let Lifetime { refresh_at, expires_at } = Lifetime::new(sent, received, named);

            let believed = named.min(LONGEST);
            let least = received + LEAST_USE;
            prop_assert!(least <= refresh_at && refresh_at <= expires_at);
            prop_assert!(expires_at <= least.max(sent + believed), "no longer than the server says");
            if refresh_at > least {
                prop_assert!(refresh_at - sent >= believed / 2, "half of a lifetime is used");
                prop_assert!(expires_at - refresh_at <= REFRESH_AHEAD, "a long one nearly to its end");
                prop_assert!(expires_at > refresh_at, "the old one serves while it is replaced");
            }
        }
    }
}
