//! What the server would refuse, and how an expression is divided between the server and us.

#![expect(
    clippy::expect_used,
    clippy::string_slice,
    reason = "a panic is how a test fails"
)]

use org_filter::{AttributeType, Dialect, DialectErrors, Schema, SearchExpr};

fn read(text: &str) -> SearchExpr {
    text.parse().expect(text)
}

fn refusal(text: &str, dialect: &Dialect) -> DialectErrors {
    read(text).check(dialect).expect_err(text)
}

/// One test for each text, its dialect, and the faults: place, part of the message, fix.
macro_rules! refused {
    ($($name:ident: $dialect:ident $text:expr => [$(($span:expr, $message:expr, $fix:expr)),* $(,)?];)*) => {$(
        #[test]
        fn $name() {
            let errors = refusal($text, &Dialect::$dialect);
            let found: Vec<_> = errors.problems().iter().map(|one| (one.span(), one.fix())).collect();
            let expected: Vec<(std::ops::Range<usize>, Option<&str>)> = vec![$(($span, $fix)),*];
            assert_eq!(found, expected, "{errors}");
            let messages: Vec<&str> = vec![$($message),*];
            for (problem, part) in errors.problems().iter().zip(messages) {
                assert!(problem.message().contains(part), "{problem}");
                assert!(problem.authority().is_some(), "{problem}");
            }
        }
    )*};
}

refused! {
    ne_has_another_form: USER_SEARCH r#"id pr and status ne "ACTIVE""# => [
        (10..28, "has no `ne` for `status`", Some(r#"(status lt "ACTIVE" or status gt "ACTIVE")"#)),
    ];
    ne_of_numbers: GROUP_SEARCH "profile.n ne 3" => [
        (0..14, "no `ne`", Some("(profile.n lt 3 or profile.n gt 3)")),
    ];
    ne_of_nothing: USER_SEARCH r#"profile.x ne null and profile.y ne """# => [
        (0..17, "no `ne`", Some("profile.x pr")),
        (22..37, "no `ne`", Some("profile.y pr")),
    ];
    ne_without_order: USER_FILTER r#"status ne "ACTIVE""# => [(7..9, "no `ne` for `status`", None)];
    ends_with: USER_SEARCH r#"profile.email ew "@x""# => [(14..16, "no `ew`", None)];
    contains_elsewhere: USER_SEARCH r#"profile.title co "eng""# => [(14..16, "no `co`", None)];
    contains_too_little: USER_SEARCH r#"profile.email co "ab""# => [(17..21, "3 characters", None)];
    negation: GROUP_SEARCH r#"id pr and not (type eq "BUILT_IN")"# => [(10..13, "has no `not`", None)];
    null: USER_SEARCH "profile.x eq null" => [(13..17, "null", None)];
    blank: USER_SEARCH r#"profile.x eq """# => [(13..15, "blank", None)];
    emoji: GROUP_SEARCH r#"profile.name eq "a😀""# => [(16..23, "U+FFFF", None)];

    misspelt_attribute: USER_SEARCH r#"Status eq "x""# => [(0..6, "no attribute `Status`", Some("status"))];
    misspelt_date: GROUP_SEARCH r#"lastMembershipUpdate pr"# => [
        (0..20, "no attribute", Some("lastMembershipUpdated")),
    ];
    without_profile: USER_SEARCH r#"email pr and department pr"# => [
        (0..5, "no attribute `email`", Some("profile.email")),
        (13..23, "no attribute `department`", Some("profile.department")),
    ];
    misspelt_profile: USER_SEARCH "profiles.city pr" => [(0..13, "no attribute", Some("profile.city"))];
    not_searchable: USER_SEARCH r#"lastLogin pr or credentials.provider.type eq "OKTA""# => [
        (0..9, "cannot ask for `lastLogin`", None),
        (16..41, "no attribute `credentials.provider.type`", None),
    ];
    not_filterable: GROUP_FILTER r#"profile.name eq "foo""# => [(0..12, "no attribute", None)];
    no_group_status: GROUP_FILTER r#"status eq "ACTIVE""# => [(0..6, "no attribute `status`", None)];
    bare_profile: USER_SEARCH "profile pr" => [(0..7, "no attribute `profile`", None)];
    log_field: LOG_FILTER r#"display_message eq "x""# => [
        (0..15, "no attribute `display_message`", Some("displayMessage")),
    ];

    a_day_is_no_date: USER_SEARCH r#"created lt "2024-07-01""# => [
        (11..23, "no date", Some("\"2024-07-01T00:00:00.000Z\"")),
    ];
    a_date_with_quotes: GROUP_SEARCH r#"created lt "2024-12-23'T'00:00:00.000Z""# => [
        (11..39, "no date", Some("\"2024-12-23T00:00:00.000Z\"")),
    ];
    no_such_day: USER_SEARCH r#"created lt "2024-02-30T00:00:00.000Z""# => [(11..37, "no date", None)];
    a_number_for_a_date: USER_SEARCH "created gt 5" => [(11..12, "is a date", None)];
    a_number_for_a_text: USER_SEARCH "status eq 5" => [(10..11, "no text", Some("\"5\""))];
    a_part_of_a_date: USER_SEARCH r#"created sw "2024""# => [(8..10, "no `sw`", None)];
    an_order_of_truth: USER_SEARCH "profile.x gt true" => [(13..17, "no order", None)];
    alone: USER_SEARCH r#"classification.type eq "LITE" and id pr"# => [
        (0..29, "must be the whole expression", None),
    ];
}

