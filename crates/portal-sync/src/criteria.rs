//! The keys of the configuration that decide who is in the catalog, and what becomes of evidence when they change.
//!
//! A record that fails a filter is a reason to remove its object, unless the filter is what has changed: a slip of ours
//! is no evidence. So what a run was configured to select is kept with what it committed, and a later run judges its
//! reasons by that.

use std::collections::BTreeMap;

use jiff::Timestamp;
use okta_api::{Group, User, UserStatus};
use org_filter::{Dialect, GroupNames, Matcher, NameRule, SearchExpr};
use serde::{Deserialize, Serialize};

use crate::config::{self, Credentials};
use crate::leavers::Leavers;
use crate::selection::{GroupRecord, UserRecord, asked, choose};

/// What one provider selects, as the texts of its configuration: it compares, and it is stored.
///
/// ```
/// use portal_sync::criteria::Criteria;
///
/// let last = Criteria::default();
/// let today = Criteria {
///     user_filter: Some(r#"status eq "ACTIVE""#.to_owned()),
///     ..Criteria::default()
/// };
/// assert_eq!(today.changed_since(&[last]).keys(), ["userFilter"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Criteria {
    /// The org's address, as in `https://acme.okta.com`.
    pub org: String,
    /// The client id of the service app; none with an API token.
    pub client: Option<String>,
    /// `userFilter`.
    pub user_filter: Option<String>,
    /// `groupFilter`.
    pub group_filter: Option<GroupCriterion>,
    /// Whether only users in at least one selected group are kept.
    pub users_from_groups: bool,
    /// `includeEmptyGroups`.
    pub include_empty_groups: bool,
    /// `mapping.users.statuses`, sorted.
    pub statuses: Vec<String>,
    /// `mapping.users.exclude`, sorted.
    pub exclude_users: Vec<String>,
    /// `mapping.groups.exclude`, sorted.
    pub exclude_groups: Vec<String>,
    /// `mapping.groups.merge`: the names of the wholes with the rules of their parts, in the order of the configuration.
    pub merge: Vec<(String, Vec<String>)>,
    /// `mapping.users.leavers`.
    pub leavers: Leavers,
}

/// `groupFilter`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupCriterion {
    /// Names that compare exactly, sorted.
    Names(Vec<String>),
    /// A search expression.
    Search(String),
}

impl Criteria {
    /// What a provider of the configuration selects.
    #[must_use]
    pub fn of(provider: &config::Provider) -> Self {
        let mapping = &provider.mapping;
        let rules = |rules: &[NameRule]| sorted(rules.iter().map(ToString::to_string));
        Self {
            org: provider.org.to_string().trim_end_matches('/').to_owned(),
            client: match &provider.credentials {
                Credentials::ServiceApp { client_id, .. } => Some(client_id.clone()),
                Credentials::ApiToken(_) => None,
            },
            user_filter: provider.user_filter.as_ref().map(ToString::to_string),
            group_filter: provider.group_filter.as_ref().map(|filter| match filter {
                config::GroupFilter::Names(names) => {
                    GroupCriterion::Names(sorted(names.iter().cloned()))
                }
                config::GroupFilter::Search(search) => GroupCriterion::Search(search.to_string()),
            }),
            users_from_groups: provider.users_from_groups && provider.group_filter.is_some(),
            include_empty_groups: provider.include_empty_groups,
            statuses: sorted(mapping.users.statuses.iter().map(ToString::to_string)),
            exclude_users: rules(&mapping.users.exclude),
            exclude_groups: rules(&mapping.groups.exclude),
            merge: mapping
                .groups
                .merge
                .iter()
                .map(|merge| (merge.name.clone(), rules(&merge.groups)))
                .collect(),
            leavers: mapping.users.leavers,
        }
    }

    /// Which keys are different from those of any run that the catalog is from; all of them when nobody knows what these
    /// were.
    #[must_use]
    pub fn changed_since(&self, last: &[Self]) -> Changed {
        let differs = |differs: fn(&Self, &Self) -> bool| {
            last.is_empty() || last.iter().any(|last| differs(self, last))
        };
        Changed {
            known: !last.is_empty(),
            org: differs(|a, b| a.org != b.org),
            user_filter: differs(|a, b| a.user_filter != b.user_filter),
            group_filter: differs(|a, b| a.group_filter != b.group_filter),
            users_from_groups: differs(|a, b| a.users_from_groups != b.users_from_groups),
            include_empty_groups: differs(|a, b| a.include_empty_groups != b.include_empty_groups),
            statuses: differs(|a, b| a.statuses != b.statuses),
            exclude_users: differs(|a, b| a.exclude_users != b.exclude_users),
            exclude_groups: differs(|a, b| a.exclude_groups != b.exclude_groups),
            merge: differs(|a, b| a.merge != b.merge),
            leavers: differs(|a, b| a.leavers != b.leavers),
        }
    }

