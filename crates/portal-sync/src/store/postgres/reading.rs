//! What readers are told, each time of one whole generation.

use std::sync::{Mutex, PoisonError};

use catalog_model::EntityRef;
use deadpool_postgres::{Client, GenericClient, Transaction};
use futures::{StreamExt as _, pin_mut};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::failure::{Failure, damaged};
use super::ledger::approvals;
use super::pool::snapshot;
use crate::held::criteria::Remembered;
use crate::held::document::{Document, Written};
use crate::held::object::{Key, Kind};
use crate::held::state::{Others, State, StateReader};
use crate::store::texts::{address_of, org_of};
use crate::store::{Intake, KnownProvider, Newest, StoreErrorKind, Stored};

/// The number of the newest generation, and when its org was read; none before the first.
pub(super) async fn newest(
    client: &impl GenericClient,
) -> Result<Option<(u64, Timestamp)>, Failure> {
    let row = client
        .query_opt("SELECT generation, taken_at FROM catalog WHERE id = 1", &[])
        .await?;
    let Some(row) = row else {
        return Err(Failure::because(
            StoreErrorKind::Damaged,
            "the row of the catalog is missing",
        ));
    };
    let (generation, taken_at): (i64, Option<Timestamp>) = (row.try_get(0)?, row.try_get(1)?);
    Ok(taken_at.map(|taken_at| (generation.cast_unsigned(), taken_at)))
}

/// The number of the newest generation; none before the first.
pub(super) async fn generation(client: &Client) -> Result<Option<u64>, Failure> {
    Ok(newest(client).await?.map(|(generation, _)| generation))
}

/// Reads rows one after the other, as they come.
pub(super) async fn each(
    client: &impl GenericClient,
    query: &str,
    parameters: &[&(dyn ToSql + Sync)],
    mut read: impl FnMut(&Row) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let rows = client.query_raw(query, parameters.iter().copied()).await?;
    pin_mut!(rows);
    while let Some(row) = rows.next().await {
        read(&row?)?;
    }
    Ok(())
}

/// What an entity stands for: the kind and the id in the columns from here on.
pub(super) fn key(row: &Row, at: usize) -> Result<Key, Failure> {
    let kind = Kind::named(row.try_get(at)?).ok_or_else(|| {
        Failure::because(StoreErrorKind::Damaged, "an entity is of an unknown kind")
    })?;
    Ok(Key::parse(kind, row.try_get(at + 1)?))
}

pub(super) fn entity_ref(row: &Row, at: usize) -> Result<EntityRef, Failure> {
    let text: &str = row.try_get(at)?;
    text.parse().map_err(damaged)
}

/// What an unknown version wrote is as good as nothing: the next run then counts more than it has to.
fn remembered(text: &str) -> Remembered {
    serde_json::from_str(text).unwrap_or_default()
}

/// What the catalog holds for one provider.
pub(super) async fn state(client: &mut Client, provider: &str) -> Result<State, Failure> {
    let snapshot = snapshot(client).await?;
    let others = others(&snapshot, provider).await?;
    let approvals = approvals(&snapshot, provider).await?;
    let own = snapshot
        .query_opt(
            "SELECT generation, remembered FROM provider WHERE id = $1",
            &[&provider],
        )
        .await?;
    let Some(own) = own else {
        return Ok(State::never_synced(others).with_approvals(approvals));
    };
    let generation: i64 = own.try_get(0)?;
    let remembered = remembered(own.try_get(1)?);
    let mut reader = StateReader::default();
    each(
        &snapshot,
        "SELECT kind, okta_id, ref, body FROM entity WHERE provider = $1 ORDER BY kind, okta_id",
        &[&provider],
        |row| {
            let read = reader.entity(key(row, 0)?, entity_ref(row, 2)?, row.try_get(3)?);
            read.map_err(damaged)
        },
    )
    .await?;
    let state = reader.finish(generation.cast_unsigned(), others, remembered);
    Ok(state.with_approvals(approvals))
}

