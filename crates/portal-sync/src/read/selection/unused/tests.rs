//! What is told of an org whose records lack what a configuration names.

use serde_json::{Value, json};

use super::*;
use crate::decide::mapping::tests::rules;
use crate::testing::{group, user};

/// The notices of these rules over users and groups with these profiles.
fn notices(yaml: &str, users: &[Value], groups: &[Value]) -> Vec<String> {
    let mut unused = Unused::default().with(&rules(yaml).needs());
    for (at, profile) in users.iter().enumerate() {
        unused.user(&user(&format!("00u{at}"), profile.clone()));
    }
    for (at, profile) in groups.iter().enumerate() {
        unused.group(&group(&format!("00g{at}"), profile.clone()));
    }
    let names = groups.iter().filter_map(|profile| profile["name"].as_str());
    let mut notices = unused.user_notices();
    notices.extend(unused.group_notices(names));
    texts(&notices)
}

fn texts(notices: &[ReadingNotice]) -> Vec<String> {
    notices.iter().map(ToString::to_string).collect()
}

#[test]
fn what_no_record_has_is_told_with_what_may_be_meant() {
    let users = [
        json!({"login": "jane@x.io", "githubUsername": "jd", "team": " "}),
        json!({"login": "li@x.io", "githubUsername": "li", "skills": [], "manager": {"id": "00u1"}}),
        json!({"login": "kim@x.io", "githubUsername": "\u{200b}"}),
    ];
    let groups = [
        json!({"name": "Everyone"}),
        json!({"name": "eng", "orgID": "1"}),
    ];
    let rows: &[(&str, &[&str])] = &[
        ("{}", &[]),
        // What is there by default is not told, nor when it is written out.
        (
            "users: { displayName: [displayName, '{firstName} {lastName}', '{firstName ?? lastName ?? login}'] }",
            &[],
        ),
        (
            "userName: [{ attribute: githubUsername }, strip-domain-email]",
            &[],
        ),
        (
            "userName: [{ attribute: githubUser }, strip-domain-email]",
            &[
                "of 3 users none has `githubUser`, which `mapping.userName` is made of (did you mean `githubUsername`, which 2 \
               have?)",
            ],
        ),
        (
            "userName: [{ template: '{githubUsrname}' }, id]\nusers: { title: githubUsrname }",
            &[
                "of 3 users none has `githubUsrname`, which `mapping.userName` and `mapping.users.title` are made of (did you \
               mean `githubUsername`, which 2 have?)",
            ],
        ),
        // Blank is none, and so is the empty list.
        (
            "users: { title: [team] }",
            &["of 3 users none has `team`, which `mapping.users.title` is made of"],
        ),
        (
            "users: { labels: { attributes: [skills] } }",
            &["of 3 users none has `skills`, which `mapping.users.labels` is made of"],
        ),
        (
            "users: { description: '{profile.manager.id} {status} {lastLogin} {profile.boss.id}' }",
            &["of 3 users none has `boss.id`, which `mapping.users.description` is made of"],
        ),
        (
            "users: { annotations: { values: { x.io/a: '{costCenter ?? \"-\"}' } } }",
            &["of 3 users none has `costCenter`, which `mapping.users.annotations` is made of"],
        ),
        (
            "groups: { type: { attribute: kind }, hierarchy: { key: orgId, parentKey: above } }",
            &[
                "of 2 groups none has `above`, which `mapping.groups.hierarchy.parentKey` is made of",
                "of 2 groups none has `kind`, which `mapping.groups.type.attribute` is made of",
                "of 2 groups none has `orgId`, which `mapping.groups.hierarchy.key` is made of (did you mean `orgID`, which 1 has?)",
            ],
        ),
        ("groups: { exclude: [Everyone, 'prefix:e', 00g1] }", &[]),
        (
            "groups: { exclude: [Everione] }",
            &["`mapping.groups.exclude` `Everione` matches no group (nearest: `Everyone`)"],
        ),
        (
            "groups: { exclude: ['glob:*-test'], merge: [{ name: E, groups: [eng, engg] }] }",
            &[
                "`mapping.groups.exclude` `glob:*-test` matches no group",
                "`mapping.groups.merge` `engg` matches no group (nearest: `eng`)",
            ],
        ),
        (
            "users: { exclude: ['prefix:svc-', li@x.io], statuses: [ACTIVE, STAGED] }",
            &[
                "`mapping.users.exclude` `prefix:svc-` matches no user",
                "`mapping.users.statuses` `STAGED` matches no user",
            ],
        ),
        (
            "groups: { type: { rules: [{ when: 'profile.name sw \"e\"', type: a }, { when: 'type eq \"APP_GROUP\"', type: b }] } }",
            &["`mapping.groups.type.rules` `type eq \"APP_GROUP\"` matches no group"],
        ),
    ];
    for (yaml, expected) in rows {
        assert_eq!(notices(yaml, &users, &groups), *expected, "{yaml}");
        // Where there is nobody, nothing is told of what they have.
        assert_eq!(notices(yaml, &[], &[]), [""; 0], "{yaml}");
    }
}

#[test]
fn a_filter_is_told_by_its_own_spelling() {
    let filter = r#"status eq "ACTIVE" and (profile.departmnt eq "R&D" or not (profile.login pr))"#;
    let group_filter = r#"profile.nam sw "eng""#;
    let (users, groups) = (filter.parse().unwrap(), group_filter.parse().unwrap());
    let mut unused = Unused::of_filters(Some(&users), Some(&groups));
    assert!(unused.user_notices().is_empty() && !unused.user_filter_asks_in_vain());
    unused.user(&user("00u1", json!({"login": "jane", "department": "R&D"})));
    unused.group(&group("00g1", json!({"name": "eng"})));
    assert!(unused.user_filter_asks_in_vain());
    assert_eq!(
        texts(&unused.user_notices()),
        [
            "of 1 user none has `profile.departmnt`, by which `userFilter` decides (did you mean `profile.department`, which 1 \
             has?)"
        ]
    );
    assert_eq!(
        texts(&unused.group_notices([])),
        [
            "of 1 group none has `profile.nam`, by which `groupFilter` decides (did you mean `profile.name`, which 1 has?)"
        ]
    );
}
