#![doc = include_str!("../README.md")]

// Leaf first: a module uses only those above it.

mod suggestion;

mod path;

mod literal;

mod instant;

mod problem;

#[cfg(feature = "miette")]
mod diagnostic;

mod expr;

mod lexer;

mod parser;

mod record;

mod text;

mod schema;

mod names;

mod dialect;

mod check;

mod matcher;

mod explain;

mod split;

mod glob;

#[cfg(feature = "regex")]
mod regex;

mod name_rule;

mod name_search;

mod group_names;

pub use dialect::Dialect;
pub use explain::{Clause, Explanation};
pub use expr::{Comparison, Operator, SearchExpr};
pub use group_names::{GroupNames, NameReport};
pub use literal::{Literal, Number};
pub use matcher::Matcher;
pub use name_rule::{InvalidRule, MAX_RULE_LENGTH, NameRule, RuleKind};
pub use names::RecordKind;
pub use parser::{MAX_DEPTH, MAX_LENGTH, MAX_TERMS};
pub use path::{AttributePath, InvalidPath};
pub use problem::{DialectErrors, NameErrors, ParseErrors, Problem};
pub use record::{Attribute, Many, Record};
pub use schema::{AttributeType, Schema};
pub use split::Split;
