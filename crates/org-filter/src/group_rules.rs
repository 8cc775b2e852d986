//! Groups selected by rules about their names: what to include, and what to exclude.

use std::collections::HashSet;

use crate::expr::SearchExpr;
use crate::group_names::GroupNames;
use crate::name_rule::{NameRule, RuleKind};
use crate::name_search;

mod explanation;
mod invalid;
mod report;

pub use explanation::RuleExplanation;
pub use invalid::{BadRule, InvalidRules, RuleList};
pub use report::RuleReport;

/// The most include and exclude rules together.
pub const MAX_RULES: usize = 1000;

/// Rules that include groups and rules that exclude groups, by their names.
///
/// A group is selected when an include rule admits its name, or there is no include rule, and no exclude rule admits it:
/// exclude wins. What the [`searches`](Self::searches) return is a superset: ask [`admits`](Self::admits) for each
/// group, and tell the reader what [`report`](Self::report) finds.
///
/// ```
/// use org_filter::{GroupRules, Listing};
///
/// let rules = GroupRules::read(["Sales", "glob:team-*-{prod,dev}"], ["prefix:team-x-"])?;
/// assert!(rules.admits("team-a-prod") && !rules.admits("team-x-prod"));
///
/// let Listing::Searches(searches) = rules.searches() else { panic!("both rules have a beginning") };
/// assert_eq!(searches[0].to_string(), r#"profile.name eq "Sales" or profile.name sw "team-""#);
///
/// assert_eq!(
///     rules.explain("team-x-prod").to_string(),
///     "`team-x-prod` is out: excluded by the prefix `team-x-`, although the glob `team-*-{prod,dev}` includes it",
/// );
/// # Ok::<(), org_filter::InvalidRules>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRules {
    include: Rules,
    exclude: Rules,
}

/// One of the two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rules {
    /// In the order they were given, each once.
    all: Vec<NameRule>,
    /// Those that are exact.
    names: GroupNames,
    /// The places of the others.
    patterns: Vec<usize>,
}

/// What has to be listed so that no selected group is missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing<'a> {
    /// All the groups.
    Everything {
        /// The include rules that have no beginning to search for; none when there is no include rule at all.
        because: Vec<&'a NameRule>,
    },
    /// The groups these searches find, for [`Dialect::GROUP_SEARCH`](crate::Dialect::GROUP_SEARCH): at most 20 terms and
    /// 2 KB of URL each, and no group is found by two of them.
    Searches(Vec<SearchExpr>),
}

impl GroupRules {
    /// Rules that were made already; what is listed twice counts once. Without an include rule every group is included.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_RULES`].
    pub fn new(
        include: impl IntoIterator<Item = NameRule>,
        exclude: impl IntoIterator<Item = NameRule>,
    ) -> Result<Self, InvalidRules> {
        let include: Vec<NameRule> = include.into_iter().take(MAX_RULES + 1).collect();
        let exclude: Vec<NameRule> = exclude.into_iter().take(MAX_RULES + 1).collect();
        if include.len() + exclude.len() > MAX_RULES {
            return Err(InvalidRules::too_many());
        }
        Ok(Self {
            include: Rules::new(&include),
            exclude: Rules::new(&exclude),
        })
    }

    /// Rules from their texts: see [`NameRule`] for their form.
    ///
    /// # Errors
    ///
    /// When texts are not rules, all of which the error names, or there are more than [`MAX_RULES`].
    pub fn read(
        include: impl IntoIterator<Item = impl AsRef<str>>,
        exclude: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, InvalidRules> {
        let mut bad = Vec::new();
        let include = invalid::read(RuleList::Include, include, &mut bad);
        let exclude = invalid::read(RuleList::Exclude, exclude, &mut bad);
        InvalidRules::unless_empty(bad)?;
        Self::new(include, exclude)
    }

    /// The include rules, in the order they were given, each once.
    pub fn include(&self) -> &[NameRule] {
        &self.include.all
    }

    /// The exclude rules, in the order they were given, each once.
    pub fn exclude(&self) -> &[NameRule] {
        &self.exclude.all
    }

    /// Whether a group of this name is selected.
    pub fn admits(&self, name: &str) -> bool {
        self.includes(name) && !self.exclude.admit(name)
    }

    /// Whether a group of this name would be selected if nothing was excluded.
    fn includes(&self, name: &str) -> bool {
        self.include.all.is_empty() || self.include.admit(name)
    }

    /// What the server is to be asked for. It cannot be asked for what is excluded.
    pub fn searches(&self) -> Listing<'_> {
        let include = self.include.all.iter();
        let mut terms = Vec::new();
        let because = include
            .filter(|rule| match rule.terms() {
                Some(some) => {
                    terms.extend(some);
                    false
                }
                None => true,
            })
            .collect::<Vec<_>>();
        if self.include.all.is_empty() || !because.is_empty() {
            Listing::Everything { because }
        } else {
            Listing::Searches(name_search::searches(name_search::without_overlap(terms)))
        }
    }

    /// Why a group of this name is selected, or is not.
    pub fn explain<'a>(&'a self, name: &'a str) -> RuleExplanation<'a> {
        RuleExplanation::new(self, name)
    }

    /// Which rules did nothing, and which names several groups have. `seen` are the names of the groups that were found,
    /// one for each group, selected or not.
    pub fn report(&self, seen: impl IntoIterator<Item = impl AsRef<str>>) -> RuleReport<'_> {
        report::report(self, seen)
    }
}

impl Rules {
    fn new(rules: &[NameRule]) -> Self {
        let mut seen = HashSet::new();
        let first = rules.iter().filter(|rule| seen.insert(rule.key()));
        let all: Vec<NameRule> = first.cloned().collect();
        let exact = |rule: &&NameRule| rule.kind() == RuleKind::Exact;
        let names = GroupNames::new(all.iter().filter(exact).map(NameRule::pattern));
        let others = all.iter().enumerate().filter(|(_, rule)| !exact(rule));
        let patterns = others.map(|(place, _)| place).collect();
        Self {
            all,
            names,
            patterns,
        }
    }

    /// Whether one of the rules admits `name`.
    fn admit(&self, name: &str) -> bool {
        self.names.admits(name) || self.patterns().any(|(_, rule)| rule.admits(name))
    }

    /// The first of the rules that admits `name`.
    fn first(&self, name: &str) -> Option<&NameRule> {
        self.all.iter().find(|rule| rule.admits(name))
    }

    /// The rules that are not exact, with their places.
    fn patterns(&self) -> impl Iterator<Item = (usize, &NameRule)> {
        let rule = |&place: &usize| Some((place, self.all.get(place)?));
        self.patterns.iter().filter_map(rule)
    }
}

#[cfg(test)]
mod tests;
