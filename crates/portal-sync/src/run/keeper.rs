//! One provider: a run whenever its schedule or somebody asks for it, and never two at a time.

use std::sync::Arc;
use std::time::Duration;

use okta_auth::Clock;
use tokio::sync::watch;

use super::account::Told;
use super::publisher::Publisher;
use crate::run::first_runs::FirstRun;
use crate::run::once::OneRun;
use crate::run::provider::Provider;
use crate::run::status::ProviderStatus;
use crate::run::triggers::{Triggers, Why};
use crate::store::CatalogStore;
use crate::telemetry::Metrics;

/// Keeps one provider's part of the catalog in step with its org.
pub(crate) struct Keeper {
    pub(crate) okta: Provider,
    pub(crate) first_run: FirstRun,
    pub(crate) triggers: Triggers,
    /// How long one run may take.
    pub(crate) timeout: Duration,
    pub(crate) position: usize,
    pub(crate) store: Arc<dyn CatalogStore>,
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
        let mut told_the_end = self.triggers.is_manual();
        loop {
            let next = self.triggers.plan(last_began);
            self.tell(|status| status.next_run = next);
            if next.is_none() && !std::mem::replace(&mut told_the_end, true) {
                let provider = &self.okta.settings().provider;
                tracing::error!(%provider, "the schedule names no time that ever comes: this provider is read when somebody asks");
            }
            let Some(why) = self.triggers.next().await else {
                return;
            };
            if why == Why::Schedule && !self.triggers.is_due(last_began) {
                continue;
            }
            last_began = Some(self.clock.now());
            self.once(why, &mut told).await;
        }
    }

    async fn once(&self, why: Why, told: &mut Told) {
        self.tell(|status| {
            status.running = true;
            status.next_run = None;
        });
        let provider = &self.okta.settings().provider;
        tracing::info!(%provider, %why, "run started");
        let mut run = OneRun::begin(&self.okta, &*self.store, &*self.clock, self.timeout);
        let result = async {
            let known = run.read(Arc::new(|_| ())).await?;
            run.commit(known, None, &self.first_run).await
        };
        let result = result.await;
        self.first_run.end();
        let run = run.end(result.as_ref());
        self.publisher.refresh_or_log().await;
        told.log(&run);
        self.metrics.record_run(&run);
        self.tell(|status| {
            status.running = false;
            status.last_run = Some(Arc::new(run));
        });
        // A plan may be of a hundred thousand entities.
        drop(tokio::task::spawn_blocking(move || drop(result)));
    }

    fn tell(&self, change: impl FnOnce(&mut ProviderStatus)) {
        self.status.send_modify(|statuses| {
            if let Some(status) = statuses.get_mut(self.position) {
                change(status);
            }
        });
    }
}

#[cfg(test)]
mod tests;
