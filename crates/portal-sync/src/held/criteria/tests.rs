//! Which change of the configuration is seen, and what evidence is left after it.

use serde_json::json;

use super::*;
use crate::testing::criteria;

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
    let reason = |today: &Criteria| {
        let reason = today.changed_since(&[criteria()]).reason();
        reason.map(|it| it.to_string())
    };
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

#[test]
fn the_example_of_criteria() {
    use crate::held::criteria::Criteria;

    let last = Criteria::default();
    let today = Criteria {
        user_filter: Some(r#"status eq "ACTIVE""#.to_owned()),
        ..Criteria::default()
    };
    assert_eq!(today.changed_since(&[last]).keys(), ["userFilter"]);
}
