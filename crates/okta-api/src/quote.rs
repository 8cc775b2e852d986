//! Texts of others in messages.

use std::fmt::{self, Write as _};

/// So many characters of a text are quoted.
const QUOTED: usize = 100;

/// So many characters of an account of what is wrong are told.
const TOLD: usize = 300;

/// A text in backticks: what does not print is escaped, and what is long is cut.
pub(crate) const fn quoted(text: &str) -> Quoted<'_> {
    Quoted(text)
}

pub(crate) struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", printable(self.0, QUOTED))
    }
}

/// An account of what is wrong, which may quote foreign text: no more than can be read, and nothing that moves a cursor.
pub(crate) fn told(account: &str) -> String {
    printable(account, TOLD)
}

fn printable(text: &str, most: usize) -> String {
    let mut printable = String::new();
    let mut letters = text.chars();
    for letter in letters.by_ref().take(most) {
        match letter {
            '\'' | '"' | '\\' => printable.push(letter),
            // Escapes controls, bidirectional marks and separators, and leaves what is seen.
            _ => printable.extend(letter.escape_debug()),
        }
    }
    let rest = letters.count();
    if rest > 0 {
        // Writing to a text does not fail.
        let _ = write!(printable, "… ({rest} more characters)");
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::{quoted, told};

    #[test]
    fn what_does_not_print_is_escaped_and_what_is_long_is_cut() {
        let table = [
            ("Zoë's \"x\\\"", "`Zoë's \"x\\\"`"),
            ("a\nb\u{1b}[2J\u{7f}", "`a\\nb\\u{1b}[2J\\u{7f}`"),
            (
                "\u{202e}\u{2066}\u{2028}\u{9b}",
                "`\\u{202e}\\u{2066}\\u{2028}\\u{9b}`",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(quoted(text).to_string(), expected);
        }
        let long = told(&"ä".repeat(1_000_000));
        assert!(long.starts_with("ää") && long.ends_with("… (999700 more characters)"));
        assert!(long.len() < 1_000);
    }
}
