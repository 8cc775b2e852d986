//! From a text to the parts of a template.

use std::mem;

use org_filter::Problem;

use super::fields::RecordKind;
use super::filter::Filter;
use super::token::{Token, Tokens};
use super::{Operand, Part, Placeholder};
use crate::text::nearest::nearest;

/// Reads a whole template; on failure everything that is wrong, in the order of the text.
pub(super) fn template(text: &str, kind: RecordKind) -> Result<Vec<Part>, Vec<Problem>> {
    let mut parts = Vec::new();
    let mut problems = Vec::new();
    let mut plain = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(next) = rest.chars().next()
    {
        if rest.starts_with("{{") || rest.starts_with("}}") {
            plain.push(next);
            at += 2;
        } else if next == '{' {
            if !plain.is_empty() {
                parts.push(Part::Text(mem::take(&mut plain)));
            }
            let mut parser = PlaceholderParser::new(text, at, kind);
            parser.read();
            at = parser.tokens.end();
            problems.append(&mut parser.problems);
            parts.push(Part::Placeholder(parser.placeholder));
        } else if next == '}' {
            let problem = Problem::new(at..at + 1, "this brace closes nothing");
            problems.push(problem.with_help("write `}}` for a brace that is text"));
            at += 1;
        } else {
            plain.push(next);
            at += next.len_utf8();
        }
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    if problems.is_empty() {
        Ok(parts)
    } else {
        Err(problems)
    }
}

/// Reads a text that is the path of an attribute and nothing else.
pub(super) fn attribute(path: &str, kind: RecordKind) -> Result<Part, Problem> {
    let path = kind.attribute(path, 0).map_err(|problem| {
        // Whoever writes more than a name meant a text or a template.
        if path.is_empty() || path.contains([' ', '{', '}']) {
            problem.with_help(format!(
                "write the name of an attribute, such as `{}`, or a text in quotes and braces: `{{\"…\"}}`",
                kind.example()
            ))
        } else {
            problem
        }
    })?;
    Ok(Part::Placeholder(Placeholder {
        operands: vec![Operand::Attribute(path)],
        filters: Vec::new(),
    }))
}

struct PlaceholderParser<'t> {
    tokens: Tokens<'t>,
    open: usize,
    kind: RecordKind,
    placeholder: Placeholder,
    problems: Vec<Problem>,
}

impl<'t> PlaceholderParser<'t> {
    const fn new(text: &'t str, open: usize, kind: RecordKind) -> Self {
        Self {
            tokens: Tokens::new(text, open),
            open,
            kind,
            placeholder: Placeholder {
                operands: Vec::new(),
                filters: Vec::new(),
            },
            problems: Vec::new(),
        }
    }

    /// Reads to behind the `}`. The placeholder is good when there are no problems.
    fn read(&mut self) {
        if let Err(problem) = self.inside() {
            self.problems.push(problem);
            self.tokens.recover();
        }
    }

    /// Unknown names are noted as problems; what cannot be read on from is the error.
    fn inside(&mut self) -> Result<(), Problem> {
        self.operand()?;
        while self.tokens.token == Token::Or {
            if let Some(Operand::Text(_)) = self.placeholder.operands.last() {
                let problem = self.here("what follows `??` is never used here");
                self.problems
                    .push(problem.with_help("remove it: a text always has a value"));
            }
            self.operand()?;
        }
        while self.tokens.token == Token::Pipe {
            self.filter()?;
        }
        match &self.tokens.token {
            Token::Close => Ok(()),
            Token::Or => Err(self
                .here("`??` follows a filter")
                .with_help("write filters last: they apply to the value that was found")),
            Token::Word(word) => Err(self
                .here(format!("`{word}` is not expected here"))
                .with_help("write `??` before another attribute and `|` before a filter")),
            Token::Text(_) => Err(self
                .here("a text is not expected here")
                .with_help("write `??` before a text that stands in for a missing value")),
            Token::Open | Token::Pipe | Token::End => Err(self.unclosed()),
        }
    }

    /// Reads an operand and the token behind it.
    fn operand(&mut self) -> Result<(), Problem> {
        let is_first = self.tokens.token == Token::Open;
        self.tokens.advance()?;
        match &mut self.tokens.token {
            Token::Word(word) => match self.kind.attribute(word, self.tokens.span.start) {
                Ok(path) => self.placeholder.operands.push(Operand::Attribute(path)),
                Err(problem) => self.problems.push(problem),
            },
            Token::Text(text) => {
                let text = Operand::Text(mem::take(text));
                self.placeholder.operands.push(text);
            }
            Token::End => return Err(self.unclosed()),
            Token::Close if is_first => {
                let whole = self.open..self.tokens.span.end;
                return Err(Problem::new(whole, "this placeholder is empty").with_help(
                    format!(
                        "name an attribute, as in `{{{}}}`, or write `{{{{` and `}}}}` for braces that are text",
                        self.kind.example()
                    ),
                ));
            }
            Token::Open | Token::Or | Token::Pipe | Token::Close => {
                return Err(self
                    .before_here("an attribute is missing here")
                    .with_help(format!(
                        "name one, such as `{}`, or write a text in double quotes",
                        self.kind.example()
                    )));
            }
        }
        self.tokens.advance()
    }

    /// Reads the name of a filter and the token behind it.
    fn filter(&mut self) -> Result<(), Problem> {
        let names = || Filter::ALL.into_iter().map(Filter::name);
        let one_of = || format!("use one of `{}`", names().collect::<Vec<_>>().join("`, `"));
        let pipe = self.tokens.span.start;
        self.tokens.advance()?;
        match &self.tokens.token {
            Token::Word(word) => match Filter::named(word) {
                Some(filter) => self.placeholder.filters.push(filter),
                None => {
                    let fix = nearest(word, names());
                    let fix = fix.map_or_else(one_of, |name| format!("write `{name}`"));
                    let problem = self.here(format!("no filter is called `{word}`"));
                    self.problems.push(problem.with_help(fix));
                }
            },
            Token::End => return Err(self.unclosed()),
            Token::Pipe => {
                let both = pipe..self.tokens.span.end;
                return Err(Problem::new(both, "`||` means nothing")
                    .with_help("write `??` before another attribute or a text"));
            }
            Token::Open | Token::Text(_) | Token::Or | Token::Close => {
                return Err(self
                    .before_here("the name of a filter is missing here")
                    .with_help(one_of()));
            }
        }
        self.tokens.advance()
    }

    fn here(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.tokens.span.clone(), message)
    }

    fn before_here(&self, message: &str) -> Problem {
        let start = self.tokens.span.start;
        Problem::new(start..start, message)
    }

    fn unclosed(&self) -> Problem {
        Problem::new(self.open..self.open + 1, "this brace is not closed")
            .with_help("close it with `}`, or write `{{` for a brace that is text")
    }
}
