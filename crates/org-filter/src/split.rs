//! What to send and what to evaluate here.

use crate::check;
use crate::dialect::Dialect;
use crate::expr::{Comparison, Node, SearchExpr};
use crate::matcher::Matcher;

/// An expression in two parts: a record matches the expression exactly when it matches both.
///
/// The parts joined by the outermost `and` are looked at one by one. Those that the server accepts are joined again and
/// sent; the others are evaluated here, on what the server returns. `co` and other comparisons that must be the whole
/// expression are sent alone, and then everything else is evaluated here: Okta documents that `co` fails beside some
/// other operators, and not beside which.
///
/// ```
/// use org_filter::{Dialect, SearchExpr};
///
/// let expr: SearchExpr = r#"status eq "ACTIVE" and profile.email ew "@acme.com""#.parse()?;
/// let split = expr.split(&Dialect::USER_SEARCH);
/// assert_eq!(split.server.unwrap().to_string(), r#"status eq "ACTIVE""#);
/// assert_eq!(split.local.unwrap().to_string(), r#"profile.email ew "@acme.com""#);
/// # Ok::<(), org_filter::ParseErrors>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Split {
    /// What the server accepts; `None` when it accepts no part, so that everything must be listed.
    pub server: Option<SearchExpr>,
    /// What remains to be evaluated on the answers; `None` when the server does it all.
    pub local: Option<Matcher>,
}

impl SearchExpr {
    /// Divides the expression into what the server evaluates where `dialect` is spoken, and the rest.
    pub fn split(&self, dialect: &Dialect) -> Split {
        let parts = match self.root() {
            Node::All(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        let alone = parts.iter().position(|part| is_sent_alone(part, dialect));
        let (server, local): (Vec<_>, Vec<_>) =
            parts.iter().enumerate().partition(|(index, part)| {
                alone.map_or_else(|| is_sent_joined(part, dialect), |alone| alone == *index)
            });
        let joined = |parts: Vec<(usize, &Node)>| {
            Node::all(parts.into_iter().map(|(_, part)| part.clone())).map(|root| self.part(root))
        };
        Split {
            server: joined(server),
            local: joined(local).map(|rest| rest.compile(dialect)),
        }
    }
}

/// Whether `part` is accepted, but only as the whole expression.
fn is_sent_alone(part: &Node, dialect: &Dialect) -> bool {
    let stands_alone = |test: &Comparison| check::stands_alone(test, dialect);
    matches!(part, Node::Test(test) if stands_alone(test)) && is_accepted(part, dialect)
}

/// Whether `part` is accepted and can be joined to others.
fn is_sent_joined(part: &Node, dialect: &Dialect) -> bool {
    let mut joinable = true;
    part.visit(&mut |test| joinable &= !check::stands_alone(test, dialect));
    joinable && is_accepted(part, dialect)
}

fn is_accepted(part: &Node, dialect: &Dialect) -> bool {
    check::problems(part, dialect).is_empty()
}
