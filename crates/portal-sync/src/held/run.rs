//! One run's account of itself, when it has ended.
//!
//! The JSON and the lines of `sync` and `plan`, the log, the metrics and the page are views of a [`Run`]: each figure is summed
//! once, here. It holds what one needs to tell of a run; the plan in full, with every change and everything that is withheld,
//! stays beside it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::held::notice::Notice;
use crate::held::quarantine::Quarantine;
use crate::held::state::State;
use crate::held::trip::Trip;

/// A run that ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    /// Its number in the ledger, counted over all providers; none of what was only planned.
    #[serde(skip)]
    pub number: Option<u64>,
    /// The provider's id in the configuration.
    pub provider: String,
    /// Why it ran.
    #[serde(default)]
    pub why: Why,
    /// When it began, by this machine's clock.
    pub began: Timestamp,
    /// When it ended: so much later as it took, though somebody may have set the clock meanwhile.
    pub ended: Timestamp,
    /// What was asked of the org.
    pub asked: Asked,
    /// What was read, and why; none when the run ended before that was decided.
    #[serde(default)]
    pub reads: Option<Reads>,
    /// How it ended.
    pub outcome: Outcome,
    /// The plan's id, unless the run failed.
    pub plan_id: Option<String>,
    /// The generation that it committed; none when there was nothing to write, or nothing was to be written.
    pub generation: Option<u64>,
    /// What the catalog holds of this provider now, as far as the run knows.
    pub counts: Counts,
    /// How much changes, or would.
    pub tally: Tally,
    /// The plan whose approval let go what the guard would have held back.
    #[serde(default)]
    pub approved: Option<String>,
    /// Who approved it.
    #[serde(default)]
    pub approved_by: Option<String>,
    /// Why the guard withheld something.
    pub guard: Vec<Trip>,
    /// Groups whose members could not be read.
    pub unknown: Vec<Unknown>,
    /// Records that could not be decoded or named: the reason by Okta id.
    pub quarantined: BTreeMap<String, Quarantine>,
    /// How many names were given out differently because two objects wanted one.
    pub collisions: usize,
    /// What the operator should know.
    pub notices: Vec<Notice>,
    /// Why the run failed.
    pub failure: Option<Failure>,
}

impl Run {
    /// Whether it read everything: so do those of whom that is not known.
    #[must_use]
    pub(crate) fn mode(&self) -> Mode {
        self.reads.as_ref().map_or(Mode::Full, |reads| reads.mode)
    }

    /// How long it took.
    #[must_use]
    pub(crate) fn took(&self) -> Duration {
        let took: SignedDuration = self.ended.duration_since(self.began);
        took.try_into().unwrap_or_default()
    }

    /// The same in seconds, to the millisecond.
    #[must_use]
    pub(crate) fn seconds(&self) -> f64 {
        seconds(self.took())
    }
}

/// Why a run ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Why {
    /// `sync` was called.
    #[default]
    Command,
    /// `serve` reads the provider on its schedule.
    Schedule,
    /// `serve` was asked by a signal.
    Signal,
    /// `forget` was called.
    Forget,
}

impl Why {
    /// The stable word.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Schedule => "schedule",
            Self::Signal => "signal",
            Self::Forget => "forget",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a run read, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Reads {
    /// Whether everything was read.
    pub mode: Mode,
    /// Why so much, as a stable word.
    pub why: String,
    /// How many requests were predicted.
    pub predicted: u64,
    /// Whether there may be more than predicted: nobody counts beforehand who changed.
    pub at_least: bool,
    /// How many were sent besides, to ask by id for whoever would go.
    pub confirmed: u64,
    /// Groups whose members were read.
    pub members_read: usize,
    /// Groups that kept the members that were held.
    pub members_kept: usize,
    /// Users who would go by what was seen, and of whom nobody asked by id yet.
    pub unconfirmed: usize,
}

impl fmt::Display for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.mode {
            Mode::Full => "everything",
            Mode::Delta => "what changed",
        })?;
        let groups = self.members_read + self.members_kept;
        write!(
            f,
            " ({}); members of {} of {groups} groups",
            self.why, self.members_read
        )?;
        let least = if self.at_least { "at least " } else { "" };
        write!(f, "; {least}{} requests predicted", self.predicted)?;
        if self.confirmed > 0 {
            write!(f, ", and {} to ask for whoever would go", self.confirmed)?;
        }
        if self.unconfirmed > 0 {
            write!(
                f,
                "; {} would go and stay until Okta was asked for them by id, or everything is read",
                self.unconfirmed
            )?;
        }
        Ok(())
    }
}

/// Whether a run read everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Everything.
    #[default]
    Full,
    /// What changed.
    Delta,
}

impl Mode {
    /// The stable word.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Delta => "delta",
        }
    }
}

/// A duration in seconds, to the millisecond.
#[must_use]
pub(crate) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

/// How a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// Everything was read and every change is in the plan.
    Complete,
    /// Something stayed unknown or was quarantined.
    Partial,
    /// The guard withheld removals.
    Blocked,
    /// Another run of the provider committed while this one read, and the catalog is as that one left it. It read the org as
    /// well, so nothing is wrong, and nothing is missing.
    Overtaken,
    /// Nothing came of it; the catalog is as it was.
    #[default]
    Failed,
}

