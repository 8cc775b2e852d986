//! The one transaction in which a run ends.

use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;

use super::Schema;
use super::failure::{Failure, damaged};
use super::mirror;
use super::tables::channel;
use super::turns::{close_with, is_held, lost_unless};
use crate::held::criteria::Remembered;
use crate::held::document::Written;
use crate::held::object::Key;
use crate::store::ledger::{self, ChangeRow, Commit, Ending, Work};
use crate::store::{StoreErrorKind, Turn};

/// So many rows are sent at once.
const ROWS: usize = 2_000;

/// Ends a run, and returns the number of the generation that it makes. Before its last statement nobody waits for it but who
/// wants the same names. As long as nobody knows whether it is committed, `unsure` has the account of the run.
pub(super) async fn end(
    client: &mut Client,
    schema: &Schema,
    turn: &Turn,
    ending: &Ending,
    unsure: &mut Option<String>,
) -> Result<Option<u64>, Failure> {
    let account = ledger::written(&ending.run).map_err(damaged)?;
    let transaction = client.transaction().await?;
    is_held(&transaction, turn).await?;
    let (taken_at, remembered) = match &ending.work {
        Work::Nothing => (None, None),
        Work::Remembered(remembered) => (None, Some(remembered)),
        Work::Entities(commit) => {
            write(&transaction, turn, commit).await?;
            (Some(Some(commit.taken_at)), Some(&commit.remembered))
        }
        Work::Forget => {
            forget(&transaction, turn).await?;
            (Some(None), None)
        }
    };
    match (&ending.work, &ending.mirror) {
        (Work::Forget, _) => mirror::remove(&transaction, &turn.provider).await?,
        (_, Some(mirror)) => mirror::write(&transaction, &turn.provider, mirror).await?,
        (_, None) => {}
    }
    let withheld_in = withheld_in(&transaction, turn, ending).await?;
    changes(&transaction, turn, ending, withheld_in).await?;
    use_up(&transaction, turn, ending).await?;
    let generation = match taken_at {
        Some(taken_at) => Some(next(&transaction, taken_at).await?),
        None => None,
    };
    match (generation, remembered, taken_at.flatten()) {
        (Some(generation), Some(remembered), Some(taken_at)) => {
            provider(&transaction, turn, generation, taken_at, remembered).await?;
        }
        (None, Some(remembered), _) => remember(&transaction, turn, remembered).await?,
        _ => {}
    }
    lost_unless(close_with(&transaction, turn.number, &ending.run, &account).await?)?;
    let changes = i64::try_from(ending.changes.len()).unwrap_or(i64::MAX);
    let number = turn.number.cast_signed();
    transaction
        .execute(
            "UPDATE run SET generation = $2, changes = $3, withheld_in = $4 WHERE number = $1",
            &[&number, &generation, &changes, &withheld_in],
        )
        .await?;
    if let Some(generation) = generation {
        let told = generation.to_string();
        transaction
            .execute("SELECT pg_notify($1, $2)", &[&channel(schema), &told])
            .await?;
    }
    *unsure = Some(account);
    commit(transaction, unsure).await?;
    Ok(generation.map(i64::cast_unsigned))
}

/// Commits, and forgets what was unsure once it is known what came of it.
async fn commit(transaction: Transaction<'_>, unsure: &mut Option<String>) -> Result<(), Failure> {
    let committed = transaction.commit().await;
    let is_known = match &committed {
        Ok(()) => true,
        // A server that goes down may do so behind the commit.
        Err(error) => error
            .code()
            .is_some_and(|code| !code.code().starts_with("57")),
    };
    if is_known {
        *unsure = None;
    }
    Ok(committed?)
}

/// What became of the end of a run whose commit was not answered: the account of the run tells.
pub(super) async fn ended(
    client: &Client,
    turn: &Turn,
    account: &str,
) -> Result<Option<Option<u64>>, Failure> {
    let row = client
        .query_opt(
            "SELECT generation FROM run WHERE number = $1 AND account = $2",
            &[&turn.number.cast_signed(), &account],
        )
        .await?;
    let generation: Option<Option<i64>> = row.map(|row| row.try_get(0)).transpose()?;
    Ok(generation.map(|generation| generation.map(i64::cast_unsigned)))
}

