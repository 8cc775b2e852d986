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

/// When everything is read, beside the runs that read what changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reconcile {
    /// How often; once a day unless configured. On demand: only with `--full`, and where what changed is not enough.
    pub frequency: Frequency,
}

impl Default for Reconcile {
    fn default() -> Self {
        Self {
            frequency: Frequency::Every(Duration::from_secs(24 * 60 * 60)),
        }
    }
}

impl Reconcile {
    /// Whether a read of everything is due `now`, after the last one was at `last`, in the time zone of the process.
    #[must_use]
    pub(crate) fn is_due(&self, last: Timestamp, now: Timestamp) -> bool {
        match &self.frequency {
            Frequency::Every(period) => {
                let period = SignedDuration::try_from(*period).unwrap_or(SignedDuration::MAX);
                // A clock that was set back must not put it off for ever.
                now.duration_since(last).abs() >= period
            }
            Frequency::Cron(pattern) => {
                let next = pattern.find_next_occurrence(&last.to_zoned(TimeZone::system()), false);
                next.is_ok_and(|next| next.timestamp() <= now)
            }
            Frequency::Manual => false,
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

/// What part of its period a start on schedule may be late, so that not everybody asks at one instant.
const SPREAD: f64 = 0.05;

/// The most by which a start is late that counts from the one before.
const LATEST_OF_A_PERIOD: Duration = Duration::from_secs(30);

/// The most by which a start is late that a cron pattern names.
const LATEST_OF_A_PATTERN: Duration = Duration::from_secs(10);

/// By how much the clocks of two machines may differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(1);

/// A start that the schedule plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// When the schedule says.
    pub due: Timestamp,
    /// When the run begins: then, or a little later.
    pub at: Timestamp,
    /// A run that began then or later, in whatever process, is the one that this start is for. None when it makes no difference
    /// who ran before.
    served_from: Option<Timestamp>,
}

impl Start {
    /// Whether the run that began at `newest` is the one that this start is for, so that another one is not due. What is said
    /// to have begun well after `now` says nothing: a clock was wrong.
    #[must_use]
    pub(crate) fn is_served_by(&self, newest: Timestamp, now: Timestamp) -> bool {
        self.served_from.is_some_and(|from| from <= newest)
            && newest.duration_since(now) <= CLOCKS_DIFFER
    }
}

/// When the next run starts, if one is planned at all.
///
/// A period counts from start to start: from `last_began`, when the newest run began, in whatever process. Without one, the run
/// starts now. A run that took longer than its period is followed at once, and missed starts are not made up for. A cron pattern
/// is read in `zone` and counts from `now`: a time that it named while a run was under way is skipped, as Backstage does it.
/// Every other start is late by a part of what it may be late, as `jitter` in `0.0..1.0` decides.
#[must_use]
pub(crate) fn next_start(
    frequency: &Frequency,
    last_began: Option<Timestamp>,
    now: Timestamp,
    zone: &TimeZone,
    jitter: f64,
) -> Option<Start> {
    match (frequency, last_began) {
        (Frequency::Every(_), None) => Some(Start {
            due: now,
            at: now,
            served_from: None,
        }),
        (Frequency::Every(period), Some(began)) => after_a_period(*period, began, now, jitter),
        (Frequency::Cron(pattern), _) => of_a_pattern(pattern, now, zone, jitter),
        (Frequency::Manual, _) => None,
    }
}

fn after_a_period(
    period: Duration,
    began: Timestamp,
    now: Timestamp,
    jitter: f64,
) -> Option<Start> {
    let length = SignedDuration::try_from(period).unwrap_or(SignedDuration::MAX);
    // A clock that was set back must not put the next run off.
    let latest = now.checked_add(length).ok()?;
    let due = began.checked_add(length).ok()?.clamp(now, latest);
    let late = if due > now {
        spread(period, LATEST_OF_A_PERIOD, jitter)
    } else {
        Duration::ZERO
    };
    Some(Start {
        due,
        at: due.checked_add(late).ok()?,
        served_from: began.checked_add(SignedDuration::from_nanos(1)).ok(),
    })
}

fn of_a_pattern(pattern: &Cron, now: Timestamp, zone: &TimeZone, jitter: f64) -> Option<Start> {
    let due = pattern.find_next_occurrence(&now.to_zoned(zone.clone()), false);
    let due = due.ok()?;
    // The last one that there is has none after it.
    let gap = pattern
        .find_next_occurrence(&due, false)
        .ok()
        .and_then(|after| Duration::try_from(after.duration_since(&due)).ok());
    let due = due.timestamp();
    let late = spread(gap.unwrap_or(Duration::MAX), LATEST_OF_A_PATTERN, jitter);
    Some(Start {
        due,
        at: due.checked_add(late).ok()?,
        served_from: Some(due),
    })
}

/// How late a start is whose next one comes a `period` later.
fn spread(period: Duration, latest: Duration, jitter: f64) -> Duration {
    period
        .mul_f64(SPREAD)
        .min(latest)
        .mul_f64(jitter.clamp(0.0, 1.0))
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
mod tests;
