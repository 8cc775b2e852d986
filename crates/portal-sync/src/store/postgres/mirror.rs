//! Mirrors in the database.
//!
//! A server that keeps checksums notices damage itself. Rows that are no mirror are no damage of the store: nothing is in them
//! that Okta does not say again.

use deadpool_postgres::{Client, Transaction};

use super::failure::Failure;
use super::reading::each;
use crate::held::mirror::{Mirror, MirrorCounter, MirrorReader, Misread, Row};
use crate::store::mirrors::{self, BYTES};
use crate::store::{CheckedMirror, StoreErrorKind};

/// So many rows are sent at once at most.
const ROWS: usize = 2_000;

/// The mirror of a provider; none when there is none, and when it is not understood.
pub(super) async fn read(client: &Client, provider: &str) -> Result<Option<Mirror>, Failure> {
    let mut reader = MirrorReader::default();
    let mut whole = Ok(());
    each(
        client,
        "SELECT kind, okta_id, body FROM mirror WHERE provider = $1",
        &[&provider],
        |row| {
            if whole.is_ok() {
                whole = reader.row(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            }
            Ok(())
        },
    )
    .await?;
    let read = whole.and_then(|()| reader.finish());
    Ok(mirrors::understood(provider, read))
}

/// Looks through every mirror that there is.
pub(super) async fn checked(snapshot: &Transaction<'_>) -> Result<Vec<CheckedMirror>, Failure> {
    let mut all: Vec<(String, Result<MirrorCounter, Misread>)> = Vec::new();
    each(
        snapshot,
        "SELECT provider, kind, okta_id, body FROM mirror ORDER BY provider",
        &[],
        |row| {
            let provider: &str = row.try_get(0)?;
            if all.last().is_none_or(|(last, _)| last != provider) {
                all.push((provider.to_owned(), Ok(MirrorCounter::default())));
            }
            if let Some((_, counter)) = all.last_mut()
                && let Ok(counting) = counter
                && let Err(misread) =
                    counting.row(row.try_get(1)?, row.try_get(2)?, row.try_get(3)?)
            {
                *counter = Err(misread);
            }
            Ok(())
        },
    )
    .await?;
    let all = all.into_iter();
    let checked = all.filter_map(|(provider, counter)| {
        mirrors::checked(provider, counter.and_then(MirrorCounter::finish))
    });
    Ok(checked.collect())
}

/// Writes what the database does not have of a mirror as it is.
pub(super) async fn write(
    transaction: &Transaction<'_>,
    provider: &str,
    mirror: &Mirror,
) -> Result<(), Failure> {
    if mirror.is_kept() {
        return Ok(());
    }
    if mirror.is_new() {
        remove(transaction, provider).await?;
    } else if !is_there(transaction, provider).await? {
        // It went, or is damaged: what changed of it is not a mirror.
        return remove(transaction, provider).await;
    }
    let mut some = Rows::default();
    for row in mirror.rows() {
        let row = row.map_err(|error| Failure::Because(StoreErrorKind::Other, Box::new(error)))?;
        some.push(row);
        if some.is_full() {
            some.write(transaction, provider).await?;
        }
    }
    some.write(transaction, provider).await
}

async fn is_there(transaction: &Transaction<'_>, provider: &str) -> Result<bool, Failure> {
    let account = transaction
        .query_opt(
            "SELECT FROM mirror WHERE provider = $1 AND kind = 'account' AND okta_id = ''",
            &[&provider],
        )
        .await?;
    Ok(account.is_some())
}

/// Removes the mirror of a provider.
pub(super) async fn remove(transaction: &Transaction<'_>, provider: &str) -> Result<(), Failure> {
    transaction
        .execute("DELETE FROM mirror WHERE provider = $1", &[&provider])
        .await?;
    Ok(())
}

/// Rows that are to be written, by columns.
#[derive(Default)]
struct Rows {
    kinds: Vec<&'static str>,
    ids: Vec<String>,
    bodies: Vec<String>,
    gone_kinds: Vec<&'static str>,
    gone_ids: Vec<String>,
    bytes: usize,
}

impl Rows {
    fn push(&mut self, Row { kind, id, body }: Row) {
        match body {
            Some(body) => {
                self.bytes += body.len();
                self.kinds.push(kind.as_str());
                self.ids.push(id);
                self.bodies.push(body);
            }
            None => {
                self.gone_kinds.push(kind.as_str());
                self.gone_ids.push(id);
            }
        }
    }

    /// Members of a group of everybody are a megabyte, a user is a few hundred bytes.
    fn is_full(&self) -> bool {
        self.bytes >= BYTES || self.kinds.len() + self.gone_kinds.len() >= ROWS
    }

    async fn write(
        &mut self,
        transaction: &Transaction<'_>,
        provider: &str,
    ) -> Result<(), Failure> {
        let Self {
            kinds,
            ids,
            bodies,
            gone_kinds,
            gone_ids,
            bytes: _,
        } = std::mem::take(self);
        if !gone_kinds.is_empty() {
            let statement = transaction
                .prepare_cached(
                    "DELETE FROM mirror USING unnest($2::text[], $3::text[]) AS gone (kind, okta_id)
                     WHERE provider = $1 AND mirror.kind = gone.kind AND mirror.okta_id = gone.okta_id",
                )
                .await?;
            transaction
                .execute(&statement, &[&provider, &gone_kinds, &gone_ids])
                .await?;
        }
        if !kinds.is_empty() {
            let statement = transaction
                .prepare_cached(
                    "INSERT INTO mirror (provider, kind, okta_id, body)
                     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])
                     ON CONFLICT (provider, kind, okta_id) DO UPDATE SET body = excluded.body",
                )
                .await?;
            transaction
                .execute(&statement, &[&provider, &kinds, &ids, &bodies])
                .await?;
        }
        Ok(())
    }
}
