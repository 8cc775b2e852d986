//! What a commit costs: `cargo bench -p portal-sync --bench store`.
//!
//! The same rows, entities and the ledger's changes, are written by the store and by a plain loop of prepared statements in
//! one transaction, by turns, into tables of the same schema with the same settings. `first` writes 100,000 people,
//! `hundredth` then changes one of a hundred, ten times. What is told of the rounds is the middle one.
//!
//! | column | |
//! |---|---|
//! | `begin` | the store takes the turn, which it does before anything is read of Okta |
//! | `store`, `plain` | rows a second: of the end of a run, and of the loop |
//! | `ratio` | the one to the other of the same round, and the least and the greatest |
//! | `peak` | memory that the end of a run takes on top, as Linux counts it |
//!
//! PostgreSQL is the server of the tests, with `fsync`, `full_page_writes` and `synchronous_commit` on, over TCP on the same
//! machine; SQLite has `journal_mode = wal` and `synchronous = full`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends at the first thing that is wrong"
)]

use std::path::Path;
use std::time::Duration;

use catalog_model::{Entity, FieldChange};
use portal_sync::bench::{End, Row, Target};
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::time::Instant;
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;

#[cfg(unix)]
#[path = "../src/testing/cluster.rs"]
#[expect(
    dead_code,
    reason = "the tests stop and freeze a server, and this does not"
)]
mod cluster;

const USERS: usize = 100_000;
const ROUNDS: usize = 5;
/// So many times one of a hundred changes in each round.
const CHANGES: usize = 10;

// SQLite numbers `$1` by where it comes first.
const ADD_ENTITY: &str =
    "INSERT INTO entity (body, provider, kind, okta_id, ref) VALUES ($1, $2, 'User', $3, $4)";
const CHANGE_ENTITY: &str = "UPDATE entity SET body = $1 WHERE provider = $2 AND kind = 'User' AND okta_id = $3 AND ref = $4";
const ADD_CHANGE: &str = "INSERT INTO change (run, kind, okta_id, change, ref, was, cause, fields) VALUES ($1, 'User', $2, $3, $4, NULL, NULL, $5)";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let people = People::new();
    println!(
        "{:<8} {:<9} {:>8} {:>8} {:>9} {:>9}  {:<18} {:>7}",
        "store", "case", "rows", "begin", "store", "plain", "ratio", "peak"
    );
    let folder = tempfile::tempdir().unwrap();
    let mut measured = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let path = |name: &str| folder.path().join(format!("{name}-{round}.db"));
        let store = Target::sqlite(&path("store")).await.unwrap();
        let plain = Plain::sqlite(&path("plain")).await;
        let plain = measure(round, &people, store, plain, &mut measured).await;
        plain.check(&path("store")).await;
        drop(plain);
        for name in ["store", "plain"] {
            std::fs::remove_file(path(name)).unwrap();
        }
    }
    tell("sqlite", &measured);
    #[cfg(unix)]
    postgres(&people).await;
}

#[cfg(unix)]
async fn postgres(people: &People) {
    let durable = [("fsync", "on"), ("full_page_writes", "on")];
    let Some(cluster) = cluster::Cluster::of_its_own(&durable, &[]).unwrap() else {
        return;
    };
    let url = cluster.url();
    let mut measured = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let store = Target::postgres(&url, "store").await.unwrap();
        let plain = Plain::postgres(&url, "plain").await;
        let client = connect(&url).await;
        // What the server writes later of one round is not for the next.
        client.batch_execute("CHECKPOINT").await.unwrap();
        let plain = measure(round, people, store, plain, &mut measured).await;
        plain.check(Path::new("")).await;
        let drop = "DROP SCHEMA store CASCADE; DROP SCHEMA plain CASCADE; CHECKPOINT";
        client.batch_execute(drop).await.unwrap();
    }
    tell("postgres", &measured);
}

/// What one commit took.
struct Measured {
    rows: usize,
    beginning: Duration,
    store: Duration,
    plain: Duration,
    peak: u64,
}

/// One round: everybody comes, and then one of a hundred changes, again and again.
async fn measure(
    round: usize,
    people: &People,
    store: Target,
    mut plain: Plain,
    measured: &mut [Vec<Measured>; 2],
) -> Plain {
    let [first, hundredth] = measured;
    let end = End::adding(&people.first).unwrap();
    first.push(both(round, &store, end, &mut plain, &people.as_added()).await);
    for (turn, changed) in people.changed.iter().enumerate() {
        let end = End::updating(changed);
        let written = as_changed(turn, changed);
        hundredth.push(both(round + turn, &store, end, &mut plain, &written).await);
    }
    plain
}

