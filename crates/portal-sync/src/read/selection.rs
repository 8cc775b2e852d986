//! What the server is asked for, and what is checked here.
//!
//! A filter is split once: the part that Okta's `search` accepts goes to the server, the rest is evaluated on what
//! comes back. Listed group names compare exactly, which the server's search does not, so they are checked here again.

use std::collections::BTreeSet;

use okta_api::{Group, User, UserStatus};
use org_filter::names::{GroupNames, NameRule};
use org_filter::{AttributePath, Dialect, Matcher, SearchExpr};

use crate::held::notice::ReadingNotice;
use crate::held::org::Refusal;
use crate::read::records::choose;

mod clauses;
mod kept;
mod unused;

pub(crate) use clauses::Clauses;
pub(crate) use kept::Kept;
pub(crate) use kept::asked;
pub(crate) use unused::Unused;

/// Which groups are read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum GroupFilter {
    /// Those with one of these names, compared exactly; there is at least one.
    Names(Vec<String>),
    /// Those that a search expression matches.
    Search(SearchExpr),
}

/// The users and groups of an org that one provider wants.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    users: Query,
    groups: Vec<Query>,
    names: Option<GroupNames>,
    statuses: Vec<UserStatus>,
    no_users: Vec<NameRule>,
    no_groups: Vec<NameRule>,
    /// What of the records is built; for a mapping only, for nobody else knows what will be asked of them.
    kept: Kept,
    /// Whether it is for a mapping.
    is_for_mapping: bool,
    /// What is named that a record may lack.
    unused: Unused,
    notices: Vec<ReadingNotice>,
}

/// What is made of the records of an org besides what the filters ask for, and what is left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needs {
    /// The statuses of users that are wanted; all of them when it is empty.
    pub statuses: Vec<UserStatus>,
    /// Users that are not wanted.
    pub no_users: Vec<NameRule>,
    /// Groups that are not wanted.
    pub no_groups: Vec<NameRule>,
    /// Groups that are made one with others.
    pub merged: Vec<NameRule>,
    /// What decides of which type a group is.
    pub types: Vec<SearchExpr>,
    /// What something is made of of users.
    pub of_users: Vec<Need>,
    /// What something is made of of groups.
    pub of_groups: Vec<Need>,
}

/// An attribute of which something is made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Need {
    /// Its path.
    pub path: AttributePath,
    /// The key of the configuration that names it; none when nobody wrote it.
    pub key: Option<String>,
}

/// What becomes of a group that the server listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupVerdict {
    /// It is wanted.
    Wanted,
    /// The filter wants it, and the configuration excludes it.
    Excluded,
    /// The filter does not want it.
    Other,
}

/// One list: what the server searches for, and what is checked on each record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    /// The `search` parameter; none lists everything.
    pub search: Option<SearchExpr>,
    /// What the server searches for, judged here: what was not found by a search.
    server: Option<Matcher>,
    local: Option<Matcher>,
    whole: Option<Matcher>,
}

impl Selection {
    /// Splits the filters of a provider. Without a filter everything is wanted.
    #[must_use]
    pub(crate) fn new(
        user_filter: Option<&SearchExpr>,
        group_filter: Option<&GroupFilter>,
    ) -> Self {
        let mut notices = Vec::new();
        let users = Query::new(
            user_filter,
            &Dialect::USER_SEARCH,
            "userFilter",
            &mut notices,
        );
        let mut names = None;
        let groups = match group_filter {
            Some(GroupFilter::Names(listed)) => {
                let listed = names.insert(GroupNames::new(listed.iter().cloned()));
                let searches = listed.searches().into_iter();
                if listed.unsearchable().next().is_some() {
                    // Okta cannot be asked for such a name: everything is listed and compared here.
                    vec![Query::default()]
                } else {
                    searches
                        .map(|search| Query {
                            search: Some(search),
                            ..Query::default()
                        })
                        .collect()
                }
            }
            Some(GroupFilter::Search(expression)) => {
                let dialect = &Dialect::GROUP_SEARCH;
                vec![Query::new(
                    Some(expression),
                    dialect,
                    "groupFilter",
                    &mut notices,
                )]
            }
            None => vec![Query::default()],
        };
        let search = match group_filter {
            Some(GroupFilter::Search(search)) => Some(search),
            _ => None,
        };
        let unused = Unused::of_filters(user_filter, search);
        let kept = Kept::of_filters(user_filter, search);
        Self {
            users,
            groups,
            names,
            statuses: Vec::new(),
            no_users: Vec::new(),
            no_groups: Vec::new(),
            kept,
            is_for_mapping: false,
            unused,
            notices,
        }
    }

