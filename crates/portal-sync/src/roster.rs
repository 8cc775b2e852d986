//! Who belongs into the catalog, by Okta id.
//!
//! [`resolve`] joins what a run read with what the catalog holds and decides for every Okta id: it comes or stays, it
//! stays as it was because the run could not learn enough, or it goes, with the cause. Names play no part here; they
//! are derived from the result. A failure is never a deletion: everything unknown stays.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use okta_api::{Group, GroupId, User, UserId};

use crate::guard::{Guard, Percent};
use crate::leavers::{Leavers, left_at};
use crate::snapshot::{Members, Refusal, Snapshot, is_merged};
use crate::state::State;

mod cause;

pub use cause::Cause;

/// The provider's rules that decide who belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
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
        }
    }
}

/// Why an object of the catalog stays although the run has no usable record of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Its record could not be decoded.
    Quarantined,
    /// The guard withheld its removal.
    Withheld,
}

/// How an object stands after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<T> {
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

/// The result of [`resolve`].
#[derive(Debug, Clone, Default)]
pub struct Roster<'a> {
    /// The users of the next catalog.
    pub users: BTreeMap<UserId, Standing<&'a User>>,
    /// The groups of the next catalog.
    pub groups: BTreeMap<GroupId, Standing<&'a Group>>,
    /// The members of each of those groups, all of them in [`Roster::users`].
    pub members: BTreeMap<GroupId, Cow<'a, BTreeSet<UserId>>>,
    /// Users that leave.
    pub removed_users: BTreeMap<UserId, Cause>,
    /// Groups that leave.
    pub removed_groups: BTreeMap<GroupId, Cause>,
    /// Groups whose members could not be read: the reason. They keep the members they had, or wait to be added.
    pub unknown: BTreeMap<GroupId, String>,
    /// Records that could not be decoded: the reason by Okta id.
    pub quarantined: BTreeMap<String, String>,
    /// What the guard said when it tripped.
    pub tripped: Vec<String>,
    /// Some group may have members that nobody knows.
    uncertain: bool,
}

/// Decides who belongs into the catalog. Without a `guard` every removal passes.
#[must_use]
pub fn resolve<'a>(
    snapshot: &'a Snapshot,
    state: &'a State,
    rules: Rules,
    guard: Option<&Guard>,
) -> Roster<'a> {
    let mut roster = Roster::default();
    roster.take_groups(snapshot, state, rules);
    roster.let_groups_go(snapshot, state, guard);
    if let Some(guard) = guard {
        roster.hold_members(snapshot, state, guard);
    }
    roster.take_users(snapshot, state, rules);
    roster.let_users_go(snapshot, state, rules, guard);
    roster.close_members(state);
    roster
}

impl<'a> Roster<'a> {
    fn take_groups(&mut self, snapshot: &'a Snapshot, state: &'a State, rules: Rules) {
        let filled = (!rules.include_empty_groups).then(|| filled_groups(snapshot, state));
        for (id, group) in &snapshot.groups {
            match snapshot.members.get(id) {
                Some(Members::Known(_))
                    if filled.as_ref().is_some_and(|filled| !filled.contains(id)) => {}
                Some(Members::Known(members)) => {
                    self.groups.insert(id.clone(), Standing::Fresh(group));
                    self.members.insert(id.clone(), Cow::Borrowed(members));
                }
                unread => {
                    let reason = match unread {
                        Some(Members::Unknown(reason)) => reason.clone(),
                        _ => "its members were not read".to_owned(),
                    };
                    self.unknown.insert(id.clone(), reason);
                    // A group that is new waits until its members are known: an empty one would be a claim.
                    if state.groups().contains_key(id) {
                        self.groups.insert(id.clone(), Standing::Fresh(group));
                        self.members
                            .insert(id.clone(), Cow::Borrowed(state.members(id)));
                    }
                }
            }
        }
        for (id, reason) in &snapshot.malformed_groups {
            let in_catalog = state.groups().contains_key(id);
            if in_catalog {
                self.keep_group(id, state, Kept::Quarantined);
            }
            // Of a list that the server did not narrow down, a record we cannot read may well be of a group nobody wants.
            if in_catalog || !snapshot.groups_checked_here {
                self.quarantined
                    .insert(id.as_str().to_owned(), reason.clone());
                self.uncertain = true;
            }
        }
        for (id, reason) in &snapshot.unnamed_groups {
            if state.groups().contains_key(id) {
                self.keep_group(id, state, Kept::Quarantined);
            }
            self.quarantined
                .insert(id.as_str().to_owned(), reason.clone());
        }
        self.uncertain |= !self.unknown.is_empty();
    }

