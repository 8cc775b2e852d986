//! `serve`: every provider on its schedule, and the catalog for whoever asks.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use okta_auth::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Frequency, Schedule, Token};
use crate::first_runs;
use crate::okta::Okta;
use crate::serve::{App, ProviderStatus, StoreStatus, router};
use crate::store::{CatalogStore, StoreError};
use crate::telemetry::Metrics;

// Leaf first: a module uses only modules listed above it.
mod account;
mod publisher;

mod keeper;

use keeper::Keeper;
use publisher::Publisher;

/// Whoever begins later than this is not waited for by those who come after it in the order of first runs.
const SOON: Duration = Duration::from_secs(60);

/// How long open connections may take to finish when the daemon stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// Everything `serve` is made of.
#[derive(Debug)]
pub struct Daemon {
    /// The orgs and when each is read.
    pub providers: Vec<(Okta, Schedule)>,
    /// Where the catalog is kept.
    pub store: Arc<dyn CatalogStore>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whoever knows one of these may read; with none of them, anyone on this machine.
    pub tokens: Vec<Token>,
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
    /// Serves until `stop` is done. `listening` is told the address as soon as connections are taken.
    ///
    /// # Errors
    /// When the address cannot be listened on or the store cannot be read at the start. What fails later is reported and
    /// tried again on schedule.
    pub async fn run(
        self,
        listening: impl FnOnce(SocketAddr) + Send,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let listener =
            TcpListener::bind(self.listen)
                .await
                .map_err(|source| ServeError::Listen {
                    address: self.listen,
                    source,
                })?;
        let address = listener.local_addr().map_err(|source| ServeError::Listen {
            address: self.listen,
            source,
        })?;
        let (publish, catalog) = watch::channel(None);
        let (store_status, store) = watch::channel(StoreStatus::Opening);
        let publisher = Arc::new(Publisher {
            store: Arc::clone(&self.store),
            publish,
            status: store_status,
            turn: tokio::sync::Mutex::default(),
        });
        publisher.refresh().await.map_err(ServeError::Store)?;
        let statuses = self
            .providers
            .iter()
            .map(|(okta, _)| status_of(okta))
            .collect();
        let (status, read_status) = watch::channel(statuses);

        let app = App {
            catalog,
            store,
            status: read_status,
            tokens: self.tokens,
            unauthorized: self.metrics.unauthorized(),
            metrics: self.registry,
            clock: Arc::clone(&self.clock),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&publisher).follow());
        tasks.spawn(Arc::clone(&publisher).check());
        let known = self.store.providers().await.map_err(ServeError::Store)?;
        let first_runs = first_runs::in_order(self.providers.len());
        let providers = self.providers.into_iter().zip(first_runs).enumerate();
        for (position, ((okta, schedule), first_run)) in providers {
            let id = &okta.settings().provider;
            // Its names are its own already, or nobody knows when it will be read.
            let begins_at_once =
                matches!(schedule.frequency, Frequency::Every(_)) && schedule.initial_delay <= SOON;
            if known.iter().any(|known| known.id == *id) || !begins_at_once {
                first_run.end();
            }
            let keeper = Keeper {
                okta,
                first_run,
                schedule,
                position,
                store: Arc::clone(&self.store),
                publisher: Arc::clone(&publisher),
                clock: Arc::clone(&self.clock),
                zone: self.zone.clone(),
                metrics: self.metrics.clone(),
                status: status.clone(),
            };
            tasks.spawn(keeper.keep());
        }
        listening(address);

        let (stopping, mut stopped) = watch::channel(false);
        let server = axum::serve(listener, router(app))
            .with_graceful_shutdown(async move { drop(stopped.changed().await) });
        let mut server = tokio::spawn(server.into_future());
        let mut stop = std::pin::pin!(stop);
        let crashed = loop {
            tokio::select! {
                () = &mut stop => break None,
                // A provider that is only read by hand has nothing to wait for, and its task ends.
                Some(ended) = tasks.join_next() => if let Err(error) = ended {
                    break Some(error);
                },
            }
        };
        tracing::info!("stopping");
        // A run under way is dropped: nothing of it is committed, the next one begins anew.
        tasks.abort_all();
        stopping.send_replace(true);
        if tokio::time::timeout(FAREWELL, &mut server).await.is_err() {
            server.abort();
        }
        crashed.map_or(Ok(()), |error| Err(ServeError::Crashed(error)))
    }
}

fn status_of(okta: &Okta) -> ProviderStatus {
    let settings = okta.settings();
    ProviderStatus {
        provider: settings.provider.clone(),
        org: settings.mapping.org_host().to_owned(),
        last_run: None,
        next_run: None,
        running: false,
    }
}

/// A daemon that could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The store cannot be read.
    Store(StoreError),
    /// One of its tasks panicked: a bug.
    Crashed(tokio::task::JoinError),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, .. } => write!(f, "`{address}` cannot be listened on"),
            Self::Store(error) => error.fmt(f),
            Self::Crashed(_) => f.write_str("a task of the daemon crashed"),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Listen { source, .. } => Some(source),
            Self::Store(error) => error.source(),
            Self::Crashed(source) => Some(source),
        }
    }
}
