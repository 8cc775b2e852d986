//! Where the catalog is kept between runs.
//!
//! [`CatalogStore`] is the seam: the turn that a run takes, what it reads before it decides, and the one transaction in which it
//! ends. Readers see whole generations: a commit is visible at once or not at all, and a process killed at any instant leaves
//! the previous or the next generation.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog_model::Entity;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::Serialize;

use crate::held::approval::Approval;
use crate::held::criteria::Remembered;
use crate::held::document::{Document, Written};
use crate::held::mirror::Mirror;
use crate::held::object::Key;
use crate::held::state::State;

mod digest;
mod error;

mod holder;

mod turn;

mod ledger;

mod texts;

mod feed;

mod intake;

mod mirrors;

mod postgres;

mod sqlite;

mod copy;

pub(crate) use copy::copy;
pub(crate) use error::{StoreError, StoreErrorKind};
pub(crate) use feed::Feed;
pub(crate) use holder::Holder;
use intake::Records;
pub(crate) use intake::{Intake, Stored};
pub(crate) use ledger::{Change, Commit, Ending, Entry, PRUNED_AT_ONCE, Retention, Runs, Work};
pub(crate) use mirrors::{CheckedMirror, MirrorFound};
pub(crate) use postgres::{
    Address as PostgresAddress, PostgresStore, Schema as PostgresSchema,
    Settings as PostgresSettings,
};
pub(crate) use sqlite::{BackupError, SqliteStore};
pub(crate) use turn::{Claim, LEASE, RENEWAL, Turn};

/// The address of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum StoreUrl {
    /// An embedded database in this file. A relative path was resolved against the working
    /// directory.
    Sqlite(PathBuf),
    /// A schema of a PostgreSQL database.
    Postgres(Box<PostgresSettings>),
}

impl StoreUrl {
    /// The file of an embedded database.
    #[must_use]
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// Opens the store for whoever changes it.
    ///
    /// # Errors
    /// When it cannot be opened or written, is damaged or foreign, or was written by a newer version.
    pub(crate) async fn open(&self) -> Result<Arc<dyn CatalogStore>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
            Self::Postgres(settings) => Arc::new(PostgresStore::open((**settings).clone()).await?),
        })
    }

    /// Opens the store for whoever only looks: nothing is made.
    ///
    /// # Errors
    /// When it cannot be read, is foreign, or was written by a newer version.
    pub(crate) async fn open_to_look(&self) -> Result<Arc<dyn CatalogStore>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open_to_look(path)?),
            Self::Postgres(settings) => {
                Arc::new(PostgresStore::open_to_look((**settings).clone()).await?)
            }
        })
    }

    /// Opens the store for whoever serves it, as far as that can be done now: the second value is why it is not done.
    ///
    /// # Errors
    /// When somebody has to do something about it.
    pub(crate) async fn open_to_serve(
        &self,
    ) -> Result<(Arc<dyn CatalogStore>, Option<StoreError>), StoreError> {
        Ok(match self {
            Self::Sqlite(path) => {
                let (store, why) = SqliteStore::open_to_serve(path)?;
                (Arc::new(store), why)
            }
            Self::Postgres(settings) => {
                let (store, why) = PostgresStore::open_to_serve((**settings).clone()).await?;
                (Arc::new(store), why)
            }
        })
    }
}

/// For messages: the file, or the address without its password.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(settings) => settings.address.fmt(f),
        }
    }
}

