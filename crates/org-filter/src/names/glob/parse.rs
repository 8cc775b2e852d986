//! Reading globs: all the problems are found, each with its place and its fix.

use super::{Set, Step};
use crate::problem::{Place, Problem, quoted};

/// How deep braces may stand in braces.
const MAX_DEPTH: usize = 16;

/// The steps of a glob; the places of the problems are counted from `offset`.
pub(super) fn parse(text: &str, offset: usize) -> Result<Vec<Step>, Vec<Problem>> {
    let mut parser = Parser {
        text,
        at: 0,
        offset,
        steps: Vec::new(),
        open: Vec::new(),
        problems: Vec::new(),
    };
    parser.run();
    if parser.problems.is_empty() {
        Ok(parser.steps)
    } else {
        Err(parser.problems)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    offset: usize,
    steps: Vec<Step>,
    open: Vec<Brace>,
    problems: Vec<Problem>,
}

/// A `{` that was not closed yet.
struct Brace {
    at: usize,
    fork: usize,
    starts: Vec<usize>,
    /// The steps at the ends of the alternatives.
    jumps: Vec<usize>,
}

impl Parser<'_> {
    fn run(&mut self) {
        while let Some(character) = self.next() {
            let start = self.at - character.len_utf8();
            match character {
                '*' if matches!(self.steps.last(), Some(Step::Many)) => {}
                '*' => self.steps.push(Step::Many),
                '?' => self.steps.push(Step::One),
                '[' => self.set(start),
                '{' => self.open(start),
                ',' if !self.open.is_empty() => self.alternative(),
                '}' => self.close(start),
                '\\' => {
                    let escaped = self.escaped(start);
                    self.steps.extend(escaped.map(Step::Literal));
                }
                literal => self.steps.push(Step::Literal(literal)),
            }
        }
        for brace in std::mem::take(&mut self.open) {
            self.refuse(brace.at, brace.at + 1, "this brace is not closed")
                .expecting("a `}` after the alternatives")
                .fixed_in(self, r"\{");
        }
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    /// The character after a `\`.
    fn escaped(&mut self, start: usize) -> Option<char> {
        let character = self.next();
        if character.is_none() {
            self.refuse(start, self.at, r"`\` stands before nothing")
                .fixed_in(self, r"\\");
        }
        character
    }

    fn open(&mut self, at: usize) {
        if self.open.len() == MAX_DEPTH {
            let message = format!("braces stand more than {MAX_DEPTH} deep");
            self.refuse(at, at + 1, message)
                .expecting("fewer of them, or several rules")
                .noted_in(self);
        }
        let fork = self.steps.len();
        self.steps.push(Step::Fork(Vec::new()));
        self.open.push(Brace {
            at,
            fork,
            starts: vec![fork + 1],
            jumps: Vec::new(),
        });
    }

    fn alternative(&mut self) {
        if let Some(brace) = self.open.last_mut() {
            brace.jumps.push(self.steps.len());
            brace.starts.push(self.steps.len() + 1);
            // Where to is known at the end.
            self.steps.push(Step::Jump(0));
        }
    }

    fn close(&mut self, at: usize) {
        let Some(brace) = self.open.pop() else {
            self.refuse(at, at + 1, "no brace is open here")
                .fixed_in(self, r"\}");
            return;
        };
        let end = self.steps.len();
        if end == brace.fork + 1 {
            self.refuse(brace.at, at + 1, "there is nothing between the braces")
                .expecting("alternatives, as in `{prod,dev}`")
                .fixed_in(self, r"\{\}");
        }
        // An alternative that ends in `*` is not the same `*` as one behind the brace.
        for jump in brace.jumps {
            if let Some(step) = self.steps.get_mut(jump) {
                *step = Step::Jump(end + 1);
            }
        }
        self.steps.push(Step::Jump(end + 1));
        if let Some(step) = self.steps.get_mut(brace.fork) {
            *step = Step::Fork(brace.starts);
        }
    }

    /// What is between brackets; the first is read.
    fn set(&mut self, start: usize) {
        let mut set = Set::default();
        match self.peek() {
            Some('!') => {
                self.at += 1;
                set.negated = true;
            }
            Some('^') => self
                .refuse(self.at, self.at + 1, "`^` does not negate a set")
                .expecting(r"`!`, or `\^` for the character")
                .fixed_in(self, "!"),
            _ => {}
        }
        loop {
            let item = self.at;
            let first = match self.next() {
                Some(']') => break,
                Some('\\') => self.escaped(item),
                other => other,
            };
            let Some(first) = first else {
                self.refuse(start, start + 1, "this bracket is not closed")
                    .expecting("a `]` after the characters")
                    .fixed_in(self, r"\[");
                return;
            };
            let last = self.end_of_range().unwrap_or(first);
            if last < first {
                let range = quoted(self.text.get(item..self.at).unwrap_or_default());
                self.refuse(item, self.at, format!("the range {range} runs backwards"))
                    .fixed_in(self, &format!("{}-{}", in_set(last), in_set(first)));
            }
            set.ranges.push((first, last));
        }
        if set.ranges.is_empty() {
            let fix = self.text.get(start..self.at).unwrap_or_default();
            let fix = fix.replace('[', r"\[").replace(']', r"\]");
            self.refuse(start, self.at, "there is nothing between the brackets")
                .expecting(r"characters; `]` itself is `\]`")
                .fixed_in(self, &fix);
        }
        self.steps.push(Step::Set(set));
    }

    /// The end of a range whose first character was read; `-` before `]` is a character like others.
    fn end_of_range(&mut self) -> Option<char> {
        let mut rest = self.text.get(self.at..)?.chars();
        if rest.next() != Some('-') || matches!(rest.next(), None | Some(']')) {
            return None;
        }
        self.at += 1;
        let start = self.at;
        match self.next() {
            Some('\\') => self.escaped(start),
            other => other,
        }
    }

    fn refuse(&self, start: usize, end: usize, message: impl Into<String>) -> Problem {
        Problem::new(Place::new(self.offset + start, self.offset + end), message)
    }
}

/// A character as it is written between brackets.
fn in_set(character: char) -> String {
    if matches!(character, '\\' | ']' | '-' | '!' | '^') {
        format!("\\{character}")
    } else {
        character.to_string()
    }
}

impl Problem {
    fn fixed_in(self, parser: &mut Parser<'_>, fix: &str) {
        parser.problems.push(self.fixed_by(fix.to_owned()));
    }

    fn noted_in(self, parser: &mut Parser<'_>) {
        parser.problems.push(self);
    }
}
