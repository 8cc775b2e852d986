//! The rate limits that the org has told of.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::endpoint::Endpoint;
use crate::rate_limit::RateLimit;

/// The rate limits that a client was told of last. From [`Client::limits`](crate::Client::limits).
///
/// A [`limit`](RateLimit::limit) is what one window of a minute allows this application, its part of the org's: so it tells how
/// many minutes so many requests take, before one of them is sent.
///
/// ```
/// # fn example(client: okta_api::Client) {
/// let (requests, share) = (1_500_u64, 80);
/// if let Some(told) = client.limits().of("/api/v1/groups/{id}/users") {
///     let minutes = (requests * 100).div_ceil(told.limit.max(1) * share);
///     println!("{requests} requests take {minutes} minutes, {} of them at once", told.remaining);
/// }
/// # }
/// ```
///
/// What Okta says of the number of *concurrent* requests is no part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// By path template, such as `/api/v1/groups/{id}/users`; endpoints whose answers told of none are missing.
    ///
    /// [`resets_in`](RateLimit::resets_in) counts from now. Nothing is left of it where the window is over: then
    /// [`remaining`](RateLimit::remaining) is what was left of that window, and a new one has begun.
    pub endpoints: BTreeMap<&'static str, RateLimit>,
}

impl Limits {
    /// The limit of an endpoint by its path template: what it told of itself, else what another one told with which it shares
    /// a limit, as the members of groups do with the list of groups.
    ///
    /// ```
    /// use okta_api::Limits;
    ///
    /// assert_eq!(Limits::default().of("/api/v1/groups"), None, "nobody has asked yet");
    /// ```
    #[must_use]
    pub fn of(&self, template: &'static str) -> Option<RateLimit> {
        let own = self.endpoints.get(template);
        let bucket = Endpoint::Other(template).bucket();
        let shares = |known: &&'static str| Endpoint::Other(known).bucket() == bucket;
        let shared = || self.endpoints.iter().find(|(known, _)| shares(known));
        own.or_else(|| shared().map(|(_, told)| told)).copied()
    }
}

/// What each endpoint told of last, and when.
#[derive(Debug, Default)]
pub(crate) struct Told(BTreeMap<&'static str, (RateLimit, Instant)>);

impl Told {
    /// Takes over what an answer says that came now.
    pub(crate) fn note(&mut self, endpoint: Endpoint, told: RateLimit, now: Instant) {
        if told.limit > 0 {
            self.0.insert(endpoint.template(), (told, now));
        }
    }

    /// What is known now.
    pub(crate) fn limits(&self, now: Instant) -> Limits {
        let aged = |(told, then): &(RateLimit, Instant)| RateLimit {
            resets_in: told
                .resets_in
                .checked_sub(now.duration_since(*then))
                .unwrap_or(Duration::ZERO),
            ..*told
        };
        let endpoints = self.0.iter().map(|(known, told)| (*known, aged(told)));
        Limits {
            endpoints: endpoints.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Told;
    use crate::endpoint::Endpoint;
    use crate::rate_limit::RateLimit;

    fn told(limit: u64, remaining: u64) -> RateLimit {
        RateLimit {
            limit,
            remaining,
            window: Some(1),
            resets_in: Duration::from_secs(30),
        }
    }

    #[test]
    fn an_endpoint_has_its_own_limit_or_that_of_one_it_shares_it_with() {
        let (mut all, now) = (Told::default(), Instant::now());
        all.note(Endpoint::Groups, told(250, 249), now);
        all.note(Endpoint::Users, told(300, 300), now);
        all.note(Endpoint::Users, told(300, 299), now);
        all.note(Endpoint::Users, told(0, 0), now);
        let limits = all.limits(now);
        let remaining = |template| limits.of(template).map(|told| told.remaining);
        assert_eq!(remaining("/api/v1/users"), Some(299), "the last");
        assert_eq!(remaining("/api/v1/groups/{id}/users"), Some(249), "shared");
        assert_eq!(remaining("/api/v1/users/{userId}/groups"), Some(299));
        assert_eq!(remaining("/api/v1/users/{id}"), None, "one of its own");
        assert_eq!(remaining("/api/v1/logs"), None);
        all.note(Endpoint::Members, told(500, 7), now);
        let own = all.limits(now).of("/api/v1/groups/{id}/users").unwrap();
        assert_eq!((own.limit, own.remaining), (500, 7));
    }

    #[test]
    fn a_window_that_is_over_has_nothing_left_to_wait_for() {
        let (mut all, now) = (Told::default(), Instant::now());
        all.note(Endpoint::Groups, told(250, 1), now);
        let left = |seconds| {
            let limits = all.limits(now + Duration::from_secs(seconds));
            limits.of("/api/v1/groups").unwrap().resets_in.as_secs()
        };
        assert_eq!([0, 10, 30, 90].map(left), [30, 20, 0, 0]);
    }
}
