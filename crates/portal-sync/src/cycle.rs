//! One whole run with its figures, as `sync` and `serve` both make it.

use std::sync::Arc;
use std::time::Duration;

use okta_auth::Clock;
use tokio::time::Instant;

use crate::directory::OnProgress;
use crate::okta::{Okta, Usage};
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

/// Runs once, for at most `limit`.
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
    let work = async {
        let directory = okta.directory(on_progress);
        let taken_at = clock.now();
        let settings = okta.settings();
        match then {
            Then::Report => {
                let plan = run::dry_run(&directory, store, settings).await?;
                Ok((plan, None))
            }
            Then::Commit => run::sync(&directory, store, settings, approved, taken_at).await,
        }
    };
    let result = tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(RunError::timed_out(limit, okta.last_failure())));
    let usage: Usage = okta.usage().since(&before);
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
            let provider = &okta.settings().provider;
            let state = store.state(provider).await;
            let counts = state.as_ref().map(Counts::of).unwrap_or_default();
            let report = Report::of_failure(provider, &error, counts, usage, took);
            Ended {
                report,
                result: Err(error),
            }
        }
    }
}
