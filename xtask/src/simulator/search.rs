//! Okta's `search` and `filter` expressions, evaluated in the simplest way that is not the client's: tokens are
//! brought into postfix order (the shunting-yard algorithm) and run on a stack of booleans.

mod token;

mod postfix;

mod dialect;

use serde_json::Value;

pub(crate) use dialect::{Dialect, Rules};

use super::reply::ApiError;
use postfix::Step;

/// An expression that the dialect accepts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    steps: Vec<Step>,
    /// `search` compares text without regard to case, `filter` compares it exactly.
    fold_case: bool,
}

impl Query {
    /// Parses `text` and checks it against `dialect`; `known` tells which `profile.` attributes there are.
    pub(crate) fn parse(
        text: &str,
        dialect: Dialect,
        rules: Rules,
        known: impl Fn(&str) -> bool,
    ) -> Result<Self, ApiError> {
        let invalid = ApiError::new(400, "E0000031", "Invalid search criteria.");
        let Some(mut steps) = token::tokens(text).and_then(postfix::steps) else {
            return Err(invalid.because("Invalid search syntax."));
        };
        if !dialect.accepts(&steps, rules, known) {
            // Recorded for `filter=profile.name eq "foo"` on groups: no cause; for `search`: always this one.
            return Err(if dialect.is_search() {
                invalid.because("Invalid search syntax.")
            } else {
                invalid
            });
        }
        dialect.date_literals(&mut steps);
        Ok(Self {
            steps,
            fold_case: dialect.is_search(),
        })
    }

    /// Parses a `filter` of the System Log. Its errors are its own: codes and texts.
    pub(crate) fn of_log(text: &str) -> Result<Self, (&'static str, String)> {
        let Some(steps) = token::tokens(text).and_then(postfix::steps) else {
            return Err(("E0000053", format!("Invalid filter '{text}'")));
        };
        for step in &steps {
            let Step::Test(test) = step else { continue };
            dialect::check_log(test)?;
        }
        Ok(Self {
            steps,
            fold_case: false,
        })
    }

    /// Whether a record matches, given the values of its attributes.
    pub(crate) fn matches(&self, attribute: impl Fn(&str) -> Option<Value>) -> bool {
        let mut stack = Vec::new();
        for step in &self.steps {
            let result = match step {
                Step::Test(test) => test.holds(attribute(&test.attribute), self.fold_case),
                Step::And | Step::Or => {
                    let (right, left) =
                        (stack.pop().unwrap_or(false), stack.pop().unwrap_or(false));
                    if *step == Step::And {
                        left && right
                    } else {
                        left || right
                    }
                }
            };
            stack.push(result);
        }
        stack.pop().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests;
