//! Why a group is selected, or is not.

use std::fmt;

use super::GroupRules;
use crate::name_rule::{NameRule, RuleKind};
use crate::problem::quoted;

/// Why a group of some name is selected or is not: the rules that decided it. `Display` says it in a line.
///
/// ```
/// use org_filter::GroupRules;
///
/// let rules = GroupRules::read(["Sales", "glob:team-*"], ["prefix:tmp-"])?;
/// assert_eq!(rules.explain("team-a").to_string(), "`team-a` is in: the glob `team-*` includes it");
/// assert_eq!(rules.explain("tmp-a").to_string(), "`tmp-a` is out: excluded by the prefix `tmp-`");
/// assert_eq!(
///     rules.explain("SALES").to_string(),
///     "`SALES` is out: no rule includes it; the name `Sales` differs in upper and lower case",
/// );
/// # Ok::<(), org_filter::InvalidRules>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleExplanation<'a> {
    name: &'a str,
    included_by: Option<&'a NameRule>,
    excluded_by: Option<&'a NameRule>,
    includes_all: bool,
    nearly: Option<&'a NameRule>,
}

impl<'a> RuleExplanation<'a> {
    pub(super) fn new(rules: &'a GroupRules, name: &'a str) -> Self {
        let included_by = rules.include.first(name);
        let nearly = || rules.include().iter().find(|rule| nearly(rule, name));
        Self {
            name,
            included_by,
            excluded_by: rules.exclude.first(name),
            includes_all: rules.include().is_empty(),
            nearly: included_by.map_or_else(nearly, |_| None),
        }
    }

    /// The name that was asked about.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Whether a group of that name is selected.
    pub fn is_selected(&self) -> bool {
        (self.includes_all || self.included_by.is_some()) && self.excluded_by.is_none()
    }

    /// The first include rule that admits the name, also when it is excluded.
    pub fn included_by(&self) -> Option<&'a NameRule> {
        self.included_by
    }

    /// The first exclude rule that admits the name, also when nothing includes it.
    pub fn excluded_by(&self) -> Option<&'a NameRule> {
        self.excluded_by
    }
}

/// Whether only upper and lower case keep the rule from admitting `name`.
fn nearly(rule: &NameRule, name: &str) -> bool {
    let (pattern, name) = (rule.pattern().to_lowercase(), name.to_lowercase());
    match rule.kind() {
        RuleKind::Exact => name == pattern,
        RuleKind::Prefix => name.starts_with(&pattern),
        RuleKind::Glob | RuleKind::Regex => false,
    }
}

impl fmt::Display for RuleExplanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_selected() { "in" } else { "out" };
        write!(f, "{} is {state}: ", quoted(self.name))?;
        match (self.excluded_by, self.included_by) {
            (Some(exclude), Some(include)) => write!(
                f,
                "excluded by {}, although {} includes it",
                exclude.described(),
                include.described()
            ),
            (Some(exclude), None) => write!(f, "excluded by {}", exclude.described()),
            (None, Some(include)) => write!(f, "{} includes it", include.described()),
            (None, None) if self.includes_all => {
                f.write_str("no rule excludes it, and there are no include rules")
            }
            (None, None) => {
                f.write_str("no rule includes it")?;
                self.nearly.iter().try_for_each(|rule| {
                    write!(f, "; {} differs in upper and lower case", rule.described())
                })
            }
        }
    }
}
