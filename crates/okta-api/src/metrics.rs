//! What a client has asked of Okta so far.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use crate::endpoint::Endpoint;
use crate::limits::{Limits, Told};
use crate::observer::{Exchange, Observer, Wait, WaitReason};

/// A snapshot of what a client has asked of Okta, by endpoint and in total.
///
/// Token requests are not among it: they are counted where they are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// By path template, such as `/api/v1/groups/{id}/users`. Endpoints that were never asked are
    /// missing.
    pub endpoints: BTreeMap<&'static str, EndpointMetrics>,
    /// The time during which at least one request waited for the rate limit. Waits at the same time count once, and the one
    /// that is going on counts until now: this is never more than the time that has passed.
    pub waited_for_limit: Duration,
    /// The time during which at least one request waited for another try after a failure, counted in the same way.
    pub backed_off: Duration,
}

/// What was asked of one endpoint, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointMetrics {
    /// Requests sent, tries included.
    pub count: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// Requests among `count` that repeated an earlier one.
    pub retries: u64,
    /// The bodies of the answers, as the transport handed them on.
    pub bytes: u64,
}

impl Metrics {
    /// The sum over all endpoints.
    #[must_use]
    pub fn total(&self) -> EndpointMetrics {
        self.endpoints
            .values()
            .fold(EndpointMetrics::default(), |sum, one| EndpointMetrics {
                count: sum.count + one.count,
                throttled: sum.throttled + one.throttled,
                retries: sum.retries + one.retries,
                bytes: sum.bytes + one.bytes,
            })
    }
}

/// Where the counts are kept while a client works, and who else is told.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    counts: Mutex<Metrics>,
    waits: Mutex<Waits>,
    told: Mutex<Told>,
    pub(crate) observer: Option<Box<dyn Observer>>,
}

impl Meter {
    pub(crate) fn new(observer: Option<Box<dyn Observer>>) -> Self {
        Self {
            counts: Mutex::default(),
            waits: Mutex::default(),
            told: Mutex::default(),
            observer,
        }
    }

    /// A request is being sent.
    pub(crate) fn sent(&self, endpoint: Endpoint, is_retry: bool) {
        self.update(endpoint, |metrics| {
            metrics.count += 1;
            metrics.retries += u64::from(is_retry);
        });
    }

    /// A request has come to its end.
    pub(crate) fn exchanged(&self, endpoint: Endpoint, exchange: &Exchange) {
        let throttled = exchange.status == Some(StatusCode::TOO_MANY_REQUESTS);
        self.update(endpoint, |metrics| {
            metrics.throttled += u64::from(throttled);
            metrics.bytes += u64::try_from(exchange.bytes).unwrap_or(u64::MAX);
        });
        if let Some(told) = exchange.rate_limit {
            self.told().note(endpoint, told, Instant::now());
        }
        if let Some(observer) = &self.observer {
            observer.exchanged(exchange);
        }
    }

    /// Nothing will be sent for so long, until what is returned is dropped.
    pub(crate) fn wait<'a>(
        &'a self,
        endpoint: Endpoint,
        reason: WaitReason,
        time: Duration,
        failure: Option<&'a str>,
    ) -> Waiting<'a> {
        let wait = Wait {
            endpoint: endpoint.template(),
            reason,
            time,
            failure,
        };
        let since = Instant::now();
        self.waits().of(reason).begin(since);
        if let Some(observer) = &self.observer {
            observer.waiting(&wait);
        }
        Waiting {
            meter: self,
            wait,
            since,
        }
    }

    /// The counts so far.
    pub(crate) fn snapshot(&self) -> Metrics {
        let mut metrics = self.counts().clone();
        let now = Instant::now();
        let mut waits = self.waits();
        metrics.waited_for_limit = waits.of(WaitReason::RateLimit).total(now);
        metrics.backed_off = waits.of(WaitReason::Retry).total(now);
        metrics
    }

    /// The rate limits that were told of so far.
    pub(crate) fn limits(&self) -> Limits {
        self.told().limits(Instant::now())
    }

    fn update(&self, endpoint: Endpoint, change: impl FnOnce(&mut EndpointMetrics)) {
        let mut metrics = self.counts();
        change(metrics.endpoints.entry(endpoint.template()).or_default());
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> MutexGuard<'_, Metrics> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wait that is going on. It ends, and is told, however what waits ends.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    meter: &'a Meter,
    wait: Wait<'a>,
    since: Instant,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        self.meter.waits().of(self.wait.reason).end(now);
        if let Some(observer) = &self.meter.observer {
            observer.waited(&Wait {
                time: now - self.since,
                ..self.wait
            });
        }
    }
}

