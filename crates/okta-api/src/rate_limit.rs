//! What a response says about its rate limit.
//!
//! ```text
//! x-rate-limit-limit: 1200            requests a window allows this application
//! x-rate-limit-remaining: 1173        of them left
//! x-rate-limit-reset: 1487986301      when the window ends, epoch seconds
//! date: Sat, 25 Feb 2017 01:30:46 GMT when this was true
//! ```
//!
//! The window's end counts from the response's own `date`, so the local clock does not matter (Okta
//! developer documentation, rate limits).

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use crate::timestamp;

/// The length of Okta's windows: what is waited when a response does not say when its window ends.
const WINDOW: Duration = Duration::from_secs(60);

/// Both clocks are read in whole seconds, so a window can be open for up to a second more than they
/// say.
const CLOCK_GRAIN: Duration = Duration::from_secs(1);

/// What a response says about the rate limit it was charged to.
///
/// ```
/// use std::time::Duration;
///
/// use okta_api::RateLimit;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("x-rate-limit-limit", "600".parse()?);
/// headers.insert("x-rate-limit-remaining", "587".parse()?);
/// headers.insert("x-rate-limit-reset", "1487986301".parse()?);
/// headers.insert("date", "Sat, 25 Feb 2017 01:30:46 GMT".parse()?);
///
/// let told = RateLimit::from_headers(&headers).ok_or("no rate limit")?;
/// assert_eq!((told.limit, told.remaining), (600, 587));
/// assert_eq!(told.resets_in, Duration::from_secs(55 + 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests that one window allows; 0 together with `remaining` 0 when it was the number of
    /// *concurrent* requests that was too high.
    pub limit: u64,
    /// Requests left in the window.
    pub remaining: u64,
    /// The window's end in epoch seconds. Names the window: two responses of one window carry the
    /// same.
    pub(crate) window: Option<i64>,
    /// From the response to the window's end, counted by the server's clock. A second more than the headers say, which
    /// both are in whole seconds.
    pub resets_in: Duration,
}

impl RateLimit {
    /// Reads the headers; `None` when the limit or what remains of it is missing or no number.
    ///
    /// A header that came several times counts with its smallest value, as in Okta's Python SDK.
    /// Without a `date` or a reset the window is taken to be a whole one.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let limit = smallest(headers, "x-rate-limit-limit")?;
        let remaining = smallest(headers, "x-rate-limit-remaining")?;
        let window =
            smallest(headers, "x-rate-limit-reset").and_then(|reset| i64::try_from(reset).ok());
        let resets_in = window
            .zip(server_date(headers))
            .map_or(WINDOW, |(reset, date)| {
                Duration::from_secs(
                    u64::try_from(reset.saturating_sub(date.as_second())).unwrap_or(0),
                )
            });
        Some(Self {
            limit,
            remaining,
            window,
            resets_in: resets_in.saturating_add(CLOCK_GRAIN),
        })
    }

    /// Whether it was the number of concurrent requests that was too high: "the first two header
    /// values are always `0` for concurrent rate limit errors", and the third is "only a suggested
    /// value" (Okta developer documentation, concurrency limits).
    #[must_use]
    pub fn is_concurrency(&self) -> bool {
        self.limit == 0 && self.remaining == 0
    }
}

/// What an answer says about when to come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timing {
    pub(crate) limit: Option<RateLimit>,
    /// `retry-after`.
    pub(crate) retry_after: Option<Duration>,
}

impl Timing {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        Self {
            limit: RateLimit::from_headers(headers),
            retry_after: retry_after(headers),
        }
    }
}

/// The server's clock when it answered.
pub(crate) fn server_date(headers: &HeaderMap) -> Option<Timestamp> {
    timestamp::from_http_date(headers.get(http::header::DATE)?.to_str().ok()?)
}

/// How long the server asks to be left alone: `retry-after` in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers
        .get(http::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = timestamp::from_http_date(text)?.duration_since(server_date(headers)?);
    Some(Duration::try_from(wait).unwrap_or_default())
}

