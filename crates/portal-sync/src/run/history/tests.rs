//! What scripts and people read of the ledger.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::held::object::Kind;
use crate::held::quarantine::Quarantine;
use crate::held::run::{Asked, Counts, FailureKind, Outcome, Tally, Unknown, Why};
use crate::held::trip::Trip;
use crate::testing::somebody;

/// A run to which everything happened.
fn eventful() -> Run {
    Run {
        number: Some(7),
        provider: "acme".to_owned(),
        began: "2026-01-01T00:00:00.25Z".parse().unwrap(),
        ended: "2026-01-01T00:00:09.5Z".parse().unwrap(),
        asked: Asked {
            requests: [("/api/v1/users".to_owned(), 2)].into(),
            throttled: 1,
            waited: Duration::from_millis(1_500),
            backed_off: Duration::from_millis(20),
        },
        outcome: Outcome::Blocked,
        plan_id: Some("abc".to_owned()),
        generation: Some(3),
        counts: Counts {
            users: 5,
            groups: 2,
            memberships: 9,
        },
        tally: Tally {
            added: 1,
            updated: 2,
            removed: 3,
            renamed: 1,
            withheld: 4,
            withheld_renames: 5,
        },
        approved: Some("older".to_owned()),
        approved_by: Some("jane on sync-1".to_owned()),
        guard: vec![Trip::Emptied {
            of: Kind::User,
            before: 3,
            changed: None,
        }],
        unknown: vec![Unknown {
            okta_id: "00g1".to_owned(),
            name: "Team".to_owned(),
            reason: "forbidden".to_owned(),
            since: None,
            as_of: None,
            kept: true,
        }],
        quarantined: [("00u1".to_owned(), Quarantine::malformed("no name"))].into(),
        failure: Some(Failure {
            kind: FailureKind::Okta,
            message: "okta failed\n- user:default/forged".to_owned(),
            fix: Some("wait".to_owned()),
            exit_code: 12,
        }),
        ..Run::default()
    }
}

fn entry(run: Option<Run>) -> Entry {
    Entry {
        left: Duration::ZERO,
        number: 7,
        provider: "acme".to_owned(),
        why: Why::Schedule,
        holder: somebody(12),
        until: Timestamp::UNIX_EPOCH,
        began: "2026-01-01T00:00:00.25Z".parse().unwrap(),
        run,
    }
}

fn change(change: &str, entity_ref: &str, cause: Option<&str>) -> Change {
    Change {
        change: change.to_owned(),
        kind: "User".to_owned(),
        okta_id: "00u1".to_owned(),
        from: None,
        entity_ref: entity_ref.to_owned(),
        cause: cause.map(str::to_owned),
        fields: None,
    }
}

#[test]
fn a_run_is_told_by_the_ledger_in_the_words_of_sync() {
    for run in [eventful(), Run::default()] {
        let mut sync = serde_json::to_value(Report::of_sync(&run, None)).unwrap();
        let entry = Entry {
            number: run.number.unwrap_or(7),
            provider: run.provider.clone(),
            ..entry(Some(run))
        };
        let past = serde_json::to_value(PastRun::of(&entry)).unwrap();
        let mut past_only: Vec<&String> = past.as_object().unwrap().keys().collect();
        let sync = sync.as_object_mut().unwrap();
        // A sync that failed says so by another word, and one that did not says nothing.
        let error = sync.shift_remove("error").unwrap_or_default();
        assert_eq!(past["failure"], error);
        for (key, value) in sync.iter().filter(|(key, _)| *key != "run") {
            assert_eq!(&past[key], value, "{key}");
        }
        past_only.retain(|key| !sync.contains_key(*key));
        assert_eq!(past_only, ["began", "ended", "why", "holder", "failure"]);
        assert_eq!(past["run"], 7);
    }
}

#[test]
fn a_run_under_way_has_no_end() {
    let entry = entry(None);
    let told = serde_json::to_value(PastRun::of(&entry)).unwrap();
    assert_eq!(told["outcome"], "running");
    assert_eq!(told["ended"], Value::Null);
    assert_eq!(told["failure"], Value::Null);
    assert_eq!(told["why"], "schedule");
    assert_eq!(told["holder"], "process 12 on elsewhere");
    assert_eq!(
        PastChanges::of(&entry, &[]).to_string(),
        "run 7 of acme: running\n  began 2026-01-01T00:00:00Z; schedule, process 12 on elsewhere\n"
    );
}

