//! What the ledger proves of runs that were disturbed.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use serde::Deserialize;

use super::disturbance::Disturbance;
use crate::harness::{Harness, Ledger, PastRun};

/// How long the turn of a process lasts that does not renew it.
const LEASE: Duration = Duration::from_secs(15);

/// By how much runs that nobody disturbed may overlap: one says that it began before it asks for its turn.
const OVERLAP: Duration = Duration::from_secs(1);

/// What is allowed.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How much longer than the lease it may take until another run begins.
    pub takeover: Duration,
    /// How long after a commit both replicas show it.
    pub shown: Duration,
}

/// What was measured.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) runs: usize,
    pub(super) committed: usize,
    pub(super) interrupted: usize,
    pub(super) failed: usize,
    /// From a disturbance of a run that was never ended to the next one, at most.
    pub(super) takeover: Duration,
    /// How many of these there were.
    pub(super) takeovers: usize,
    /// Between the beginnings of two runs, at most.
    pub(super) pause: Duration,
}

/// Proves of a ledger without holes that runs did not overlap, and that whoever was disturbed was taken over in time.
pub(super) fn of_ledger(
    ledger: &Ledger,
    disturbances: &[Disturbance],
    bounds: Bounds,
) -> anyhow::Result<Figures> {
    let runs = &ledger.runs;
    let count = |is: fn(&PastRun) -> bool| runs.iter().filter(|run| is(run)).count();
    let mut figures = Figures {
        runs: runs.len(),
        committed: count(|run| run.generation.is_some()),
        interrupted: count(PastRun::is_interrupted),
        failed: count(|run| run.failure.is_some() && !run.is_interrupted()),
        ..Figures::default()
    };
    for (run, next) in runs.iter().zip(runs.iter().skip(1)) {
        figures.pause = figures.pause.max(between(run.began, next.began));
        let disturbed = disturbances.iter().find(|it| it.struck(run));
        match disturbed.filter(|_| run.is_interrupted()) {
            Some(disturbance) => {
                let takeover = between(disturbance.at, next.began);
                ensure!(
                    takeover <= LEASE + bounds.takeover,
                    "run {} was interrupted by {disturbance}, and run {} began {takeover:.1?} after that",
                    run.run,
                    next.run
                );
                figures.takeover = figures.takeover.max(takeover);
                figures.takeovers += 1;
            }
            None => {
                let ended = run.ended.context("it is not the newest")?;
                let overlap = between(next.began, ended);
                let is_explained = disturbances
                    .iter()
                    .any(|it| it.is_of(next) || it.is_of(run));
                ensure!(
                    overlap <= OVERLAP || is_explained,
                    "runs {} and {} overlap by {overlap:.1?}",
                    run.run,
                    next.run
                );
            }
        }
    }
    Ok(figures)
}

/// From one time to another; nothing when the other was before.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// A run with its changes, as `runs show` has them.
#[derive(Deserialize)]
struct Shown {
    changes: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    change: String,
    okta_id: String,
    entity_ref: String,
    from: Option<String>,
}

/// The refs of all entities by their Okta ids, as the changes of one run after the other make them. A change that was made
/// to something else than what the run before left is a fault.
pub(super) async fn replayed(
    harness: &Harness,
    ledger: &Ledger,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut catalog = BTreeMap::new();
    for PastRun { run: number, .. } in ledger.runs.iter().filter(|it| it.generation.is_some()) {
        let show = ["runs", "show", &number.to_string(), "--format", "json"];
        let shown = harness.run(&show).await?.exited(0)?;
        let shown: Shown = serde_json::from_str(&shown.stdout)?;
        for change in shown.changes {
            let Change {
                change,
                okta_id,
                entity_ref,
                from,
            } = change;
            let before = if change == "removed" {
                catalog.remove(&okta_id)
            } else {
                catalog.insert(okta_id.clone(), entity_ref.clone())
            };
            let expected = match change.as_str() {
                "added" => None,
                "updated" | "removed" => Some(entity_ref),
                "renamed" => from,
                other => bail!("run {number} has a change `{other}`"),
            };
            ensure!(
                before == expected,
                "run {number} has {okta_id} {change}, and it was {before:?} by then, not {expected:?}"
            );
        }
    }
    Ok(catalog)
}