impl Outcome {
    /// The stable word.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Blocked => "blocked",
            Self::Overtaken => "overtaken",
            Self::Failed => "failed",
        }
    }

    /// The exit code of a run with a plan; that of one without is its failure's.
    #[must_use]
    pub(crate) const fn exit(self) -> Exit {
        match self {
            Self::Blocked => Exit::Withheld,
            Self::Partial => Exit::Partial,
            Self::Complete | Self::Overtaken | Self::Failed => Exit::Done,
        }
    }
}

/// What was asked of an org.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    /// Requests by path template.
    pub requests: BTreeMap<String, u64>,
    /// Answers with the status 429.
    pub throttled: u64,
    /// The time during which at least one request waited for the rate limit.
    pub waited: Duration,
    /// The time during which at least one request waited for another try after a failure.
    pub backed_off: Duration,
}

impl Asked {
    /// Requests of all endpoints.
    #[must_use]
    pub(crate) fn total(&self) -> u64 {
        self.requests.values().sum()
    }

    /// What was asked since `earlier`.
    #[must_use]
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let before = |template: &String| earlier.requests.get(template).copied().unwrap_or(0);
        let requests = self.requests.iter();
        let requests = requests.map(|(template, count)| {
            let count = count.saturating_sub(before(template));
            (template.clone(), count)
        });
        Self {
            requests: requests.filter(|(_, count)| *count > 0).collect(),
            throttled: self.throttled.saturating_sub(earlier.throttled),
            waited: self.waited.saturating_sub(earlier.waited),
            backed_off: self.backed_off.saturating_sub(earlier.backed_off),
        }
    }
}

/// How much a catalog holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Users.
    pub users: usize,
    /// Groups.
    pub groups: usize,
    /// Pairs of a user and a group they are in.
    pub memberships: usize,
}

impl Counts {
    /// How much the catalog holds of one provider.
    #[must_use]
    pub(crate) fn of(state: &State) -> Self {
        Self {
            users: state.users().len(),
            groups: state.groups().len(),
            memberships: state
                .groups()
                .keys()
                .map(|group| state.members(group).len())
                .sum(),
        }
    }
}

/// How much a plan changes, in entities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tally {
    /// Those that come.
    pub added: usize,
    /// Those that change, renames included.
    pub updated: usize,
    /// Those that go.
    pub removed: usize,
    /// Those that get another name, which are among those that change.
    pub renamed: usize,
    /// Those whose removal, or the removal of whose members, is withheld.
    pub withheld: usize,
    /// Those whose new name is withheld.
    pub withheld_renames: usize,
}

impl Tally {
    /// Whether the catalog and the org differ.
    #[must_use]
    pub(crate) const fn has_changes(&self) -> bool {
        self.added + self.updated + self.removed > 0
    }

    /// Whether the guard holds something back.
    #[must_use]
    pub(crate) const fn is_withheld(&self) -> bool {
        self.withheld + self.withheld_renames > 0
    }
}

/// A group whose members could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unknown {
    /// The group's Okta id.
    pub okta_id: String,
    /// The group's name in Okta.
    pub name: String,
    /// Why they could not be read.
    pub reason: String,
    /// When the first of the runs in a row began that could not read them.
    pub since: Option<Timestamp>,
    /// When they were last read, by Okta's clock; none when that never was.
    #[serde(default)]
    pub as_of: Option<Timestamp>,
    /// Whether the catalog has the group and it keeps the members it had; else it waits to be added.
    pub kept: bool,
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure {
    /// What kind of failure it is: `interrupted`, or who failed.
    #[serde(default)]
    pub kind: FailureKind,
    /// What failed, with its causes.
    pub message: String,
    /// What to do about it.
    pub fix: Option<String>,
    /// The exit code it leads to.
    pub exit_code: u8,
}

/// What kind of failure ended a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailureKind {
    /// The command line or the configuration is wrong.
    Usage,
    /// Okta refused the credentials or the permission.
    Refused,
    /// Okta could not be reached, failed, or answered against its protocol.
    Okta,
    /// The store failed.
    Store,
    /// Another run held the turn, or took it over.
    Busy,
    /// Its process ended, stood still or was cut off from the store while it ran.
    Interrupted,
    /// A bug in portal-sync.
    #[default]
    Bug,
}

impl FailureKind {
    /// What a run failed by that ends a command so.
    #[must_use]
    pub(crate) const fn of(exit: Exit) -> Self {
        match exit {
            Exit::Usage => Self::Usage,
            Exit::Refused => Self::Refused,
            Exit::Okta => Self::Okta,
            Exit::Store => Self::Store,
            Exit::Busy => Self::Busy,
            Exit::Done | Exit::Changes | Exit::Withheld | Exit::Partial | Exit::Bug => Self::Bug,
        }
    }

    /// The stable word.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Refused => "refused",
            Self::Okta => "okta",
            Self::Store => "store",
            Self::Busy => "busy",
            Self::Interrupted => "interrupted",
            Self::Bug => "bug",
        }
    }
}

#[cfg(test)]
mod tests;
