//! The ledger: every run, and every change that it made or withheld.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::holder::Holder;
use super::turn::HeldBy;
use crate::decide::plan::{PlannedChange, ToldChange, Withheld};
use crate::decide::roster::Cause;
use crate::exit::Exit;
use crate::held::criteria::Remembered;
use crate::held::document::Written;
use crate::held::mirror::Mirror;
use crate::held::object::{Key, Kind};
use crate::held::packed::Packed;
use crate::held::run::{Failure, FailureKind, Outcome, Run, Why};

/// How a run ends: what goes into the store in one transaction, with the turn that it gives back.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    /// Its account. The generation that it makes is the store's to say.
    pub run: Run,
    /// What it writes.
    pub work: Work,
    /// What Okta said of the org by then. None where that stays as it is; what the provider had goes with it when it is
    /// forgotten.
    pub mirror: Option<Arc<Mirror>>,
    /// What changes, for the ledger.
    pub changes: Arc<Vec<PlannedChange>>,
    /// What is withheld, for the ledger.
    pub withheld: Arc<Vec<Withheld>>,
    /// The plan whose approval it uses up.
    pub approval: Option<String>,
}

impl Ending {
    /// The end of a run that writes nothing but its account.
    #[must_use]
    pub(crate) fn of(run: Run) -> Self {
        Self {
            run,
            work: Work::Nothing,
            mirror: None,
            changes: Arc::default(),
            withheld: Arc::default(),
            approval: None,
        }
    }
}

/// What a run writes.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Nothing.
    Nothing,
    /// What the next run is to know, and no entity: there is no new generation.
    Remembered(Remembered),
    /// A generation.
    Entities(Commit),
    /// A generation without anything of the provider, which is not known any more.
    Forget,
}

/// The entities that one run writes.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    /// When the run read the org.
    pub taken_at: Timestamp,
    /// Objects that leave.
    pub removed: Vec<Key>,
    /// Objects that are new, of which there may be very many.
    pub added: Packed,
    /// Objects that are new or changed.
    pub written: Vec<Written>,
    /// What the next run is to know besides.
    pub remembered: Remembered,
}

/// Which runs of the ledger are asked for: the newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs {
    /// Those of this provider alone.
    pub provider: Option<String>,
    /// Those before this one.
    pub before: Option<u64>,
    /// So many at most.
    pub limit: u32,
}

/// The runs that stay whatever their age: the newest of each provider, those under way, and those that have in the ledger what
/// a later one withholds.
pub(super) const KEPT: &str =
    "SELECT max(number) FROM run GROUP BY provider UNION SELECT number FROM run WHERE ended IS NULL
    UNION SELECT withheld_in FROM run WHERE withheld_in < number";

/// So many runs go from the ledger at once: each may have made very many changes.
pub(crate) const PRUNED_AT_ONCE: u32 = 100;

/// How much of the ledger is kept. The newest run of a provider always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// So many runs. Those that changed nothing go first, so that months of changes are told where each run changes little.
    pub runs: u32,
    /// Those that began in so many days.
    pub days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            runs: 1_000,
            days: 400,
        }
    }
}

/// A run in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// Its number.
    pub number: u64,
    /// The provider.
    pub provider: String,
    /// Why it ran.
    pub why: Why,
    /// Who runs it, or ran it.
    pub holder: Holder,
    /// Until when its turn lasts, or would have.
    pub until: Timestamp,
    /// How long that is from now, by the clock of the store: nothing once it has run out.
    pub left: Duration,
    /// When it began.
    pub began: Timestamp,
    /// Its account; none while it is under way.
    pub run: Option<Run>,
}

impl Entry {
    /// Who holds the turn of a run under way.
    #[must_use]
    pub(crate) fn held_by(&self) -> Option<HeldBy> {
        self.run.is_none().then(|| HeldBy {
            holder: self.holder.clone(),
            number: self.number,
            until: self.until,
        })
    }
}

