//! What the org was: for answers that lag behind it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::org::Org;

/// The org, and what it was before each edit that some answer may not know of yet.
#[derive(Debug)]
pub(crate) struct History {
    org: Arc<Org>,
    /// With the time of the edit, in the order of the edits.
    before: VecDeque<(Timestamp, Arc<Org>)>,
    /// No answer lags behind by more.
    longest: Duration,
}

impl History {
    pub(crate) fn new(org: Org, longest: Duration) -> Self {
        Self {
            org: Arc::new(org),
            before: VecDeque::new(),
            longest,
        }
    }

    pub(crate) fn org(&self) -> &Arc<Org> {
        &self.org
    }

    pub(crate) fn edit(&mut self, now: Timestamp, change: impl FnOnce(&mut Org)) {
        if !self.longest.is_zero() {
            while self.oldest_is_known(now) {
                self.before.pop_front();
            }
            self.before.push_back((now, Arc::clone(&self.org)));
        }
        change(Arc::make_mut(&mut self.org));
    }

    /// The org as whoever lags behind by so much knows it.
    pub(crate) fn behind(&self, lag: Duration, now: Timestamp) -> Arc<Org> {
        let unknown = self
            .before
            .iter()
            .find(|(edited, _)| !is_known(*edited, lag, now));
        Arc::clone(unknown.map_or(&self.org, |(_, org)| org))
    }

    /// Lets everybody know of every edit.
    pub(crate) fn catch_up(&mut self) {
        self.before.clear();
    }

    fn oldest_is_known(&self, now: Timestamp) -> bool {
        let oldest = self.before.front();
        oldest.is_some_and(|(edited, _)| is_known(*edited, self.longest, now))
    }
}

fn is_known(edited: Timestamp, lag: Duration, now: Timestamp) -> bool {
    let lag = SignedDuration::try_from(lag).unwrap_or(SignedDuration::MAX);
    now.duration_since(edited) >= lag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Group;

    #[test]
    fn each_lag_sees_the_org_as_it_was_then() {
        let start = Timestamp::constant(1_000, 0);
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut history = History::new(Org::default(), Duration::from_secs(60));
        for (number, time) in [(1, 10), (2, 20), (3, 30)] {
            history.edit(at(time), |org| {
                org.add_group(Group::new(&format!("00g{number}"), "Team"));
            });
        }
        let groups = |lag: u64, now: u64| {
            let org = history.behind(Duration::from_secs(lag), at(now));
            org.groups.len()
        };
        for (lag, now, expected) in [
            (0, 30, 3),
            (1, 30, 2),
            (10, 30, 2),
            (11, 30, 1),
            (21, 30, 0),
            (21, 31, 1),
            (21, 60, 3),
        ] {
            assert_eq!(groups(lag, now), expected, "{lag} s behind at {now} s");
        }
    }
}
