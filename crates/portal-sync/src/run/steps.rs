//! One run: read, plan, commit.
//!
//! A run takes the whole state in, is idempotent, and does not retry itself: the client retries requests, the schedule
//! retries runs.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use okta_api::{ErrorKind, GIVE_ROLE};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::decide::mapping::MappingError;
use crate::decide::plan::{Known, Plan, PlanError, Settings, plan};
use crate::exit::Exit;
use crate::read::apart::apart;
use crate::read::baseline::Baseline;
use crate::read::directory::{Directory, ReadError};
use crate::run::first_runs::FirstRun;
use crate::store::{CatalogStore, Commit, StoreError, StoreErrorKind};

/// How often a plan is made anew because another provider took one of its names meanwhile.
const REPLANS: usize = 3;

/// Reads the store and the org, the org until `until` at the latest.
///
/// # Errors
/// When one of them could not be read.
pub(crate) async fn read(
    directory: &dyn Directory,
    store: &dyn CatalogStore,
    settings: &Settings,
    taken_at: Timestamp,
    until: Instant,
) -> Result<Known, RunError> {
    let span = tracing::info_span!("read", provider = %settings.provider);
    async {
        // The store first: a commit of another run meanwhile is then seen at ours.
        let state = store
            .state(&settings.provider)
            .await
            .map_err(RunError::Store)?;
        let last = &state.remembered().criteria;
        let baseline = Baseline::of(last, &settings.criteria);
        let read = directory.read(&baseline, until).await;
        Ok(Known::new(state, read.map_err(RunError::Read)?, taken_at))
    }
    .instrument(span)
    .await
}

/// Decides what to do. `approved` is the id of an earlier plan whose withheld removals may go.
///
/// # Errors
/// When the org shows nobody and the catalog has nobody of it either.
pub(crate) fn decide(
    known: &Known,
    settings: &Settings,
    approved: Option<&str>,
) -> Result<Plan, RunError> {
    plan(known, settings, approved).map_err(RunError::Plan)
}

/// The same beside the threads that wait, with what is known given back: an org of a hundred thousand people takes seconds.
pub(crate) async fn decided(
    known: Known,
    settings: &Settings,
    approved: Option<&str>,
) -> (Known, Result<Plan, RunError>) {
    let (settings, approved) = (settings.clone(), approved.map(str::to_owned));
    let work = move || {
        let plan = decide(&known, &settings, approved.as_deref());
        (known, plan)
    };
    apart(work).await
}

/// Gives the memory of an org back beside the threads that wait.
pub(crate) fn forget(known: Known) {
    drop(tokio::task::spawn_blocking(move || drop(known)));
}

/// Decides what to do and does it. Returns the plan and the number of the new generation, or no number when there was
/// nothing to write. A tenant that was never read waits for its place among the others.
///
/// # Errors
/// As [`decide`], and when the store could not be written or another run of this provider committed meanwhile.
pub(crate) async fn commit(
    mut known: Known,
    store: &dyn CatalogStore,
    settings: &Settings,
    approved: Option<&str>,
    taken_at: Timestamp,
    first_run: &FirstRun,
) -> Result<(Plan, Option<u64>), RunError> {
    let base = known.state().generation();
    if base.is_none() {
        first_run.wait_for_earlier().await;
        let state = store.state(&settings.provider).await;
        let state = state.map_err(RunError::Store)?;
        known = apart(|| known.over(state)).await;
    }
    let mut replans = 0;
    loop {
        let plan;
        (known, plan) = decided(known, settings, approved).await;
        let plan = plan?;
        // A first run commits even an empty catalog: from then on it is known to be complete.
        if let (true, Some(base)) = (plan.is_empty(), base) {
            if plan.remembered != *known.state().remembered() {
                let remembered = plan.remembered.clone();
                let kept = store.remember(&plan.provider, base, remembered).await;
                kept.map_err(RunError::Store)?;
            }
            forget(known);
            return Ok((plan, None));
        }
        let (plan, commit) = apart(move || {
            let commit = Commit {
                provider: plan.provider.clone(),
                base,
                taken_at,
                removed: plan.removed.clone(),
                written: plan.written.clone(),
                remembered: plan.remembered.clone(),
            };
            (plan, commit)
        })
        .await;
        match store.commit(commit).await {
            Ok(generation) => {
                // Of a first run everything is new.
                for change in plan.changes.iter().filter(|_| base.is_some()) {
                    tracing::debug!(provider = %plan.provider, generation, "{}", change.headline());
                }
                forget(known);
                return Ok((plan, Some(generation)));
            }
            Err(error) if error.kind() == StoreErrorKind::NameTaken && replans < REPLANS => {
                // The names that are taken are read again; what this provider has stays as it was when the org was read.
                replans += 1;
                let state = store.state(&settings.provider).await;
                let state = state.map_err(RunError::Store)?;
                known = apart(|| known.over(state)).await;
            }
            Err(error) => return Err(RunError::Store(error)),
        }
    }
}

