//! The embedded store: one SQLite file.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog_model::{Entity, EntityRef};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior, params,
};

use super::{Catalog, CatalogStore, Commit, Record, StoreError, StoreErrorKind, Written};
use crate::document::Document;
use crate::state::State;

/// The layout this build writes, kept in `user_version`.
const SCHEMA_VERSION: i64 = 1;

/// How long a process waits for another one's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const SCHEMA: &str = "
    CREATE TABLE provider (
        id TEXT NOT NULL PRIMARY KEY,
        generation INTEGER NOT NULL,
        taken_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE entity (
        provider TEXT NOT NULL,
        kind TEXT NOT NULL,
        okta_id TEXT NOT NULL,
        ref TEXT NOT NULL UNIQUE,
        body TEXT NOT NULL,
        PRIMARY KEY (provider, kind, okta_id)
    ) STRICT, WITHOUT ROWID;
";

/// A catalog in one SQLite file.
///
/// Several processes may open the same file: readers never wait for a writer (write-ahead log), and a commit planned on
/// an older generation is refused.
#[derive(Clone)]
pub struct SqliteStore {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the file, and makes it when it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened or written, is no database of portal-sync, or was written by a newer one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let doing = || format!("opening `{}`", path.display());
        let mut connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|error| failure(error, doing()))?;
        prepare(&mut connection, doing)?;
        Ok(Self {
            path: path.to_owned(),
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Runs `work` on a thread that may block, under the connection's lock.
    fn with<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let connection = Arc::clone(&self.connection);
        let doing = format!("{doing} `{}`", self.path.display());
        async move {
            let done = tokio::task::spawn_blocking(move || {
                // A panic inside a transaction rolled it back when it was dropped, so the connection is sound.
                work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
            })
            .await;
            match done {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(Failure::Sqlite(error))) => Err(failure(error, doing)),
                Ok(Err(Failure::Kind(kind))) => Err(StoreError::new(kind, doing)),
                Ok(Err(Failure::Damaged(error))) => Err(StoreError {
                    source: Some(error),
                    ..StoreError::new(StoreErrorKind::Damaged, doing)
                }),
                Err(error) => Err(StoreError::new(StoreErrorKind::Other, doing).because(error)),
            }
        }
        .boxed()
    }
}

impl CatalogStore for SqliteStore {
    fn state(&self, provider: &str) -> BoxFuture<'_, Result<State, StoreError>> {
        let provider = provider.to_owned();
        self.with("reading", move |connection| {
            let transaction = connection.transaction()?;
            let generation = generation_of(&transaction, &provider)?;
            let mut taken = BTreeSet::new();
            let mut others = transaction.prepare("SELECT ref FROM entity WHERE provider <> ?1")?;
            for text in others.query_map([&provider], |row| row.get::<_, String>(0))? {
                taken.insert(text?.parse::<EntityRef>().map_err(damaged)?);
            }
            let Some(generation) = generation else {
                return Ok(State::never_synced(taken));
            };
            let mut documents = Vec::new();
            let mut own =
                transaction.prepare("SELECT okta_id, ref, body FROM entity WHERE provider = ?1")?;
            for row in own.query_map([&provider], |row| {
                let (id, name, body): (String, String, Box<str>) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok((id, name, body))
            })? {
                let (okta_id, name, body) = row?;
                let entity_ref = name.parse::<EntityRef>().map_err(damaged)?;
                documents.push((okta_id, Document::stored(entity_ref, body)));
            }
            State::new(generation, documents, taken).map_err(damaged)
        })
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.with("writing", move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if generation_of(&transaction, &commit.provider)? != commit.base {
                return Err(Failure::Kind(StoreErrorKind::Conflict));
            }
            let next = generation(&transaction)?.map_or(0, |(number, _)| number) + 1;
            {
                let mut delete = transaction.prepare(
                    "DELETE FROM entity WHERE provider = ?1 AND kind = ?2 AND okta_id = ?3",
                )?;
                let rewritten = commit
                    .written
                    .iter()
                    .map(|written| (written.document.kind(), written.okta_id.as_str()));
                let removed = commit.removed.iter().map(|(kind, id)| (*kind, id.as_str()));
                // Everything that changes goes first, so that two objects can swap their names.
                for (kind, okta_id) in removed.chain(rewritten) {
                    delete.execute(params![commit.provider, kind.as_str(), okta_id])?;
                }
                let mut insert = transaction.prepare(
                    "INSERT INTO entity (provider, kind, okta_id, ref, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?;
                for Written { okta_id, document } in &commit.written {
                    insert.execute(params![
                        commit.provider,
                        document.kind().as_str(),
                        okta_id,
                        document.entity_ref().as_str(),
                        document.body()
                    ])?;
                }
                transaction.execute(
                    "INSERT INTO provider (id, generation, taken_at) VALUES (?1, ?2, ?3)
                     ON CONFLICT (id) DO UPDATE SET generation = ?2, taken_at = ?3",
                    params![commit.provider, next.cast_signed(), commit.taken_at.to_string()],
                )?;
            }
            transaction.commit()?;
            Ok(next)
        })
    }

    fn providers(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        self.with("reading", |connection| {
            let mut all = connection.prepare("SELECT id FROM provider ORDER BY id")?;
            let ids = all
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            Ok(ids)
        })
    }

    fn generation(&self) -> BoxFuture<'_, Result<Option<u64>, StoreError>> {
        self.with("reading", |connection| {
            Ok(generation(connection)?.map(|(number, _)| number))
        })
    }

    fn catalog(&self) -> BoxFuture<'_, Result<Option<Catalog>, StoreError>> {
        self.with("reading", |connection| {
            let transaction = connection.transaction()?;
            let Some((generation, taken_at)) = generation(&transaction)? else {
                return Ok(None);
            };
            let mut all = transaction
                .prepare("SELECT okta_id, body FROM entity ORDER BY provider, kind, okta_id")?;
            let mut records = Vec::new();
            for row in all.query_map([], record)? {
                records.push(row?.map_err(damaged)?);
            }
            Ok(Some(Catalog {
                generation,
                taken_at,
                records,
            }))
        })
    }
}