    fn keep_group(&mut self, id: &GroupId, state: &'a State, why: Kept) {
        self.groups.insert(id.clone(), Standing::Kept(why));
        self.members
            .insert(id.clone(), Cow::Borrowed(state.members(id)));
    }

    fn let_groups_go(&mut self, snapshot: &Snapshot, state: &'a State, guard: Option<&Guard>) {
        let gone: Vec<(&GroupId, Cause)> = state
            .groups()
            .keys()
            .filter(|id| !self.groups.contains_key(*id))
            .map(|id| (id, why_gone(id, snapshot)))
            .collect();
        let unexplained = gone.iter().filter(|(_, cause)| !cause.explained()).count();
        let (before, nothing_left) = (state.groups().len(), self.groups.is_empty());
        let held = self.holds(
            "groups",
            guard,
            |guard| guard.groups,
            before,
            unexplained,
            nothing_left,
        );
        for (id, cause) in gone {
            if held && (nothing_left || !cause.explained()) {
                self.keep_group(id, state, Kept::Withheld);
            } else {
                self.removed_groups.insert(id.clone(), cause);
            }
        }
    }

    /// Whether the guard holds back `going` removals that no record explains, out of `before`. None may leave nothing.
    fn holds(
        &mut self,
        what: &str,
        guard: Option<&Guard>,
        limit: impl Fn(&Guard) -> Percent,
        before: usize,
        going: usize,
        nothing_left: bool,
    ) -> bool {
        let Some(guard) = guard else { return false };
        let limit = limit(guard);
        if nothing_left && before > 0 {
            self.tripped.push(format!("all {before} {what} would go"));
        } else if guard.trips(limit, before, going) {
            self.tripped.push(format!(
                "{going} of {before} {what} would go for no reason that a record of theirs gives, more than {limit}"
            ));
        } else {
            return false;
        }
        true
    }

    /// Puts back the members of groups that lost too many at once, one group or all together, while those users are
    /// still there.
    fn hold_members(&mut self, snapshot: &Snapshot, state: &'a State, guard: &Guard) {
        let mut losses: BTreeMap<GroupId, BTreeSet<UserId>> = BTreeMap::new();
        let mut held = BTreeSet::new();
        let (mut all_before, mut all_lost) = (0, 0);
        for (id, members) in &self.members {
            let before = state.members(id);
            // Nearly always it is the very same set.
            let lost: BTreeSet<UserId> = if before == members.as_ref() {
                BTreeSet::new()
            } else {
                let missing = before.difference(members);
                missing
                    .filter(|user| snapshot.users.contains_key(*user))
                    .cloned()
                    .collect()
            };
            all_before += before.len();
            all_lost += lost.len();
            if guard.trips(guard.members, before.len(), lost.len()) {
                self.tripped.push(format!(
                    "{} of the {} members of group {} would go, more than {}",
                    lost.len(),
                    before.len(),
                    describe_group(id, state),
                    guard.members
                ));
                held.insert(id.clone());
            }
            if !lost.is_empty() {
                losses.insert(id.clone(), lost);
            }
        }
        if guard.trips(guard.members, all_before, all_lost) {
            self.tripped.push(format!(
                "{all_lost} of the {all_before} memberships of all groups would go, more than {}",
                guard.members
            ));
            held.extend(losses.keys().cloned());
        }
        for (id, lost) in losses.into_iter().filter(|(id, _)| held.contains(id)) {
            self.members.entry(id).or_default().to_mut().extend(lost);
        }
    }

    fn take_users(&mut self, snapshot: &'a Snapshot, state: &State, rules: Rules) {
        let in_groups: Option<HashSet<&UserId>> = rules.users_from_groups.then(|| {
            self.members
                .values()
                .flat_map(|members| members.iter())
                .collect()
        });
        // Who was in the catalog stays while any group is unknown: it may be the one that holds them.
        let belongs = |id: &UserId| {
            in_groups
                .as_ref()
                .is_none_or(|members| members.contains(id))
                || (self.uncertain && state.users().contains_key(id))
        };
        let listed = snapshot.users.iter().filter(|(id, _)| belongs(id));
        self.users = listed
            .map(|(id, user)| (id.clone(), Standing::Fresh(user.as_ref())))
            .collect();
        for (id, reason) in &snapshot.malformed_users {
            self.quarantined
                .insert(id.as_str().to_owned(), reason.clone());
            if state.users().contains_key(id) {
                self.users
                    .insert(id.clone(), Standing::Kept(Kept::Quarantined));
            }
        }
    }

