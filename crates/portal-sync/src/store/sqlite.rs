//! The embedded store: one SQLite file.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog_model::{Entity, EntityRef, Kind};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior, params,
};

use super::migrate::{self, MIGRATIONS, migrate};
use super::{
    Catalog, CatalogStore, Commit, KnownProvider, Record, StoreError, StoreErrorKind, Written,
};
use crate::criteria::Remembered;
use crate::document::Document;
use crate::state::{Others, State};

/// How long a process waits for another one's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

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
    /// Opens the file, and makes it when it is not there: for its owner alone, because people's addresses are in it.
    ///
    /// # Errors
    /// When the file cannot be opened or written, is no database of portal-sync, or was written by a newer one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let doing = || format!("opening `{}`", path.display());
        make_private(path).map_err(|error| {
            let kind = match error.kind() {
                ErrorKind::NotFound => StoreErrorKind::NoFolder,
                ErrorKind::IsADirectory => StoreErrorKind::IsFolder,
                ErrorKind::PermissionDenied => StoreErrorKind::Denied,
                ErrorKind::ReadOnlyFilesystem => StoreErrorKind::ReadOnly,
                ErrorKind::StorageFull => StoreErrorKind::Full,
                _ => StoreErrorKind::Unopenable,
            };
            StoreError::new(kind, doing()).because(error)
        })?;
        let mut connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|error| failure(error, doing()))?;
        prepare(&mut connection, doing)?;
        Ok(Self {
            path: path.to_owned(),
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Opens the file for whoever only looks: when it is not there, and could be made, what is looked at is an empty catalog
    /// that nobody keeps.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_to_look(path: &Path) -> Result<Self, StoreError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        if path.exists() || !folder.is_dir() {
            return Self::open(path);
        }
        let doing = || format!("opening `{}`", path.display());
        let connection = Connection::open_in_memory();
        let mut connection = connection.map_err(|error| failure(error, doing()))?;
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
            let others = others(&transaction, &provider)?;
            let Some(generation) = generation else {
                return Ok(State::never_synced(others));
            };
            let remembered = transaction.query_row(
                "SELECT remembered FROM provider WHERE id = ?1",
                [&provider],
                |row| row.get::<_, Option<String>>(0),
            )?;
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
            State::new(generation, documents, others, recalled(remembered)).map_err(damaged)
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
                let remembered = serde_json::to_string(&commit.remembered).map_err(damaged)?;
                transaction.execute(
                    "INSERT INTO provider (id, generation, taken_at, remembered) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET generation = ?2, taken_at = ?3, remembered = ?4",
                    params![
                        commit.provider,
                        next.cast_signed(),
                        commit.taken_at.to_string(),
                        remembered
                    ],
                )?;
            }
            transaction.commit()?;
            Ok(next)
        })
    }

    fn remember(
        &self,
        provider: &str,
        base: u64,
        remembered: Remembered,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        let provider = provider.to_owned();
        self.with("writing", move |connection| {
            let remembered = serde_json::to_string(&remembered).map_err(damaged)?;
            let changed = connection.execute(
                "UPDATE provider SET remembered = ?3 WHERE id = ?1 AND generation = ?2",
                params![provider, base.cast_signed(), remembered],
            )?;
            match changed {
                0 => Err(Failure::Kind(StoreErrorKind::Conflict)),
                _ => Ok(()),
            }
        })
    }

    fn providers(&self) -> BoxFuture<'_, Result<Vec<KnownProvider>, StoreError>> {
        self.with("reading", |connection| {
            let transaction = connection.transaction()?;
            let mut all = transaction.prepare(
                "SELECT id, remembered, (SELECT body FROM entity WHERE entity.provider = provider.id LIMIT 1)
                 FROM provider ORDER BY id",
            )?;
            let known = all.query_map([], |row| {
                let body: Option<String> = row.get(2)?;
                Ok(KnownProvider {
                    id: row.get(0)?,
                    org: body.as_deref().and_then(org_of),
                    remembered: recalled(row.get(1)?),
                })
            })?;
            Ok(known.collect::<Result<_, _>>()?)
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
            let mut ids = transaction.prepare("SELECT id FROM provider ORDER BY id")?;
            let ids = ids.query_map([], |row| row.get(0))?;
            let providers: Vec<String> = ids.collect::<Result<_, _>>()?;
            let mut all = transaction.prepare(
                "SELECT okta_id, body FROM entity WHERE provider = ?1 ORDER BY kind, okta_id",
            )?;
            let mut records = Vec::new();
            for provider in &providers {
                let provider: Arc<str> = provider.as_str().into();
                for row in all.query_map([&provider], |row| record(row, &provider))? {
                    records.push(row?.map_err(damaged)?);
                }
            }
            Ok(Some(Catalog {
                generation,
                taken_at,
                providers,
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

fn record(
    row: &rusqlite::Row<'_>,
    provider: &Arc<str>,
) -> rusqlite::Result<Result<Record, serde_json::Error>> {
    let okta_id: String = row.get(0)?;
    let body: String = row.get(1)?;
    Ok(serde_json::from_str::<Entity>(&body).map(|entity| Record {
        provider: Arc::clone(provider),
        okta_id,
        entity,
    }))
}

/// What the other providers have. Of their users only the addresses are read.
fn others(connection: &Connection, provider: &str) -> Result<Others, Failure> {
    let mut all = connection.prepare(
        r#"SELECT ref, kind, json_extract(body, '$.metadata.annotations."okta.com/email"')
           FROM entity WHERE provider <> ?1"#,
    )?;
    let mut others = Others::default();
    let rows = all.query_map([provider], |row| {
        let (name, kind, email): (String, String, Option<String>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((name, kind, email))
    })?;
    for row in rows {
        let (name, kind, email) = row?;
        let entity_ref = name.parse::<EntityRef>().map_err(damaged)?;
        if kind == Kind::User.as_str() {
            others.addresses.push((entity_ref.clone(), email));
        }
        others.taken.insert(entity_ref);
    }
    Ok(others)
}

/// What an unknown version wrote is as good as nothing: the next run then counts more than it has to.
fn recalled(text: Option<String>) -> Remembered {
    text.and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
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

/// Makes the file when it is not there, for its owner alone. SQLite gives its other files the same mode.
fn make_private(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
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
    migrate(connection, MIGRATIONS).map_err(|refusal| match refusal {
        migrate::Refusal::Newer => StoreError::new(StoreErrorKind::NewerSchema, doing()),
        migrate::Refusal::Foreign => StoreError::new(StoreErrorKind::Foreign, doing()),
        migrate::Refusal::Altered(what) => {
            StoreError::new(StoreErrorKind::Foreign, doing()).because(io::Error::other(what))
        }
        migrate::Refusal::Sqlite(error) => failure(error, doing()),
    })
}

fn failure(error: rusqlite::Error, doing: String) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Locked,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreErrorKind::ReadOnly,
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        Some(ErrorCode::CannotOpen) => StoreErrorKind::Unopenable,
        Some(ErrorCode::SystemIoFailure) => StoreErrorKind::Disk,
        _ if is_taken_name(&error) => StoreErrorKind::NameTaken,
        // Our statements are always the same ones: what SQLite cannot make of them or of a row is the file's fault.
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None => {
            StoreErrorKind::Damaged
        }
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
