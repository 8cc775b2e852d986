//! The report over people who are hard to tell apart.

use serde_json::{Value, json};

use super::*;
use crate::held::notice::Notice;

/// A user by name, with an address and whether it is one of this tenant who has an account.
type Row = (&'static str, Option<&'static str>, bool);

fn report(rows: &[Row]) -> SignIn {
    let refs: Vec<EntityRef> = rows
        .iter()
        .map(|(name, ..)| format!("user:{name}").parse().unwrap())
        .collect();
    let people = rows.iter().zip(&refs);
    SignIn::of(people.map(|((_, email, signs_in), entity_ref)| Person {
        entity_ref,
        email: email.map(Cow::Borrowed),
        signs_in: *signs_in,
    }))
}

/// The keys of the report that say something.
fn said(rows: &[Row]) -> Value {
    let mut report = serde_json::to_value(report(rows)).unwrap();
    let keys = report.as_object_mut().unwrap();
    keys.retain(|_, list| !list.as_array().unwrap().is_empty());
    report
}

#[test]
fn trouble_is_named() {
    const LONG: &str = "longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong\
        longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong@example.com";
    let eve = json!([{"user": "user:default/eve-1", "email": "Eve@y.io", "signedInAs": "user:default/eve"}]);
    let rows: &[(&[Row], Value)] = &[
        (&[("default/ann", Some("ann@x.io"), true)], json!({})),
        // Case says nothing: neither that of the name nor that of the address.
        (&[("default/ann", Some("ANN@X.io"), true)], json!({})),
        // A name that is made otherwise is nobody's.
        (
            &[
                ("default/00u1", Some("ann@x.io"), true),
                ("default/o-b", Some("o+b@x.io"), true),
            ],
            json!({}),
        ),
        (
            &[("default/ann", None, true), ("default/left", None, false)],
            json!({"withoutEmail": ["user:default/ann"]}),
        ),
        // A suffix after a collision.
        (
            &[
                ("default/eve", Some("eve@x.io"), true),
                ("default/eve-1", Some("Eve@y.io"), true),
            ],
            json!({ "localPartOfAnother": eve }),
        ),
        // The name is another tenant's, or that of somebody who left, whatever their address.
        (
            &[
                ("default/eve", None, false),
                ("default/eve-1", Some("Eve@y.io"), true),
            ],
            json!({ "localPartOfAnother": eve }),
        ),
        // Names that go round: each is signed in as the other.
        (
            &[
                ("default/a", Some("b@x.io"), true),
                ("default/b", Some("a@x.io"), true),
            ],
            json!({"localPartOfAnother": [
                {"user": "user:default/a", "email": "b@x.io", "signedInAs": "user:default/b"},
                {"user": "user:default/b", "email": "a@x.io", "signedInAs": "user:default/a"},
            ]}),
        ),
        (
            &[
                ("default/ann", Some("ann@one.io"), false),
                ("two/ann", Some("ann@two.io"), true),
                ("two/bob", Some("bob@two.io"), true),
            ],
            json!({
                "localPartOfAnother":
                    [{"user": "user:two/ann", "email": "ann@two.io", "signedInAs": "user:default/ann"}],
                "outsideDefault": ["user:two/bob"],
            }),
        ),
        // A name in another namespace than `default` is found by no local part.
        (
            &[
                ("default/ann-1", Some("ann@x.io"), true),
                ("two/ann", None, false),
            ],
            json!({}),
        ),
        (
            &[
                ("default/ada", Some("ÄRA@x.io"), true),
                ("default/bea", Some("ära@x.io"), true),
                ("default/cid", Some("cid@x.io"), true),
            ],
            json!({"duplicates": [{"email": "ära@x.io", "users": ["user:default/ada", "user:default/bea"]}]}),
        ),
        // With somebody of another tenant, who is named too; not when it is nobody here.
        (
            &[
                ("default/dora", Some("Dora@shared.io"), true),
                ("two/dora", Some("dora@shared.io"), false),
                ("two/x", Some("x@x.io"), false),
                ("three/x", Some("x@x.io"), false),
            ],
            json!({"duplicates": [{"email": "dora@shared.io", "users": ["user:default/dora", "user:two/dora"]}]}),
        ),
        // One user who is given twice is one.
        (
            &[
                ("default/ann", Some("ann@x.io"), true),
                ("default/ann", Some("ann@x.io"), false),
            ],
            json!({}),
        ),
        (
            &[
                ("default/a", Some("a,b@x.io"), true),
                ("default/b", Some(" b@x.io"), true),
                ("default/c", Some("c@x.io\u{a0}"), true),
                ("default/d", Some(LONG), true),
                ("default/e", Some(" e@x.io"), false),
            ],
            json!({"notFound": [
                {"user": "user:default/a", "email": "a,b@x.io", "why": "it has a comma in it"},
                {"user": "user:default/b", "email": " b@x.io", "why": "it has white space in it"},
                {"user": "user:default/c", "email": "c@x.io\u{a0}", "why": "it has white space in it"},
                {"user": "user:default/d", "email": LONG, "why": "it is longer than 200 characters"},
            ]}),
        ),
    ];
    for (people, expected) in rows {
        assert_eq!(said(people), *expected, "{people:?}");
        let report = report(people);
        let kinds = expected.as_object().unwrap().len();
        assert_eq!(report.notices().len(), kinds, "{people:?}");
    }
}