/// What went wrong on the store's thread.
enum Failure {
    Sqlite(rusqlite::Error),
    Kind(StoreErrorKind),
    Damaged(Box<dyn std::error::Error + Send + Sync>),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Damaged(Box::new(error))
}

fn record(row: &rusqlite::Row<'_>) -> rusqlite::Result<Result<Record, serde_json::Error>> {
    let okta_id: String = row.get(0)?;
    let body: String = row.get(1)?;
    Ok(serde_json::from_str::<Entity>(&body).map(|entity| Record { okta_id, entity }))
}

/// The generation in which a provider last committed.
fn generation_of(connection: &Connection, provider: &str) -> Result<Option<u64>, Failure> {
    let number = connection
        .query_row(
            "SELECT generation FROM provider WHERE id = ?1",
            [provider],
            |row| row.get::<_, i64>(0),
        )
        .optional()?;
    Ok(number.map(i64::cast_unsigned))
}

/// The newest generation and when it was taken.
fn generation(connection: &Connection) -> Result<Option<(u64, Timestamp)>, Failure> {
    let newest = connection
        .query_row(
            "SELECT generation, taken_at FROM provider ORDER BY generation DESC LIMIT 1",
            [],
            |row| {
                Ok((
                    row.get::<_, i64>(0)?.cast_unsigned(),
                    row.get::<_, String>(1)?,
                ))
            },
        )
        .optional()?;
    newest
        .map(|(number, at)| Ok((number, at.parse().map_err(damaged)?)))
        .transpose()
}

fn prepare(connection: &mut Connection, doing: impl Fn() -> String) -> Result<(), StoreError> {
    let fail = |error| failure(error, doing());
    connection.busy_timeout(BUSY_TIMEOUT).map_err(fail)?;
    connection
        .pragma_update(None, "journal_mode", "wal")
        .map_err(fail)?;
    connection
        .pragma_update(None, "synchronous", "full")
        .map_err(fail)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(fail)?;
    let version: i64 = transaction
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(fail)?;
    if version > SCHEMA_VERSION {
        return Err(StoreError::new(StoreErrorKind::NewerSchema, doing()));
    }
    if version == 0 {
        let tables: i64 = transaction
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(fail)?;
        if tables > 0 {
            return Err(StoreError::new(StoreErrorKind::Damaged, doing()));
        }
        transaction.execute_batch(SCHEMA).map_err(fail)?;
        transaction
            .pragma_update(None, "user_version", SCHEMA_VERSION)
            .map_err(fail)?;
    }
    transaction.commit().map_err(fail)
}

fn failure(error: rusqlite::Error, doing: String) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Locked,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreErrorKind::ReadOnly,
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreErrorKind::Damaged,
        Some(ErrorCode::CannotOpen) => StoreErrorKind::Unopenable,
        _ if is_taken_name(&error) => StoreErrorKind::NameTaken,
        _ => StoreErrorKind::Other,
    };
    StoreError::new(kind, doing).because(error)
}

/// The one constraint that another provider can break: refs are unique in the whole catalog.
fn is_taken_name(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}
