//! One run as a value: begin, read, decide or commit, end.
//!
//! A run takes the whole state in, is idempotent, and does not retry itself: the client retries requests, the schedule
//! retries runs. `plan` decides where `sync` and `serve` commit; nothing else tells them apart.

use std::mem::take;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use okta_auth::Clock;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument as _;

use crate::decide::plan::{Known, Plan};
use crate::held::approval::Approval;
use crate::held::mirror::Mirror;
use crate::held::run::{Asked, Counts, Reads, Run, Why};
use crate::held::state::State;
use crate::read::apart::apart;
use crate::read::directory::OnProgress;
use crate::read::read_plan::Wish;
use crate::run::deciding::decided;
use crate::run::error::RunError;
use crate::run::first_runs::FirstRun;
use crate::run::outcome::{failed, with_plan};
use crate::run::provider::Provider;
use crate::run::reading::Reading;
use crate::run::settled::{as_before, settled};
use crate::run::turn::{renewing, while_held};
use crate::store::{
    Approved, CatalogStore, Claim, Commit, Ending, Holder, LEASE, StoreError, StoreErrorKind, Turn,
    Work,
};
use crate::text::chain;

/// How often a plan is made anew because somebody else committed meanwhile.
const REPLANS: usize = 3;

/// What part of the time of a run Okta may take. The rest is for the plan and the commit.
const FOR_OKTA: f64 = 0.9;

