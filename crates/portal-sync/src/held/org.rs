//! What Okta said of an org.
//!
//! An [`Org`] is complete, and nothing is taken from it: what the mapping makes of it is a value of its own. It exists only when both lists, users and groups, were read to their end: a list that broke off is an
//! error of the read and never becomes a value. What may be missing is the membership of single groups, and the type
//! says so: [`Members::Unknown`] is not an empty set.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::{Group, GroupId, User, UserId};

use crate::held::notice::ReadingNotice;
use crate::held::object::GroupKey;

/// Everything a run read, after the filters and before any decision.
#[derive(Debug, Clone, Default)]
pub(crate) struct Org {
    /// The users that match the user filter, without the deprovisioned ones.
    pub users: BTreeMap<UserId, Arc<User>>,
    /// Users of the catalog that were seen with the status `DEPROVISIONED`, in a list or as a member.
    pub deactivated: BTreeSet<UserId>,
    /// Users of the catalog of whom Okta said by id that there are none.
    pub deleted: BTreeSet<UserId>,
    /// Users of the catalog who would go by what a delta saw alone, and of whom nobody asked by id yet: they stay.
    pub unconfirmed: BTreeSet<UserId>,
    /// Whether the users are whoever is in a selected group: then whoever is not shown is in none.
    pub users_are_members: bool,
    /// Users that the server listed and a rule here refuses: which one.
    pub filtered_out: BTreeMap<UserId, Refusal>,
    /// Those of them whose refusal is no evidence against them: the configuration of the last run did not refuse them, or
    /// the filter asks for an attribute that nobody has.
    pub unproven_users: BTreeSet<UserId>,
    /// User records that could not be decoded: the reason by Okta id.
    pub malformed_users: BTreeMap<UserId, String>,
    /// Why some record of the users has no id that can be read, if one has none: whoever is not listed may be that one.
    pub unidentified_user: Option<String>,
    /// The groups that match the group filter.
    pub groups: BTreeMap<GroupId, Group>,
    /// Groups that match the group filter and that the configuration excludes.
    pub excluded_groups: BTreeSet<GroupId>,
    /// Those of them, and of [`Org::refused_groups`], that the configuration of the last run did not leave out, or that
    /// a filter refuses by an attribute that no group has.
    pub unproven_groups: BTreeSet<GroupId>,
    /// Groups that the server listed and the group filter refuses here.
    pub refused_groups: BTreeSet<GroupId>,
    /// Group records that could not be decoded: the reason by Okta id.
    pub malformed_groups: BTreeMap<GroupId, String>,
    /// Why some record of the groups has no id that can be read, if one has none.
    pub unidentified_group: Option<String>,
    /// Whether groups were listed that the filter may not want: it is decided here, not by the server.
    pub groups_checked_here: bool,
    /// The members of each group of [`Org::groups`].
    pub members: BTreeMap<GroupId, Members>,
    /// As of when the members were last read of the groups whose members are unknown today.
    pub last_read: BTreeMap<GroupId, Timestamp>,
    /// When the org was read, by Okta's clock when it gave the first page, or by this machine's where no answer had a date:
    /// what changed since may be missing.
    pub taken_at: Timestamp,
    /// What the operator should know, in the order it was noticed.
    pub notices: Vec<ReadingNotice>,
}

/// Which rule refuses a user whose record was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The part of the user filter that is decided here.
    Filter,
    /// The list of statuses that are wanted.
    Status,
    /// The list of users that are not.
    Excluded,
}

impl Org {
    /// Whether something of it could not be read, or is to be asked for again.
    #[must_use]
    pub(crate) fn has_doubts(&self) -> bool {
        let is_unknown = |members: &Members| members.known().is_none();
        !self.unconfirmed.is_empty()
            || !self.malformed_users.is_empty()
            || !self.malformed_groups.is_empty()
            || self.unidentified_user.is_some()
            || self.unidentified_group.is_some()
            || self.members.values().any(is_unknown)
    }

    /// Whether some record shows that Okta has the user, or had.
    #[must_use]
    pub(crate) fn shows_user(&self, id: &UserId) -> bool {
        self.users.contains_key(id)
            || self.deactivated.contains(id)
            || self.filtered_out.contains_key(id)
            || self.malformed_users.contains_key(id)
    }

    /// Whether some record shows that Okta has the group.
    #[must_use]
    pub(crate) fn shows_group(&self, id: &GroupId) -> bool {
        self.groups.contains_key(id)
            || self.excluded_groups.contains(id)
            || self.refused_groups.contains(id)
            || self.malformed_groups.contains_key(id)
    }

    /// Whether that a group is left out is no evidence against it.
    #[must_use]
    pub(crate) fn is_unproven(&self, group: &GroupKey) -> bool {
        let id = group.okta();
        id.is_some_and(|id| self.unproven_groups.contains(id))
    }

    /// Whether Okta listed no user who is in use, not even one that the filter refuses here. That selected groups have nobody
    /// says nothing of the others.
    #[must_use]
    pub(crate) fn shows_no_users(&self) -> bool {
        !self.users_are_members
            && self.users.is_empty()
            && self.filtered_out.is_empty()
            && self.malformed_users.is_empty()
            && self.unidentified_user.is_none()
    }

    /// Whether Okta listed no group, not even one that the filter refuses here.
    #[must_use]
    pub(crate) fn shows_no_groups(&self) -> bool {
        self.groups.is_empty()
            && self.refused_groups.is_empty()
            && self.malformed_groups.is_empty()
            && self.unidentified_group.is_none()
            && self.excluded_groups.is_empty()
    }
}

/// The members of one group, or why nobody can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Members {
    /// The list was read to its end. Deprovisioned users are left out.
    Known(Arc<BTreeSet<UserId>>),
    /// The list was not read to its end: the reason.
    Unknown(String),
}

impl Members {
    /// These.
    #[must_use]
    pub(crate) fn of(ids: impl IntoIterator<Item = UserId>) -> Self {
        Self::Known(Arc::new(ids.into_iter().collect()))
    }

    /// The members when they are known.
    #[must_use]
    pub(crate) fn known(&self) -> Option<&BTreeSet<UserId>> {
        match self {
            Self::Known(ids) => Some(ids.as_ref()),
            Self::Unknown(_) => None,
        }
    }
}
