//! The ledger and the approvals in the database.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::index::{Index, RUNS_SINCE, version};
use super::mirror;
use super::turns::{COLUMNS, entry, milliseconds, now};
use super::{Failure, damaged};
use crate::held::approval::Approval;
use crate::store::ledger::{Change, Entry, KEPT, PRUNED_AT_ONCE, Retention, Runs};
use crate::store::{Approved, Checked, CheckedProvider};

/// Whether a database is of a version that has a ledger.
fn has_ledger(transaction: &Transaction<'_>) -> Result<bool, Failure> {
    Ok(version(transaction)? >= RUNS_SINCE)
}

/// Runs, the newest first.
pub(super) fn runs(transaction: &Transaction<'_>, asked: &Runs) -> Result<Vec<Entry>, Failure> {
    if !has_ledger(transaction)? {
        return Ok(Vec::new());
    }
    let mut query = transaction.prepare(&format!(
        "SELECT {COLUMNS} FROM run WHERE (?1 IS NULL OR provider = ?1) AND (?2 IS NULL OR number < ?2)
         ORDER BY number DESC LIMIT ?3"
    ))?;
    let before = asked.before.map(u64::cast_signed);
    let mut rows = query.query(params![asked.provider, before, asked.limit])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(entry(row)?);
    }
    Ok(runs)
}

/// One run with its changes.
pub(super) fn run(
    transaction: &Transaction<'_>,
    number: u64,
) -> Result<Option<(Entry, Vec<Change>)>, Failure> {
    if !has_ledger(transaction)? {
        return Ok(None);
    }
    let number = number.cast_signed();
    let mut query = transaction.prepare(&format!(
        "SELECT {COLUMNS}, withheld_in FROM run WHERE number = ?1"
    ))?;
    let mut rows = query.query([number])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let entry = entry(row)?;
    let withheld_in: Option<i64> = row.get(10)?;
    // Users before groups, as in a plan.
    let mut query = transaction.prepare(
        "SELECT change, kind, okta_id, was, ref, cause, fields FROM change
         WHERE (run = ?1 AND change <> 'withheld') OR (run = ?2 AND change = 'withheld')
         ORDER BY change = 'withheld', kind DESC, okta_id",
    )?;
    let mut rows = query.query([Some(number), withheld_in])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(change(row)?);
    }
    Ok(Some((entry, changes)))
}

fn change(row: &Row<'_>) -> Result<Change, Failure> {
    let fields: Option<String> = row.get(6)?;
    let fields = fields.as_deref().map(serde_json::from_str);
    Ok(Change {
        change: row.get(0)?,
        kind: row.get(1)?,
        okta_id: row.get(2)?,
        from: row.get(3)?,
        entity_ref: row.get(4)?,
        cause: row.get(5)?,
        fields: fields.transpose().map_err(damaged)?,
    })
}

/// The latest changes of an object or an entity.
pub(super) fn changes_of(
    transaction: &Transaction<'_>,
    object: &str,
    limit: u32,
) -> Result<Vec<(u64, Timestamp, Change)>, Failure> {
    if !has_ledger(transaction)? {
        return Ok(Vec::new());
    }
    let mut query = transaction.prepare(
        "SELECT change, kind, okta_id, was, ref, cause, fields, run, began FROM change JOIN run ON number = run
         WHERE okta_id = ?1 OR ref = ?1 OR was = ?1 ORDER BY run DESC, change = 'withheld' LIMIT ?2",
    )?;
    let mut rows = query.query(params![object, limit])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(7)?;
        let began: String = row.get(8)?;
        changes.push((
            number.cast_unsigned(),
            began.parse().map_err(damaged)?,
            change(row)?,
        ));
    }
    Ok(changes)
}