    /// How to judge by the configurations that the catalog is from, while this is what is selected now.
    #[must_use]
    pub fn baseline(&self, last: &[Self]) -> Baseline {
        if last.is_empty() {
            return Baseline(Judged::Nobody);
        }
        let others = last.iter().filter(|last| *last != self);
        // What an older version wrote and this one does not read is not known.
        let judges: Option<Vec<Judge>> = others.map(Self::judge).collect();
        Baseline(match judges {
            None => Judged::Nobody,
            Some(judges) if judges.is_empty() => Judged::AsNow,
            Some(judges) => Judged::By(judges),
        })
    }

    fn judge(&self) -> Option<Judge> {
        let expression = |text: &String, dialect| {
            let expression = text.parse::<SearchExpr>().ok()?;
            Some(expression.compile(dialect))
        };
        let rules = |texts: &[String]| {
            let rules = texts.iter().map(|text| text.parse::<NameRule>().ok());
            rules.collect::<Option<Vec<_>>>()
        };
        let asked_by = |text: &String| text.parse().map(|it| asked(&it)).unwrap_or_default();
        Some(Judge {
            asked_of_users: self.user_filter.as_ref().map(asked_by).unwrap_or_default(),
            asked_of_groups: match &self.group_filter {
                Some(GroupCriterion::Search(text)) => asked_by(text),
                _ => Vec::new(),
            },
            users: match &self.user_filter {
                Some(text) => Some(expression(text, &Dialect::USER_SEARCH)?),
                None => None,
            },
            statuses: self
                .statuses
                .iter()
                .map(|status| UserStatus::from(status.as_str()))
                .collect(),
            no_users: rules(&self.exclude_users)?,
            groups: match &self.group_filter {
                None => Groups::All,
                Some(GroupCriterion::Names(names)) => Groups::Names(GroupNames::new(names)),
                Some(GroupCriterion::Search(text)) => {
                    Groups::Search(expression(text, &Dialect::GROUP_SEARCH)?)
                }
            },
            no_groups: rules(&self.exclude_groups)?,
        })
    }
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// Which keys differ from the configurations that the catalog is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Whether it is known by which configuration the catalog was filled.
    pub known: bool,
    /// `oktaUrl`.
    pub org: bool,
    /// `userFilter`.
    pub user_filter: bool,
    /// `groupFilter`.
    pub group_filter: bool,
    /// `usersFromGroups`.
    pub users_from_groups: bool,
    /// `includeEmptyGroups`.
    pub include_empty_groups: bool,
    /// `mapping.users.statuses`.
    pub statuses: bool,
    /// `mapping.users.exclude`.
    pub exclude_users: bool,
    /// `mapping.groups.exclude`.
    pub exclude_groups: bool,
    /// `mapping.groups.merge`.
    pub merge: bool,
    /// `mapping.users.leavers`.
    pub leavers: bool,
}

impl Changed {
    /// No key is different.
    pub const NOTHING: Self = Self {
        known: true,
        org: false,
        user_filter: false,
        group_filter: false,
        users_from_groups: false,
        include_empty_groups: false,
        statuses: false,
        exclude_users: false,
        exclude_groups: false,
        merge: false,
        leavers: false,
    };

    /// The names of the keys that are known to be different.
    #[must_use]
    pub fn keys(&self) -> Vec<&'static str> {
        let all = [
            (self.org, "oktaUrl"),
            (self.user_filter, "userFilter"),
            (self.group_filter, "groupFilter"),
            // It says nothing without a group filter, and changes with it.
            (
                self.users_from_groups && !self.group_filter,
                "usersFromGroups",
            ),
            (self.include_empty_groups, "includeEmptyGroups"),
            (self.statuses, "mapping.users.statuses"),
            (self.exclude_users, "mapping.users.exclude"),
            (self.exclude_groups, "mapping.groups.exclude"),
            (self.merge, "mapping.groups.merge"),
            (self.leavers, "mapping.users.leavers"),
        ];
        let changed = all
            .into_iter()
            .filter(|(changed, _)| *changed && self.known);
        changed.map(|(_, key)| key).collect()
    }

    /// Why removals of this run are counted, as the end of a sentence; nothing when no key is different.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        if !self.known {
            return Some(
                "it is not known by which configuration the catalog was filled".to_owned(),
            );
        }
        let keys = self.keys();
        let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let (last, others) = quoted.split_last()?;
        Some(if others.is_empty() {
            format!("{last} has changed since the last complete run")
        } else {
            format!(
                "{} and {last} have changed since the last complete run",
                others.join(", ")
            )
        })
    }
}