/// One change, as the ledger has it. Whatever a later version writes is told as it was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    /// What happened: `added`, `updated`, `renamed`, `removed`, or `withheld`.
    pub change: String,
    /// The kind of the object.
    pub kind: String,
    /// What it is, or was, made from.
    pub okta_id: String,
    /// What it was called before it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The entity.
    pub entity_ref: String,
    /// Why it went, or would go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What changed of it; of what is withheld of a group, the members that it would lose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Value>,
}

/// A change as it is written.
pub(super) struct ChangeRow<'a> {
    pub(super) kind: &'static str,
    pub(super) okta_id: &'a str,
    pub(super) change: &'static str,
    pub(super) entity_ref: &'a str,
    pub(super) was: Option<&'a str>,
    pub(super) cause: Option<&'static str>,
    pub(super) fields: Option<String>,
}

impl<'a> ChangeRow<'a> {
    /// The row of something that changes.
    ///
    /// # Errors
    /// When what changes of it cannot be written as JSON.
    pub(super) fn of(change: &'a PlannedChange) -> serde_json::Result<Self> {
        let ToldChange {
            change,
            kind,
            okta_id,
            from,
            entity_ref,
            cause,
            fields,
        } = change.into();
        Ok(Self {
            kind,
            okta_id,
            change,
            entity_ref,
            was: from,
            cause,
            fields: fields.map(serde_json::to_string).transpose()?,
        })
    }

    /// The row of something that is withheld.
    ///
    /// # Errors
    /// When the members that are withheld cannot be written as JSON.
    pub(super) fn withheld(withheld: &'a Withheld) -> serde_json::Result<Self> {
        let members = &withheld.members;
        Ok(Self {
            kind: Kind::of(&withheld.entity_ref).map_or("", Kind::as_str),
            okta_id: &withheld.okta_id,
            change: "withheld",
            entity_ref: withheld.entity_ref.as_str(),
            was: None,
            cause: withheld.cause.map(Cause::as_str),
            fields: match members[..] {
                [] => None,
                _ => Some(serde_json::to_string(members)?),
            },
        })
    }
}

/// The account of a run as text. No store of texts takes U+0000, which JSON escapes.
///
/// # Errors
/// When it cannot be written as JSON.
pub(super) fn written(run: &Run) -> serde_json::Result<String> {
    serde_json::to_string(run)
}

/// The account of a run that was written so. Of what another version wrote it has what is still understood.
pub(super) fn read(text: &str) -> Option<Run> {
    /// What may have come to be told otherwise.
    const DETAILS: [&str; 5] = ["guard", "unknown", "quarantined", "notices", "failure"];

    if let Ok(run) = serde_json::from_str(text) {
        return Some(run);
    }
    let mut run: Value = serde_json::from_str(text).ok()?;
    let object = run.as_object_mut()?;
    for detail in DETAILS {
        let empty = match detail {
            "quarantined" => Value::Object(serde_json::Map::new()),
            "failure" => Value::Null,
            _ => Value::Array(Vec::new()),
        };
        object.insert(detail.to_owned(), empty);
    }
    serde_json::from_value(run).ok()
}

/// Why a run is closed that its process did not end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Left {
    /// The turn was given to the next.
    RanOut,
    /// The process gave it back when it was asked to stop.
    GivenBack,
}

/// The account of a run that its process did not end: it was closed `now`.
#[must_use]
pub(super) fn interrupted(open: &Entry, left: Left, now: Timestamp) -> Run {
    let Entry {
        provider,
        why,
        began,
        holder,
        ..
    } = open;
    Run {
        provider: provider.clone(),
        why: *why,
        began: *began,
        ended: now.max(*began),
        outcome: Outcome::Failed,
        failure: Some(Failure {
            kind: FailureKind::Interrupted,
            message: match left {
                Left::RanOut => format!(
                    "{holder} ended, stood still or was cut off from the store while it ran"
                ),
                Left::GivenBack => format!("{holder} was asked to stop while it ran"),
            },
            fix: None,
            exit_code: Exit::Busy.code(),
        }),
        ..Run::default()
    }
}