    /// What is wanted for a mapping: not the users of other statuses, not the users and groups that it excludes, and of
    /// the others what it makes something of.
    #[must_use]
    pub(crate) fn needing(self, needs: &Needs) -> Self {
        Self {
            is_for_mapping: true,
            statuses: needs.statuses.clone(),
            no_users: needs.no_users.clone(),
            no_groups: needs.no_groups.clone(),
            kept: self.kept.with(needs),
            unused: self.unused.with(needs),
            ..self
        }
    }

    /// The one list of users.
    #[must_use]
    pub(crate) const fn users(&self) -> &Query {
        &self.users
    }

    /// The lists of groups, more than one when many names are listed.
    #[must_use]
    pub(crate) fn groups(&self) -> &[Query] {
        &self.groups
    }

    /// The listed names, when the group filter is a list.
    #[must_use]
    pub(crate) const fn group_names(&self) -> Option<&GroupNames> {
        self.names.as_ref()
    }

    /// Whether the server lists groups that are not wanted: the filter, or a part of it, is decided here.
    #[must_use]
    pub(crate) fn checks_groups_here(&self) -> bool {
        let listed_whole = self.names.is_some() && self.groups.iter().any(Query::is_everything);
        listed_whole || self.groups.iter().any(|query| query.local.is_some())
    }

    /// Whether the server's search finds a user, as far as that can be told here.
    #[must_use]
    pub(crate) fn finds_user(&self, user: &User) -> bool {
        let server = self.users.server.as_ref();
        server.is_none_or(|server| server.matches(user))
    }

    /// Why a user is not wanted; nothing when the user is. Of one whom the server's search found, its part of the filter is
    /// not judged again.
    #[must_use]
    pub(crate) fn refuses_user(&self, user: &User, by_search: bool) -> Option<Refusal> {
        let Query { local, whole, .. } = &self.users;
        let filter = if by_search { local } else { whole };
        if filter.as_ref().is_some_and(|filter| !filter.matches(user)) {
            return Some(Refusal::Filter);
        }
        // A record that lacks its status is no evidence that the status is not wanted.
        let refused = !user.status.is_absent() && !self.statuses.contains(&user.status);
        if !self.statuses.is_empty() && refused {
            return Some(Refusal::Status);
        }
        let names = [user.profile.login(), user.profile.email()];
        choose(&self.no_users, user.id.as_str(), &names).then_some(Refusal::Excluded)
    }

    /// What of the records has to be built, as a search names it; everything where it is not known what they are for.
    #[must_use]
    pub(crate) fn kept(&self) -> Option<&Kept> {
        self.is_for_mapping.then_some(&self.kept)
    }

    /// What of users has to be known: what something is made of or decided by, as a search names it, and what else the last
    /// runs were decided by. Everything where it is not known what they are for.
    #[must_use]
    pub(crate) fn attributes<'a>(
        &self,
        also: impl IntoIterator<Item = &'a str>,
    ) -> Option<BTreeSet<String>> {
        let kept = &self.kept()?.users;
        let also = also.into_iter().map(str::to_owned);
        Some(kept.iter().cloned().chain(also).collect())
    }

    /// What becomes of a group that the server returned.
    #[must_use]
    pub(crate) fn judge_group(&self, group: &Group) -> GroupVerdict {
        let name_fits = self
            .names
            .as_ref()
            .is_none_or(|names| group.profile.name().is_some_and(|name| names.admits(name)));
        let mut local = self.groups.iter().filter_map(|query| query.local.as_ref());
        if !name_fits || !local.all(|local| local.matches(group)) {
            return GroupVerdict::Other;
        }
        if choose(&self.no_groups, group.id.as_str(), &[group.profile.name()]) {
            GroupVerdict::Excluded
        } else {
            GroupVerdict::Wanted
        }
    }

    /// To be shown every record that is listed: it tells what is named in the configuration and no record has.
    #[must_use]
    pub(crate) fn unused(&self) -> Unused {
        self.unused.clone()
    }

    /// Whether the user filter asks for an attribute that none of the users has.
    #[must_use]
    pub(crate) fn filter_asks_in_vain(&self, unused: &Unused) -> bool {
        unused.user_filter_asks_in_vain()
    }

    /// Whether the group filter, or a part of it, is decided here by an attribute that none of the groups has.
    #[must_use]
    pub(crate) fn group_filter_asks_in_vain(&self, unused: &Unused) -> bool {
        self.groups.iter().any(|query| query.local.is_some()) && unused.group_filter_asks_in_vain()
    }

    /// What was decided here that the operator should know.
    #[must_use]
    pub(crate) fn notices(&self) -> &[ReadingNotice] {
        &self.notices
    }
}

