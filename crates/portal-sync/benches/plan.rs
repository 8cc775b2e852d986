//! How long a plan takes and what it holds, at three sizes: `cargo bench -p portal-sync`.
//!
//! The largest org has a million users, 100,000 groups and five million memberships. Each line is a process of its own,
//! because only then the peak of its memory says something: that of the org and of what the catalog held is part of it.
//! `first` is a plan over an empty catalog, `same` over one in which nothing changed, `hundredth` over one in which one
//! user of a hundred has another title. `state` is what reading the catalog's texts back takes before.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use portal_sync::config;
use portal_sync::mapping::Mapping;
use portal_sync::plan::{Known, Plan, Settings, plan};
use portal_sync::roster::Rules;
use portal_sync::selection::Selection;
use portal_sync::snapshot::{Members, Snapshot};
use portal_sync::state::State;

const SIZES: [usize; 3] = [250_000, 500_000, 1_000_000];
const CASES: [&str; 3] = ["first", "same", "hundredth"];
const USERS_OF_A_GROUP: usize = 10;
const GROUPS_OF_A_USER: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, size, case] = arguments.as_slice()
        && flag == "--one"
    {
        return one(size.parse().unwrap_or(0), case);
    }
    println!(
        "{:>9} {:>8} {:>11}  {:<10} {:>8} {:>8} {:>9} {:>10}",
        "users", "groups", "memberships", "case", "state", "plan", "changes", "peak"
    );
    let program = std::env::current_exe().unwrap_or_default();
    for size in SIZES {
        for case in CASES {
            let ended = Command::new(&program)
                .args(["--one", &size.to_string(), case])
                .status();
            assert!(
                ended.is_ok_and(|status| status.success()),
                "{size} {case} failed"
            );
        }
    }
}

fn one(size: usize, case: &str) {
    let settings = settings();
    let state = if case == "first" {
        State::default()
    } else {
        let org = org(size, "Engineer");
        let known = Known::new(State::default(), org, &settings, Timestamp::UNIX_EPOCH);
        let plan = planned(&known, &settings);
        drop(known);
        let documents: Vec<_> = plan
            .written
            .into_iter()
            .map(|written| (written.okta_id, written.document))
            .collect();
        let began = Instant::now();
        let state = State::new(1, documents, BTreeSet::new()).unwrap_or_default();
        report_state(began.elapsed());
        state
    };
    let title = if case == "hundredth" {
        "Lead"
    } else {
        "Engineer"
    };
    let known = Known::new(state, org(size, title), &settings, Timestamp::UNIX_EPOCH);
    let began = Instant::now();
    let plan = black_box(planned(&known, &settings));
    let took = began.elapsed();
    let groups = size / USERS_OF_A_GROUP;
    assert_eq!(plan.after.users, size, "everybody is there");
    assert_eq!(plan.after.memberships, size * GROUPS_OF_A_USER);
    println!(
        "{size:>9} {groups:>8} {:>11}  {case:<10} {:>8} {:>6.2} s {:>9} {:>7} MB",
        plan.after.memberships,
        STATE.get().map_or("-".to_owned(), |took| format!(
            "{:.2} s",
            took.as_secs_f64()
        )),
        took.as_secs_f64(),
        plan.changes.len(),
        peak_megabytes()
    );
}

static STATE: std::sync::OnceLock<Duration> = std::sync::OnceLock::new();

fn report_state(took: Duration) {
    let _ = STATE.set(took);
}

fn planned(known: &Known, settings: &Settings) -> Plan {
    match plan(known, settings, None) {
        Ok(plan) => plan,
        Err(error) => panic!("{error}"),
    }
}

fn settings() -> Settings {
    Settings {
        provider: "acme".to_owned(),
        rules: Rules::default(),
        guard: portal_sync::Guard::default(),
        mapping: Mapping::new("acme", "https://acme.okta.com", config::Mapping::default()),
    }
}

/// An org of so many users. One user of a hundred has the title `title`.
fn org(size: usize, title: &str) -> Snapshot {
    let groups = (size / USERS_OF_A_GROUP).max(1);
    let selection = Selection::new(None, None).for_mapping(&config::Mapping::default());
    let mut members: Vec<BTreeSet<okta_api::UserId>> = vec![BTreeSet::new(); groups];
    let mut snapshot = Snapshot::default();
    for number in 0..size {
        let id = user_id(number);
        for turn in 0..GROUPS_OF_A_USER {
            let group = (number * 7 + turn * (groups / GROUPS_OF_A_USER + 1)) % groups;
            if let Some(members) = members.get_mut(group) {
                members.insert(id.clone());
            }
        }
        let title = if number % 100 == 0 { title } else { "Engineer" };
        let user = selection.trimmed(user(number, title));
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
        snapshot.members.insert(id, Members::Known(members));
    }
    snapshot
}

fn user_id(number: usize) -> okta_api::UserId {
    format!("00u{number:017}").into()
}

fn user(number: usize, title: &str) -> okta_api::User {
    let text = format!(
        r#"{{"id":"{}","status":"ACTIVE","created":"2024-03-01T18:49:54.000Z","lastUpdated":"2026-01-01T00:00:00.000Z",
            "profile":{{"firstName":"Ada","lastName":"Lovelace {number}","login":"ada.lovelace.{number}@example.com",
            "email":"ada.lovelace.{number}@example.com","displayName":"Ada Lovelace {number}, {title}",
            "department":"Platform Engineering","employeeNumber":"{number}","city":"London"}}}}"#,
        user_id(number)
    );
    match serde_json::from_str(&text) {
        Ok(user) => user,
        Err(error) => panic!("{error}"),
    }
}

/// The most memory this process ever held, as Linux counts it; 0 elsewhere.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: Option<u64> = line.and_then(|line| line.trim().split_once(' ')?.0.parse().ok());
    kilobytes.unwrap_or(0) / 1024
}