/// The smallest of the values of a header, whether they came in several lines or joined by commas.
fn smallest(headers: &HeaderMap, name: &str) -> Option<u64> {
    let lines = headers
        .get_all(name)
        .into_iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .filter_map(|value| value.trim().parse().ok())
        .min()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::header::{HeaderMap, HeaderName, HeaderValue};
    use proptest::prelude::{any, proptest};

    use super::{RateLimit, retry_after};

    /// Names and values of headers.
    type Lines<'a> = &'a [(&'a str, &'a str)];

    const DATE: &str = "Sat, 25 Feb 2017 01:30:46 GMT";

    fn headers(lines: Lines<'_>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    fn limit(limit: u64, remaining: u64, window: Option<i64>, seconds: u64) -> Option<RateLimit> {
        Some(RateLimit {
            limit,
            remaining,
            window,
            resets_in: Duration::from_secs(seconds),
        })
    }

    #[test]
    fn headers_are_read() {
        let (of, left, reset) = (
            "X-Rate-Limit-Limit",
            "x-rate-limit-remaining",
            "x-rate-limit-reset",
        );
        let table: &[(Lines<'_>, Option<RateLimit>)] = &[
            (&[], None),
            (&[(of, "1200")], None),
            (&[(of, "many"), (left, "7")], None),
            (
                &[
                    (of, "1200"),
                    (left, "1173"),
                    (reset, "1487986301"),
                    ("date", DATE),
                ],
                limit(1200, 1173, Some(1_487_986_301), 56),
            ),
            (
                &[
                    (of, "0"),
                    (left, "0"),
                    (reset, "1487986301"),
                    ("date", DATE),
                ],
                limit(0, 0, Some(1_487_986_301), 56),
            ),
            // A window that is over by the server's own clock.
            (
                &[
                    (of, "10"),
                    (left, "0"),
                    (reset, "1487986200"),
                    ("date", DATE),
                ],
                limit(10, 0, Some(1_487_986_200), 1),
            ),
            // Duplicates: the smallest counts.
            (
                &[
                    (of, "1200"),
                    (of, "600"),
                    (left, "9, 7"),
                    (reset, "1487986301"),
                    ("date", DATE),
                ],
                limit(600, 7, Some(1_487_986_301), 56),
            ),
            // No date, a date that is none, no reset: a whole window.
            (
                &[(of, "10"), (left, "3"), (reset, "1487986301")],
                limit(10, 3, Some(1_487_986_301), 61),
            ),
            (
                &[
                    (of, "10"),
                    (left, "3"),
                    (reset, "1487986301"),
                    ("date", "now"),
                ],
                limit(10, 3, Some(1_487_986_301), 61),
            ),
            (
                &[(of, "10"), (left, "3"), ("date", DATE)],
                limit(10, 3, None, 61),
            ),
        ];
        for (lines, expected) in table {
            assert_eq!(
                RateLimit::from_headers(&headers(lines)),
                *expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn only_two_zeroes_mean_concurrency() {
        let table = [("0", "0", true), ("10", "0", false), ("0", "1", false)];
        for (limit, remaining, expected) in table {
            let headers = headers(&[
                ("x-rate-limit-limit", limit),
                ("x-rate-limit-remaining", remaining),
            ]);
            assert_eq!(
                RateLimit::from_headers(&headers).unwrap().is_concurrency(),
                expected
            );
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let table: &[(Lines<'_>, Option<u64>)] = &[
            (&[], None),
            (&[("retry-after", "7")], Some(7)),
            (
                &[
                    ("retry-after", "Sat, 25 Feb 2017 01:31:00 GMT"),
                    ("date", DATE),
                ],
                Some(14),
            ),
            (
                &[
                    ("retry-after", "Sat, 25 Feb 2017 01:00:00 GMT"),
                    ("date", DATE),
                ],
                Some(0),
            ),
            (&[("retry-after", "Sat, 25 Feb 2017 01:31:00 GMT")], None),
            (&[("retry-after", "soon")], None),
        ];
        for (lines, expected) in table {
            assert_eq!(
                retry_after(&headers(lines)),
                expected.map(Duration::from_secs),
                "{lines:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_values_are_read_without_a_panic(values in proptest::collection::vec(any::<Vec<u8>>(), 5)) {
            let names = ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset", "date", "retry-after"];
            let mut headers = HeaderMap::new();
            for (name, value) in names.into_iter().zip(values) {
                if let Ok(value) = HeaderValue::from_bytes(&value) {
                    headers.append(name, value);
                }
            }
            let _nothing_to_say = (RateLimit::from_headers(&headers), retry_after(&headers));
        }

        #[test]
        fn what_is_written_is_read_back(limit in any::<u64>(), remaining in any::<u64>(), reset in 0_i64..4_000_000_000) {
            let lines = [("x-rate-limit-limit", limit.to_string()), ("x-rate-limit-remaining", remaining.to_string()),
                ("x-rate-limit-reset", reset.to_string()), ("date", DATE.to_owned())];
            let lines: Vec<_> = lines.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let read = RateLimit::from_headers(&headers(&lines)).unwrap();
            assert_eq!((read.limit, read.remaining, read.window), (limit, remaining, Some(reset)));
        }
    }
}
