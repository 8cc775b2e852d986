//! The tables in `tests/search`: our verdicts on known expressions, and what they match.

use org_filter::{Dialect, Record, SearchExpr};
use serde_json::Value;

const EXAMPLES: &str = include_str!("search/examples.tsv");
const EVALUATION: &str = include_str!("search/evaluation.tsv");
const PERSON: &str = include_str!("search/person.json");

fn verdict(text: &str, dialect: &Dialect) -> &'static str {
    match text.parse::<SearchExpr>() {
        Err(_) => "syntax",
        Ok(expr) if expr.check(dialect).is_ok() => "yes",
        Ok(_) => "no",
    }
}

#[test]
fn examples_get_their_verdict_in_every_dialect() {
    for line in EXAMPLES.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [number, _, _, text, verdicts @ ..] = cells.as_slice() else {
            panic!("{line}")
        };
        let found: Vec<&str> = Dialect::ALL
            .iter()
            .map(|dialect| verdict(text, dialect))
            .collect();
        assert_eq!(found, verdicts, "{number}: {text}");
    }
}

#[test]
fn verdicts_agree_with_the_server() {
    let mut compared = 0;
    for line in EXAMPLES.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [number, endpoint, server, text, ..] = cells.as_slice() else {
            panic!("{line}")
        };
        let Some(dialect) = Dialect::ALL
            .iter()
            .find(|dialect| dialect.name() == *endpoint)
        else {
            continue;
        };
        let accepted = verdict(text, dialect) == "yes";
        match *server {
            "accepted" => assert!(accepted, "{number}: {text}"),
            "refused" => assert!(!accepted, "{number}: {text}"),
            unknown => assert_eq!(unknown, "unknown", "{number}"),
        }
        compared += 1;
    }
    assert!(compared > 80, "{compared}");
}

#[test]
fn accepted_examples_are_sent_whole() {
    for line in EXAMPLES.lines().skip(1) {
        let text = line.split('\t').nth(3).unwrap();
        for dialect in &Dialect::ALL {
            if verdict(text, dialect) == "yes" {
                let expr: SearchExpr = text.parse().unwrap();
                let split = expr.split(dialect);
                assert_eq!(split.server, Some(expr), "{dialect}: {text}");
                assert!(split.local.is_none(), "{dialect}: {text}");
            }
        }
    }
}

#[test]
fn expressions_match_as_the_table_says() {
    let person: Value = serde_json::from_str(PERSON).unwrap();
    for line in EVALUATION.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [search, filter, text] = cells.as_slice() else {
            panic!("{line}")
        };
        let expr: SearchExpr = text.parse().expect(text);
        for (expected, dialect) in [
            (search, Dialect::USER_SEARCH),
            (filter, Dialect::USER_FILTER),
        ] {
            let matches = expr.compile(&dialect).matches(&person);
            assert_eq!(matches, *expected == "yes", "{dialect}: {text}");
        }
    }
}

#[test]
fn lists_of_objects_are_searched_element_by_element() {
    let event: Value = serde_json::json!({
        "published": "2026-01-31T08:00:00.123Z",
        "target": [{"id": "00u1", "type": "User"}, {"id": "00g1", "names": ["a", "b"]}, {}],
    });
    let table = [
        (r#"target.id eq "00u1" and target.id eq "00g1""#, true),
        (r#"target.id eq "00x1""#, false),
        (r#"target.names eq "b""#, true),
        (r#"target.nothing eq "b""#, false),
        (r#"target.id pr and target pr"#, true),
        (r#"published eq "2026-01-31T08:00:00.000Z""#, true),
    ];
    for (text, expected) in table {
        let matcher = text
            .parse::<SearchExpr>()
            .unwrap()
            .compile(&Dialect::LOG_FILTER);
        assert_eq!(matcher.matches(&event), expected, "{text}");
    }
}

/// A record that has read its dates already answers as its JSON does.
#[test]
fn instants_and_texts_agree() {
    use org_filter::{Attribute, AttributePath};

    struct Created(org_filter::Timestamp);
    impl Record for Created {
        fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
            Attribute::from((path.as_str() == "created").then_some(self.0))
        }
    }

    let typed = Created("2024-01-31T08:00:00Z".parse().unwrap());
    let person: Value = serde_json::from_str(PERSON).unwrap();
    let on_created = |line: &&str| line.contains("\tcreated ");
    let lines: Vec<&str> = EVALUATION.lines().filter(on_created).collect();
    assert!(lines.len() > 10);
    for line in lines {
        let text = line.rsplit('\t').next().unwrap();
        let matcher = text
            .parse::<SearchExpr>()
            .unwrap()
            .compile(&Dialect::USER_SEARCH);
        assert_eq!(matcher.matches(&typed), matcher.matches(&person), "{text}");
    }
}