/// What the providers other than `own` have. Of their users only the addresses are read.
async fn others(snapshot: &Transaction<'_>, own: &str) -> Result<Others, Failure> {
    let mut others = Others::default();
    each(
        snapshot,
        "SELECT kind, ref, body FROM entity WHERE provider <> $1",
        &[&own],
        |row| {
            let (kind, entity_ref) = (row.try_get::<_, &str>(0)?, entity_ref(row, 1)?);
            if kind == Kind::User.as_str() {
                let address = address_of(row.try_get(2)?).map_err(damaged)?;
                others.addresses.push((entity_ref.clone(), address));
            }
            others.taken.insert(entity_ref);
            Ok(())
        },
    )
    .await?;
    Ok(others)
}

/// The entities of a provider that stand for these objects, as they were committed in `base`.
pub(super) async fn documents(
    client: &mut Client,
    provider: &str,
    base: u64,
    keys: &[Key],
) -> Result<Vec<Written>, Failure> {
    let snapshot = snapshot(client).await?;
    let own = snapshot
        .query_opt(
            "SELECT generation FROM provider WHERE id = $1",
            &[&provider],
        )
        .await?;
    let generation: Option<i64> = own.map(|row| row.try_get(0)).transpose()?;
    if generation != Some(base.cast_signed()) {
        return Err(Failure::Kind(StoreErrorKind::Conflict));
    }
    let kinds: Vec<&str> = keys.iter().map(|key| key.kind().as_str()).collect();
    let ids: Vec<_> = keys.iter().map(Key::text).collect();
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    let mut documents = Vec::with_capacity(keys.len());
    each(
        &snapshot,
        "SELECT entity.kind, entity.okta_id, ref, body FROM entity
         JOIN unnest($2::text[], $3::text[]) AS asked (kind, okta_id)
         ON entity.kind = asked.kind AND entity.okta_id = asked.okta_id WHERE provider = $1",
        &[&provider, &kinds, &ids],
        |row| {
            documents.push(Written {
                key: key(row, 0)?,
                document: Document::stored(entity_ref(row, 2)?, row.try_get::<_, &str>(3)?),
            });
            Ok(())
        },
    )
    .await?;
    Ok(documents)
}

/// The providers that ever committed, by id.
pub(super) async fn providers(client: &Client) -> Result<Vec<KnownProvider>, Failure> {
    let rows = client
        .query(
            "SELECT id, remembered, (SELECT body FROM entity WHERE provider = id LIMIT 1) FROM provider ORDER BY id",
            &[],
        )
        .await?;
    let known = rows.iter().map(|row| {
        let body: Option<&str> = row.try_get(2)?;
        Ok(KnownProvider {
            id: row.try_get(0)?,
            org: body.and_then(org_of),
            remembered: remembered(row.try_get(1)?),
        })
    });
    known.collect()
}

/// Hands over the entities of the newest generation.
pub(super) async fn entities(
    client: &mut Client,
    intake: &Mutex<dyn Intake>,
) -> Result<Option<Newest>, Failure> {
    let snapshot = snapshot(client).await?;
    let Some((generation, taken_at)) = newest(&snapshot).await? else {
        return Ok(None);
    };
    let rows = snapshot
        .query("SELECT id FROM provider ORDER BY id", &[])
        .await?;
    let providers = rows.iter().map(|row| Ok(row.try_get(0)?));
    let providers: Vec<String> = providers.collect::<Result<_, Failure>>()?;
    let locked = || intake.lock().unwrap_or_else(PoisonError::into_inner);
    locked().begin();
    each(
        &snapshot,
        "SELECT provider, kind, okta_id, ref, body FROM entity ORDER BY provider, kind, okta_id",
        &[],
        |row| {
            let taken = locked().take(Stored {
                provider: row.try_get(0)?,
                key: &key(row, 1)?,
                entity_ref: row.try_get(3)?,
                text: row.try_get(4)?,
            });
            taken.map_err(|error| Failure::Because(StoreErrorKind::Damaged, error))
        },
    )
    .await?;
    Ok(Some(Newest {
        generation,
        taken_at,
        providers,
    }))
}
