//! The embedded store: one SQLite file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{Transaction, TransactionBehavior};

use super::{
    Answer, Approved, CatalogStore, Change, Checked, Claim, Ending, Entry, Feed, Holder, Intake,
    KnownProvider, Newest, Retention, Runs, StoreError, StoreErrorKind, Stored, Turn,
};
use crate::held::approval::Approval;
use crate::held::document::Written;
use crate::held::mirror::Mirror;
use crate::held::object::Key;
use crate::held::state::{State, StateReader};
use crate::store::texts::org_of;

mod failure;

mod rows;

mod index;

mod migrate;

mod mirror;

mod turns;

mod ending;

mod ledger;

mod feed;

mod file;

mod check;

mod connections;

mod backup;

pub(crate) use backup::BackupError;
use backup::Partial;
use check::everything;
use connections::Shared;
use failure::{Failure, damaged};
use file::Opened;
use index::Index;

/// How long the start of `serve` waits for another process's transaction. What it has to write can be written later.
const PATIENCE_OF_START: Duration = Duration::from_secs(1);

/// A catalog in one SQLite file.
///
/// Several processes may open the same file: readers never wait for a writer (write-ahead log) and need not be able to
/// write, and whoever lost its turn writes nothing. A file that is replaced while it is open is opened anew.
///
/// There are two connections, one for reading and one for writing, so that within a process, too, nobody who reads waits
/// for a commit.
#[derive(Clone)]
pub(crate) struct SqliteStore {
    shared: Arc<Shared>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.shared.path)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the file, and makes it when it is not there: for its owner alone, because people's addresses are in it.
    ///
    /// # Errors
    /// When the file cannot be opened or written, is damaged, is no database of portal-sync, or was written by a newer one.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let store = Self::of(path, false);
        store.open_to_write(file::BUSY_TIMEOUT)?;
        Ok(store)
    }

    /// Opens the file for whoever only looks: nothing is written, not even the file itself. When it is not there, and
    /// could be made, what is looked at is an empty catalog that nobody keeps.
    ///
    /// # Errors
    /// When the file cannot be read, is no database of portal-sync, or was written by a newer one.
    pub(crate) fn open_to_look(path: &Path) -> Result<Self, StoreError> {
        let store = Self::of(path, true);
        store.open_to_read()?;
        Ok(store)
    }

    /// Opens the file for whoever serves it, come what may: what is there is served while it cannot be written, and a file
    /// that another process has locked is waited for later on. The second value is what kept it from being opened for
    /// writing, if anything did; that is tried again by each commit.
    ///
    /// # Errors
    /// When the file is not there and cannot be made, is damaged, is no database of portal-sync, or was written by a newer
    /// one.
    pub(crate) fn open_to_serve(path: &Path) -> Result<(Self, Option<StoreError>), StoreError> {
        let store = Self::of(path, false);
        let unwritable = match store.open_to_write(PATIENCE_OF_START) {
            Err(error) if !path.exists() || !error.kind().may_pass() => return Err(error),
            opened => opened.err(),
        };
        let verified = store.open_to_read().and_then(|()| {
            let verified = store.shared.verify_at_once();
            verified.map_err(|failed| failed.told("reading", path))
        });
        match verified {
            Err(error) if error.kind() != StoreErrorKind::Locked => Err(error),
            _ => Ok((store, unwritable)),
        }
    }

    /// The files that a store at `path` consists of, as far as they are there.
    pub(crate) fn files(path: &Path) -> Vec<PathBuf> {
        let all = file::all_of(path).into_iter();
        all.filter(|path| path.is_file()).collect()
    }

    /// Copies the store into a new file, while others may write, and says what is in the copy. Dropped, nothing is left of it.
    ///
    /// # Errors
    /// When there is something at `to`, it cannot be written there, or the store is damaged or cannot be read.
    pub(crate) async fn backup(&self, to: &Path) -> Result<Checked, BackupError> {
        let shared = Arc::clone(&self.shared);
        let partial = Partial::new(&shared, to)?;
        let (at, to) = partial.paths();
        let copied = tokio::task::spawn_blocking(move || backup::copy(&shared, &at, &to)).await;
        let checked = copied.map_err(|error| {
            let doing = format!("copying `{}`", self.shared.path.display());
            StoreError::new(StoreErrorKind::Other, doing).because(error)
        })??;
        partial.finish()?;
        Ok(checked)
    }

    fn of(path: &Path, looks: bool) -> Self {
        Self {
            shared: Arc::new(Shared::new(path, looks)),
        }
    }

    fn open_to_write(&self, patience: Duration) -> Result<(), StoreError> {
        let shared = &self.shared;
        let opened = file::make_private(&shared.path)
            .and_then(|()| shared.check_at_once())
            .and_then(|()| shared.with_writer(patience, |_, _| Ok(())));
        opened.map_err(|failed| failed.told("opening", &shared.path))
    }

    fn open_to_read(&self) -> Result<(), StoreError> {
        let shared = &self.shared;
        let opened =
            file::may_be_there(&shared.path).and_then(|()| shared.with_reader(|_, _| Ok(())));
        opened.map_err(|failed| failed.told("opening", &shared.path))
    }

    /// Runs `work` on a thread that may block.
    fn blocking<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Shared) -> Result<T, Failure> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let shared = Arc::clone(&self.shared);
        async move {
            let path = shared.path.clone();
            match tokio::task::spawn_blocking(move || work(&shared)).await {
                Ok(done) => done.map_err(|failed| failed.told(doing, &path)),
                Err(error) => {
                    let doing = format!("{doing} `{}`", path.display());
                    Err(StoreError::new(StoreErrorKind::Other, doing).because(error))
                }
            }
        }
        .boxed()
    }

    /// Reads in one transaction.
    fn reading<T: Send + 'static>(
        &self,
        work: impl Fn(&Transaction<'_>, &Shared) -> Result<T, Failure> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        self.blocking("reading", move |shared| {
            shared.with_reader(|connection, shared| work(&connection.transaction()?, shared))
        })
    }

    /// Writes in one transaction.
    fn writing<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>, &Shared) -> Result<T, Failure> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        self.blocking(doing, move |shared| {
            shared.with_writer(file::BUSY_TIMEOUT, |connection, shared| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let done = work(&transaction, shared)?;
                transaction.commit()?;
                Ok(done)
            })
        })
    }

    /// Writes in one transaction by a turn that was given in the same file.
    fn writing_by<T: Send + 'static>(
        &self,
        turn: &Turn,
        work: impl FnOnce(&Transaction<'_>, &Turn) -> Result<T, Failure> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let turn = turn.clone();
        self.writing("writing", move |transaction, shared| {
            if shared.current().is_another_catalog(&turn.provider) {
                return Err(Failure::Kind(StoreErrorKind::Conflict));
            }
            work(transaction, &turn)
        })
    }
}

