//! One provider: a run whenever its schedule or somebody asks for it, and never two at a time.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use okta_auth::Clock;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::account::Told;
use super::publisher::Publisher;
use crate::held::run::Why;
use crate::run::elsewhere::Elsewhere;
use crate::run::first_runs::FirstRun;
use crate::run::once::OneRun;
use crate::run::provider::Provider;
use crate::run::retention::prune;
use crate::run::status::ProviderStatus;
use crate::run::triggers::Triggers;
use crate::store::{CatalogStore, Holder, Retention};
use crate::telemetry::Metrics;
use crate::text::chain;

/// How soon a run that was left is tried again when it cannot be taken over.
const LEFT_AGAIN: Duration = Duration::from_secs(60);

/// Keeps one provider's part of the catalog in step with its org.
pub(crate) struct Keeper {
    pub(crate) okta: Provider,
    pub(crate) holder: Holder,
    pub(crate) first_run: FirstRun,
    pub(crate) triggers: Triggers,
    /// How long one run may take.
    pub(crate) timeout: Duration,
    pub(crate) position: usize,
    pub(crate) store: Arc<dyn CatalogStore>,
    /// How much of the ledger is kept.
    pub(crate) retention: Retention,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Metrics,
    pub(crate) status: watch::Sender<Vec<ProviderStatus>>,
}

impl Keeper {
    /// Runs until there will never be a reason for a run again.
    pub(crate) async fn keep(mut self) {
        let mut told = Told::default();
        let mut last_began = None;
        let mut left_from = Instant::now() + self.triggers.initial_delay();
        let mut told_the_end = self.triggers.is_manual();
        loop {
            let next = self.triggers.plan(last_began);
            self.tell(|status| status.next_run = next);
            if next.is_none() && !std::mem::replace(&mut told_the_end, true) {
                let provider = &self.okta.settings().provider;
                tracing::error!(%provider, "the schedule names no time that ever comes: this provider is read when somebody asks");
            }
            let Some((why, is_left)) = self.reason(left_from).await else {
                return;
            };
            if why == Why::Schedule && !is_left {
                let newest = self.elsewhere().newest().await;
                let newest = newest.map(|entry| entry.began).or(last_began);
                if !self.triggers.is_due(newest) {
                    last_began = newest;
                    continue;
                }
            }
            last_began = Some(self.clock.now());
            let mut is_busy = false;
            while self.once(why, &mut told).await.is_break() {
                // Replicas that are configured in another order may wait for each other.
                drop(timeout(self.timeout, self.elsewhere().over()).await);
                self.first_run.end();
                // What was asked meanwhile may not be in what the other run has read.
                if why == Why::Schedule {
                    is_busy = true;
                    break;
                }
            }
            // By the clock of whoever ran last, so that two clocks are not mixed.
            if let Some(entry) = self.elsewhere().newest().await {
                // Whatever kept this process from ending it, or from beginning another, may last.
                if !is_busy && self.elsewhere().is_left(&entry) {
                    left_from = Instant::now() + LEFT_AGAIN;
                }
                last_began = Some(entry.began);
            }
        }
    }

    /// Waits for a reason to run: somebody asks, the time has come, or a run on schedule was left by the process that began it,
    /// which makes no difference before `left_from`.
    async fn reason(&mut self, left_from: Instant) -> Option<(Why, bool)> {
        let Self {
            okta,
            holder,
            store,
            triggers,
            status,
            position,
            ..
        } = self;
        let elsewhere = Elsewhere {
            store: &**store,
            provider: &okta.settings().provider,
            holder,
        };
        let is_manual = triggers.is_manual();
        let left = elsewhere.left(is_manual, left_from, |run| {
            tell(status, *position, |status| {
                status.last_run = Some(Arc::new(run))
            });
        });
        tokio::select! {
            biased;
            why = triggers.next() => Some((why?, false)),
            () = left => Some((Why::Schedule, true)),
        }
    }

    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere {
            store: &*self.store,
            provider: &self.okta.settings().provider,
            holder: &self.holder,
        }
    }

    /// Runs once, and breaks off when another process runs the provider.
    async fn once(&self, why: Why, told: &mut Told) -> ControlFlow<()> {
        let provider = &self.okta.settings().provider;
        let mut run = OneRun::begin(&self.okta, &*self.store, &*self.clock, self.timeout);
        let result = async {
            run.take_turn(&self.holder, why).await?;
            self.tell(|status| {
                status.running = true;
                status.next_run = None;
            });
            tracing::info!(%provider, %why, "run started");
            let known = run.read(Arc::new(|_| ())).await?;
            run.commit(known, &self.first_run).await
        };
        let result = result.await;
        if let Err(error) = &result
            && error.is_busy()
        {
            tracing::info!(%provider, %why, "this tenant is read already: {}", chain(error));
            return ControlFlow::Break(());
        }
        self.first_run.end();
        let run = run.end(result.as_ref()).await;
        self.publisher.refresh_or_log().await;
        if run.failure.is_none() {
            prune(&*self.store, self.retention, self.clock.now()).await;
        }
        told.log(&run);
        self.metrics.record_run(&run);
        self.tell(|status| {
            status.running = false;
            status.last_run = Some(Arc::new(run));
        });
        // A plan may be of a hundred thousand entities.
        drop(tokio::task::spawn_blocking(move || drop(result)));
        ControlFlow::Continue(())
    }

    fn tell(&self, change: impl FnOnce(&mut ProviderStatus)) {
        tell(&self.status, self.position, change);
    }
}

fn tell(
    status: &watch::Sender<Vec<ProviderStatus>>,
    position: usize,
    change: impl FnOnce(&mut ProviderStatus),
) {
    status.send_modify(|statuses| {
        if let Some(status) = statuses.get_mut(position) {
            change(status);
        }
    });
}

#[cfg(test)]
mod tests;
