//! Regular expressions over names of groups.
//!
//! The expression is read by `regex-syntax`, which knows the places of errors, and its tree is given to the
//! engine: a tree can be held to the whole name, which a text such as `(?x)a # b` cannot be.

use regex_automata::meta::{Config, Regex as Engine};
use regex_syntax::ParserBuilder;
use regex_syntax::ast::ErrorKind;
use regex_syntax::hir::{Hir, Look};

use crate::problem::{Place, Problem};

/// How deep parentheses may stand in parentheses.
const MAX_DEPTH: u32 = 64;

/// The most bytes a compiled expression may take.
const MAX_BYTES: usize = 1 << 20;

/// A regular expression, ready to be matched.
#[derive(Clone, Debug)]
pub(crate) struct Regex(Engine);

impl Regex {
    /// Reads an expression; the place of the problem is counted from `offset`.
    pub(crate) fn read(text: &str, offset: usize) -> Result<Self, Vec<Problem>> {
        let mut parser = ParserBuilder::new().nest_limit(MAX_DEPTH).build();
        let tree = parser
            .parse(text)
            .map_err(|error| vec![refused(&error, text, offset)])?;
        let whole = Hir::concat(vec![Hir::look(Look::Start), tree, Hir::look(Look::End)]);
        let config = Config::new().nfa_size_limit(Some(MAX_BYTES));
        let engine = Engine::builder()
            .configure(config)
            .build_from_hir(&whole)
            .map_err(|_| vec![too_large(text, offset)])?;
        Ok(Self(engine))
    }

    /// Whether the expression matches all of `name`.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

fn too_large(text: &str, offset: usize) -> Problem {
    let place = Place::new(offset, offset + text.len());
    Problem::new(place, "this regular expression is too large")
        .expecting("smaller counts in `{…}`, or `[0-9A-Za-z_]` for `\\w`")
}

fn refused(error: &regex_syntax::Error, text: &str, offset: usize) -> Problem {
    let (span, message, kind) = match error {
        regex_syntax::Error::Parse(error) => {
            (error.span(), error.kind().to_string(), Some(error.kind()))
        }
        regex_syntax::Error::Translate(error) => (error.span(), error.kind().to_string(), None),
        _ => {
            let place = Place::new(offset, offset + text.len());
            return Problem::new(place, "this is not a regular expression");
        }
    };
    let (start, end) = (span.start.offset, span.end.offset);
    let problem = Problem::new(Place::new(offset + start, offset + end), message);
    let Some(kind) = kind else { return problem };
    let written = text.get(start..end).unwrap_or_default();
    match kind {
        ErrorKind::GroupUnclosed | ErrorKind::GroupUnopened | ErrorKind::ClassUnclosed => {
            problem.fixed_by(format!("\\{written}"))
        }
        ErrorKind::EscapeUnexpectedEof => problem.fixed_by(r"\\".to_owned()),
        // The place is empty, before the operator.
        ErrorKind::RepetitionMissing => {
            let any = text.get(end..).unwrap_or_default().starts_with('*');
            let fix = if any { "." } else { "\\" };
            problem
                .expecting("something to repeat; any character is `.`")
                .fixed_by(fix.to_owned())
        }
        ErrorKind::UnsupportedLookAround | ErrorKind::UnsupportedBackreference => {
            problem.expecting("an include rule and an exclude rule, or several rules")
        }
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(text: &str) -> Regex {
        Regex::read(text, 0).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
    }

    #[test]
    fn expressions_match_whole_names() {
        let table = [
            ("^sre-[0-9]+$", "sre-12", true),
            ("sre-[0-9]+", "sre-12", true),
            ("sre-[0-9]+", "sre-12a", false),
            ("sre", "x-sre", false),
            ("a|ab", "ab", true),
            ("a|b", "ab", false),
            ("(?i)sales", "SaLeS", true),
            ("(?x) a b # why", "ab", true),
            (r"\w+", "Öztürk", true),
            (r"\bteam\b.*", "team a", true),
            (r"\p{Lu}x", "Éx", true),
            ("a\n", "a\n", true),
            (".*", "🚀", true),
        ];
        for (text, name, expected) in table {
            assert_eq!(regex(text).matches(name), expected, "{text} on {name}");
        }
    }

    #[test]
    fn problems_have_a_place() {
        let table = [
            ("a(b", 1..2, "unclosed group", Some(r"\(")),
            ("é)", 2..3, "unopened group", Some(r"\)")),
            ("a[b", 1..2, "unclosed character class", Some(r"\[")),
            (
                "*-prod",
                0..0,
                "repetition operator missing expression",
                Some("."),
            ),
            (
                "+1",
                0..0,
                "repetition operator missing expression",
                Some(r"\"),
            ),
            (
                "(?=a)",
                0..3,
                "look-around, including look-ahead and look-behind, is not supported",
                None,
            ),
            (r"\p{Nothing}", 0..11, "Unicode property not found", None),
        ];
        for (text, span, message, fix) in table {
            let problems = Regex::read(text, 0).unwrap_err();
            assert_eq!(problems[0].span(), span, "{text}");
            assert_eq!(problems[0].message(), message);
            assert_eq!(problems[0].fix(), fix);
        }
        let deep = format!("{}a{}", "(".repeat(500), ")".repeat(500));
        for text in [deep.as_str(), r"(\w{100}){100}"] {
            assert_eq!(Regex::read(text, 3).unwrap_err().len(), 1);
        }
    }
}
