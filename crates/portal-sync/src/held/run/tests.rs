//! The account of a run as a value.

use super::*;
use crate::held::notice::DecidingNotice;

fn run() -> Run {
    Run {
        provider: "acme".to_owned(),
        began: "2026-01-01T00:00:00Z".parse().unwrap(),
        ended: "2026-01-01T00:01:02.5Z".parse().unwrap(),
        asked: Asked {
            requests: [("/api/v1/users".to_owned(), 3)].into(),
            throttled: 1,
            waited: Duration::from_millis(1_500),
            backed_off: Duration::from_millis(20),
        },
        outcome: Outcome::Partial,
        plan_id: Some("abc".to_owned()),
        generation: Some(7),
        unknown: vec![Unknown {
            okta_id: "00g1".to_owned(),
            name: "Team".to_owned(),
            reason: "forbidden".to_owned(),
            since: None,
            as_of: None,
            kept: true,
        }],
        quarantined: [("00u1".to_owned(), Quarantine::malformed("no name"))].into(),
        notices: vec![Notice::Deciding(DecidingNotice::NoUserBelongs)],
        failure: Some(Failure {
            kind: FailureKind::Okta,
            message: "okta failed".to_owned(),
            fix: None,
            exit_code: 12,
        }),
        ..Run::default()
    }
}

#[test]
fn a_run_that_is_written_is_read_as_it_was() {
    let text = serde_json::to_string(&run()).unwrap();
    assert_eq!(serde_json::from_str::<Run>(&text).unwrap(), run());
}

#[test]
fn it_took_as_long_as_lies_between_its_ends() {
    assert_eq!(run().took(), Duration::from_millis(62_500));
    let backwards = Run {
        ended: Timestamp::UNIX_EPOCH,
        ..run()
    };
    assert_eq!(backwards.took(), Duration::ZERO);
}

#[test]
fn what_was_asked_since_leaves_out_what_was_asked_before() {
    let earlier = run().asked;
    let mut now = earlier.clone();
    now.requests.insert("/api/v1/groups".to_owned(), 2);
    now.throttled += 1;
    let since = now.since(&earlier);
    assert_eq!(since.requests, [("/api/v1/groups".to_owned(), 2)].into());
    assert_eq!((since.total(), since.throttled), (2, 1));
    assert_eq!(since.waited, Duration::ZERO);
}

#[test]
fn an_outcome_is_written_as_its_word() {
    for outcome in [
        Outcome::Complete,
        Outcome::Partial,
        Outcome::Blocked,
        Outcome::Overtaken,
        Outcome::Failed,
    ] {
        assert_eq!(
            serde_json::to_value(outcome).unwrap(),
            serde_json::Value::from(outcome.as_str())
        );
    }
}
