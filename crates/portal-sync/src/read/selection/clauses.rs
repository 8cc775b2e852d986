//! Why one record is wanted or not: the rules of a selection, told apart.

use okta_api::{Group, User};
use org_filter::names::NameRule;
use org_filter::{Matcher, Record, SearchExpr};

use super::{Query, Selection};
use crate::read::records::choose;

/// What a filter says of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clauses {
    /// Whether the record is wanted.
    pub matches: bool,
    /// The comparisons that decide, each with the value that was seen.
    pub decisive: Vec<String>,
    /// The part that Okta decided, whose clauses it does not tell.
    pub by_okta: Option<String>,
}

impl Selection {
    /// What the user filter says of a user; nothing without a filter. Of one whom the server's search found, its part of the
    /// filter is not judged again.
    #[must_use]
    pub(crate) fn clauses_of_user(&self, user: &User, by_search: bool) -> Option<Clauses> {
        self.users.clauses(user, by_search)
    }

    /// What the expression of the group filter says of a group; nothing where there is none.
    #[must_use]
    pub(crate) fn clauses_of_group(&self, group: &Group, by_search: bool) -> Option<Clauses> {
        let queries = self.groups.iter();
        queries
            .filter_map(|query| query.clauses(group, by_search))
            .next()
    }

    /// Whether the server's search finds a group, as far as that can be told here.
    #[must_use]
    pub(crate) fn finds_group(&self, group: &Group) -> bool {
        let servers = self.groups.iter().filter_map(|query| query.server.as_ref());
        servers.into_iter().all(|server| server.matches(group))
    }

    /// The whole user filter.
    #[must_use]
    pub(crate) fn user_filter(&self) -> Option<&SearchExpr> {
        self.users.whole.as_ref().map(Matcher::expr)
    }

    /// Whether some users are excluded by name.
    #[must_use]
    pub(crate) fn excludes_users(&self) -> bool {
        !self.no_users.is_empty()
    }

    /// The rule that excludes a user.
    #[must_use]
    pub(crate) fn rule_against_user(&self, user: &User) -> Option<&NameRule> {
        let names = [user.profile.login(), user.profile.email()];
        chosen_by(&self.no_users, user.id.as_str(), &names)
    }

    /// Whether some groups are excluded by name.
    #[must_use]
    pub(crate) fn excludes_groups(&self) -> bool {
        !self.no_groups.is_empty()
    }

    /// The rule that excludes a group.
    #[must_use]
    pub(crate) fn rule_against_group(&self, group: &Group) -> Option<&NameRule> {
        let names = [group.profile.name()];
        chosen_by(&self.no_groups, group.id.as_str(), &names)
    }
}

impl Query {
    fn clauses(&self, record: &impl Record, by_search: bool) -> Option<Clauses> {
        let whole = self.whole.as_ref()?;
        let explained = whole.explain(record);
        let server = self.search.as_ref().filter(|_| by_search);
        let matches = match &self.local {
            _ if !by_search => explained.matches(),
            Some(local) => local.matches(record),
            None => true,
        };
        // What Okta decided by is told where it is seen here too.
        let explained = match &self.local {
            _ if explained.matches() == matches => Some(explained),
            Some(local) => Some(local.explain(record)),
            None => None,
        };
        let clauses = explained.iter().flat_map(|it| it.clauses());
        Some(Clauses {
            matches,
            decisive: clauses.map(ToString::to_string).collect(),
            by_okta: server.map(ToString::to_string),
        })
    }
}

/// The first of these rules that chooses an object.
fn chosen_by<'r>(rules: &'r [NameRule], id: &str, names: &[Option<&str>]) -> Option<&'r NameRule> {
    let mut rules = rules.iter();
    rules.find(|rule| choose(std::slice::from_ref(*rule), id, names))
}
