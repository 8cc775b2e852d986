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
            // The one letter whose lower case depends on its neighbours: leave it to the library.
            Case::Insensitive if actual.contains('Σ') => {
                plain(operator, &actual.to_lowercase(), &self.text)
            }
            Case::Insensitive => folded(operator, actual, &self.text),
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
}
