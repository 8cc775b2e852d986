//! Tokens into a tree: precedence climbing, with recovery so that all the faults are found.

use std::str::FromStr;
use std::sync::Arc;

use crate::expr::{Node, SearchExpr};
use crate::lexer::{self, Kind, MAX_PROBLEMS, Token};
use crate::problem::{ParseErrors, Place, Problem, Problems};

mod comparison;

mod alternatives;

/// The deepest nesting of parentheses that is read.
pub const MAX_DEPTH: usize = 64;

/// The most comparisons that are read in one expression.
pub const MAX_TERMS: usize = 1024;

/// The longest text that is read, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

impl FromStr for SearchExpr {
    type Err = ParseErrors;

    /// Reads an expression, or says all that is wrong with it.
    fn from_str(text: &str) -> Result<Self, ParseErrors> {
        parse(text)
    }
}

fn parse(text: &str) -> Result<SearchExpr, ParseErrors> {
    let shared: Arc<str> = text.into();
    let refuse = |problems| Err(ParseErrors(Problems::new(Arc::clone(&shared), problems)));
    if text.len() > MAX_LENGTH {
        let message = format!("the text is longer than {MAX_LENGTH} bytes");
        return refuse(vec![Problem::new(Place::new(0, text.len()), message)]);
    }
    let (tokens, problems) = lexer::tokens(text);
    if tokens.is_empty() && !problems.is_empty() {
        return refuse(problems);
    }
    if text.len() + spaces_printed(&tokens) > MAX_LENGTH {
        let message =
            format!("the text is longer than {MAX_LENGTH} bytes with a space after each `not`");
        return refuse(vec![Problem::new(Place::new(0, text.len()), message)]);
    }
    let mut parser = Parser {
        tokens,
        at: 0,
        problems,
        depth: 0,
        terms: 0,
        end: text.len(),
        text,
    };
    let root = parser.disjunction();
    match root {
        Some(root) if parser.problems.is_empty() => Ok(SearchExpr::read_from(shared, root)),
        _ => {
            parser.problems.truncate(MAX_PROBLEMS);
            refuse(parser.problems)
        }
    }
}

