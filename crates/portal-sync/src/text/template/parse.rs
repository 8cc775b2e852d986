//! From a text to the parts of a template.

use std::mem;

use super::error::TemplateProblem;
use super::fields::RecordKind;
use super::filter::Filter;
use super::token::{Token, Tokens};
use super::{Operand, Part, Placeholder};
use crate::text::nearest::nearest;

/// Reads a whole template; on failure everything that is wrong, in the order of the text.
pub(super) fn template(text: &str, kind: RecordKind) -> Result<Vec<Part>, Vec<TemplateProblem>> {
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
            let problem = TemplateProblem::new(at..at + 1, "this brace closes nothing");
            problems.push(problem.fixed_by("write `}}` for a brace that is text"));
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
pub(super) fn attribute(path: &str, kind: RecordKind) -> Result<Part, TemplateProblem> {
    let path = kind.attribute(path, 0).map_err(|problem| {
        // Whoever writes more than a name meant a text or a template.
        if path.is_empty() || path.contains([' ', '{', '}']) {
            problem.fixed_by(format!(
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
    problems: Vec<TemplateProblem>,
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
    fn inside(&mut self) -> Result<(), TemplateProblem> {
        self.operand()?;
        while self.tokens.token == Token::Or {
            if let Some(Operand::Text(_)) = self.placeholder.operands.last() {
                let problem = self.here("what follows `??` is never used here");
                self.problems
                    .push(problem.fixed_by("remove it: a text always has a value"));
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
                .fixed_by("write filters last: they apply to the value that was found")),
            Token::Word(word) => Err(self
                .here(format!("`{word}` is not expected here"))
                .fixed_by("write `??` before another attribute and `|` before a filter")),
            Token::Text(_) => Err(self
                .here("a text is not expected here")
                .fixed_by("write `??` before a text that stands in for a missing value")),
            Token::Open | Token::Pipe | Token::End => Err(self.unclosed()),
        }
    }

    /// Reads an operand and the token behind it.
    fn operand(&mut self) -> Result<(), TemplateProblem> {
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
                return Err(TemplateProblem::new(whole, "this placeholder is empty").fixed_by(
                    format!(
                        "name an attribute, as in `{{{}}}`, or write `{{{{` and `}}}}` for braces that are text",
                        self.kind.example()
                    ),
                ));
            }
            Token::Open | Token::Or | Token::Pipe | Token::Close => {
                return Err(self
                    .before_here("an attribute is missing here")
                    .fixed_by(format!(
                        "name one, such as `{}`, or write a text in double quotes",
                        self.kind.example()
                    )));
            }
        }
        self.tokens.advance()
    }

    /// Reads the name of a filter and the token behind it.
    fn filter(&mut self) -> Result<(), TemplateProblem> {
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
                    self.problems.push(problem.fixed_by(fix));
                }
            },
            Token::End => return Err(self.unclosed()),
            Token::Pipe => {
                let both = pipe..self.tokens.span.end;
                return Err(TemplateProblem::new(both, "`||` means nothing")
                    .fixed_by("write `??` before another attribute or a text"));
            }
            Token::Open | Token::Text(_) | Token::Or | Token::Close => {
                return Err(self
                    .before_here("the name of a filter is missing here")
                    .fixed_by(one_of()));
            }
        }
        self.tokens.advance()
    }

    fn here(&self, message: impl Into<String>) -> TemplateProblem {
        TemplateProblem::new(self.tokens.span.clone(), message)
    }

    fn before_here(&self, message: &str) -> TemplateProblem {
        let start = self.tokens.span.start;
        TemplateProblem::new(start..start, message)
    }

    fn unclosed(&self) -> TemplateProblem {
        TemplateProblem::new(self.open..self.open + 1, "this brace is not closed")
            .fixed_by("close it with `}`, or write `{{` for a brace that is text")
    }
}
