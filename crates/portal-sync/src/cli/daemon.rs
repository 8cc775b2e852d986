//! `serve`: every provider on its schedule, and the catalog for whoever asks.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use okta_auth::Transport;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::catalog::feed::Feed;
use crate::catalog::published::CatalogReader;
use crate::held::run::Why;
use crate::run::first_runs;
use crate::run::provider::Provider;
use crate::run::schedule::{Frequency, Schedule};
use crate::run::status::{ProviderStatus, StoreStatus};
use crate::run::triggers::{Asker, Timing, Triggers};
use crate::serve::Token;
use crate::serve::{self, App, router};
use crate::store::{CatalogStore, Holder, KnownProvider, Retention};
use crate::telemetry::{Metrics, Registry};

use crate::run::keeper::Keeper;
use crate::run::publisher::Publisher;
use crate::run::push::Push;

/// Whoever begins later than this is not waited for by those who come after it in the order of first runs.
const SOON: Duration = Duration::from_secs(60);

/// Over so many files the catalog is fed, unless the configuration or an earlier time says otherwise.
const SHARDS: u16 = 32;

/// How often the store is asked whether the feed was renewed.
const LOOK_AT_STORE: Duration = Duration::from_secs(1);

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
    /// How the catalog is fed.
    pub feed: Arc<Feed>,
    /// Over how many files it is fed, where the configuration says so.
    pub shards: Option<u16>,
    /// The Backstage that is told which of them changed.
    pub push: Option<(Push, Arc<dyn Transport>)>,
    /// How many connections are open at once at most.
    pub connections: usize,
    /// By which clock, zone and jitter runs start.
    pub timing: Timing,
    /// What runs and requests are counted with.
    pub metrics: Metrics,
    /// What `/metrics` prints.
    pub registry: Registry,
}

impl Daemon {
    /// Serves until `stop` is done. `listening` is told the address as soon as connections are taken: before the store is
    /// read. Then `admit` is told what the store knows, before anything is read from an org. Each of `asks` is for a run of
    /// every provider.
    ///
    /// # Errors
    /// When the address cannot be listened on, or `admit` refuses. What fails besides is reported and tried again.
    pub(super) async fn run(
        mut self,
        listening: impl FnOnce(SocketAddr) + Send,
        admit: impl FnOnce(&[KnownProvider]) -> Result<(), Renamed> + Send,
        asks: impl Stream<Item = Why> + Send + 'static,
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
            ended = self.keep(&publisher, &status, admit, asks) => ended.map(|never| match never {}),
        };
        tracing::info!("stopping");
        stopping.send_replace(true);
        // Whoever shares the store need not wait until what was under way runs out.
        let abandoned = self.store.abandon(&self.holder);
        drop(tokio::time::timeout(FAREWELL / 2, abandoned).await);
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
            feed: Arc::clone(&self.feed),
            store,
            status,
            tokens: self.tokens.clone(),
            unauthorized: self.metrics.unauthorized(),
            listen: self.listen.ip(),
            hosts: self.hosts.clone(),
            metrics: self.registry.clone(),
            clock: Arc::clone(&self.timing.clock),
        }
    }

    /// Reads the store, and then keeps it and the orgs in step until somebody drops this: a run under way is dropped with it,
    /// nothing of it is committed, and the next one begins anew.
    async fn keep(
        &mut self,
        publisher: &Arc<Publisher>,
        status: &watch::Sender<Vec<ProviderStatus>>,
        admit: impl FnOnce(&[KnownProvider]) -> Result<(), Renamed> + Send,
        asks: impl Stream<Item = Why> + Send + 'static,
    ) -> Result<Infallible, ServeError> {
        let known = publisher.known().await;
        admit(&known)?;
        self.look_at_feed().await?;
        publisher.refresh_or_log().await;
        let mut tasks = JoinSet::new();
        let shards = self.shards.unwrap_or(SHARDS);
        tasks.spawn(keep_feed(
            Arc::clone(&self.store),
            Arc::clone(&self.feed),
            shards,
        ));
        if let Some((push, transport)) = self.push.take() {
            let catalog = publisher.publish.subscribe();
            tasks.spawn(push.follow(transport, Arc::clone(&self.feed), catalog));
        }
        tasks.spawn(Arc::clone(publisher).follow());
        tasks.spawn(Arc::clone(publisher).check());
        let (askers, keepers) = self.keepers(&known, publisher, status);
        for keeper in keepers {
            tasks.spawn(keeper.keep());
        }
        tasks.spawn(ask_all(askers, asks));
        // A provider that is only read when somebody asks has nothing to wait for where nobody can, and its task ends.
        while let Some(ended) = tasks.join_next().await {
            ended?;
        }
        std::future::pending().await
    }

    /// Looks over how many files the catalog is fed: as many as at first.
    async fn look_at_feed(&self) -> Result<(), ServeError> {
        let Ok(Some(kept)) = self.store.feed().await else {
            return Ok(());
        };
        match self.shards {
            Some(configured) if configured != kept.shards => Err(ServeError::Shards {
                configured,
                kept: kept.shards,
            }),
            _ => {
                self.feed.keep(kept.shards, kept.renewals);
                Ok(())
            }
        }
    }

    /// Who reads the orgs, each one, and who asks them to.
    fn keepers(
        &mut self,
        known: &[KnownProvider],
        publisher: &Arc<Publisher>,
        status: &watch::Sender<Vec<ProviderStatus>>,
    ) -> (Vec<Asker>, Vec<Keeper>) {
        let providers = std::mem::take(&mut self.providers);
        let first_runs = first_runs::in_order(providers.len());
        let (mut askers, mut keepers) = (Vec::new(), Vec::new());
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
            let (asker, triggers) = Triggers::new(&schedule, self.timing.clone());
            askers.push(asker);
            keepers.push(Keeper {
                okta,
                holder: self.holder.clone(),
                first_run,
                triggers,
                timeout: schedule.timeout,
                position,
                store: Arc::clone(&self.store),
                retention: self.retention,
                publisher: Arc::clone(publisher),
                clock: Arc::clone(&self.timing.clock),
                metrics: self.metrics.clone(),
                status: status.clone(),
            });
        }
        (askers, keepers)
    }
}

/// Keeps the number of files when it is used first, as soon as the store can be written, and notices when the feed is renewed.
/// What the store cannot do is told elsewhere: until then nothing is fed, or what was fed before.
async fn keep_feed(store: Arc<dyn CatalogStore>, feed: Arc<Feed>, shards: u16) {
    loop {
        let kept = match store.feed().await {
            Ok(None) => store.keep_feed(shards).await.map(Some),
            known => known,
        };
        if let Ok(Some(kept)) = kept {
            feed.keep(kept.shards, kept.renewals);
        }
        tokio::time::sleep(LOOK_AT_STORE).await;
    }
}

/// Passes each of `asks` on to every keeper.
async fn ask_all(askers: Vec<Asker>, asks: impl Stream<Item = Why> + Send) {
    let mut asks = std::pin::pin!(asks);
    while let Some(why) = asks.next().await {
        for asker in &askers {
            asker.ask(why);
        }
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
    /// The feed has another number of files.
    #[error(
        "`portalSync.feed.shards` is {configured}, and this catalog is fed over {kept} files: whoever moved from one to \
         another would be gone from Backstage until its new file changes again"
    )]
    Shards {
        /// What the configuration says.
        configured: u16,
        /// What is kept since the first time.
        kept: u16,
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
