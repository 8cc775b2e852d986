//! `serve`: every provider on its schedule, and the catalog for whoever asks.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use okta_auth::Clock;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::catalog::published::CatalogReader;
use crate::run::first_runs;
use crate::run::provider::Provider;
use crate::run::schedule::{Frequency, Schedule};
use crate::run::status::{ProviderStatus, StoreStatus};
use crate::serve::Token;
use crate::serve::{self, App, router};
use crate::store::{CatalogStore, Holder, KnownProvider, Retention};
use crate::telemetry::{Metrics, Registry};

use crate::run::keeper::Keeper;
use crate::run::publisher::Publisher;

/// Whoever begins later than this is not waited for by those who come after it in the order of first runs.
const SOON: Duration = Duration::from_secs(60);

/// How long open connections may take to finish when the daemon stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// Everything `serve` is made of.
#[derive(Debug)]
pub(super) struct Daemon {
    /// The orgs and when each is read.
    pub providers: Vec<(Provider, Schedule)>,
    /// Where the catalog is kept.
    pub store: Arc<dyn CatalogStore>,
    /// How much of the ledger is kept.
    pub retention: Retention,
    /// This process, as others see it that want its turns.
    pub holder: Holder,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whoever knows one of these may read; with none of them, anyone on this machine.
    pub tokens: Vec<Token>,
    /// What this server is called beside its address; on loopback nobody is answered who asks for another host.
    pub hosts: Vec<String>,
    /// How many connections are open at once at most.
    pub connections: usize,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// The zone in which cron patterns are read.
    pub zone: TimeZone,
    /// What runs and requests are counted with.
    pub metrics: Metrics,
    /// What `/metrics` prints.
    pub registry: Registry,
}

impl Daemon {
    /// Serves until `stop` is done. `listening` is told the address as soon as connections are taken: before the store is
    /// read. Then `admit` is told what the store knows, before anything is read from an org.
    ///
    /// # Errors
    /// When the address cannot be listened on, or `admit` refuses. What fails besides is reported and tried again.
    pub(super) async fn run(
        mut self,
        listening: impl FnOnce(SocketAddr) + Send,
        admit: impl FnOnce(&[KnownProvider]) -> Result<(), Renamed> + Send,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let listener = serve::listen(self.listen).map_err(|source| self.refused(source))?;
        let address = listener
            .local_addr()
            .map_err(|source| self.refused(source))?;
        let (publish, catalog) = watch::channel(None);
        let (store_status, read_store_status) = watch::channel(StoreStatus::Opening);
        let publisher = Arc::new(Publisher {
            store: Arc::clone(&self.store),
            publish,
            status: store_status,
            turn: tokio::sync::Mutex::default(),
        });
        let statuses = self.providers.iter();
        let statuses = statuses.map(|(okta, _)| status_of(okta)).collect();
        let (status, read_status) = watch::channel(statuses);
        let app = self.app(catalog, read_store_status, read_status);
        let (stopping, stopped) = watch::channel(false);
        let http = self.metrics.http();
        let server = serve::serve(listener, router(app), self.connections, http, stopped);
        let mut server = tokio::spawn(server);
        listening(address);

        let ended = tokio::select! {
            () = stop => Ok(()),
            // It only ends by itself when it crashes.
            ended = &mut server => ended.map_err(ServeError::from),
            ended = self.keep(&publisher, &status, admit) => ended.map(|never| match never {}),
        };
        tracing::info!("stopping");
        stopping.send_replace(true);
        if !server.is_finished() && tokio::time::timeout(FAREWELL, &mut server).await.is_err() {
            server.abort();
        }
        ended
    }

    fn refused(&self, source: std::io::Error) -> ServeError {
        let address = self.listen;
        ServeError::Listen { address, source }
    }

