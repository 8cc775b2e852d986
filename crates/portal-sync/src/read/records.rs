//! Which records rules choose by their names.

use org_filter::names::{NameRule, RuleKind};

/// Whether one of the rules chooses an object, by one of its names or by the whole of its Okta id. Globs are about names
/// only: `[!a]*`, everything that does not begin with an `a`, fits every id.
pub(crate) fn choose(rules: &[NameRule], id: &str, names: &[Option<&str>]) -> bool {
    rules.iter().any(|rule| {
        let is_id = || rule.kind() == RuleKind::Exact && rule.admits(id);
        names.iter().flatten().any(|name| rule.admits(name)) || is_id()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_about_names_and_not_about_ids() {
        let chooses = |rule: &str| {
            let rules: Vec<NameRule> = vec![rule.parse().unwrap()];
            choose(&rules, "00u1jane", &[Some("jane"), None])
        };
        assert!(chooses("jane") && chooses("prefix:ja") && chooses("glob:[!s]*"));
        assert!(chooses("00u1jane") && !chooses("00u2jane"));
        assert!(!chooses("glob:[!j]*") && !chooses("prefix:00u"));
    }
}
