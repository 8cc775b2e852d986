//! What is asked of users by `fields`, and what is no answer to that.

use super::*;
use crate::held::criteria::Criteria;

/// Without a login, or without an attribute that the configuration names, a page is no answer to what was asked.
#[tokio::test]
async fn okta_is_asked_for_what_is_used_and_for_everything_where_that_is_no_answer() {
    let whole: fn(&str) -> (u16, Value) = |path| {
        let body = match path {
            "/api/v1/users" => json!([
                {"id": "00u1", "status": "ACTIVE", "profile": {"login": "jane", "squad": "a", "ssn": "1"}},
                {"id": "00u2", "status": "ACTIVE", "profile": {"login": "bob"}},
            ]),
            _ => json!([]),
        };
        (200, body)
    };
    let good: Narrow = || {
        let users = json!([
            {"id": "00u1", "status": "ACTIVE", "profile": {"login": "jane", "squad": "a"}},
            {"id": "00u2", "status": "ACTIVE", "profile": {"login": "bob", "email": "bob@x.io", "lastName": "B"}},
        ]);
        (200, users)
    };
    let no_address: Narrow = || {
        let users = json!([
            {"id": "00u1", "status": "ACTIVE", "profile": {"login": "jane", "squad": "a"}},
        ]);
        (200, users)
    };
    let refused: Narrow = || {
        let causes = json!([{"errorSummary": "fields: The field has an invalid value"}]);
        let error = json!({"errorCode": "E0000001", "errorSummary": "no", "errorCauses": causes});
        (400, error)
    };
    let no_login: Narrow = || {
        let users = json!([
            {"id": "00u1", "status": "ACTIVE", "profile": {"squad": "a"}},
            {"id": "00u2", "status": "ACTIVE", "profile": {"login": "bob", "email": "bob@x.io", "lastName": "B"}},
        ]);
        (200, users)
    };
    let no_status: Narrow = || {
        (
            200,
            json!([{"id": "00u1", "profile": {"login": "jane", "email": "jane@x.io", "squad": "a"}}]),
        )
    };
    let no_squad: Narrow = || {
        (
            200,
            json!([{"id": "00u1", "status": "ACTIVE", "profile": {"login": "jane", "email": "jane@x.io"}}]),
        )
    };
    let nobody: Narrow = || (200, json!([]));
    for (case, narrow, lists, users) in [
        ("good", good, 1, 2),
        ("nobody", nobody, 1, 0),
        ("refused", refused, 2, 2),
        ("no login", no_login, 2, 2),
        ("no status", no_status, 2, 2),
        ("no squad", no_squad, 2, 2),
        ("no address", no_address, 2, 2),
    ] {
        let selection = with_mapping("mapping: { users: { title: '{squad}' } }");
        let (snapshot, asked) = read_narrowly(whole, Some(narrow), selection).await;
        let snapshot = snapshot.unwrap();
        assert_eq!(snapshot.users.len(), users, "{case}");
        assert_eq!(snapshot.notices, [], "{case}");
        let asked = asked.iter().filter(|it| it.starts_with("/api/v1/users"));
        let asked: Vec<&String> = asked.collect();
        assert_eq!(asked.len(), lists, "{case}: {asked:?}");
        // They are sorted: what asks for everything comes first.
        let (narrow, whole) = asked.split_last().unwrap();
        assert!(narrow.contains("squad"), "{case}: {narrow}");
        assert!(whole.iter().all(|it| *it == "/api/v1/users?limit=200"));
    }
    let unseen = with_mapping("mapping: { users: { title: '{squat}' } }");
    let (snapshot, _) = read_narrowly(whole, Some(no_squad), unseen).await;
    assert_eq!(
        snapshot
            .unwrap()
            .notices
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        [
            "of 2 users none has `squat`, which `mapping.users.title` is made of (did you mean `squad`, which 1 has?)"
        ]
    );
}

