//! Whether a failed try is repeated, and when. Pure: everything that decides is a parameter.

use std::time::Duration;

use http::StatusCode;
use okta_auth::TransportErrorKind;

use crate::backoff;
use crate::rate_limit::Timing;

/// The longest wait that a server is obeyed in.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(90);

/// How long a host is asked that never answered: its address is more likely wrong than it is down.
const FIRST_CONTACT: Duration = Duration::from_secs(4);

/// The windows that a throttled request gets to see, even if they last longer than a request may be
/// retried: with Okta's windows of a minute, a single 429 would otherwise end it.
const WINDOWS: u32 = 3;

/// How far a request has come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attempt {
    /// Tries that failed before this one.
    pub(crate) retries: u32,
    /// Those of them that found the rate window exhausted.
    pub(crate) throttled: u32,
    /// Time spent on tries and on the waits between them, without the waits for rate windows.
    pub(crate) spent: Duration,
    /// Time since the first try began, with all waits.
    pub(crate) elapsed: Duration,
    /// Whether this client ever had an answer, to whatever request.
    pub(crate) reached: bool,
}

/// What became of a try that did not succeed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// An answer with another status than 200, of the API or of the token endpoint.
    Answered(StatusCode, Timing),
    /// No whole answer. A body that ends within its JSON is `Interrupted`.
    Failed(TransportErrorKind),
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try again after this wait.
    Retry(Duration),
    /// Send nothing that shares the rate limit for this long, then try again.
    RetryInNextWindow(Duration),
    /// Try again after this wait, with fewer requests at a time.
    RetryWithFewer(Duration),
    /// It will not get better.
    GiveUp,
}

/// Judges a try. `retry_for` bounds the time spent on one request, `jitter` is in `0.0..1.0`.
///
/// What the server says outranks our own delays, and is never obeyed for longer than
/// [`LONGEST_WAIT`].
pub(crate) fn verdict(
    retry_for: Duration,
    attempt: Attempt,
    outcome: Outcome,
    jitter: f64,
) -> Verdict {
    let within = |time: Duration, wait: Duration| {
        if attempt.spent.saturating_add(wait) < time {
            Verdict::Retry(wait)
        } else {
            Verdict::GiveUp
        }
    };
    let bounded = |wait| within(retry_for, wait);
    let ours = backoff::FAILURE.delay(attempt.retries, jitter);
    match outcome {
        Outcome::Answered(StatusCode::TOO_MANY_REQUESTS, Timing { limit, retry_after }) => {
            if limit.is_some_and(|limit| limit.is_concurrency()) {
                let ours = backoff::CONCURRENCY.delay(attempt.retries, jitter);
                return match bounded(retry_after.map_or(ours, |wait| obeyed(wait, jitter))) {
                    Verdict::Retry(wait) => Verdict::RetryWithFewer(wait),
                    other => other,
                };
            }
            match retry_after.or(limit.map(|limit| limit.resets_in)) {
                Some(wait) => next_window(retry_for, attempt, obeyed(wait, jitter)),
                None => bounded(ours),
            }
        }
        Outcome::Answered(status, timing)
            if matches!(status.as_u16(), 408 | 500 | 502 | 503 | 504) =>
        {
            bounded(timing.retry_after.map_or(ours, |wait| obeyed(wait, jitter)))
        }
        Outcome::Failed(TransportErrorKind::NameNotFound)
            if !attempt.reached && attempt.retries > 0 =>
        {
            Verdict::GiveUp
        }
        Outcome::Failed(
            TransportErrorKind::NameNotFound
            | TransportErrorKind::Connect
            | TransportErrorKind::ProxyUnreachable
            | TransportErrorKind::ProxyRefused,
        ) if !attempt.reached => within(retry_for.min(FIRST_CONTACT), ours),
        Outcome::Failed(
            TransportErrorKind::NameNotFound
            | TransportErrorKind::Connect
            | TransportErrorKind::ProxyUnreachable
            | TransportErrorKind::ProxyRefused
            | TransportErrorKind::Timeout
            | TransportErrorKind::Interrupted,
        ) => bounded(ours),
        Outcome::Answered(..) | Outcome::Failed(_) => Verdict::GiveUp,
    }
}

/// A wait that the server asked for: spread over a second, so that not everybody comes back at
/// once, and bounded.
pub(crate) fn obeyed(wait: Duration, jitter: f64) -> Duration {
    wait.saturating_add(Duration::from_secs(1).mul_f64(jitter.clamp(0.0, 1.0)))
        .min(LONGEST_WAIT)
}

