//! One comparison: `attribute operator value`, or `attribute pr`, and all the ways to get it wrong.

use super::{MAX_TERMS, Parser};
use crate::expr::{Comparison, Node, Operator, Places};
use crate::lexer::Kind;
use crate::literal::{Literal, Number, is_json_number, json_string};
use crate::path::AttributePath;
use crate::problem::{Place, Problem, quoted};
use crate::suggestion;

/// What errors say where an operator should stand.
const OPERATORS: &str = "`eq`, `ne`, `gt`, `ge`, `lt`, `le`, `sw`, `co`, `ew` or `pr`";

/// What errors say where a value should stand.
const VALUES: &str = "a string in double quotes, a number, `true` or `false`";

impl Parser<'_> {
    /// `attribute "pr" | attribute operator literal`
    pub(super) fn comparison(&mut self) -> Option<Node> {
        if self.terms == MAX_TERMS {
            let message = format!("there are more than {MAX_TERMS} comparisons");
            self.give_up(Problem::new(self.place(), message));
            return None;
        }
        self.terms += 1;
        let path_place = self.place();
        let path = self.attribute();
        if let Some(alternatives) = self.alternatives(path.as_ref(), path_place) {
            return Some(alternatives);
        }
        let (operator, operator_place) = self.operator(path_place)?;
        let mut places = Places {
            path: path_place,
            operator: operator_place,
            literal: operator_place,
        };
        if operator == Operator::Pr {
            places.literal = Place::new(operator_place.end, operator_place.end);
            self.no_value();
            return Some(Node::Test(Comparison::present(path?, places)));
        }
        let (literal, literal_place) = self.literal(operator, operator_place)?;
        places.literal = literal_place;
        Some(Node::Test(Comparison::new(
            path?, operator, literal, places,
        )))
    }

    /// The name at the start. The token is left where it is when it is an operator, so that its value is read.
    fn attribute(&mut self) -> Option<AttributePath> {
        let place = self.place();
        let after = self.tokens.get(self.at + 1).map(|token| &token.kind);
        match self.kind()?.clone() {
            Kind::Word(word) if Operator::named(word).is_some() && !may_be_operator(after) => {
                let message = format!("the name of an attribute is missing before `{word}`");
                self.report(Problem::new(Place::new(place.start, place.start), message));
                None
            }
            Kind::Word(word) => {
                self.at += 1;
                let path = word.parse().ok();
                if path.is_none() {
                    let message = format!("{} is not the name of an attribute", quoted(word));
                    let names = "letters, digits, `_`, `-` and `$`, joined by dots";
                    self.report(Problem::new(place, message).expecting(names));
                }
                path
            }
            Kind::Text(text) => {
                self.at += 1;
                let path: Option<AttributePath> = text.parse().ok();
                let fix = path.as_ref().map(ToString::to_string);
                let problem = Problem::new(place, "names of attributes stand without quotes");
                self.report(problem.fixed_by(fix));
                path
            }
            _ => {
                let message = "the name of an attribute is missing";
                self.report(Problem::new(Place::new(place.start, place.start), message));
                None
            }
        }
    }

    /// The operator after the attribute at `attribute`; when none can be made out, `None`.
    fn operator(&mut self, attribute: Place) -> Option<(Operator, Place)> {
        self.skip_strays();
        let place = self.place();
        match self.kind() {
            Some(&Kind::Symbol(operator)) => {
                self.at += 1;
                Some((operator, place))
            }
            Some(&Kind::Word(word)) => {
                if let Some(operator) = Operator::named(word) {
                    self.at += 1;
                    return Some((operator, place));
                }
                self.misspelt_operator(word, place)
            }
            Some(Kind::Text(_)) => {
                let message = "an operator is missing before the value";
                let problem = Problem::new(Place::new(place.start, place.start), message);
                let spaced = self.peek().is_some_and(|token| token.spaced);
                let fix = if spaced { "eq " } else { " eq " };
                self.report(problem.expecting(OPERATORS).fixed_by(Some(fix.to_owned())));
                Some((Operator::Eq, place))
            }
            _ => {
                let problem = Problem::new(attribute, "no operator follows the attribute");
                self.report(problem.expecting(OPERATORS));
                None
            }
        }
    }

    /// A word that is no operator where one should stand: a misspelt one, or already the value.
    fn misspelt_operator(&mut self, word: &str, place: Place) -> Option<(Operator, Place)> {
        let meant = foreign_operator(word).or_else(|| {
            suggestion::nearest(word, Operator::ALL.map(Operator::as_str)).and_then(Operator::named)
        });
        let value_follows = matches!(
            self.tokens.get(self.at + 1).map(|token| &token.kind),
            Some(Kind::Text(_) | Kind::Word(_) | Kind::Not)
        );
        if meant.is_none() && !value_follows {
            let start = Place::new(place.start, place.start);
            let problem = Problem::new(start, "an operator is missing before the value");
            self.report(
                problem
                    .expecting(OPERATORS)
                    .fixed_by(Some("eq ".to_owned())),
            );
            return Some((Operator::Eq, place));
        }
        self.at += 1;
        let problem = Problem::new(place, format!("{} is not an operator", quoted(word)));
        let fix = meant.map(|operator| operator.to_string());
        self.report(problem.expecting(OPERATORS).fixed_by(fix));
        Some((meant.unwrap_or(Operator::Eq), place))
    }

    /// Says that `pr` takes no value, when there is one.
    fn no_value(&mut self) {
        if let Some(Kind::Text(_)) = self.kind() {
            let problem = Problem::new(self.place(), "`pr` takes no value");
            self.report(problem.fixed_by(Some(String::new())));
            self.at += 1;
        }
    }

    /// The value after `operator`.
    fn literal(&mut self, operator: Operator, at: Place) -> Option<(Literal, Place)> {
        self.skip_strays();
        let place = self.place();
        match self.kind() {
            Some(Kind::Text(_)) => {
                let spaced = self.peek().is_some_and(|token| token.spaced);
                let text = self.take_text()?;
                if !spaced && at.end == place.start {
                    self.missing_space(Place::new(at.end, at.end), format!("after `{operator}`"));
                }
                Some((Literal::Text(text), place))
            }
            Some(Kind::Word(_) | Kind::Not) => self.bare_value(),
            // Such as the `=` in `a eq = 1`; it was reported.
            Some(Kind::Symbol(_)) => {
                self.at += 1;
                matches!(self.kind(), Some(Kind::Text(_) | Kind::Word(_)))
                    .then(|| self.literal(operator, at))?
            }
            Some(Kind::And | Kind::Or | Kind::Open | Kind::Close | Kind::Stray) | None => {
                let problem = Problem::new(at, format!("no value follows `{operator}`"));
                self.report(problem.expecting(VALUES));
                None
            }
        }
    }

    /// The text of the next token, without a copy: nobody looks at it again.
    fn take_text(&mut self) -> Option<String> {
        let token = self.tokens.get_mut(self.at)?;
        let Kind::Text(text) = &mut token.kind else {
            return None;
        };
        self.at += 1;
        Some(std::mem::take(text))
    }

    /// A number, `true`, `false` or `null`; or words whose quotes were forgotten, up to the next `and`, `or`,
    /// parenthesis or string.
    fn bare_value(&mut self) -> Option<(Literal, Place)> {
        let first = self.next()?;
        let mut place = first.place;
        let mut words = match first.kind {
            Kind::Word(word) => word.to_owned(),
            _ => "not".to_owned(),
        };
        if let Some(literal) = keyword(&words) {
            return Some((literal, place));
        }
        while let Some(Kind::Word(_) | Kind::Not) = self.kind() {
            let token = self.next()?;
            words.push(' ');
            words.push_str(if let Kind::Word(word) = token.kind {
                word
            } else {
                "not"
            });
            place = place.to(token.place);
        }
        let lower = words.to_ascii_lowercase();
        let problem = match keyword(&lower) {
            _ if is_json_number(&words) => {
                Problem::new(place, format!("{} is too large a number", quoted(&words)))
            }
            Some(_) => Problem::new(
                place,
                format!("{} is written in lower case", quoted(&words)),
            )
            .fixed_by(Some(lower)),
            None => Problem::new(
                place,
                format!("the quotes around {} are missing", quoted(&words)),
            )
            .fixed_by(Some(json_string(&words))),
        };
        self.report(problem);
        Some((Literal::Text(words), place))
    }
}

