//! Evaluation: does a record match?

use std::fmt;

use crate::dialect::Dialect;
use crate::expr::{Comparison, Node, Operator, SearchExpr};
use crate::literal::Literal;
use crate::path::AttributePath;
use crate::record::{Attribute, Record};
use crate::text::{Wanted, admits};
use crate::timestamp::{self, Second};

/// An expression made ready to be evaluated by the rules of a dialect.
///
/// Every expression can be evaluated, also one that the server refuses. The rules:
///
/// * An absent attribute makes every comparison false, `ne` too: `ne` means `lt or gt`.
/// * `pr` is false for null, `""` and `[]`.
/// * A list satisfies a comparison when one of its elements does, each comparison by itself.
/// * Values of different types never compare: `"7"` is not `7`, and nothing compares with null.
/// * Dates are instants, cut to whole seconds.
/// * `not` turns true into false and false into true, also for absent attributes.
///
#[cfg_attr(feature = "serde_json", doc = "```")]
#[cfg_attr(not(feature = "serde_json"), doc = "```ignore")]
/// use org_filter::{Dialect, SearchExpr};
/// use serde_json::json;
///
/// let expr: SearchExpr = r#"profile.title eq "engineer" and not (profile.city pr)"#.parse()?;
/// let matcher = expr.compile(&Dialect::USER_SEARCH);
/// assert!(matcher.matches(&json!({"profile": {"title": "Engineer", "city": null}})));
/// # Ok::<(), org_filter::ParseErrors>(())
/// ```
#[derive(Clone)]
pub struct Matcher {
    expr: SearchExpr,
    dialect: Dialect,
    root: Rule,
}

impl SearchExpr {
    /// Makes the expression ready to be evaluated with the rules of `dialect` for dates and for upper and lower case.
    pub fn compile(&self, dialect: &Dialect) -> Matcher {
        Matcher {
            expr: self.clone(),
            dialect: dialect.clone(),
            root: Rule::new(self.root(), dialect),
        }
    }
}

impl Matcher {
    /// Whether `record` matches. Allocates nothing, save for a Greek capital sigma in a text that is compared without
    /// regard to case, and for `sw`, `co` and `ew` on dates.
    pub fn matches(&self, record: &(impl Record + ?Sized)) -> bool {
        self.root.holds(record)
    }

    /// Whether one comparison holds, by the same rules.
    pub(crate) fn holds(&self, comparison: &Comparison, record: &(impl Record + ?Sized)) -> bool {
        Rule::comparison(comparison, &self.dialect).holds(record)
    }

    /// The expression that is evaluated.
    pub fn expr(&self) -> &SearchExpr {
        &self.expr
    }
}

/// Prints the expression that is evaluated.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.expr, f)
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matcher({})", self.expr)
    }
}

#[derive(Clone)]
enum Rule {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Present(AttributePath),
    Compare(AttributePath, Operator, Value),
}

/// A literal made ready to be compared with.
#[derive(Clone)]
enum Value {
    Text {
        wanted: Wanted,
        /// The same text as a date.
        second: Option<Second>,
        /// Whether the attribute is a date.
        date: bool,
    },
    Number(f64),
    Bool(bool),
    Null,
}

impl Rule {
    fn new(node: &Node, dialect: &Dialect) -> Self {
        let all = |parts: &[Node]| parts.iter().map(|part| Self::new(part, dialect)).collect();
        match node {
            Node::All(parts) => Self::All(all(parts)),
            Node::Any(parts) => Self::Any(all(parts)),
            Node::Not(inner, _) => Self::Not(Box::new(Self::new(inner, dialect))),
            Node::Test(comparison) => Self::comparison(comparison, dialect),
        }
    }

    fn comparison(comparison: &Comparison, dialect: &Dialect) -> Self {
        let path = comparison.path().clone();
        let value = match comparison.literal() {
            None => return Self::Present(path),
            Some(Literal::Text(text)) => Value::Text {
                wanted: Wanted::new(text, dialect.case()),
                second: timestamp::read(text),
                date: dialect.is_date(&path),
            },
            Some(Literal::Number(number)) => Value::Number(number.value()),
            Some(Literal::Bool(value)) => Value::Bool(*value),
            Some(Literal::Null) => Value::Null,
        };
        Self::Compare(path, comparison.operator(), value)
    }

    fn holds(&self, record: &(impl Record + ?Sized)) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(record)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(record)),
            Self::Not(inner) => !inner.holds(record),
            Self::Present(path) => is_present(record.attribute(path)),
            Self::Compare(path, operator, value) => value.holds(*operator, record.attribute(path)),
        }
    }
}

fn is_present(attribute: Attribute<'_>) -> bool {
    match attribute {
        Attribute::Absent => false,
        Attribute::Text(text) => !text.is_empty(),
        Attribute::Many(mut elements) => elements.next().is_some(),
        Attribute::Number(_) | Attribute::Bool(_) | Attribute::Instant(_) | Attribute::Object => {
            true
        }
    }
}

impl Value {
    /// Whether `attribute` stands in the relation `operator` to this value.
    fn holds(&self, operator: Operator, attribute: Attribute<'_>) -> bool {
        match (self, attribute) {
            (_, Attribute::Many(mut elements)) => elements.any(|one| self.holds(operator, one)),
            (
                Self::Text {
                    second, date: true, ..
                },
                Attribute::Text(actual),
            ) if !operator.is_textual() => in_order(operator, timestamp::read(actual), *second),
            (Self::Text { wanted, .. }, Attribute::Text(actual)) => wanted.holds(operator, actual),
            (Self::Text { wanted, second, .. }, Attribute::Instant(actual)) => {
                let actual = Second::from(actual);
                if operator.is_textual() {
                    wanted.holds(operator, &actual.printed())
                } else {
                    in_order(operator, Some(actual), *second)
                }
            }
            (Self::Number(wanted), Attribute::Number(actual)) => actual
                .partial_cmp(wanted)
                .is_some_and(|ordering| admits(operator, ordering)),
            (Self::Bool(wanted), Attribute::Bool(actual)) => match operator {
                Operator::Eq => actual == *wanted,
                Operator::Ne => actual != *wanted,
                _ => false,
            },
            _ => false,
        }
    }
}

/// Compares two dates; false when one of them is none.
fn in_order(operator: Operator, actual: Option<Second>, wanted: Option<Second>) -> bool {
    match (actual, wanted) {
        (Some(actual), Some(wanted)) => admits(operator, actual.cmp(&wanted)),
        _ => false,
    }
}
