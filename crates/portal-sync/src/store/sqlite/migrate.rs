//! How the database of an earlier version becomes one of this version: ordered steps, each applied once and for good.
//!
//! A step that was applied is never edited: its text is part of the history of every database. The checksums that are
//! kept with the numbers prove it, and tell a database of ours from one that another program numbered alike.

use std::io;

use catalog_model::Digest;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use sha2::{Digest as _, Sha256};

use super::Failure;
use super::index::{Index, version};
use crate::store::StoreErrorKind;

/// Marks a file as a database of portal-sync: "psyc" as a number (SQLite, `PRAGMA application_id`).
const APPLICATION_ID: i64 = 0x7073_7963;

/// One step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migration {
    /// What it is for.
    name: &'static str,
    /// What it does.
    sql: &'static str,
    /// What it fills besides, which SQL cannot say.
    then: Option<Fill>,
}

/// Fills what a step made.
type Fill = fn(&Transaction<'_>) -> Result<(), Failure>;

/// Every step that there ever was; the first one has the number 1.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "providers and entities",
        sql: "
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
",
        then: None,
    },
    Migration {
        name: "what is remembered of a provider besides its entities",
        // JSON; null where an earlier version committed last.
        sql: "ALTER TABLE provider ADD COLUMN remembered TEXT;",
        then: None,
    },
    Migration {
        name: "sums of what was written, by which damage is noticed",
        sql: "
    ALTER TABLE provider ADD COLUMN digest BLOB;
    CREATE TABLE catalog (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        digest BLOB NOT NULL
    ) STRICT;
",
        then: Some(Index::fill_sums),
    },
    Migration {
        name: "nobody writes who keeps no sums",
        // A process that was started before there were sums looks at the version no more, and would leave sums that do not
        // fit. It updates rows; whoever keeps sums puts whole ones in their place.
        sql: "
    CREATE TRIGGER provider_inserted BEFORE INSERT ON provider WHEN NEW.digest IS NULL BEGIN
        SELECT RAISE(ABORT, 'a newer portal-sync writes this store now: stop this process, and start it with that version');
    END;
    CREATE TRIGGER provider_updated BEFORE UPDATE ON provider BEGIN
        SELECT RAISE(ABORT, 'a newer portal-sync writes this store now: stop this process, and start it with that version');
    END;
",
        then: None,
    },
    Migration {
        name: "turns, the ledger and approvals",
        // `until` is in milliseconds since 1970, `account` is JSON. A run is under way as long as `ended` is null, and a
        // provider has one such run at most. Whoever takes no turn writes nothing.
        sql: "
    ALTER TABLE catalog ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE catalog ADD COLUMN taken_at TEXT;
    UPDATE catalog SET generation = coalesce((SELECT max(generation) FROM provider), 0),
        taken_at = (SELECT taken_at FROM provider ORDER BY generation DESC LIMIT 1);
    CREATE TABLE run (
        number INTEGER NOT NULL PRIMARY KEY,
        provider TEXT NOT NULL,
        why TEXT NOT NULL,
        holder TEXT NOT NULL,
        until INTEGER NOT NULL,
        began TEXT NOT NULL,
        ended TEXT,
        outcome TEXT,
        plan_id TEXT,
        generation INTEGER,
        changes INTEGER NOT NULL DEFAULT 0,
        withheld_in INTEGER,
        account TEXT
    ) STRICT;
    CREATE UNIQUE INDEX turn ON run (provider) WHERE ended IS NULL;
    CREATE INDEX run_of_provider ON run (provider, number);
    CREATE TABLE change (
        run INTEGER NOT NULL,
        kind TEXT NOT NULL,
        okta_id TEXT NOT NULL,
        change TEXT NOT NULL,
        ref TEXT NOT NULL,
        was TEXT,
        cause TEXT,
        fields TEXT,
        PRIMARY KEY (run, kind, okta_id, change)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE approval (
        provider TEXT NOT NULL,
        plan_id TEXT NOT NULL,
        approved_by TEXT NOT NULL,
        approved_at TEXT NOT NULL,
        until INTEGER NOT NULL,
        used_in INTEGER,
        PRIMARY KEY (provider, plan_id)
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE provider ADD COLUMN run INTEGER;
    DROP TRIGGER provider_inserted;
    CREATE TRIGGER provider_inserted BEFORE INSERT ON provider WHEN NEW.digest IS NULL OR NEW.run IS NULL BEGIN
        SELECT RAISE(ABORT, 'a newer portal-sync writes this store now: stop this process, and start it with that version');
    END;
",
        then: None,
    },
    Migration {
        name: "what Okta said of an org",
        // `body` is JSON. `digest` is the sum of all rows of a provider, in the row of its account alone.
        sql: "
    CREATE TABLE mirror (
        provider TEXT NOT NULL,
        kind TEXT NOT NULL,
        okta_id TEXT NOT NULL,
        body TEXT NOT NULL,
        digest BLOB,
        PRIMARY KEY (provider, kind, okta_id)
    ) STRICT, WITHOUT ROWID;
",
        then: None,
    },
    Migration {
        name: "how the feed is spread",
        sql: "
    CREATE TABLE feed (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        shards INTEGER NOT NULL,
        renewals INTEGER NOT NULL
    ) STRICT;
",
        then: None,
    },
];

/// The history in the database itself.
const HISTORY: &str = "
    CREATE TABLE IF NOT EXISTS migration (
        number INTEGER NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        checksum TEXT NOT NULL,
        applied_at TEXT NOT NULL
    ) STRICT;
";

/// Applies the steps that a database lacks, all or none. One of a newer version, and one that is none of ours, is refused.
pub(super) fn migrate(
    connection: &mut Connection,
    migrations: &[Migration],
) -> Result<(), Failure> {
    // Nearly always there is nothing to do, and then nobody has to wait for a writer.
    if is_current(connection, migrations)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let applied = applied(&transaction, migrations)?;
    transaction.execute_batch(HISTORY)?;
    for (number, migration) in (1..).zip(migrations) {
        if number > applied {
            transaction.execute_batch(migration.sql)?;
            if let Some(then) = migration.then {
                then(&transaction)?;
            }
            transaction.pragma_update(None, "user_version", number)?;
        }
        record(&transaction, number, migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}

/// Checks that a database is one of ours and no newer one, whatever its version; an empty one is.
pub(super) fn check(connection: &mut Connection, migrations: &[Migration]) -> Result<(), Failure> {
    applied(&connection.transaction()?, migrations).map(drop)
}

fn is_current(connection: &mut Connection, migrations: &[Migration]) -> Result<bool, Failure> {
    let transaction = connection.transaction()?;
    let newest = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    Ok(applied(&transaction, migrations)? == newest && has_table(&transaction, "migration")?)
}

/// How many steps were applied, when all of them are known.
fn applied(transaction: &Transaction<'_>, migrations: &[Migration]) -> Result<i64, Failure> {
    let version = version(transaction)?;
    let application: i64 =
        transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let has_entities = has_table(transaction, "entity")? && has_table(transaction, "provider")?;
    match (application, version) {
        (0, 0) => {
            let tables: i64 =
                transaction
                    .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            return if tables == 0 {
                Ok(0)
            } else {
                Err(Failure::Kind(StoreErrorKind::Foreign))
            };
        }
        // The first version marked its files by the number alone.
        (0, 1) if has_entities => return Ok(1),
        (APPLICATION_ID, _) => {}
        _ => return Err(Failure::Kind(StoreErrorKind::Foreign)),
    }
    let count = usize::try_from(version).map_err(|_| Failure::Kind(StoreErrorKind::Foreign))?;
    if count > migrations.len() {
        return Err(Failure::Kind(StoreErrorKind::NewerSchema));
    }
    for (number, migration) in (1_i64..).zip(migrations).take(count) {
        let found: Option<String> = transaction
            .query_row(
                "SELECT checksum FROM migration WHERE number = ?1",
                [number],
                |row| row.get(0),
            )
            .optional()?;
        if found.as_deref() != Some(&*checksum(migration)) {
            return Err(altered(format!(
                "step {number} of its history, `{}`, is not the one of this version",
                migration.name
            )));
        }
    }
    let recorded: i64 =
        transaction.query_row("SELECT count(*) FROM migration", [], |row| row.get(0))?;
    if recorded != version {
        return Err(altered(format!(
            "its history has {recorded} steps, and its number is {version}"
        )));
    }
    Ok(version)
}

/// A database to which a step was applied that this version knows otherwise.
fn altered(what: String) -> Failure {
    Failure::Because(StoreErrorKind::Foreign, Box::new(io::Error::other(what)))
}

fn has_table(transaction: &Transaction<'_>, name: &str) -> Result<bool, rusqlite::Error> {
    transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
        [name],
        |row| row.get(0),
    )
}

fn record(
    transaction: &Transaction<'_>,
    number: i64,
    migration: &Migration,
) -> Result<(), rusqlite::Error> {
    transaction
        .execute(
            "INSERT OR IGNORE INTO migration (number, name, checksum, applied_at)
             VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            rusqlite::params![number, migration.name, checksum(migration)],
        )
        .map(drop)
}

fn checksum(migration: &Migration) -> String {
    Digest::from_bytes(Sha256::digest(migration.sql).into()).to_string()
}

#[cfg(test)]
mod tests;
