//! What `sync`, `plan` and `runs show` say of a run: a JSON object, and the lines a person reads.

use std::fmt;

use okta_auth::visible::{line, message};
use serde::{Serialize, Serializer};

use crate::decide::mapping::{Collision, Rename, SignIn};
use crate::decide::plan::{Plan, PlannedChange, Withheld, name};
use crate::held::run::{Failure, FailureKind, Outcome, Run, Tally, seconds};
use crate::text::counted::counted;

mod figures;

pub(crate) use figures::{Figures, UNDER_WAY, word};

use figures::shown;

/// So many records that are quarantined are named.
const SHOWN: usize = 10;

/// What a command says of a run. It prints as lines and serialises as the stable object of `--format json`.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    run: &'a Run,
    plan: Option<&'a Plan>,
    command: Command,
}

/// Which command ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Plan,
    Sync,
    Runs,
}

impl<'a> Report<'a> {
    /// What `plan` says. There is no plan when the run failed.
    #[must_use]
    pub(crate) const fn of_plan(run: &'a Run, plan: Option<&'a Plan>) -> Self {
        let command = Command::Plan;
        Self { run, plan, command }
    }

    /// What `sync` says.
    #[must_use]
    pub(crate) const fn of_sync(run: &'a Run, plan: Option<&'a Plan>) -> Self {
        let command = Command::Sync;
        Self { run, plan, command }
    }

    /// What `runs show` says of a run before its changes. Whatever it withheld may have been approved since.
    #[must_use]
    pub(crate) const fn of_ledger(run: &'a Run) -> Self {
        let (command, plan) = (Command::Runs, None);
        Self { run, plan, command }
    }
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Object::of(self).serialize(serializer)
    }
}

/// The object, in the order of its fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    provider: &'a str,
    /// Its number in the ledger; none of a plan.
    run: Option<u64>,
    #[serde(flatten)]
    figures: Figures<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    withheld_removals: &'a [Withheld],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    renames_withheld: &'a [Rename],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
}

/// The plan in full, for `plan`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    changes: &'a [PlannedChange],
    name_collisions: Vec<NameCollision<'a>>,
    sign_in: &'a SignIn,
}

/// An object that could not have the name it would have alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NameCollision<'a> {
    kind: &'static str,
    okta_id: &'a str,
    wanted: &'a str,
    holder: Option<&'a str>,
    given: &'a str,
    entity_ref: &'a str,
}

impl<'a> From<&'a Collision> for NameCollision<'a> {
    fn from(collision: &'a Collision) -> Self {
        Self {
            kind: collision.kind.as_str(),
            okta_id: &collision.okta_id,
            wanted: &collision.wanted,
            holder: collision.holder.as_deref(),
            given: collision.given.name(),
            entity_ref: collision.given.as_str(),
        }
    }
}

impl<'a> Object<'a> {
    fn of(report: &Report<'a>) -> Self {
        let Report { run, plan, command } = *report;
        let details = plan.filter(|_| command == Command::Plan);
        Self {
            provider: &run.provider,
            run: run.number,
            figures: Figures::of(run),
            withheld_removals: plan.map_or(&[], |plan| &plan.withheld),
            renames_withheld: plan.map_or(&[], |plan| &plan.withheld_renames),
            error: run.failure.as_ref(),
            details: details.map(|plan| Details {
                changes: &plan.changes,
                name_collisions: plan.collisions.iter().map(Into::into).collect(),
                sign_in: &plan.sign_in,
            }),
        }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.headline(f)?;
        self.figures(f)?;
        match self.command {
            // It has named them already.
            Command::Plan => {}
            Command::Sync => self.quarantined(f, SHOWN)?,
            Command::Runs => self.quarantined(f, usize::MAX)?,
        }
        let Run {
            provider,
            tally,
            guard,
            plan_id,
            notices,
            ..
        } = self.run;
        for reason in guard {
            writeln!(f, "  guard: {}", line(&reason.to_string()))?;
        }
        let can_be_approved = self.command != Command::Runs && tally.is_withheld();
        if let (true, Some(plan_id)) = (can_be_approved, plan_id) {
            writeln!(
                f,
                "  approve this once with: portal-sync sync --provider {provider} --approve {plan_id}"
            )?;
        }
        for notice in notices {
            writeln!(f, "  note: {}", message(&notice.to_string()))?;
        }
        Ok(())
    }
}

impl Report<'_> {
    /// What changes, or changed.
    fn headline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run {
            provider,
            outcome,
            tally,
            ..
        } = self.run;
        let Tally {
            added,
            updated,
            removed,
            renamed,
            ..
        } = tally;
        let of_them = |what: &str| match renamed {
            0 => String::new(),
            renamed => format!(" ({renamed} {what})"),
        };
        write!(f, "{}: ", name(provider))?;
        match (self.command, tally.has_changes(), self.run.generation) {
            (Command::Plan, false, _) => writeln!(f, "nothing to change"),
            (Command::Plan, true, _) | (_, true, None) => writeln!(
                f,
                "plan {}: {added} to add, {updated} to update{}, {removed} to remove",
                self.run.plan_id.as_deref().unwrap_or_default(),
                of_them("to rename"),
            ),
            (_, false, None) if *outcome == Outcome::Blocked => writeln!(
                f,
                "blocked by the guard; nothing else changed, nothing was written"
            ),
            (_, false, None) => writeln!(f, "nothing changed, nothing was written"),
            (_, false, Some(generation)) => {
                writeln!(f, "generation {generation} committed")
            }
            (_, true, Some(generation)) => writeln!(
                f,
                "generation {generation} committed: {added} added, {updated} updated{}, {removed} removed",
                of_them("renamed"),
            ),
        }
    }

    /// How much the catalog holds, what was asked of Okta, and what did not go well.
    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = self.run;
        let failure = run.failure.as_ref();
        // Whoever closed it did not ask.
        if failure.is_some_and(|it| it.kind == FailureKind::Interrupted) {
            return Ok(());
        }
        writeln!(
            f,
            "  catalog: {}, {}, {}",
            counted(run.counts.users, "user", "users"),
            counted(run.counts.groups, "group", "groups"),
            counted(run.counts.memberships, "membership", "memberships")
        )?;
        let requests = run.asked.total();
        writeln!(
            f,
            "  okta: {requests} {}, {} throttled, {:.1} s waited for the rate limit, {:.1} s for answers that failed, {:.1} s in all",
            if requests == 1 { "request" } else { "requests" },
            run.asked.throttled,
            seconds(run.asked.waited),
            seconds(run.asked.backed_off),
            run.seconds()
        )?;
        if let Some(reads) = &run.reads {
            writeln!(f, "  read: {reads}")?;
        }
        for (count, what) in [
            (run.tally.withheld, "withheld by the guard"),
            (run.tally.withheld_renames, "renames withheld by the guard"),
            (
                run.unknown.len(),
                "unknown: their members could not be read",
            ),
            (
                run.quarantined.len(),
                "quarantined: their records could not be decoded or named",
            ),
            (run.collisions, "named differently because of a collision"),
        ] {
            if count > 0 {
                writeln!(f, "  {count} {what}")?;
            }
        }
        Ok(())
    }

    fn quarantined(&self, f: &mut fmt::Formatter<'_>, most: usize) -> fmt::Result {
        let records = &self.run.quarantined;
        for (id, reason) in records.iter().take(most) {
            let (id, reason) = (name(id), shown(reason));
            writeln!(f, "  record {id} is quarantined: {reason}")?;
        }
        if records.len() > most {
            writeln!(f, "  … `plan` names all of them")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