/// How long a run that failed waits for the store to take its account.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// How long an approval is good that nothing uses up.
const APPROVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// A run under way.
pub(crate) struct OneRun<'a> {
    provider: &'a Provider,
    store: &'a dyn CatalogStore,
    limit: Duration,
    began: Timestamp,
    started: Instant,
    why: Why,
    /// Leave to commit, until that is done.
    turn: Option<Turn>,
    number: Option<u64>,
    /// The plan that was approved for this run, until that is used up.
    approval: Option<String>,
    /// Who approved what the run has let go.
    approved_by: Option<String>,
    /// What had been asked of the org before.
    asked_before: Asked,
    /// What the catalog holds of the provider, as it was last seen.
    counts: Counts,
    generation: Option<u64>,
    /// Whether everything is to be read.
    wish: Wish,
    /// What was read, and why.
    reads: Option<Reads>,
    /// What is known of the org by now, until that is committed.
    mirror: Option<Arc<Mirror>>,
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
            why: Why::default(),
            turn: None,
            number: None,
            approval: None,
            approved_by: None,
            asked_before: provider.usage(),
            counts: Counts::default(),
            generation: None,
            wish: Wish::default(),
            reads: None,
            mirror: None,
        }
    }

    /// With everything to be read, whatever is held.
    pub(crate) const fn in_full(&mut self, full: bool) {
        self.wish.full = full;
    }

    /// Takes the turn of the provider, without which nothing is committed, and opens the run in the ledger.
    ///
    /// # Errors
    /// When somebody else has it, or the store cannot be written.
    pub(crate) async fn take_turn(&mut self, holder: &Holder, why: Why) -> Result<(), RunError> {
        self.why = why;
        let claim = Claim {
            provider: self.id().to_owned(),
            holder: holder.clone(),
            why,
            began: self.began,
            lease: LEASE,
        };
        let begun = timeout_at(self.started + self.limit, self.store.begin(claim)).await;
        let turn = begun.map_err(|_| RunError::TimedOut(self.limit))??;
        self.number = Some(turn.number);
        self.turn = Some(turn);
        Ok(())
    }

    /// Approves what an earlier plan withheld, for this run. It is taken back when the run does not use it up.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(crate) async fn approve(&mut self, plan_id: &str, by: &str) -> Result<Approved, RunError> {
        let approval = Approval {
            provider: self.id().to_owned(),
            plan_id: plan_id.to_owned(),
            by: by.to_owned(),
            at: self.began,
        };
        let approved = self.store.approve(approval, APPROVAL).await?;
        self.approval = (approved == Approved::Kept).then(|| plan_id.to_owned());
        Ok(approved)
    }

    /// Does something else while the turn is kept. It is told where the catalog is, and when the run began.
    ///
    /// # Errors
    /// When the turn was lost.
    pub(crate) async fn meanwhile(
        &self,
        work: impl AsyncFnOnce(&'a dyn CatalogStore, Timestamp),
    ) -> Result<(), RunError> {
        let work = async {
            work(self.store, self.began).await;
            Ok(())
        };
        while_held(self.store, self.turn.as_ref(), work).await
    }

    fn id(&self) -> &'a str {
        &self.provider.settings().provider
    }

    /// Reads the store and the org. Whatever Okta is asked for carries one deadline.
    ///
    /// # Errors
    /// When one of them could not be read, or the turn was lost.
    pub(crate) async fn read(&mut self, on_progress: OnProgress) -> Result<Known, RunError> {
        let (store, turn) = (self.store, self.turn.clone());
        while_held(store, turn.as_ref(), self.read_both(on_progress)).await
    }

    async fn read_both(&mut self, on_progress: OnProgress) -> Result<Known, RunError> {
        let span = tracing::info_span!("read", provider = %self.id());
        async {
            let held = timeout_at(self.started + self.limit, self.held()).await;
            let (state, mirror) = held.map_err(|_| RunError::TimedOut(self.limit))??;
            self.counts = Counts::of(&state);
            let until = self.started + self.limit.mul_f64(FOR_OKTA);
            let reading = Reading::new(self.provider, &self.asked_before, self.began);
            let read = reading
                .read(state, mirror, self.wish, on_progress, until)
                .await?;
            self.reads = Some(read.reads);
            self.mirror = Some(read.mirror);
            Ok(read.known)
        }
        .instrument(span)
        .await
    }

    /// What the store has of the provider: its entities, and what Okta said of it.
    async fn held(&self) -> Result<(State, Option<Mirror>), StoreError> {
        let state = self.store.state(self.id()).await?;
        // Nothing that was read serves a catalog that nothing was committed to.
        let mirror = match state.synced() {
            true => self.store.mirror(self.id()).await?,
            false => None,
        };
        Ok((state, mirror))
    }

    /// Decides what to do.
    ///
    /// # Errors
    /// When the org shows nobody and the catalog has nobody of it either, or no entities can be made of it.
    pub(crate) async fn decide(&mut self, mut known: Known) -> Result<Plan, RunError> {
        let mut replans = 0;
        loop {
            let plan;
            (known, plan) = decided(known, self.store, self.provider.settings()).await;
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

    /// Decides what to do and does it, by the turn that was taken. A tenant that was never read waits for its place among the
    /// others. What is written goes from the plan to the store; the rest of the plan is returned.
    ///
    /// # Errors
    /// As [`OneRun::decide`], and when the store could not be written or the turn was lost.
    pub(crate) async fn commit(
        &mut self,
        known: Known,
        first_run: &FirstRun,
    ) -> Result<Plan, RunError> {
        let done = self.decide_and_write(known, first_run).await;
        match &done {
            Ok(plan) => self.counts = plan.after,
            // What the catalog holds is what the other run left there.
            Err(error) if error.is_overtaken() => {
                let state = self.store.state(self.id()).await;
                self.counts = state.as_ref().map_or(self.counts, Counts::of);
            }
            Err(_) => {}
        }
        done
    }

    async fn decide_and_write(
        &mut self,
        mut known: Known,
        first_run: &FirstRun,
    ) -> Result<Plan, RunError> {
        let (store, turn) = (self.store, self.turn.clone());
        let is_first = !known.state().synced();
        if is_first {
            let waited = async {
                first_run.wait_for_earlier().await;
                self.over_what_is_there_now(known).await
            };
            known = while_held(store, turn.as_ref(), waited).await?;
        }
        let mut replans = 0;
        loop {
            let plan;
            let settings = self.provider.settings();
            if let Some(same) = self.as_before(&known) {
                plan = Ok(same);
            } else {
                let deciding = async { Ok(decided(known, store, settings).await) };
                (known, plan) = while_held(store, turn.as_ref(), deciding).await?;
            }
            let written = match plan {
                Ok(plan) => self.write(&known, plan).await,
                Err(error) => Err(error),
            };
            match written {
                Err(RunError::Store(error)) if is_overtaken(&error) && replans < REPLANS => {
                    replans += 1;
                    let over = self.over_what_is_there_now(known);
                    known = while_held(store, turn.as_ref(), over).await?;
                }
                written => {
                    forget(known);
                    return written;
                }
            }
        }
    }

    /// The plan, where it is made of the same as the last one, of which nothing was left to do.
    fn as_before(&self, known: &Known) -> Option<Plan> {
        as_before(known, self.mirror.as_deref()?, self.provider.settings())
    }

    /// Ends the run in the store: with what the plan says to write, its account and its changes.
    async fn write(&mut self, known: &Known, mut plan: Plan) -> Result<Plan, RunError> {
        let settings = self.provider.settings();
        let Some(turn) = &self.turn else {
            return Err(RunError::NoTurn);
        };
        let is_first = !known.state().synced();
        if let (Some(mirror), Some(settled)) = (&mut self.mirror, settled(known, &plan, settings)) {
            Arc::make_mut(mirror).settle(settled);
        }
        let remembered = take(&mut plan.remembered);
        // A first run commits even an empty catalog: from then on it is known to be complete.
        let work = if is_first || !plan.is_empty() {
            Work::Entities(Commit {
                taken_at: known.org().taken_at,
                removed: take(&mut plan.removed),
                added: take(&mut plan.added),
                written: take(&mut plan.changed),
                remembered,
            })
        } else if remembered == *known.state().remembered() {
            Work::Nothing
        } else {
            Work::Remembered(remembered)
        };
        let approvals = known.state().approvals();
        let approved = plan.approved.as_ref();
        let by = approved.and_then(|plan_id| approvals.given.get(plan_id));
        self.approved_by = by.cloned();
        let run = Run {
            counts: plan.after,
            ..self.account()
        };
        let run = with_plan(run, &plan);
        let changes = Arc::new(take(&mut plan.changes));
        let withheld = Arc::new(take(&mut plan.withheld));
        let ending = Ending {
            run,
            work,
            changes: Arc::clone(&changes),
            withheld: Arc::clone(&withheld),
            approval: plan.approved.clone(),
            mirror: self.mirror.clone().filter(|mirror| !mirror.is_kept()),
        };
        tracing::debug!(provider = %plan.provider, run = turn.number, "committing");
        let ended = renewing(self.store, turn, self.store.end(turn, ending)).await?;
        self.turn = None;
        self.generation = ended;
        if plan.approved == self.approval {
            self.approval = None;
        }
        plan.changes = Arc::unwrap_or_clone(changes);
        plan.withheld = Arc::unwrap_or_clone(withheld);
        // Of a first run everything is new.
        if let Some(generation) = ended.filter(|_| !is_first) {
            for change in &plan.changes {
                tracing::debug!(provider = %plan.provider, generation, "{}", change.headline());
            }
        }
        Ok(plan)
    }

    /// What was read of the org, over what the catalog holds by now.
    async fn over_what_is_there_now(&mut self, known: Known) -> Result<Known, RunError> {
        let state = self.store.state(self.id()).await?;
        self.counts = Counts::of(&state);
        Ok(apart(|| known.over(state)).await)
    }

    /// What there is to say of the run by now, whatever its result.
    fn account(&self) -> Run {
        let took = self.started.elapsed();
        Run {
            number: self.number,
            provider: self.id().to_owned(),
            why: self.why,
            began: self.began,
            ended: self.began.saturating_add(took).unwrap_or(self.began),
            asked: self.provider.usage().since(&self.asked_before),
            counts: self.counts,
            generation: self.generation,
            reads: self.reads.clone(),
            approved_by: self.approved_by.clone(),
            ..Run::default()
        }
    }

    /// The run has ended so. One that took a turn and wrote nothing gives it back, with its account.
    pub(crate) async fn end(self, result: Result<&Plan, &RunError>) -> Run {
        let run = match result {
            Ok(plan) => with_plan(self.account(), plan),
            Err(error) => failed(self.account(), error),
        };
        let last_words = async {
            let withdrawn = match &self.approval {
                Some(plan_id) => self.store.withdraw(self.id(), plan_id).await,
                None => Ok(()),
            };
            // Whatever becomes of the approval, the turn is given back.
            if let Some(turn) = &self.turn {
                self.store.end(turn, Ending::of(run.clone())).await?;
            }
            Ok::<_, RunError>(withdrawn?)
        };
        match timeout(LAST_WORDS, last_words).await {
            // Whoever has the turn now has closed the run.
            Ok(Err(error)) if error.is_overtaken() => {}
            Ok(Err(error)) => tracing::warn!(
                provider = %run.provider, error = %chain(&error),
                "the ledger has no account of this run: the next one closes it as interrupted"
            ),
            Err(_) => tracing::warn!(
                provider = %run.provider,
                "the store gives no answer: the next run closes this one as interrupted"
            ),
            Ok(Ok(())) => {}
        }
        run
    }
}

/// Whether another provider came in between, so that the plan is to be made over what that one left.
fn is_overtaken(error: &StoreError) -> bool {
    matches!(
        error.kind(),
        StoreErrorKind::NameTaken | StoreErrorKind::Contended
    )
}

/// Gives the memory of an org back beside the threads that wait.
fn forget(known: Known) {
    drop(tokio::task::spawn_blocking(move || drop(known)));
}

#[cfg(test)]
pub(crate) mod tests;
