//! One whole run with its figures, as `sync` and `serve` both make it.

use std::sync::Arc;
use std::time::Duration;

use okta_auth::Clock;
use tokio::time::Instant;

use crate::decide::plan::{Counts, Plan};
use crate::read::directory::OnProgress;
use crate::run::first_runs::FirstRun;
use crate::run::provider::Provider;
use crate::run::report::Report;
use crate::run::steps::{self, RunError};
use crate::store::CatalogStore;

/// What becomes of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It is reported.
    Report,
    /// It is committed and reported.
    Commit,
}

/// A run that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What it says of itself.
    pub report: Report,
    /// The plan, unless the run failed.
    pub result: Result<Plan, RunError>,
}

/// One run that is about to begin.
pub(crate) struct Cycle<'a> {
    /// The org that is read.
    pub okta: &'a Provider,
    /// Where the catalog is kept.
    pub store: &'a dyn CatalogStore,
    /// Wall time.
    pub clock: &'a Arc<dyn Clock>,
    /// What the run may take, `schedule.timeout`.
    pub limit: Duration,
    /// Told how far the read has come.
    pub on_progress: OnProgress,
    /// The id of an earlier plan whose withheld changes may be made.
    pub approved: Option<&'a str>,
    /// What becomes of the plan.
    pub then: Then,
    /// When a tenant that was never read may commit.
    pub first_run: &'a FirstRun,
}

impl Cycle<'_> {
    /// Runs once. The last tenth of the limit is kept for plan and commit; a commit that has begun is waited for, so that
    /// the report says what became of it.
    pub(crate) async fn run(self) -> Ended {
        let Self {
            okta,
            store,
            clock,
            limit,
            on_progress,
            approved,
            then,
            first_run,
        } = self;
        let (began, before) = (Instant::now(), okta.usage());
        let settings = okta.settings();
        let work = async {
            let directory = okta.directory(on_progress);
            let taken_at = clock.now();
            let until = began + limit.mul_f64(0.9);
            let read = steps::read(&directory, store, settings, taken_at, until);
            let known = tokio::time::timeout(limit, read)
                .await
                .unwrap_or(Err(RunError::TimedOut(limit)))?;
            match then {
                Then::Report => {
                    let (known, plan) = steps::decided(known, store, settings, None).await?;
                    steps::forget(known);
                    Ok((plan, None))
                }
                Then::Commit => {
                    steps::commit(known, store, settings, approved, taken_at, first_run).await
                }
            }
        };
        let result = work.await;
        first_run.end();
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
}
