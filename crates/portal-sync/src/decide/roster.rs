//! Who belongs into the catalog.
//!
//! [`resolve`] joins what a run read with what the catalog holds and decides for every object: it comes or stays, it
//! stays as it was because the run could not learn enough, or it goes, with the cause. Names play no part here; they
//! are derived from the result. A failure is never a deletion: everything unknown stays.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use okta_api::{User, UserId};

use crate::decide::guard::{Guard, Percent};
use crate::decide::shape::{Shaped, ShapedGroup};
use crate::held::criteria::Changed;
use crate::held::leavers::Leavers;
use crate::held::object::{GroupKey, Kind};
use crate::held::quarantine::Quarantine;
use crate::held::state::State;
use crate::held::trip::Trip;

// Leaf first: a module uses only modules listed above it.
mod cause;

mod groups;
mod users;

pub(crate) use cause::Cause;

/// The provider's rules that decide who belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Only users in at least one selected group belong.
    pub users_from_groups: bool,
    /// A user filter is set, so a user who is alive but not listed has left the filter.
    pub user_filter: bool,
    /// A group filter is set, so no groups at all may be an answer.
    pub group_filter: bool,
    /// Groups without members belong too. Without them a group is empty when the groups below it are as well.
    pub include_empty_groups: bool,
    /// What becomes of users whose account is no longer in use.
    pub leavers: Leavers,
    /// Which keys that decide who belongs differ from those of the last settled run: what they remove is counted.
    pub changed: Changed,
}

impl Default for Rules {
    /// Everybody and everything, and nobody is kept who leaves.
    fn default() -> Self {
        Self {
            users_from_groups: false,
            user_filter: false,
            group_filter: false,
            include_empty_groups: true,
            leavers: Leavers::Remove,
            changed: Changed::NOTHING,
        }
    }
}

/// Why an object of the catalog stays although the run has no usable record of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Its record could not be decoded or named, or what it is made of could not be read.
    Quarantined,
    /// The guard withheld its removal.
    Withheld,
    /// It would go by what a delta saw alone, and nobody asked for it by id yet.
    Unconfirmed,
}

/// How an object stands after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing<T> {
    /// It was read.
    Fresh(T),
    /// It stays as it was.
    Kept(Kept),
    /// The user left and stays, marked and in no group.
    Left {
        /// When a run noticed.
        since: Timestamp,
        /// What it noticed.
        cause: Cause,
    },
}

impl<T> Standing<T> {
    /// Whether it was read.
    #[must_use]
    pub(crate) const fn is_fresh(&self) -> bool {
        matches!(self, Self::Fresh(_))
    }
}

/// The result of [`resolve`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Roster<'a> {
    /// The users of the next catalog.
    pub users: BTreeMap<UserId, Standing<&'a User>>,
    /// The groups of the next catalog.
    pub groups: BTreeMap<GroupKey, Standing<ShapedGroup<'a>>>,
    /// The members of each of those groups, all of them in [`Roster::users`].
    pub members: BTreeMap<GroupKey, Cow<'a, BTreeSet<UserId>>>,
    /// Users that leave.
    pub removed_users: BTreeMap<UserId, Cause>,
    /// Groups that leave.
    pub removed_groups: BTreeMap<GroupKey, Cause>,
    /// Groups whose members could not be read: the reason. They keep the members they had, or wait to be added.
    pub unknown: BTreeMap<GroupKey, String>,
    /// Records that could not be decoded or named: the reason by Okta id.
    pub quarantined: BTreeMap<String, Quarantine>,
    /// What the guard said when it tripped.
    pub tripped: Vec<Trip>,
    /// Some group may have members that nobody knows.
    uncertain: bool,
}

/// Decides who belongs into the catalog. Without a `guard` every removal passes.
///
/// Each step rests on those before it:
///
/// 1. Groups are taken with their members, and with them whether any of them may have members that nobody knows.
/// 2. The guard puts members back before empty groups are dropped: a group that got its members back is not empty.
/// 3. Empty groups are dropped before groups are let go, which are those of the catalog that are not there by then.
/// 4. Users come after groups, for where only those in a group belong: a group that the guard keeps has its members again.
/// 5. Users are let go once all who belong are there: who is left is who goes, and why depends on the groups that went.
/// 6. Members are closed last, over the users who are in the catalog in the end.
#[must_use]
pub(crate) fn resolve<'a>(
    shaped: &'a Shaped<'a>,
    state: &State,
    rules: Rules,
    guard: Option<&Guard>,
) -> Roster<'a> {
    let mut roster = Roster::default();
    roster.take_groups(shaped, state);
    if let Some(guard) = guard {
        roster.hold_members(shaped, state, guard);
    }
    if !rules.include_empty_groups {
        roster.drop_empty_groups(shaped, state);
    }
    roster.let_groups_go(shaped, state, rules, guard);
    roster.take_users(shaped, state, rules);
    roster.let_users_go(shaped, state, rules, guard);
    roster.close_members(state);
    roster
}

impl<'a> Roster<'a> {
    /// Whether the guard holds back `going` removals of which there is no evidence, out of `before`. None may leave nothing.
    fn holds(
        &mut self,
        of: Kind,
        guard: Option<&Guard>,
        limit: impl Fn(&Guard) -> Percent,
        changed: Changed,
        [before, going]: [usize; 2],
        nothing_left: bool,
    ) -> bool {
        let Some(guard) = guard else { return false };
        let limit = limit(guard);
        let changed = changed.reason();
        if nothing_left && before > 0 {
            self.tripped.push(Trip::Emptied {
                of,
                before,
                changed,
            });
        } else if guard.trips(limit, before, going) {
            self.tripped.push(Trip::Removals {
                of,
                going,
                before,
                limit_percent: limit.get(),
                changed,
            });
        } else {
            return false;
        }
        true
    }

    /// Leaves only members that are in the catalog, and gives withheld users their groups back.
    fn close_members(&mut self, state: &State) {
        let withheld: BTreeSet<&UserId> = self
            .users
            .iter()
            .filter(|(_, standing)| {
                matches!(standing, Standing::Kept(Kept::Withheld | Kept::Unconfirmed))
            })
            .map(|(id, _)| id)
            .collect();
        let in_groups: HashSet<&UserId> = self
            .users
            .iter()
            .filter(|(_, standing)| !matches!(standing, Standing::Left { .. }))
            .map(|(id, _)| id)
            .collect();
        for (id, members) in &mut self.members {
            if members.iter().any(|user| !in_groups.contains(user)) {
                members.to_mut().retain(|user| in_groups.contains(user));
            }
            if !withheld.is_empty() {
                let back = state.members(id).iter();
                let mut back = back.filter(|user| withheld.contains(user)).peekable();
                if back.peek().is_some() {
                    members.to_mut().extend(back.cloned());
                }
            }
        }
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