/// A value that stands without quotes.
pub(super) fn keyword(word: &str) -> Option<Literal> {
    match word {
        "true" => Some(Literal::Bool(true)),
        "false" => Some(Literal::Bool(false)),
        "null" => Some(Literal::Null),
        number => Number::read(number).map(Literal::Number),
    }
}

fn may_be_operator(kind: Option<&Kind<'_>>) -> bool {
    match kind {
        Some(Kind::Word(word)) => Operator::named(word).is_some(),
        Some(Kind::Symbol(_)) => true,
        _ => false,
    }
}

/// What other languages call our operators.
fn foreign_operator(word: &str) -> Option<Operator> {
    let word = word.to_ascii_lowercase();
    Some(match word.as_str() {
        "equals" | "equal" | "is" => Operator::Eq,
        "neq" | "isnot" | "notequals" => Operator::Ne,
        "gte" => Operator::Ge,
        "lte" => Operator::Le,
        "after" => Operator::Gt,
        "before" => Operator::Lt,
        "startswith" | "starts_with" | "starts" | "prefix" => Operator::Sw,
        "contains" | "like" | "has" | "includes" => Operator::Co,
        "endswith" | "ends_with" | "ends" | "suffix" => Operator::Ew,
        "present" | "exists" => Operator::Pr,
        _ => return None,
    })
}
