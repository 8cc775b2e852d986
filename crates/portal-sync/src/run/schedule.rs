//! When an org is read: the schedule of a provider, and when its next run starts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use okta_auth::Clock;

/// When a tenant is read, and for how long at most.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schedule {
    /// How often; every 30 minutes unless configured.
    pub frequency: Frequency,
    /// How long one run may take before it is given up; 30 minutes unless configured.
    pub timeout: Duration,
    /// How long to wait after the start before the first run; not at all unless configured.
    pub initial_delay: Duration,
}

/// How often a tenant is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frequency {
    /// Once in each period, which is not zero.
    Every(Duration),
    /// When the pattern says so, in the time zone of the process; the pattern prints as it was
    /// written.
    Cron(Box<Cron>),
    /// Only when somebody asks for it.
    Manual,
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(period) => write!(f, "every {period:?}"),
            Self::Cron(pattern) => write!(f, "{pattern}"),
            Self::Manual => f.write_str("manual"),
        }
    }
}

const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);

impl Default for Schedule {
    fn default() -> Self {
        Self {
            frequency: Frequency::Every(HALF_AN_HOUR),
            timeout: HALF_AN_HOUR,
            initial_delay: Duration::ZERO,
        }
    }
}

/// The longest sleep between two looks at the clock, so that a machine that slept or a corrected clock is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// When the next run starts, if one is planned at all.
///
/// A period counts from start to start. A run that took longer than its period is followed at once, and missed starts are
/// not made up for. A cron pattern is read in `zone` and counts from `now`.
#[must_use]
pub(crate) fn next_start(
    frequency: &Frequency,
    started: Option<Timestamp>,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Timestamp> {
    match frequency {
        Frequency::Every(period) => {
            let period = SignedDuration::try_from(*period).unwrap_or(SignedDuration::MAX);
            match started {
                None => Some(now),
                Some(started) => {
                    let next = started.checked_add(period).ok()?;
                    // A clock that was set back must not put the next run off.
                    let latest = now.checked_add(period).ok()?;
                    Some(next.clamp(now, latest))
                }
            }
        }
        Frequency::Cron(pattern) => {
            let next = pattern.find_next_occurrence(&now.to_zoned(zone.clone()), false);
            next.ok().map(|next| next.timestamp())
        }
        Frequency::Manual => None,
    }
}

/// Sleeps until the clock shows `at`, or for as long as that looked at the beginning: a clock that is set back must not
/// prolong it.
pub(crate) async fn sleep_until(clock: &Arc<dyn Clock>, at: Timestamp) {
    let wait = Duration::try_from(at.duration_since(clock.now())).unwrap_or_default();
    let latest = tokio::time::Instant::now() + wait;
    loop {
        let shown = Duration::try_from(at.duration_since(clock.now())).unwrap_or_default();
        let left = shown.min(latest.saturating_duration_since(tokio::time::Instant::now()));
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_counts_from_start_to_start() {
        let half_hour = Frequency::Every(Duration::from_secs(1800));
        for (started, now, next) in [
            (None, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            (
                Some("2026-01-01T00:00:00Z"),
                "2026-01-01T00:03:00Z",
                "2026-01-01T00:30:00Z",
            ),
            (
                Some("2026-01-01T00:00:00Z"),
                "2026-01-01T01:10:00Z",
                "2026-01-01T01:10:00Z",
            ),
            // The clock was set back by four years while it ran.
            (
                Some("2030-01-01T00:00:00Z"),
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:30:00Z",
            ),
        ] {
            assert_eq!(
                next_start(&half_hour, started.map(at), at(now), &TimeZone::UTC),
                Some(at(next))
            );
        }
    }

    #[test]
    fn a_cron_pattern_is_read_in_its_time_zone() {
        let six = Frequency::Cron(Box::new("0 6 * * *".parse().unwrap()));
        let amsterdam = TimeZone::get("Europe/Amsterdam").unwrap();
        assert_eq!(
            next_start(&six, None, at("2026-01-01T06:00:00Z"), &amsterdam),
            Some(at("2026-01-02T05:00:00Z"))
        );
    }

    #[test]
    fn a_manual_provider_never_starts_by_itself() {
        assert_eq!(
            next_start(
                &Frequency::Manual,
                None,
                at("2026-01-01T00:00:00Z"),
                &TimeZone::UTC
            ),
            None
        );
    }
}