    fn let_users_go(
        &mut self,
        snapshot: &Snapshot,
        state: &State,
        rules: Rules,
        guard: Option<&Guard>,
    ) {
        let mut gone = self.gone_users(snapshot, state, rules);
        // Whoever left earlier is nobody's sudden loss.
        let left: BTreeMap<UserId, Timestamp> = gone
            .iter_mut()
            .filter(|(_, cause)| cause.is_leaving())
            .filter_map(|(id, cause)| {
                let since = left_at(state.users().get(id)?)?;
                *cause = Cause::Left;
                Some((id.clone(), since))
            })
            .collect();
        let unexplained = gone.values().filter(|cause| !cause.explained()).count();
        let nothing_left = self.users.is_empty();
        let before = state.users().len() - left.len();
        let held = self.holds(
            "users",
            guard,
            |guard| guard.users,
            before,
            unexplained,
            nothing_left,
        );
        for (id, cause) in gone {
            if held && (nothing_left || !cause.explained()) {
                self.users.insert(id, Standing::Kept(Kept::Withheld));
                continue;
            }
            let since = left.get(&id).copied();
            let leaves = since.is_some() || cause.is_leaving();
            let since = since.unwrap_or(snapshot.taken_at);
            if leaves && rules.leavers.stays(since, snapshot.taken_at) {
                self.users.insert(id, Standing::Left { since, cause });
            } else {
                self.removed_users.insert(id, cause);
            }
        }
    }

    /// The users of the catalog that the run does not have any more, and why.
    fn gone_users(
        &self,
        snapshot: &Snapshot,
        state: &State,
        rules: Rules,
    ) -> BTreeMap<UserId, Cause> {
        let gone: Vec<&UserId> = state
            .users()
            .keys()
            .filter(|id| !self.users.contains_key(*id))
            .collect();
        if gone.is_empty() {
            return BTreeMap::new();
        }
        let seen_alive: HashSet<&UserId> = snapshot
            .members
            .values()
            .filter_map(Members::known)
            .flatten()
            .collect();
        let of_gone_groups: HashSet<&UserId> = self
            .removed_groups
            .keys()
            .flat_map(|group| state.members(group))
            .collect();
        let cause = |id: &UserId| {
            if snapshot.deactivated.contains(id) {
                Cause::Deactivated
            } else if let Some(refusal) = snapshot.filtered_out.get(id) {
                match refusal {
                    Refusal::Filter => Cause::LeftUserFilter,
                    Refusal::Status => Cause::Status,
                    Refusal::Excluded => Cause::Excluded,
                }
            } else if snapshot.users.contains_key(id) {
                if of_gone_groups.contains(id) {
                    Cause::GroupsGone
                } else {
                    Cause::LeftGroups
                }
            } else if rules.user_filter && seen_alive.contains(id) {
                Cause::NotFound
            } else {
                Cause::Absent
            }
        };
        gone.into_iter().map(|id| (id.clone(), cause(id))).collect()
    }

    /// Leaves only members that are in the catalog, and gives withheld users their groups back.
    fn close_members(&mut self, state: &State) {
        let withheld: BTreeSet<&UserId> = self
            .users
            .iter()
            .filter(|(_, standing)| matches!(standing, Standing::Kept(Kept::Withheld)))
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

/// The groups that have a member, or may have one that nobody knows, and all the groups above them.
fn filled_groups<'a>(snapshot: &'a Snapshot, state: &State) -> HashSet<&'a GroupId> {
    // Whoever is listed and a member belongs, so this is known before the users are.
    let belongs = |user: &UserId| {
        snapshot.users.contains_key(user)
            || state.users().contains_key(user) && snapshot.malformed_users.contains_key(user)
    };
    let mut filled = HashSet::new();
    for id in snapshot.groups.keys() {
        let has_members = match snapshot.members.get(id) {
            Some(Members::Known(members)) => members.iter().any(belongs),
            _ => true,
        };
        let mut above = has_members.then_some(id);
        while let Some(group) = above.filter(|group| filled.insert(*group)) {
            above = snapshot.parents.get(group);
        }
    }
    filled
}

/// Why a group of the catalog is not there any more.
fn why_gone(id: &GroupId, snapshot: &Snapshot) -> Cause {
    if snapshot.groups.contains_key(id) {
        Cause::GroupEmpty
    } else if snapshot.excluded_groups.contains(id) {
        Cause::Excluded
    } else if snapshot.merged.values().any(|parts| parts.contains(id)) {
        Cause::Merged
    } else if is_merged(id) && !snapshot.merged.contains_key(id) {
        Cause::NotConfigured
    } else {
        Cause::Absent
    }
}

fn describe_group(id: &GroupId, state: &State) -> String {
    match state.groups().get(id) {
        Some(document) => format!("`{}`", document.entity_ref()),
        None => format!("`{id}`"),
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
