//! `serve`: every provider on its schedule, and the catalog for whoever asks.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use okta_auth::Clock;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Frequency, Schedule};
use crate::cycle::{Then, run_once};
use crate::okta::Okta;
use crate::report::{Outcome, Report};
use crate::schedule::{next_start, sleep_until};
use crate::serve::{App, ProviderStatus, RunStatus, router};
use crate::store::{CatalogStore, StoreError};
use crate::telemetry::{Left, Metrics, RunFigures};

mod publisher;

use publisher::Publisher;

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
    pub tokens: Vec<SecretString>,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// The zone in which cron patterns are read.
    pub zone: TimeZone,
    /// What runs are counted with.
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
        let publisher = Arc::new(Publisher {
            store: Arc::clone(&self.store),
            publish,
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
            status: read_status,
            tokens: self.tokens,
            metrics: self.registry,
            clock: Arc::clone(&self.clock),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&publisher).follow());
        for (position, (okta, schedule)) in self.providers.into_iter().enumerate() {
            let keeper = Keeper {
                okta,
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

/// Keeps one provider's part of the catalog in step with its org.
struct Keeper {
    okta: Okta,
    schedule: Schedule,
    position: usize,
    store: Arc<dyn CatalogStore>,
    publisher: Arc<Publisher>,
    clock: Arc<dyn Clock>,
    zone: TimeZone,
    metrics: Metrics,
    status: watch::Sender<Vec<ProviderStatus>>,
}

impl Keeper {
    async fn keep(self) {
        tokio::time::sleep(self.schedule.initial_delay).await;
        let mut started = None;
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
            self.once().await;
        }
    }

    async fn once(&self) {
        let started = self.clock.now();
        self.tell(|status| {
            status.running = true;
            status.next_run = None;
        });
        let limit = self.schedule.timeout;
        let silent = Arc::new(|_| ());
        let ended = run_once(
            &self.okta,
            &*self.store,
            &self.clock,
            limit,
            silent,
            None,
            Then::Commit,
        )
        .await;
        self.publisher.refresh_or_log().await;
        let finished = self.clock.now();
        let report = &ended.report;
        log(report);
        self.metrics.record_run(&figures(report, finished));
        let message = message(report);
        self.tell(|status| {
            status.running = false;
            status.last_run = Some(RunStatus {
                started,
                finished,
                outcome: report.outcome.as_str().to_owned(),
                message,
            });
        });
    }

    fn tell(&self, change: impl FnOnce(&mut ProviderStatus)) {
        self.status.send_modify(|statuses| {
            if let Some(status) = statuses.get_mut(self.position) {
                change(status);
            }
        });
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

/// What a person should know about a run that did not just go well.
fn message(report: &Report) -> Option<String> {
    if let Some(error) = &report.error {
        return Some(match &error.fix {
            Some(fix) => format!("{}. {fix}", error.message),
            None => error.message.clone(),
        });
    }
    match report.outcome {
        Outcome::Complete | Outcome::Failed => None,
        Outcome::Partial => Some(format!(
            "{} groups whose members could not be read, {} records that could not be decoded or named; they stay as they were",
            report.unknown, report.quarantined
        )),
        Outcome::Blocked => Some(format!(
            "{} removals are withheld; look at `portal-sync plan`, then `portal-sync sync --approve {}`",
            report.withheld, report.plan_id
        )),
    }
}

fn log(report: &Report) {
    let Report {
        provider,
        added,
        updated,
        removed,
        withheld,
        unknown,
        quarantined,
        ..
    } = report;
    let (outcome, requests) = (report.outcome.as_str(), report.requests.total);
    match (&report.error, report.outcome) {
        (Some(error), _) => {
            tracing::error!(%provider, requests, fix = error.fix.as_deref(), "run failed: {}", error.message);
        }
        (None, Outcome::Complete) => tracing::info!(
            %provider, outcome, generation = report.generation, added, updated, removed, requests, "run ended"
        ),
        (None, _) => tracing::warn!(
            %provider, outcome, generation = report.generation, added, updated, removed, withheld, unknown,
            quarantined, requests, "run ended"
        ),
    }
    const SHOWN: usize = 10;
    for (id, reason) in report.quarantined_records.iter().take(SHOWN) {
        tracing::warn!(%provider, %id, "a record is quarantined: {reason}");
    }
    for notice in &report.notices {
        tracing::warn!(%provider, "{notice}");
    }
}

fn figures(report: &Report, finished: jiff::Timestamp) -> RunFigures {
    RunFigures {
        provider: report.provider.clone(),
        outcome: report.outcome.as_str().to_owned(),
        finished,
        duration: Duration::try_from_secs_f64(report.duration_seconds).unwrap_or_default(),
        requests: report.requests.endpoints.clone(),
        throttled: report.throttled,
        waited: Duration::try_from_secs_f64(report.waited_seconds).unwrap_or_default(),
        backed_off: Duration::try_from_secs_f64(report.backed_off_seconds).unwrap_or_default(),
        left: (report.outcome != Outcome::Failed).then_some(Left {
            users: report.counts.users as u64,
            groups: report.counts.groups as u64,
            withheld: report.withheld as u64,
        }),
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
