//! The embedded store: one SQLite file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use catalog_model::Entity;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use rusqlite::{Transaction, TransactionBehavior};

use super::{Catalog, CatalogStore, Commit, KnownProvider, Record, StoreError, StoreErrorKind};
use crate::held::criteria::Remembered;
use crate::held::document::Written;
use crate::held::object::Key;
use crate::held::state::{State, StateReader};

mod failure;

mod rows;

mod migrate;

mod file;

mod connections;

use connections::{Shared, verify};
use failure::{Failure, damaged};
use file::Opened;
#[cfg(test)]
pub(super) use migrate::mark;
use rows::{Index, Provider};

/// How long the start of `serve` waits for another process's transaction. What it has to write can be written later.
const PATIENCE_OF_START: Duration = Duration::from_secs(1);

/// A catalog in one SQLite file.
///
/// Several processes may open the same file: readers never wait for a writer (write-ahead log) and need not be able to
/// write, and a commit planned on an older generation is refused. A file that is replaced while it is open is opened anew.
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

    /// Writes in one transaction, for a provider whose state was read from the same file.
    fn writing<T: Send + 'static>(
        &self,
        provider: String,
        work: impl FnOnce(&Transaction<'_>, Index) -> Result<T, Failure> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        self.blocking("writing", move |shared| {
            shared.with_writer(file::BUSY_TIMEOUT, |connection, shared| {
                {
                    let current = shared.current();
                    let read = current.read.get(&provider);
                    if read.is_some_and(|epoch| *epoch != current.epoch) {
                        return Err(Failure::Kind(StoreErrorKind::Conflict));
                    }
                }
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let index = Index::read(&transaction)?;
                let done = work(&transaction, index)?;
                transaction.commit()?;
                Ok(done)
            })
        })
    }
}

impl CatalogStore for SqliteStore {
    fn state(&self, provider: &str) -> BoxFuture<'_, Result<State, StoreError>> {
        let provider = provider.to_owned();
        self.reading(move |transaction, shared| {
            {
                let mut current = shared.current();
                let epoch = current.epoch;
                current.read.insert(provider.clone(), epoch);
            }
            let index = Index::read(transaction)?;
            let others = index.others(transaction, &provider)?;
            let Some(own) = index.provider(&provider) else {
                return Ok(State::never_synced(others));
            };
            let mut reader = StateReader::default();
            own.entities(transaction, |entity| {
                let read = reader.entity(entity.key()?, entity.parsed_ref()?, entity.body);
                read.map_err(damaged)
            })?;
            let generation = own.generation.cast_unsigned();
            Ok(reader.finish(generation, others, own.remembered()))
        })
    }

    fn documents(
        &self,
        provider: &str,
        base: u64,
        keys: Vec<Key>,
    ) -> BoxFuture<'_, Result<Vec<Written>, StoreError>> {
        let provider = provider.to_owned();
        self.reading(move |transaction, shared| {
            let current = shared.current();
            let read = current.read.get(&provider);
            let is_other = read.is_some_and(|epoch| *epoch != current.epoch);
            drop(current);
            let index = Index::read(transaction)?;
            let own = index.provider(&provider);
            let own = own.filter(|it| !is_other && it.generation == base.cast_signed());
            let own = own.ok_or(Failure::Kind(StoreErrorKind::Conflict))?;
            own.documents(transaction, &keys)
        })
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.writing(commit.provider.clone(), move |transaction, index| {
            let before = index.provider(&commit.provider);
            if before.map(|it| it.generation.cast_unsigned()) != commit.base {
                return Err(Failure::Kind(StoreErrorKind::Conflict));
            }
            let sum = before.and_then(|it| it.sum).unwrap_or_default();
            let mut entities = rows::Entities::of(transaction, &commit.provider, sum)?;
            // Everything that changes goes first, so that two objects can swap their names.
            for key in &commit.removed {
                entities.remove(key)?;
            }
            for Written { key, .. } in &commit.written {
                entities.remove(key)?;
            }
            for added in commit.added.iter() {
                entities.insert(&added.map_err(Failure::unpacked)?)?;
            }
            for written in &commit.written {
                entities.insert(written)?;
            }
            let sum = entities.sum();
            let next = index.newest().map_or(0, |newest| newest.generation) + 1;
            let provider = Provider {
                id: commit.provider,
                generation: next,
                taken_at: commit.taken_at.to_string(),
                remembered: Some(serde_json::to_string(&commit.remembered).map_err(damaged)?),
                sum: Some(sum),
            };
            index.replace(provider, transaction)?;
            Ok(next.cast_unsigned())
        })
    }

    fn remember(
        &self,
        provider: &str,
        base: u64,
        remembered: Remembered,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        let provider = provider.to_owned();
        self.writing(provider.clone(), move |transaction, index| {
            let own = index.provider(&provider);
            let Some(own) = own.filter(|own| own.generation == base.cast_signed()) else {
                return Err(Failure::Kind(StoreErrorKind::Conflict));
            };
            let own = Provider {
                remembered: Some(serde_json::to_string(&remembered).map_err(damaged)?),
                ..own.clone()
            };
            index.replace(own, transaction)
        })
    }

    fn providers(&self) -> BoxFuture<'_, Result<Vec<KnownProvider>, StoreError>> {
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

    fn generation(&self) -> BoxFuture<'_, Result<Option<u64>, StoreError>> {
        self.reading(|transaction, _| {
            let index = Index::read(transaction)?;
            Ok(index.newest().map(|it| it.generation.cast_unsigned()))
        })
    }

    fn epoch(&self) -> u64 {
        self.shared.current().epoch
    }

    fn catalog(&self) -> BoxFuture<'_, Result<Option<Catalog>, StoreError>> {
        self.reading(|transaction, _| {
            let index = Index::read(transaction)?;
            let Some(newest) = index.newest() else {
                return Ok(None);
            };
            let mut records = Vec::new();
            for provider in &index.providers {
                let id: Arc<str> = provider.id.as_str().into();
                provider.entities(transaction, |entity| {
                    records.push(Record {
                        provider: Arc::clone(&id),
                        key: entity.key()?,
                        entity: serde_json::from_str(entity.body).map_err(damaged)?,
                    });
                    Ok(())
                })?;
            }
            Ok(Some(Catalog {
                generation: newest.generation.cast_unsigned(),
                taken_at: newest.taken_at()?,
                providers: index.providers.into_iter().map(|it| it.id).collect(),
                records,
            }))
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.blocking("checking", |shared| {
            if shared.look()?.is_none() {
                return Ok(());
            }
            // By a connection of its own: it takes a while, and nobody shall wait for it.
            let mut opened = Opened::to_read(&shared.path)?;
            file::check_structure(&opened.connection)?;
            verify(&mut opened.connection)
        })
    }
}

/// The org that an entity is from, by where it says that it is managed: `okta:https://acme.okta.com/api/v1/users/00u1`.
fn org_of(body: &str) -> Option<String> {
    let entity: Entity = serde_json::from_str(body).ok()?;
    let location = entity
        .metadata
        .annotations
        .get("backstage.io/managed-by-location")?;
    let (org, _) = location.strip_prefix("okta:")?.split_once("/api/v1/")?;
    Some(org.to_owned())
}