/// The waits of all requests, by what they are for.
#[derive(Debug, Default)]
struct Waits {
    limit: Waited,
    retry: Waited,
}

impl Waits {
    fn of(&mut self, reason: WaitReason) -> &mut Waited {
        match reason {
            WaitReason::RateLimit => &mut self.limit,
            WaitReason::Retry => &mut self.retry,
        }
    }
}

/// How long anybody has waited: times that overlap are one.
#[derive(Debug, Default)]
struct Waited {
    over: Duration,
    /// How many wait, and since when somebody has without a break.
    waiting: u32,
    since: Option<Instant>,
}

impl Waited {
    fn begin(&mut self, now: Instant) {
        self.waiting += 1;
        self.since.get_or_insert(now);
    }

    fn end(&mut self, now: Instant) {
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 {
            self.over = self.total(now);
            self.since = None;
        }
    }

    fn total(&self, now: Instant) -> Duration {
        let present = self.since.map_or(Duration::ZERO, |since| now - since);
        self.over + present
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;
    use tokio::time::advance;

    use super::{EndpointMetrics, Meter};
    use crate::endpoint::Endpoint;
    use crate::observer::{Exchange, WaitReason};

    #[test]
    fn the_total_is_the_sum() {
        let meter = Meter::default();
        let throttled = Exchange {
            endpoint: Endpoint::Users.template(),
            status: Some(StatusCode::TOO_MANY_REQUESTS),
            bytes: 40,
            took: Duration::ZERO,
            is_retry: false,
            rate_limit: None,
        };
        meter.sent(Endpoint::Users, false);
        meter.exchanged(Endpoint::Users, &throttled);
        meter.sent(Endpoint::Users, true);
        meter.sent(Endpoint::Members, false);
        let metrics = meter.snapshot();
        assert_eq!(
            metrics.endpoints["/api/v1/users"],
            EndpointMetrics {
                count: 2,
                throttled: 1,
                retries: 1,
                bytes: 40
            }
        );
        assert_eq!(metrics.endpoints["/api/v1/groups/{id}/users"].count, 1);
        assert_eq!(
            metrics.total(),
            EndpointMetrics {
                count: 3,
                throttled: 1,
                retries: 1,
                bytes: 40
            }
        );
    }

    #[tokio::test(start_paused = true)]
    async fn waits_at_the_same_time_count_once() {
        let meter = Meter::default();
        let wait = |reason| meter.wait(Endpoint::Members, reason, Duration::MAX, None);
        let second = Duration::from_secs(1);
        // (what begins or ends, then a second passes): two overlap by one, a third follows after a break.
        let first = wait(WaitReason::Retry);
        advance(second).await;
        let second_wait = wait(WaitReason::Retry);
        let limit = wait(WaitReason::RateLimit);
        advance(second).await;
        drop(first);
        advance(second).await;
        assert_eq!(meter.snapshot().backed_off, 3 * second, "one goes on");
        drop(second_wait);
        advance(second).await;
        let third = wait(WaitReason::Retry);
        advance(second).await;
        drop(third);
        drop(limit);
        advance(second).await;
        let metrics = meter.snapshot();
        assert_eq!(metrics.backed_off, 4 * second);
        assert_eq!(metrics.waited_for_limit, 4 * second);
    }
}
