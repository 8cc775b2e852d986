//! What it costs to keep what Okta said of an org: `cargo bench -p portal-sync --bench mirror`.
//!
//! 98,000 users with eight attributes, 6,500 groups and 500,000 memberships are written into each store, read again, and
//! written again with one group that has other members.
//!
//! | column | |
//! |---|---|
//! | `time` | until the store answers |
//! | `cpu` | of this process, as Linux counts it, in hundredths of a second: with SQLite that is all of it |
//! | `peak` | memory that it takes on top |
//!
//! PostgreSQL is the server of the tests, with `fsync`, `full_page_writes` and `synchronous_commit` on.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends at the first thing that is wrong"
)]

use std::time::Duration;

use okta_api::{Group, User, UserId};
use portal_sync::bench::{Answers, End, Target};
use serde_json::json;
use tokio::time::Instant;

#[cfg(unix)]
#[path = "../src/testing/cluster.rs"]
#[expect(
    dead_code,
    reason = "the tests stop and freeze a server, and this does not"
)]
mod cluster;

const USERS: usize = 98_000;
const GROUPS: usize = 6_500;
const MEMBERSHIPS: usize = 500_000;
const ROUNDS: usize = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!(
        "{:<8} {:<8} {:>9} {:>8} {:>9}",
        "store", "case", "time", "cpu", "peak"
    );
    let answers = Answers::of((0..USERS).map(user), groups());
    let folder = tempfile::tempdir().unwrap();
    let store = Target::sqlite(&folder.path().join("catalog.db")).await;
    measure("sqlite", store.unwrap(), &answers).await;
    #[cfg(unix)]
    {
        let durable = [("fsync", "on"), ("full_page_writes", "on")];
        if let Some(cluster) = cluster::Cluster::of_its_own(&durable, &[]).unwrap() {
            let store = Target::postgres(&cluster.url(), "store").await.unwrap();
            measure("postgres", store, &answers).await;
        }
    }
}

async fn measure(name: &str, store: Target, answers: &Answers) {
    for round in 0..ROUNDS {
        let case = if round == 0 { "first" } else { "anew" };
        let began = Began::now();
        store.commit(End::keeping(answers)).await.unwrap();
        began.tell(name, case);
        let began = Began::now();
        let read = store.answers().await.unwrap().unwrap();
        began.tell(name, "read");
        assert_eq!(read.counts(), [USERS, GROUPS, GROUPS]);
        let changed = read.with_one_roll_changed();
        let began = Began::now();
        store.commit(End::keeping(&changed)).await.unwrap();
        began.tell(name, "one roll");
        let bytes = store.bytes().await.unwrap();
        println!("{name:<8} takes {} MB", bytes / 1_000_000);
    }
}

fn user_id(number: usize) -> UserId {
    format!("00u{number:017}").into()
}

fn user(number: usize) -> User {
    let record = json!({
        "id": user_id(number),
        "status": "ACTIVE",
        "created": "2024-03-01T18:49:54.000Z",
        "lastUpdated": "2026-03-01T18:49:54.000Z",
        "profile": {
            "login": format!("ada.lovelace.{number}@example.com"),
            "email": format!("ada.lovelace.{number}@example.com"),
            "firstName": "Ada",
            "lastName": format!("Lovelace {number}"),
            "displayName": format!("Ada Lovelace {number}"),
            "title": "Analyst",
            "department": "Engines",
            "manager": format!("charles.babbage.{}", number % 5_000),
        }
    });
    serde_json::from_value(record).unwrap()
}

fn groups() -> impl Iterator<Item = (Group, Vec<UserId>)> {
    let mut members = vec![Vec::new(); GROUPS];
    for number in 0..MEMBERSHIPS {
        let group = number * 7 % GROUPS;
        members
            .get_mut(group)
            .unwrap()
            .push(user_id(number % USERS));
    }
    members.into_iter().enumerate().map(|(number, members)| {
        let record = json!({
            "id": format!("00g{number:017}"),
            "type": "OKTA_GROUP",
            "created": "2024-03-01T18:49:54.000Z",
            "lastUpdated": "2026-03-01T18:49:54.000Z",
            "lastMembershipUpdated": "2026-03-01T18:49:54.000Z",
            "profile": {"name": format!("team-{number}"), "description": "who works on engines"},
        });
        (serde_json::from_value(record).unwrap(), members)
    })
}

/// What was used when something began.
struct Began {
    at: Instant,
    cpu: Duration,
    kilobytes: u64,
}

impl Began {
    /// From now on the peak is counted anew (Linux, `proc_pid_clear_refs`).
    fn now() -> Self {
        std::fs::write("/proc/self/clear_refs", "5").ok();
        Self {
            at: Instant::now(),
            cpu: cpu(),
            kilobytes: kilobytes("VmRSS:"),
        }
    }

    fn tell(self, store: &str, case: &str) {
        let peak = kilobytes("VmHWM:").saturating_sub(self.kilobytes) / 1024;
        println!(
            "{store:<8} {case:<8} {:>6.0} ms {:>5} ms {peak:>6} MB",
            self.at.elapsed().as_secs_f64() * 1e3,
            (cpu() - self.cpu).as_millis(),
        );
    }
}

/// What this process has had of the processors, with what it had the system do (Linux, `proc_pid_stat`); nothing elsewhere.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|it| it.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// A line of the status of this process, as Linux tells it; 0 elsewhere.
fn kilobytes(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|it| it.strip_prefix(line));
    let kilobytes: Option<u64> = found.and_then(|it| it.trim().split_once(' ')?.0.parse().ok());
    kilobytes.unwrap_or(0)
}
