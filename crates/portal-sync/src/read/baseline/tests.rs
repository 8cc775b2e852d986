//! Who is a witness of what.

use serde_json::json;

use super::*;
use crate::testing::{self, criteria};

fn user(status: &str, email: &str) -> User {
    let json = json!({"id": "00u1", "status": status, "profile": {"login": email, "email": email}});
    serde_json::from_value(json).unwrap()
}

fn group(name: &str) -> Group {
    testing::group_named("00g1", name)
}

#[test]
fn the_last_configuration_is_the_witness() {
    let today = Criteria::default();
    let last = Baseline::of(&[criteria()], &today);
    for (status, email, refused) in [
        ("ACTIVE", "jane@example.com", false),
        // The whole filter is asked, also what the server decided then.
        ("SUSPENDED", "jane@example.com", true),
        ("ACTIVE", "jane@example.org", true),
        ("ACTIVE", "svc-1@example.com", true),
    ] {
        assert_eq!(last.refuses_user(&user(status, email)), refused, "{email}");
    }
    for (name, refused) in [("team-a", false), ("other", true), ("team-a-test", true)] {
        assert_eq!(last.refuses_group(&group(name)), refused, "{name}");
    }
    let names = Criteria {
        group_filter: Some(GroupCriterion::Names(vec!["A".to_owned()])),
        ..Criteria::default()
    };
    let last = Baseline::of(&[names], &today);
    assert!(!last.refuses_group(&group("A")) && last.refuses_group(&group("a")));
    assert!(!last.refuses_user(&user("ACTIVE", "x@y.z")));
}

#[test]
fn without_a_witness_nothing_is_evidence_and_without_a_change_everything_is() {
    let (user, group) = (user("ACTIVE", "jane@example.com"), group("team-a"));
    let same = Baseline::of(&[criteria()], &criteria());
    assert!(same.refuses_user(&user) && same.refuses_group(&group));
    let damaged = Criteria {
        user_filter: Some("this is no filter".to_owned()),
        ..criteria()
    };
    for last in [vec![], vec![damaged.clone()], vec![criteria(), damaged]] {
        let nobody = Baseline::of(&last, &criteria());
        assert!(!nobody.refuses_user(&user) && !nobody.refuses_group(&group));
    }
}

/// Whoever came in by a configuration that did not settle was wanted by that one.
#[test]
fn every_configuration_that_the_catalog_is_from_is_a_witness() {
    let wide = Criteria {
        user_filter: None,
        ..criteria()
    };
    let (example, other) = (
        user("ACTIVE", "jane@example.com"),
        user("ACTIVE", "jane@other.org"),
    );
    let narrow = Criteria {
        user_filter: Some(r#"profile.email ew "@nowhere""#.to_owned()),
        ..criteria()
    };
    let by_one = Baseline::of(&[criteria()], &narrow);
    assert!(!by_one.refuses_user(&example) && by_one.refuses_user(&other));
    let by_both = Baseline::of(&[criteria(), wide], &narrow);
    assert!(!by_both.refuses_user(&example) && !by_both.refuses_user(&other));
}
