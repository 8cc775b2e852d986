//! `status in ("A", "B")` of other languages: one mistake, whose fix is written out.

use super::Parser;
use crate::expr::{Comparison, Node, Operator, Places};
use crate::lexer::Kind;
use crate::literal::Literal;
use crate::path::AttributePath;
use crate::problem::{Place, Problem};

use super::comparison::keyword;

/// What stands before a list of values.
struct Head {
    operator: Operator,
    negated: bool,
    /// How many tokens it takes, the opening parenthesis not among them.
    length: usize,
}

impl Parser<'_> {
    /// Reads `in`, `not in` or an operator before a list of values in parentheses or brackets, which this language
    /// does not have, and reports it alone: not what the lexer said of its commas and quotes.
    pub(super) fn alternatives(
        &mut self,
        path: Option<&AttributePath>,
        attribute: Place,
    ) -> Option<Node> {
        let path = path?;
        let head = self.head()?;
        let open = self.at + head.length;
        let (values, last) = self.values(open)?;
        let end = self.tokens.get(last)?.place;
        let place = attribute.to(end);
        let tests: Vec<Node> = values
            .into_iter()
            .map(|value| {
                Node::Test(Comparison::new(
                    path.clone(),
                    head.operator,
                    value,
                    Places::default(),
                ))
            })
            .collect();
        let single = tests.len() == 1;
        let any = Node::any(tests)?;
        let mut fix = crate::SearchExpr::built(any.clone()).to_string();
        let stands_alone = self.at == 1 && last + 1 == self.tokens.len();
        if head.negated {
            fix = format!("not ({fix})");
        } else if !single && !stands_alone {
            fix = format!("({fix})");
        }
        // Whatever was said of a part of it follows from the whole.
        self.problems.retain(|problem| {
            let span = problem.span();
            span.end <= place.start || span.start >= place.end
        });
        let problem = Problem::new(place, "lists of values are not of this language");
        self.report(problem.fixed_by(Some(fix)));
        self.at = self.tokens.len().min(last + 1);
        Some(any)
    }

    /// What stands at the next token, if a list may follow it.
    fn head(&self) -> Option<Head> {
        let kind = |ahead: usize| self.tokens.get(self.at + ahead).map(|token| &token.kind);
        let is_in = |kind: Option<&Kind<'_>>| matches!(kind, Some(Kind::Word(word)) if word.eq_ignore_ascii_case("in"));
        let head = |operator, negated, length| Head {
            operator,
            negated,
            length,
        };
        match kind(0)? {
            Kind::Not if is_in(kind(1)) => Some(head(Operator::Eq, true, 2)),
            first @ Kind::Word(_) if is_in(Some(first)) => Some(head(Operator::Eq, false, 1)),
            Kind::Word(word) => Operator::named(word)
                .filter(|operator| *operator != Operator::Pr)
                .map(|operator| head(operator, false, 1)),
            Kind::Symbol(operator) => Some(head(*operator, false, 1)),
            _ => None,
        }
        .map(|head| match head.operator {
            // Not to be one of several is not to be each of them.
            Operator::Ne => Head {
                operator: Operator::Eq,
                negated: true,
                ..head
            },
            _ => head,
        })
    }

    /// The values of a list that opens at the token `open`, and the token it ends with.
    fn values(&self, open: usize) -> Option<(Vec<Literal>, usize)> {
        let kind = |at: usize| self.tokens.get(at).map(|token| &token.kind);
        let in_parentheses = match kind(open)? {
            Kind::Open => true,
            // A bracket, which the lexer has no token for.
            Kind::Stray => false,
            _ => return None,
        };
        let mut values = Vec::new();
        let mut words: Vec<&str> = Vec::new();
        let mut at = open + 1;
        loop {
            let next = kind(at);
            if let Some(Kind::Word(word)) = next {
                words.push(word);
            } else if !words.is_empty() {
                // Words without quotes are one value, up to the comma.
                let text = std::mem::take(&mut words).join(" ");
                values.push(keyword(&text).unwrap_or(Literal::Text(text)));
            }
            match next {
                Some(Kind::Text(text)) => values.push(Literal::Text(text.clone())),
                Some(Kind::Word(_) | Kind::Stray | Kind::Or) => {}
                _ => break,
            }
            at += 1;
        }
        let last = if in_parentheses {
            at
        } else {
            at.checked_sub(1)?
        };
        let closing = if in_parentheses {
            Kind::Close
        } else {
            Kind::Stray
        };
        (kind(last) == Some(&closing) && last > open && !values.is_empty())
            .then_some((values, last))
    }
}
