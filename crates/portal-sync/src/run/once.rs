//! One run as a value: begin, read, decide or commit, end.
//!
//! A run takes the whole state in, is idempotent, and does not retry itself: the client retries requests, the schedule
//! retries runs. `plan` decides where `sync` and `serve` commit; nothing else tells them apart.

use std::mem::take;
use std::time::Duration;

use jiff::Timestamp;
use okta_auth::Clock;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use crate::decide::plan::{Known, Plan};
use crate::held::notice::Notice;
use crate::held::run::{Asked, Counts, Failure, Outcome, Run, Tally};
use crate::read::apart::apart;
use crate::read::baseline::Baseline;
use crate::read::directory::{Directory as _, OnProgress};
use crate::run::deciding::decided;
use crate::run::error::RunError;
use crate::run::first_runs::FirstRun;
use crate::run::provider::Provider;
use crate::store::{CatalogStore, Commit, StoreErrorKind};
use crate::text::chain;

/// How often a plan is made anew because somebody else committed meanwhile.
const REPLANS: usize = 3;

/// What part of the time of a run Okta may take. The rest is for the plan and the commit.
const FOR_OKTA: f64 = 0.9;

/// A run under way.
pub(crate) struct OneRun<'a> {
    provider: &'a Provider,
    store: &'a dyn CatalogStore,
    limit: Duration,
    began: Timestamp,
    started: Instant,
    /// What had been asked of the org before.
    asked_before: Asked,
    /// What the catalog holds of the provider, as it was last seen.
    counts: Counts,
    generation: Option<u64>,
}

impl<'a> OneRun<'a> {
    /// A run that begins now. `limit` is `schedule.timeout`: what it reads ends by then, and a commit that has begun is waited
    /// for, so that its account says what became of it.
    #[must_use]
    pub(crate) fn begin(
        provider: &'a Provider,
        store: &'a dyn CatalogStore,
        clock: &dyn Clock,
        limit: Duration,
    ) -> Self {
        Self {
            provider,
            store,
            limit,
            began: clock.now(),
            started: Instant::now(),
            asked_before: provider.usage(),
            counts: Counts::default(),
            generation: None,
        }
    }

    /// Reads the store and the org. Whatever Okta is asked for carries one deadline.
    ///
    /// # Errors
    /// When one of them could not be read.
    pub(crate) async fn read(&mut self, on_progress: OnProgress) -> Result<Known, RunError> {
        let settings = self.provider.settings();
        let span = tracing::info_span!("read", provider = %settings.provider);
        async {
            // The store first: a commit of another run meanwhile is then seen at ours.
            let state = self.store.state(&settings.provider);
            let state = timeout_at(self.started + self.limit, state).await;
            let state = state.map_err(|_| RunError::TimedOut(self.limit))??;
            self.counts = Counts::of(&state);
            let baseline = Baseline::of(&state.remembered().criteria, &settings.criteria);
            let directory = self.provider.directory(on_progress);
            let until = self.started + self.limit.mul_f64(FOR_OKTA);
            let org = directory.read(&baseline, until).await?;
            let taken_at = org.server_date.unwrap_or(self.began);
            Ok(Known::new(state, org, taken_at))
        }
        .instrument(span)
        .await
    }

    /// Decides what to do.
    ///
    /// # Errors
    /// When the org shows nobody and the catalog has nobody of it either, or no entities can be made of it.
    pub(crate) async fn decide(&mut self, mut known: Known) -> Result<Plan, RunError> {
        let mut replans = 0;
        loop {
            let plan;
            (known, plan) = self.decided(known, None).await;
            match plan {
                // Another run committed meanwhile: then the plan is about what that one left.
                Err(error) if error.is_overtaken() && replans < REPLANS => {
                    replans += 1;
                    known = self.over_what_is_there_now(known).await?;
                }
                plan => {
                    forget(known);
                    return plan;
                }
            }
        }
    }

    /// Decides what to do and does it. `approved` is the id of an earlier plan whose withheld changes may be made. A tenant that
    /// was never read waits for its place among the others. What is written goes from the plan to the store; the rest of the
    /// plan is returned.
    ///
    /// # Errors
    /// As [`OneRun::decide`], and when the store could not be written or another run of this provider committed meanwhile.
    pub(crate) async fn commit(
        &mut self,
        known: Known,
        approved: Option<&str>,
        first_run: &FirstRun,
    ) -> Result<Plan, RunError> {
        let done = self.decide_and_write(known, approved, first_run).await;
        match &done {
            Ok(plan) => self.counts = plan.after,
            // What the catalog holds is what the other run left there.
            Err(error) if error.is_overtaken() => {
                let state = self.store.state(&self.provider.settings().provider).await;
                self.counts = state.as_ref().map_or(self.counts, Counts::of);
            }
            Err(_) => {}
        }
        done
    }

