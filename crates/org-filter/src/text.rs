//! How texts are compared: exactly, or without regard to case.
//!
//! Without regard to case means: both sides in lower case by Unicode's rules, as [`str::to_lowercase`] does it.
//! Nothing else is folded: `é` is not `e`, and spaces are kept.

use std::cmp::Ordering;

use crate::expr::Operator;

/// Whether upper and lower case differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// `ACTIVE` is not `active`.
    Sensitive,
    /// `ACTIVE` is `active`.
    Insensitive,
}

/// A text to compare others with, prepared once.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    text: Box<str>,
    case: Case,
}

impl Wanted {
    pub(crate) fn new(text: &str, case: Case) -> Self {
        let text = match case {
            Case::Sensitive => text.into(),
            Case::Insensitive => text.to_lowercase().into(),
        };
        Self { text, case }
    }

    /// Whether `actual` stands in the relation `operator` to the wanted text.
    pub(crate) fn holds(&self, operator: Operator, actual: &str) -> bool {
        match self.case {
            Case::Sensitive => plain(operator, actual, &self.text),
            Case::Insensitive => ascii(operator, actual.as_bytes(), self.text.as_bytes())
                .unwrap_or_else(|| unicode(operator, actual, &self.text)),
        }
    }
}

/// Whether `ordering`, of the actual value against the wanted one, satisfies `operator`.
pub(crate) fn admits(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Eq => ordering.is_eq(),
        Operator::Ne => ordering.is_ne(),
        Operator::Gt => ordering.is_gt(),
        Operator::Ge => ordering.is_ge(),
        Operator::Lt => ordering.is_lt(),
        Operator::Le => ordering.is_le(),
        Operator::Sw | Operator::Co | Operator::Ew | Operator::Pr => false,
    }
}

fn plain(operator: Operator, actual: &str, wanted: &str) -> bool {
    match operator {
        Operator::Sw => actual.starts_with(wanted),
        Operator::Co => actual.contains(wanted),
        Operator::Ew => actual.ends_with(wanted),
        _ => admits(operator, actual.cmp(wanted)),
    }
}

/// Like [`plain`] on `actual` in lower case, byte by byte; `None` when a letter that is not of ASCII decides.
///
/// Most texts are ASCII, and most others differ from the wanted one before a letter that is not. A letter beyond ASCII
/// that is the same in both is in lower case already.
fn ascii(operator: Operator, actual: &[u8], wanted: &[u8]) -> Option<bool> {
    match operator {
        Operator::Co => actual.is_ascii().then(|| contains(actual, wanted)),
        Operator::Sw => leads(actual.iter(), wanted.iter()),
        Operator::Ew => leads(actual.iter().rev(), wanted.iter().rev()),
        _ => order(actual, wanted).map(|ordering| admits(operator, ordering)),
    }
}

/// Whether `actual` begins with `wanted`, which is in lower case.
fn leads<'b>(
    mut actual: impl Iterator<Item = &'b u8>,
    wanted: impl Iterator<Item = &'b u8>,
) -> Option<bool> {
    for byte in wanted {
        match actual.next() {
            Some(same) if same.to_ascii_lowercase() == *byte => {}
            Some(other) if !other.is_ascii() => return None,
            _ => return Some(false),
        }
    }
    Some(true)
}

/// How `actual` is ordered against `wanted`, which is in lower case.
fn order(actual: &[u8], wanted: &[u8]) -> Option<Ordering> {
    for (actual, wanted) in actual.iter().zip(wanted) {
        // Code points are in the order of their bytes.
        match actual.to_ascii_lowercase().cmp(wanted) {
            Ordering::Equal => {}
            _ if !actual.is_ascii() => return None,
            decided => return Some(decided),
        }
    }
    // Whatever is left of one of them has a lower case, and it is not empty.
    Some(actual.len().cmp(&wanted.len()))
}

/// Whether `actual`, of ASCII, contains `wanted`, which is in lower case.
fn contains(actual: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else {
        return true;
    };
    let Some(last_start) = actual.len().checked_sub(wanted.len()) else {
        return false;
    };
    let starts = actual.iter().take(last_start + 1).enumerate();
    starts
        .filter(|(_, byte)| byte.to_ascii_lowercase() == *first)
        .filter_map(|(at, _)| actual.get(at + 1..at + wanted.len()))
        .any(|after| after.eq_ignore_ascii_case(rest))
}