/// Writes the same by the store and by the loop; who goes first changes.
async fn both(
    turn: usize,
    store: &Target,
    end: End,
    plain: &mut Plain,
    loops: &Loop<'_>,
) -> Measured {
    let mut took = Duration::ZERO;
    let plain_first = turn.is_multiple_of(2);
    if plain_first {
        took = plain.write(loops).await;
    }
    let memory = Memory::now();
    let (beginning, ending) = store.commit(end).await.unwrap();
    let peak = memory.peak_megabytes();
    if !plain_first {
        took = plain.write(loops).await;
    }
    Measured {
        rows: loops.rows.len() * 2,
        beginning,
        store: ending,
        plain: took,
        peak,
    }
}

fn tell(store: &str, measured: &[Vec<Measured>; 2]) {
    for (case, measured) in ["first", "hundredth"].into_iter().zip(measured) {
        let middle = |of: &dyn Fn(&Measured) -> f64| {
            let mut all: Vec<f64> = measured.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            let at = |at: usize| *all.get(at).unwrap();
            (at(0), at(all.len() / 2), at(all.len() - 1))
        };
        let rows = measured.first().unwrap().rows;
        let a_second =
            |took: Duration| f64::from(u32::try_from(rows).unwrap()) / took.as_secs_f64();
        let (least, ratio, greatest) =
            middle(&|it| it.plain.as_secs_f64() / it.store.as_secs_f64());
        println!(
            "{store:<8} {case:<9} {rows:>8} {:>5.1} ms {:>9.0} {:>9.0}  {ratio:.2} ({least:.2} to {greatest:.2}) {:>4} MB",
            middle(&|it| it.beginning.as_secs_f64() * 1e3).1,
            middle(&|it| a_second(it.store)).1,
            middle(&|it| a_second(it.plain)).1,
            measured.iter().map(|it| it.peak).max().unwrap(),
        );
    }
}

/// Who there is, and who changes.
struct People {
    first: Vec<Row>,
    changed: Vec<Vec<(Row, Vec<FieldChange>)>>,
}

impl People {
    fn new() -> Self {
        let row = |number, title| Row::of(okta_id(number), &user(number, title));
        let changed = |turn: usize| {
            let numbers = (turn * 7 % 100..USERS).step_by(100);
            let changed = numbers.map(|number| {
                let fields = FieldChange::between(&user(number, "Analyst"), &user(number, "Lead"));
                (row(number, "Lead"), fields)
            });
            changed.collect()
        };
        Self {
            first: (0..USERS).map(|number| row(number, "Analyst")).collect(),
            changed: (0..CHANGES).map(changed).collect(),
        }
    }

    fn as_added(&self) -> Loop<'_> {
        Loop {
            run: 1,
            entity: ADD_ENTITY,
            change: "added",
            rows: self.first.iter().map(|row| (row, None)).collect(),
        }
    }
}

fn as_changed(turn: usize, changed: &[(Row, Vec<FieldChange>)]) -> Loop<'_> {
    let rows = changed.iter().map(|(row, fields)| {
        let fields = serde_json::to_string(fields).unwrap();
        (row, Some(fields))
    });
    Loop {
        run: i64::try_from(turn).unwrap() + 2,
        entity: CHANGE_ENTITY,
        change: "updated",
        rows: rows.collect(),
    }
}

fn okta_id(number: usize) -> String {
    format!("00u{number:017}")
}

/// A user of about 800 bytes. Names do not come in the order of ids.
fn user(number: usize, title: &str) -> Entity {
    let name = format!("ada.lovelace.{}", number * 7_919 % USERS);
    let groups: Vec<String> = (0..5)
        .map(|turn| {
            format!(
                "\"group:default/team-{}\"",
                (number * 7 + turn * 2_001) % 10_000
            )
        })
        .collect();
    let id = okta_id(number);
    let text = format!(
        r#"{{"apiVersion":"backstage.io/v1alpha1","kind":"User","metadata":{{"name":"{name}","title":"Ada Lovelace {number}",
            "description":"{title}","annotations":{{"okta.com/id":"{id}","okta.com/org":"acme.okta.com",
            "okta.com/login":"{name}@example.com","okta.com/email":"{name}@example.com",
            "backstage.io/managed-by-location":"url:https://acme.okta.com/api/v1/users/{id}",
            "backstage.io/managed-by-origin-location":"url:https://acme.okta.com/api/v1/users/{id}"}}}},
            "spec":{{"profile":{{"displayName":"Ada Lovelace {number}","email":"{name}@example.com"}},"memberOf":[{}]}}}}"#,
        groups.join(",")
    );
    serde_json::from_str(&text).unwrap()
}

