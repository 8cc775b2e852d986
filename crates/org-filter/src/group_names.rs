//! Groups selected by a list of names.

use std::collections::{BTreeMap, HashSet};

use crate::expr::{Comparison, Node, Operator, Places, SearchExpr};
use crate::literal::Literal;
use crate::path::AttributePath;

/// The most names in one search. Okta publishes no limit, but says that long queries can fail, and repeats the query in
/// the headers of its answer (error E0000256).
const MAX_NAMES: usize = 20;

/// The most bytes of one search in a URL.
const MAX_BYTES: usize = 2048;

const NAME: &str = "profile.name";

/// A list of names of groups, compared exactly.
///
/// The server's `eq` does not tell upper case from lower case, so what the searches return is a superset: ask
/// [`admits`](Self::admits) for each group, and tell the reader what [`report`](Self::report) finds.
///
/// ```
/// use org_filter::GroupNames;
///
/// let names = GroupNames::new(["Sales", "Support"]);
/// let searches: Vec<String> = names.searches().iter().map(ToString::to_string).collect();
/// assert_eq!(searches, [r#"profile.name eq "Sales" or profile.name eq "Support""#]);
/// assert!(names.admits("Sales") && !names.admits("SALES"));
///
/// let report = names.report(["Sales", "Sales"]);
/// assert_eq!(report.unmatched, ["Support"]);
/// assert_eq!(report.ambiguous, [("Sales", 2)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupNames {
    /// In the order they were given, each once.
    names: Vec<String>,
    known: HashSet<String>,
}

/// What became of a list of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameReport<'a> {
    /// The listed names that no group has, in the order of the list.
    pub unmatched: Vec<&'a str>,
    /// The listed names that several groups have, and how many, in the order of the list.
    pub ambiguous: Vec<(&'a str, usize)>,
}

impl GroupNames {
    /// A list of names; what is listed twice counts once.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut known = HashSet::new();
        let names = names.into_iter().map(Into::into);
        let names = names
            .filter(|name: &String| known.insert(name.clone()))
            .collect();
        Self { names, known }
    }

    /// The names, in the order they were given, each once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Searches for [`Dialect::GROUP_SEARCH`](crate::Dialect::GROUP_SEARCH) that together find all the groups on the
    /// list, and some others: at most 20 names and 2 KB of URL each.
    ///
    /// A name that Okta cannot be asked for, because of an emoji in it or because it is too long, is asked for by its
    /// beginning. Names without even that are in [`unsearchable`](Self::unsearchable).
    pub fn searches(&self) -> Vec<SearchExpr> {
        let mut searches = Vec::new();
        let mut terms: Vec<Node> = Vec::new();
        let mut bytes = 0;
        for term in self.names.iter().filter_map(|name| term(name)) {
            let length = encoded_length(&term) + encoded_text_length(" or ");
            if terms.len() == MAX_NAMES || bytes + length > MAX_BYTES {
                searches.extend(Node::any(terms.drain(..)).map(SearchExpr::built));
                bytes = 0;
            }
            bytes += length;
            terms.push(Node::Test(term));
        }
        searches.extend(Node::any(terms).map(SearchExpr::built));
        searches
    }

    /// The names that no search finds. While there are any, all the groups have to be listed; the empty name, which no
    /// group has, is not among them.
    pub fn unsearchable(&self) -> impl Iterator<Item = &str> {
        self.names()
            .filter(|name| !name.is_empty() && searchable_part(name).is_empty())
    }

    /// Whether `name` is on the list, exactly as it is written there.
    pub fn admits(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    /// Which names of the list no group has, and which several have. `seen` are the names of the groups that were
    /// found, one for each group; those that are not on the list do not matter.
    pub fn report(&self, seen: impl IntoIterator<Item = impl AsRef<str>>) -> NameReport<'_> {
        let mut counts: BTreeMap<&str, usize> = self.names().map(|name| (name, 0)).collect();
        for name in seen {
            if let Some(count) = counts.get_mut(name.as_ref()) {
                *count += 1;
            }
        }
        let mut report = NameReport::default();
        for name in self.names() {
            match counts.get(name) {
                None | Some(0) => report.unmatched.push(name),
                Some(1) => {}
                Some(several) => report.ambiguous.push((name, *several)),
            }
        }
        report
    }
}

/// What asks for the groups of this name, if anything does.
fn term(name: &str) -> Option<Comparison> {
    let path: AttributePath = NAME.parse().ok()?;
    let part = searchable_part(name);
    if part.is_empty() {
        return None;
    }
    let operator = if part.len() == name.len() {
        Operator::Eq
    } else {
        Operator::Sw
    };
    Some(Comparison::new(
        path,
        operator,
        Literal::Text(part.to_owned()),
        Places::default(),
    ))
}

/// The longest beginning of `name` that Okta can be asked for.
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

fn encoded_length(comparison: &Comparison) -> usize {
    encoded_text_length(&comparison.to_string())
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

    fn printed(names: &GroupNames) -> Vec<String> {
        names.searches().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn searches_are_cut_to_size() {
        let names = GroupNames::new((0..45).map(|number| format!("team-{number}")));
        let counts: Vec<usize> = names
            .searches()
            .iter()
            .map(|search| search.comparisons().len())
            .collect();
        assert_eq!(counts, [20, 20, 5]);

        let long = GroupNames::new((0..4).map(|number| format!("{number}{}", "x".repeat(900))));
        assert_eq!(long.searches().len(), 2, "two of them fill 2 KB");
        assert!(GroupNames::new([""; 0]).searches().is_empty());
    }

    #[test]
    fn names_are_compared_exactly() {
        let names = GroupNames::new(["say \"hi\"", "Sales", "Sales", ""]);
        assert_eq!(names.names().count(), 3);
        let expected = r#"profile.name eq "say \"hi\"" or profile.name eq "Sales""#;
        assert_eq!(printed(&names), [expected]);
        assert!(names.admits("Sales") && !names.admits("sales") && !names.admits(" Sales"));
    }

    #[test]
    fn what_cannot_be_asked_for_is_asked_for_by_its_beginning() {
        let names = GroupNames::new(["Team 🚀 A", "🚀", ""]);
        assert_eq!(printed(&names), [r#"profile.name sw "Team ""#]);
        assert_eq!(names.unsearchable().collect::<Vec<_>>(), ["🚀"]);

        let long = GroupNames::new(["é".repeat(1000)]);
        let search = printed(&long).remove(0);
        assert!(search.starts_with("profile.name sw \"ééé"), "{search}");
    }

    #[test]
    fn the_report_names_what_is_missing_and_what_is_twice() {
        let names = GroupNames::new(["b", "a", "c", "d"]);
        let report = names.report(["a", "b", "B", "b", "z", "b"]);
        assert_eq!(report.unmatched, ["c", "d"]);
        assert_eq!(report.ambiguous, [("b", 3)]);
    }
}
