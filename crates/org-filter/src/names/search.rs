//! Searches for groups by their names or the beginnings of their names, cut to a size that Okta takes.

use crate::expr::{Comparison, Node, Operator, Places, SearchExpr};
use crate::literal::Literal;
use crate::path::AttributePath;

/// The most terms in one search. Okta publishes no limit, but says that long queries can fail, and repeats the query in
/// the headers of its answer (error E0000256).
const MAX_TERMS: usize = 20;

/// The most bytes of one search in a URL.
const MAX_BYTES: usize = 2048;

const NAME: &str = "profile.name";

/// What is asked for: the groups of one name, or those whose names begin with a text. Never empty, and upper and lower
/// case are the same to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    text: String,
    whole: bool,
}

impl Term {
    /// What finds the groups of this name, if anything does.
    pub(crate) fn name(name: &str) -> Option<Self> {
        let part = searchable_part(name);
        if part.len() == name.len() {
            (!name.is_empty()).then(|| Self {
                text: name.to_owned(),
                whole: true,
            })
        } else {
            Self::beginning(part)
        }
    }

    /// What finds the groups whose names begin with `text`, if anything does.
    fn beginning(text: &str) -> Option<Self> {
        let part = searchable_part(text);
        // The lower case of this letter depends on what follows it, and that is not known.
        let part = part.split('Σ').next().unwrap_or_default();
        (!part.is_empty()).then(|| Self {
            text: part.to_owned(),
            whole: false,
        })
    }

    fn comparison(&self) -> Option<Comparison> {
        let path: AttributePath = NAME.parse().ok()?;
        let operator = if self.whole {
            Operator::Eq
        } else {
            Operator::Sw
        };
        Some(Comparison::new(
            path,
            operator,
            Literal::Text(self.text.clone()),
            Places::default(),
        ))
    }
}

/// Searches that together find what the terms find, in their order.
pub(crate) fn searches(terms: impl IntoIterator<Item = Term>) -> Vec<SearchExpr> {
    let mut searches = Vec::new();
    let mut nodes: Vec<Node> = Vec::new();
    let mut bytes = 0;
    for comparison in terms.into_iter().filter_map(|term| term.comparison()) {
        let length = encoded_text_length(&comparison.to_string()) + encoded_text_length(" or ");
        if nodes.len() == MAX_TERMS || bytes + length > MAX_BYTES {
            searches.extend(Node::any(nodes.drain(..)).map(SearchExpr::built));
            bytes = 0;
        }
        bytes += length;
        nodes.push(Node::Test(comparison));
    }
    searches.extend(Node::any(nodes).map(SearchExpr::built));
    searches
}

/// The longest beginning of `name` that Okta can be asked for: no character beyond U+FFFF, which it does not support
/// (special characters, developer documentation), and no more than one search holds.
fn searchable_part(name: &str) -> &str {
    let mut bytes = encoded_text_length("profile.name eq \"\" or ");
    let fits = |(_, character): &(usize, char)| {
        bytes += encoded_text_length(&Literal::Text(character.to_string()).to_string())
            - encoded_text_length("\"\"");
        *character <= '\u{ffff}' && bytes <= MAX_BYTES
    };
    let length = name
        .char_indices()
        .take_while(fits)
        .map(|(at, c)| at + c.len_utf8())
        .last();
    name.get(..length.unwrap_or_default()).unwrap_or_default()
}

/// The bytes `text` takes in a URL, at three for everything but letters, digits and `-._~`.
fn encoded_text_length(text: &str) -> usize {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { 1 } else { 3 })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_ends_before_a_letter_whose_lower_case_is_not_known() {
        assert_eq!(Term::beginning("ΑΣ"), Term::beginning("Α"));
        assert_eq!(Term::beginning("Σ"), None);
        assert!(Term::name("ΑΣ").unwrap().whole);
    }
}
