//! The one transaction in which a run ends.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::index::Index;
use super::mirror;
use super::rows::{Entities, Provider};
use super::turns::{close_with, is_held, lost_unless};
use super::{Failure, damaged};
use crate::held::criteria::Remembered;
use crate::store::ledger::{ChangeRow, Commit, Ending, Work};
use crate::store::{StoreErrorKind, Turn};

/// Ends a run, and returns the number of the generation that it makes.
pub(super) fn end(
    transaction: &Transaction<'_>,
    turn: &Turn,
    ending: &Ending,
) -> Result<Option<u64>, Failure> {
    is_held(transaction, turn)?;
    let generation = match &ending.work {
        Work::Nothing => None,
        Work::Remembered(remembered) => {
            remember(transaction, turn, remembered)?;
            None
        }
        Work::Entities(commit) => Some(write(transaction, turn, commit)?),
        Work::Forget => Some(forget(transaction, turn)?),
    };
    match (&ending.work, &ending.mirror) {
        (Work::Forget, _) => mirror::remove(transaction, &turn.provider)?,
        (_, Some(mirror)) => mirror::write(transaction, &turn.provider, mirror)?,
        (_, None) => {}
    }
    account(transaction, turn, ending, generation)?;
    Ok(generation)
}

/// Writes the entities of a run, and returns the number of the new generation.
fn write(transaction: &Transaction<'_>, turn: &Turn, commit: &Commit) -> Result<u64, Failure> {
    let index = Index::read(transaction)?;
    let before = index.provider(&turn.provider);
    let sum = before.and_then(|it| it.sum).unwrap_or_default();
    let mut entities = Entities::of(transaction, &turn.provider, sum)?;
    // Everything that changes goes first, so that two objects can swap their names.
    for key in &commit.removed {
        entities.remove(key)?;
    }
    let mut named_anew = Vec::new();
    for written in &commit.written {
        if !entities.update(written)? {
            named_anew.push(written);
        }
    }
    for added in commit.added.iter() {
        entities.insert(&added.map_err(Failure::unpacked)?)?;
    }
    for written in named_anew {
        entities.insert(written)?;
    }
    let sum = entities.sum();
    let next = index.next();
    let provider = Provider {
        id: turn.provider.clone(),
        generation: next,
        taken_at: commit.taken_at.to_string(),
        remembered: Some(serde_json::to_string(&commit.remembered).map_err(damaged)?),
        sum: Some(sum),
    };
    index.replace(provider, turn.number, transaction)?;
    Ok(next.cast_unsigned())
}

/// Keeps what a run learned that changed no entity.
fn remember(
    transaction: &Transaction<'_>,
    turn: &Turn,
    remembered: &Remembered,
) -> Result<(), Failure> {
    let index = Index::read(transaction)?;
    let own = index.provider(&turn.provider);
    let own = own.ok_or(Failure::Kind(StoreErrorKind::Conflict))?;
    let own = Provider {
        remembered: Some(serde_json::to_string(remembered).map_err(damaged)?),
        ..own.clone()
    };
    index.replace(own, turn.number, transaction)
}

/// Takes everything of the provider out of the catalog, and returns the number of the generation without it.
fn forget(transaction: &Transaction<'_>, turn: &Turn) -> Result<u64, Failure> {
    let index = Index::read(transaction)?;
    let provider = turn.provider.as_str();
    transaction.execute("DELETE FROM entity WHERE provider = ?1", [provider])?;
    transaction.execute("DELETE FROM provider WHERE id = ?1", [provider])?;
    index.without(provider, transaction)
}

/// Writes the account of a run and its changes, and uses its approval up.
fn account(
    transaction: &Transaction<'_>,
    turn: &Turn,
    ending: &Ending,
    generation: Option<u64>,
) -> Result<(), Failure> {
    let number = turn.number.cast_signed();
    if let Some(plan) = &ending.approval {
        let used = transaction.execute(
            "UPDATE approval SET used_in = ?3 WHERE provider = ?1 AND plan_id = ?2 AND used_in IS NULL",
            params![turn.provider, plan, number],
        )?;
        lost_unless(used == 1)?;
    }
    let mut write = transaction.prepare(
        "INSERT INTO change (run, kind, okta_id, change, ref, was, cause, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut write = |row: ChangeRow<'_>| {
        let ChangeRow {
            kind,
            okta_id,
            change,
            entity_ref,
            was,
            cause,
            fields,
        } = row;
        write.execute(params![
            number, kind, okta_id, change, entity_ref, was, cause, fields
        ])
    };
    for change in ending.changes.iter() {
        write(ChangeRow::of(change).map_err(damaged)?)?;
    }
    let withheld_in = withheld_in(transaction, turn, ending)?;
    if withheld_in == Some(number) {
        for withheld in ending.withheld.iter() {
            write(ChangeRow::withheld(withheld).map_err(damaged)?)?;
        }
    }
    lost_unless(close_with(transaction, turn.number, &ending.run)?)?;
    let changes = i64::try_from(ending.changes.len()).unwrap_or(i64::MAX);
    transaction.execute(
        "UPDATE run SET generation = ?2, changes = ?3, withheld_in = ?4 WHERE number = ?1",
        params![
            number,
            generation.map(u64::cast_signed),
            changes,
            withheld_in
        ],
    )?;
    Ok(())
}

/// The run that has what this one withholds in the ledger: the first of those of one plan in a row.
fn withheld_in(
    transaction: &Transaction<'_>,
    turn: &Turn,
    ending: &Ending,
) -> Result<Option<i64>, Failure> {
    if ending.withheld.is_empty() {
        return Ok(None);
    }
    let before = transaction
        .query_row(
            "SELECT withheld_in FROM run WHERE provider = ?1 AND plan_id = ?2 AND withheld_in IS NOT NULL
             ORDER BY number DESC LIMIT 1",
            params![turn.provider, ending.run.plan_id],
            |row| row.get(0),
        )
        .optional()?;
    Ok(before.or(Some(turn.number.cast_signed())))
}
