//! Regular expressions over names of groups.
//!
//! The expression is read by `regex-syntax`, which knows the places of errors and the literal beginnings, and its tree
//! is given to the engine: a tree can be held to the whole name, which a text such as `(?x)a # b` cannot be.

use regex_automata::meta::{Config, Regex as Engine};
use regex_syntax::ParserBuilder;
use regex_syntax::ast::ErrorKind;
use regex_syntax::hir::literal::{Extractor, Literal};
use regex_syntax::hir::{Hir, Look};

use crate::name_search::Term;
use crate::problem::{Place, Problem};

/// How deep parentheses may stand in parentheses.
const MAX_DEPTH: u32 = 64;

/// The most bytes a compiled expression may take.
const MAX_BYTES: usize = 1 << 20;

/// The most beginnings an expression is asked for by, before upper and lower case are made one.
const MAX_BEGINNINGS: usize = 64;

/// The most characters of a set that are asked for one by one: a letter has no more cases (`S`, `s` and `ſ`).
const MAX_CASES: usize = 3;

/// A regular expression, ready to be matched.
#[derive(Clone, Debug)]
pub(crate) struct Regex {
    engine: Engine,
    tree: Hir,
}

impl Regex {
    /// Reads an expression; the place of the problem is counted from `offset`.
    pub(crate) fn read(text: &str, offset: usize) -> Result<Self, Vec<Problem>> {
        let mut parser = ParserBuilder::new().nest_limit(MAX_DEPTH).build();
        let tree = parser
            .parse(text)
            .map_err(|error| vec![refused(&error, text, offset)])?;
        let whole = Hir::concat(vec![
            Hir::look(Look::Start),
            tree.clone(),
            Hir::look(Look::End),
        ]);
        let config = Config::new().nfa_size_limit(Some(MAX_BYTES));
        let engine = Engine::builder()
            .configure(config)
            .build_from_hir(&whole)
            .map_err(|_| vec![too_large(text, offset)])?;
        Ok(Self { engine, tree })
    }

    /// Whether the expression matches all of `name`.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.engine.is_match(name)
    }

    /// Terms that together find all the groups the expression matches; `None` when one of them would have to find
    /// everything.
    pub(crate) fn terms(&self) -> Option<Vec<Term>> {
        let beginnings = Extractor::new()
            .limit_class(MAX_CASES)
            .limit_total(MAX_BEGINNINGS)
            .extract(&self.tree);
        let mut terms = Vec::new();
        for literal in beginnings.literals()? {
            let (text, whole) = text_of(literal);
            match (whole, text.is_empty()) {
                // No group has an empty name.
                (true, true) => {}
                (true, false) => terms.push(Term::name(text)?),
                (false, _) => terms.push(Term::beginning(text)?),
            }
        }
        Some(terms)
    }
}

/// The text of a literal, which may be cut within a character, and whether it is all that is matched.
fn text_of(literal: &Literal) -> (&str, bool) {
    match std::str::from_utf8(literal.as_bytes()) {
        Ok(text) => (text, literal.is_exact()),
        Err(error) => {
            let valid = literal.as_bytes().get(..error.valid_up_to());
            let text = std::str::from_utf8(valid.unwrap_or_default());
            (text.unwrap_or_default(), false)
        }
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

    #[test]
    fn beginnings_are_literal() {
        let table = [
            ("^sre-[0-9]+$", Some(r#"profile.name sw "sre-""#)),
            ("team", Some(r#"profile.name eq "team""#)),
            (
                "(a|b)c.*",
                Some(r#"profile.name sw "ac" or profile.name sw "bc""#),
            ),
            ("(?i)tea", Some(r#"profile.name eq "TEA""#)),
            (".*a", None),
            ("a*", Some(r#"profile.name sw "a""#)),
            ("a?b?.*", None),
            (r"\w+", None),
            ("🚀.*", None),
            ("é🚀.*", Some(r#"profile.name sw "é""#)),
        ];
        for (text, expected) in table {
            let terms = regex(text).terms().map(crate::name_search::without_overlap);
            let printed = terms.map(|terms| {
                let searches = crate::name_search::searches(terms);
                searches.iter().map(ToString::to_string).collect::<String>()
            });
            assert_eq!(printed.as_deref(), expected, "{text}");
        }
    }
}
