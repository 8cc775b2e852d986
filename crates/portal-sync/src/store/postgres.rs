//! The store that several replicas share: PostgreSQL.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use deadpool_postgres::Client;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::{
    Answer, Approved, CatalogStore, Change, Checked, Claim, Ending, Entry, Feed, Holder, Intake,
    KnownProvider, Newest, Retention, Runs, StoreError, StoreErrorKind, Turn,
};
use crate::held::approval::Approval;
use crate::held::document::Written;
use crate::held::mirror::Mirror;
use crate::held::object::Key;
use crate::held::state::State;

mod address;

mod settings;

mod failure;

mod migrate;

mod tables;

mod tls;

mod pool;

mod turns;

mod ledger;

mod reading;

mod feed;

mod mirror;

mod ending;

mod check;

mod listen;

pub(crate) use address::Address;
pub(crate) use settings::{Schema, Settings};

use failure::Failure;
use listen::Listener;
use pool::Pool;
use tables::{MIGRATIONS, MIRRORS_SINCE};

/// How long something short may take, until it is given up.
const SOON: Duration = Duration::from_secs(30);

/// How long the look may take that tells whether the database is there.
const AT_ONCE: Duration = Duration::from_secs(5);

/// How long something may take in which everything is read or written. Each statement has a limit of its own.
const LONG: Duration = Duration::from_secs(15 * 60);

/// How long it is asked what became of a commit that was not answered, and how often.
const UNSURE: Duration = Duration::from_secs(10);
const ASKED_AGAIN: Duration = Duration::from_millis(500);

/// A catalog in one schema of a PostgreSQL database, which any number of processes share.
#[derive(Clone, Debug)]
pub(crate) struct PostgresStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    pool: Pool,
    /// Whether it is opened for whoever only looks: nothing is made then, and a schema that is missing is an empty catalog.
    looks: bool,
    /// Done once the schema is known to be one of ours, with so many steps.
    known: OnceCell<usize>,
    listener: OnceLock<Listener>,
}

impl PostgresStore {
    /// Opens a schema, and makes it or brings it up to date.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses us, or the schema is none of ours, or that of a newer version.
    pub(crate) async fn open(settings: Settings) -> Result<Self, StoreError> {
        let store = Self::of(settings, false)?;
        store.doing("opening", SOON, async |_| Ok(())).await?;
        Ok(store)
    }

    /// Opens a schema for whoever only looks: nothing is made. One that is missing, and one in which nothing is, is an empty
    /// catalog.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) async fn open_to_look(settings: Settings) -> Result<Self, StoreError> {
        let store = Self::of(settings, true)?;
        store.doing("opening", SOON, async |_| Ok(())).await?;
        Ok(store)
    }

    /// Opens a schema for whoever serves it. A server that cannot be reached now is tried again by whatever asks for it; the
    /// second value says why.
    ///
    /// # Errors
    /// As [`open`](Self::open), but not when the server cannot be reached, or has no time or room.
    pub(crate) async fn open_to_serve(
        settings: Settings,
    ) -> Result<(Self, Option<StoreError>), StoreError> {
        let store = Self::of(settings, false)?;
        let opened = store.doing("opening", SOON, async |_| Ok(())).await;
        match opened {
            Err(error) if !error.kind().passes_by_itself() => Err(error),
            opened => Ok((store, opened.err())),
        }
    }

    fn of(settings: Settings, looks: bool) -> Result<Self, StoreError> {
        let pool = Pool::new(&settings);
        let pool = pool.map_err(|failure| failure.told("opening", &settings.address))?;
        Ok(Self {
            shared: Arc::new(Shared {
                settings,
                pool,
                looks,
                known: OnceCell::new(),
                listener: OnceLock::new(),
            }),
        })
    }

    /// Does something on a connection to a schema that is known.
    async fn doing<T>(
        &self,
        doing: &str,
        patience: Duration,
        work: impl AsyncFnOnce(&mut Client) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let shared = &self.shared;
        let done = async {
            if !shared.is_known() {
                let know = async |client: &mut Client| shared.know(client).await;
                shared.pool.with(LONG, know).await?;
            }
            shared.pool.with(patience, work).await
        };
        done.await
            .map_err(|failure: Failure| failure.told(doing, shared.pool.address()))
    }

    /// Reads something, of which there is nothing in a schema that nobody has filled.
    async fn reading<T: Default>(
        &self,
        patience: Duration,
        work: impl AsyncFnOnce(&mut Client) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let shared = &self.shared;
        self.doing("reading", patience, async |client| {
            match shared.known.get() {
                Some(0) => Ok(T::default()),
                _ => work(client).await,
            }
        })
        .await
    }

    /// Writes something, which whoever only looks never does.
    async fn writing<T>(
        &self,
        patience: Duration,
        work: impl AsyncFnOnce(&mut Client) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let looks = self.shared.looks;
        self.doing("writing", patience, async |client| {
            if looks {
                return Err(Failure::Kind(StoreErrorKind::ReadOnly));
            }
            work(client).await
        })
        .await
    }

    /// What became of the end of a run whose commit was not answered.
    async fn ended(&self, turn: &Turn, account: &str) -> Option<Option<u64>> {
        let asked = async {
            loop {
                let ended = self.doing("reading", UNSURE, async |client| {
                    ending::ended(client, turn, account).await
                });
                if let Ok(ended) = ended.await {
                    return ended;
                }
                tokio::time::sleep(ASKED_AGAIN).await;
            }
        };
        tokio::time::timeout(UNSURE, asked).await.ok().flatten()
    }
}