impl CatalogStore for SqliteStore {
    fn begin(&self, claim: Claim) -> Answer<'_, Turn> {
        self.writing("taking a turn in", move |transaction, shared| {
            shared.current().has_read(&claim.provider);
            turns::begin(transaction, &claim)
        })
    }

    fn renew<'a>(&'a self, turn: &'a Turn, lease: Duration) -> Answer<'a, ()> {
        self.writing_by(turn, move |transaction, turn| {
            turns::renew(transaction, turn, lease)
        })
    }

    fn end<'a>(&'a self, turn: &'a Turn, ending: Ending) -> Answer<'a, Option<u64>> {
        self.writing_by(turn, move |transaction, turn| {
            ending::end(transaction, turn, &ending)
        })
    }

    fn abandon<'a>(&'a self, holder: &'a Holder) -> Answer<'a, ()> {
        let holder = holder.clone();
        self.writing("giving turns back in", move |transaction, _| {
            turns::abandon(transaction, &holder)
        })
    }

    fn state<'a>(&'a self, provider: &'a str) -> Answer<'a, State> {
        let provider = provider.to_owned();
        self.reading(move |transaction, shared| {
            shared.current().has_read(&provider);
            let index = Index::read(transaction)?;
            let others = index.others(transaction, &provider)?;
            let approvals = turns::approvals(transaction, &provider)?;
            let Some(own) = index.provider(&provider) else {
                return Ok(State::never_synced(others).with_approvals(approvals));
            };
            let mut reader = StateReader::default();
            own.entities(transaction, |entity| {
                let read = reader.entity(entity.key()?, entity.parsed_ref()?, entity.body);
                read.map_err(damaged)
            })?;
            let generation = own.generation.cast_unsigned();
            let state = reader.finish(generation, others, own.remembered());
            Ok(state.with_approvals(approvals))
        })
    }

    fn mirror<'a>(&'a self, provider: &'a str) -> Answer<'a, Option<Mirror>> {
        let provider = provider.to_owned();
        self.reading(move |transaction, _| mirror::read(transaction, &provider))
    }

    fn documents<'a>(
        &'a self,
        provider: &'a str,
        base: u64,
        keys: Vec<Key>,
    ) -> Answer<'a, Vec<Written>> {
        let provider = provider.to_owned();
        self.reading(move |transaction, shared| {
            let is_other = shared.current().is_another_catalog(&provider);
            let index = Index::read(transaction)?;
            let own = index.provider(&provider);
            let own = own.filter(|it| !is_other && it.generation == base.cast_signed());
            let own = own.ok_or(Failure::Kind(StoreErrorKind::Conflict))?;
            own.documents(transaction, &keys)
        })
    }

    fn approve(&self, approval: Approval, lasts: Duration) -> Answer<'_, Approved> {
        self.writing("writing", move |transaction, _| {
            ledger::approve(transaction, &approval, lasts)
        })
    }

    fn withdraw<'a>(&'a self, provider: &'a str, plan_id: &'a str) -> Answer<'a, ()> {
        let (provider, plan_id) = (provider.to_owned(), plan_id.to_owned());
        self.writing("writing", move |transaction, _| {
            ledger::withdraw(transaction, &provider, &plan_id)
        })
    }

    fn runs(&self, asked: Runs) -> Answer<'_, Vec<Entry>> {
        self.reading(move |transaction, _| ledger::runs(transaction, &asked))
    }

    fn run(&self, number: u64) -> Answer<'_, Option<(Entry, Vec<Change>)>> {
        self.reading(move |transaction, _| ledger::run(transaction, number))
    }

    fn changes_of<'a>(
        &'a self,
        object: &'a str,
        limit: u32,
    ) -> Answer<'a, Vec<(u64, Timestamp, Change)>> {
        let object = object.to_owned();
        self.reading(move |transaction, _| ledger::changes_of(transaction, &object, limit))
    }

    fn prune(&self, keep: Retention, now: Timestamp) -> Answer<'_, u64> {
        self.writing("writing", move |transaction, _| {
            ledger::prune(transaction, keep, now)
        })
    }

    fn providers(&self) -> Answer<'_, Vec<KnownProvider>> {
        self.reading(|transaction, _| {
            let known = Index::read(transaction)?.providers.into_iter().map(|it| {
                Ok(KnownProvider {
                    org: it.any_body(transaction)?.as_deref().and_then(org_of),
                    remembered: it.remembered(),
                    id: it.id,
                })
            });
            known.collect()
        })
    }

    fn generation(&self) -> Answer<'_, Option<u64>> {
        self.reading(|transaction, _| Ok(Index::read(transaction)?.generation()))
    }

    fn epoch(&self) -> u64 {
        self.shared.current().epoch
    }

    fn entities(&self, intake: Arc<Mutex<dyn Intake>>) -> Answer<'_, Option<Newest>> {
        self.reading(move |transaction, _| {
            let index = Index::read(transaction)?;
            let (Some(generation), Some(taken_at)) = (index.generation(), index.taken_at()?) else {
                return Ok(None);
            };
            let mut intake = intake.lock().unwrap_or_else(PoisonError::into_inner);
            intake.begin();
            for provider in &index.providers {
                provider.entities(transaction, |entity| {
                    let taken = intake.take(Stored {
                        provider: &provider.id,
                        key: &entity.key()?,
                        entity_ref: entity.entity_ref,
                        text: entity.body,
                    });
                    taken.map_err(|error| Failure::Because(StoreErrorKind::Damaged, error))
                })?;
            }
            Ok(Some(Newest {
                generation,
                taken_at,
                providers: index.providers.into_iter().map(|it| it.id).collect(),
            }))
        })
    }

    fn feed(&self) -> Answer<'_, Option<Feed>> {
        self.reading(|transaction, _| feed::read(transaction))
    }

    fn keep_feed(&self, shards: u16) -> Answer<'_, Feed> {
        self.writing("writing", move |transaction, _| {
            feed::keep(transaction, shards)
        })
    }

    fn renew_feed(&self) -> Answer<'_, Option<Feed>> {
        self.writing("writing", |transaction, _| feed::renew(transaction))
    }

    fn check(&self) -> Answer<'_, Checked> {
        self.blocking("checking", |shared| {
            if shared.look()?.is_none() {
                return Ok(Checked::default());
            }
            if shared.looks {
                // No file is made beside one that nobody has open.
                return shared.with_reader(|connection, _| everything(connection));
            }
            // By a connection of its own: it takes a while, and nobody shall wait for it.
            everything(&mut Opened::to_read(&shared.path)?.connection)
        })
    }
}