    async fn decide_and_write(
        &mut self,
        mut known: Known,
        approved: Option<&str>,
        first_run: &FirstRun,
    ) -> Result<Plan, RunError> {
        let base = known.state().generation();
        if base.is_none() {
            first_run.wait_for_earlier().await;
            known = self.over_what_is_there_now(known).await?;
        }
        let mut replans = 0;
        loop {
            let plan;
            (known, plan) = self.decided(known, approved).await;
            let mut plan = match plan {
                Ok(plan) => plan,
                Err(error) => {
                    forget(known);
                    return Err(error);
                }
            };
            match self.write(&known, &mut plan, base).await {
                Ok(generation) => {
                    forget(known);
                    self.generation = generation;
                    return Ok(plan);
                }
                Err(RunError::Store(error))
                    if error.kind() == StoreErrorKind::NameTaken && replans < REPLANS =>
                {
                    replans += 1;
                    known = self.over_what_is_there_now(known).await?;
                }
                Err(error) => {
                    forget(known);
                    return Err(error);
                }
            }
        }
    }

    /// Writes what a plan says to write, and returns the number of the new generation, or no number when there was nothing.
    async fn write(
        &self,
        known: &Known,
        plan: &mut Plan,
        base: Option<u64>,
    ) -> Result<Option<u64>, RunError> {
        // A first run commits even an empty catalog: from then on it is known to be complete.
        if let (true, Some(base)) = (plan.is_empty(), base) {
            if plan.remembered != *known.state().remembered() {
                let remembered = take(&mut plan.remembered);
                let kept = self.store.remember(&plan.provider, base, remembered);
                kept.await?;
            }
            return Ok(None);
        }
        let commit = Commit {
            provider: plan.provider.clone(),
            base,
            taken_at: known.org().taken_at,
            removed: take(&mut plan.removed),
            added: take(&mut plan.added),
            written: take(&mut plan.changed),
            remembered: take(&mut plan.remembered),
        };
        let generation = self.store.commit(commit).await?;
        // Of a first run everything is new.
        for change in plan.changes.iter().filter(|_| base.is_some()) {
            tracing::debug!(provider = %plan.provider, generation, "{}", change.headline());
        }
        Ok(Some(generation))
    }

    /// What was read of the org, over what the catalog holds by now. What is written is still written over what it held when
    /// the run began, so that nobody else's commit is undone.
    async fn over_what_is_there_now(&mut self, known: Known) -> Result<Known, RunError> {
        let state = self.store.state(&self.provider.settings().provider).await?;
        self.counts = Counts::of(&state);
        Ok(apart(|| known.over(state)).await)
    }

    async fn decided(
        &self,
        known: Known,
        approved: Option<&str>,
    ) -> (Known, Result<Plan, RunError>) {
        decided(known, self.store, self.provider.settings(), approved).await
    }

    /// The run has ended so.
    #[must_use]
    pub(crate) fn end(self, result: Result<&Plan, &RunError>) -> Run {
        let took = self.started.elapsed();
        let run = Run {
            provider: self.provider.settings().provider.clone(),
            began: self.began,
            ended: self.began.saturating_add(took).unwrap_or(self.began),
            asked: self.provider.usage().since(&self.asked_before),
            counts: self.counts,
            generation: self.generation,
            ..Run::default()
        };
        match result {
            Ok(plan) => with_plan(run, plan),
            Err(error) => Run {
                outcome: if error.is_overtaken() {
                    Outcome::Overtaken
                } else {
                    Outcome::Failed
                },
                failure: Some(Failure {
                    message: chain(error),
                    fix: error.fix(),
                    exit_code: error.exit().code(),
                }),
                ..run
            },
        }
    }
}

/// The account of a run with a plan.
pub(crate) fn with_plan(run: Run, plan: &Plan) -> Run {
    let (added, updated, removed) = plan.tally();
    let of_sign_in = plan.sign_in.notices().into_iter().map(Notice::SignIn);
    Run {
        outcome: if plan.is_withheld() {
            Outcome::Blocked
        } else if plan.is_partial() {
            Outcome::Partial
        } else {
            Outcome::Complete
        },
        plan_id: Some(plan.id.clone()),
        tally: Tally {
            added,
            updated,
            removed,
            renamed: plan.renamed(),
            withheld: plan.withheld.len(),
            withheld_renames: plan.withheld_renames.len(),
        },
        guard: plan.tripped.clone(),
        unknown: plan.unknown.clone(),
        quarantined: plan.quarantined.clone(),
        collisions: plan.collisions.len(),
        notices: plan.notices.iter().cloned().chain(of_sign_in).collect(),
        ..run
    }
}

/// Gives the memory of an org back beside the threads that wait.
fn forget(known: Known) {
    drop(tokio::task::spawn_blocking(move || drop(known)));
}

#[cfg(test)]
mod tests;
