//! Our verdict on every case of `tests/entities/verdicts.json`, beside the one that Backstage gave.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use catalog_model::{Entity, Kind, Violation};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

#[derive(Deserialize)]
struct Table {
    /// Valid documents by name.
    bases: BTreeMap<String, Value>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    rule: String,
    base: String,
    /// A JSON pointer into the base; empty for all of it.
    at: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is put there.
    #[serde(default, deserialize_with = "even_null")]
    value: Option<Value>,
    /// Or what is there is taken away.
    #[serde(default)]
    absent: bool,
    /// Or the whole document as JSON text.
    text: Option<String>,
    verdict: Option<Verdict>,
    /// Which step of Backstage refused it.
    by: Option<String>,
    /// The place that it blamed.
    place: Option<String>,
    /// Why we refuse what Backstage's validators accept.
    stricter: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Accepted,
    Refused,
}

fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn table() -> Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/entities/verdicts.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The document of a case; none when its text is not JSON for us.
fn document(table: &Table, rule: &Rule, case: &Case) -> Option<Value> {
    if let Some(text) = &case.text {
        return serde_json::from_str(text).ok();
    }
    let Some((parent, key)) = rule.at.rsplit_once('/') else {
        return case.value.clone();
    };
    let key = key.replace("~1", "/").replace("~0", "~");
    let mut document = table.bases[&rule.base].clone();
    let parent = document.pointer_mut(parent).unwrap();
    match &case.value {
        Some(value) => parent[&key] = value.clone(),
        None => drop(parent.as_object_mut().unwrap().remove(&key)),
    }
    Some(document)
}

/// A JSON pointer into `document` as a path: `/metadata/tags/0` is `metadata.tags[0]`.
fn path(document: &Value, pointer: &str) -> String {
    let is_word = |key: &str| {
        key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let (mut path, mut here) = (String::new(), document);
    for key in pointer.split('/').skip(1) {
        let key = key.replace("~1", "/").replace("~0", "~");
        match here {
            Value::Array(_) => write!(path, "[{key}]").unwrap(),
            _ if !is_word(&key) => write!(path, "[{key:?}]").unwrap(),
            _ if path.is_empty() => path.push_str(&key),
            _ => write!(path, ".{key}").unwrap(),
        }
        here = match here {
            Value::Array(list) => key.parse::<usize>().ok().and_then(|at| list.get(at)),
            here => here.get(&key),
        }
        .unwrap_or(&Value::Null);
    }
    path
}

/// Whether nothing but the validator of its own kind refused a document, or the want of one, and the kind is none of those
/// whose spec is checked here: such a document is an entity for us.
fn is_left_to_its_kind(document: &Value, case: &Case) -> bool {
    let by_its_kind = matches!(
        case.by.as_deref(),
        Some(
            "no validator"
                | "apiEntityV1alpha1Validator"
                | "componentEntityV1alpha1Validator"
                | "domainEntityV1alpha1Validator"
                | "resourceEntityV1alpha1Validator"
                | "systemEntityV1alpha1Validator"
        )
    );
    let kind = document["kind"].as_str().map(Kind::parse);
    let checked = [Kind::USER, Kind::GROUP, Kind::LOCATION];
    by_its_kind && kind.is_some_and(|kind| kind.is_ok_and(|kind| !checked.contains(&kind)))
}

/// Whether the case is about the URL of a link, of which less is checked without the feature.
fn is_about_a_url(rule: &Rule, case: &Case) -> bool {
    let is_url = |place: &String| place.ends_with("/url");
    case.place.as_ref().is_some_and(is_url) || rule.at.starts_with("/metadata/links")
}

/// What is wrong with our verdict, if something is.
fn disagreement(document: &Value, case: &Case) -> Option<String> {
    let read = serde_json::from_value::<Entity>(document.clone());
    let ours = Entity::from_document(document);
    let by_serde = read.as_ref().is_ok_and(|entity| entity.validate().is_ok());
    if by_serde != ours.is_ok() {
        return Some(format!(
            "serde and validate: {read:?}, from_document: {ours:?}"
        ));
    }
    let verdict = if is_left_to_its_kind(document, case) {
        Verdict::Accepted
    } else {
        case.verdict?
    };
    let violations = match (ours, verdict, &case.stricter) {
        (Ok(entity), Verdict::Accepted, None) => {
            let again = serde_json::to_value(&entity).unwrap();
            let same = serde_json::from_value::<Entity>(again).is_ok_and(|again| again == entity);
            return (!same).then(|| "it is not read as it was written".to_owned());
        }
        (Err(_), Verdict::Accepted, Some(_)) => return None,
        (Err(violations), Verdict::Refused, None) => violations,
        (Ok(_), ..) => return Some("we accept it".to_owned()),
        (Err(violations), ..) => return Some(format!("we refuse it: {violations:?}")),
    };
    let paths: Vec<&str> = violations.iter().map(Violation::path).collect();
    let is_blamed = match &case.place {
        Some(place) => paths.contains(&path(document, place).as_str()),
        // No validator took the document for its own.
        None => paths.contains(&"kind") || paths.contains(&"apiVersion"),
    };
    (!is_blamed).then(|| format!("{:?} is blamed, not {:?}", case.place, paths))
}

#[test]
fn verdicts_and_places_are_those_of_backstage() {
    let table = table();
    let (mut wrong, mut count) = (String::new(), 0);
    for rule in &table.rules {
        for case in &rule.cases {
            count += 1;
            let fault = match (document(&table, rule, case), case.verdict) {
                (_, None) => Some("it has no verdict: `cargo xtask validators --bless`".into()),
                (Some(document), _)
                    if cfg!(not(feature = "url"))
                        && is_about_a_url(rule, case)
                        && Entity::from_document(&document).is_ok() =>
                {
                    None
                }
                (Some(document), _) => disagreement(&document, case),
                (None, Some(Verdict::Refused)) => None,
                (None, _) => case.stricter.is_none().then(|| "it does not parse".into()),
            };
            if let Some(fault) = fault {
                let shown = match (&case.value, &case.text) {
                    (Some(value), _) => value.to_string(),
                    (None, Some(text)) => text.clone(),
                    (None, None) => format!("nothing, {}", case.absent),
                };
                let at = &rule.at;
                writeln!(
                    wrong,
                    "{} ({at}, {:?}): {shown}: {fault}",
                    rule.rule, case.by
                )
                .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 450, "{count} cases");
}

#[test]
fn we_are_stricter_in_few_cases_only() {
    let table = table();
    let cases = table.rules.iter().flat_map(|rule| &rule.cases);
    let reasons: Vec<&String> = cases.filter_map(|case| case.stricter.as_ref()).collect();
    assert!(reasons.len() <= 40, "{}", reasons.len());
    let distinct: BTreeSet<&String> = reasons.into_iter().collect();
    assert!(distinct.len() <= 5, "{distinct:?}");
}