    /// What the server reads from.
    fn app(
        &self,
        catalog: CatalogReader,
        store: watch::Receiver<StoreStatus>,
        status: watch::Receiver<Vec<ProviderStatus>>,
    ) -> App {
        App {
            catalog,
            store,
            status,
            tokens: self.tokens.clone(),
            unauthorized: self.metrics.unauthorized(),
            listen: self.listen.ip(),
            hosts: self.hosts.clone(),
            metrics: self.registry.clone(),
            clock: Arc::clone(&self.clock),
        }
    }

    /// Reads the store, and then keeps it and the orgs in step until somebody drops this: a run under way is dropped with it,
    /// nothing of it is committed, and the next one begins anew.
    async fn keep(
        &mut self,
        publisher: &Arc<Publisher>,
        status: &watch::Sender<Vec<ProviderStatus>>,
        admit: impl FnOnce(&[KnownProvider]) -> Result<(), Renamed> + Send,
    ) -> Result<Infallible, ServeError> {
        let known = publisher.known().await;
        admit(&known)?;
        publisher.refresh_or_log().await;
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(publisher).follow());
        tasks.spawn(Arc::clone(publisher).check());
        for keeper in self.keepers(&known, publisher, status) {
            tasks.spawn(keeper.keep());
        }
        // A provider that is only read by hand has nothing to wait for, and its task ends.
        while let Some(ended) = tasks.join_next().await {
            ended?;
        }
        std::future::pending().await
    }

    /// Who reads the orgs, each once.
    fn keepers(
        &mut self,
        known: &[KnownProvider],
        publisher: &Arc<Publisher>,
        status: &watch::Sender<Vec<ProviderStatus>>,
    ) -> Vec<Keeper> {
        let providers = std::mem::take(&mut self.providers);
        let first_runs = first_runs::in_order(providers.len());
        let mut keepers = Vec::new();
        for (position, ((okta, schedule), first_run)) in
            providers.into_iter().zip(first_runs).enumerate()
        {
            let id = &okta.settings().provider;
            // Its names are its own already, or nobody knows when it will be read.
            let begins_at_once =
                matches!(schedule.frequency, Frequency::Every(_)) && schedule.initial_delay <= SOON;
            if known.iter().any(|known| known.id == *id) || !begins_at_once {
                first_run.end();
            }
            keepers.push(Keeper {
                okta,
                holder: self.holder.clone(),
                first_run,
                schedule,
                position,
                store: Arc::clone(&self.store),
                retention: self.retention,
                publisher: Arc::clone(publisher),
                clock: Arc::clone(&self.clock),
                zone: self.zone.clone(),
                metrics: self.metrics.clone(),
                status: status.clone(),
            });
        }
        keepers
    }
}

fn status_of(okta: &Provider) -> ProviderStatus {
    let settings = okta.settings();
    ProviderStatus {
        provider: settings.provider.clone(),
        org: settings.mapping.org_host().to_owned(),
        last_run: None,
        next_run: None,
        running: false,
    }
}

/// A tenant of the catalog has another id in the configuration: everybody would be there twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the catalog has the people and groups of {org} as tenant `{stored}`, and the configuration calls it `{configured}`: \
     everybody would be there twice"
)]
pub(super) struct Renamed {
    /// The host of the org.
    pub org: String,
    /// What the catalog calls it.
    pub stored: String,
    /// What the configuration calls it.
    pub configured: String,
}

impl Renamed {
    /// What helps.
    #[must_use]
    pub(super) fn fix(&self) -> String {
        format!(
            "give it the id `{0}` again; or `portal-sync forget {0}` takes them out of the catalog, and the next run adds them as \
             `{1}`",
            self.stored, self.configured
        )
    }
}

/// A daemon that could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum ServeError {
    /// The address cannot be listened on.
    #[error("`{address}` cannot be listened on")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The store holds a tenant under another id.
    #[error(transparent)]
    Renamed(#[from] Renamed),
    /// One of its tasks panicked: a bug.
    #[error("a task of the daemon crashed")]
    Crashed(#[from] tokio::task::JoinError),
}

#[cfg(test)]
mod tests;
