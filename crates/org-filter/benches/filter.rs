//! What it costs to read expressions and to evaluate them, and how soon hostile texts are refused.
//!
//! `cargo bench -p org-filter`. Throughput of `parse` is of expressions, of `clause` of comparisons, of `bomb` of bytes.

use std::error::Error;
use std::hint::black_box;

use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use org_filter::{Attribute, AttributePath, Dialect, Matcher, Record, SearchExpr, Timestamp};
use serde_json::{Value, json};

/// What people write: one to three comparisons, up to 80 bytes.
const TYPICAL: [&str; 12] = [
    r#"status eq "ACTIVE""#,
    r#"id eq "00u1ero7vZFVEIYLWPBN""#,
    r#"profile.department eq "Engineering""#,
    r#"profile.lastName sw "Smi""#,
    r#"profile.costCenter pr"#,
    r#"profile.customProp2 gt 3"#,
    r#"lastUpdated gt "2014-01-01T00:00:00.000Z""#,
    r#"status eq "ACTIVE" or status eq "SUSPENDED""#,
    r#"profile.mobilePhone sw "555" and status eq "ACTIVE""#,
    r#"profile.lastName eq "bob\"smith" and not (profile.city pr)"#,
    r#"status eq "ACTIVE" and (profile.team sw "Eng" or profile.tags eq "on-call")"#,
    r#"profile.array123 eq "feature" and (created gt "2021-01-01T00:00:00.000Z")"#,
];

/// One comparison each, by what it does.
const CLAUSES: [(&str, &str); 9] = [
    ("eq", r#"status eq "active""#),
    ("sw", r#"profile.department sw "platform""#),
    ("co", r#"profile.email co "@example""#),
    (
        "co, not in it",
        r#"profile.department co "human resources""#,
    ),
    ("gt, a date", r#"lastUpdated gt "2024-01-01T00:00:00.000Z""#),
    ("ge, a number", "profile.level ge 7"),
    ("pr", "profile.costCenter pr"),
    ("eq, of a list", r#"profile.tags eq "on-call""#),
    ("eq, not of ASCII", r#"profile.lastName eq "müller""#),
];

const THREE: &str =
    r#"status eq "ACTIVE" and (profile.department sw "Eng" or profile.tags eq "on-call")"#;

/// A person as a program keeps one.
struct Person {
    id: String,
    status: String,
    last_updated: Timestamp,
    last_name: String,
    email: String,
    department: String,
    cost_center: Option<String>,
    level: f64,
    tags: Vec<String>,
}

impl Record for Person {
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
        match path.as_str() {
            "id" => Attribute::Text(&self.id),
            "status" => Attribute::Text(&self.status),
            "lastUpdated" => Attribute::Instant(self.last_updated),
            "profile.lastName" => Attribute::Text(&self.last_name),
            "profile.email" => Attribute::Text(&self.email),
            "profile.department" => Attribute::Text(&self.department),
            "profile.costCenter" => self.cost_center.as_deref().into(),
            "profile.level" => Attribute::Number(self.level),
            "profile.tags" => self.tags.as_slice().into(),
            _ => Attribute::Absent,
        }
    }
}

fn person() -> Person {
    Person {
        id: "00u1ero7vZFVEIYLWPBN".to_owned(),
        status: "ACTIVE".to_owned(),
        last_updated: Timestamp::from_second(0),
        last_name: "Müller".to_owned(),
        email: "zoe.mueller@example.com".to_owned(),
        department: "Platform Engineering".to_owned(),
        cost_center: Some("4711".to_owned()),
        level: 7.0,
        tags: vec!["platform".to_owned(), "On-Call".to_owned()],
    }
}

/// The same person as Okta sends one.
fn value() -> Value {
    json!({
        "id": "00u1ero7vZFVEIYLWPBN",
        "status": "ACTIVE",
        "created": "2024-03-01T18:49:54.000Z",
        "activated": "2024-03-01T18:49:55.000Z",
        "lastUpdated": "2026-02-20T11:12:13.000Z",
        "type": { "id": "otyfnjfba4ye7pgjB0g4" },
        "profile": {
            "firstName": "Zoë",
            "lastName": "Müller",
            "login": "zoe.mueller@example.com",
            "email": "zoe.mueller@example.com",
            "title": "Principal Engineer",
            "department": "Platform Engineering",
            "costCenter": "4711",
            "level": 7,
            "tags": ["platform", "On-Call"],
        },
    })
}

/// How often a clause is evaluated for one measurement, so that the clock does not count.
const ROUNDS: u64 = 100;

fn evaluate(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    matchers: &[Matcher],
    record: &impl Record,
) {
    let clauses: usize = matchers
        .iter()
        .map(|one| one.expr().comparisons().len())
        .sum();
    group.throughput(Throughput::Elements(
        ROUNDS * u64::try_from(clauses).unwrap_or_default(),
    ));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for _ in 0..ROUNDS {
                for matcher in matchers {
                    black_box(black_box(matcher).matches(black_box(record)));
                }
            }
        });
    });
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Elements(12));
    group.bench_function("typical", |bencher| {
        bencher.iter(|| {
            for text in TYPICAL {
                black_box(black_box(text).parse::<SearchExpr>().is_ok());
            }
        });
    });
    group.finish();

    let (person, value) = (person(), value());
    let compiled = |text: &str| -> Result<Matcher, org_filter::ParseErrors> {
        Ok(text.parse::<SearchExpr>()?.compile(&Dialect::USER_SEARCH))
    };
    let mut all = Vec::new();
    for (name, text) in CLAUSES {
        let matcher = compiled(text)?;
        evaluate(
            &mut criterion.benchmark_group("clause, struct"),
            name,
            std::slice::from_ref(&matcher),
            &person,
        );
        evaluate(
            &mut criterion.benchmark_group("clause, JSON"),
            name,
            std::slice::from_ref(&matcher),
            &value,
        );
        all.push(matcher);
    }
    let three = [compiled(THREE)?];
    let mut group = criterion.benchmark_group("clauses, struct");
    evaluate(&mut group, "mixed", &all, &person);
    evaluate(&mut group, "three joined", &three, &person);
    group.finish();
    let mut group = criterion.benchmark_group("clauses, JSON");
    evaluate(&mut group, "mixed", &all, &value);
    evaluate(&mut group, "three joined", &three, &value);
    group.finish();

    bombs(&mut criterion);
    criterion.final_summary();
    Ok(())
}

/// A megabyte each, refused for its length; and the most that is read, refused for what it is.
fn bombs(criterion: &mut Criterion) {
    const MEGABYTE: usize = 1_000_000;
    let longest = org_filter::MAX_LENGTH;
    let mut group = criterion.benchmark_group("bomb");
    for (name, part, bytes) in [
        ("1 MB of (", "(", MEGABYTE),
        ("1 MB of or", r#"a eq "b" or "#, MEGABYTE),
        ("64 KiB of (", "(", longest),
        ("64 KiB of not (", "not (", longest),
        ("64 KiB of a and", "a and ", longest),
        ("64 KiB of quotes", "\"", longest),
        ("64 KiB of or", r#"a eq "b" or "#, longest),
    ] {
        let text = part.repeat(bytes / part.len());
        group.throughput(Throughput::Bytes(
            u64::try_from(text.len()).unwrap_or_default(),
        ));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(black_box(text.as_str()).parse::<SearchExpr>().is_err()));
        });
    }
    group.finish();
}