/// Lets go of runs that are not to be kept.
pub(super) fn prune(
    transaction: &Transaction<'_>,
    keep: Retention,
    now: Timestamp,
) -> Result<u64, Failure> {
    let age = SignedDuration::from_hours(i64::from(keep.days) * 24);
    let oldest = now
        .saturating_sub(age)
        .unwrap_or(Timestamp::MIN)
        .to_string();
    let all: i64 = transaction.query_row("SELECT count(*) FROM run", [], |row| row.get(0))?;
    let old = numbers(
        transaction,
        &format!("SELECT number FROM run WHERE began < ?1 AND number NOT IN ({KEPT})"),
        params![oldest],
    )?;
    let left = all.saturating_sub(i64::try_from(old.len()).unwrap_or(i64::MAX));
    let many = left.saturating_sub(i64::from(keep.runs)).max(0);
    let more = numbers(
        transaction,
        &format!(
            "SELECT number FROM run WHERE began >= ?1 AND number NOT IN ({KEPT}) ORDER BY changes > 0, number LIMIT ?2"
        ),
        params![oldest, many],
    )?;
    let mut gone = 0;
    let at_once = usize::try_from(PRUNED_AT_ONCE).unwrap_or(usize::MAX);
    for number in old.into_iter().chain(more).take(at_once) {
        transaction.execute("DELETE FROM change WHERE run = ?1", [number])?;
        transaction.execute("DELETE FROM run WHERE number = ?1", [number])?;
        gone += 1;
    }
    Ok(gone)
}

fn numbers(
    transaction: &Transaction<'_>,
    query: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<i64>, Failure> {
    let mut query = transaction.prepare(query)?;
    let numbers = query.query_map(parameters, |row| row.get(0))?;
    Ok(numbers.collect::<Result<_, _>>()?)
}

/// Keeps an approval for so long.
pub(super) fn approve(
    transaction: &Transaction<'_>,
    approval: &Approval,
    lasts: Duration,
) -> Result<Approved, Failure> {
    let Approval {
        provider,
        plan_id,
        by,
        at,
    } = approval;
    let used: Option<Option<i64>> = transaction
        .query_row(
            "SELECT used_in FROM approval WHERE provider = ?1 AND plan_id = ?2",
            [provider, plan_id],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(run) = used.flatten() {
        return Ok(Approved::Used {
            run: run.cast_unsigned(),
        });
    }
    let until = now(transaction)?.saturating_add(milliseconds(lasts));
    transaction.execute(
        "INSERT OR REPLACE INTO approval (provider, plan_id, approved_by, approved_at, until) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![provider, plan_id, by, at.to_string(), until],
    )?;
    Ok(Approved::Kept)
}

/// Takes an approval back that was not used.
pub(super) fn withdraw(
    transaction: &Transaction<'_>,
    provider: &str,
    plan_id: &str,
) -> Result<(), Failure> {
    transaction.execute(
        "DELETE FROM approval WHERE provider = ?1 AND plan_id = ?2 AND used_in IS NULL",
        [provider, plan_id],
    )?;
    Ok(())
}

/// What a whole database holds.
pub(super) fn checked(connection: &mut Connection) -> Result<Checked, Failure> {
    let transaction = connection.transaction()?;
    let index = Index::read(&transaction)?;
    index.verify(&transaction)?;
    let count = |query: &str| -> Result<u64, Failure> {
        let count: i64 = transaction.query_row(query, [], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    };
    let pragma = |name: &str| -> Result<i64, Failure> {
        Ok(transaction.pragma_query_value(None, name, |row| row.get(0))?)
    };
    let bytes = pragma("page_count")?.saturating_mul(pragma("page_size")?);
    let mut checked = Checked {
        bytes: bytes.cast_unsigned(),
        schema: version(&transaction)?.cast_unsigned(),
        generation: index.generation(),
        mirrors: mirror::checked(&transaction)?,
        ..Checked::default()
    };
    if has_ledger(&transaction)? {
        checked.runs = count("SELECT count(*) FROM run")?;
        checked.changes = count("SELECT count(*) FROM change")?;
    }
    for provider in &index.providers {
        let count = |kind: &str| -> Result<u64, Failure> {
            let count: i64 = transaction.query_row(
                "SELECT count(*) FROM entity WHERE provider = ?1 AND kind = ?2",
                [provider.id.as_str(), kind],
                |row| row.get(0),
            )?;
            Ok(count.cast_unsigned())
        };
        checked.providers.push(CheckedProvider {
            provider: provider.id.clone(),
            generation: provider.generation.cast_unsigned(),
            taken_at: provider.taken_at()?,
            users: count("User")?,
            groups: count("Group")?,
        });
    }
    Ok(checked)
}
