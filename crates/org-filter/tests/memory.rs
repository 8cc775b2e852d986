//! What evaluation allocates: nothing; and what hostile texts do: little. Counted, not timed.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use org_filter::{Dialect, Matcher, SearchExpr};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Every operator, on texts, dates, numbers, truths and lists.
const EXPRESSIONS: [&str; 12] = [
    r#"status eq "active""#,
    r#"profile.lastName eq "MÜLLER" or profile.lastName ne "Øster""#,
    r#"profile.lastName sw "mü" and profile.lastName ew "LLER""#,
    r#"profile.lastName co "ülle" or profile.department co "GINEER""#,
    r#"profile.lastName gt "M" and profile.lastName le "Mü""#,
    r#"lastUpdated gt "2024-01-01T00:00:00.000Z" and created lt "2026-01-01""#,
    "profile.level ge 7 or profile.level lt -1.5",
    "profile.remote eq true",
    r#"profile.tags eq "ON-CALL" or profile.tags sw "pla""#,
    "profile.costCenter pr and not (profile.city pr)",
    "profile.costCenter eq null",
    r#"status eq "ACTIVE" and (profile.department sw "Eng" or not (profile.tags eq "é"))"#,
];

fn person(number: usize) -> Value {
    let last_name = if number % 2 == 0 { "Müller" } else { "Miller" };
    json!({
        "id": format!("00u{number:017}"),
        "status": "ACTIVE",
        "created": "2024-03-01T18:49:54.000Z",
        "lastUpdated": "2026-02-20T11:12:13.000+01:00",
        "profile": {
            "lastName": last_name,
            "department": "Platform Engineering",
            "costCenter": number.to_string(),
            "level": number,
            "remote": true,
            "city": null,
            "tags": ["platform", "on-call", "日本"],
        },
    })
}

/// One test, because it counts the allocations of the whole process.
#[test]
fn evaluation_allocates_nothing_and_refusal_little() {
    let _profiler = dhat::Profiler::builder().testing().build();
    evaluate_people();
    refuse_bombs();
}

fn evaluate_people() {
    let people: Vec<Value> = (0..1000).map(person).collect();
    for dialect in [Dialect::USER_SEARCH, Dialect::USER_FILTER] {
        let matchers: Vec<Matcher> = EXPRESSIONS
            .iter()
            .map(|text| text.parse::<SearchExpr>().unwrap().compile(&dialect))
            .collect();
        let before = dhat::HeapStats::get().total_blocks;
        let found: usize = matchers
            .iter()
            .map(|matcher| people.iter().filter(|one| matcher.matches(*one)).count())
            .sum();
        let blocks = dhat::HeapStats::get().total_blocks - before;
        assert_eq!(blocks, 0, "{dialect}");
        assert!(found > 3000, "{found} matches in {dialect}");
    }
}

/// At most a few blocks for each of 64 faults, however long the text is.
fn refuse_bombs() {
    for part in ["(", "not (", "a and ", "\"", "a eq ", "= ", "„", "[", ")"] {
        for length in [org_filter::MAX_LENGTH, 1_000_000] {
            let text = part.repeat(length / part.len());
            let before = dhat::HeapStats::get().total_blocks;
            let refused = text.parse::<SearchExpr>();
            let blocks = dhat::HeapStats::get().total_blocks - before;
            assert!(refused.is_err(), "{length} bytes of {part}");
            assert!(
                blocks < 1000,
                "{blocks} blocks for {length} bytes of {part}"
            );
        }
    }
}
