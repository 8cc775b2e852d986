//! How long a plan takes and what it holds, at three sizes: `cargo bench -p portal-sync --bench plan`.
//!
//! The largest org has a million users, 100,000 groups and five million memberships. Each line is a process of its own
//! with one thread at work, because only then the peak of its memory says something: it counts the org that was read and
//! what the catalog held. `first` is a run over an empty catalog, `same` one in which nothing changed, `hundredth` one in
//! which one user of a hundred is called otherwise.
//!
//! | column | what takes so long |
//! |---|---|
//! | `state` | reading from the store what the catalog holds |
//! | `map` | deciding who belongs, names, relations, and every entity with its text |
//! | `plan` | the whole plan: that, and the comparison with what the catalog held |
//! | `delta` | the difference of the two |

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends at the first thing that is wrong"
)]

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use portal_sync::bench::Held;
use tokio::time::Instant;

const SIZES: [usize; 3] = [250_000, 500_000, 1_000_000];
const CASES: [&str; 3] = ["first", "same", "hundredth"];
const USERS_OF_A_GROUP: usize = 10;
const GROUPS_OF_A_USER: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, size, case, store] = arguments.as_slice()
        && flag == "--one"
    {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        return runtime
            .unwrap()
            .block_on(one(size.parse().unwrap(), case, Path::new(store)));
    }
    println!(
        "{:>9} {:>8} {:>11}  {:<9} {:>8} {:>8} {:>8} {:>8} {:>9} {:>10}",
        "users",
        "groups",
        "memberships",
        "case",
        "state",
        "map",
        "plan",
        "delta",
        "changes",
        "peak"
    );
    let program = std::env::current_exe().unwrap();
    for size in SIZES {
        let folder = tempfile::tempdir().unwrap();
        for case in CASES {
            let ended = Command::new(&program)
                .args(["--one", &size.to_string(), case])
                .arg(folder.path().join("catalog.db"))
                .status();
            assert!(ended.unwrap().success(), "{size} {case} failed");
        }
    }
}

async fn one(size: usize, case: &str, store: &Path) {
    let began = Instant::now();
    let held = Held::read(store).await.unwrap();
    let reading = began.elapsed();

    let called = if case == "hundredth" {
        "Countess"
    } else {
        "Ada"
    };
    let run = held.with((0..size).map(|it| user(it, called)), groups(size));
    let began = Instant::now();
    black_box(run.map().unwrap());
    let mapping = began.elapsed();
    let began = Instant::now();
    let (run, plan) = black_box(run.plan().await.unwrap());
    let planning = began.elapsed();
    let peak = peak_megabytes();

    let (users, groups, memberships) = plan.after();
    assert_eq!(users, size, "everybody is there");
    assert_eq!(memberships, size * GROUPS_OF_A_USER);
    println!(
        "{size:>9} {groups:>8} {memberships:>11}  {case:<9} {} {} {} {} {:>9} {peak:>7} MB",
        seconds(reading),
        seconds(mapping),
        seconds(planning),
        seconds(planning.saturating_sub(mapping)),
        plan.changes(),
    );
    if case == "first" {
        run.commit(plan).await.unwrap();
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:>6.2} s", duration.as_secs_f64())
}

/// The groups of an org of so many users, with their members.
fn groups(size: usize) -> impl Iterator<Item = (okta_api::Group, Vec<okta_api::UserId>)> {
    let groups = (size / USERS_OF_A_GROUP).max(1);
    let mut members: Vec<Vec<okta_api::UserId>> = vec![Vec::new(); groups];
    for number in 0..size {
        for turn in 0..GROUPS_OF_A_USER {
            let group = (number * 7 + turn * (groups / GROUPS_OF_A_USER + 1)) % groups;
            members.get_mut(group).unwrap().push(user_id(number));
        }
    }
    members.into_iter().enumerate().map(|(number, members)| {
        let group = format!(
            r#"{{"id":"00g{number:017}","type":"OKTA_GROUP","profile":{{"name":"Team {number}","description":"Everybody in team {number}"}}}}"#
        );
        (serde_json::from_str(&group).unwrap(), members)
    })
}

fn user_id(number: usize) -> okta_api::UserId {
    format!("00u{number:017}").into()
}

/// A user. One of a hundred has the first name `called`.
fn user(number: usize, called: &str) -> okta_api::User {
    let called = if number.is_multiple_of(100) {
        called
    } else {
        "Ada"
    };
    let text = format!(
        r#"{{"id":"{}","status":"ACTIVE","created":"2024-03-01T18:49:54.000Z","lastUpdated":"2026-01-01T00:00:00.000Z",
            "profile":{{"firstName":"{called}","lastName":"Lovelace {number}","title":"Analyst","login":"ada.lovelace.{number}@example.com",
            "email":"ada.lovelace.{number}@example.com","displayName":"{called} Lovelace {number}",
            "department":"Platform Engineering","employeeNumber":"{number}","city":"London"}}}}"#,
        user_id(number)
    );
    serde_json::from_str(&text).unwrap()
}

/// The most memory this process ever held, as Linux counts it; 0 elsewhere.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: Option<u64> = line.and_then(|line| line.trim().split_once(' ')?.0.parse().ok());
    kilobytes.unwrap_or(0) / 1024
}
