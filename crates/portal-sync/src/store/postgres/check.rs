//! A look through a whole schema.

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::failure::{Failure, damaged};
use super::mirror;
use super::pool::snapshot;
use super::reading::{each, entity_ref, key, newest};
use super::tables::MIRRORS_SINCE;
use crate::held::object::Key;
use crate::store::{Checked, CheckedProvider, StoreErrorKind};

/// Reads everything, and counts it.
pub(super) async fn everything(client: &mut Client, schema: usize) -> Result<Checked, Failure> {
    let snapshot = snapshot(client).await?;
    let count = async |table: &str| -> Result<u64, Failure> {
        let row = snapshot
            .query_one(&format!("SELECT count(*) FROM {table}"), &[])
            .await?;
        let count: i64 = row.try_get(0)?;
        Ok(count.cast_unsigned())
    };
    let row = snapshot
        .query_one(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
             WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'",
            &[],
        )
        .await?;
    let bytes: i64 = row.try_get(0)?;
    let mut checked = Checked {
        bytes: bytes.cast_unsigned(),
        schema: u64::try_from(schema).unwrap_or(u64::MAX),
        generation: newest(&snapshot).await?.map(|(generation, _)| generation),
        providers: Vec::new(),
        mirrors: if schema < MIRRORS_SINCE {
            Vec::new()
        } else {
            mirror::checked(&snapshot).await?
        },
        runs: count("run").await?,
        changes: count("change").await?,
    };
    each(
        &snapshot,
        "SELECT id, generation, taken_at FROM provider ORDER BY id",
        &[],
        |row| {
            let generation: i64 = row.try_get(1)?;
            checked.providers.push(CheckedProvider {
                provider: row.try_get(0)?,
                generation: generation.cast_unsigned(),
                taken_at: row.try_get(2)?,
                users: 0,
                groups: 0,
            });
            Ok(())
        },
    )
    .await?;
    let providers = &mut checked.providers;
    each(
        &snapshot,
        "SELECT provider, kind, okta_id, ref, body FROM entity",
        &[],
        |row| count_entity(row, providers),
    )
    .await?;
    Ok(checked)
}

/// Counts an entity that is whole.
fn count_entity(row: &Row, providers: &mut [CheckedProvider]) -> Result<(), Failure> {
    let id: &str = row.try_get(0)?;
    let own = providers.iter_mut().find(|it| it.provider == id);
    let own =
        own.ok_or_else(|| Failure::because(StoreErrorKind::Damaged, "an entity has no provider"))?;
    match key(row, 1)? {
        Key::User(_) => own.users += 1,
        Key::Group(_) => own.groups += 1,
    }
    let body: catalog_model::Entity = serde_json::from_str(row.try_get(4)?).map_err(damaged)?;
    if body.entity_ref() == entity_ref(row, 3)? {
        Ok(())
    } else {
        Err(Failure::because(
            StoreErrorKind::Damaged,
            "an entity has another name than its row",
        ))
    }
}
