//! Rate limits: one fixed window per bucket, none of them starting with the wall clock's minute.
//!
//! A bucket has a limit for the org and a lower one for each app (a token of an administrator counts as an app of its
//! own). Both admit a request, or neither. The headers show the app's limit, and as remaining what is left of the tighter
//! of the two: other apps show only when they leave the org with less than this app may still have.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::endpoint::Bucket;

/// What one bucket has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests one app may send per window.
    pub limit: u32,
    /// The most requests that were admitted within one window.
    pub peak: u32,
    /// Requests that were answered `429`.
    pub refused: u32,
}

/// The three headers of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// When the window ends, in whole seconds since the epoch.
    pub(crate) reset: i64,
}

impl Standing {
    /// What Okta shows while the concurrency limit is exceeded.
    pub(crate) fn concurrency(self) -> Self {
        Self {
            limit: 0,
            remaining: 0,
            ..self
        }
    }
}

/// Counts requests per bucket and window.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    buckets: BTreeMap<Bucket, Counter>,
}

#[derive(Debug, Default)]
struct Counter {
    window: i64,
    /// All of the window's requests.
    count: u32,
    peak: u32,
    apps: BTreeMap<String, App>,
}

#[derive(Debug, Default)]
struct App {
    /// Its requests in the window.
    count: u32,
    usage: Usage,
}

/// What a bucket admits per window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) app: u32,
    pub(crate) org: u32,
    /// The length of a window.
    pub(crate) seconds: i64,
}

impl RateLimiter {
    /// Counts a request of `app` against `bucket`. True when it is admitted.
    pub(crate) fn take(
        &mut self,
        bucket: Bucket,
        app: &str,
        limits: Limits,
        now: Timestamp,
    ) -> (bool, Standing) {
        let (counter, reset) = self.window(bucket, limits.seconds, now);
        let whole = limits.org.saturating_sub(counter.count);
        let app = counter.apps.entry(app.to_owned()).or_default();
        app.usage.limit = limits.app;
        let left = limits.app.saturating_sub(app.count).min(whole);
        let admitted = left > 0;
        if admitted {
            counter.count += 1;
            counter.peak = counter.peak.max(counter.count);
            app.count += 1;
            app.usage.peak = app.usage.peak.max(app.count);
        } else {
            app.usage.refused += 1;
        }
        let standing = Standing {
            limit: limits.app,
            remaining: left.saturating_sub(1),
            reset,
        };
        (admitted, standing)
    }

    /// Counts requests of others, as far as the org's limit admits them.
    pub(crate) fn spend(&mut self, bucket: Bucket, requests: u32, limits: Limits, now: Timestamp) {
        let (counter, _) = self.window(bucket, limits.seconds, now);
        counter.count = counter.count.saturating_add(requests).min(limits.org);
        counter.peak = counter.peak.max(counter.count);
    }

    /// Notes a `429` that was sent for another reason than the count.
    pub(crate) fn refused(&mut self, bucket: Bucket, app: &str) {
        let counter = self.buckets.entry(bucket).or_default();
        let app = counter.apps.entry(app.to_owned()).or_default();
        app.usage.refused += 1;
    }

    /// What each bucket has seen of all apps; the limit is one app's.
    pub(crate) fn usage(&self) -> BTreeMap<Bucket, Usage> {
        let of_all = |counter: &Counter| Usage {
            peak: counter.peak,
            limit: (counter.apps.values())
                .map(|app| app.usage.limit)
                .max()
                .unwrap_or_default(),
            refused: counter.apps.values().map(|app| app.usage.refused).sum(),
        };
        self.buckets
            .iter()
            .map(|(bucket, counter)| (*bucket, of_all(counter)))
            .collect()
    }

    /// What each bucket has seen of one app.
    pub(crate) fn usage_of(&self, app: &str) -> BTreeMap<Bucket, Usage> {
        let used = |(bucket, counter): (&Bucket, &Counter)| {
            counter.apps.get(app).map(|app| (*bucket, app.usage))
        };
        self.buckets.iter().filter_map(used).collect()
    }

    /// The counter of the window it is, and when that ends.
    fn window(&mut self, bucket: Bucket, seconds: i64, now: Timestamp) -> (&mut Counter, i64) {
        let seconds = seconds.max(1);
        let window = (now.as_second() - phase(bucket)).div_euclid(seconds);
        let counter = self.buckets.entry(bucket).or_default();
        if counter.window != window {
            counter.window = window;
            counter.count = 0;
            for app in counter.apps.values_mut() {
                app.count = 0;
            }
        }
        (counter, (window + 1) * seconds + phase(bucket))
    }
}

/// How many seconds after the minute a bucket's windows start.
fn phase(bucket: Bucket) -> i64 {
    match bucket {
        Bucket::Token => 11,
        Bucket::Users => 20,
        Bucket::User => 29,
        Bucket::Groups => 43,
        Bucket::Group => 52,
        Bucket::SkinnyUsers => 37,
        Bucket::Logs => 3,
        Bucket::Other => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(6_000 + second).unwrap()
    }

    fn limits(app: u32, org: u32) -> Limits {
        Limits {
            app,
            org,
            seconds: 60,
        }
    }

    #[test]
    fn a_window_starts_off_the_minute_and_admits_its_limit() {
        let mut limiter = RateLimiter::default();
        let take = |limiter: &mut RateLimiter, second| {
            let (admitted, standing) = limiter.take(Bucket::Users, "app", limits(2, 4), at(second));
            (admitted, standing.remaining, standing.reset - 6_000)
        };
        assert_eq!(take(&mut limiter, 19), (true, 1, 20));
        assert_eq!(take(&mut limiter, 20), (true, 1, 80));
        assert_eq!(take(&mut limiter, 60), (true, 0, 80));
        assert_eq!(take(&mut limiter, 79), (false, 0, 80));
        assert_eq!(take(&mut limiter, 80), (true, 1, 140));
        let usage = Usage {
            limit: 2,
            peak: 2,
            refused: 1,
        };
        assert_eq!(limiter.usage()[&Bucket::Users], usage);
        assert_eq!(limiter.usage_of("app")[&Bucket::Users], usage);
        assert!(limiter.usage_of("another").is_empty());
    }

    #[test]
    fn buckets_do_not_share() {
        let mut limiter = RateLimiter::default();
        assert!(limiter.take(Bucket::Users, "app", limits(1, 1), at(0)).0);
        assert!(limiter.take(Bucket::Groups, "app", limits(1, 1), at(0)).0);
        assert!(!limiter.take(Bucket::Users, "app", limits(1, 1), at(0)).0);
    }

    #[test]
    fn apps_share_what_the_org_has() {
        let mut limiter = RateLimiter::default();
        let take = |limiter: &mut RateLimiter, app| {
            let (admitted, standing) = limiter.take(Bucket::Users, app, limits(3, 5), at(0));
            (admitted, standing.remaining)
        };
        assert_eq!(take(&mut limiter, "one"), (true, 2));
        assert_eq!(take(&mut limiter, "two"), (true, 2), "each has its own");
        limiter.spend(Bucket::Users, 2, limits(3, 5), at(0));
        assert_eq!(take(&mut limiter, "one"), (true, 0), "the org's last");
        assert_eq!(take(&mut limiter, "two"), (false, 0));
        assert_eq!(limiter.usage()[&Bucket::Users].peak, 5);
        assert_eq!(limiter.usage_of("one")[&Bucket::Users].peak, 2);
    }
}
