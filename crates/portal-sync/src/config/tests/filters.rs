//! Filters that name what no record has are refused wherever an expression is written.

use super::{load_all, refused, with_token};
use crate::config::{Config, ConfigErrors};

fn loaded(keys: &str, rest: &str) -> Result<Config, ConfigErrors> {
    let file = with_token(keys, rest);
    load_all(&[("app-config.yaml", &file)], &[])
}

/// Keys of the tenant, and what else the file holds.
type Keys = (String, String);

/// A file with `expression` at each place that takes one over users, then over groups.
fn places(expression: &str) -> ([Keys; 1], [Keys; 3]) {
    let quoted = format!("'{}'", expression.replace('\'', "''"));
    let none = String::new;
    let rules = format!(
        "portalSync: {{ mapping: {{ groups: {{ type: {{ rules: [{{ when: {quoted}, type: t }}] }} }} }} }}\n"
    );
    (
        [(format!("userFilter: {quoted}"), none())],
        [
            (format!("groupFilter: {quoted}"), none()),
            (format!("groupFilter: {{ search: {quoted} }}"), none()),
            (none(), rules),
        ],
    )
}

#[test]
fn what_no_record_has_is_refused_wherever_it_stands() {
    let users = [
        (
            "department eq \"Engineering\"",
            "write `profile.department`",
        ),
        (
            "not (department eq \"Sales\")",
            "write `profile.department`",
        ),
        (
            "email eq \"x@y.z\" or profile.level gt 4",
            "write `profile.email`",
        ),
        (
            "profile.login eq \"u0@x.io\" or department eq \"E\"",
            "write `profile.department`",
        ),
        (
            "status eq \"ACTIVE\" and not (id eq \"x\" or Status eq \"y\")",
            "write `status`",
        ),
        (
            "lastupdated gt \"2026-01-01T00:00:00.000Z\"",
            "write `lastUpdated`",
        ),
        ("profile.firstname sw \"A\"", "write `profile.firstName`"),
        ("profile.Email ew \"@acme.com\"", "write `profile.email`"),
        ("stauts eq \"ACTIVE\"", "write `status`"),
        ("departmnt eq \"x\"", "write `profile.department`"),
        ("user.department pr", "write `profile.department`"),
    ];
    let groups = [
        ("name eq \"Everyone\"", "write `profile.name`"),
        ("not (name sw \"app-\")", "write `profile.name`"),
        ("profile.Name eq \"Everyone\"", "write `profile.name`"),
        ("Type eq \"BUILT_IN\"", "write `type`"),
        ("objectclass eq \"okta:user_group\"", "write `objectClass`"),
        (
            "id pr and (type eq \"BUILT_IN\" or description co \"team\")",
            "write `profile.description`",
        ),
    ];
    let check = |text: &str, fix: &str, places: &[(String, String)]| {
        for (keys, rest) in places {
            let errors = loaded(keys, rest).expect_err(text).to_string();
            assert!(errors.contains("asks for what"), "{keys}{rest}: {errors}");
            assert!(errors.contains("^^") && errors.contains(fix), "{errors}");
        }
    };
    for (text, fix) in users {
        check(text, fix, &places(text).0);
    }
    for (text, fix) in groups {
        check(text, fix, &places(text).1);
    }
}

#[test]
fn what_a_record_has_is_decided_here_where_okta_cannot_be_asked() {
    for text in [
        "credentials.provider.type eq \"OKTA\"",
        "not (credentials.provider.name eq \"OKTA\")",
        "lastLogin ge \"2026-01-01T00:00:00.000Z\"",
        "passwordChanged pr",
        "type.id eq \"oty1\"",
        "transitioningToStatus pr or realmId eq \"guo1\"",
        "profile.squad eq \"red\" and profile.GithubLogin pr",
    ] {
        for (keys, rest) in places(text).0 {
            assert!(loaded(&keys, &rest).is_ok(), "{text}");
        }
    }
    for text in [
        "objectClass eq \"okta:user_group\"",
        "type ne \"BUILT_IN\"",
        "lastMembershipUpdated pr and source.id eq \"0oa1\"",
        "profile.samAccountName sw \"x\" or profile.tier eq 1",
    ] {
        for (keys, rest) in places(text).1 {
            assert!(loaded(&keys, &rest).is_ok(), "{text}");
        }
    }
}

#[test]
fn every_name_is_told_with_its_place() {
    refused(
        &with_token(
            "userFilter: department eq \"a\" or not (profile.Email pr)",
            "",
        ),
        r#"
app-config.yaml:7:21: catalog.providers.okta.default.userFilter: asks for what users cannot have
    error: users have no attribute `department`
      | department eq "a" or not (profile.Email pr)
      | ^^^^^^^^^^
      = fix: write `profile.department`
      = see: Okta API reference, Users: the user object
    error: the attribute is called `profile.email`
      | department eq "a" or not (profile.Email pr)
      |                           ^^^^^^^^^^^^^
      = fix: write `profile.email`
      = see: Okta API reference, Schemas: base properties of the profile
"#,
    );
}