/// Like [`plain`] on `actual` in lower case.
fn unicode(operator: Operator, actual: &str, wanted: &str) -> bool {
    // The one letter whose lower case depends on its neighbours: leave it to the library.
    if actual.contains('Σ') {
        plain(operator, &actual.to_lowercase(), wanted)
    } else {
        folded(operator, actual, wanted)
    }
}

/// Like [`plain`] on `actual` in lower case, without building it.
fn folded(operator: Operator, actual: &str, wanted: &str) -> bool {
    let mut lower = actual.chars().flat_map(char::to_lowercase);
    match operator {
        Operator::Sw => begins(lower, wanted.chars()),
        Operator::Ew => begins(lower.rev(), wanted.chars().rev()),
        Operator::Co => loop {
            if begins(lower.clone(), wanted.chars()) {
                return true;
            }
            if lower.next().is_none() {
                return false;
            }
        },
        _ => admits(operator, lower.cmp(wanted.chars())),
    }
}

fn begins(mut actual: impl Iterator<Item = char>, mut wanted: impl Iterator<Item = char>) -> bool {
    wanted.all(|character| actual.next() == Some(character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operator::{Co, Eq, Ew, Ge, Gt, Le, Lt, Ne, Sw};

    #[test]
    fn search_ignores_case_and_nothing_else() {
        let table = [
            ("Öztürk", Eq, "öZTÜRK", true),
            ("Ozturk", Eq, "Öztürk", false),
            ("ΟΔΟΣ", Eq, "οδος", true),
            ("İstanbul", Sw, "i̇s", true),
            ("STRASSE", Eq, "straße", false),
            (" a", Eq, "a", false),
            ("West Coast", Sw, "WEST", true),
            ("West", Sw, "West Coast", false),
            ("aab", Co, "AB", true),
            ("aaa", Co, "ab", false),
            ("x", Co, "", true),
            ("me@ACME.com", Ew, "@acme.COM", true),
            ("com", Ew, "acme.com", false),
            ("b", Gt, "A", true),
            ("B", Lt, "a", false),
            ("A", Ge, "a", true),
            ("A", Le, "a", true),
            ("A", Ne, "a", false),
            ("Zoë", Lt, "ZOF", false),
            ("Zoe", Lt, "ZOË", true),
            ("Zo", Lt, "zoë", true),
            ("zoë", Gt, "Zo", true),
            ("\u{212a}elvin", Eq, "kelvin", true),
            ("kelvi\u{212a}", Ew, "K", true),
            ("o\u{212a}", Co, "K", true),
            ("Zoë Müller", Sw, "zo", true),
            ("Zoë Müller", Ew, "LLER", true),
            ("Zoë Müller", Co, "MÜ", true),
            ("abc", Co, "abcd", false),
        ];
        for (actual, operator, wanted, expected) in table {
            let wanted = Wanted::new(wanted, Case::Insensitive);
            assert_eq!(
                wanted.holds(operator, actual),
                expected,
                "{actual} {operator} {wanted:?}"
            );
        }
    }

    #[test]
    fn filter_compares_exactly() {
        let wanted = Wanted::new("Love", Case::Sensitive);
        assert!(wanted.holds(Eq, "Love") && wanted.holds(Sw, "Lovely"));
        assert!(!wanted.holds(Eq, "love") && !wanted.holds(Co, "glove"));
    }

    #[test]
    fn bytes_and_letters_agree() {
        let parts = [
            "", "a", "B", "k", "K", "\u{212a}", "é", "É", "İ", "i", "\u{307}", "Σ", "ς", "{", "~",
        ];
        let pairs: Vec<String> = (parts.iter())
            .flat_map(|first| parts.map(|second| format!("{first}{second}")))
            .collect();
        let texts: Vec<String> = (pairs.iter())
            .flat_map(|first| parts.map(|third| format!("{first}{third}")))
            .collect();
        for wanted in texts.iter().step_by(97) {
            let prepared = Wanted::new(wanted, Case::Insensitive);
            for actual in &texts {
                let lower = actual.to_lowercase();
                for operator in [Eq, Ne, Gt, Ge, Lt, Le, Sw, Co, Ew] {
                    assert_eq!(
                        prepared.holds(operator, actual),
                        plain(operator, &lower, &wanted.to_lowercase()),
                        "{actual} {operator} {wanted}"
                    );
                }
            }
        }
    }
}
