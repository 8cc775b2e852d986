//! What scripts read: the fields, their order, and which are left out.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::decide::plan::tests::{plan, settings};
use crate::held::object::Kind;
use crate::held::org::Org;
use crate::held::quarantine::Quarantine;
use crate::held::run::{Asked, Unknown};
use crate::held::state::State;
use crate::held::trip::Trip;
use crate::run::outcome::with_plan;

fn ended() -> Run {
    Run {
        provider: "acme".to_owned(),
        ended: "1970-01-01T00:00:02.0046Z".parse().unwrap(),
        asked: Asked {
            requests: [("/api/v1/users".to_owned(), 2)].into(),
            throttled: 1,
            waited: Duration::from_millis(1_500),
            backed_off: Duration::ZERO,
        },
        ..Run::default()
    }
}

#[test]
fn a_run_that_failed_has_an_error_and_nothing_that_is_empty() {
    let run = Run {
        failure: Some(Failure {
            kind: FailureKind::Okta,
            message: "okta failed".to_owned(),
            fix: None,
            exit_code: 12,
        }),
        ..ended()
    };
    let expected = concat!(
        r#"{"provider":"acme","run":null,"outcome":"failed","planId":"","mode":"full","reads":null,"generation":null,"users":0,"groups":0,"#,
        r#""memberships":0,"added":0,"updated":0,"removed":0,"renamed":0,"withheld":0,"withheldRenames":0,"unknown":0,"#,
        r#""quarantined":0,"collisions":0,"requests":{"total":2,"endpoints":{"/api/v1/users":2}},"throttled":1,"#,
        r#""waitedSeconds":1.5,"backedOffSeconds":0.0,"durationSeconds":2.005,"notices":[],"#,
        r#""error":{"kind":"okta","message":"okta failed","fix":null,"exitCode":12}}"#
    );
    for report in [Report::of_sync(&run, None), Report::of_plan(&run, None)] {
        assert_eq!(serde_json::to_string(&report).unwrap(), expected);
    }
}

#[test]
fn what_did_not_go_well_stands_beside_its_figures() {
    let run = Run {
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
        ..ended()
    };
    let text = serde_json::to_string(&Report::of_sync(&run, None)).unwrap();
    let expected = concat!(
        r#""guard":["all 3 users would go"],"unknown":1,"unknownGroups":[{"oktaId":"00g1","name":"Team","reason":"forbidden","#,
        r#""since":null,"asOf":null,"kept":true}],"quarantined":1,"quarantinedRecords":{"00u1":"no name"},"collisions":0"#
    );
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_plan_says_what_a_sync_says_and_its_changes() {
    let mut org = Org::default();
    let user = json!({"id": "00u1", "profile": {"email": "jane@example.com"}});
    let user: okta_api::User = serde_json::from_value(user).unwrap();
    org.users.insert("00u1".into(), user.into());
    let group = json!({"id": "00g1", "profile": {"name": "Team"}});
    org.groups
        .insert("00g1".into(), serde_json::from_value(group).unwrap());
    let plan = plan(&org, &State::default(), &settings(), None).unwrap();
    let run = with_plan(ended(), &plan);
    let (sync, planned) = (
        Report::of_sync(&run, Some(&plan)),
        Report::of_plan(&run, Some(&plan)),
    );
    let figures = serde_json::to_string(&sync).unwrap();
    let whole = serde_json::to_string(&planned).unwrap();
    let details = whole.strip_prefix(figures.trim_end_matches('}')).unwrap();
    assert!(details.starts_with(r#","changes":[{"change":"added","kind":"User","oktaId":"00u1","#));
    assert!(details.contains(r#"],"nameCollisions":[],"signIn":{"#));
    assert!(planned.to_string().starts_with("acme: plan "), "{planned}");
}
