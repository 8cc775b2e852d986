//! What starts the runs of one provider: its schedule, and whoever asks.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use okta_auth::Clock;
use tokio::sync::mpsc;

use crate::held::run::Why;
use crate::run::schedule::{Frequency, Schedule, Start, next_start, sleep_until};

/// So many asks are kept until the next run, which answers them all. More of them make no difference.
const KEPT: usize = 16;

/// Asks for runs of one provider.
#[derive(Debug, Clone)]
pub(crate) struct Asker(mpsc::Sender<Why>);

impl Asker {
    /// Asks for a run: it starts at once, or when the one under way has ended. All that is asked until it starts is one run.
    pub(crate) fn ask(&self, why: Why) {
        // Where there is no room, as many have asked already for the run that is to come.
        let _ = self.0.try_send(why);
    }
}

/// How runs are spread over time, and by which clock.
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// The zone in which cron patterns are read.
    pub zone: TimeZone,
    /// Where jitter comes from: numbers in `0.0..1.0`.
    pub jitter: fn() -> f64,
}

/// The schedule of one provider, and its inbox.
#[derive(Debug)]
pub(crate) struct Triggers {
    frequency: Frequency,
    /// How long the first start waits; nothing once it is planned.
    initial_delay: Duration,
    timing: Timing,
    inbox: mpsc::Receiver<Why>,
    start: Option<Start>,
}

impl Triggers {
    /// What starts the runs of a provider with this schedule, and who asks for more of them.
    #[must_use]
    pub(crate) fn new(schedule: &Schedule, timing: Timing) -> (Asker, Self) {
        let (asks, inbox) = mpsc::channel(KEPT);
        let triggers = Self {
            frequency: schedule.frequency.clone(),
            initial_delay: schedule.initial_delay,
            timing,
            inbox,
            start: None,
        };
        (Asker(asks), triggers)
    }

    /// Plans the next start by the schedule and tells when it is. `last_began` is when the newest run began, in whatever process,
    /// once one of this process has begun.
    pub(crate) fn plan(&mut self, last_began: Option<Timestamp>) -> Option<Timestamp> {
        let Timing {
            clock,
            zone,
            jitter,
        } = &self.timing;
        let delay = std::mem::take(&mut self.initial_delay);
        let from = clock.now().saturating_add(delay).unwrap_or(Timestamp::MAX);
        self.start = next_start(&self.frequency, last_began, from, zone, jitter());
        self.start.map(|start| start.at)
    }

    /// How long the first start waits, until it is planned.
    #[must_use]
    pub(crate) const fn initial_delay(&self) -> Duration {
        self.initial_delay
    }

    /// Whether runs are for whoever asks alone.
    #[must_use]
    pub(crate) fn is_manual(&self) -> bool {
        self.frequency == Frequency::Manual
    }

    /// Waits until somebody asks or the planned time has come. Nothing when there will never be a reason again.
    pub(crate) async fn next(&mut self) -> Option<Why> {
        let start = self.start;
        let clock = &self.timing.clock;
        let planned = async {
            if let Some(start) = start {
                sleep_until(clock, start.at).await;
            }
        };
        tokio::select! {
            biased;
            Some(why) = self.inbox.recv() => {
                // Whoever has asked as well is answered by the same run.
                while self.inbox.try_recv().is_ok() {}
                Some(why)
            }
            () = planned, if start.is_some() => Some(Why::Schedule),
            else => None,
        }
    }

    /// Whether the planned start is due after all, now that its time has come and the newest run, in whatever process, began
    /// at `newest`. If not, it is to be planned again.
    #[must_use]
    pub(crate) fn is_due(&self, newest: Option<Timestamp>) -> bool {
        let Some(start) = self.start else {
            return false;
        };
        let now = self.timing.clock.now();
        // A pattern is of what the clock shows, and somebody has set it back meanwhile.
        let is_early = now < start.due && matches!(self.frequency, Frequency::Cron(_));
        !is_early && !newest.is_some_and(|newest| start.is_served_by(newest, now))
    }
}

#[cfg(test)]
mod tests;
