//! Forgetting a provider: the run that takes everything of it out of the catalog, and what is said of it.

use std::fmt;
use std::sync::Arc;

use okta_auth::Clock;
use serde::{Serialize, Serializer};
use tokio::time::Instant;

use crate::decide::forget::Forgetting;
use crate::decide::plan::{PlannedChange, name};
use crate::held::approval::Approval;
use crate::held::run::{Counts, Outcome, Run, Tally, Why};
use crate::run::error::RunError;
use crate::run::outcome::failed;
use crate::run::report::Figures;
use crate::run::turn::{renewing, while_held};
use crate::store::{
    CatalogStore, Claim, Ending, Holder, LEASE, StoreError, StoreErrorKind, Turn, Work,
};
use crate::text::chain;
use crate::text::counted::counted;

/// So many of what goes are named to a person.
const SHOWN: usize = 20;

/// The account of a run that would do this, if somebody approved it.
#[must_use]
pub(crate) fn planned(forgetting: &Forgetting) -> Run {
    Run {
        provider: forgetting.provider.clone(),
        why: Why::Forget,
        outcome: Outcome::Complete,
        plan_id: Some(forgetting.id.clone()),
        counts: forgetting.counts,
        tally: Tally {
            removed: forgetting.changes.len(),
            ..Tally::default()
        },
        ..Run::default()
    }
}

/// Takes the turn of the provider, and does what somebody approved, when it still is what would go. The result is the account of the
/// run.
///
/// # Errors
/// When the provider is run at the same time, the catalog holds something else of it by now, or the store cannot be written.
pub(crate) async fn forget(
    forgetting: &Forgetting,
    store: &dyn CatalogStore,
    (holder, by): (&Holder, &str),
    clock: &dyn Clock,
) -> Result<Run, RunError> {
    let (began, started) = (clock.now(), Instant::now());
    let claim = Claim {
        provider: forgetting.provider.clone(),
        holder: holder.clone(),
        why: Why::Forget,
        began,
        lease: LEASE,
    };
    let turn = store.begin(claim).await?;
    let account = || Run {
        number: Some(turn.number),
        began,
        ended: began.saturating_add(started.elapsed()).unwrap_or(began),
        counts: Counts::default(),
        approved: Some(forgetting.id.clone()),
        approved_by: Some(by.to_owned()),
        ..planned(forgetting)
    };
    let done = by_turn(forgetting, store, &turn, account).await;
    if let Err(error) = &done {
        let run = Run {
            plan_id: None,
            tally: Tally::default(),
            counts: forgetting.counts,
            ..failed(account(), error)
        };
        if let Err(error) = store.end(&turn, Ending::of(run)).await {
            tracing::warn!(
                error = %chain(&error),
                "the ledger has no account of this run: the next one closes it as interrupted"
            );
        }
    }
    done
}

async fn by_turn(
    forgetting: &Forgetting,
    store: &dyn CatalogStore,
    turn: &Turn,
    account: impl Fn() -> Run,
) -> Result<Run, RunError> {
    let state = async { Ok(store.state(&forgetting.provider).await?) };
    let state = while_held(store, Some(turn), state).await?;
    if Forgetting::of(&forgetting.provider, &state).id != forgetting.id {
        let doing = format!("forgetting `{}`", forgetting.provider);
        return Err(StoreError::new(StoreErrorKind::Conflict, doing).into());
    }
    drop(state);
    let run = account();
    let approval = Approval {
        provider: forgetting.provider.clone(),
        plan_id: forgetting.id.clone(),
        by: run.approved_by.clone().unwrap_or_default(),
        at: run.began,
    };
    store.approve(approval, LEASE).await?;
    let ending = Ending {
        work: Work::Forget,
        changes: Arc::clone(&forgetting.changes),
        approval: Some(forgetting.id.clone()),
        ..Ending::of(run.clone())
    };
    let generation = renewing(store, turn, store.end(turn, ending)).await?;
    Ok(Run { generation, ..run })
}

/// What `forget` says: of what would go, or of what went. It prints as lines and serialises as the object of `--format json`.
#[derive(Debug)]
pub(crate) struct ForgetReport<'a> {
    /// The account.
    pub run: &'a Run,
    /// What goes, or went.
    pub forgetting: &'a Forgetting,
}

#[derive(Serialize)]
struct Object<'a> {
    provider: &'a str,
    /// Its number in the ledger; none when nothing was done.
    run: Option<u64>,
    #[serde(flatten)]
    figures: Figures<'a>,
    changes: &'a [PlannedChange],
}

impl Serialize for ForgetReport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { run, forgetting } = *self;
        Object {
            provider: &run.provider,
            run: run.number,
            figures: Figures::of(run),
            changes: &forgetting.changes,
        }
        .serialize(serializer)
    }
}

impl fmt::Display for ForgetReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Forgetting {
            provider,
            id,
            counts,
            changes,
        } = self.forgetting;
        let provider = name(provider);
        let (users, groups) = (
            counted(counts.users, "user", "users"),
            counted(counts.groups, "group", "groups"),
        );
        if let Some(generation) = self.run.generation {
            return writeln!(
                f,
                "{provider}: generation {generation} committed: {users} and {groups} removed"
            );
        }
        writeln!(f, "{provider}: plan {id}: {users} and {groups} to remove")?;
        for change in changes.iter().take(SHOWN) {
            writeln!(f, "{change}")?;
        }
        if let Some(more) = changes.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            writeln!(f, "… and {more} more: `--format json` names all of them")?;
        }
        writeln!(
            f,
            "  let them go with: portal-sync forget {provider} --approve {id}"
        )
    }
}

#[cfg(test)]
mod tests;
