//! What became of rules.

use std::collections::HashSet;
use std::fmt;

use super::GroupRules;
use crate::group_names::Tally;
use crate::name_rule::{NameRule, RuleKind};
use crate::problem::quoted;

/// What became of rules: those that did nothing, and the names that are not unique. `Display` prints one line for each,
/// nothing when there is nothing to say.
///
/// ```
/// use org_filter::GroupRules;
///
/// let rules = GroupRules::read(["Sales", "team-*", "prefix:eng-"], ["prefix:tmp-"])?;
/// let report = rules.report(["Sales", "Sales", "eng-a"]);
/// assert_eq!(report.unmatched, [&"team-*".parse()?]);
/// assert_eq!(report.ambiguous, [("Sales", 2)]);
/// assert_eq!(report.idle, [&"prefix:tmp-".parse()?]);
/// assert_eq!(report.to_string(), "\
/// no group has the name `team-*`; perhaps `glob:team-*` was meant
/// 2 groups have the name `Sales`
/// the prefix `tmp-` excludes nothing");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleReport<'a> {
    /// The include rules that admit no group, in the order of the list.
    pub unmatched: Vec<&'a NameRule>,
    /// The names to include that several groups have, and how many, in the order of the list.
    pub ambiguous: Vec<(&'a str, usize)>,
    /// The exclude rules that admit no group which is included, in the order of the list.
    pub idle: Vec<&'a NameRule>,
}

pub(super) fn report<'a>(
    rules: &'a GroupRules,
    seen: impl IntoIterator<Item = impl AsRef<str>>,
) -> RuleReport<'a> {
    let mut included = Tally::new(&rules.include.names);
    let mut excluded = Tally::new(&rules.exclude.names);
    // The patterns that have admitted nothing so far.
    let mut unmatched: Vec<&NameRule> = rules.include.patterns().map(|(_, rule)| rule).collect();
    let mut idle: Vec<&NameRule> = rules.exclude.patterns().map(|(_, rule)| rule).collect();
    for name in seen {
        let name = name.as_ref();
        included.see(name);
        unmatched.retain(|rule| !rule.admits(name));
        if rules.includes(name) {
            excluded.see(name);
            idle.retain(|rule| !rule.admits(name));
        }
    }
    let names = included.report();
    RuleReport {
        unmatched: in_order(rules.include(), &unmatched, &names.unmatched),
        ambiguous: names.ambiguous,
        idle: in_order(rules.exclude(), &idle, &excluded.report().unmatched),
    }
}

/// The rules that are among `patterns`, or exact and among `names`.
fn in_order<'a>(
    rules: &'a [NameRule],
    patterns: &[&NameRule],
    names: &[&str],
) -> Vec<&'a NameRule> {
    let patterns: HashSet<_> = patterns.iter().map(|rule| rule.key()).collect();
    let names: HashSet<&str> = names.iter().copied().collect();
    let listed = |rule: &&NameRule| match rule.kind() {
        RuleKind::Exact => names.contains(rule.pattern()),
        _ => patterns.contains(&rule.key()),
    };
    rules.iter().filter(listed).collect()
}

impl fmt::Display for RuleReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = |rule: &NameRule| match rule.meant() {
            Some(meant) => format!("; perhaps {} was meant", quoted(&meant.to_string())),
            None => String::new(),
        };
        let unmatched = self.unmatched.iter().map(|rule| match rule.kind() {
            RuleKind::Exact => format!("no group has {}{}", rule.described(), hint(rule)),
            _ => format!("{} includes nothing", rule.described()),
        });
        let several = |(name, count): &(&str, usize)| {
            format!("{count} groups have the name {}", quoted(name))
        };
        let ambiguous = self.ambiguous.iter().map(several);
        let idle = self
            .idle
            .iter()
            .map(|rule| format!("{} excludes nothing{}", rule.described(), hint(rule)));
        for (index, line) in unmatched.chain(ambiguous).chain(idle).enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{line}")?;
        }
        Ok(())
    }
}
