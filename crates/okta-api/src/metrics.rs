//! What a client has asked of Okta so far.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;

use crate::endpoint::Endpoint;
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
    /// The failure that is being answered by trying again, with its causes in one line: what to tell whoever loses patience
    /// before the client does.
    pub last_failure: Option<String>,
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
    /// Time spent not sending: until a rate window ended, or before a retry. Waits of parallel
    /// requests for the same window count once.
    pub waited: Duration,
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
                waited: sum.waited + one.waited,
            })
    }
}

/// Where the counts are kept while a client works, and who else is told.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    counts: Mutex<Metrics>,
    troubles: Mutex<Troubles>,
    pub(crate) observer: Option<Box<dyn Observer>>,
}

impl Meter {
    pub(crate) fn new(observer: Option<Box<dyn Observer>>) -> Self {
        Self {
            counts: Mutex::default(),
            troubles: Mutex::default(),
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
        if let Some(observer) = &self.observer {
            observer.exchanged(exchange);
        }
    }

    /// Nothing was sent for so long.
    pub(crate) fn waited(&self, endpoint: Endpoint, reason: WaitReason, time: Duration) {
        self.update(endpoint, |metrics| metrics.waited += time);
        if let Some(observer) = &self.observer {
            let endpoint = endpoint.template();
            observer.waited(&Wait {
                endpoint,
                reason,
                time,
            });
        }
    }

    /// A request begins, which may fail and be tried again.
    pub(crate) fn trouble(&self) -> Trouble<'_> {
        Trouble {
            meter: self,
            told: None,
        }
    }

    /// The counts so far.
    pub(crate) fn snapshot(&self) -> Metrics {
        let mut metrics = self.counts().clone();
        let troubles = self.troubles();
        metrics.last_failure = troubles.present.values().next_back().cloned();
        metrics
    }

    fn update(&self, endpoint: Endpoint, change: impl FnOnce(&mut EndpointMetrics)) {
        let mut metrics = self.counts();
        change(metrics.endpoints.entry(endpoint.template()).or_default());
    }

    fn troubles(&self) -> MutexGuard<'_, Troubles> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> MutexGuard<'_, Metrics> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The failures that are being answered by trying again, the last one last.
#[derive(Debug, Default)]
struct Troubles {
    present: BTreeMap<u64, String>,
    told: u64,
}

/// The trouble a request has until it ends.
#[derive(Debug)]
pub(crate) struct Trouble<'a> {
    meter: &'a Meter,
    told: Option<u64>,
}

impl Trouble<'_> {
    /// It failed in this way and will be tried again.
    pub(crate) fn tell(&mut self, failure: String) {
        let mut troubles = self.meter.troubles();
        if let Some(earlier) = self.told {
            troubles.present.remove(&earlier);
        }
        troubles.told += 1;
        let number = troubles.told;
        troubles.present.insert(number, failure);
        self.told = Some(number);
    }
}

impl Drop for Trouble<'_> {
    fn drop(&mut self) {
        if let Some(told) = self.told {
            self.meter.troubles().present.remove(&told);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

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
        meter.waited(
            Endpoint::Members,
            WaitReason::RateLimit,
            Duration::from_secs(3),
        );
        let metrics = meter.snapshot();
        assert_eq!(
            metrics.endpoints["/api/v1/users"],
            EndpointMetrics {
                count: 2,
                throttled: 1,
                retries: 1,
                bytes: 40,
                waited: Duration::ZERO
            }
        );
        assert_eq!(metrics.endpoints["/api/v1/groups/{id}/users"].count, 1);
        assert_eq!(
            metrics.total(),
            EndpointMetrics {
                count: 3,
                throttled: 1,
                retries: 1,
                bytes: 40,
                waited: Duration::from_secs(3)
            }
        );
    }
}
