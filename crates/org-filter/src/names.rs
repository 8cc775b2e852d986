//! Names of groups: lists of them, and rules about them.
//!
//! Okta's search compares names without regard to case, takes no emoji, and fails on long expressions. This module is for
//! programs that let people select groups by name and have to be exact:
//!
//! * [`GroupNames`] is a list of names: the searches that find them, in pieces that Okta takes, and afterwards which names
//!   no group has.
//! * [`NameRule`] is a rule that people write into a configuration: a name, a prefix, a glob or, with the feature `regex`,
//!   a regular expression.
//!
//! # Rules
//!
//! | rule | admits |
//! |---|---|
//! | `Sales`, `cn=a*, ou:b` | the name, exactly: every text without one of the four words and a colon before it |
//! | `exact:glob:a` | the name `glob:a`: for the rare name that begins with such a word |
//! | `prefix:eng-` | names that begin so |
//! | `glob:team-*` | names the glob matches, whole |
//! | `regex:sre-[0-9]+` | names the expression matches, whole, as if between `^` and `$` |
//!
//! A name is exact unless it says otherwise, since real names have `*`, `:` and slashes in them. The word is in lower case,
//! the colon follows it, and everything behind the colon counts, a space too. For formats that keep the two apart there is
//! [`NameRule::new`].
//!
//! Upper and lower case differ. `glob:[Tt]eam-*` and `regex:(?i)team-.*` take both.
//!
//! # Globs
//!
//! | in a glob | matches |
//! |---|---|
//! | `*` | any text, also none, also with `/` |
//! | `?` | one character |
//! | `[abc]` `[a-z]` `[!x]` | one character of the set, or one outside of it; `-` first or last is itself |
//! | `{a,b}` | one of the alternatives, which are globs themselves, up to 16 deep; one may be empty |
//! | `\*` | the character after the `\`, also between brackets |
//!
//! # Limits
//!
//! Matching takes time in proportion to the length of the name, whatever the rule. A rule has at most
//! [`MAX_RULE_LENGTH`] bytes, a regular expression at most 1 MiB when compiled. Regular expressions have the syntax of the
//! crate `regex`; without the feature `regex` such a rule is an error, never a name.

mod glob;

#[cfg(feature = "regex")]
mod regex;

mod rule;

mod search;

mod group;

pub use group::{GroupNames, NameReport};
pub use rule::{InvalidRule, MAX_RULE_LENGTH, NameRule, RuleKind};
