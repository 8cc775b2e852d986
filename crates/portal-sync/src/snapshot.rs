//! What one run learned of an Okta org.
//!
//! A [`Snapshot`] exists only when both lists, users and groups, were read to their end: a list that broke off is an
//! error of the read and never becomes a value. What may be missing is the membership of single groups, and the type
//! says so: [`Members::Unknown`] is not an empty set.

use std::collections::{BTreeMap, BTreeSet};

use okta_api::{Group, GroupId, User, UserId};

/// Everything a run read, after the filters and before any decision.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The users that match the user filter, without the deprovisioned ones.
    pub users: BTreeMap<UserId, User>,
    /// Users that were seen with the status `DEPROVISIONED`, in a list or as a member.
    pub deactivated: BTreeSet<UserId>,
    /// Users that the server listed and the local part of the user filter refused.
    pub filtered_out: BTreeSet<UserId>,
    /// User records that could not be decoded: the reason by Okta id.
    pub malformed_users: BTreeMap<UserId, String>,
    /// The groups that match the group filter.
    pub groups: BTreeMap<GroupId, Group>,
    /// Group records that could not be decoded: the reason by Okta id.
    pub malformed_groups: BTreeMap<GroupId, String>,
    /// Whether groups were listed that the filter may not want: it is decided here, not by the server.
    pub groups_checked_here: bool,
    /// The members of each group of [`Snapshot::groups`].
    pub members: BTreeMap<GroupId, Members>,
    /// What the operator should know, in the order it was noticed.
    pub notices: Vec<String>,
}

impl Snapshot {
    /// Whether Okta listed no user who is in use, not even one that the filter refuses here.
    #[must_use]
    pub fn shows_no_users(&self) -> bool {
        self.users.is_empty() && self.filtered_out.is_empty() && self.malformed_users.is_empty()
    }

    /// Whether Okta listed no group that the filter wants.
    #[must_use]
    pub fn shows_no_groups(&self) -> bool {
        self.groups.is_empty() && self.malformed_groups.is_empty()
    }
}

/// The members of one group, or why nobody can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// The list was read to its end. Deprovisioned users are left out.
    Known(BTreeSet<UserId>),
    /// The list was not read to its end: the reason.
    Unknown(String),
}

impl Members {
    /// The members when they are known.
    #[must_use]
    pub fn known(&self) -> Option<&BTreeSet<UserId>> {
        match self {
            Self::Known(ids) => Some(ids),
            Self::Unknown(_) => None,
        }
    }
}
