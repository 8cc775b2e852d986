//! Which change of the configuration is seen, and what evidence is left after it.

use serde_json::json;

use super::*;

fn criteria() -> Criteria {
    Criteria {
        org: "https://acme.okta.com".to_owned(),
        client: Some("0oa1".to_owned()),
        user_filter: Some(r#"status eq "ACTIVE" and profile.email ew "@example.com""#.to_owned()),
        group_filter: Some(GroupCriterion::Search(
            r#"profile.name sw "team-""#.to_owned(),
        )),
        users_from_groups: true,
        include_empty_groups: true,
        statuses: vec!["ACTIVE".to_owned()],
        exclude_users: vec!["prefix:svc-".to_owned()],
        exclude_groups: vec!["glob:*-test".to_owned()],
        merge: vec![("Eng".to_owned(), vec!["prefix:eng-".to_owned()])],
        leavers: Leavers::Keep { days: 30 },
    }
}

#[test]
fn every_key_is_seen_to_change_and_no_other() {
    type Change = fn(&mut Criteria);
    let changes: [(Change, &[&str]); 14] = [
        (|_| (), &[]),
        (
            |it| it.org = "https://other.okta.com".to_owned(),
            &["oktaUrl"],
        ),
        // Another app reads the same people.
        (|it| it.client = Some("0oa2".to_owned()), &[]),
        (|it| it.user_filter = None, &["userFilter"]),
        (
            |it| it.user_filter = Some("id pr".to_owned()),
            &["userFilter"],
        ),
        (|it| it.group_filter = None, &["groupFilter"]),
        (
            |it| it.group_filter = Some(GroupCriterion::Names(vec!["A".to_owned()])),
            &["groupFilter"],
        ),
        (|it| it.users_from_groups = false, &["usersFromGroups"]),
        (
            |it| it.include_empty_groups = false,
            &["includeEmptyGroups"],
        ),
        (|it| it.statuses.clear(), &["mapping.users.statuses"]),
        (
            |it| it.exclude_users.push("jane".to_owned()),
            &["mapping.users.exclude"],
        ),
        (|it| it.exclude_groups.clear(), &["mapping.groups.exclude"]),
        (|it| it.merge.clear(), &["mapping.groups.merge"]),
        (|it| it.leavers = Leavers::Mark, &["mapping.users.leavers"]),
    ];
    for (change, keys) in changes {
        let mut today = criteria();
        change(&mut today);
        let changed = today.changed_since(&[criteria()]);
        assert_eq!(changed.keys(), keys);
        assert_eq!(changed.reason().is_some(), !keys.is_empty(), "{keys:?}");
    }
}

#[test]
fn a_reason_reads_as_a_sentence() {
    let mut today = criteria();
    let reason = |today: &Criteria| today.changed_since(&[criteria()]).reason();
    assert_eq!(reason(&today), None);
    today.user_filter = None;
    let one = "`userFilter` has changed since the last complete run";
    assert_eq!(reason(&today).as_deref(), Some(one));
    today.statuses.clear();
    today.merge.clear();
    let three = "`userFilter`, `mapping.users.statuses` and `mapping.groups.merge` have changed since the last complete run";
    assert_eq!(reason(&today).as_deref(), Some(three));
    let unknown = today.changed_since(&[]);
    assert!(unknown.keys().is_empty() && unknown.reason().is_some());
}

#[test]
fn what_is_stored_reads_back_and_what_is_not_known_is_left_out() {
    let remembered = Remembered {
        criteria: vec![criteria()],
        unknown_since: [("00g1".to_owned(), Timestamp::UNIX_EPOCH)].into(),
    };
    let mut stored = serde_json::to_value(&remembered).unwrap();
    assert_eq!(
        serde_json::from_value::<Remembered>(stored.clone()).unwrap(),
        remembered
    );
    // A later version may know more.
    stored["more"] = json!(1);
    stored["criteria"][0]["more"] = json!([]);
    assert_eq!(
        serde_json::from_value::<Remembered>(stored).unwrap(),
        remembered
    );
    assert_eq!(
        serde_json::from_value::<Remembered>(json!({})).unwrap(),
        Remembered::default()
    );
}

fn user(status: &str, email: &str) -> User {
    let json = json!({"id": "00u1", "status": status, "profile": {"login": email, "email": email}});
    serde_json::from_value(json).unwrap()
}

fn group(name: &str) -> Group {
    serde_json::from_value(json!({"id": "00g1", "profile": {"name": name}})).unwrap()
}

#[test]
fn the_last_configuration_is_the_witness() {
    let today = Criteria::default();
    let last = today.baseline(&[criteria()]);
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
    let last = today.baseline(&[names]);
    assert!(!last.refuses_group(&group("A")) && last.refuses_group(&group("a")));
    assert!(!last.refuses_user(&user("ACTIVE", "x@y.z")));
}

#[test]
fn without_a_witness_nothing_is_evidence_and_without_a_change_everything_is() {
    let (user, group) = (user("ACTIVE", "jane@example.com"), group("team-a"));
    let same = criteria().baseline(&[criteria()]);
    assert!(same.refuses_user(&user) && same.refuses_group(&group));
    let damaged = Criteria {
        user_filter: Some("this is no filter".to_owned()),
        ..criteria()
    };
    for last in [vec![], vec![damaged.clone()], vec![criteria(), damaged]] {
        let nobody = criteria().baseline(&last);
        assert!(!nobody.refuses_user(&user) && !nobody.refuses_group(&group));
    }
}

#[test]
fn the_order_in_which_something_is_listed_says_nothing() {
    let listed = |texts: [&str; 3]| sorted(texts.into_iter().map(str::to_owned));
    assert_eq!(listed(["b", "a", "b"]), listed(["a", "b", "a"]));
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
    let by_one = narrow.baseline(&[criteria()]);
    assert!(!by_one.refuses_user(&example) && by_one.refuses_user(&other));
    let by_both = narrow.baseline(&[criteria(), wide]);
    assert!(!by_both.refuses_user(&example) && !by_both.refuses_user(&other));
}

#[test]
fn configurations_gather_until_one_settles() {
    let with = |n: usize| Criteria {
        org: n.to_string(),
        ..criteria()
    };
    let mut remembered = Remembered {
        criteria: vec![with(0)],
        ..Remembered::default()
    };
    for (today, settled, expected) in [(0, false, 1), (1, false, 2), (0, false, 2), (2, true, 1)] {
        remembered.criteria = remembered.criteria_after(&with(today), settled);
        assert_eq!(remembered.criteria.len(), expected, "{today}");
    }
    for n in 3..20 {
        remembered.criteria = remembered.criteria_after(&with(n), false);
        assert!(remembered.criteria.len() <= MOST_CRITERIA);
    }
    // Nobody is a witness now, until a run settles.
    assert!(remembered.criteria.is_empty());
    assert_eq!(remembered.criteria_after(&with(9), true), [with(9)]);
}
