//! Why a record matches, or does not: the clauses that decide, with the values that were seen.

use std::fmt;
use std::ops::Range;

use crate::expr::{Comparison, Node};
use crate::matcher::Matcher;
use crate::record::{Attribute, Record};

/// Elements of a list that are shown.
const MOST_ELEMENTS: usize = 5;

/// Characters of a text that are shown.
const MOST_CHARACTERS: usize = 60;

/// What decides whether a record matches.
///
/// Of an `and` that fails these are the parts that fail, of an `or` that holds the parts that hold; of the others all the
/// parts count. `Display` prints the verdict and a line for each clause.
///
#[cfg_attr(feature = "serde_json", doc = "```")]
#[cfg_attr(not(feature = "serde_json"), doc = "```ignore")]
/// use org_filter::{Dialect, SearchExpr};
/// use serde_json::json;
///
/// let expr: SearchExpr = r#"status eq "ACTIVE" and (profile.team eq "SRE" or profile.tags eq "on-call")"#.parse()?;
/// let matcher = expr.compile(&Dialect::USER_SEARCH);
/// let person = json!({"status": "ACTIVE", "profile": {"tags": ["lead", "mentor"]}});
/// assert_eq!(
///     matcher.explain(&person).to_string(),
///     r#"does not match
///   `profile.team eq "SRE"` is false: it is absent
///   `profile.tags eq "on-call"` is false: it is ["lead", "mentor"]"#
/// );
/// # Ok::<(), org_filter::ParseErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    matches: bool,
    clauses: Vec<Clause>,
}

/// One comparison, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clause {
    /// The comparison as it prints.
    pub comparison: String,
    /// Its bytes in the text that was read; empty for an expression that was not read from a text.
    pub span: Range<usize>,
    /// Whether it holds.
    pub holds: bool,
    /// The value of the attribute, as JSON where it has one: `"ACTIVE"`, `["a", "b", …]`, `absent`.
    pub seen: String,
}

impl Matcher {
    /// Why `record` matches, or does not.
    pub fn explain(&self, record: &(impl Record + ?Sized)) -> Explanation {
        let (matches, clauses) = self.decide(self.expr().root(), record);
        Explanation { matches, clauses }
    }

    fn decide(&self, node: &Node, record: &(impl Record + ?Sized)) -> (bool, Vec<Clause>) {
        match node {
            Node::Test(comparison) => {
                let clause = self.clause(comparison, record);
                (clause.holds, vec![clause])
            }
            Node::Not(inner, _) => {
                let (holds, clauses) = self.decide(inner, record);
                (!holds, clauses)
            }
            Node::All(parts) => self.decide_among(parts, record, false),
            Node::Any(parts) => self.decide_among(parts, record, true),
        }
    }

    /// One part that comes out as `decisive` decides for all.
    fn decide_among(
        &self,
        parts: &[Node],
        record: &(impl Record + ?Sized),
        decisive: bool,
    ) -> (bool, Vec<Clause>) {
        let parts: Vec<_> = parts.iter().map(|part| self.decide(part, record)).collect();
        let decided = parts.iter().any(|(holds, _)| *holds == decisive);
        let counts = |holds: bool| !decided || holds == decisive;
        let parts = parts.into_iter().filter(|(holds, _)| counts(*holds));
        let clauses = parts.flat_map(|(_, clauses)| clauses).collect();
        (decided == decisive, clauses)
    }

    fn clause(&self, comparison: &Comparison, record: &(impl Record + ?Sized)) -> Clause {
        let place = comparison.place();
        Clause {
            comparison: comparison.to_string(),
            span: place.start..place.end,
            holds: self.holds(comparison, record),
            seen: shown(record.attribute(comparison.path())),
        }
    }
}

impl Explanation {
    /// Whether the record matches.
    pub fn matches(&self) -> bool {
        self.matches
    }

    /// The clauses that decide, in the order of the expression, at least one.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.matches {
            "matches"
        } else {
            "does not match"
        })?;
        self.clauses
            .iter()
            .try_for_each(|clause| write!(f, "\n  {clause}"))
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            comparison,
            holds,
            seen,
            ..
        } = self;
        write!(f, "`{comparison}` is {holds}: it is {seen}")
    }
}

/// A value for people.
fn shown(attribute: Attribute<'_>) -> String {
    match attribute {
        Attribute::Absent => "absent".to_owned(),
        Attribute::Text(text) => {
            let mut short: String = text.chars().take(MOST_CHARACTERS).collect();
            if text.chars().nth(MOST_CHARACTERS).is_some() {
                short.push('…');
            }
            crate::Literal::Text(short).to_string()
        }
        Attribute::Number(number) => number.to_string(),
        Attribute::Bool(value) => value.to_string(),
        Attribute::Instant(instant) => crate::Literal::Text(instant.to_string()).to_string(),
        Attribute::Object => "an object".to_owned(),
        Attribute::Many(mut elements) => {
            let few = elements.by_ref().take(MOST_ELEMENTS).map(shown);
            let mut list: Vec<String> = few.collect();
            if elements.next().is_some() {
                list.push("…".to_owned());
            }
            format!("[{}]", list.join(", "))
        }
    }
}