#[test]
fn length_is_that_of_javascript() {
    for (character, count, too_long) in [
        ("x", 200, false),
        ("x", 201, true),
        ("ä", 200, false),
        ("🚀", 100, false),
        ("🚀", 101, true),
    ] {
        let found = Unfindable::of(&character.repeat(count));
        assert_eq!(
            found,
            too_long.then_some(Unfindable::TooLong),
            "{count} {character}"
        );
    }
}

#[test]
fn notices_say_the_fix_in_two_sentences() {
    let report = report(&[
        ("default/eve", Some("eve@x.io"), true),
        ("default/eve-1", Some("Eve@y.io"), true),
        ("default/f", Some("eve@x.io"), true),
        ("two/g", Some("g@x.io"), true),
        ("default/h", None, true),
        ("default/i", Some("i@x.io "), true),
    ]);
    let expected = [
        "sign-in: 1 e-mail address belongs to several users, none of whom Backstage signs in by it, such as user:default/eve, \
         user:default/f. Give each an address of their own in Okta, or list the Okta ids of all but one in \
         `mapping.users.exclude`",
        "sign-in: the resolver `emailLocalPartMatchingUserEntityName` signs 2 users in as somebody else: user:default/eve-1 as \
         user:default/eve, user:default/f as user:default/eve. Use `emailMatchingUserEntityAnnotation` without it, or limit it by \
         `allowedDomains` to domains whose local parts are the names",
        "sign-in: no resolver finds 1 user by the e-mail address: user:default/i (it has white space in it). Correct the address \
         in Okta",
        "sign-in: the resolver `emailLocalPartMatchingUserEntityName` does not find 1 user outside of the namespace `default`: \
         user:two/g. Use `emailMatchingUserEntityAnnotation`",
        "sign-in: no resolver finds 1 user without an e-mail address: user:default/h. Give them one in Okta",
    ];
    let notices: Vec<_> = report.notices().into_iter().map(Notice::SignIn).collect();
    let told: Vec<String> = notices.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected);
    let logged: Vec<String> = notices.iter().map(Notice::logged).collect();
    assert_eq!(logged.len(), expected.len());
    for notice in &logged {
        assert!(!notice.contains("user:"), "{notice}");
        assert!(
            notice.contains(" (`portal-sync plan` names them). "),
            "{notice}"
        );
    }
    assert!(logged[0].starts_with("sign-in: 1 e-mail address belongs to several users, "));
    assert!(logged[4].starts_with("sign-in: no resolver finds 1 user without an e-mail address "));
}
