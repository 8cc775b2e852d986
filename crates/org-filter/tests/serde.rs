//! What is read from configurations and what is written as JSON: the names of the members do not change.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use org_filter::names::{GroupNames, NameRule};
use org_filter::{AttributePath, Dialect, RecordKind, SearchExpr};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Config {
    filter: SearchExpr,
    groups: Vec<NameRule>,
    key: Option<AttributePath>,
}

fn told(config: Value) -> String {
    serde_json::from_value::<Config>(config)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_configuration_is_read_and_written() {
    let written = json!({
        "filter": r#"status eq "ACTIVE" and (profile.a pr or profile.b gt 7)"#,
        "groups": ["Sales", "glob:team-*"],
        "key": "profile.employeeNumber",
    });
    let config: Config = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(config.filter.comparisons().len(), 3);
    assert!(config.groups.iter().any(|rule| rule.admits("team-a")));
    assert_eq!(serde_json::to_value(&config).unwrap(), written);
}

#[test]
fn an_error_shows_the_place_and_the_fix() {
    assert_eq!(
        told(json!({"filter": "status = \"ACTIVE\"", "groups": []})),
        "not an expression of Okta's search language
error: `=` is not of this language
  | status = \"ACTIVE\"
  |        ^
  = fix: write `eq`"
    );
    assert!(told(json!({"filter": "a pr", "groups": ["glob:a[b"]})).contains("  |       ^"));
    let path = told(json!({"filter": "a pr", "groups": [], "key": "a..b"}));
    assert!(path.starts_with("`a..b` is not the name"), "{path}");
    let number = told(json!({"filter": 7}));
    assert!(
        number.contains("expected an expression of Okta's search"),
        "{number}"
    );
}

#[test]
fn faults_have_stable_names() {
    let errors = "status = 'a'".parse::<SearchExpr>().unwrap_err();
    let written = serde_json::to_value(&errors).unwrap();
    assert_eq!(written["text"], "status = 'a'");
    assert_eq!(written["problems"].as_array().unwrap().len(), 2);

    let expr: SearchExpr = r#"status ne "a""#.parse().unwrap();
    let refused = expr.check(&Dialect::USER_SEARCH).unwrap_err();
    assert_eq!(
        serde_json::to_value(&refused).unwrap(),
        json!({"text": r#"status ne "a""#, "problems": [{
            "message": "user search has no `ne` for `status`",
            "span": {"start": 0, "end": 13},
            "expected": "`eq`, `gt`, `ge`, `lt`, `le`, `sw` or `pr`",
            "fix": r#"(status lt "a" or status gt "a")"#,
            "help": r#"write `(status lt "a" or status gt "a")`"#,
            "authority": refused.problems()[0].authority().unwrap(),
        }]})
    );
    let expr: SearchExpr = "department pr".parse().unwrap();
    let unknown = expr.check_attributes(RecordKind::User).unwrap_err();
    let written = serde_json::to_value(&unknown).unwrap();
    assert_eq!(written["problems"][0]["fix"], "profile.department");
    assert_eq!(written["problems"][0]["expected"], Value::Null);
    let written = serde_json::to_value("glob:".parse::<NameRule>().unwrap_err()).unwrap();
    assert_eq!(written["problems"][0]["fix"], "*");
}

#[test]
fn reports_have_stable_names() {
    let expr: SearchExpr = r#"status eq "ACTIVE" and profile.email ew "@a.com""#
        .parse()
        .unwrap();
    let split = expr.split(&Dialect::USER_SEARCH);
    assert_eq!(
        serde_json::to_value(&split).unwrap(),
        json!({"server": r#"status eq "ACTIVE""#, "local": r#"profile.email ew "@a.com""#})
    );
    let why = split
        .local
        .unwrap()
        .explain(&json!({"profile": {"email": "x"}}));
    assert_eq!(
        serde_json::to_value(&why).unwrap(),
        json!({"matches": false, "clauses": [{
            "comparison": r#"profile.email ew "@a.com""#,
            "span": {"start": 23, "end": 48},
            "holds": false,
            "seen": "\"x\"",
        }]})
    );
    let names = GroupNames::new(["a", "b"]);
    assert_eq!(
        serde_json::to_value(names.report(["b", "b"])).unwrap(),
        json!({"unmatched": ["a"], "ambiguous": [{"name": "b", "groups": 2}]})
    );
}

#[test]
fn literals_are_the_values_they_are() {
    let expr: SearchExpr =
        r#"a eq 7 or a eq 1.50 or a eq true or a eq null or a eq "x" or a eq 1e3"#
            .parse()
            .unwrap();
    let literals: Vec<Value> = expr
        .comparisons()
        .iter()
        .map(|one| serde_json::to_value(one.literal()).unwrap())
        .collect();
    assert_eq!(
        literals,
        [
            json!(7),
            json!(1.5),
            json!(true),
            Value::Null,
            json!("x"),
            json!(1000.0)
        ]
    );
}
