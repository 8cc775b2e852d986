//! What a client tells about its work, as it happens.

use std::fmt::Debug;
use std::time::Duration;

use http::StatusCode;

use crate::rate_limit::RateLimit;

/// Is told of every exchange with Okta and of every wait, to count and to measure them.
///
/// Called from within requests: it should return at once. A client without an observer does nothing for it, and
/// [`Client::metrics`](crate::Client::metrics) tells the sums in any case.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use okta_api::{Exchange, Observer};
///
/// #[derive(Debug, Default)]
/// struct Bytes(AtomicUsize);
///
/// impl Observer for Bytes {
///     fn exchanged(&self, exchange: &Exchange) {
///         self.0.fetch_add(exchange.bytes, Ordering::Relaxed);
///     }
/// }
/// ```
pub trait Observer: Debug + Send + Sync + 'static {
    /// A request was answered, or got no whole answer.
    fn exchanged(&self, exchange: &Exchange) {
        let _ = exchange;
    }

    /// Nothing is going to be sent for a while: for [`Wait::time`], as far as is known now.
    fn waiting(&self, wait: &Wait<'_>) {
        let _ = wait;
    }

    /// Nothing was sent for a while, which is over.
    fn waited(&self, wait: &Wait<'_>) {
        let _ = wait;
    }
}

/// One request and what came of it. Holds nothing of what was asked for or answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// The endpoint by its path template, such as `/api/v1/groups/{id}/users`.
    pub endpoint: &'static str,
    /// The status of the answer; `None` when there was no whole one.
    pub status: Option<StatusCode>,
    /// The length of the body, as the transport handed it on: unpacked where it came packed.
    pub bytes: usize,
    /// From sending the request to having the answer.
    pub took: Duration,
    /// Whether it repeated an earlier request.
    pub is_retry: bool,
    /// What the answer said about the rate limit.
    pub rate_limit: Option<RateLimit>,
}

/// A time without requests to an endpoint. Waits of parallel requests for the same window are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait<'a> {
    /// The endpoint by its path template.
    pub endpoint: &'static str,
    /// What for.
    pub reason: WaitReason,
    /// How long.
    pub time: Duration,
    /// What failed, where it was a failure, with its causes in one line. Names no person.
    pub failure: Option<&'a str>,
}

/// What was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitReason {
    /// The next window of the rate limit.
    RateLimit,
    /// Another try, after a failure.
    Retry,
}
