//! What one run read of an org, to be laid over what is held.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use okta_api::{Group, GroupId, User, UserId};

use super::account::{Marks, Scope, Way};

/// What one run read.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// Whether everything was read: then what was held before and is not here is gone.
    pub is_whole: bool,
    /// What was read of.
    pub scope: Scope,
    /// How the memberships were read.
    pub way: Way,
    /// The groups, which every run lists.
    pub groups: Listed<Group>,
    /// The users.
    pub users: UsersRead,
    /// Members of groups, or why they could not be read.
    pub members: BTreeMap<GroupId, MembersRead>,
    /// What Okta said of single users.
    pub single: BTreeMap<UserId, Found>,
    /// What the System Log marks, if it was read.
    pub log: Option<LogRead>,
    /// What was seen of Okta's limits: requests a minute, by endpoint.
    pub limits: BTreeMap<String, u64>,
    /// This machine's time when the read began, for answers without a `Date`.
    pub began: Timestamp,
}

/// The users that one run read.
#[derive(Debug, Clone)]
pub(crate) enum UsersRead {
    /// All that the scope has, to the end of the list.
    All(Listed<User>),
    /// Those that changed.
    Changed(Listed<User>),
    /// Those that came as members, and those that changed besides.
    Members(Listed<User>),
}

impl UsersRead {
    /// The records.
    #[must_use]
    pub(crate) const fn listed(&self) -> &Listed<User> {
        match self {
            Self::All(listed) | Self::Changed(listed) | Self::Members(listed) => listed,
        }
    }
}

/// The records of a list that was read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Listed<T> {
    /// Those that can be decoded.
    pub records: Vec<T>,
    /// Those that cannot, by id: the reason.
    pub malformed: BTreeMap<String, String>,
    /// Why a record has no id that can be read, if one has none.
    pub unidentified: Option<String>,
    /// Attributes that the records have and that are not kept, and how many have each.
    pub skipped: BTreeMap<String, usize>,
    /// Okta's clock when it gave the first page.
    pub server_date: Option<Timestamp>,
    /// How many pages there were.
    pub pages: u64,
    /// Why absence from the list proves nothing, if it does not.
    pub cut: Option<String>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            malformed: BTreeMap::new(),
            unidentified: None,
            skipped: BTreeMap::new(),
            server_date: None,
            pages: 0,
            cut: None,
        }
    }
}

impl<T> Listed<T> {
    /// Whether whoever is not in the list is not in the org.
    #[must_use]
    pub(crate) const fn proves_absence(&self) -> bool {
        self.unidentified.is_none() && self.cut.is_none()
    }
}

/// The members of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MembersRead {
    /// The list was read to its end.
    Known {
        /// Those in use.
        ids: BTreeSet<UserId>,
        /// Those with the status `DEPROVISIONED`.
        deactivated: BTreeSet<UserId>,
        /// How many records the list had.
        listed: u64,
        /// Okta's clock when it gave the first page.
        server_date: Option<Timestamp>,
    },
    /// It was not: the reason.
    Unknown(String),
}

impl MembersRead {
    /// Whether the list was not read to its end.
    #[must_use]
    pub(crate) const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// What Okta said of one user.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// This is the user, and these are the groups, if they were asked for.
    User(Box<User>, Option<BTreeSet<GroupId>>),
    /// There is none.
    Nobody,
    /// It could not be learned: the reason.
    Unknown(String),
}

/// What was read of the System Log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogRead {
    /// What happened to something.
    pub marks: Marks,
    /// The link by which it goes on; none when the log may not be read.
    pub cursor: Option<String>,
    /// Whether Okta does not take the link any more by which it was to go on: nobody knows what happened since.
    pub is_lost: bool,
}