/// A run that failed. The catalog is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum RunError {
    /// The org could not be read.
    Read(ReadError),
    /// What was read gives no plan.
    Plan(PlanError),
    /// The store failed.
    Store(StoreError),
    /// The run took longer than it may: this long. What Okta is asked for ends before that, with an error of its own.
    TimedOut(Duration),
}

impl RunError {
    /// The exit code.
    #[must_use]
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Read(ReadError::NoGroupOfList(_)) => Exit::Usage,
            Self::Read(ReadError::TooMany { .. }) => Exit::Okta,
            Self::Read(ReadError::Okta { source, .. }) => match source.kind() {
                ErrorKind::Unauthenticated | ErrorKind::Forbidden { .. } => Exit::Refused,
                ErrorKind::BadSearch | ErrorKind::SearchTooLong => Exit::Usage,
                _ => Exit::Okta,
            },
            Self::Plan(PlanError::EmptySource { .. }) => Exit::Refused,
            Self::Plan(PlanError::AnotherOrg { .. }) => Exit::Usage,
            Self::Plan(PlanError::Mapping(MappingError::Collisions(_))) => Exit::Usage,
            Self::Plan(PlanError::Mapping(_)) => Exit::Store,
            Self::Plan(PlanError::Unsound(_)) => Exit::Bug,
            Self::Store(error) => match error.kind() {
                StoreErrorKind::Conflict | StoreErrorKind::NameTaken => Exit::Busy,
                _ => Exit::Store,
            },
            Self::TimedOut(_) => Exit::Okta,
        }
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn fix(&self) -> Option<String> {
        let fix = match self {
            Self::Read(ReadError::NoGroupOfList(_)) => {
                "names compare exactly, capitals included: copy them from Directory > Groups in the Okta admin console"
            }
            Self::Read(ReadError::Okta { source, .. }) => return fix_of_read(source),
            Self::Read(ReadError::TooMany { what, limit }) => {
                return Some(format!(
                    "raise `portalSync.limits.{what}` above {limit}, or the tenant's own `limits.{what}` where it has one, if \
                     the org is that large"
                ));
            }
            Self::Plan(PlanError::EmptySource { .. }) => GIVE_ROLE,
            Self::Plan(PlanError::AnotherOrg { .. }) => {
                "correct `oktaUrl`; an org that comes in addition is a tenant with an `id` of its own, and one that replaces the \
                 other begins with an empty store (`portalSync.store.url`)"
            }
            Self::Plan(PlanError::Mapping(MappingError::Collisions(_))) => {
                "choose a `userName` or `groupName` that keeps them apart, or set `mapping.collisions` to `suffix`"
            }
            Self::Plan(PlanError::Mapping(_)) => {
                "restore the store from a backup, or remove its file: the next run fills it again"
            }
            Self::Plan(PlanError::Unsound(_)) => {
                "this is a bug in portal-sync: please report it with this message"
            }
            Self::Store(error) => error.fix(),
            Self::TimedOut(_) => "raise `schedule.timeout`; the next run tries again",
        };
        Some(fix.to_owned())
    }
}

/// The library's own fix, with the keys of the configuration.
fn fix_of_read(error: &okta_api::Error) -> Option<String> {
    let filter = match error.endpoint() {
        "/api/v1/users" => "`userFilter`",
        _ => "`groupFilter`",
    };
    let fix = match error.kind() {
        ErrorKind::BadSearch => {
            format!("correct {filter}: Okta refuses the expression it was sent")
        }
        ErrorKind::SearchTooLong => format!(
            "shorten {filter}: of what it wants, as few clauses as possible; about 2,000 characters pass as a rule"
        ),
        ErrorKind::DeadlineExceeded => "raise `schedule.timeout` if Okta needs more time; where it gives no answer or fails, \
             check `oktaUrl` and the network, and see status.okta.com"
            .to_owned(),
        ErrorKind::Throttled => {
            "something else uses up the tenant's rate limit: lower `rateLimit.share` or the other's use".to_owned()
        }
        ErrorKind::ServerFailure => format!("{}; the next run tries again", error.fix()?),
        ErrorKind::Unreachable
        | ErrorKind::NotOkta
        | ErrorKind::WrongAddress
        | ErrorKind::Protocol => error.fix()?.replace("the org URL", "`oktaUrl`"),
        _ => error.fix()?.into_owned(),
    };
    Some(fix)
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Plan(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::TimedOut(limit) => {
                write!(
                    f,
                    "the run was given up after {limit:?}, its `schedule.timeout`"
                )
            }
        }
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read(error) => error.source(),
            Self::Plan(error) => error.source(),
            Self::Store(error) => error.source(),
            Self::TimedOut(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