/// Another trouble is the run's own, and is not doubled.
#[tokio::test]
async fn credentials_that_are_refused_are_not_tried_again_without_fields() {
    let forbidden: Narrow = || {
        let error = json!({"errorCode": "E0000006", "errorSummary": "no", "errorCauses": []});
        (403, error)
    };
    let (refused, asked) =
        read_narrowly(small_org, Some(forbidden), with_mapping("mapping: {}")).await;
    refused.unwrap_err();
    let users = asked.iter().filter(|it| it.starts_with("/api/v1/users"));
    assert_eq!(users.count(), 1, "{asked:?}");
}

/// Two people, with a field beside the profile and an attribute that only one of them has.
fn two_people(path: &str) -> (u16, Value) {
    let body = match path {
        "/api/v1/users" => json!([
            {"id": "00u1", "status": "ACTIVE", "type": {"id": "oty1"},
                "profile": {"login": "jane@a.io", "email": "jane@a.io", "lastName": "Doe", "dept": "x"}},
            {"id": "00u2", "status": "ACTIVE", "type": {"id": "oty2"},
                "profile": {"login": "bob@acme.com", "email": "bob@acme.com"}},
        ]),
        _ => json!([]),
    };
    (200, body)
}

/// The same without that field and that attribute.
fn with_less() -> (u16, Value) {
    let users = json!([
        {"id": "00u1", "status": "ACTIVE", "profile": {"login": "jane@a.io", "email": "jane@a.io", "lastName": "Doe"}},
        {"id": "00u2", "status": "ACTIVE", "profile": {"login": "bob@acme.com", "email": "bob@acme.com"}},
    ]);
    (200, users)
}

/// What is read of two people when the list that is asked for by `fields` is answered by `narrow`.
async fn read_two(narrow: Narrow, keys: &str, baseline: &Baseline) -> Org {
    let (org, _) = read_over(two_people, Some(narrow), with_mapping(keys), baseline).await;
    org.unwrap()
}

#[tokio::test]
async fn a_field_that_is_left_out_does_not_make_a_filter_refuse_somebody() {
    let keys = r#"userFilter: 'type.id eq "oty1" or profile.login ew "@acme.com"'"#;
    let org = read_two(with_less, keys, &Baseline::UNCHANGED).await;
    assert_eq!(ids(org.users.keys()), ["00u1", "00u2"]);
}

#[tokio::test]
async fn an_attribute_that_is_left_out_does_not_make_the_last_filter_a_witness() {
    let selected_by = |filter: &str| Criteria {
        user_filter: Some(filter.to_owned()),
        ..Criteria::default()
    };
    let was = selected_by(r#"profile.dept eq "x" or profile.login ew "@acme.com""#);
    let now = selected_by(r#"profile.login ew "@acme.com""#);
    let keys = r#"userFilter: 'profile.login ew "@acme.com"'"#;
    let org = read_two(with_less, keys, &Baseline::of(&[was], &now)).await;
    assert_eq!(ids(&org.unproven_users), ["00u1"]);
}

#[tokio::test]
async fn a_page_of_odd_records_alone_is_no_answer() {
    let odd: Narrow = || {
        let users = json!([{"id": "00u1", "created": 7}, {"id": "00u2", "created": 7}]);
        (200, users)
    };
    let org = read_two(odd, "mapping: {}", &Baseline::UNCHANGED).await;
    assert_eq!(ids(org.users.keys()), ["00u1", "00u2"]);
}

#[tokio::test]
async fn a_page_of_the_deactivated_alone_is_no_answer() {
    let gone: Narrow = || {
        let profile = json!({"login": "x", "email": "x@a.io", "lastName": "X"});
        (
            200,
            json!([{"id": "00u3", "status": "DEPROVISIONED", "profile": profile}]),
        )
    };
    let keys = "mapping: { userName: { template: '{dept}' } }";
    let selection = with_mapping(keys);
    let (_, asked) = read_narrowly(two_people, Some(gone), selection).await;
    let lists = asked.iter().filter(|it| it.starts_with("/api/v1/users"));
    assert_eq!(lists.count(), 2);
}
