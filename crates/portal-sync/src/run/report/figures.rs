//! The figures of a run, which `sync`, `plan` and `runs` tell by the same names.

use std::collections::BTreeMap;

use okta_auth::visible::message;
use serde::Serialize;

use crate::held::quarantine::Quarantine;
use crate::held::run::{Asked, Counts, Outcome, Reads, Run, Tally, Unknown, seconds};

/// What every object about a run has, in the order of its fields.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures<'a> {
    /// How it ended.
    outcome: &'static str,
    /// Empty when there is no plan.
    plan_id: &'a str,
    /// Whether everything was read, or what changed.
    mode: &'static str,
    /// What was read, and why; none when the run ended before that was decided.
    reads: Option<&'a Reads>,
    generation: Option<u64>,
    #[serde(flatten)]
    counts: Counts,
    #[serde(flatten)]
    tally: Tally,
    /// The plan whose approval let go what the guard would have held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    guard: Vec<String>,
    unknown: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unknown_groups: &'a [Unknown],
    quarantined: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    quarantined_records: BTreeMap<&'a str, String>,
    collisions: usize,
    requests: Requests<'a>,
    throttled: u64,
    waited_seconds: f64,
    backed_off_seconds: f64,
    duration_seconds: f64,
    notices: Vec<String>,
}

/// Requests that were sent.
#[derive(Debug, Serialize)]
struct Requests<'a> {
    total: u64,
    endpoints: &'a BTreeMap<String, u64>,
}

impl<'a> Figures<'a> {
    /// The figures of a run that ended.
    #[must_use]
    pub(crate) fn of(run: &'a Run) -> Self {
        let Asked {
            requests,
            throttled,
            waited,
            backed_off,
        } = &run.asked;
        Self {
            outcome: word(run.outcome),
            plan_id: run.plan_id.as_deref().unwrap_or_default(),
            mode: run.mode().as_str(),
            reads: run.reads.as_ref(),
            generation: run.generation,
            counts: run.counts,
            tally: run.tally,
            approved: run.approved.as_deref(),
            approved_by: run.approved_by.as_deref(),
            guard: run.guard.iter().map(ToString::to_string).collect(),
            unknown: run.unknown.len(),
            unknown_groups: &run.unknown,
            quarantined: run.quarantined.len(),
            quarantined_records: {
                let records = run.quarantined.iter();
                records.map(|(id, it)| (&**id, shown(it))).collect()
            },
            collisions: run.collisions,
            requests: Requests {
                total: run.asked.total(),
                endpoints: requests,
            },
            throttled: *throttled,
            waited_seconds: seconds(*waited),
            backed_off_seconds: seconds(*backed_off),
            duration_seconds: run.seconds(),
            notices: run.notices.iter().map(ToString::to_string).collect(),
        }
    }

    /// The same of a run that is under way, of which `nothing` is known yet.
    #[must_use]
    pub(crate) fn under_way(nothing: &'a Run) -> Self {
        Self {
            outcome: UNDER_WAY,
            ..Self::of(nothing)
        }
    }
}

/// The outcome of a run that is under way.
pub(crate) const UNDER_WAY: &str = "running";

/// The word for how a run ended. The run that overtook another one has an object of its own.
#[must_use]
pub(crate) const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Overtaken => Outcome::Failed.as_str(),
        outcome => outcome.as_str(),
    }
}

/// Why a record is quarantined, as it is shown: it may quote the record.
pub(super) fn shown(reason: &Quarantine) -> String {
    message(&reason.to_string()).into_owned()
}
