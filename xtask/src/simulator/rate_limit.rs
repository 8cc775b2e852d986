//! Rate limits: one fixed window per bucket, none of them starting with the wall clock's minute.

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
    count: u32,
    usage: Usage,
}

impl RateLimiter {
    /// Counts a request against `bucket`, whose windows of `seconds` admit `limit`. True when it is admitted.
    pub(crate) fn take(
        &mut self,
        bucket: Bucket,
        limit: u32,
        seconds: i64,
        now: Timestamp,
    ) -> (bool, Standing) {
        let seconds = seconds.max(1);
        let window = (now.as_second() - phase(bucket)).div_euclid(seconds);
        let counter = self.buckets.entry(bucket).or_default();
        if counter.window != window {
            counter.window = window;
            counter.count = 0;
        }
        counter.usage.limit = limit;
        let admitted = counter.count < limit;
        if admitted {
            counter.count += 1;
            counter.usage.peak = counter.usage.peak.max(counter.count);
        } else {
            counter.usage.refused += 1;
        }
        let reset = (window + 1) * seconds + phase(bucket);
        (
            admitted,
            Standing {
                limit,
                remaining: limit.saturating_sub(counter.count),
                reset,
            },
        )
    }

    /// Notes a `429` that was sent for another reason than the count.
    pub(crate) fn refused(&mut self, bucket: Bucket) {
        self.buckets.entry(bucket).or_default().usage.refused += 1;
    }

    pub(crate) fn usage(&self) -> BTreeMap<Bucket, Usage> {
        self.buckets
            .iter()
            .map(|(bucket, counter)| (*bucket, counter.usage))
            .collect()
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
        Bucket::Other => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(6_000 + second).unwrap()
    }

    #[test]
    fn a_window_starts_off_the_minute_and_admits_its_limit() {
        let mut limiter = RateLimiter::default();
        let take = |limiter: &mut RateLimiter, second| {
            let (admitted, standing) = limiter.take(Bucket::Users, 2, 60, at(second));
            (admitted, standing.remaining, standing.reset - 6_000)
        };
        assert_eq!(take(&mut limiter, 19), (true, 1, 20));
        assert_eq!(take(&mut limiter, 20), (true, 1, 80));
        assert_eq!(take(&mut limiter, 60), (true, 0, 80));
        assert_eq!(take(&mut limiter, 79), (false, 0, 80));
        assert_eq!(take(&mut limiter, 80), (true, 1, 140));
        assert_eq!(
            limiter.usage()[&Bucket::Users],
            Usage {
                limit: 2,
                peak: 2,
                refused: 1
            }
        );
    }

    #[test]
    fn buckets_do_not_share() {
        let mut limiter = RateLimiter::default();
        assert!(limiter.take(Bucket::Users, 1, 60, at(0)).0);
        assert!(limiter.take(Bucket::Groups, 1, 60, at(0)).0);
        assert!(!limiter.take(Bucket::Users, 1, 60, at(0)).0);
    }
}