#[test]
fn strict_dialects_keep_to_the_documents() {
    let table = [
        (
            Dialect::GROUP_SEARCH,
            r#"lastMembershipUpdated ge "2022-04-21T09:39:42.000Z""#,
        ),
        (
            Dialect::GROUP_FILTER,
            r#"lastMembershipUpdated ge "2022-04-21T09:39:42.000Z""#,
        ),
        (Dialect::GROUP_SEARCH, "profile.description pr"),
        (
            Dialect::USER_SEARCH,
            r#"profile.firstName co "Dan" or profile.lastName co "Dan""#,
        ),
        (Dialect::USER_SEARCH, r#"created gt "2022-04-21T09:39:42Z""#),
    ];
    for (dialect, text) in table {
        assert!(
            read(text).check(&dialect).is_ok(),
            "{dialect} accepts {text}"
        );
        let strict = dialect.strict();
        assert!(strict.is_strict());
        assert!(
            read(text).check(&strict).is_err(),
            "strict {strict} refuses {text}"
        );
    }
    let documented = r#"created gt "2022-04-21T09:39:42.000-07:00" and profile.email sw "a""#;
    assert!(
        read(documented)
            .check(&Dialect::USER_SEARCH.strict())
            .is_ok()
    );
}

/// A tenant that has told us its attributes.
fn tenant() -> Dialect {
    Dialect::USER_SEARCH.with_schema(Schema::users([
        ("squad", AttributeType::Text),
        ("badge", AttributeType::Number),
        ("remote", AttributeType::Boolean),
    ]))
}

#[test]
fn without_a_schema_any_attribute_of_a_profile_is_accepted() {
    for text in [
        r#"profile.sqad eq "red""#,
        r#"profile.badge eq "7""#,
        "profile.squad eq 7",
    ] {
        assert!(read(text).check(&Dialect::USER_SEARCH).is_ok(), "{text}");
        assert!(read(text).check(&tenant()).is_err(), "{text}");
    }
}

#[test]
fn with_a_schema_attributes_and_types_are_known() {
    for text in [
        r#"profile.squad sw "r" and profile.badge ge 7 and profile.remote eq true"#,
        r#"profile.costCenter eq "42" and status eq "ACTIVE""#,
        "profile.badge pr",
    ] {
        assert!(read(text).check(&tenant()).is_ok(), "{text}");
    }
    for (text, part, fix) in [
        (
            r#"profile.departmnt eq "R&D""#,
            "no attribute `profile.departmnt`",
            Some("profile.department"),
        ),
        (r#"profile.zzzzzzzz eq "x""#, "no attribute", None),
        (
            r#"profile.badge gt "7""#,
            "is a number, which `\"7\"` is not",
            Some("7"),
        ),
        (r#"profile.badge gt "seven""#, "is a number", None),
        (
            r#"profile.remote eq "TRUE""#,
            "is `true` or `false`",
            Some("true"),
        ),
        (
            "profile.squad eq 7",
            "is a text, which `7` is not",
            Some("\"7\""),
        ),
        (r#"profile.badge eq """#, "blank", None),
    ] {
        let errors = refusal(text, &tenant());
        let [problem] = errors.problems() else {
            panic!("{errors}");
        };
        assert!(problem.message().contains(part), "{problem}");
        assert_eq!(problem.fix(), fix, "{problem}");
    }
    let groups = Dialect::GROUP_SEARCH.with_schema(Schema::groups([("", AttributeType::Text); 0]));
    assert!(read(r#"profile.name co "abc""#).check(&groups).is_ok());
    assert!(read(r#"profile.nme eq "abc""#).check(&groups).is_err());
}

#[test]
fn renderings_name_their_source() {
    let rendered = refusal(r#"id eq "x" and status ne "A""#, &Dialect::USER_SEARCH).render();
    let expected = "\
error: user search has no `ne` for `status`
  | id eq \"x\" and status ne \"A\"
  |               ^^^^^^^^^^^^^ expected `eq`, `gt`, `ge`, `lt`, `le`, `sw` or `pr`
  = fix: write `(status lt \"A\" or status gt \"A\")`
  = see: Okta developer documentation, core API, filter: where `ne` isn't supported, use `lt … or … gt`
";
    assert_eq!(rendered, expected);
}

#[test]
fn places_of_joined_expressions_point_into_what_is_printed() {
    let joined = SearchExpr::all_of([read("id pr"), read("(a pr  or status ne  3)")]).unwrap();
    let errors = joined.check(&Dialect::USER_FILTER).unwrap_err();
    assert_eq!(errors.text(), "id pr and (a pr or status ne 3)");
    let places: Vec<_> = errors
        .problems()
        .iter()
        .map(|one| &errors.text()[one.span()])
        .collect();
    assert_eq!(places, ["pr", "a", "ne"]);
}

/// One test for each text, its dialect, what is sent, and what is not.
macro_rules! split {
    ($($name:ident: $dialect:ident $text:expr => $server:expr, $local:expr;)*) => {$(
        #[test]
        fn $name() {
            let split = read($text).split(&Dialect::$dialect);
            let server = split.server.map(|part| part.to_string());
            let local = split.local.map(|part| part.to_string());
            let (expected_server, expected_local): (Option<&str>, Option<&str>) = ($server, $local);
            assert_eq!((server.as_deref(), local.as_deref()), (expected_server, expected_local));
        }
    )*};
}

split! {
    all_is_sent: USER_SEARCH r#"status eq "A" and (id eq "b" or id eq "c")"#
        => Some(r#"status eq "A" and (id eq "b" or id eq "c")"#), None;
    nothing_is_sent: USER_SEARCH r#"status ne "A""# => None, Some(r#"status ne "A""#);
    conjuncts_are_divided: USER_SEARCH r#"status eq "A" and lastLogin pr and profile.x sw "y" and not (id pr)"#
        => Some(r#"status eq "A" and profile.x sw "y""#), Some("lastLogin pr and not (id pr)");
    a_disjunction_stays_whole: USER_SEARCH r#"status eq "A" or lastLogin pr"#
        => None, Some(r#"status eq "A" or lastLogin pr"#);
    one_is_sent_as_a_disjunction: USER_SEARCH r#"(status eq "A" or status eq "B") and x pr"#
        => Some(r#"status eq "A" or status eq "B""#), Some("x pr");
    contains_is_sent_alone: USER_SEARCH r#"status eq "A" and profile.login co "abc" and profile.email co "def""#
        => Some(r#"profile.login co "abc""#), Some(r#"status eq "A" and profile.email co "def""#);
    contains_alone_is_sent: GROUP_SEARCH r#"profile.name co "abc""# => Some(r#"profile.name co "abc""#), None;
    contains_is_not_combined: USER_SEARCH r#"status eq "A" and (profile.login co "abc" or id pr)"#
        => Some(r#"status eq "A""#), Some(r#"profile.login co "abc" or id pr"#);
    short_contains_is_not_sent: USER_SEARCH r#"status eq "A" and profile.login co "ab""#
        => Some(r#"status eq "A""#), Some(r#"profile.login co "ab""#);
    lite_users_alone: USER_SEARCH r#"status eq "A" and classification.type eq "LITE""#
        => Some(r#"classification.type eq "LITE""#), Some(r#"status eq "A""#);
    logs_take_everything: LOG_FILTER r#"eventType co "x" and not (actor.id ne "y")"#
        => Some(r#"eventType co "x" and not (actor.id ne "y")"#), None;
}
