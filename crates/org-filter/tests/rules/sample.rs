//! Random rules and names, from few characters, so that they meet.

use org_filter::names::RuleKind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) fn kind() -> impl Strategy<Value = RuleKind> {
    select(
        &[
            RuleKind::Exact,
            RuleKind::Prefix,
            RuleKind::Glob,
            RuleKind::Regex,
        ][..],
    )
}

/// Parts of globs and regular expressions, in any order.
pub(crate) fn mixture() -> impl Strategy<Value = String> {
    let parts = [
        "a", "b", "A", "*", "?", "[", "]", "!", "^", "-", "{", "}", ",", "\\", "(", ")", "|", "+",
        "$", ".", ":", "glob:", "exact:", "(?i)", "\\w", "é", "Σ", "😀", " ", "\n", "{2}",
    ];
    vec(select(parts.to_vec()), 0..12).prop_map(|parts| parts.concat())
}

/// Names that the rules are about, more often than not.
pub(crate) fn name() -> impl Strategy<Value = String> {
    let letters = [
        "a", "b", "c", "A", "B", "-", "s", "S", "ſ", "k", "K", "σ", "ς", "Σ", "İ", "i", "😀", ".",
    ];
    prop_oneof![
        4 => vec(select(letters[..6].to_vec()), 0..7).prop_map(|parts| parts.concat()),
        3 => vec(select(letters.to_vec()), 0..6).prop_map(|parts| parts.concat()),
        1 => "\\PC{0,8}",
    ]
}

/// Globs, nearly all of them well formed.
pub(crate) fn glob() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => select(vec!["a", "b", "c", "A", "-", "s", "K", "Σ", "ς", "İ", "😀"]),
        3 => select(vec!["*", "?", "[ab]", "[!a]", "[a-c]", "[A-Ca-c]", "[Aa]", "[Σσ]", "[sSſ]"]),
        1 => select(vec!["\\*", "\\a", "[\\]-a]", "[a-]", "[,]", "[{]", "]", "\\,", "[!-]"]),
    ];
    let leaf = leaf.prop_map(str::to_owned);
    let many = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            2 => vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            1 => vec(inner, 1..4).prop_map(|parts| format!("{{{}}}", parts.join(","))),
            1 => Just("{,a}".to_owned()),
        ]
    });
    vec(many, 1..4).prop_map(|parts| parts.concat())
}