/// Writes the entities of a run.
async fn write(transaction: &Transaction<'_>, turn: &Turn, commit: &Commit) -> Result<(), Failure> {
    // Everything that changes goes first, so that two objects can swap their names.
    let changed = commit.written.iter().map(|it| &it.key);
    let gone: Vec<&Key> = commit.removed.iter().chain(changed).collect();
    for some in gone.chunks(ROWS) {
        remove(transaction, turn, some).await?;
    }
    let mut rows = Rows::default();
    for added in commit.added.iter() {
        let added = added.map_err(|error| Failure::Because(StoreErrorKind::Other, error.into()))?;
        rows.push(&added);
        if rows.is_full() {
            rows.insert(transaction, turn).await?;
        }
    }
    for written in &commit.written {
        rows.push(written);
        if rows.is_full() {
            rows.insert(transaction, turn).await?;
        }
    }
    rows.insert(transaction, turn).await
}

async fn remove(transaction: &Transaction<'_>, turn: &Turn, keys: &[&Key]) -> Result<(), Failure> {
    let kinds: Vec<&str> = keys.iter().map(|key| key.kind().as_str()).collect();
    let ids: Vec<_> = keys.iter().map(|key| key.text()).collect();
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    let statement = transaction
        .prepare_cached(
            "DELETE FROM entity USING unnest($2::text[], $3::text[]) AS gone (kind, okta_id)
             WHERE provider = $1 AND entity.kind = gone.kind AND entity.okta_id = gone.okta_id",
        )
        .await?;
    transaction
        .execute(&statement, &[&turn.provider, &kinds, &ids])
        .await?;
    Ok(())
}

/// Entities that are to be inserted, by columns.
#[derive(Default)]
struct Rows {
    kinds: Vec<&'static str>,
    ids: Vec<String>,
    refs: Vec<String>,
    bodies: Vec<String>,
}

impl Rows {
    fn push(&mut self, Written { key, document }: &Written) {
        self.kinds.push(key.kind().as_str());
        self.ids.push(key.text().into_owned());
        self.refs.push(document.entity_ref().as_str().to_owned());
        self.bodies.push(document.body().to_owned());
    }

    fn is_full(&self) -> bool {
        self.kinds.len() >= ROWS
    }

    async fn insert(&mut self, transaction: &Transaction<'_>, turn: &Turn) -> Result<(), Failure> {
        let Self {
            kinds,
            ids,
            refs,
            bodies,
        } = std::mem::take(self);
        if kinds.is_empty() {
            return Ok(());
        }
        let statement = transaction
            .prepare_cached(
                "INSERT INTO entity (provider, kind, okta_id, ref, body)
                 SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])",
            )
            .await?;
        transaction
            .execute(&statement, &[&turn.provider, &kinds, &ids, &refs, &bodies])
            .await?;
        Ok(())
    }
}

/// Takes everything of the provider out of the catalog.
async fn forget(transaction: &Transaction<'_>, turn: &Turn) -> Result<(), Failure> {
    for table in ["entity WHERE provider", "provider WHERE id"] {
        let delete = format!("DELETE FROM {table} = $1");
        transaction.execute(&delete, &[&turn.provider]).await?;
    }
    Ok(())
}

/// Takes the number of the next generation, whose org was read at this time if it was read. Whoever commits for another
/// provider waits from here on.
async fn next(transaction: &Transaction<'_>, taken_at: Option<Timestamp>) -> Result<i64, Failure> {
    let row = transaction
        .query_one(
            "UPDATE catalog SET generation = generation + 1, taken_at = coalesce($1, taken_at, now())
             WHERE id = 1 RETURNING generation",
            &[&taken_at],
        )
        .await?;
    Ok(row.try_get(0)?)
}