impl Shared {
    /// Whether the schema is known to be one of ours, with everything in it.
    fn is_known(&self) -> bool {
        self.steps() > 0
    }

    /// How many steps its history has, as far as that is known.
    fn steps(&self) -> usize {
        self.known.get().copied().unwrap_or_default()
    }

    /// Brings the schema up to date, the first time that it is reached. Whoever only looks finds out what it is each time, until
    /// somebody has filled it.
    async fn know(&self, client: &mut Client) -> Result<(), Failure> {
        let schema = &self.settings.schema;
        if self.looks {
            let steps = migrate::check(client, schema, MIGRATIONS).await?;
            if steps > 0 || self.known.get().is_none() {
                self.known.set(steps).ok();
            }
            return Ok(());
        }
        let known = self.known.get_or_try_init(async || {
            migrate::migrate(client, schema, MIGRATIONS).await?;
            Ok(MIGRATIONS.len())
        });
        known.await.map(drop)
    }
}

impl CatalogStore for PostgresStore {
    fn begin(&self, claim: Claim) -> Answer<'_, Turn> {
        async move {
            self.writing(SOON, async |client| turns::begin(client, &claim).await)
                .await
        }
        .boxed()
    }

    fn renew<'a>(&'a self, turn: &'a Turn, lease: Duration) -> Answer<'a, ()> {
        async move {
            self.writing(SOON, async |client| turns::renew(client, turn, lease).await)
                .await
        }
        .boxed()
    }

    fn end<'a>(&'a self, turn: &'a Turn, ending: Ending) -> Answer<'a, Option<u64>> {
        async move {
            let schema = &self.shared.settings.schema;
            let mut unsure = None;
            let ended = self.writing(LONG, async |client| {
                ending::end(client, schema, turn, &ending, &mut unsure).await
            });
            match (ended.await, unsure) {
                (Err(error), Some(account)) => {
                    let ended = self.ended(turn, &account).await;
                    ended.ok_or_else(|| {
                        let doing = format!("ending run {}", turn.number);
                        StoreError::new(StoreErrorKind::Unanswered, doing).because(error)
                    })
                }
                (ended, _) => ended,
            }
        }
        .boxed()
    }

    fn abandon<'a>(&'a self, holder: &'a Holder) -> Answer<'a, ()> {
        async move {
            self.writing(SOON, async |client| turns::abandon(client, holder).await)
                .await
        }
        .boxed()
    }

    fn state<'a>(&'a self, provider: &'a str) -> Answer<'a, State> {
        async move {
            self.reading(LONG, async |client| reading::state(client, provider).await)
                .await
        }
        .boxed()
    }

    fn mirror<'a>(&'a self, provider: &'a str) -> Answer<'a, Option<Mirror>> {
        async move {
            self.reading(LONG, async |client| match self.shared.steps() {
                ..MIRRORS_SINCE => Ok(None),
                _ => mirror::read(client, provider).await,
            })
            .await
        }
        .boxed()
    }

    fn documents<'a>(
        &'a self,
        provider: &'a str,
        base: u64,
        keys: Vec<Key>,
    ) -> Answer<'a, Vec<Written>> {
        async move {
            self.reading(LONG, async |client| {
                reading::documents(client, provider, base, &keys).await
            })
            .await
        }
        .boxed()
    }

    fn approve(&self, approval: Approval, lasts: Duration) -> Answer<'_, Approved> {
        async move {
            self.writing(SOON, async |client| {
                ledger::approve(client, &approval, lasts).await
            })
            .await
        }
        .boxed()
    }

    fn withdraw<'a>(&'a self, provider: &'a str, plan_id: &'a str) -> Answer<'a, ()> {
        async move {
            self.writing(SOON, async |client| {
                ledger::withdraw(client, provider, plan_id).await
            })
            .await
        }
        .boxed()
    }

    fn runs(&self, asked: Runs) -> Answer<'_, Vec<Entry>> {
        async move {
            self.reading(SOON, async |client| ledger::runs(client, &asked).await)
                .await
        }
        .boxed()
    }

    fn run(&self, number: u64) -> Answer<'_, Option<(Entry, Vec<Change>)>> {
        async move {
            self.reading(LONG, async |client| ledger::run(client, number).await)
                .await
        }
        .boxed()
    }

    fn changes_of<'a>(
        &'a self,
        object: &'a str,
        limit: u32,
    ) -> Answer<'a, Vec<(u64, Timestamp, Change)>> {
        async move {
            self.reading(LONG, async |client| {
                ledger::changes_of(client, object, limit).await
            })
            .await
        }
        .boxed()
    }

    fn prune(&self, keep: Retention, now: Timestamp) -> Answer<'_, u64> {
        async move {
            self.writing(LONG, async |client| ledger::prune(client, keep, now).await)
                .await
        }
        .boxed()
    }

    fn providers(&self) -> Answer<'_, Vec<KnownProvider>> {
        async move {
            self.reading(SOON, async |client| reading::providers(client).await)
                .await
        }
        .boxed()
    }

    fn generation(&self) -> Answer<'_, Option<u64>> {
        async move {
            let asked = self.reading(AT_ONCE, async |client| reading::generation(client).await);
            // Also where all connections are in use.
            let answered = tokio::time::timeout(AT_ONCE, asked).await;
            answered.unwrap_or_else(|error| {
                let doing = format!("reading `{}`", self.shared.settings.address);
                Err(StoreError::new(StoreErrorKind::TimedOut, doing).because(error))
            })
        }
        .boxed()
    }

    fn woken(&self) -> BoxFuture<'_, ()> {
        let shared = &self.shared;
        let listener = shared
            .listener
            .get_or_init(|| Listener::begin(&shared.settings));
        listener.woken().boxed()
    }

    fn entities(&self, intake: Arc<Mutex<dyn Intake>>) -> Answer<'_, Option<Newest>> {
        let read = async move |client: &mut Client| reading::entities(client, &intake).await;
        async move { self.reading(LONG, read).await }.boxed()
    }

    fn feed(&self) -> Answer<'_, Option<Feed>> {
        async move {
            self.reading(AT_ONCE, async |client| feed::read(client).await)
                .await
        }
        .boxed()
    }

    fn keep_feed(&self, shards: u16) -> Answer<'_, Feed> {
        async move {
            self.writing(AT_ONCE, async |client| feed::keep(client, shards).await)
                .await
        }
        .boxed()
    }

    fn renew_feed(&self) -> Answer<'_, Option<Feed>> {
        async move {
            self.writing(AT_ONCE, async |client| feed::renew(client).await)
                .await
        }
        .boxed()
    }

    fn check(&self) -> Answer<'_, Checked> {
        async move {
            self.reading(LONG, async |client| {
                check::everything(client, self.shared.steps()).await
            })
            .await
        }
        .boxed()
    }
}

#[cfg(test)]
pub(in crate::store) mod tests;
