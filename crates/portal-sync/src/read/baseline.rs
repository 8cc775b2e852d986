//! Whether a record that is left out today was left out before as well: by the configurations that the catalog is from.

use okta_api::{Group, User, UserStatus};
use org_filter::names::{GroupNames, NameRule};
use org_filter::{Dialect, Matcher, SearchExpr};

use super::records::choose;
use super::selection::asked;
use crate::held::criteria::{Criteria, GroupCriterion};

/// Whether the configurations that the catalog is from also leave out what that of today does.
#[derive(Debug, Clone)]
pub(crate) struct Baseline(Judged);

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
    #[cfg(test)]
    pub(crate) const UNCHANGED: Self = Self(Judged::AsNow);

    /// How to judge by the configurations that the catalog is from, while `now` is what is selected.
    #[must_use]
    pub(crate) fn of(last: &[Criteria], now: &Criteria) -> Self {
        if last.is_empty() {
            return Self(Judged::Nobody);
        }
        let others = last.iter().filter(|last| *last != now);
        // What an older version wrote and this one does not read is not known.
        let judges: Option<Vec<Judge>> = others.map(Judge::of).collect();
        Self(match judges {
            None => Judged::Nobody,
            Some(judges) if judges.is_empty() => Judged::AsNow,
            Some(judges) => Judged::By(judges),
        })
    }

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
    pub(crate) fn refuses_user(&self, user: &User) -> bool {
        match &self.0 {
            Judged::AsNow => true,
            Judged::Nobody => false,
            Judged::By(judges) => judges.iter().all(|judge| judge.refuses_user(user)),
        }
    }

    /// Whether they all leave out a group that that of today leaves out.
    #[must_use]
    pub(crate) fn refuses_group(&self, group: &Group) -> bool {
        match &self.0 {
            Judged::AsNow => true,
            Judged::Nobody => false,
            Judged::By(judges) => judges.iter().all(|judge| judge.refuses_group(group)),
        }
    }
}

impl Judge {
    fn of(criteria: &Criteria) -> Option<Self> {
        let expression = |text: &String, dialect| {
            let expression = text.parse::<SearchExpr>().ok()?;
            Some(expression.compile(dialect))
        };
        let rules = |texts: &[String]| {
            let rules = texts.iter().map(|text| text.parse::<NameRule>().ok());
            rules.collect::<Option<Vec<_>>>()
        };
        let asked_by = |text: &String| text.parse().map(|it| asked(&it)).unwrap_or_default();
        Some(Self {
            asked_of_users: criteria
                .user_filter
                .as_ref()
                .map(asked_by)
                .unwrap_or_default(),
            asked_of_groups: match &criteria.group_filter {
                Some(GroupCriterion::Search(text)) => asked_by(text),
                _ => Vec::new(),
            },
            users: match &criteria.user_filter {
                Some(text) => Some(expression(text, &Dialect::USER_SEARCH)?),
                None => None,
            },
            statuses: criteria
                .statuses
                .iter()
                .map(|status| UserStatus::from(status.as_str()))
                .collect(),
            no_users: rules(&criteria.exclude_users)?,
            groups: match &criteria.group_filter {
                None => Groups::All,
                Some(GroupCriterion::Names(names)) => Groups::Names(GroupNames::new(names)),
                Some(GroupCriterion::Search(text)) => {
                    Groups::Search(expression(text, &Dialect::GROUP_SEARCH)?)
                }
            },
            no_groups: rules(&criteria.exclude_groups)?,
        })
    }

    fn refuses_user(&self, user: &User) -> bool {
        let filtered = self.users.as_ref().is_some_and(|it| !it.matches(user));
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
            Groups::Search(search) => search.matches(group),
        };
        !selected || choose(&self.no_groups, group.id.as_str(), &[name])
    }
}

#[cfg(test)]
mod tests;