/// How many spaces are printed that were not written: `not(` is the one thing that is printed longer than it is read,
/// and what is printed must not be too long to be read.
fn spaces_printed(tokens: &[Token<'_>]) -> usize {
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    pairs
        .filter(|(not, open)| not.kind == Kind::Not && open.kind == Kind::Open && !open.spaced)
        .count()
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    problems: Vec<Problem>,
    depth: usize,
    terms: usize,
    /// The length of the text.
    end: usize,
    text: &'t str,
}

/// What joins two terms.
#[derive(Clone, Copy, PartialEq)]
enum Connective {
    And,
    Or,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.get(self.at)
    }

    fn kind(&self) -> Option<&Kind<'t>> {
        self.peek().map(|token| &token.kind)
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek().cloned();
        self.at += usize::from(token.is_some());
        token
    }

    /// Where the next token is, or the end of the text.
    fn place(&self) -> Place {
        self.peek()
            .map_or(Place::new(self.end, self.end), |token| token.place)
    }

    /// Where the token before is, or the start of the text.
    fn place_before(&self) -> Place {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.map_or(Place::new(0, 0), |token| token.place)
    }

    /// Passes over a `)` that closes nothing.
    fn stray_close(&mut self) {
        let problem = Problem::new(self.place(), "no `(` belongs to this `)`");
        self.report(problem.fixed_by(Some(String::new())));
        self.at += 1;
    }

    /// Passes over what the lexer has reported.
    fn skip_strays(&mut self) {
        while self.kind() == Some(&Kind::Stray) {
            self.at += 1;
        }
    }

    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
        if self.problems.len() >= MAX_PROBLEMS {
            self.stop();
        }
    }

    /// Ends the reading: there is more than anyone wants to read.
    fn give_up(&mut self, problem: Problem) {
        self.report(problem);
        self.stop();
    }

    /// Goes to the end. Whatever follows from stopping here is not reported: see `stopped`.
    fn stop(&mut self) {
        self.at = self.tokens.len();
        self.terms = STOPPED;
    }

    fn stopped(&self) -> bool {
        self.terms == STOPPED
    }

    /// `conjunction { "or" conjunction }`
    fn disjunction(&mut self) -> Option<Node> {
        let first = self.conjunction();
        if self.kind() != Some(&Kind::Or) {
            return first;
        }
        let mut parts = vec![first];
        while self.connective(Connective::Or) {
            parts.push(self.conjunction());
        }
        Node::any(parts.into_iter().flatten())
    }

    /// `term { "and" term }`
    fn conjunction(&mut self) -> Option<Node> {
        let first = self.term();
        if matches!(self.kind(), None | Some(Kind::Or)) {
            return first;
        }
        let mut parts = vec![first];
        loop {
            if self.connective(Connective::And) {
                parts.push(self.term());
                continue;
            }
            match self.kind() {
                None | Some(Kind::Or | Kind::And) => break,
                Some(Kind::Close) if self.depth > 0 => break,
                Some(Kind::Close) => self.stray_close(),
                // The lexer reported it; what follows is taken to be joined by it.
                Some(Kind::Stray) => {
                    self.skip_strays();
                    if matches!(self.kind(), Some(Kind::Word(_) | Kind::Open | Kind::Not)) {
                        parts.push(self.term());
                    }
                }
                Some(Kind::Word(_) | Kind::Open | Kind::Not) => {
                    let problem =
                        Problem::new(self.place(), "nothing joins this to what stands before it");
                    self.report(problem.expecting("`and` or `or`"));
                    parts.push(self.term());
                }
                Some(Kind::Text(_) | Kind::Symbol(_)) => {
                    let problem =
                        Problem::new(self.place(), "the expression is complete before this");
                    self.report(problem.expecting("`and`, `or` or the end"));
                    self.at += 1;
                }
            }
        }
        Node::all(parts.into_iter().flatten())
    }

    /// Reads `and` or `or`, which stand between spaces.
    fn connective(&mut self, wanted: Connective) -> bool {
        let (kind, word) = match wanted {
            Connective::And => (Kind::And, "and"),
            Connective::Or => (Kind::Or, "or"),
        };
        let Some(token) = self.peek().filter(|token| token.kind == kind) else {
            return false;
        };
        let (place, spaced) = (token.place, token.spaced);
        self.at += 1;
        if !spaced {
            self.missing_space(
                Place::new(place.start, place.start),
                format!("before `{word}`"),
            );
        }
        if self
            .peek()
            .is_some_and(|after| !after.spaced && after.kind != Kind::Close)
        {
            self.missing_space(Place::new(place.end, place.end), format!("after `{word}`"));
        }
        true
    }

    fn missing_space(&mut self, place: Place, wherein: String) {
        let problem = Problem::new(place, format!("a space is missing {wherein}"));
        self.report(problem.fixed_by(Some(" ".to_owned())));
    }

    /// `"(" disjunction ")" | "not" "(" disjunction ")" | comparison`
    fn term(&mut self) -> Option<Node> {
        while self.depth == 0 && self.kind() == Some(&Kind::Close) {
            self.stray_close();
        }
        match self.kind() {
            Some(Kind::Open) => self.group(),
            Some(Kind::Not) => self.negation(),
            Some(Kind::Word(_) | Kind::Text(_) | Kind::Symbol(_)) => self.comparison(),
            Some(Kind::Stray) => {
                self.skip_strays();
                None
            }
            Some(Kind::And | Kind::Or | Kind::Close) | None => {
                self.missing_term();
                None
            }
        }
    }

    /// Says that no expression stands here. What follows is not consumed.
    fn missing_term(&mut self) {
        if self.stopped() {
            return;
        }
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let problem = match (before.map(|token| &token.kind), self.kind()) {
            (_, Some(Kind::And | Kind::Or)) => {
                Problem::new(self.place(), "no expression stands before this")
                    .fixed_by(Some(String::new()))
            }
            (Some(Kind::And | Kind::Or), _) => {
                Problem::new(self.place_before(), "no expression follows this")
                    .fixed_by(Some(String::new()))
            }
            (Some(Kind::Open), Some(Kind::Close)) => Problem::new(
                self.place_before().to(self.place()),
                "nothing stands in the parentheses",
            ),
            (None, _) => Problem::new(Place::new(0, self.end), "the expression is empty")
                .expecting("a comparison such as `status eq \"ACTIVE\"`"),
            _ => Problem::new(self.place(), "an expression is missing"),
        };
        self.report(problem);
    }

    fn group(&mut self) -> Option<Node> {
        let open = self.place();
        if self.depth == MAX_DEPTH {
            let message = format!("parentheses are nested deeper than {MAX_DEPTH}");
            self.give_up(Problem::new(open, message));
            return None;
        }
        self.at += 1;
        self.depth += 1;
        let inside = self.disjunction();
        self.depth -= 1;
        if self.kind() == Some(&Kind::Close) {
            self.at += 1;
        } else if !self.stopped() {
            let before = self.text.get(..open.start).unwrap_or(self.text);
            let nth = before.chars().count() + 1;
            let message = format!("the `(` that is character {nth} is not closed");
            let end = Place::new(self.end, self.end);
            self.report(Problem::new(end, message).fixed_by(Some(")".to_owned())));
        }
        inside
    }

    fn negation(&mut self) -> Option<Node> {
        let place = self.place();
        self.at += 1;
        if self.kind() == Some(&Kind::Open) {
            let inside = self.group()?;
            return Some(Node::Not(Box::new(inside), place));
        }
        if matches!(self.kind(), Some(Kind::Word(_) | Kind::Text(_))) {
            let problem = Problem::new(place, "`not` takes parentheses");
            self.report(problem.expecting("`not ( … )`"));
            return self.term();
        }
        let problem = Problem::new(place, "nothing to negate follows `not`");
        self.report(problem.expecting("`not ( … )`"));
        None
    }
}

/// The number of terms of a parser that has given up.
const STOPPED: usize = usize::MAX;