fn next_window(retry_for: Duration, attempt: Attempt, wait: Duration) -> Verdict {
    if attempt.throttled < WINDOWS || attempt.elapsed.saturating_add(wait) < retry_for {
        return Verdict::RetryInNextWindow(wait);
    }
    Verdict::GiveUp
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, StatusCode};
    use okta_auth::{CertificateFault, TransportErrorKind as Kind};

    use super::{Attempt, Outcome, Timing, Verdict, verdict};

    const MINUTE: Duration = Duration::from_secs(60);

    fn timing(limit: Option<(u64, u64, i64)>, retry_after: Option<u64>) -> Timing {
        let mut headers = HeaderMap::new();
        headers.insert("date", "Sat, 25 Feb 2017 01:30:46 GMT".parse().unwrap());
        if let Some((limit, remaining, in_seconds)) = limit {
            headers.insert("x-rate-limit-limit", limit.into());
            headers.insert("x-rate-limit-remaining", remaining.into());
            headers.insert("x-rate-limit-reset", (1_487_986_246 + in_seconds).into());
        }
        if let Some(seconds) = retry_after {
            headers.insert("retry-after", seconds.into());
        }
        Timing::from_headers(&headers)
    }

    fn first(status: u16, timing: Timing) -> Verdict {
        verdict(
            MINUTE,
            Attempt::default(),
            Outcome::Answered(StatusCode::from_u16(status).unwrap(), timing),
            0.5,
        )
    }

    #[test]
    fn answers_are_judged_by_status_and_headers() {
        use Verdict::{GiveUp, Retry, RetryInNextWindow, RetryWithFewer};
        let millis = Duration::from_millis;
        let (none, window, slots) = (
            timing(None, None),
            timing(Some((600, 0, 14)), None),
            timing(Some((0, 0, 110)), None),
        );
        let table = [
            (429, window, RetryInNextWindow(millis(15_500))),
            (
                429,
                timing(Some((600, 0, 14)), Some(3)),
                RetryInNextWindow(millis(3_500)),
            ),
            (429, timing(None, Some(3)), RetryInNextWindow(millis(3_500))),
            (
                429,
                timing(None, Some(86_400)),
                RetryInNextWindow(millis(90_000)),
            ),
            (
                429,
                timing(Some((600, 0, 4_000)), None),
                RetryInNextWindow(millis(90_000)),
            ),
            (
                429,
                timing(Some((600, 0, -20)), None),
                RetryInNextWindow(millis(1_500)),
            ),
            // A reset far ahead says nothing about when a slot comes free.
            (429, slots, RetryWithFewer(millis(500))),
            (
                429,
                timing(Some((0, 0, 110)), Some(2)),
                RetryWithFewer(millis(2_500)),
            ),
            (429, none, Retry(millis(500))),
            (500, none, Retry(millis(500))),
            (502, window, Retry(millis(500))),
            (503, timing(None, Some(7)), Retry(millis(7_500))),
            (503, timing(None, Some(86_400)), GiveUp),
            (504, none, Retry(millis(500))),
            (408, none, Retry(millis(500))),
            (501, none, GiveUp),
            (400, window, GiveUp),
            (401, none, GiveUp),
            (403, none, GiveUp),
            (404, timing(None, Some(7)), GiveUp),
            (302, none, GiveUp),
        ];
        for (status, timing, expected) in table {
            assert_eq!(first(status, timing), expected, "{status} {timing:?}");
        }
    }

    #[test]
    fn failures_to_answer_are_judged_by_kind() {
        let judged = |retries, spent, reached, kind| {
            let attempt = Attempt {
                retries,
                spent: Duration::from_millis(spent),
                reached,
                ..Attempt::default()
            };
            verdict(MINUTE, attempt, Outcome::Failed(kind), 0.5)
        };
        let retry = |millis| Verdict::Retry(Duration::from_millis(millis));
        let host = [
            Kind::NameNotFound,
            Kind::Connect,
            Kind::ProxyUnreachable,
            Kind::ProxyRefused,
        ];
        for kind in host.into_iter().chain([Kind::Timeout, Kind::Interrupted]) {
            assert_eq!(judged(3, 0, true, kind), retry(4_000), "{kind:?}");
            assert_eq!(judged(0, 0, false, kind), retry(500), "{kind:?}");
        }
        for kind in [Kind::Timeout, Kind::Interrupted] {
            assert_eq!(judged(3, 3_500, false, kind), retry(4_000), "{kind:?}");
        }
        // A host that never answered is given up within seconds, one without an address after a second look.
        for kind in &host[1..] {
            assert_eq!(judged(2, 1_500, false, *kind), retry(2_000), "{kind:?}");
            assert_eq!(judged(3, 3_500, false, *kind), Verdict::GiveUp, "{kind:?}");
        }
        assert_eq!(judged(1, 500, false, Kind::NameNotFound), Verdict::GiveUp);
        for kind in [
            Kind::ProxyAuthentication,
            Kind::Certificate(CertificateFault::UnknownIssuer),
            Kind::Certificate(CertificateFault::Expired),
            Kind::NotTls,
            Kind::NotHttp,
            Kind::Tls,
            Kind::TooLarge,
            Kind::Request,
        ] {
            for reached in [false, true] {
                assert_eq!(judged(0, 0, reached, kind), Verdict::GiveUp, "{kind:?}");
            }
        }
    }

    #[test]
    fn the_time_for_a_request_is_bounded() {
        let late = Attempt {
            retries: 9,
            throttled: 0,
            spent: Duration::from_secs(46),
            elapsed: Duration::from_secs(500),
            reached: true,
        };
        assert_eq!(
            verdict(MINUTE, late, Outcome::Failed(Kind::Connect), 0.5),
            Verdict::GiveUp
        );
        assert_eq!(
            verdict(MINUTE, late, Outcome::Failed(Kind::Connect), 0.0),
            Verdict::Retry(Duration::from_millis(7_500))
        );
    }

    #[test]
    fn a_throttled_request_sees_three_windows_and_then_as_many_as_fit() {
        let throttled = |throttled, elapsed| {
            let attempt = Attempt {
                retries: throttled,
                throttled,
                spent: Duration::ZERO,
                elapsed: Duration::from_secs(elapsed),
                reached: true,
            };
            verdict(
                MINUTE,
                attempt,
                Outcome::Answered(
                    StatusCode::TOO_MANY_REQUESTS,
                    timing(Some((600, 0, 4)), None),
                ),
                0.0,
            )
        };
        let again = Verdict::RetryInNextWindow(Duration::from_secs(5));
        assert_eq!(throttled(2, 122), again);
        assert_eq!(throttled(3, 122), Verdict::GiveUp);
        assert_eq!(throttled(9, 50), again);
        assert_eq!(throttled(11, 60), Verdict::GiveUp);
    }
}
