//! Random expressions, records and texts, from few words, so that they meet.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::naive::Naive;

const PATHS: [&str; 12] = [
    "id",
    "status",
    "created",
    "lastUpdated",
    "lastLogin",
    "type",
    "profile.login",
    "profile.email",
    "profile.name",
    "profile.custom",
    "classification.type",
    "unknown",
];
const OPERATORS: [&str; 9] = ["eq", "ne", "gt", "ge", "lt", "le", "sw", "co", "ew"];
const TEXTS: [&str; 14] = [
    "",
    "a",
    "A",
    "abc",
    "aBcd",
    "É",
    "é",
    "e",
    "ΑΣ",
    "ας",
    "b\"\\\n",
    "ACTIVE",
    "😀",
    "and (x) or",
];
const DATES: [&str; 5] = [
    "2024-02-29T12:00:00.000Z",
    "2024-02-29T12:00:00.999Z",
    "2024-02-29T13:30:00.000+01:30",
    "2024-03-01T00:00:00Z",
    "1969-12-31T23:59:59.000Z",
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => select(&TEXTS[..]).prop_map(Value::from),
        2 => select(&DATES[..]).prop_map(Value::from),
        1 => select(&[0.0, -1.5, 7.0, 1e300][..]).prop_map(Value::from),
        1 => (-2..3).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

pub(crate) fn expression() -> impl Strategy<Value = Naive> {
    let path = || select(&PATHS[..]).prop_map(str::to_owned);
    let leaf = prop_oneof![
        1 => path().prop_map(Naive::Present),
        6 => (path(), select(&OPERATORS[..]), scalar())
            .prop_map(|(path, operator, value)| Naive::Compare(path, operator, value)),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 1..4).prop_map(Naive::And),
            3 => vec(inner.clone(), 1..4).prop_map(Naive::Or),
            1 => inner.prop_map(|inner| Naive::Not(Box::new(inner))),
        ]
    })
}

/// A user or a group; every attribute may be missing, empty, single or a list.
pub(crate) fn record() -> impl Strategy<Value = Value> {
    let value = || prop_oneof![5 => scalar(), 1 => vec(scalar(), 0..3).prop_map(Value::from)];
    vec(proptest::option::of(value()), PATHS.len()).prop_map(|values| {
        let mut record = json!({"profile": {}, "classification": {}});
        for (path, value) in PATHS.iter().zip(values) {
            let Some(value) = value else { continue };
            match path.split_once('.') {
                Some((outer, inner)) => record[outer][inner] = value,
                None => record[*path] = value,
            }
        }
        record
    })
}

/// Parts of expressions, right and wrong, in any order.
pub(crate) fn mixture() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        select(
            &[
                "a",
                "profile.x",
                "eq",
                "pr",
                "EQ",
                "eqq",
                "and",
                "or",
                "not",
                "(",
                ")",
                "\"x\"",
                "\"",
                "'",
                "“",
                "”",
                "‘",
                "’",
                "\\\"",
                "\\",
                "\"\\u12\"",
                "=",
                "!=",
                "&&",
                "|",
                "!",
                "[",
                "]",
                ",",
                "1",
                "-1.5e3",
                "1e999",
                "true",
                "null",
                "%22",
                "%",
                "+eq+",
                "+",
                "\u{a0}",
                "\u{0}",
                "é",
                "😀",
                "\n",
                "\t",
                "x y z",
            ][..]
        )
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    let space = select(&["", " ", " ", " "][..]);
    vec((part, space), 0..16).prop_map(|parts| {
        parts
            .into_iter()
            .map(|(part, space)| part + space)
            .collect()
    })
}

/// Names of groups, usual and unusual, short and longer than one search.
pub(crate) fn group_name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-z][a-z -]{0,20}",
        1 => select(&TEXTS[..]).prop_map(str::to_owned),
        1 => "[a-z ]{0,5}😀[a-z]{0,5}",
        1 => "\\PC{1,40}",
        1 => "[語\"]{200,255}",
        1 => (0..900_usize).prop_map(|length| "é".repeat(length)),
    ]
}