impl Query {
    /// Whether everything is wanted.
    #[must_use]
    pub(crate) const fn is_everything(&self) -> bool {
        self.search.is_none() && self.local.is_none()
    }

    fn new(
        filter: Option<&SearchExpr>,
        dialect: &Dialect,
        key: &'static str,
        notices: &mut Vec<ReadingNotice>,
    ) -> Self {
        let Some(filter) = filter else {
            return Self::default();
        };
        let split = filter.split(dialect);
        if split.local.is_some() {
            notices.push(ReadingNotice::FilterCheckedHere {
                key: key.into(),
                filter: filter.to_string(),
                asked: split.server.as_ref().map(ToString::to_string),
            });
        }
        Self {
            server: split.server.as_ref().map(|server| server.compile(dialect)),
            search: split.server,
            local: split.local,
            whole: Some(filter.compile(dialect)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(json: &str) -> User {
        serde_json::from_str(json).unwrap()
    }

    fn select(filter: &str) -> Selection {
        Selection::new(Some(&filter.parse().unwrap()), None)
    }

    #[test]
    fn what_the_server_understands_is_sent_whole() {
        let selection = select(r#"status eq "ACTIVE" and profile.department eq "R&D""#);
        assert_eq!(
            selection.users().search.as_ref().unwrap().to_string(),
            r#"status eq "ACTIVE" and profile.department eq "R&D""#
        );
        assert!(selection.notices().is_empty());
    }

    #[test]
    fn what_it_does_not_is_checked_here_with_a_notice() {
        let selection = select(r#"status eq "ACTIVE" and profile.email ew "@example.com""#);
        assert_eq!(
            selection.users().search.as_ref().unwrap().to_string(),
            r#"status eq "ACTIVE""#
        );
        assert_eq!(selection.notices().len(), 1);
        assert_eq!(
            selection.refuses_user(
                &user(r#"{"id":"1","profile":{"email":"a@Example.com"}}"#),
                true
            ),
            None
        );
        assert_eq!(
            selection.refuses_user(
                &user(r#"{"id":"1","profile":{"email":"a@example.org"}}"#),
                true
            ),
            Some(Refusal::Filter)
        );
    }

    #[test]
    fn only_a_status_that_is_there_is_refused() {
        let selection = Selection::new(None, None).needing(&Needs {
            statuses: vec![UserStatus::Active],
            ..Needs::default()
        });
        let verdict = |json| selection.refuses_user(&user(json), true);
        assert_eq!(verdict(r#"{"id":"1","status":"ACTIVE"}"#), None);
        assert_eq!(
            verdict(r#"{"id":"1","status":"STAGED"}"#),
            Some(Refusal::Status)
        );
        assert_eq!(verdict(r#"{"id":"1"}"#), None);
    }

    #[test]
    fn listed_names_compare_exactly() {
        let selection =
            Selection::new(None, Some(&GroupFilter::Names(vec!["Platform".to_owned()])));
        let group = |name: &str| -> Group {
            serde_json::from_value(serde_json::json!({"id": "00g1", "profile": {"name": name}}))
                .unwrap()
        };
        assert_eq!(
            selection.judge_group(&group("Platform")),
            GroupVerdict::Wanted
        );
        assert_eq!(
            selection.judge_group(&group("platform")),
            GroupVerdict::Other
        );
        assert_eq!(
            selection
                .groups()
                .first()
                .unwrap()
                .search
                .as_ref()
                .unwrap()
                .to_string(),
            r#"profile.name eq "Platform""#
        );
    }
}
