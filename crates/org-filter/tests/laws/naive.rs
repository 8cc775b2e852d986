//! The same language, evaluated in another way, to disagree with.
//!
//! A record is flattened into all the texts, numbers and truths at the ends of its paths; a comparison is turned into a
//! set of admitted orderings; `and`, `or` and `not` are computed on a stack from the expression in postfix order.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

/// An expression as nested lists.
#[derive(Clone, Debug)]
pub(crate) enum Naive {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Present(String),
    /// Attribute, operator and JSON value.
    Compare(String, &'static str, Value),
}

#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) ignore_case: bool,
}

/// Prints with parentheses around everything, operators in upper case.
impl fmt::Display for Naive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| format!("({part})")).collect();
            parts.join(word)
        };
        match self {
            Self::And(parts) => f.write_str(&joined(parts, " AND ")),
            Self::Or(parts) => f.write_str(&joined(parts, "  or\t")),
            Self::Not(inner) => write!(f, "NOT ({inner})"),
            Self::Present(path) => write!(f, "{path} PR"),
            Self::Compare(path, operator, value) => {
                write!(f, "{path} {} {value}", operator.to_uppercase())
            }
        }
    }
}

enum Step<'e> {
    Test(&'e Naive),
    Not,
    And(usize),
    Or(usize),
}

pub(crate) fn matches(expr: &Naive, record: &Value, rules: Rules) -> bool {
    let mut steps = Vec::new();
    postfix(expr, &mut steps);
    let mut stack: Vec<bool> = Vec::new();
    for step in steps {
        let value = match step {
            Step::Test(test) => evaluate(test, record, rules),
            Step::Not => !stack.pop().unwrap(),
            Step::And(count) => stack.split_off(stack.len() - count).iter().all(|one| *one),
            Step::Or(count) => stack.split_off(stack.len() - count).contains(&true),
        };
        stack.push(value);
    }
    stack.pop().unwrap()
}

fn postfix<'e>(expr: &'e Naive, steps: &mut Vec<Step<'e>>) {
    match expr {
        Naive::And(parts) => {
            parts.iter().for_each(|part| postfix(part, steps));
            steps.push(Step::And(parts.len()));
        }
        Naive::Or(parts) => {
            parts.iter().for_each(|part| postfix(part, steps));
            steps.push(Step::Or(parts.len()));
        }
        Naive::Not(inner) => {
            postfix(inner, steps);
            steps.push(Step::Not);
        }
        test => steps.push(Step::Test(test)),
    }
}

fn evaluate(test: &Naive, record: &Value, rules: Rules) -> bool {
    match test {
        Naive::Present(path) => {
            let empty = [
                Value::Null,
                Value::from(""),
                Value::from(Vec::<Value>::new()),
            ];
            pointed(record, path).is_some_and(|value| !empty.contains(value))
        }
        Naive::Compare(path, operator, wanted) => {
            let values = match pointed(record, path) {
                None => Vec::new(),
                Some(Value::Array(values)) => values.clone(),
                Some(value) => vec![value.clone()],
            };
            let date = ["created", "lastUpdated", "lastLogin"].contains(&path.as_str());
            values
                .iter()
                .any(|value| compare(value, operator, wanted, date, rules))
        }
        _ => false,
    }
}

fn pointed<'r>(record: &'r Value, path: &str) -> Option<&'r Value> {
    record.pointer(&format!("/{}", path.replace('.', "/")))
}

fn compare(value: &Value, operator: &str, wanted: &Value, date: bool, rules: Rules) -> bool {
    let admitted: &[Ordering] = match operator {
        "eq" => &[Ordering::Equal],
        "ne" => &[Ordering::Less, Ordering::Greater],
        "gt" => &[Ordering::Greater],
        "ge" => &[Ordering::Greater, Ordering::Equal],
        "lt" => &[Ordering::Less],
        "le" => &[Ordering::Less, Ordering::Equal],
        _ => &[],
    };
    let fold = |text: &str| {
        if rules.ignore_case {
            text.to_lowercase()
        } else {
            text.to_owned()
        }
    };
    match (value, wanted) {
        (Value::String(value), Value::String(wanted)) if date && !admitted.is_empty() => {
            match (seconds(value), seconds(wanted)) {
                (Some(value), Some(wanted)) => admitted.contains(&value.cmp(&wanted)),
                _ => false,
            }
        }
        (Value::String(value), Value::String(wanted)) => {
            let (value, wanted): (Vec<char>, Vec<char>) = (
                fold(value).chars().collect(),
                fold(wanted).chars().collect(),
            );
            match operator {
                "sw" => value.starts_with(&wanted),
                "ew" => value.ends_with(&wanted),
                "co" => (0..=value.len()).any(|at| value[at..].starts_with(&wanted)),
                _ => admitted.contains(&value.cmp(&wanted)),
            }
        }
        (Value::Number(value), Value::Number(wanted)) => {
            let (value, wanted) = (value.as_f64().unwrap(), wanted.as_f64().unwrap());
            admitted.contains(&value.partial_cmp(&wanted).unwrap())
        }
        (Value::Bool(value), Value::Bool(wanted)) => match operator {
            "eq" => value == wanted,
            "ne" => value != wanted,
            _ => false,
        },
        _ => false,
    }
}

/// Seconds since the year 0 in a calendar of our own: enough to compare.
fn seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days are counted from March, so that the leap day comes last (Howard Hinnant, "chrono-compatible algorithms").
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let offset = match text.rfind(['+', '-']).filter(|at| *at > 18) {
        Some(at) => {
            let sign = if text.get(at..=at)? == "-" { -1 } else { 1 };
            sign * (number(at + 1, at + 3)? * 60 + number(at + 4, at + 6)?)
        }
        None => 0,
    };
    Some(((days * 24 + hour) * 60 + minute - offset) * 60 + second)
}
