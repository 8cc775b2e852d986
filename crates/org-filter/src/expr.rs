//! The tree of an expression, and how it is printed.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use crate::literal::Literal;
use crate::path::AttributePath;
use crate::problem::Place;

/// What a comparison asks of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// `eq`: equal.
    Eq,
    /// `ne`: not equal, and not absent either: it means `lt or gt`.
    Ne,
    /// `gt`: greater, or later.
    Gt,
    /// `ge`: greater or equal.
    Ge,
    /// `lt`: less, or earlier.
    Lt,
    /// `le`: less or equal.
    Le,
    /// `sw`: starts with.
    Sw,
    /// `co`: contains.
    Co,
    /// `ew`: ends with.
    Ew,
    /// `pr`: present, that is not null and not empty. The only operator without a value.
    Pr,
}

impl Operator {
    /// All the operators, in the order errors list them.
    pub(crate) const ALL: [Self; 10] = [
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::Sw,
        Self::Co,
        Self::Ew,
        Self::Pr,
    ];

    /// The operator as it is printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Sw => "sw",
            Self::Co => "co",
            Self::Ew => "ew",
            Self::Pr => "pr",
        }
    }

    /// The operator a word names, in upper or lower case.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operator| operator.as_str().eq_ignore_ascii_case(word))
    }

    /// Whether the operator compares by order.
    pub(crate) const fn is_ordering(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    /// Whether the operator looks at a part of a text.
    pub(crate) const fn is_textual(self) -> bool {
        matches!(self, Self::Sw | Self::Co | Self::Ew)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One test of one attribute, such as `profile.department eq "Sales"` or `profile.email pr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    path: AttributePath,
    operator: Operator,
    literal: Option<Literal>,
    places: Places,
}

/// Where the three parts of a comparison were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) path: Place,
    pub(crate) operator: Place,
    pub(crate) literal: Place,
}

impl Comparison {
    pub(crate) fn present(path: AttributePath, places: Places) -> Self {
        Self {
            path,
            operator: Operator::Pr,
            literal: None,
            places,
        }
    }

    pub(crate) fn new(
        path: AttributePath,
        operator: Operator,
        literal: Literal,
        places: Places,
    ) -> Self {
        Self {
            path,
            operator,
            literal: Some(literal),
            places,
        }
    }

    /// The attribute that is looked at.
    pub fn path(&self) -> &AttributePath {
        &self.path
    }

    /// What is asked of it.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The value it is compared with; `None` for [`Operator::Pr`] and only for it.
    pub fn literal(&self) -> Option<&Literal> {
        self.literal.as_ref()
    }

    /// The bytes of [`SearchExpr::text`] that it was read from, from the attribute to the end of the value.
    pub fn span(&self) -> Range<usize> {
        self.place().into()
    }

    /// The bytes of [`SearchExpr::text`] that name the attribute.
    pub fn path_span(&self) -> Range<usize> {
        self.places.path.into()
    }

    /// The bytes of [`SearchExpr::text`] that name the operator.
    pub fn operator_span(&self) -> Range<usize> {
        self.places.operator.into()
    }

    /// The bytes of [`SearchExpr::text`] that the value was read from; `None` for [`Operator::Pr`] and only for it.
    pub fn literal_span(&self) -> Option<Range<usize>> {
        self.literal.as_ref().map(|_| self.places.literal.into())
    }

    pub(crate) fn places(&self) -> Places {
        self.places
    }

    /// From the attribute to the end of the value.
    pub(crate) fn place(&self) -> Place {
        self.places
            .path
            .to(self.places.operator)
            .to(self.places.literal)
    }

    fn lay_out(&mut self, out: &mut String) {
        self.places.path = append(out, &self.path);
        out.push(' ');
        self.places.operator = append(out, self.operator);
        self.places.literal = Place::new(out.len(), out.len());
        if let Some(literal) = &self.literal {
            out.push(' ');
            self.places.literal = append(out, literal);
        }
    }
}

/// Prints and says where.
fn append(out: &mut String, part: impl fmt::Display) -> Place {
    let start = out.len();
    // Writing to a string does not fail.
    let _ = write!(out, "{part}");
    Place::new(start, out.len())
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.operator)?;
        self.literal
            .iter()
            .try_for_each(|literal| write!(f, " {literal}"))
    }
}

/// A node of the tree. `All` and `Any` have two or more parts, none of them of the same sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>, Place),
    Test(Comparison),
}

impl Node {
    /// The conjunction of `parts`; `None` when there are none.
    pub(crate) fn all(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        Self::only(&mut flat).or_else(|| (!flat.is_empty()).then_some(Self::All(flat)))
    }

    /// The disjunction of `parts`; `None` when there are none.
    pub(crate) fn any(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        Self::only(&mut flat).or_else(|| (!flat.is_empty()).then_some(Self::Any(flat)))
    }

    /// The node, when there is exactly one.
    fn only(parts: &mut Vec<Self>) -> Option<Self> {
        if parts.len() == 1 { parts.pop() } else { None }
    }

    /// Calls `visit` for every comparison, from left to right.
    pub(crate) fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Comparison)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.visit(visit));
            }
            Self::Not(inner, _) => inner.visit(visit),
            Self::Test(comparison) => visit(comparison),
        }
    }

    /// Prints the tree with as few parentheses as possible, and notes where each part went.
    fn lay_out(&mut self, out: &mut String) {
        match self {
            Self::All(parts) => separated(parts, " and ", out, |part, out| match part {
                Self::Any(_) => {
                    out.push('(');
                    part.lay_out(out);
                    out.push(')');
                }
                _ => part.lay_out(out),
            }),
            Self::Any(parts) => separated(parts, " or ", out, Self::lay_out),
            Self::Not(inner, place) => {
                *place = append(out, "not");
                out.push_str(" (");
                inner.lay_out(out);
                out.push(')');
            }
            Self::Test(comparison) => comparison.lay_out(out),
        }
    }
}

fn separated(
    parts: &mut [Node],
    separator: &str,
    out: &mut String,
    print: impl Fn(&mut Node, &mut String),
) {
    for (index, part) in parts.iter_mut().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        print(part, out);
    }
}

/// An expression of Okta's search language that was read without an error.
///
/// It prints itself with as few parentheses as possible, and what it prints reads back as the same
/// expression. Two expressions are equal when they are the same tree: spaces, redundant
/// parentheses, escapes and the case of operators do not count.
///
/// ```
/// use org_filter::SearchExpr;
///
/// let expr: SearchExpr = r#"(status EQ "ACTIVE") AND ((profile.a pr) OR id eq "x")"#.parse()?;
/// assert_eq!(expr.to_string(), r#"status eq "ACTIVE" and (profile.a pr or id eq "x")"#);
/// # Ok::<(), org_filter::ParseErrors>(())
/// ```
#[derive(Clone)]
pub struct SearchExpr {
    /// What the places in the tree point into.
    text: Arc<str>,
    root: Node,
}

impl SearchExpr {
    pub(crate) fn read_from(text: Arc<str>, root: Node) -> Self {
        Self { text, root }
    }

    /// An expression that was built, not read: its text is what it prints.
    pub(crate) fn built(mut root: Node) -> Self {
        let mut text = String::new();
        root.lay_out(&mut text);
        Self {
            text: text.into(),
            root,
        }
    }

    /// A part of this expression: its places still point into the whole text.
    pub(crate) fn part(&self, root: Node) -> Self {
        Self {
            text: Arc::clone(&self.text),
            root,
        }
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    pub(crate) fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The text the expression was read from; for a part of an expression, the whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What holds when all of `parts` hold; `None` for no parts.
    ///
    /// ```
    /// use org_filter::SearchExpr;
    ///
    /// let people: SearchExpr = r#"profile.a pr or profile.b pr"#.parse()?;
    /// let recent: SearchExpr = r#"lastUpdated ge "2026-01-01T00:00:00.000Z""#.parse()?;
    /// assert_eq!(
    ///     SearchExpr::all_of([recent, people]).unwrap().to_string(),
    ///     r#"lastUpdated ge "2026-01-01T00:00:00.000Z" and (profile.a pr or profile.b pr)"#,
    /// );
    /// # Ok::<(), org_filter::ParseErrors>(())
    /// ```
    pub fn all_of(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        Node::all(parts.into_iter().map(|part| part.root)).map(Self::built)
    }

    /// All the comparisons, from left to right.
    pub fn comparisons(&self) -> Vec<&Comparison> {
        let mut found = Vec::new();
        self.root.visit(&mut |comparison| found.push(comparison));
        found
    }
}

impl PartialEq for SearchExpr {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Eq for SearchExpr {}

impl fmt::Display for SearchExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.root.clone().lay_out(&mut out);
        f.write_str(&out)
    }
}

impl fmt::Debug for SearchExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SearchExpr({self})")
    }
}
