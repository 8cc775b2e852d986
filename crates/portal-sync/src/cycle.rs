//! One whole run with its figures, as `sync` and `serve` both make it.

use std::sync::Arc;
use std::time::Duration;

use okta_auth::Clock;
use tokio::time::Instant;

use crate::directory::OnProgress;
use crate::okta::Okta;
use crate::plan::{Counts, Plan};
use crate::report::Report;
use crate::run::{self, RunError};
use crate::store::CatalogStore;

/// What becomes of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is reported.
    Report,
    /// It is committed and reported.
    Commit,
}

/// A run that ended.
#[derive(Debug)]
pub struct Ended {
    /// What it says of itself.
    pub report: Report,
    /// The plan, unless the run failed.
    pub result: Result<Plan, RunError>,
}

/// Runs once. Reading takes at most `limit`; a commit that has begun is waited for, so that the report says what became of
/// it.
pub async fn run_once(
    okta: &Okta,
    store: &dyn CatalogStore,
    clock: &Arc<dyn Clock>,
    limit: Duration,
    on_progress: OnProgress,
    approved: Option<&str>,
    then: Then,
) -> Ended {
    let (began, before) = (Instant::now(), okta.usage());
    let settings = okta.settings();
    let work = async {
        let directory = okta.directory(on_progress);
        let taken_at = clock.now();
        // Kept until it is known what it was failing of when its time was over.
        let mut read = std::pin::pin!(run::read(&directory, store, settings, taken_at));
        let known = tokio::time::timeout(limit, read.as_mut())
            .await
            .unwrap_or_else(|_| Err(RunError::timed_out(limit, okta.last_failure())))?;
        match then {
            Then::Report => Ok((run::decide(&known, settings, None)?, None)),
            Then::Commit => run::commit(known, store, settings, approved, taken_at).await,
        }
    };
    let result = work.await;
    let usage = okta.usage().since(&before);
    let took = began.elapsed();
    match result {
        Ok((plan, generation)) => {
            let report = Report::of_plan(&plan, then == Then::Commit, generation, usage, took);
            Ended {
                report,
                result: Ok(plan),
            }
        }
        Err(error) => {
            let provider = &settings.provider;
            let counts = store
                .state(provider)
                .await
                .as_ref()
                .map(Counts::of)
                .unwrap_or_default();
            let report = Report::of_failure(provider, &error, counts, usage, took);
            Ended {
                report,
                result: Err(error),
            }
        }
    }
}
