//! `serve`: every provider on its schedule, and the catalog for whoever asks.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use okta_auth::Clock;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::run::first_runs;
use crate::run::provider::Provider;
use crate::run::schedule::{Frequency, Schedule};
use crate::run::status::{ProviderStatus, StoreStatus};
use crate::serve::Token;
use crate::serve::{self, App, router};
use crate::store::{CatalogStore, KnownProvider};
use crate::telemetry::Metrics;

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
    pub registry: prometheus::Registry,
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
        let listen = self.listen;
        let refused = |source| ServeError::Listen {
            address: listen,
            source,
        };
        let listener = serve::listen(listen).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let (publish, catalog) = watch::channel(None);
        let (store_status, read_store_status) = watch::channel(StoreStatus::Opening);
        let publisher = Arc::new(Publisher {
            store: Arc::clone(&self.store),
            publish,
            status: store_status,
            turn: tokio::sync::Mutex::default(),
        });
        let statuses = self
            .providers
            .iter()
            .map(|(okta, _)| status_of(okta))
            .collect();
        let (status, read_status) = watch::channel(statuses);
        let app = App {
            catalog,
            store: read_store_status,
            status: read_status,
            tokens: self.tokens.clone(),
            unauthorized: self.metrics.unauthorized(),
            listen: listen.ip(),
            hosts: self.hosts.clone(),
            metrics: self.registry.clone(),
            clock: Arc::clone(&self.clock),
        };
        let (stopping, stopped) = watch::channel(false);
        let http = self.metrics.http();
        let server = serve::serve(listener, router(app), self.connections, http, stopped);
        let mut server = tokio::spawn(server);
        listening(address);

        let mut tasks = JoinSet::new();
        let mut begin = pin!(async {
            let known = publisher.known().await;
            admit(&known).map_err(ServeError::Renamed)?;
            publisher.refresh_or_log().await;
            Ok(known)
        });
        let (mut has_begun, mut serves) = (false, true);
        let mut stop = pin!(stop);
        let ended = loop {
            tokio::select! {
                () = &mut stop => break Ok(()),
                // It only ends by itself when it crashes.
                ended = &mut server => {
                    serves = false;
                    break ended.map_err(ServeError::Crashed);
                },
                begun = &mut begin, if !has_begun => match begun {
                    Ok(known) => {
                        has_begun = true;
                        tasks.spawn(Arc::clone(&publisher).follow());
                        tasks.spawn(Arc::clone(&publisher).check());
                        let keepers = self.keepers(&known, &publisher, &status);
                        for keeper in keepers {
                            tasks.spawn(keeper.keep());
                        }
                    }
                    Err(error) => break Err(error),
                },
                // A provider that is only read by hand has nothing to wait for, and its task ends.
                Some(ended) = tasks.join_next() => if let Err(error) = ended {
                    break Err(ServeError::Crashed(error));
                },
            }
        };
        tracing::info!("stopping");
        // A run under way is dropped: nothing of it is committed, the next one begins anew.
        tasks.abort_all();
        stopping.send_replace(true);
        if serves && tokio::time::timeout(FAREWELL, &mut server).await.is_err() {
            server.abort();
        }
        ended
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
                first_run,
                schedule,
                position,
                store: Arc::clone(&self.store),
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
            "give it the id `{}` again, or start with an empty store (`portalSync.store.url`)",
            self.stored
        )
    }
}

impl fmt::Display for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the catalog has the people and groups of {} as tenant `{}`, and the configuration calls it `{}`: everybody \
             would be there twice",
            self.org, self.stored, self.configured
        )
    }
}

impl Error for Renamed {}

/// A daemon that could not start.
#[derive(Debug)]
#[non_exhaustive]
pub(super) enum ServeError {
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The store holds a tenant under another id.
    Renamed(Renamed),
    /// One of its tasks panicked: a bug.
    Crashed(tokio::task::JoinError),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, .. } => write!(f, "`{address}` cannot be listened on"),
            Self::Renamed(renamed) => renamed.fmt(f),
            Self::Crashed(_) => f.write_str("a task of the daemon crashed"),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Listen { source, .. } => Some(source),
            Self::Renamed(_) => None,
            Self::Crashed(source) => Some(source),
        }
    }
}

#[cfg(test)]
mod tests;
