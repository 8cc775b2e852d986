//! Turns in the database: the runs of the ledger that have not ended.
//!
//! Whoever takes locks takes that of the one row of `catalog` before that of a run, so that nobody waits in a circle.

use std::time::Duration;

use deadpool_postgres::{Client, GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;

use super::failure::{Failure, damaged};
use crate::held::run::Run;
use crate::store::ledger::{self, Entry, Left, interrupted};
use crate::store::turn::{Claim, Turn};
use crate::store::{Holder, StoreErrorKind};

/// What an [`Entry`] is read from.
pub(super) const COLUMNS: &str =
    "number, provider, why, holder, until, began, ended, generation, account,
    (extract(epoch FROM until - clock_timestamp()) * 1000)::bigint";

/// Reads a row of [`COLUMNS`].
pub(super) fn entry(row: &Row) -> Result<Entry, Failure> {
    let number: i64 = row.try_get(0)?;
    let ended: Option<Timestamp> = row.try_get(6)?;
    let generation: Option<i64> = row.try_get(7)?;
    let account: Option<&str> = row.try_get(8)?;
    let number = number.cast_unsigned();
    let why: &str = row.try_get(2)?;
    Ok(Entry {
        number,
        provider: row.try_get(1)?,
        why: serde_json::from_value(why.into()).unwrap_or_default(),
        holder: serde_json::from_str(row.try_get(3)?).map_err(damaged)?,
        until: row.try_get(4)?,
        left: Duration::from_millis(u64::try_from(row.try_get::<_, i64>(9)?).unwrap_or(0)),
        began: row.try_get(5)?,
        run: ended.map(|ended| Run {
            number: Some(number),
            generation: generation.map(i64::cast_unsigned),
            ended,
            ..account.and_then(ledger::read).unwrap_or_default()
        }),
    })
}

/// The time by the clock of the database.
pub(super) async fn now(client: &impl GenericClient) -> Result<Timestamp, Failure> {
    let row = client.query_one("SELECT clock_timestamp()", &[]).await?;
    Ok(row.try_get(0)?)
}

fn after(now: Timestamp, lease: Duration) -> Timestamp {
    now.saturating_add(lease).unwrap_or(Timestamp::MAX)
}

/// Gives a turn, and opens its run.
pub(super) async fn begin(client: &mut Client, claim: &Claim) -> Result<Turn, Failure> {
    let transaction = client.transaction().await?;
    // From here on nobody else begins. What is refused takes no number, since nothing of this stays then.
    let row = transaction
        .query_one(
            "UPDATE catalog SET run = run + 1 WHERE id = 1 RETURNING run",
            &[],
        )
        .await?;
    let number: i64 = row.try_get(0)?;
    let open = open(&transaction, "provider = $1", &claim.provider).await?;
    let now = now(&transaction).await?;
    for entry in open {
        match entry.held_by() {
            Some(held) if !claim.overrides(&held, now) => {
                return Err(Failure::Because(StoreErrorKind::Busy, Box::new(held)));
            }
            _ => close(&transaction, &entry, Left::RanOut, now).await?,
        }
    }
    let holder = serde_json::to_string(&claim.holder).map_err(damaged)?;
    transaction
        .execute(
            "INSERT INTO run (number, provider, why, holder, until, began) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &number,
                &claim.provider,
                &claim.why.as_str(),
                &holder,
                &after(now, claim.lease),
                &claim.began,
            ],
        )
        .await?;
    transaction.commit().await?;
    Ok(Turn {
        provider: claim.provider.clone(),
        number: number.cast_unsigned(),
        holder,
    })
}

/// The runs under way of which this is so. Whoever is about to end one of them is waited for.
async fn open(
    transaction: &Transaction<'_>,
    condition: &str,
    value: &str,
) -> Result<Vec<Entry>, Failure> {
    let query = format!("SELECT {COLUMNS} FROM run WHERE ended IS NULL AND {condition} FOR UPDATE");
    let rows = transaction.query(&query, &[&value]).await?;
    rows.iter().map(entry).collect()
}

/// Closes a run that nobody ends any more.
async fn close(
    transaction: &Transaction<'_>,
    open: &Entry,
    left: Left,
    now: Timestamp,
) -> Result<(), Failure> {
    let run = interrupted(open, left, now);
    let account = ledger::written(&run).map_err(damaged)?;
    close_with(transaction, open.number, &run, &account)
        .await
        .map(drop)
}

/// Writes the account of a run, if it is still open.
pub(super) async fn close_with(
    transaction: &Transaction<'_>,
    number: u64,
    run: &Run,
    account: &str,
) -> Result<bool, Failure> {
    let closed = transaction
        .execute(
            "UPDATE run SET ended = $2, outcome = $3, plan_id = $4, account = $5 WHERE number = $1 AND ended IS NULL",
            &[
                &number.cast_signed(),
                &run.ended,
                &run.outcome.as_str(),
                &run.plan_id,
                &account,
            ],
        )
        .await?;
    Ok(closed == 1)
}

/// Keeps a turn for so long from now on.
pub(super) async fn renew(client: &Client, turn: &Turn, lease: Duration) -> Result<(), Failure> {
    let until = after(now(client).await?, lease);
    let renewed = client
        .execute(
            "UPDATE run SET until = $2 WHERE number = $1 AND holder = $3 AND ended IS NULL",
            &[&turn.number.cast_signed(), &until, &turn.holder],
        )
        .await?;
    lost_unless(renewed == 1)
}

pub(super) fn lost_unless(held: bool) -> Result<(), Failure> {
    if held {
        Ok(())
    } else {
        Err(Failure::Kind(StoreErrorKind::Conflict))
    }
}

/// Whether a turn is not lost by now.
pub(super) async fn is_held(transaction: &Transaction<'_>, turn: &Turn) -> Result<(), Failure> {
    let found = transaction
        .query_opt(
            "SELECT provider FROM run WHERE number = $1 AND holder = $2 AND ended IS NULL",
            &[&turn.number.cast_signed(), &turn.holder],
        )
        .await?;
    let provider: Option<String> = found.map(|row| row.try_get(0)).transpose()?;
    lost_unless(provider.as_ref() == Some(&turn.provider))
}

/// Closes every run of a process that ends.
pub(super) async fn abandon(client: &mut Client, holder: &Holder) -> Result<(), Failure> {
    let transaction = client.transaction().await?;
    let text = serde_json::to_string(holder).map_err(damaged)?;
    let open = open(&transaction, "holder = $1", &text).await?;
    let now = now(&transaction).await?;
    for entry in open {
        close(&transaction, &entry, Left::GivenBack, now).await?;
    }
    transaction.commit().await?;
    Ok(())
}
