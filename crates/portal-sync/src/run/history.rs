//! What `runs` says of the ledger: an object a run, a line a run, or one run with all its changes.

use std::fmt;

use jiff::Timestamp;
use okta_auth::visible::message;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::decide::plan::{ChangeLine, FieldLine, name};
use crate::held::run::{Failure, Run};
use crate::run::report::{Figures, Report, UNDER_WAY, word};
use crate::store::{Change, Entry};

mod table;

pub(crate) use table::Table;

/// The word of the ledger for what the guard held back.
const WITHHELD: &str = "withheld";

/// A run of the ledger, as the object of `runs --format json`.
#[derive(Debug)]
pub(crate) struct PastRun<'a> {
    entry: &'a Entry,
    /// The account of a run under way.
    nothing_yet: Run,
}

impl<'a> PastRun<'a> {
    /// The run of this entry.
    #[must_use]
    pub(crate) fn of(entry: &'a Entry) -> Self {
        Self {
            entry,
            nothing_yet: Run::default(),
        }
    }

    fn object(&self) -> Object<'_> {
        let Entry {
            number,
            provider,
            why,
            holder,
            began,
            run,
            ..
        } = self.entry;
        Object {
            run: *number,
            provider,
            began: *began,
            ended: run.as_ref().map(|run| run.ended),
            why: why.as_str(),
            holder: holder.to_string(),
            figures: match run {
                Some(run) => Figures::of(run),
                None => Figures::under_way(&self.nothing_yet),
            },
            failure: run.as_ref().and_then(|run| run.failure.as_ref()),
        }
    }
}

impl Serialize for PastRun<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.object().serialize(serializer)
    }
}

/// The object, in the order of its fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    run: u64,
    provider: &'a str,
    began: Timestamp,
    /// None while it is under way.
    ended: Option<Timestamp>,
    why: &'static str,
    holder: String,
    #[serde(flatten)]
    figures: Figures<'a>,
    failure: Option<&'a Failure>,
}

/// One run of the ledger with its changes: the object and the lines of `runs show`.
#[derive(Debug)]
pub(crate) struct PastChanges<'a> {
    entry: &'a Entry,
    changes: Vec<&'a Change>,
    withheld: Vec<&'a Change>,
}

impl<'a> PastChanges<'a> {
    /// What the ledger has of a run.
    #[must_use]
    pub(crate) fn of(entry: &'a Entry, changes: &'a [Change]) -> Self {
        let (withheld, changes) = changes.iter().partition(|it| it.change == WITHHELD);
        Self {
            entry,
            changes,
            withheld,
        }
    }
}

impl Serialize for PastChanges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WithChanges {
            run: &PastRun::of(self.entry),
            changes: &self.changes,
            withheld_removals: self.withheld.iter().copied().map(Into::into).collect(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WithChanges<'a> {
    #[serde(flatten)]
    run: &'a PastRun<'a>,
    changes: &'a [&'a Change],
    withheld_removals: Vec<WithheldRemoval<'a>>,
}

/// What the guard held back, in the shape in which `sync` tells it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WithheldRemoval<'a> {
    okta_id: &'a str,
    entity_ref: &'a str,
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<&'a Value>,
}

impl<'a> From<&'a Change> for WithheldRemoval<'a> {
    fn from(change: &'a Change) -> Self {
        Self {
            okta_id: &change.okta_id,
            entity_ref: &change.entity_ref,
            cause: change.cause.as_deref(),
            members: change.fields.as_ref(),
        }
    }
}

impl fmt::Display for PastChanges<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry {
            number,
            provider,
            why,
            holder,
            began,
            run,
            ..
        } = self.entry;
        let (provider, holder) = (name(provider), holder.to_string());
        let outcome = run.as_ref().map_or(UNDER_WAY, |run| word(run.outcome));
        writeln!(f, "run {number} of {provider}: {outcome}")?;
        write!(f, "  began {began:.0}")?;
        if let Some(run) = run {
            write!(f, ", ended {:.0}", run.ended)?;
        }
        writeln!(f, "; {}, {}", why.as_str(), name(&holder))?;
        if let Some(run) = run {
            write!(f, "{}", Report::of_ledger(run))?;
            approval_and_failure(f, run)?;
        }
        self.changes
            .iter()
            .chain(&self.withheld)
            .try_for_each(|change| lines(f, change))
    }
}

/// One change of an object, with the run that made it: an object of `runs of --format json`, and its lines.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PastChange<'a> {
    /// The number of the run.
    pub run: u64,
    /// When it began.
    pub began: Timestamp,
    /// What it changed.
    #[serde(flatten)]
    pub change: &'a Change,
}

impl fmt::Display for PastChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, began, change } = self;
        writeln!(f, "run {run}, {began:.0}")?;
        lines(f, change)
    }
}

fn approval_and_failure(f: &mut fmt::Formatter<'_>, run: &Run) -> fmt::Result {
    if let Some(plan_id) = &run.approved {
        let by = run.approved_by.as_deref().map(name);
        let by = by.map_or_else(String::new, |by| format!(", by {by}"));
        writeln!(f, "  approved: plan {}{by}", name(plan_id))?;
    }
    if let (true, Some(plan_id)) = (run.tally.is_withheld(), &run.plan_id) {
        writeln!(
            f,
            "  withheld as plan {}: look at `portal-sync plan` before it is approved",
            name(plan_id)
        )?;
    }
    if let Some(Failure {
        kind,
        message: why,
        fix,
        ..
    }) = &run.failure
    {
        writeln!(f, "  failed ({}): {}", kind.as_str(), message(why))?;
        if let Some(fix) = fix {
            writeln!(f, "  fix: {}", message(fix))?;
        }
    }
    Ok(())
}

/// A change and what changed of the entity.
fn lines(f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
    let fields = change.fields.as_ref().and_then(Value::as_array);
    let fields = fields.map(Vec::as_slice).unwrap_or_default();
    let is_withheld = change.change == WITHHELD;
    let line = ChangeLine {
        change: &change.change,
        entity_ref: &change.entity_ref,
        from: change.from.as_deref(),
        cause: change.cause.as_deref(),
        members: fields.len(),
    };
    writeln!(f, "{line}")?;
    for field in fields.iter().filter(|_| !is_withheld) {
        match FieldLine::of_written(field) {
            Some(field) => writeln!(f, "    {field}")?,
            None => writeln!(f, "    {}", message(&field.to_string()))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
