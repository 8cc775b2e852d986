//! One provider on its schedule.

use std::sync::Arc;

use jiff::tz::TimeZone;
use okta_auth::Clock;
use tokio::sync::watch;

use super::account::Told;
use super::publisher::Publisher;
use crate::held::run::Why;
use crate::run::first_runs::FirstRun;
use crate::run::once::OneRun;
use crate::run::provider::Provider;
use crate::run::retention::prune;
use crate::run::schedule::{Frequency, Schedule};
use crate::run::schedule::{next_start, sleep_until};
use crate::run::status::ProviderStatus;
use crate::store::{CatalogStore, Holder, Retention};
use crate::telemetry::Metrics;

/// Keeps one provider's part of the catalog in step with its org.
pub(crate) struct Keeper {
    pub(crate) okta: Provider,
    pub(crate) holder: Holder,
    pub(crate) first_run: FirstRun,
    pub(crate) schedule: Schedule,
    pub(crate) position: usize,
    pub(crate) store: Arc<dyn CatalogStore>,
    /// How much of the ledger is kept.
    pub(crate) retention: Retention,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) zone: TimeZone,
    pub(crate) metrics: Metrics,
    pub(crate) status: watch::Sender<Vec<ProviderStatus>>,
}

impl Keeper {
    pub(crate) async fn keep(self) {
        let delay = self.schedule.initial_delay;
        if !delay.is_zero() {
            let first = self.clock.now().saturating_add(delay).ok();
            self.tell(|status| status.next_run = first);
            tokio::time::sleep(delay).await;
        }
        let mut started = None;
        let mut told = Told::default();
        loop {
            let next = next_start(
                &self.schedule.frequency,
                started,
                self.clock.now(),
                &self.zone,
            );
            self.tell(|status| status.next_run = next);
            let Some(next) = next else {
                if self.schedule.frequency != Frequency::Manual {
                    let provider = &self.okta.settings().provider;
                    tracing::error!(%provider, "the schedule names no time that ever comes: this provider is not read");
                }
                return;
            };
            sleep_until(&self.clock, next).await;
            started = Some(self.clock.now());
            self.once(&mut told).await;
        }
    }

    async fn once(&self, told: &mut Told) {
        self.tell(|status| {
            status.running = true;
            status.next_run = None;
        });
        let provider = &self.okta.settings().provider;
        tracing::info!(%provider, "run started");
        let mut run = OneRun::begin(
            &self.okta,
            &*self.store,
            &*self.clock,
            self.schedule.timeout,
        );
        let result = async {
            run.take_turn(&self.holder, Why::Schedule).await?;
            let known = run.read(Arc::new(|_| ())).await?;
            run.commit(known, &self.first_run).await
        };
        let result = result.await;
        self.first_run.end();
        let run = run.end(result.as_ref()).await;
        self.publisher.refresh_or_log().await;
        prune(&*self.store, self.retention, self.clock.now()).await;
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