async fn provider(
    transaction: &Transaction<'_>,
    turn: &Turn,
    generation: i64,
    taken_at: Timestamp,
    remembered: &Remembered,
) -> Result<(), Failure> {
    let remembered = serde_json::to_string(remembered).map_err(damaged)?;
    transaction
        .execute(
            "INSERT INTO provider (id, generation, taken_at, remembered) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET generation = $2, taken_at = $3, remembered = $4",
            &[&turn.provider, &generation, &taken_at, &remembered],
        )
        .await?;
    Ok(())
}

/// Keeps what a run learned that changed no entity.
async fn remember(
    transaction: &Transaction<'_>,
    turn: &Turn,
    remembered: &Remembered,
) -> Result<(), Failure> {
    let remembered = serde_json::to_string(remembered).map_err(damaged)?;
    let known = transaction
        .execute(
            "UPDATE provider SET remembered = $2 WHERE id = $1",
            &[&turn.provider, &remembered],
        )
        .await?;
    lost_unless(known == 1)
}

/// Uses the approval of a run up.
async fn use_up(
    transaction: &Transaction<'_>,
    turn: &Turn,
    ending: &Ending,
) -> Result<(), Failure> {
    let Some(plan) = &ending.approval else {
        return Ok(());
    };
    let used = transaction
        .execute(
            "UPDATE approval SET used_in = $3 WHERE provider = $1 AND plan_id = $2 AND used_in IS NULL",
            &[&turn.provider, plan, &turn.number.cast_signed()],
        )
        .await?;
    lost_unless(used == 1)
}

/// The run that has what this one withholds in the ledger: the first of those of one plan.
async fn withheld_in(
    transaction: &Transaction<'_>,
    turn: &Turn,
    ending: &Ending,
) -> Result<Option<i64>, Failure> {
    if ending.withheld.is_empty() {
        return Ok(None);
    }
    let before = transaction
        .query_opt(
            "SELECT withheld_in FROM run WHERE provider = $1 AND plan_id = $2 AND withheld_in IS NOT NULL
             ORDER BY number DESC LIMIT 1",
            &[&turn.provider, &ending.run.plan_id],
        )
        .await?;
    match before {
        Some(row) => Ok(row.try_get(0)?),
        None => Ok(Some(turn.number.cast_signed())),
    }
}

/// Writes what changes, and what is withheld unless an earlier run has it.
async fn changes(
    transaction: &Transaction<'_>,
    turn: &Turn,
    ending: &Ending,
    withheld_in: Option<i64>,
) -> Result<(), Failure> {
    for some in ending.changes.chunks(ROWS) {
        let rows = some.iter().map(ChangeRow::of);
        insert(
            transaction,
            turn,
            &rows.collect::<Result<Vec<_>, _>>().map_err(damaged)?,
        )
        .await?;
    }
    if withheld_in == Some(turn.number.cast_signed()) {
        for some in ending.withheld.chunks(ROWS) {
            let rows = some.iter().map(ChangeRow::withheld);
            insert(
                transaction,
                turn,
                &rows.collect::<Result<Vec<_>, _>>().map_err(damaged)?,
            )
            .await?;
        }
    }
    Ok(())
}

async fn insert(
    transaction: &Transaction<'_>,
    turn: &Turn,
    rows: &[ChangeRow<'_>],
) -> Result<(), Failure> {
    let kinds: Vec<&str> = rows.iter().map(|it| it.kind).collect();
    let ids: Vec<&str> = rows.iter().map(|it| it.okta_id).collect();
    let changes: Vec<&str> = rows.iter().map(|it| it.change).collect();
    let refs: Vec<&str> = rows.iter().map(|it| it.entity_ref).collect();
    let were: Vec<Option<&str>> = rows.iter().map(|it| it.was).collect();
    let causes: Vec<Option<&str>> = rows.iter().map(|it| it.cause).collect();
    let fields: Vec<Option<&str>> = rows.iter().map(|it| it.fields.as_deref()).collect();
    let statement = transaction
        .prepare_cached(
            "INSERT INTO change (run, kind, okta_id, change, ref, was, cause, fields)
             SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])",
        )
        .await?;
    let run = turn.number.cast_signed();
    transaction
        .execute(
            &statement,
            &[&run, &kinds, &ids, &changes, &refs, &were, &causes, &fields],
        )
        .await?;
    Ok(())
}
