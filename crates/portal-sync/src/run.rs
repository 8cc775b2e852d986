//! One run: read, plan, commit.
//!
//! A run takes the whole state in, is idempotent, and does not retry itself: the client retries requests, the schedule
//! retries runs.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use okta_api::ErrorKind;
use tracing::Instrument as _;

use crate::directory::{Directory, ReadError};
use crate::exit::Exit;
use crate::mapping::MappingError;
use crate::plan::{GIVE_ROLE, Known, Plan, PlanError, Settings, plan};
use crate::store::{CatalogStore, Commit, StoreError, StoreErrorKind};

/// How often a plan is made anew because another provider took one of its names meanwhile.
const REPLANS: usize = 3;

/// Reads the store and the org.
///
/// # Errors
/// When one of them could not be read.
pub async fn read(
    directory: &dyn Directory,
    store: &dyn CatalogStore,
    settings: &Settings,
    taken_at: Timestamp,
) -> Result<Known, RunError> {
    let span = tracing::info_span!("read", provider = %settings.provider);
    async {
        // The store first: a commit of another run meanwhile is then seen at ours.
        let state = store
            .state(&settings.provider)
            .await
            .map_err(RunError::Store)?;
        let snapshot = directory.read().await.map_err(RunError::Read)?;
        Ok(Known::new(state, snapshot, settings, taken_at))
    }
    .instrument(span)
    .await
}

/// Decides what to do. `approved` is the id of an earlier plan whose withheld removals may go.
///
/// # Errors
/// When the org shows nobody and the catalog has nobody of it either.
pub fn decide(
    known: &Known,
    settings: &Settings,
    approved: Option<&str>,
) -> Result<Plan, RunError> {
    plan(known, settings, approved).map_err(RunError::Plan)
}

/// Decides what to do and does it. Returns the plan and the number of the new generation, or no number when there was
/// nothing to write.
///
/// # Errors
/// As [`decide`], and when the store could not be written or another run of this provider committed meanwhile.
pub async fn commit(
    mut known: Known,
    store: &dyn CatalogStore,
    settings: &Settings,
    approved: Option<&str>,
    taken_at: Timestamp,
) -> Result<(Plan, Option<u64>), RunError> {
    let base = known.state().generation();
    let mut replans = 0;
    loop {
        let plan = decide(&known, settings, approved)?;
        // A first run commits even an empty catalog: from then on it is known to be complete.
        if plan.is_empty() && base.is_some() {
            return Ok((plan, None));
        }
        let commit = Commit {
            provider: plan.provider.clone(),
            base,
            taken_at,
            removed: plan.removed.clone(),
            written: plan.written.clone(),
        };
        match store.commit(commit).await {
            Ok(generation) => return Ok((plan, Some(generation))),
            Err(error) if error.kind() == StoreErrorKind::NameTaken && replans < REPLANS => {
                // The names that are taken are read again; what this provider has stays as it was when the org was read.
                replans += 1;
                let state = store.state(&settings.provider).await;
                known = known.over(state.map_err(RunError::Store)?);
            }
            Err(error) => return Err(RunError::Store(error)),
        }
    }
}

/// A run that failed. The catalog is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The org could not be read.
    Read(ReadError),
    /// What was read gives no plan.
    Plan(PlanError),
    /// The store failed.
    Store(StoreError),
    /// The run took longer than it may.
    TimedOut {
        /// What it may take.
        limit: Duration,
        /// The request that was being tried again, if one was.
        last_failure: Option<LastFailure>,
    },
}

/// What failed last before a run was given up.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LastFailure(String);

impl RunError {
    /// A run that was given up after `limit`, and the request that was being tried again, if one was.
    #[must_use]
    pub fn timed_out(limit: Duration, last_failure: Option<String>) -> Self {
        Self::TimedOut {
            limit,
            last_failure: last_failure.map(LastFailure),
        }
    }
}

impl RunError {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Read(ReadError::NoGroupOfList(_)) => Exit::Usage,
            Self::Read(ReadError::Okta { source, .. }) => match source.kind() {
                ErrorKind::Unauthenticated | ErrorKind::Forbidden { .. } => Exit::Refused,
                ErrorKind::BadSearch | ErrorKind::SearchTooLong => Exit::Usage,
                _ => Exit::Okta,
            },
            Self::Plan(PlanError::EmptySource { .. }) => Exit::Refused,
            Self::Plan(PlanError::Mapping(MappingError::Collisions(_))) => Exit::Usage,
            Self::Plan(PlanError::Mapping(_)) => Exit::Store,
            Self::Plan(PlanError::Unsound(_)) => Exit::Bug,
            Self::Store(error) => match error.kind() {
                StoreErrorKind::Conflict | StoreErrorKind::NameTaken => Exit::Busy,
                _ => Exit::Store,
            },
            Self::TimedOut { .. } => Exit::Okta,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> Option<String> {
        let fix = match self {
            Self::Read(ReadError::NoGroupOfList(_)) => {
                "names compare exactly, capitals included: copy them from Directory > Groups in the Okta admin console"
            }
            Self::Read(ReadError::Okta { source, .. }) => return fix_of_read(source),
            Self::Plan(PlanError::EmptySource { .. }) => GIVE_ROLE,
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
            Self::TimedOut {
                last_failure: Some(_),
                ..
            } => "check `oktaUrl` and that Okta can be reached from here; the next run tries again",
            Self::TimedOut { .. } => {
                "raise `schedule.timeout`, or `rateLimit.share` if the run waited for the tenant's rate limit"
            }
        };
        Some(fix.to_owned())
    }
}

/// The library's own fix, where it does not take a key of the configuration to say it.
fn fix_of_read(error: &okta_api::Error) -> Option<String> {
    let filter = match error.endpoint() {
        "/api/v1/users" => "`userFilter`",
        _ => "`groupFilter`",
    };
    let fix = match error.kind() {
        ErrorKind::BadSearch => {
            return Some(format!(
                "correct {filter}: Okta refuses the expression it was sent"
            ));
        }
        ErrorKind::SearchTooLong => {
            return Some(format!(
                "shorten {filter}: of what it wants, as few clauses as possible; about 2,000 characters pass as a rule"
            ));
        }
        ErrorKind::Forbidden {
            missing_scope: None,
            ..
        } => GIVE_ROLE,
        ErrorKind::Unreachable | ErrorKind::DeadlineExceeded => {
            "check `oktaUrl`, and that this machine reaches it over HTTPS (a proxy is taken from HTTPS_PROXY)"
        }
        ErrorKind::NotOkta => {
            "check `oktaUrl`; where it is right, a firewall or a proxy answers in Okta's place (a proxy is taken from \
             HTTPS_PROXY): let this machine's requests to the org pass it"
        }
        ErrorKind::WrongAddress | ErrorKind::Protocol => {
            "check that `oktaUrl` is the address of the org itself and that no proxy answers in its place"
        }
        ErrorKind::Throttled => {
            "something else uses up the tenant's rate limit: lower `rateLimit.share` or the other's use"
        }
        ErrorKind::ServerFailure => {
            "Okta is failing: see status.okta.com; the next run tries again"
        }
        _ => return error.fix().map(Cow::into_owned),
    };
    Some(fix.to_owned())
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Plan(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::TimedOut { limit, .. } => {
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
            Self::TimedOut { last_failure, .. } => last_failure.as_ref().map(|last| last as _),
        }
    }
}

#[cfg(test)]
mod tests;
