//! Okta's search and filter expressions (SCIM) offline: parse, check, split, evaluate and explain.
// The front page's programs evaluate JSON: without the feature they are not run.
#![cfg_attr(feature = "serde_json", doc = "", doc = include_str!("../README.md"))]

// Leaf first: a module uses only those above it.

mod suggestion;

mod path;

mod literal;

mod timestamp;

mod problem;

#[cfg(feature = "miette")]
mod diagnostic;

mod expr;

mod node;

mod lexer;

mod parser;

mod record;

mod text;

mod schema;

mod record_kind;

mod dialect;

mod check;

mod matcher;

mod explain;

mod split;

pub mod names;

#[cfg(feature = "serde")]
mod serde;

pub use dialect::Dialect;
pub use explain::{Clause, Explanation};
pub use expr::{Comparison, Operator, SearchExpr};
pub use literal::{Literal, Number};
pub use matcher::Matcher;
pub use node::{Node, Operand, Operands};
pub use parser::{MAX_DEPTH, MAX_LENGTH, MAX_TERMS};
pub use path::{AttributePath, InvalidPath};
pub use problem::{AttributeErrors, DialectErrors, ParseErrors, Problem};
pub use record::{Attribute, Many, Record};
pub use record_kind::RecordKind;
pub use schema::{AttributeType, Schema};
pub use split::Split;
pub use timestamp::{InvalidTimestamp, Timestamp};
