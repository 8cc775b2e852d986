//! The tree of an expression as others see it: to translate it to another language, or to lint it.

use std::fmt;
use std::ops::Range;
use std::slice;
use std::str::CharIndices;

use crate::expr::{Comparison, Node as Tree, SearchExpr};
use crate::problem::Place;

/// A node of the tree of an expression: [`SearchExpr::node`].
///
/// The tree is as flat as it can be: an [`And`](Self::And) has no `And` directly below it, an [`Or`](Self::Or) no `Or`, and
/// both have two operands or more.
///
/// ```
/// use org_filter::{Node, SearchExpr};
///
/// /// An LDAP filter (RFC 4515), for texts without a character that has to be escaped.
/// fn ldap(node: Node<'_>) -> Option<String> {
///     let join = |parts: org_filter::Operands<'_>| parts.iter().map(ldap).collect::<Option<String>>();
///     Some(match node {
///         Node::And(parts) => format!("(&{})", join(parts)?),
///         Node::Or(parts) => format!("(|{})", join(parts)?),
///         Node::Not(inner) => format!("(!{})", ldap(inner.node())?),
///         Node::Comparison(one) => match (one.operator().as_str(), one.literal()) {
///             ("pr", _) => format!("({}=*)", one.path()),
///             ("eq", Some(org_filter::Literal::Text(text))) => format!("({}={text})", one.path()),
///             _ => return None,
///         },
///         _ => return None,
///     })
/// }
///
/// let expr: SearchExpr = r#"status eq "ACTIVE" and not (mail eq "a" or mail eq "b")"#.parse()?;
/// assert_eq!(ldap(expr.node()).unwrap(), "(&(status=ACTIVE)(!(|(mail=a)(mail=b))))");
/// # Ok::<(), org_filter::ParseErrors>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Node<'a> {
    /// All the operands hold.
    And(Operands<'a>),
    /// One of the operands holds.
    Or(Operands<'a>),
    /// The operand does not hold.
    Not(Operand<'a>),
    /// A test of one attribute.
    Comparison(&'a Comparison),
}

/// The operands of an `and` or an `or`, from left to right: two or more.
#[derive(Clone, Copy)]
pub struct Operands<'a> {
    text: &'a str,
    parts: &'a [Tree],
}

/// The operand of a `not`.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    text: &'a str,
    inner: &'a Tree,
    not: Place,
}

impl SearchExpr {
    /// The top of the tree, to walk down from.
    pub fn node(&self) -> Node<'_> {
        Node::new(self.text(), self.root())
    }
}

impl<'a> Node<'a> {
    fn new(text: &'a str, tree: &'a Tree) -> Self {
        match tree {
            Tree::All(parts) => Self::And(Operands { text, parts }),
            Tree::Any(parts) => Self::Or(Operands { text, parts }),
            Tree::Not(inner, not) => Self::Not(Operand {
                text,
                inner,
                not: *not,
            }),
            Tree::Test(comparison) => Self::Comparison(comparison),
        }
    }

    /// The bytes of [`SearchExpr::text`] that the node was read from, without parentheses around it. A part of a
    /// [split](SearchExpr::split) expression has the text of the whole: what of its operands went to the other part may stand
    /// between them.
    ///
    /// ```
    /// use org_filter::{Node, SearchExpr};
    ///
    /// let expr: SearchExpr = "a pr and (( b pr or c pr ))".parse()?;
    /// let Node::And(parts) = expr.node() else { unreachable!() };
    /// let texts: Vec<&str> = parts.iter().map(|part| &expr.text()[part.span()]).collect();
    /// assert_eq!(texts, ["a pr", "b pr or c pr"]);
    /// # Ok::<(), org_filter::ParseErrors>(())
    /// ```
    pub fn span(self) -> Range<usize> {
        match self {
            Self::And(Operands { text, parts }) | Self::Or(Operands { text, parts }) => {
                let start = parts.first().map(|part| enclosed(text, part).start);
                let end = parts.last().map(|part| enclosed(text, part).end);
                balanced(text, &(start.unwrap_or_default()..end.unwrap_or_default()))
            }
            Self::Not(Operand { text, inner, not }) => not.start..enclosed(text, inner).end,
            Self::Comparison(comparison) => comparison.span(),
        }
    }
}

/// The span of a part with the parentheses around it, all of them: they are the part's own, since another part stands
/// between it and those of its parent, or nothing does.
fn enclosed(text: &str, part: &Tree) -> Range<usize> {
    let mut span = Node::new(text, part).span();
    while let (Some(start), Some(end)) = (opening(text, span.start), closing(text, span.end)) {
        span = start..end;
    }
    span
}

