//! The ledger and the approvals in the database.

use std::time::Duration;

use deadpool_postgres::{Client, GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::failure::{Failure, damaged};
use super::pool::snapshot;
use super::turns::{COLUMNS, entry, now as now_there};
use crate::held::approval::{Approval, Approvals};
use crate::store::Approved;
use crate::store::ledger::{Change, Entry, KEPT, PRUNED_AT_ONCE, Retention, Runs};

/// Runs, the newest first.
pub(super) async fn runs(client: &Client, asked: &Runs) -> Result<Vec<Entry>, Failure> {
    let query = format!(
        "SELECT {COLUMNS} FROM run WHERE ($1::text IS NULL OR provider = $1) AND ($2::bigint IS NULL OR number < $2)
         ORDER BY number DESC LIMIT $3"
    );
    let before = asked.before.map(u64::cast_signed);
    let rows = client
        .query(&query, &[&asked.provider, &before, &i64::from(asked.limit)])
        .await?;
    rows.iter().map(entry).collect()
}

/// What a [`Change`] is read from.
const CHANGE: &str = "change, kind, okta_id, was, ref, cause, fields";

/// One run with its changes.
pub(super) async fn run(
    client: &mut Client,
    number: u64,
) -> Result<Option<(Entry, Vec<Change>)>, Failure> {
    let snapshot = snapshot(client).await?;
    let number = number.cast_signed();
    let query = format!("SELECT {COLUMNS}, withheld_in FROM run WHERE number = $1");
    let Some(row) = snapshot.query_opt(&query, &[&number]).await? else {
        return Ok(None);
    };
    let withheld_in: Option<i64> = row.try_get(10)?;
    // Users before groups, as in a plan.
    let query = format!(
        "SELECT {CHANGE} FROM change
         WHERE (run = $1 AND change <> 'withheld') OR (run = $2 AND change = 'withheld')
         ORDER BY change = 'withheld', kind DESC, okta_id"
    );
    let rows = snapshot.query(&query, &[&number, &withheld_in]).await?;
    let changes = rows.iter().map(change).collect::<Result<_, _>>()?;
    Ok(Some((entry(&row)?, changes)))
}

fn change(row: &Row) -> Result<Change, Failure> {
    let fields: Option<&str> = row.try_get(6)?;
    let fields = fields.map(serde_json::from_str);
    Ok(Change {
        change: row.try_get(0)?,
        kind: row.try_get(1)?,
        okta_id: row.try_get(2)?,
        from: row.try_get(3)?,
        entity_ref: row.try_get(4)?,
        cause: row.try_get(5)?,
        fields: fields.transpose().map_err(damaged)?,
    })
}

/// The latest changes of an object or an entity.
pub(super) async fn changes_of(
    client: &Client,
    object: &str,
    limit: u32,
) -> Result<Vec<(u64, Timestamp, Change)>, Failure> {
    let query = format!(
        "SELECT {CHANGE}, run, began FROM change JOIN run ON number = run
         WHERE okta_id = $1 OR ref = $1 OR was = $1 ORDER BY run DESC, change = 'withheld' LIMIT $2"
    );
    let rows = client.query(&query, &[&object, &i64::from(limit)]).await?;
    let changes = rows.iter().map(|row| {
        let number: i64 = row.try_get(7)?;
        Ok((number.cast_unsigned(), row.try_get(8)?, change(row)?))
    });
    changes.collect()
}

/// Lets go of runs that are not to be kept.
pub(super) async fn prune(
    client: &mut Client,
    keep: Retention,
    now: Timestamp,
) -> Result<u64, Failure> {
    let transaction = client.transaction().await?;
    // A clock that is ahead would let everything go that others are to find.
    let now = now.min(now_there(&transaction).await?);
    let age = SignedDuration::from_hours(i64::from(keep.days) * 24);
    let oldest = now.saturating_sub(age).unwrap_or(Timestamp::UNIX_EPOCH);
    let row = transaction
        .query_one("SELECT count(*) FROM run", &[])
        .await?;
    let all: i64 = row.try_get(0)?;
    let query = format!("SELECT number FROM run WHERE began < $1 AND number NOT IN ({KEPT})");
    let mut gone = numbers(&transaction.query(&query, &[&oldest]).await?)?;
    let left = all.saturating_sub(i64::try_from(gone.len()).unwrap_or(i64::MAX));
    let many = left.saturating_sub(i64::from(keep.runs)).max(0);
    let query = format!(
        "SELECT number FROM run WHERE began >= $1 AND number NOT IN ({KEPT}) ORDER BY changes > 0, number LIMIT $2"
    );
    gone.extend(numbers(
        &transaction.query(&query, &[&oldest, &many]).await?,
    )?);
    gone.truncate(usize::try_from(PRUNED_AT_ONCE).unwrap_or(usize::MAX));
    for table in ["change WHERE run", "run WHERE number"] {
        let delete = format!("DELETE FROM {table} = ANY($1)");
        transaction.execute(&delete, &[&gone]).await?;
    }
    transaction.commit().await?;
    Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
}

fn numbers(rows: &[Row]) -> Result<Vec<i64>, Failure> {
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The approvals of a provider.
pub(super) async fn approvals(
    transaction: &Transaction<'_>,
    provider: &str,
) -> Result<Approvals, Failure> {
    let rows = transaction
        .query(
            "SELECT plan_id, used_in IS NOT NULL, until > clock_timestamp(), approved_by FROM approval WHERE provider = $1",
            &[&provider],
        )
        .await?;
    let mut approvals = Approvals::default();
    for row in &rows {
        let (used, lasts): (bool, bool) = (row.try_get(1)?, row.try_get(2)?);
        if used {
            approvals.used.insert(row.try_get(0)?);
        } else if lasts {
            approvals.given.insert(row.try_get(0)?, row.try_get(3)?);
        }
    }
    Ok(approvals)
}

/// Keeps an approval for so long.
pub(super) async fn approve(
    client: &Client,
    approval: &Approval,
    lasts: Duration,
) -> Result<Approved, Failure> {
    let Approval {
        provider,
        plan_id,
        by,
        at,
    } = approval;
    // One that was used stays as it is.
    let milliseconds = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
    let kept = client
        .execute(
            "INSERT INTO approval (provider, plan_id, approved_by, approved_at, until)
             VALUES ($1, $2, $3, $4, clock_timestamp() + $5::bigint * interval '1 millisecond')
             ON CONFLICT (provider, plan_id) DO UPDATE SET approved_by = excluded.approved_by,
                 approved_at = excluded.approved_at, until = excluded.until
             WHERE approval.used_in IS NULL",
            &[provider, plan_id, by, at, &milliseconds],
        )
        .await?;
    if kept == 1 {
        return Ok(Approved::Kept);
    }
    let row = client
        .query_one(
            "SELECT used_in FROM approval WHERE provider = $1 AND plan_id = $2",
            &[provider, plan_id],
        )
        .await?;
    let run: Option<i64> = row.try_get(0)?;
    Ok(Approved::Used {
        run: run.unwrap_or_default().cast_unsigned(),
    })
}

/// Takes an approval back that was not used.
pub(super) async fn withdraw(
    client: &Client,
    provider: &str,
    plan_id: &str,
) -> Result<(), Failure> {
    client
        .execute(
            "DELETE FROM approval WHERE provider = $1 AND plan_id = $2 AND used_in IS NULL",
            &[&provider, &plan_id],
        )
        .await?;
    Ok(())
}