/// What a loop of prepared statements writes: each row, and its change.
struct Loop<'a> {
    run: i64,
    entity: &'static str,
    change: &'static str,
    rows: Vec<(&'a Row, Option<String>)>,
}

/// Tables as the store makes them, that are written without it.
enum Plain {
    Sqlite(Connection),
    Postgres(tokio_postgres::Client),
}

impl Plain {
    async fn sqlite(path: &Path) -> Self {
        drop(Target::sqlite(path).await.unwrap());
        let connection = Connection::open(path).unwrap();
        for (name, value) in [("journal_mode", "wal"), ("synchronous", "full")] {
            connection.pragma_update(None, name, value).unwrap();
        }
        Self::Sqlite(connection)
    }

    async fn postgres(url: &str, schema: &str) -> Self {
        drop(Target::postgres(url, schema).await.unwrap());
        let client = connect(url).await;
        let path = format!("SET search_path TO {schema}");
        client.batch_execute(&path).await.unwrap();
        Self::Postgres(client)
    }

    async fn write(&mut self, what: &Loop<'_>) -> Duration {
        let began = Instant::now();
        match self {
            Self::Sqlite(connection) => into_sqlite(connection, what),
            Self::Postgres(client) => into_postgres(client, what).await,
        }
        began.elapsed()
    }

    /// That the store, which is in this file or in its schema, has the same rows.
    async fn check(&self, store: &Path) {
        if let Self::Sqlite(connection) = self {
            let file = store.to_str().unwrap();
            connection.execute("ATTACH $1 AS store", [file]).unwrap();
        }
        let others = |own, table| {
            format!(
                "SELECT count(*) FROM (SELECT * FROM {own}.{table} EXCEPT SELECT * FROM store.{table}) AS other"
            )
        };
        for table in ["entity", "change"] {
            let others: i64 = match self {
                Self::Sqlite(connection) => connection
                    .query_row(&others("main", table), [], |row| row.get(0))
                    .unwrap(),
                Self::Postgres(client) => {
                    let row = client.query_one(&others("plain", table), &[]).await;
                    row.unwrap().get(0)
                }
            };
            assert_eq!(others, 0, "{table}");
        }
    }
}

fn into_sqlite(connection: &mut Connection, what: &Loop<'_>) {
    let begin = TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(begin).unwrap();
    let mut entity = transaction.prepare(what.entity).unwrap();
    let mut change = transaction.prepare(ADD_CHANGE).unwrap();
    for (row, _) in &what.rows {
        let name = row.entity_ref.as_str();
        let written = entity.execute(params![row.body, "acme", row.okta_id, name]);
        assert_eq!(written.unwrap(), 1);
    }
    for (row, fields) in &what.rows {
        let name = row.entity_ref.as_str();
        change
            .execute(params![what.run, row.okta_id, what.change, name, fields])
            .unwrap();
    }
    drop((entity, change));
    transaction.commit().unwrap();
}

async fn into_postgres(client: &mut tokio_postgres::Client, what: &Loop<'_>) {
    let transaction = client.transaction().await.unwrap();
    let entity = transaction.prepare(what.entity).await.unwrap();
    let change = transaction.prepare(ADD_CHANGE).await.unwrap();
    for (row, _) in &what.rows {
        let name = row.entity_ref.as_str();
        let values: [&(dyn ToSql + Sync); 4] = [&row.body, &"acme", &row.okta_id, &name];
        let written = transaction.execute(&entity, &values).await;
        assert_eq!(written.unwrap(), 1);
    }
    for (row, fields) in &what.rows {
        let name = row.entity_ref.as_str();
        let values: [&(dyn ToSql + Sync); 5] =
            [&what.run, &row.okta_id, &what.change, &name, fields];
        transaction.execute(&change, &values).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// What this process held at some time, in kilobytes.
struct Memory(u64);

impl Memory {
    /// From now on the peak is counted anew (Linux, `proc_pid_clear_refs`).
    fn now() -> Self {
        std::fs::write("/proc/self/clear_refs", "5").ok();
        Self(kilobytes("VmRSS:"))
    }

    fn peak_megabytes(&self) -> u64 {
        kilobytes("VmHWM:").saturating_sub(self.0) / 1024
    }
}

/// A line of the status of this process, as Linux tells it; 0 elsewhere.
fn kilobytes(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|it| it.strip_prefix(line));
    let kilobytes: Option<u64> = found.and_then(|it| it.trim().split_once(' ')?.0.parse().ok());
    kilobytes.unwrap_or(0)
}