impl Default for Changed {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// Whether the configurations that the catalog is from also leave out what that of today does.
#[derive(Debug, Clone)]
pub struct Baseline(Judged);

#[derive(Debug, Clone)]
enum Judged {
    /// It is the same.
    AsNow,
    /// It is not known, so it is a witness for nothing.
    Nobody,
    /// There are others: who was wanted by one of them is not in the catalog by mistake.
    By(Vec<Judge>),
}

#[derive(Debug, Clone)]
struct Judge {
    /// What the filters ask for, as they name it.
    asked_of_users: Vec<String>,
    asked_of_groups: Vec<String>,
    users: Option<Matcher>,
    statuses: Vec<UserStatus>,
    no_users: Vec<NameRule>,
    groups: Groups,
    no_groups: Vec<NameRule>,
}

#[derive(Debug, Clone)]
enum Groups {
    All,
    Names(GroupNames),
    Search(Matcher),
}

impl Baseline {
    /// The configuration of the last run is that of today.
    pub const UNCHANGED: Self = Self(Judged::AsNow);

    /// What users are judged by, as filters name it.
    pub(crate) fn asked_of_users(&self) -> impl Iterator<Item = &str> {
        let judges = self.judges().iter();
        judges.flat_map(|judge| judge.asked_of_users.iter().map(String::as_str))
    }

    /// What groups are judged by, as filters name it.
    pub(crate) fn asked_of_groups(&self) -> impl Iterator<Item = &str> {
        let judges = self.judges().iter();
        judges.flat_map(|judge| judge.asked_of_groups.iter().map(String::as_str))
    }

    fn judges(&self) -> &[Judge] {
        match &self.0 {
            Judged::By(judges) => judges,
            Judged::AsNow | Judged::Nobody => &[],
        }
    }

    /// Whether they all refuse a user whom that of today refuses: then it is the user's record that has changed.
    #[must_use]
    pub fn refuses_user(&self, user: &User) -> bool {
        match &self.0 {
            Judged::AsNow => true,
            Judged::Nobody => false,
            Judged::By(judges) => judges.iter().all(|judge| judge.refuses_user(user)),
        }
    }

    /// Whether they all leave out a group that that of today leaves out.
    #[must_use]
    pub fn refuses_group(&self, group: &Group) -> bool {
        match &self.0 {
            Judged::AsNow => true,
            Judged::Nobody => false,
            Judged::By(judges) => judges.iter().all(|judge| judge.refuses_group(group)),
        }
    }
}

impl Judge {
    fn refuses_user(&self, user: &User) -> bool {
        let record = UserRecord(user);
        let filtered = self.users.as_ref().is_some_and(|it| !it.matches(&record));
        let status = !self.statuses.is_empty()
            && !user.status.is_absent()
            && !self.statuses.contains(&user.status);
        let names = [user.profile.login(), user.profile.email()];
        filtered || status || choose(&self.no_users, user.id.as_str(), &names)
    }

    fn refuses_group(&self, group: &Group) -> bool {
        let name = group.profile.name();
        let selected = match &self.groups {
            Groups::All => true,
            Groups::Names(names) => name.is_some_and(|name| names.admits(name)),
            Groups::Search(search) => search.matches(&GroupRecord(group)),
        };
        !selected || choose(&self.no_groups, group.id.as_str(), &[name])
    }
}

/// What is known of a provider between two runs, besides its entities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Remembered {
    /// What was selected by the runs that the catalog is from: the last one after which nothing was held back, and those
    /// since then. None where nobody wrote it down.
    pub criteria: Vec<Criteria>,
    /// The groups whose members could not be read, by Okta id, and since which run.
    pub unknown_since: BTreeMap<String, Timestamp>,
}

/// After so many different configurations in a row that did not settle, none of them is a witness any more.
const MOST_CRITERIA: usize = 8;

impl Remembered {
    /// What the catalog is from after a run by `today`: by nothing else when everything of it is done.
    #[must_use]
    pub fn criteria_after(&self, today: &Criteria, is_settled: bool) -> Vec<Criteria> {
        if is_settled {
            return vec![today.clone()];
        }
        let mut criteria = self.criteria.clone();
        if !criteria.is_empty() && !criteria.contains(today) {
            criteria.push(today.clone());
        }
        if criteria.len() > MOST_CRITERIA {
            criteria.clear();
        }
        criteria
    }
}

#[cfg(test)]
mod tests;