/// A span of operands with the parentheses that are inside it in part: `a and (b and c)` is one `and` of three. In the text of
/// a part of a [split](SearchExpr::split) expression other operands may stand between, before and behind those.
fn balanced(text: &str, span: &Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = span.clone();
    let mut open = Vec::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '(' => open.push(at),
            ')' => {
                if let Some(opening) = open
                    .pop()
                    .filter(|it| span.contains(it) != span.contains(&at))
                {
                    start = start.min(opening);
                    end = end.max(at + 1);
                }
            }
            '"' => skip_literal(&mut characters),
            _ => {}
        }
    }
    start..end
}

/// Goes past the rest of a text in quotes.
fn skip_literal(characters: &mut CharIndices<'_>) {
    while let Some((_, character)) = characters.next() {
        match character {
            '"' => return,
            // Whatever is escaped, it does not end the text.
            '\\' => _ = characters.next(),
            _ => {}
        }
    }
}

/// Where the parenthesis is that opens right before `at`.
fn opening(text: &str, at: usize) -> Option<usize> {
    Some(text.get(..at)?.trim_end().strip_suffix('(')?.len())
}

/// Where the parenthesis ends that closes right after `at`.
fn closing(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?.trim_start().strip_prefix(')')?;
    Some(text.len() - rest.len())
}

impl<'a> Operands<'a> {
    /// The operands, from left to right.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Node<'a>> + DoubleEndedIterator {
        let text = self.text;
        let parts: slice::Iter<'a, Tree> = self.parts.iter();
        parts.map(move |part| Node::new(text, part))
    }
}

impl<'a> Operand<'a> {
    /// What does not hold.
    pub fn node(self) -> Node<'a> {
        Node::new(self.text, self.inner)
    }
}

impl fmt::Debug for Operands<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of all the nodes, from the top down.
    fn texts(expr: &SearchExpr) -> Vec<&str> {
        fn walk<'a>(expr: &'a SearchExpr, node: Node<'a>, found: &mut Vec<&'a str>) {
            found.push(expr.text().get(node.span()).unwrap());
            match node {
                Node::And(parts) | Node::Or(parts) => {
                    parts.iter().for_each(|part| walk(expr, part, found));
                }
                Node::Not(inner) => walk(expr, inner.node(), found),
                Node::Comparison(_) => {}
            }
        }
        let mut found = Vec::new();
        walk(expr, expr.node(), &mut found);
        found
    }

    #[test]
    fn spans_of_a_part_of_an_expression_have_all_the_parentheses_between_them() {
        for (text, expected) in [
            (
                r#"id pr and (id ew ")" and status pr)"#,
                r#"id pr and (id ew ")" and status pr)"#,
            ),
            (
                "((id ew 0 and id pr) and status pr)",
                "(id ew 0 and id pr) and status pr",
            ),
            (
                "id pr and (status pr and (id ew 0))",
                "id pr and (status pr and (id ew 0))",
            ),
        ] {
            let expr: SearchExpr = text.parse().unwrap();
            let server = expr.split(&crate::Dialect::USER_SEARCH).server.unwrap();
            assert_eq!(server.to_string(), "id pr and status pr");
            assert_eq!(texts(&server), [expected, "id pr", "status pr"], "{text}");
        }
    }

    #[test]
    fn spans_have_the_parentheses_inside_and_none_outside() {
        let table: [(&str, &[&str]); 6] = [
            (" ( ( a pr ) ) ", &["a pr"]),
            (
                "(((a pr or b pr)) and c pr)",
                &[
                    "((a pr or b pr)) and c pr",
                    "a pr or b pr",
                    "a pr",
                    "b pr",
                    "c pr",
                ],
            ),
            (
                "not ( (a pr) ) and not(not (b eq \"(\"))",
                &[
                    "not ( (a pr) ) and not(not (b eq \"(\"))",
                    "not ( (a pr) )",
                    "a pr",
                    "not(not (b eq \"(\"))",
                    "not (b eq \"(\")",
                    "b eq \"(\"",
                ],
            ),
            // Parentheses that the flat tree has no use for.
            (
                "a pr and (b pr and c pr)",
                &["a pr and (b pr and c pr)", "a pr", "b pr", "c pr"],
            ),
            (
                "x pr or ((a pr and b pr) and c pr)",
                &[
                    "x pr or ((a pr and b pr) and c pr)",
                    "x pr",
                    "(a pr and b pr) and c pr",
                    "a pr",
                    "b pr",
                    "c pr",
                ],
            ),
            (
                "(a pr or b pr) or ((c pr))",
                &["(a pr or b pr) or ((c pr))", "a pr", "b pr", "c pr"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(texts(&text.parse().unwrap()), expected, "{text}");
        }
    }
}
