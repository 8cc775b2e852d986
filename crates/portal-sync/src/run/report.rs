//! What a run says of itself: the JSON of `sync` and `plan`, and the lines a person reads.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use okta_auth::visible::{line, message};
use serde::Serialize;

use crate::decide::mapping::{Collision, Rename, SignIn};
use crate::decide::plan::{Counts, Plan, PlannedChange, Unknown, Withheld, name};
use crate::exit::Exit;
use crate::run::provider::Usage;
use crate::run::steps::RunError;
use crate::text::chain;
use crate::text::counted::counted;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// Everything was read and every change is in the plan.
    Complete,
    /// Something stayed unknown or was quarantined.
    Partial,
    /// The guard withheld removals.
    Blocked,
    /// Nothing came of it; the catalog is as it was.
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
            Self::Failed => "failed",
        }
    }
}

/// The stable JSON object of `sync --format json` and `plan --format json`, one for each provider.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// The provider's id.
    pub provider: String,
    /// How the run ended.
    pub outcome: Outcome,
    /// The plan's id; empty when there is no plan.
    pub plan_id: String,
    /// What was read: this version always reads everything.
    pub mode: &'static str,
    /// The number of the generation that was committed, if one was.
    pub generation: Option<u64>,
    /// What the catalog holds of this provider now.
    #[serde(flatten)]
    pub counts: Counts,
    /// Entities that came.
    pub added: usize,
    /// Entities that changed, renames included.
    pub updated: usize,
    /// Entities that went.
    pub removed: usize,
    /// Entities that got another name, which are among those that changed.
    pub renamed: usize,
    /// Entities whose removal, or the removal of whose members, was withheld.
    pub withheld: usize,
    /// Entities whose new name was withheld.
    pub withheld_renames: usize,
    /// Why the guard withheld something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guard: Vec<String>,
    /// What it withheld.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withheld_removals: Vec<Withheld>,
    /// The names that it withheld.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renames_withheld: Vec<Rename>,
    /// Groups whose members could not be read.
    pub unknown: usize,
    /// Which ones, why, and since when.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_groups: Vec<Unknown>,
    /// Records that could not be decoded or named.
    pub quarantined: usize,
    /// Which ones: the reason by Okta id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub quarantined_records: BTreeMap<String, String>,
    /// Names that were given out differently because two objects wanted one.
    pub collisions: usize,
    /// Requests that were sent.
    pub requests: Requests,
    /// Answers with the status 429.
    pub throttled: u64,
    /// Seconds during which at least one request waited for the rate limit.
    pub waited_seconds: f64,
    /// Seconds during which at least one request waited for another try after a failure.
    pub backed_off_seconds: f64,
    /// Seconds the run took.
    pub duration_seconds: f64,
    /// What the operator should know.
    pub notices: Vec<String>,
    /// The same for a log: people are counted and not named.
    #[serde(skip)]
    pub log_notices: Vec<String>,
    /// Why the run failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// The plan in full, for `plan`.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// Requests that were sent.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Requests {
    /// All of them.
    pub total: u64,
    /// By path template.
    pub endpoints: BTreeMap<String, u64>,
}

/// Why a run failed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure {
    /// What failed, with its causes.
    pub message: String,
    /// What to do about it.
    pub fix: Option<String>,
    /// The exit code it leads to.
    pub exit_code: u8,
}

/// The plan in full.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Details {
    /// Every change.
    pub changes: Vec<PlannedChange>,
    /// Every name that was given out differently.
    pub name_collisions: Vec<NameCollision>,
    /// What is wrong with the addresses by which people sign in.
    pub sign_in: SignIn,
}

/// An object that could not have the name it would have alone.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NameCollision {
    kind: &'static str,
    okta_id: String,
    wanted: String,
    holder: Option<String>,
    given: String,
    entity_ref: String,
}

impl From<&Collision> for NameCollision {
    fn from(collision: &Collision) -> Self {
        Self {
            kind: collision.kind.as_str(),
            okta_id: collision.okta_id.clone(),
            wanted: collision.wanted.clone(),
            holder: collision.holder.clone(),
            given: collision.given.name().to_owned(),
            entity_ref: collision.given.to_string(),
        }
    }
}

impl Report {
    /// The report of a plan: committed as `generation`, or with nothing to write, when `applied`.
    #[must_use]
    pub(crate) fn of_plan(
        plan: &Plan,
        applied: bool,
        generation: Option<u64>,
        usage: Usage,
        took: Duration,
    ) -> Self {
        let (added, updated, removed) = plan.tally();
        let outcome = if plan.is_withheld() {
            Outcome::Blocked
        } else if plan.is_partial() {
            Outcome::Partial
        } else {
            Outcome::Complete
        };
        let with = |sign_in: Vec<String>| plan.notices.iter().cloned().chain(sign_in).collect();
        Self {
            outcome,
            plan_id: plan.id.clone(),
            generation,
            counts: if applied { plan.after } else { plan.before },
            added,
            updated,
            removed,
            renamed: plan.renamed(),
            withheld: plan.withheld.len(),
            withheld_renames: plan.withheld_renames.len(),
            guard: plan.tripped.clone(),
            withheld_removals: plan.withheld.clone(),
            renames_withheld: plan.withheld_renames.clone(),
            unknown: plan.unknown.len(),
            unknown_groups: plan.unknown.clone(),
            quarantined: plan.quarantined.len(),
            quarantined_records: plan.quarantined.clone(),
            collisions: plan.collisions.len(),
            notices: with(plan.sign_in.notices()),
            log_notices: with(plan.sign_in.notices_without_names()),
            details: (!applied).then(|| Details {
                changes: plan.changes.clone(),
                name_collisions: plan.collisions.iter().map(Into::into).collect(),
                sign_in: plan.sign_in.clone(),
            }),
            ..Self::empty(&plan.provider, usage, took)
        }
    }

