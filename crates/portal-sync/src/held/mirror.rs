//! What Okta said of an org, over time.
//!
//! A [`Mirror`] is what earlier runs read and today's run need not read again: users and groups with the attributes that
//! something is made of or decided by, members with the instant they were read, and watermarks by Okta's own clock. The store
//! keeps it by the same transaction as the entities. A read is laid over it by [`Mirror::apply`]; what the configuration wants
//! of it is an [`Org`](super::org::Org), which is complete whatever was read.
//!
//! It is a convenience and no witness: a mirror that is lost, damaged or of another configuration costs one run that reads
//! everything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::{Group, GroupId, User, UserId};

// Leaf first: a module uses only modules listed above it.
mod account;
mod read;

mod rows;

mod reader;

mod made;

mod apply;

mod seen;

pub(crate) use account::{Account, Marks, Scope, Settled, Unread, UserScope, Watermarks, Way};
pub(crate) use apply::{Interest, MISCOUNTS, is_older};
pub(crate) use read::{Found, Listed, LogRead, MembersRead, Read, UsersRead};
pub(crate) use reader::{MirrorCounter, MirrorReader, Misread};
pub(crate) use rows::{Row, RowCounts, RowKind};

/// What changes may be seen too late by: `search` and the stamps of groups lag, by seconds where that was recorded, and a list
/// of members by a second. What is read again for it is as good as what was read before.
pub(crate) const OVERLAP: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// An org over time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mirror {
    /// What is known besides the objects.
    pub account: Account,
    users: BTreeMap<UserId, HeldUser>,
    groups: BTreeMap<GroupId, HeldGroup>,
    rolls: BTreeMap<GroupId, Roll>,
    /// The rows that the store does not have as they are here.
    changed: BTreeSet<(RowKind, String)>,
    /// Whether the store has nothing of it that is to stay.
    is_new: bool,
}

/// A user as Okta last described him.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeldUser {
    /// The record, without the attributes of which nothing is made.
    pub record: Arc<User>,
    /// Whether Okta's own search found him by the server's part of the filter: then that part is not judged here.
    pub by_search: bool,
}

/// A group as Okta last listed it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeldGroup {
    /// The record.
    pub record: Arc<Group>,
    /// The greatest `lastMembershipUpdated` ever seen: it is told from caches, and may be told to be older tomorrow.
    pub stamp: Option<Timestamp>,
}

/// The members of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roll {
    /// Who they are, without the deprovisioned ones.
    pub ids: Arc<BTreeSet<UserId>>,
    /// The deprovisioned ones: when they are in use again they are members still, and nothing else tells of it.
    pub inactive: Arc<BTreeSet<UserId>>,
    /// When they were read, by Okta's clock.
    pub as_of: Timestamp,
    /// How many records the list had.
    pub listed: u64,
    /// How many members Okta counted when the list was read, if it did.
    pub counted: Option<u64>,
}

impl Mirror {
    /// One that nothing was laid over yet.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self {
            is_new: true,
            ..Self::default()
        }
    }

    /// What came of the last plan, if Okta has said nothing new since then and nothing of it was left to do.
    #[must_use]
    pub(crate) fn settled(&self) -> Option<&Settled> {
        self.account.settled.as_ref()
    }

    /// Takes note that of a plan made of this nothing is left to do.
    pub(crate) fn settle(&mut self, settled: Settled) {
        if self.account.settled.as_ref() != Some(&settled) {
            self.account.settled = Some(settled);
            self.changed.insert((RowKind::Account, String::new()));
        }
    }

    /// Whether it is of the same org, seen by the same app.
    #[must_use]
    pub(crate) fn is_of(&self, scope: &Scope) -> bool {
        let own = &self.account.scope;
        own.org == scope.org && own.client == scope.client
    }

    /// The same, for a store that has nothing of it.
    #[must_use]
    pub(crate) fn anew(self) -> Self {
        Self {
            is_new: true,
            ..self
        }
    }

    /// The users by id.
    #[must_use]
    pub(crate) const fn users(&self) -> &BTreeMap<UserId, HeldUser> {
        &self.users
    }

    /// The groups by id.
    #[must_use]
    pub(crate) const fn groups(&self) -> &BTreeMap<GroupId, HeldGroup> {
        &self.groups
    }

    /// The members of the groups of which they were read.
    #[must_use]
    pub(crate) const fn rolls(&self) -> &BTreeMap<GroupId, Roll> {
        &self.rolls
    }
}
