//! `portalSync.store`: where the catalog is kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::duration;
use super::errors::{ConfigError, quoted};
use super::section::{Entry, Section};
use crate::store::{PostgresAddress, PostgresSchema, PostgresSettings, StoreUrl};

/// Where the catalog is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Store {
    /// The store's address; `sqlite:portal-sync.db` unless configured.
    pub url: StoreUrl,
}

/// The file of the store when none is configured.
const DEFAULT_STORE: &str = "portal-sync.db";

/// What is in force of a PostgreSQL store when nothing else is configured.
const SCHEMA: &str = "portal_sync";
const POOL: u32 = 5;
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// What an address names.
enum Place {
    File(PathBuf),
    Server(Box<PostgresAddress>),
}

/// The keys that are about a server.
struct OfServer {
    schema: Option<PostgresSchema>,
    pool: Option<u32>,
    statement_timeout: Option<Duration>,
}

/// Reads `store`; what is wrong is noted, and its default is used to go on.
pub(super) fn read(section: Option<Section<'_>>, cwd: &Path) -> Store {
    let url = section.and_then(|section| {
        let url = url(&section, cwd);
        section.close();
        url
    });
    Store {
        url: url.unwrap_or_else(|| StoreUrl::Sqlite(cwd.join(DEFAULT_STORE))),
    }
}

fn url(section: &Section<'_>, cwd: &Path) -> Option<StoreUrl> {
    let of_server = OfServer {
        schema: section.get("schema").and_then(|entry| schema(&entry)),
        pool: section.whole("pool"),
        statement_timeout: section
            .get("statementTimeout")
            .and_then(|entry| duration::read_some(&entry)),
    };
    let place = match section.get("url") {
        Some(entry) => place(&entry, cwd)?,
        None => Place::File(cwd.join(DEFAULT_STORE)),
    };
    match place {
        Place::File(path) => {
            of_server.notice_unused(section);
            Some(StoreUrl::Sqlite(path))
        }
        Place::Server(address) => Some(StoreUrl::Postgres(Box::new(PostgresSettings {
            address: *address,
            schema: of_server.schema.or_else(|| PostgresSchema::new(SCHEMA))?,
            pool: usize::try_from(of_server.pool.unwrap_or(POOL)).ok()?,
            statement_timeout: of_server.statement_timeout.unwrap_or(STATEMENT_TIMEOUT),
        }))),
    }
}

impl OfServer {
    /// Says which keys do nothing for a file. Defaults that somebody wrote down are none of them.
    fn notice_unused(&self, section: &Section<'_>) {
        let schema = self.schema.as_ref().map(ToString::to_string);
        for (key, is_set) in [
            ("schema", schema.is_some_and(|it| it != SCHEMA)),
            ("pool", self.pool.is_some_and(|it| it != POOL)),
            (
                "statementTimeout",
                self.statement_timeout
                    .is_some_and(|it| it != STATEMENT_TIMEOUT),
            ),
        ] {
            if let Some(entry) = section.get(key).filter(|_| is_set) {
                entry.notice("it does nothing here: it is for PostgreSQL, and the store is a file");
            }
        }
    }
}

fn place(entry: &Entry<'_>, cwd: &Path) -> Option<Place> {
    let text = entry
        .address("the address of a store, such as `sqlite:portal-sync.db`")?
        .trim();
    let error = match text.split_once(':') {
        // It may have a password in it, which the name of a file is shown with.
        Some(("sqlite", path)) if path.contains("://") => {
            ConfigError::new("`sqlite:` stands before another address")
                .fix("remove `sqlite:`, or write the name of a file behind it")
        }
        Some(("sqlite", "")) => ConfigError::new("`sqlite:` names no file")
            .fix(format!("write `sqlite:{DEFAULT_STORE}`")),
        Some(("sqlite", path)) => return Some(Place::File(cwd.join(path))),
        Some(("postgres" | "postgresql", _)) => match PostgresAddress::parse(text, cwd) {
            Ok(address) => return Some(Place::Server(Box::new(address))),
            Err(error) => ConfigError::new(error.problem).fix(error.fix),
        },
        // The rest of such an address may hold a password.
        Some((scheme, _)) => ConfigError::new(format!(
            "`{scheme}:` is not a store that is known: use sqlite:PATH or postgres://…"
        )),
        // It may be libpq's other form, with a password in it.
        None if text.contains(['=', '@', ' ']) => ConfigError::new("it does not say which store it is")
            .fix("write `postgres://USER:PASSWORD@HOST/DATABASE`, or `sqlite:` in front of the name of a file"),
        None => ConfigError::new(format!("{} does not say which store it is", quoted(text)))
            .fix("put `sqlite:` in front of the name of the file"),
    };
    entry.refuse(error);
    None
}

fn schema(entry: &Entry<'_>) -> Option<PostgresSchema> {
    let name = entry.name("the name of a schema")?.trim();
    let schema = PostgresSchema::new(name);
    if schema.is_none() {
        let error = ConfigError::new(format!("{} is no plain name of a schema", quoted(name)));
        entry.refuse(error.fix(
            "use small letters, digits and `_`, 63 at most, not beginning with a digit or with `pg_`",
        ));
    }
    schema
}
