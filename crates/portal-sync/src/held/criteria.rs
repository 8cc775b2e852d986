//! The keys of the configuration that decide who is in the catalog, and what becomes of evidence when they change.
//!
//! A record that fails a filter is a reason to remove its object, unless the filter is what has changed: a slip of ours
//! is no evidence. So what a run was configured to select is kept with what it committed, and a later run judges its
//! reasons by that.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::held::leavers::Leavers;

/// What one provider selects, as the texts of its configuration: it compares, and it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Criteria {
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
pub(crate) enum GroupCriterion {
    /// Names that compare exactly, sorted.
    Names(Vec<String>),
    /// A search expression.
    Search(String),
}

impl Criteria {
    /// Which keys are different from those of any run that the catalog is from; all of them when nobody knows what these
    /// were.
    #[must_use]
    pub(crate) fn changed_since(&self, last: &[Self]) -> Changed {
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
}

/// Which keys differ from the configurations that the catalog is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changed {
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
    pub(crate) const NOTHING: Self = Self {
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
    pub(crate) fn keys(&self) -> Vec<&'static str> {
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

    /// Why removals of this run are counted; nothing when no key is different.
    #[must_use]
    pub(crate) fn reason(&self) -> Option<Reconfigured> {
        if !self.known {
            return Some(Reconfigured::Unknown);
        }
        let keys: Vec<_> = self.keys().into_iter().map(Cow::Borrowed).collect();
        (!keys.is_empty()).then_some(Reconfigured::Keys(keys))
    }
}

/// How the configuration differs from those that the catalog is from. It prints as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Reconfigured {
    /// Nobody knows what these were.
    Unknown,
    /// In these keys, of which there is one at least.
    Keys(Vec<Cow<'static, str>>),
}

impl fmt::Display for Reconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Keys(keys) = self else {
            return f.write_str("it is not known by which configuration the catalog was filled");
        };
        let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        match quoted.split_last() {
            Some((last, others)) if !others.is_empty() => {
                write!(f, "{} and {last} have", others.join(", "))?;
            }
            _ => write!(f, "{} has", quoted.concat())?,
        }
        f.write_str(" changed since the last complete run")
    }
}

impl Default for Changed {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// What is known of a provider between two runs, besides its entities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Remembered {
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
    pub(crate) fn criteria_after(&self, today: &Criteria, is_settled: bool) -> Vec<Criteria> {
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
