//! Turns in the database: the runs of the ledger that have not ended.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::index::{RUNS_SINCE, version};
use super::{Failure, damaged};
use crate::held::approval::Approvals;
use crate::held::run::Run;
use crate::store::ledger::{self, Entry, Left, interrupted};
use crate::store::turn::{Claim, Turn};
use crate::store::{Holder, StoreErrorKind};

/// What an [`Entry`] is read from.
pub(super) const COLUMNS: &str =
    "number, provider, why, holder, until, began, ended, generation, account,
    until - CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// The time by the clock of the database, in milliseconds since 1970.
pub(super) fn now(connection: &Connection) -> Result<i64, Failure> {
    Ok(connection.query_row(
        "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        [],
        |row| row.get(0),
    )?)
}

pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn instant(milliseconds: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(milliseconds).map_err(damaged)
}

/// Reads a row of [`COLUMNS`].
pub(super) fn entry(row: &Row<'_>) -> Result<Entry, Failure> {
    let number: i64 = row.get(0)?;
    let text = |at| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
    let ended: Option<String> = row.get(6)?;
    let generation: Option<i64> = row.get(7)?;
    let account: Option<String> = row.get(8)?;
    let number = number.cast_unsigned();
    let why = text(2)?;
    let run = ended.map(|ended| {
        let read = account.as_deref().and_then(ledger::read);
        Ok::<_, Failure>(Run {
            number: Some(number),
            generation: generation.map(i64::cast_unsigned),
            ended: ended.parse().map_err(damaged)?,
            ..read.unwrap_or_default()
        })
    });
    Ok(Entry {
        number,
        provider: text(1)?.to_owned(),
        why: serde_json::from_value(why.into()).unwrap_or_default(),
        holder: serde_json::from_str(text(3)?).map_err(damaged)?,
        until: instant(row.get(4)?)?,
        left: Duration::from_millis(u64::try_from(row.get::<_, i64>(9)?).unwrap_or(0)),
        began: text(5)?.parse().map_err(damaged)?,
        run: run.transpose()?,
    })
}

/// Gives a turn, and opens its run.
pub(super) fn begin(transaction: &Transaction<'_>, claim: &Claim) -> Result<Turn, Failure> {
    let now = now(transaction)?;
    for open in open(transaction, "provider = ?1", &claim.provider)? {
        match open.held_by() {
            Some(held) if !claim.overrides(&held, instant(now)?) => {
                return Err(Failure::Because(StoreErrorKind::Busy, Box::new(held)));
            }
            _ => close(transaction, &open, Left::RanOut, now)?,
        }
    }
    let number: i64 =
        transaction.query_row("SELECT coalesce(max(number), 0) + 1 FROM run", [], |row| {
            row.get(0)
        })?;
    let holder = serde_json::to_string(&claim.holder).map_err(damaged)?;
    transaction.execute(
        "INSERT INTO run (number, provider, why, holder, until, began) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            number,
            claim.provider,
            claim.why.as_str(),
            holder,
            now.saturating_add(milliseconds(claim.lease)),
            claim.began.to_string(),
        ],
    )?;
    Ok(Turn {
        provider: claim.provider.clone(),
        number: number.cast_unsigned(),
        holder,
    })
}

/// The runs under way of which this is so.
fn open(
    transaction: &Transaction<'_>,
    condition: &str,
    value: &str,
) -> Result<Vec<Entry>, Failure> {
    let mut open = transaction.prepare(&format!(
        "SELECT {COLUMNS} FROM run WHERE ended IS NULL AND {condition}"
    ))?;
    let mut rows = open.query([value])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    Ok(entries)
}

/// Closes a run that nobody ends any more.
fn close(transaction: &Transaction<'_>, open: &Entry, left: Left, now: i64) -> Result<(), Failure> {
    let run = interrupted(open, left, instant(now)?);
    close_with(transaction, open.number, &run).map(drop)
}

/// Writes the account of a run, if it is still open.
pub(super) fn close_with(
    transaction: &Transaction<'_>,
    number: u64,
    run: &Run,
) -> Result<bool, Failure> {
    let closed = transaction.execute(
        "UPDATE run SET ended = ?2, outcome = ?3, plan_id = ?4, account = ?5 WHERE number = ?1 AND ended IS NULL",
        params![
            number.cast_signed(),
            run.ended.to_string(),
            run.outcome.as_str(),
            run.plan_id,
            ledger::written(run).map_err(damaged)?,
        ],
    )?;
    Ok(closed == 1)
}

/// Keeps a turn for so long from now on.
pub(super) fn renew(
    transaction: &Transaction<'_>,
    turn: &Turn,
    lease: Duration,
) -> Result<(), Failure> {
    let until = now(transaction)?.saturating_add(milliseconds(lease));
    let renewed = transaction.execute(
        "UPDATE run SET until = ?2 WHERE number = ?1 AND holder = ?3 AND ended IS NULL",
        params![turn.number.cast_signed(), until, turn.holder],
    )?;
    lost_unless(renewed == 1)
}

pub(super) fn lost_unless(held: bool) -> Result<(), Failure> {
    if held {
        Ok(())
    } else {
        Err(Failure::Kind(StoreErrorKind::Conflict))
    }
}

/// Whether a turn is not lost.
pub(super) fn is_held(transaction: &Transaction<'_>, turn: &Turn) -> Result<(), Failure> {
    let found: Option<String> = transaction
        .query_row(
            "SELECT provider FROM run WHERE number = ?1 AND holder = ?2 AND ended IS NULL",
            params![turn.number.cast_signed(), turn.holder],
            |row| row.get(0),
        )
        .optional()?;
    lost_unless(found.as_ref() == Some(&turn.provider))
}

/// Closes every run of a process that ends.
pub(super) fn abandon(transaction: &Transaction<'_>, holder: &Holder) -> Result<(), Failure> {
    let now = now(transaction)?;
    let text = serde_json::to_string(holder).map_err(damaged)?;
    for open in open(transaction, "holder = ?1", &text)? {
        close(transaction, &open, Left::GivenBack, now)?;
    }
    Ok(())
}

/// The approvals of a provider.
pub(super) fn approvals(
    transaction: &Transaction<'_>,
    provider: &str,
) -> Result<Approvals, Failure> {
    let mut approvals = Approvals::default();
    if version(transaction)? < RUNS_SINCE {
        return Ok(approvals);
    }
    let now = now(transaction)?;
    let mut all = transaction.prepare(
        "SELECT plan_id, used_in IS NOT NULL, until, approved_by FROM approval WHERE provider = ?1",
    )?;
    let mut rows = all.query([provider])?;
    while let Some(row) = rows.next()? {
        let (plan, used, until): (String, bool, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if used {
            approvals.used.insert(plan);
        } else if until > now {
            approvals.given.insert(plan, row.get(3)?);
        }
    }
    Ok(approvals)
}
