//! Where the catalog is kept between runs.
//!
//! [`CatalogStore`] is the seam: what a run reads before it decides, and the one transaction in which it commits. Readers
//! see whole generations: a commit is visible at once or not at all, and a process killed at any instant leaves the
//! previous or the next generation.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog_model::Entity;
use futures::future::BoxFuture;
use jiff::Timestamp;

use crate::held::criteria::Remembered;
use crate::held::document::{Document, Written};
use crate::held::object::Key;
use crate::held::packed::Packed;
use crate::held::state::State;

mod digest;
mod error;

mod postgres;
mod sqlite;

pub(crate) use error::{StoreError, StoreErrorKind};
pub(crate) use postgres::{
    Address as PostgresAddress, Schema as PostgresSchema, Settings as PostgresSettings,
};
pub(crate) use sqlite::SqliteStore;

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
    ///
    /// # Errors
    /// For a PostgreSQL database, which this build does not open yet.
    pub(crate) fn file(&self) -> Result<&Path, StoreError> {
        match self {
            Self::Sqlite(path) => Ok(path),
            Self::Postgres(_) => {
                let doing = format!("opening `{self}`, which this build does not do yet");
                Err(StoreError::new(StoreErrorKind::Other, doing))
            }
        }
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

/// A store of catalogs.
///
/// The laws that every implementation keeps are a function each in `store/suite.rs`.
pub(crate) trait CatalogStore: fmt::Debug + Send + Sync + 'static {
    /// What the catalog holds for one provider.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn state(&self, provider: &str) -> BoxFuture<'_, Result<State, StoreError>>;

    /// Commits the changes of one run in one transaction and returns the number of the new generation.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when another run of the same provider committed since `commit.base`,
    /// [`StoreErrorKind::NameTaken`] when another provider took one of the names; nothing is written then. Any other kind
    /// when the store cannot be written.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Keeps what a run that changed no entity learned besides. It makes no generation.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when another run of the same provider committed since `base`; any other kind when the
    /// store cannot be written.
    fn remember(
        &self,
        provider: &str,
        base: u64,
        remembered: Remembered,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The entities of a provider that stand for these objects, as they were committed in `base`.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when another run committed since; any other kind when the store cannot be read.
    fn documents(
        &self,
        provider: &str,
        base: u64,
        keys: Vec<Key>,
    ) -> BoxFuture<'_, Result<Vec<Written>, StoreError>>;

    /// The providers that ever committed, by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn providers(&self) -> BoxFuture<'_, Result<Vec<KnownProvider>, StoreError>>;

    /// The number of the newest generation, or nothing before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn generation(&self) -> BoxFuture<'_, Result<Option<u64>, StoreError>>;

    /// Counts how often the catalog turned out to be another one, such as a backup that was put in its place: the numbers
    /// of generations are compared within one epoch only.
    fn epoch(&self) -> u64 {
        0
    }

    /// Reads everything, to find damage before somebody needs what is damaged.
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`] when there is some; any other kind when the store cannot be read.
    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The newest generation, or nothing before the first.
    ///
    /// # Errors
    /// When the store cannot be read, or when it is damaged: what was not written so is no catalog.
    fn catalog(&self) -> BoxFuture<'_, Result<Option<Catalog>, StoreError>>;
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

/// What one run writes.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    /// The provider whose objects these are.
    pub provider: String,
    /// The generation in which the provider last committed when the run was planned; none before its first.
    pub base: Option<u64>,
    /// When the run read the org.
    pub taken_at: Timestamp,
    /// Objects that leave.
    pub removed: Vec<Key>,
    /// Objects that are new, of which there may be very many.
    pub added: Packed,
    /// Objects that are new or changed.
    pub written: Vec<Written>,
    /// What the next run is to know besides.
    pub remembered: Remembered,
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
