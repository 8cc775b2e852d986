//! The attributes of users and groups that something is made of or decided by: the others are not even built.

use std::collections::BTreeSet;

use org_filter::SearchExpr;

use super::{Need, Needs};

/// What is built of the records of an org, as a search names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Of users.
    pub users: BTreeSet<String>,
    /// Of groups.
    pub groups: BTreeSet<String>,
}

impl Kept {
    /// What the filters ask for.
    pub(super) fn of_filters(users: Option<&SearchExpr>, groups: Option<&SearchExpr>) -> Self {
        let paths = |filter: Option<&SearchExpr>| filter.into_iter().flat_map(asked).collect();
        Self {
            users: paths(users),
            groups: paths(groups),
        }
    }

    /// With what something is made of, and what people and groups are known by everywhere.
    pub(super) fn with(mut self, needs: &Needs) -> Self {
        let paths = |needs: &[Need]| -> Vec<String> {
            let paths = needs.iter().map(|it| it.path.as_str().to_owned());
            paths.collect()
        };
        let known_by = |names: [&str; 2]| names.map(str::to_owned);
        self.users.extend(paths(&needs.of_users));
        self.users
            .extend(known_by(["profile.login", "profile.email"]));
        self.groups.extend(paths(&needs.of_groups));
        self.groups.extend(needs.types.iter().flat_map(asked));
        self.groups
            .extend(known_by(["profile.name", "profile.description"]));
        self
    }
}

/// What an expression asks for.
pub(crate) fn asked(filter: &SearchExpr) -> Vec<String> {
    let comparisons = filter.comparisons().into_iter();
    comparisons
        .map(|it| it.path().as_str().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::config::{Environment, load};
    use crate::run::provider::selection;

    /// Every key of the configuration that names an attribute, each with one of its own.
    const EVERY_KEY: &str = r#"
catalog:
  providers:
    okta:
      oktaUrl: https://acme.okta.com
      token: 00abcdefghijklmnopqrstuvwxyz
      userFilter: profile.u1 ew "a" and (status eq "ACTIVE" or type.id ne "b")
      groupFilter: profile.g1 ew "a" or source.id eq "c"
      mapping:
        userName: [{ attribute: u2 }, { template: "{u3 ?? profile.u4}" }]
        groupName: [{ attribute: g2 }, { template: "{g3}" }]
        users:
          displayName: "{u5}"
          title: "{u6}"
          email: "{u7}"
          picture: "{u8}"
          description: "{u9}"
          annotations: { values: { acme.com/a: "{u10}" } }
          labels: { prefix: acme.com/, attributes: [u11] }
        groups:
          displayName: "{g5}"
          title: "{g6}"
          email: "{g7}"
          picture: "{g8}"
          description: "{g9}"
          annotations: { values: { acme.com/a: "{g10}" } }
          labels: { prefix: acme.com/, attributes: [g11] }
          type:
            attribute: g12
            rules: [{ when: profile.g13 eq "x", type: team }]
          hierarchy: { key: g14, parentKey: g15 }
"#;

    #[test]
    fn every_attribute_that_the_configuration_names_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("app-config.yaml"), EVERY_KEY).unwrap();
        let config = load(&[], &Environment::default(), folder.path());
        let config = config.unwrap_or_else(|errors| panic!("{errors}"));
        let provider = &config.providers[0];
        let selection = selection(provider);
        let kept = selection.kept().unwrap();
        let missing = |kind: &str, last: usize, kept: &std::collections::BTreeSet<String>| {
            let names = (1..=last).filter(|n| (kind, *n) != ("g", 4));
            let names = names.map(|n| format!("profile.{kind}{n}"));
            names
                .filter(|name| !kept.contains(name))
                .collect::<Vec<_>>()
        };
        assert_eq!(missing("u", 11, &kept.users), [""; 0]);
        assert_eq!(missing("g", 15, &kept.groups), [""; 0]);
        for name in ["profile.login", "profile.email", "type.id"] {
            assert!(kept.users.contains(name), "{name}");
        }
        for name in ["profile.name", "source.id"] {
            assert!(kept.groups.contains(name), "{name}");
        }
        assert!(!kept.users.contains("profile.ssn"));
    }
}
