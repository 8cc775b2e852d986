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

use jiff::Timestamp;
use portal_sync::config;
use portal_sync::criteria::Criteria;
use portal_sync::mapping::KeptNames;
use portal_sync::mapping::Mapping;
use portal_sync::plan::{Known, Settings, plan};
use portal_sync::roster::{Rules, resolve};
use portal_sync::selection::Selection;
use portal_sync::snapshot::{Members, Snapshot};
use portal_sync::store::{CatalogStore as _, Commit, SqliteStore};
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
    let settings = settings();
    let store = SqliteStore::open(store).unwrap();
    let began = Instant::now();
    let state = store.state(&settings.provider).await.unwrap();
    let reading = began.elapsed();

    let called = if case == "hundredth" {
        "Countess"
    } else {
        "Ada"
    };
    let known = Known::new(state, org(size, called), &settings, Timestamp::UNIX_EPOCH);
    let mapping = map(&known, &settings);
    let began = Instant::now();
    let plan = black_box(plan(&known, &settings, None).unwrap());
    let planning = began.elapsed();
    let peak = peak_megabytes();

    assert_eq!(plan.after.users, size, "everybody is there");
    assert_eq!(plan.after.memberships, size * GROUPS_OF_A_USER);
    println!(
        "{size:>9} {:>8} {:>11}  {case:<9} {} {} {} {} {:>9} {peak:>7} MB",
        plan.after.groups,
        plan.after.memberships,
        seconds(reading),
        seconds(mapping),
        seconds(planning),
        seconds(planning.saturating_sub(mapping)),
        plan.changes.len(),
    );
    if case == "first" {
        drop(known);
        let commit = Commit {
            provider: plan.provider,
            base: None,
            taken_at: Timestamp::UNIX_EPOCH,
            removed: plan.removed,
            written: plan.written,
            remembered: plan.remembered,
        };
        store.commit(commit).await.unwrap();
    }
}

/// Makes every entity of the org, with its text, and compares it with nothing.
fn map(known: &Known, settings: &Settings) -> Duration {
    let began = Instant::now();
    let (snapshot, state) = (known.snapshot(), known.state());
    let roster = resolve(snapshot, state, settings.rules, Some(&settings.guard));
    let mapped = settings
        .mapping
        .map(snapshot, &roster, state, KeptNames::NONE)
        .unwrap();
    for made in mapped.users().chain(mapped.groups()) {
        black_box(serde_json::to_string(&made.unwrap().entity).unwrap());
    }
    began.elapsed()
}

fn seconds(duration: Duration) -> String {
    format!("{:>6.2} s", duration.as_secs_f64())
}

fn settings() -> Settings {
    Settings {
        provider: "acme".to_owned(),
        rules: Rules::default(),
        criteria: Criteria::default(),
        guard: portal_sync::Guard::default(),
        mapping: Mapping::new("acme", "https://acme.okta.com", config::Mapping::default()),
    }
}

/// An org of so many users. One of a hundred has the first name `called`.
fn org(size: usize, called: &str) -> Snapshot {
    let groups = (size / USERS_OF_A_GROUP).max(1);
    let selection = Selection::new(None, None).for_mapping(&config::Mapping::default());
    let mut members: Vec<Vec<okta_api::UserId>> = vec![Vec::new(); groups];
    let mut snapshot = Snapshot::default();
    for number in 0..size {
        let id = user_id(number);
        for turn in 0..GROUPS_OF_A_USER {
            let group = (number * 7 + turn * (groups / GROUPS_OF_A_USER + 1)) % groups;
            if let Some(members) = members.get_mut(group) {
                members.push(id.clone());
            }
        }
        let called = if number.is_multiple_of(100) {
            called
        } else {
            "Ada"
        };
        let user = selection.trimmed(user(number, called));
        snapshot.users.insert(id, user.into());
    }
    for (number, members) in members.into_iter().enumerate() {
        let id = okta_api::GroupId::from(format!("00g{number:017}"));
        let group = format!(
            r#"{{"id":"{id}","type":"OKTA_GROUP","profile":{{"name":"Team {number}","description":"Everybody in team {number}"}}}}"#
        );
        if let Ok(group) = serde_json::from_str(&group) {
            snapshot.groups.insert(id.clone(), group);
        }
        let members = members.into_iter().collect();
        snapshot.members.insert(id, Members::Known(members));
    }
    snapshot
}

fn user_id(number: usize) -> okta_api::UserId {
    format!("00u{number:017}").into()
}

fn user(number: usize, called: &str) -> okta_api::User {
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
