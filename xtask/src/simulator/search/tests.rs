//! The example expressions of Okta's documentation and of recorded requests, and what they find.

use serde_json::{Value, json};

use super::*;

const STRICT: Rules = Rules {
    unknown_profile: true,
    co_combined: false,
};

fn parse(dialect: Dialect, text: &str) -> Result<Query, ApiError> {
    Query::parse(text, dialect, STRICT, |_| false)
}

#[test]
fn the_examples_are_accepted_where_they_are_valid() {
    use Dialect::{GroupFilter, GroupSearch, UserFilter, UserSearch};
    let cases = [
        (UserSearch, r#"status eq "STAGED""#, true),
        (
            UserSearch,
            r#"lastUpdated gt "2014-01-01T00:00:00.000Z""#,
            true,
        ),
        (UserSearch, r#"id eq "00u1ero7vZFVEIYLWPBN""#, true),
        (UserSearch, r#"type.id eq "otyfnjfba4ye7pgjB0g4""#, true),
        (UserSearch, r#"profile.occupation eq "Leader""#, true),
        (UserSearch, r#"profile.lastName sw "Smi""#, true),
        (
            UserSearch,
            r#"profile.department eq "Engineering" and (created lt "2014-01-01T00:00:00.000Z" or status eq "ACTIVE")"#,
            true,
        ),
        (
            UserSearch,
            r#"(status lt "STAGED" or status gt "STAGED")"#,
            true,
        ),
        (
            UserSearch,
            r#"profile.customProp1 eq "a" or profile.customProp2 eq 7"#,
            true,
        ),
        (UserSearch, "profile.customProp2 gt 3", true),
        (UserSearch, r#"profile.lastName eq "bob\"smith""#, true),
        (
            UserSearch,
            r#"profile.array123 eq "feature" and (created gt "2021-01-01T00:00:00.000Z")"#,
            true,
        ),
        (
            UserSearch,
            r#"profile.email pr and profile.firstName eq "TestAcc" and profile.lastName eq "Jones""#,
            true,
        ),
        (
            UserSearch,
            r#"status eq "ACTIVE" AND profile.lastName eq "x""#,
            true,
        ),
        (UserSearch, "profile.linkedInProfile pr", true),
        (UserSearch, r#"profile.login co "example.com""#, true),
        (UserSearch, "profile.remote eq true", true),
        (UserSearch, "this is not a filter", false),
        (
            UserSearch,
            r#"lastLogin lt "2014-01-01T00:00:00.000Z""#,
            false,
        ),
        (UserSearch, "profile.costCenter eq null", false),
        (UserSearch, r#"profile.costCenter eq """#, false),
        (UserSearch, r#"status ne "DEPROVISIONED""#, false),
        (UserSearch, r#"profile.email ew "@acme.com""#, false),
        (UserSearch, r#"profile.department co "Eng""#, false),
        (UserSearch, r#"profile.login co "ex""#, false),
        (
            UserSearch,
            r#"profile.firstName co "Dan" or profile.lastName co "Dan""#,
            false,
        ),
        (UserSearch, r#"not (status eq "ACTIVE")"#, false),
        (UserSearch, r#"created gt "yesterday""#, false),
        (UserSearch, r#"status eq"LOCKED_OUT""#, false),
        (UserSearch, "status eq 'ACTIVE'", false),
        (UserSearch, "status eq “ACTIVE”", false),
        (UserSearch, "status eq ACTIVE", false),
        (UserSearch, r#"Status eq "ACTIVE""#, false),
        (UserSearch, r#"classification.type eq "LITE""#, false),
        (UserSearch, r#"(status eq "ACTIVE""#, false),
        (UserSearch, r#"status eq "ACTIVE")"#, false),
        (UserSearch, r#"status eq "ACTIVE" and"#, false),
        (UserSearch, "()", false),
        (UserSearch, " ", false),
        (UserFilter, r#"status eq "LOCKED_OUT""#, true),
        (UserFilter, r#"profile.login eq "login@example.com""#, true),
        (
            UserFilter,
            r#"lastUpdated gt "2013-06-01T00:00:00.000Z" and (status eq "LOCKED_OUT" or status eq "RECOVERY")"#,
            true,
        ),
        (UserFilter, r#"profile.firstName Eq "john""#, true),
        (UserFilter, r#"profile.managerId eq "x""#, false),
        (UserFilter, r#"profile.login co "example""#, false),
        (UserFilter, r#"profile.login sw "x""#, false),
        (UserFilter, "profile.login pr", false),
        (UserFilter, r#"unknown eq "x""#, false),
        (UserFilter, r#"status gt "A""#, false),
        (UserFilter, "malformed", false),
        (GroupSearch, r#"type eq "APP_GROUP""#, true),
        (
            GroupSearch,
            r#"lastMembershipUpdated gt "2024-01-01T00:00:00.000Z""#,
            true,
        ),
        (
            GroupSearch,
            r#"profile.samAccountName sw "West Coast""#,
            true,
        ),
        (GroupSearch, r#"source.id eq "0oa2v0el0gP90aqjJ0g7""#, true),
        (GroupSearch, r#"profile.name co "Engineering""#, true),
        (GroupSearch, "profile.name+eq+%22IAM+Team%22", false),
        (GroupSearch, r#"objectClass eq "okta:user_group""#, false),
        (
            GroupFilter,
            r#"type eq "OKTA_GROUP" and lastUpdated gt "2016-11-11T00:00:00.000Z""#,
            true,
        ),
        (
            GroupFilter,
            r#"((type eq "BUILT_IN") OR (type eq "OKTA_GROUP")) AND (lastUpdated gt "2024-01-01T00:00:00.000Z")"#,
            true,
        ),
        (
            GroupFilter,
            r#"lastMembershipUpdated ge "2022-04-21T09:39:42.000Z" and (type eq "OKTA_GROUP")"#,
            true,
        ),
        (
            GroupFilter,
            "lastMembershipUpdated gt 2017-04-17T23:16:50.000Z",
            false,
        ),
        (GroupFilter, r#"profile.name eq "foo""#, false),
    ];
    for (dialect, text, valid) in cases {
        assert_eq!(parse(dialect, text).is_ok(), valid, "{dialect:?}: {text}");
    }
}

#[test]
fn the_two_switches_widen_and_narrow_what_is_accepted() {
    let combined = r#"profile.firstName co "Dan" or profile.lastName co "Dan""#;
    let lenient = Rules {
        co_combined: true,
        ..STRICT
    };
    assert!(Query::parse(combined, Dialect::UserSearch, lenient, |_| false).is_ok());
    let schema = Rules {
        unknown_profile: false,
        ..STRICT
    };
    let ask = |text| Query::parse(text, Dialect::UserSearch, schema, |name| name == "city").is_ok();
    assert!(ask(r#"profile.city eq "Bern""#));
    assert!(!ask(r#"profile.moon eq "Io""#));
}

#[test]
fn a_refusal_is_the_recorded_body() {
    let error = parse(Dialect::UserSearch, "this is not a filter")
        .unwrap_err()
        .reply("x");
    let expected = json!({
        "errorCode": "E0000031",
        "errorSummary": "Invalid search criteria.",
        "errorLink": "E0000031",
        "errorId": "oaex",
        "errorCauses": [{ "errorSummary": "Invalid search syntax." }],
    });
    assert_eq!(
        (error.status.as_u16(), error.content),
        (400, super::super::reply::Content::Json(expected))
    );
}

fn lookup(name: &str) -> Option<Value> {
    let record = json!({
        "status": "ACTIVE",
        "created": "2024-02-01T09:00:00.000Z",
        "profile.lastName": "O'Brien Groß",
        "profile.email": "Love@Example.com",
        "profile.age": 41,
        "profile.remote": true,
        "profile.skills": ["Rust", "sql"],
        "profile.levels": [1, 5],
        "profile.blank": "",
        "profile.none": [],
    });
    record.get(name).cloned()
}

#[test]
fn search_finds_what_it_should() {
    let cases = [
        (r#"status eq "active""#, true),
        (r#"status lt "STAGED" or status gt "STAGED""#, true),
        (r#"status lt "ACTIVE" or status gt "ACTIVE""#, false),
        (r#"profile.email eq "love@example.com""#, true),
        (r#"profile.email co "EXAMPLE""#, true),
        (r#"profile.lastName sw "o'b""#, true),
        (r#"profile.lastName sw "o'brien groß""#, true),
        (r#"profile.lastName gt "E""#, true),
        (r#"created eq "2024-02-01T10:00:00.000+01:00""#, true),
        (r#"created gt "2024-02-01T09:00:00.000Z""#, false),
        (r#"created ge "2024-02-01T09:00:00.000Z""#, true),
        ("profile.age gt 40 and profile.age le 41", true),
        (r#"profile.age eq "41""#, false),
        ("profile.remote eq true", true),
        ("profile.remote eq false", false),
        (
            r#"profile.skills eq "rust" and profile.skills eq "SQL""#,
            true,
        ),
        (r#"profile.skills eq "go""#, false),
        ("profile.levels lt 2 and profile.levels gt 4", true),
        ("profile.skills pr", true),
        ("profile.blank pr", false),
        ("profile.none pr", false),
        ("profile.absent pr", false),
        (r#"profile.absent lt "x" or profile.absent gt "x""#, false),
        // `and` binds tighter than `or`, on either side of it.
        (
            r#"status eq "ACTIVE" or status eq "X" and status eq "Y""#,
            true,
        ),
        (
            r#"status eq "X" and status eq "Y" or status eq "ACTIVE""#,
            true,
        ),
        (
            r#"(status eq "ACTIVE" or status eq "X") and status eq "Y""#,
            false,
        ),
        (
            r#"status eq "Y" and (status eq "X" or status eq "ACTIVE")"#,
            false,
        ),
    ];
    for (text, expected) in cases {
        let query =
            parse(Dialect::UserSearch, text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(query.matches(lookup), expected, "{text}");
    }
}

#[test]
fn filter_compares_text_exactly() {
    let matches = |text| parse(Dialect::UserFilter, text).unwrap().matches(lookup);
    assert!(!matches(r#"profile.email eq "love@example.com""#));
    assert!(matches(r#"profile.email eq "Love@Example.com""#));
}

#[test]
fn ten_thousand_parentheses_are_no_problem() {
    let text = format!(
        "{}status eq \"ACTIVE\"{}",
        "(".repeat(10_000),
        ")".repeat(10_000)
    );
    assert!(parse(Dialect::UserSearch, &text).unwrap().matches(lookup));
}

/// Expressions that real orgs answered, with the status they got: a table of tab-separated columns.
#[test]
fn recorded_expressions_are_judged_as_they_were() {
    #[expect(clippy::disallowed_methods, reason = "the one switch of this test")]
    let Ok(folder) = std::env::var("OKTA_RECORDED_DIR") else {
        println!("skipped: OKTA_RECORDED_DIR is not set");
        return;
    };
    let table =
        std::fs::read_to_string(std::path::Path::new(&folder).join("search-expressions.tsv"))
            .unwrap();
    let mut judged = 0;
    for row in table.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let &[
            text,
            entity,
            parameter,
            "concrete",
            status @ ("200" | "400"),
            ..,
        ] = columns.as_slice()
        else {
            continue;
        };
        let dialect = match (entity, parameter) {
            ("user", "search") => Dialect::UserSearch,
            ("user", "filter") => Dialect::UserFilter,
            ("group", "search") => Dialect::GroupSearch,
            ("group", "filter") => Dialect::GroupFilter,
            _ => continue,
        };
        assert_eq!(
            parse(dialect, text).is_ok(),
            status == "200",
            "{dialect:?}: {text}"
        );
        judged += 1;
    }
    assert!(judged > 10, "only {judged} expressions were judged");
}