#[test]
fn runs_are_lines_of_one_table() {
    let overtaken = Run {
        outcome: Outcome::Overtaken,
        failure: Some(Failure {
            kind: FailureKind::Busy,
            ..eventful().failure.unwrap()
        }),
        began: "2026-01-01T00:00:00Z".parse().unwrap(),
        ended: "2026-01-01T00:00:00.5Z".parse().unwrap(),
        ..Run::default()
    };
    let long = Entry {
        number: 12,
        provider: "partners\u{1b}".to_owned(),
        ..entry(None)
    };
    let entries = [long, entry(Some(eventful())), entry(Some(overtaken))];
    let expected = [
        "run  began                 provider        outcome  changes   requests  seconds",
        r" 12  2026-01-01T00:00:00Z  partners\u{1b}  running                               process 12 on elsewhere",
        "  7  2026-01-01T00:00:00Z  acme            blocked  +1 ~2 -3         2      9.2  okta, 4 withheld, 5 renames withheld, 1 unknown, 1 quarantined",
        "  7  2026-01-01T00:00:00Z  acme            failed   +0 ~0 -0         0      0.5  busy",
    ];
    let told = Table(&entries).to_string();
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told, expected);
    assert_eq!(Table(&[]).to_string(), "");
}

#[test]
fn a_run_is_shown_with_who_went_and_why() {
    let mut run = eventful();
    run.unknown.clear();
    run.failure = None;
    let entry = entry(Some(run));
    let renamed = Change {
        from: Some("user:default/bob".to_owned()),
        fields: Some(json!([
            {"path": "metadata.name", "before": "bob", "after": "rob"},
            {"later": "version"}
        ])),
        ..change("renamed", "user:default/rob", None)
    };
    let members = Change {
        fields: Some(json!(["00u1", "00u2"])),
        ..change("withheld", "group:default/team", None)
    };
    let changes = [
        renamed,
        change("removed", "user:default/li", Some("deactivated")),
        change("removed", "user:default/jo", Some("moved-to-mars")),
        change("merged", "user:default/al", None),
        change("withheld", "user:default/kim", Some("absent")),
        members,
    ];
    let told = PastChanges::of(&entry, &changes);
    let expected = r#"run 7 of acme: blocked
  began 2026-01-01T00:00:00Z, ended 2026-01-01T00:00:09Z; schedule, process 12 on elsewhere
acme: generation 3 committed: 1 added, 2 updated (1 renamed), 3 removed
  catalog: 5 users, 2 groups, 9 memberships
  okta: 2 requests, 1 throttled, 1.5 s waited for the rate limit, 0.0 s for answers that failed, 9.2 s in all
  4 withheld by the guard
  5 renames withheld by the guard
  1 quarantined: their records could not be decoded or named
  record 00u1 is quarantined: no name
  guard: all 3 users would go
  approved: plan older, by jane on sync-1
  withheld as plan abc: look at `portal-sync plan` before it is approved
~ user:default/bob is renamed to user:default/rob
    ~ metadata.name: "bob" -> "rob"
    {"later":"version"}
- user:default/li: deactivated in Okta
- user:default/jo: moved-to-mars
? user:default/al merged
! user:default/kim stays, removal withheld: no longer listed by Okta
! group:default/team keeps 2 members, their removal withheld
"#;
    assert_eq!(told.to_string(), expected);
    let object = serde_json::to_value(&told).unwrap();
    assert_eq!(object["changes"].as_array().unwrap().len(), 4);
    assert_eq!(
        object["withheldRemovals"],
        json!([
            {"oktaId": "00u1", "entityRef": "user:default/kim", "cause": "absent"},
            {"oktaId": "00u1", "entityRef": "group:default/team", "cause": null, "members": ["00u1", "00u2"]},
        ])
    );
}

/// Whatever a record, an error or another version wrote into the ledger, no line is one of its making.
#[test]
fn nothing_in_the_ledger_writes_a_line() {
    const FORGED: &str = "\n- user:default/forged\r\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\u{2028}";
    let foreign = |text: &str| format!("{text}{FORGED}");
    let mut run = eventful();
    run.plan_id = Some(foreign("abc"));
    run.approved = Some(foreign("abc"));
    run.provider = foreign("acme");
    run.quarantined = [(foreign("00u1"), Quarantine::malformed(&foreign("odd")))].into();
    let mut entry = entry(Some(run));
    entry.provider = foreign("acme");
    entry.holder.host = foreign("host");
    let changes = [
        Change {
            from: Some(foreign("a")),
            fields: Some(json!([{"path": foreign("a"), "after": foreign("b")}, foreign("c")])),
            ..change("renamed", &foreign("b"), None)
        },
        change("removed", &foreign("b"), Some(&foreign("why"))),
        change(&foreign("odd"), &foreign("b"), None),
    ];
    let told = PastChanges::of(&entry, &changes).to_string() + &Table(&[entry]).to_string();
    for line in told.lines() {
        assert!(!line.contains(okta_auth::visible::is_hidden), "{line:?}");
        assert!(!line.starts_with("- user:default/forged"), "{told}");
    }
}