    /// The report of a run that failed.
    #[must_use]
    pub(crate) fn of_failure(
        provider: &str,
        error: &RunError,
        counts: Counts,
        usage: Usage,
        took: Duration,
    ) -> Self {
        Self {
            counts,
            error: Some(Failure {
                message: chain(error),
                fix: error.fix(),
                exit_code: error.exit().code(),
            }),
            ..Self::empty(provider, usage, took)
        }
    }

    fn empty(provider: &str, usage: Usage, took: Duration) -> Self {
        Self {
            provider: provider.to_owned(),
            outcome: Outcome::Failed,
            plan_id: String::new(),
            mode: "full",
            generation: None,
            counts: Counts::default(),
            added: 0,
            updated: 0,
            removed: 0,
            renamed: 0,
            withheld: 0,
            withheld_renames: 0,
            guard: Vec::new(),
            withheld_removals: Vec::new(),
            renames_withheld: Vec::new(),
            unknown: 0,
            unknown_groups: Vec::new(),
            quarantined: 0,
            quarantined_records: BTreeMap::new(),
            collisions: 0,
            requests: Requests {
                total: usage.total(),
                endpoints: usage.requests,
            },
            throttled: usage.throttled,
            waited_seconds: seconds(usage.waited),
            backed_off_seconds: seconds(usage.backed_off),
            duration_seconds: seconds(took),
            notices: Vec::new(),
            log_notices: Vec::new(),
            error: None,
            details: None,
        }
    }

    /// How many of those that changed have another name, as a part of a sentence.
    fn of_them_renamed(&self, what: &str) -> String {
        match self.renamed {
            0 => String::new(),
            renamed => format!(" ({renamed} {what})"),
        }
    }

    /// Whether the catalog and the org differ.
    #[must_use]
    pub(crate) const fn has_changes(&self) -> bool {
        self.added + self.updated + self.removed > 0
    }

    /// The exit code of a committed run.
    #[must_use]
    pub(crate) const fn exit(&self) -> Exit {
        match self.outcome {
            Outcome::Blocked => Exit::Withheld,
            Outcome::Partial => Exit::Partial,
            Outcome::Complete | Outcome::Failed => Exit::Done,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let planned = self.details.is_some();
        match (planned, self.has_changes(), self.generation) {
            (true, false, _) => write!(f, "{}: nothing to change", self.provider)?,
            (false, false, None) if self.outcome == Outcome::Blocked => write!(
                f,
                "{}: blocked by the guard; nothing else changed, nothing was written",
                self.provider
            )?,
            (false, false, None) => {
                write!(f, "{}: nothing changed, nothing was written", self.provider)?;
            }
            (false, false, Some(generation)) => {
                write!(f, "{}: generation {generation} committed", self.provider)?;
            }
            (true, true, _) | (false, true, None) => write!(
                f,
                "{}: plan {}: {} to add, {} to update{}, {} to remove",
                self.provider,
                self.plan_id,
                self.added,
                self.updated,
                self.of_them_renamed("to rename"),
                self.removed
            )?,
            (false, true, Some(generation)) => write!(
                f,
                "{}: generation {generation} committed: {} added, {} updated{}, {} removed",
                self.provider,
                self.added,
                self.updated,
                self.of_them_renamed("renamed"),
                self.removed
            )?,
        }
        writeln!(f)?;
        let Counts {
            users,
            groups,
            memberships,
        } = self.counts;
        writeln!(
            f,
            "  catalog: {}, {}, {}",
            counted(users, "user", "users"),
            counted(groups, "group", "groups"),
            counted(memberships, "membership", "memberships")
        )?;
        writeln!(
            f,
            "  okta: {} {}, {} throttled, {:.1} s waited for the rate limit, {:.1} s for answers that failed, {:.1} s in all",
            self.requests.total,
            if self.requests.total == 1 {
                "request"
            } else {
                "requests"
            },
            self.throttled,
            self.waited_seconds,
            self.backed_off_seconds,
            self.duration_seconds
        )?;
        for (count, what) in [
            (self.withheld, "withheld by the guard"),
            (self.withheld_renames, "renames withheld by the guard"),
            (self.unknown, "unknown: their members could not be read"),
            (
                self.quarantined,
                "quarantined: their records could not be decoded or named",
            ),
            (self.collisions, "named differently because of a collision"),
        ] {
            if count > 0 {
                writeln!(f, "  {count} {what}")?;
            }
        }
        // A plan has named them already.
        if !planned {
            const SHOWN: usize = 10;
            for (id, reason) in self.quarantined_records.iter().take(SHOWN) {
                let (id, reason) = (name(id), message(reason));
                writeln!(f, "  record {id} is quarantined: {reason}")?;
            }
            if self.quarantined_records.len() > SHOWN {
                writeln!(f, "  … `plan` names all of them")?;
            }
        }
        for reason in &self.guard {
            writeln!(f, "  guard: {}", line(reason))?;
        }
        if self.withheld + self.withheld_renames > 0 {
            writeln!(
                f,
                "  approve this once with: portal-sync sync --provider {} --approve {}",
                self.provider, self.plan_id
            )?;
        }
        for notice in &self.notices {
            writeln!(f, "  note: {}", message(notice))?;
        }
        Ok(())
    }
}

fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}
