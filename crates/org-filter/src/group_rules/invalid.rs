//! What is wrong with lists of rules.

use std::fmt;

use thiserror::Error;

use super::MAX_RULES;
use crate::name_rule::{InvalidRule, NameRule};

/// One of the two lists of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleList {
    /// The rules that include groups.
    Include,
    /// The rules that exclude groups.
    Exclude,
}

impl fmt::Display for RuleList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Include => "include",
            Self::Exclude => "exclude",
        })
    }
}

/// A text that is not a rule, and where it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRule {
    list: RuleList,
    index: usize,
    error: InvalidRule,
}

impl BadRule {
    /// The list it is in.
    pub fn list(&self) -> RuleList {
        self.list
    }

    /// Its place in that list; the first is 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// What is wrong with it.
    pub fn error(&self) -> &InvalidRule {
        &self.error
    }
}

/// Why lists are not rules: each text that is none, or that there are too many. `Display` prints one line for each fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct InvalidRules {
    /// Empty when there are too many rules.
    bad: Vec<BadRule>,
}

impl InvalidRules {
    pub(super) fn too_many() -> Self {
        Self { bad: Vec::new() }
    }

    pub(super) fn unless_empty(bad: Vec<BadRule>) -> Result<(), Self> {
        if bad.is_empty() {
            Ok(())
        } else {
            Err(Self { bad })
        }
    }

    /// The texts that are not rules, in their order; none when the fault is that there are more than [`MAX_RULES`].
    pub fn rules(&self) -> &[BadRule] {
        &self.bad
    }

    /// Each text with carets under its faults, and the fixes that are known; ends with a line break.
    pub fn render(&self) -> String {
        if self.bad.is_empty() {
            return format!("error: {self}\n");
        }
        self.bad.iter().map(|bad| bad.error.render()).collect()
    }
}

impl fmt::Display for InvalidRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bad.is_empty() {
            return write!(
                f,
                "there are more than {MAX_RULES} rules; write several names as one prefix or glob"
            );
        }
        let lines = self.bad.iter().flat_map(|bad| {
            let problems = bad.error.problems().iter();
            problems.map(move |problem| (bad, problem))
        });
        for (index, (BadRule { list, error, .. }, problem)) in lines.enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            let text = crate::problem::quoted(error.text());
            write!(f, "{separator}{list} rule {text}: {problem}")?;
        }
        Ok(())
    }
}

/// The rules among `texts`; the others go to `bad`. Reading stops where there are too many.
pub(super) fn read(
    list: RuleList,
    texts: impl IntoIterator<Item = impl AsRef<str>>,
    bad: &mut Vec<BadRule>,
) -> Vec<NameRule> {
    let mut rules = Vec::new();
    for (index, text) in texts.into_iter().take(MAX_RULES + 1).enumerate() {
        match text.as_ref().parse() {
            Ok(rule) => rules.push(rule),
            Err(error) => bad.push(BadRule { list, index, error }),
        }
    }
    rules
}
