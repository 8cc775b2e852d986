//! What is done to a replica.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::harness::PastRun;

/// A way to disturb a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It is killed, and started again so long after that.
    Kill(Duration),
    /// It stands still for so long.
    Freeze(Duration),
    /// Its connections to the database are reset.
    Cut,
    /// Nothing arrives at the database or comes from it for so long.
    Silence(Duration),
}

impl Way {
    /// Each of them, for how long.
    pub(super) const ALL: [fn(Duration) -> Self; 4] = [
        |lasts| Self::Kill(lasts / 3),
        Self::Freeze,
        |_| Self::Cut,
        Self::Silence,
    ];

    /// What is counted of it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kill(_) => "kills",
            Self::Freeze(_) => "freezes",
            Self::Cut => "cuts",
            Self::Silence(_) => "silences",
        }
    }

    /// How long it lasts.
    pub(super) fn lasts(self) -> Duration {
        match self {
            Self::Kill(lasts) | Self::Freeze(lasts) | Self::Silence(lasts) => lasts,
            Self::Cut => Duration::ZERO,
        }
    }
}

/// Something that was done to a replica.
#[derive(Clone, Debug)]
pub(super) struct Disturbance {
    pub(super) way: Way,
    pub(super) at: Timestamp,
    /// When it was over.
    pub(super) until: Timestamp,
    /// How the turns of the replica began or ended that say who held them.
    pub(super) holder: String,
}

impl Disturbance {
    /// Whether this run was under way in the replica.
    pub(super) fn struck(&self, run: &PastRun) -> bool {
        self.is_by(run) && run.began <= self.at && run.ended.is_none_or(|ended| ended >= self.at)
    }

    /// Whether this run was under way in the replica while it was disturbed.
    pub(super) fn is_of(&self, run: &PastRun) -> bool {
        self.is_by(run) && run.began <= self.until && run.ended.is_none_or(|ended| ended >= self.at)
    }

    fn is_by(&self, run: &PastRun) -> bool {
        run.holder.starts_with(&self.holder) || run.holder.ends_with(&self.holder)
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, lasts) = match self.way {
            Way::Kill(down) => ("killed, and down for", down),
            Way::Freeze(lasts) => ("frozen for", lasts),
            Way::Cut => return write!(f, "a cut at {:.1}", self.at),
            Way::Silence(lasts) => ("cut off for", lasts),
        };
        write!(f, "being {word} {lasts:.1?} at {:.1}", self.at)
    }
}
