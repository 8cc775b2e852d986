//! Brings tokens into postfix order, and runs a single comparison.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::token::Token;

/// A step of a query: a comparison pushes its result, an operator combines the last two.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Test(Test),
    And,
    Or,
}

/// `attribute operator literal`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    pub(crate) attribute: String,
    pub(crate) operator: Operator,
    pub(crate) literal: Literal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Sw,
    Co,
    Ew,
    Pr,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    /// A text compared with a date, set by the dialect.
    Date(Timestamp),
    /// `pr` has none.
    None,
}

/// What waits on the operator stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    Open,
    And,
    Or,
}

/// The steps of an expression, or nothing when the tokens are not one.
pub(crate) fn steps(tokens: Vec<Token>) -> Option<Vec<Step>> {
    let mut tokens = tokens.into_iter();
    let mut output = Vec::new();
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut operand_is_next = true;
    while let Some(token) = tokens.next() {
        match token {
            Token::Open if operand_is_next => waiting.push(Waiting::Open),
            Token::Word(attribute) if operand_is_next => {
                output.push(Step::Test(test(attribute, &mut tokens)?));
                operand_is_next = false;
            }
            Token::Close if !operand_is_next => loop {
                match waiting.pop()? {
                    Waiting::Open => break,
                    Waiting::And => output.push(Step::And),
                    Waiting::Or => output.push(Step::Or),
                }
            },
            Token::Word(keyword) if !operand_is_next => {
                let operator = match keyword.to_ascii_lowercase().as_str() {
                    "and" => Waiting::And,
                    "or" => Waiting::Or,
                    _ => return None,
                };
                // What binds as tightly or tighter comes first: `or` lets everything go, `and` only another `and`.
                while let Some(last) = waiting.last().copied() {
                    let first = match last {
                        Waiting::Open => break,
                        Waiting::And => Step::And,
                        Waiting::Or if operator == Waiting::Or => Step::Or,
                        Waiting::Or => break,
                    };
                    waiting.pop();
                    output.push(first);
                }
                waiting.push(operator);
                operand_is_next = true;
            }
            _ => return None,
        }
    }
    while let Some(last) = waiting.pop() {
        match last {
            Waiting::Open => return None,
            Waiting::And => output.push(Step::And),
            Waiting::Or => output.push(Step::Or),
        }
    }
    (!operand_is_next).then_some(output)
}

/// The comparison that starts with `attribute`. `not (…)` fails here too, for `(` is no operator.
fn test(attribute: String, tokens: &mut impl Iterator<Item = Token>) -> Option<Test> {
    let Token::Word(operator) = tokens.next()? else {
        return None;
    };
    let operator = match operator.to_ascii_lowercase().as_str() {
        "eq" => Operator::Eq,
        "ne" => Operator::Ne,
        "gt" => Operator::Gt,
        "ge" => Operator::Ge,
        "lt" => Operator::Lt,
        "le" => Operator::Le,
        "sw" => Operator::Sw,
        "co" => Operator::Co,
        "ew" => Operator::Ew,
        "pr" => {
            return Some(Test {
                attribute,
                operator: Operator::Pr,
                literal: Literal::None,
            });
        }
        _ => return None,
    };
    let literal = match tokens.next()? {
        Token::Text(text) => Literal::Text(text),
        Token::Number(number) => Literal::Number(number),
        Token::Word(word) => match word.as_str() {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "null" => Literal::Null,
            _ => return None,
        },
        Token::Open | Token::Close => return None,
    };
    Some(Test {
        attribute,
        operator,
        literal,
    })
}

impl Test {
    /// Whether the comparison holds for a value; nothing is comparable with an absent one.
    pub(crate) fn holds(&self, value: Option<Value>, fold_case: bool) -> bool {
        match value {
            None | Some(Value::Null) => false,
            Some(Value::Array(values)) if self.operator == Operator::Pr => !values.is_empty(),
            Some(Value::Array(values)) => values
                .iter()
                .any(|value| self.holds_for_one(value, fold_case)),
            Some(value) => self.holds_for_one(&value, fold_case),
        }
    }

    fn holds_for_one(&self, value: &Value, fold_case: bool) -> bool {
        let folded = |text: &str| {
            if fold_case {
                text.to_lowercase()
            } else {
                text.to_owned()
            }
        };
        match (value, &self.literal) {
            (value, Literal::None) => value.as_str() != Some(""),
            (Value::String(text), Literal::Date(date)) => text
                .parse::<Timestamp>()
                .is_ok_and(|it| self.orders(it.as_second().cmp(&date.as_second()))),
            (Value::String(text), Literal::Text(literal)) => {
                let (text, literal) = (folded(text), folded(literal));
                match self.operator {
                    Operator::Sw => text.starts_with(&literal),
                    Operator::Co => text.contains(&literal),
                    _ => self.orders(text.cmp(&literal)),
                }
            }
            (Value::Number(number), Literal::Number(literal)) => number
                .as_f64()
                .and_then(|number| number.partial_cmp(literal))
                .is_some_and(|order| self.orders(order)),
            (Value::Bool(flag), Literal::Bool(literal)) => {
                self.operator == Operator::Eq && flag == literal
            }
            _ => false,
        }
    }

    fn orders(&self, order: Ordering) -> bool {
        match self.operator {
            Operator::Eq => order.is_eq(),
            Operator::Gt => order.is_gt(),
            Operator::Ge => order.is_ge(),
            Operator::Lt => order.is_lt(),
            Operator::Le => order.is_le(),
            Operator::Ne | Operator::Sw | Operator::Co | Operator::Ew | Operator::Pr => false,
        }
    }
}
