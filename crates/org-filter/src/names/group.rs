//! Groups selected by a list of names.

use std::collections::{HashMap, HashSet};

use super::search::{self, Term};
use crate::expr::SearchExpr;

/// A list of names of groups, compared exactly.
///
/// The server's `eq` does not tell upper case from lower case, so what the searches return is a superset: ask
/// [`admits`](Self::admits) for each group, and tell the reader what [`report`](Self::report) finds.
///
/// ```
/// use org_filter::names::GroupNames;
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
#[non_exhaustive]
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
        search::searches(self.names().filter_map(Term::name))
    }

    /// The names that no search finds. While there are any, all the groups have to be listed; the empty name, which no
    /// group has, is not among them.
    pub fn unsearchable(&self) -> impl Iterator<Item = &str> {
        self.names()
            .filter(|name| !name.is_empty() && Term::name(name).is_none())
    }

    /// Whether `name` is on the list, exactly as it is written there.
    pub fn admits(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    /// Which names of the list no group has, and which several have. `seen` are the names of the groups that were
    /// found, one for each group; those that are not on the list do not matter.
    pub fn report(&self, seen: impl IntoIterator<Item = impl AsRef<str>>) -> NameReport<'_> {
        let mut counts: HashMap<&str, usize> = self.names().map(|name| (name, 0)).collect();
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
