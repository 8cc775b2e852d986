//! The shape of a predicate, and what is said of one of another shape.
//!
//! Backstage checks it by a schema of alternatives, and tells of each why it is none (`zod` 3, in the words of
//! `zod-validation-error` 3). These words are part of its answers, so they are made in the same way here: an alternative
//! that fits but for keys that it does not know is told alone.

use serde_json::{Map, Value};

/// So many things are told of a value.
const TOLD: usize = 99;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Place(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Issue {
    Plain {
        path: Vec<Step>,
        message: String,
    },
    /// No alternative fits: why, of each.
    Alternatives(Vec<Vec<Self>>),
}

/// What a check found.
#[derive(Debug)]
enum Verdict {
    /// It fits: the value without what is not looked at.
    Fits(Value),
    /// It would fit but for a key.
    Nearly(Vec<Issue>),
    Fails(Vec<Issue>),
}

use Verdict::{Fails, Fits, Nearly};

/// The predicate without what no operator knows.
///
/// # Errors
/// What is wrong with it, in Backstage's words. `root` is where it stands in the body of the request.
pub(crate) fn checked(predicate: &Value, root: Option<&str>) -> Result<Value, String> {
    let mut at: Vec<Step> = root
        .into_iter()
        .map(|root| Step::Key(root.to_owned()))
        .collect();
    match self::predicate(predicate, &mut at) {
        Fits(value) => Ok(value),
        Nearly(issues) | Fails(issues) => {
            let told: Vec<String> = issues.iter().take(TOLD).map(message).collect();
            Err(format!("Validation error: {}", told.join("; ")))
        }
    }
}

fn message(issue: &Issue) -> String {
    match issue {
        Issue::Plain { path, message } => match path.as_slice() {
            [] => message.clone(),
            [Step::Place(place)] => format!("{message} at index {place}"),
            path => format!("{message} at \"{}\"", joined(path)),
        },
        Issue::Alternatives(alternatives) => {
            let mut told: Vec<String> = Vec::new();
            for issues in alternatives {
                let messages: Vec<String> = issues.iter().map(message).collect();
                let messages = messages.join("; ");
                if !told.contains(&messages) {
                    told.push(messages);
                }
            }
            told.join(", or ")
        }
    }
}

/// The steps as one text: keys that are no words in brackets, unless there is only one.
fn joined(path: &[Step]) -> String {
    if let [Step::Key(only)] = path {
        return only.clone();
    }
    let mut text = String::new();
    for step in path {
        match step {
            Step::Place(place) => text.push_str(&format_args!("[{place}]").to_string()),
            Step::Key(key) if key.contains('"') => {
                let key = key.replace('"', "\\\"");
                text.push_str(&format_args!("[\"{key}\"]").to_string());
            }
            Step::Key(key) if is_word(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Step::Key(key) => text.push_str(&format_args!("[\"{key}\"]").to_string()),
        }
    }
    text
}

fn is_word(key: &str) -> bool {
    let begins = |c: char| c == '$' || c == '_' || c.is_alphabetic();
    key.starts_with(begins) && key.chars().all(|c| begins(c) || c.is_numeric())
}

fn issue(at: &[Step], message: impl Into<String>) -> Issue {
    Issue::Plain {
        path: at.to_vec(),
        message: message.into(),
    }
}

fn expected(what: &str, value: Option<&Value>, at: &[Step]) -> Verdict {
    let message = match value {
        None => "Required".to_owned(),
        Some(value) => format!("Expected {what}, received {}", type_of(value)),
    };
    Fails(vec![issue(at, message)])
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

type Check<'a> = &'a dyn Fn(&Value, &mut Vec<Step>) -> Verdict;

/// The first alternative that fits; else the first that nearly does.
fn alternatives(value: &Value, at: &mut Vec<Step>, checks: &[Check<'_>]) -> Verdict {
    let mut nearly = None;
    let mut failed = Vec::new();
    for check in checks {
        match check(value, at) {
            Fits(value) => return Fits(value),
            Nearly(issues) => {
                nearly = nearly.or(Some(issues));
            }
            Fails(issues) => failed.push(issues),
        }
    }
    match nearly {
        Some(issues) => Nearly(issues),
        None => Fails(vec![Issue::Alternatives(failed)]),
    }
}

fn predicate(value: &Value, at: &mut Vec<Step>) -> Verdict {
    alternatives(
        value,
        at,
        &[
            &expression,
            &|value, at| list("$all", value, at, &predicate),
            &|value, at| list("$any", value, at, &predicate),
            &|value, at| only("$not", value, at, &predicate),
        ],
    )
}

/// What `$contains` takes: a predicate in which single values may stand.
fn contained(value: &Value, at: &mut Vec<Step>) -> Verdict {
    alternatives(
        value,
        at,
        &[
            &expression,
            &primitive,
            &|value, at| list("$all", value, at, &contained),
            &|value, at| list("$any", value, at, &contained),
            &|value, at| only("$not", value, at, &contained),
        ],
    )
}

/// Conditions on fields, or an object of operators, which never fits.
fn expression(value: &Value, at: &mut Vec<Step>) -> Verdict {
    alternatives(
        value,
        at,
        &[
            &|value, at| {
                let is_field = |key: &str| !key.starts_with('$') && !key.contains(['\n', '\r']);
                record(value, at, &is_field, &operand)
            },
            &|value, at| {
                let never = |value: &Value, at: &mut Vec<Step>| expected("never", Some(value), at);
                record(value, at, &|key| key.starts_with('$'), &never)
            },
        ],
    )
}

/// What a field is compared with.
fn operand(value: &Value, at: &mut Vec<Step>) -> Verdict {
    alternatives(
        value,
        at,
        &[
            &primitive,
            &|value, at| {
                one_of(value, at, "$exists", &|value, at| match value {
                    Some(Value::Bool(is)) => Fits(Value::Bool(*is)),
                    other => expected("boolean", other, at),
                })
            },
            &|value, at| {
                one_of(value, at, "$in", &|value, at| {
                    elements(value, at, &primitive)
                })
            },
            &|value, at| {
                one_of(value, at, "$contains", &|value, at| match value {
                    // Each alternative says that it is missing.
                    None => expected("object", None, at),
                    Some(value) => contained(value, at),
                })
            },
            &|value, at| {
                one_of(value, at, "$hasPrefix", &|value, at| match value {
                    Some(Value::String(text)) => Fits(text.as_str().into()),
                    other => expected("string", other, at),
                })
            },
        ],
    )
}

fn primitive(value: &Value, at: &mut Vec<Step>) -> Verdict {
    alternatives(
        value,
        at,
        &[
            &|value, at| match value {
                Value::String(_) => Fits(value.clone()),
                _ => expected("string", Some(value), at),
            },
            &|value, at| match value {
                Value::Number(_) => Fits(value.clone()),
                _ => expected("number", Some(value), at),
            },
            &|value, at| match value {
                Value::Bool(_) => Fits(value.clone()),
                _ => expected("boolean", Some(value), at),
            },
        ],
    )
}

/// An object all of whose keys and values are fit.
fn record(
    value: &Value,
    at: &mut Vec<Step>,
    is_key: &dyn Fn(&str) -> bool,
    check: Check<'_>,
) -> Verdict {
    let Value::Object(object) = value else {
        return expected("object", Some(value), at);
    };
    let (mut fits, mut issues, mut fails) = (Map::new(), Vec::new(), false);
    for (key, value) in object {
        at.push(Step::Key(key.clone()));
        if !is_key(key) {
            issues.push(issue(at, "Invalid"));
        }
        match check(value, at) {
            Fits(value) => drop(fits.insert(key.clone(), value)),
            Nearly(of_value) => issues.extend(of_value),
            Fails(of_value) => {
                fails = true;
                issues.extend(of_value);
            }
        }
        at.pop();
    }
    verdict(Value::Object(fits), issues, fails)
}

fn verdict(fits: Value, issues: Vec<Issue>, fails: bool) -> Verdict {
    if fails {
        Fails(issues)
    } else if issues.is_empty() {
        Fits(fits)
    } else {
        Nearly(issues)
    }
}

type CheckPart<'a> = &'a dyn Fn(Option<&Value>, &mut Vec<Step>) -> Verdict;

/// An object with this key; others are left out.
fn one_of(value: &Value, at: &mut Vec<Step>, key: &str, check: CheckPart<'_>) -> Verdict {
    let Value::Object(object) = value else {
        return expected("object", Some(value), at);
    };
    at.push(Step::Key(key.to_owned()));
    let checked = check(object.get(key), at);
    at.pop();
    match checked {
        Fits(value) => Fits(Value::Object(Map::from_iter([(key.to_owned(), value)]))),
        others => others,
    }
}

/// An object with this key and no other.
fn alone(value: &Value, at: &mut Vec<Step>, key: &str, check: CheckPart<'_>) -> Verdict {
    let checked = one_of(value, at, key, check);
    let Value::Object(object) = value else {
        return checked;
    };
    let others = object.keys().filter(|other| *other != key);
    let others: Vec<String> = others.map(|other| format!("'{other}'")).collect();
    if others.is_empty() {
        return checked;
    }
    let message = format!("Unrecognized key(s) in object: {}", others.join(", "));
    let unknown = issue(at, message);
    match checked {
        Fits(_) => Nearly(vec![unknown]),
        Nearly(mut issues) => {
            issues.push(unknown);
            Nearly(issues)
        }
        Fails(mut issues) => {
            issues.push(unknown);
            Fails(issues)
        }
    }
}

fn list(key: &str, value: &Value, at: &mut Vec<Step>, check: Check<'_>) -> Verdict {
    alone(value, at, key, &|value, at| elements(value, at, check))
}

fn only(key: &str, value: &Value, at: &mut Vec<Step>, check: Check<'_>) -> Verdict {
    alone(value, at, key, &|value, at| match value {
        None => expected("object", None, at),
        Some(value) => check(value, at),
    })
}

fn elements(value: Option<&Value>, at: &mut Vec<Step>, check: Check<'_>) -> Verdict {
    let Some(Value::Array(elements)) = value else {
        return expected("array", value, at);
    };
    let (mut fits, mut issues, mut fails) = (Vec::new(), Vec::new(), false);
    for (place, element) in elements.iter().enumerate() {
        at.push(Step::Place(place));
        match check(element, at) {
            Fits(value) => fits.push(value),
            Nearly(of_element) => issues.extend(of_element),
            Fails(of_element) => {
                fails = true;
                issues.extend(of_element);
            }
        }
        at.pop();
    }
    verdict(Value::Array(fits), issues, fails)
}