/// What a store answers, when it does.
pub(crate) type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// A store of catalogs.
///
/// The laws that every implementation keeps are a function each in `store/suite.rs`.
pub(crate) trait CatalogStore: fmt::Debug + Send + Sync + 'static {
    // --- runs

    /// Gives a turn, and opens its run in the ledger. A run whose turn has run out, or whose holder has ended, is closed as
    /// interrupted.
    ///
    /// # Errors
    /// [`StoreErrorKind::Busy`] when somebody else has the turn of this provider, with [`HeldBy`](turn::HeldBy) as its source; any other
    /// kind when the store cannot be written.
    fn begin(&self, claim: Claim) -> Answer<'_, Turn>;

    /// Keeps a turn for so long from now on.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when the turn is lost; any other kind when the store cannot be written.
    fn renew<'a>(&'a self, turn: &'a Turn, lease: Duration) -> Answer<'a, ()>;

    /// Ends a run: writes its account, its changes and its work in one transaction, gives the turn back, and returns the number
    /// of the new generation if there is one.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when the turn is lost, or its approval was used meanwhile;
    /// [`StoreErrorKind::NameTaken`] when another provider took one of the names. Nothing is written then, and in the latter
    /// case the turn stays. Any other kind when the store cannot be written.
    fn end<'a>(&'a self, turn: &'a Turn, ending: Ending) -> Answer<'a, Option<u64>>;

    /// Gives back every turn of a process that ends, whose runs are closed as interrupted.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn abandon<'a>(&'a self, holder: &'a Holder) -> Answer<'a, ()>;

    /// What the catalog holds for one provider.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn state<'a>(&'a self, provider: &'a str) -> Answer<'a, State>;

    /// What Okta said of the org of a provider; none when there is nothing, and when it is not understood, which the log tells.
    ///
    /// Whoever is to write what changes of it reads it after the turn was given: a run in between may have written another.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn mirror<'a>(&'a self, provider: &'a str) -> Answer<'a, Option<Mirror>>;

    /// The entities of a provider that stand for these objects, as they were committed in `base`.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when another run committed since; any other kind when the store cannot be read.
    fn documents<'a>(
        &'a self,
        provider: &'a str,
        base: u64,
        keys: Vec<Key>,
    ) -> Answer<'a, Vec<Written>>;

    // --- people

    /// Keeps an approval until `lasts` from now, by the clock of the store, and says what it is good for.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn approve(&self, approval: Approval, lasts: Duration) -> Answer<'_, Approved>;

    /// Takes an approval back that was not used.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn withdraw<'a>(&'a self, provider: &'a str, plan_id: &'a str) -> Answer<'a, ()>;

    /// Runs of the ledger, the newest first, those under way included.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn runs(&self, asked: Runs) -> Answer<'_, Vec<Entry>>;

    /// One run with its changes, users before groups, each by Okta id; what it withheld comes last, also when an earlier run of
    /// the same plan has it in the ledger.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn run(&self, number: u64) -> Answer<'_, Option<(Entry, Vec<Change>)>>;

    /// The latest changes of an object, by its Okta id, or of an entity, by its ref: the newest first, with the number of the
    /// run and when it began.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn changes_of<'a>(
        &'a self,
        object: &'a str,
        limit: u32,
    ) -> Answer<'a, Vec<(u64, Timestamp, Change)>>;

    /// Lets go of runs that are not to be kept, [`PRUNED_AT_ONCE`] at most, and returns how many those were. `now` is what age is counted by.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn prune(&self, keep: Retention, now: Timestamp) -> Answer<'_, u64>;

    // --- readers

    /// The providers that ever committed, by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn providers(&self) -> Answer<'_, Vec<KnownProvider>>;

    /// The number of the newest generation, or nothing before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn generation(&self) -> Answer<'_, Option<u64>>;

    /// Done when another process may have committed: a hint to look, which a store need not give.
    fn woken(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }

    /// Counts how often the catalog turned out to be another one, such as a backup that was put in its place: the numbers
    /// of generations are compared within one epoch only.
    fn epoch(&self) -> u64 {
        0
    }

    /// Hands every entity of the newest generation to `intake`, and says which generation it is; nothing before the first.
    ///
    /// # Errors
    /// When the store cannot be read, or when it is damaged: what was not written so is no catalog, and what `intake` refuses
    /// was not either. What it took until then is no whole.
    fn entities(&self, intake: Arc<Mutex<dyn Intake>>) -> Answer<'_, Option<Newest>>;

    /// The newest generation with all its entities, or nothing before the first.
    ///
    /// # Errors
    /// When the store cannot be read, or when it is damaged.
    fn catalog(&self) -> Answer<'_, Option<Catalog>> {
        let records = Arc::new(Mutex::new(Records::default()));
        Box::pin(async move {
            let newest = self.entities(Arc::clone(&records) as Arc<_>).await?;
            let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(newest.map(|newest| Catalog {
                generation: newest.generation,
                taken_at: newest.taken_at,
                providers: newest.providers,
                records: records.take_all(),
            }))
        })
    }

    // --- the feed

    /// What is kept of the feed, or nothing before its first use.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn feed(&self) -> Answer<'_, Option<Feed>>;

    /// Keeps this number of files for the feed, unless another one is kept already, and returns what is kept.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn keep_feed(&self, shards: u16) -> Answer<'_, Feed>;

    /// Counts a renewal of the feed, and returns what is kept: nothing before its first use.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn renew_feed(&self) -> Answer<'_, Option<Feed>>;

    /// Reads everything, to find damage before somebody needs what is damaged, and says what is there.
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`] when there is some; any other kind when the store cannot be read.
    fn check(&self) -> Answer<'_, Checked>;
}

/// What became of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approved {
    /// The next run that withholds exactly this may commit it, once.
    Kept,
    /// This run used it up already, and it is not kept again.
    Used {
        /// The number of the run.
        run: u64,
    },
}

/// What a store was found to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checked {
    /// The space that it takes.
    #[serde(skip)]
    pub bytes: u64,
    /// How many steps of its history were applied to it; none when there is no store yet.
    pub schema: u64,
    /// The number of its newest generation.
    pub generation: Option<u64>,
    /// What there is of each provider, by id.
    pub providers: Vec<CheckedProvider>,
    /// What is kept of Okta's answers, by provider.
    pub mirrors: Vec<CheckedMirror>,
    /// How many runs the ledger has.
    pub runs: u64,
    /// How many changes.
    pub changes: u64,
}

/// What a store was found to hold of one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckedProvider {
    /// Its id.
    pub provider: String,
    /// The generation in which it last changed.
    pub generation: u64,
    /// When its org was read for that.
    pub taken_at: Timestamp,
    /// Its users.
    pub users: u64,
    /// Its groups.
    pub groups: u64,
}

/// A provider that committed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KnownProvider {
    /// Its id.
    pub id: String,
    /// The address of the org that its entities are from, as in `https://acme.okta.com`; none when it has no entities.
    pub org: Option<String>,
    /// What is known of it besides its entities.
    pub remembered: Remembered,
}

/// An entity and what it stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// The provider whose object it is.
    pub provider: Arc<str>,
    /// What it stands for.
    pub key: Key,
    /// The entity.
    pub entity: Entity,
}

impl From<Record> for Written {
    fn from(record: Record) -> Self {
        Self {
            document: Document::of(&record.entity),
            key: record.key,
        }
    }
}

/// Which generation is the newest one, of all providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Newest {
    /// Its number, counted from 1.
    pub generation: u64,
    /// When it was taken: the newest commit of any provider.
    pub taken_at: Timestamp,
    /// The providers that ever committed, by id.
    pub providers: Vec<String>,
}

/// One whole generation, of all providers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Catalog {
    /// Its number, counted from 1.
    pub generation: u64,
    /// When it was taken: the newest commit of any provider.
    pub taken_at: Timestamp,
    /// The providers that ever committed, by id.
    pub providers: Vec<String>,
    /// Every entity, by provider, kind and Okta id.
    pub records: Vec<Record>,
}

#[cfg(test)]
mod suite;

#[cfg(test)]
mod tests;
