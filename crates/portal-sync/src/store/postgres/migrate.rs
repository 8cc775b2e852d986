//! How the schema of an earlier version becomes one of this version: ordered steps, each applied once and for good.
//!
//! A step that was applied is never edited: its text is part of the history of every database. The checksums that are
//! kept with the numbers prove it. Several replicas may start at once: one applies the steps, the others wait for it.

use catalog_model::Digest;
use deadpool_postgres::{Client, GenericClient};
use sha2::{Digest as _, Sha256};

use super::Schema;
use super::failure::Failure;
use crate::store::StoreErrorKind;

/// One step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migration {
    /// What it is for.
    pub(super) name: &'static str,
    /// What it does: statements in which our tables have no schema, since it is the first of the search path.
    pub(super) sql: &'static str,
}

/// The comment on the table of the history, by which a schema of ours is known. A comment on the schema itself would need
/// its owner.
const MARK: &str = "portal-sync";

/// How long the steps may take, and how long other replicas wait for them.
const PATIENCE: &str = "10min";

/// What a schema is.
#[derive(Debug)]
enum Found {
    Missing,
    Empty,
    /// One of ours, with the numbers and the checksums of its steps.
    Ours(Vec<(i32, String)>),
    /// One with tables that are none of ours.
    Foreign,
}

/// Applies the steps that a schema lacks, all or none, and makes the schema where it is missing. One of a newer version,
/// and one that is none of ours, is refused.
///
/// # Errors
/// [`StoreErrorKind::NewerSchema`], [`StoreErrorKind::Foreign`], [`StoreErrorKind::NoPrivilege`] when the schema is
/// missing and may not be made; any other kind when a step fails.
pub(super) async fn migrate(
    client: &mut Client,
    schema: &Schema,
    migrations: &[Migration],
) -> Result<(), Failure> {
    // Nearly always there is nothing to do, and then nobody has to wait for anybody.
    if check(client, schema, migrations).await? == migrations.len() {
        return Ok(());
    }
    let transaction = client.transaction().await?;
    let patience = format!(
        "SET LOCAL statement_timeout TO '{PATIENCE}'; SET LOCAL lock_timeout TO '{PATIENCE}'"
    );
    transaction.batch_execute(&patience).await?;
    let lock =
        "SELECT pg_advisory_xact_lock(hashtextextended('portal-sync migrations of ' || $1, 0))";
    transaction.execute(lock, &[&schema.to_string()]).await?;
    let found = find(&transaction, schema).await?;
    if matches!(found, Found::Missing) {
        let create = format!("CREATE SCHEMA \"{schema}\"");
        transaction.batch_execute(&create).await?;
    }
    let applied = count(&found, migrations)?;
    if applied == 0 {
        transaction.batch_execute(&history(schema)).await?;
    }
    for (number, migration) in (1_i32..).zip(migrations).skip(applied) {
        transaction.batch_execute(migration.sql).await?;
        let record = "INSERT INTO migration (number, name, checksum) VALUES ($1, $2, $3)";
        let checksum = checksum(migration);
        transaction
            .execute(record, &[&number, &migration.name, &checksum])
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// How many steps were applied to a schema that is one of ours and no newer one; to a missing or an empty one none were.
///
/// # Errors
/// [`StoreErrorKind::NewerSchema`] and [`StoreErrorKind::Foreign`]; any other kind when it cannot be read.
pub(super) async fn check(
    client: &impl GenericClient,
    schema: &Schema,
    migrations: &[Migration],
) -> Result<usize, Failure> {
    count(&find(client, schema).await?, migrations)
}

async fn find(client: &impl GenericClient, schema: &Schema) -> Result<Found, Failure> {
    let look = "
        SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid),
               (SELECT obj_description(oid, 'pg_class') FROM pg_class
                WHERE relnamespace = pg_namespace.oid AND relname = 'migration' AND relkind = 'r')
        FROM pg_namespace WHERE nspname = $1";
    let Some(row) = client.query_opt(look, &[&schema.to_string()]).await? else {
        return Ok(Found::Missing);
    };
    let (has_tables, mark): (bool, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
    match mark {
        Some(mark) if mark == MARK => {}
        _ if has_tables => return Ok(Found::Foreign),
        _ => return Ok(Found::Empty),
    }
    let steps = format!("SELECT number, checksum FROM \"{schema}\".migration ORDER BY number");
    let rows = client.query(&steps, &[]).await?;
    let steps = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    let steps = steps.collect::<Result<_, tokio_postgres::Error>>()?;
    Ok(Found::Ours(steps))
}

/// How many steps were applied, when all of them are known.
fn count(found: &Found, migrations: &[Migration]) -> Result<usize, Failure> {
    let steps = match found {
        Found::Missing | Found::Empty => return Ok(0),
        Found::Foreign => return Err(Failure::Kind(StoreErrorKind::Foreign)),
        Found::Ours(steps) => steps,
    };
    if steps.len() > migrations.len() {
        return Err(Failure::Kind(StoreErrorKind::NewerSchema));
    }
    for ((expected, migration), (number, recorded)) in (1..).zip(migrations).zip(steps) {
        if *number != expected || *recorded != checksum(migration) {
            let name = migration.name;
            return Err(Failure::because(
                StoreErrorKind::Foreign,
                format!("step {expected} of its history, `{name}`, is not the one of this version"),
            ));
        }
    }
    Ok(steps.len())
}

/// The history in the schema itself.
fn history(schema: &Schema) -> String {
    format!(
        "CREATE TABLE \"{schema}\".migration (
             number integer NOT NULL PRIMARY KEY,
             name text NOT NULL,
             checksum text NOT NULL,
             applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
         );
         COMMENT ON TABLE \"{schema}\".migration IS '{MARK}'"
    )
}

fn checksum(migration: &Migration) -> String {
    Digest::from_bytes(Sha256::digest(migration.sql).into()).to_string()
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
