//! Which groups belong, and who is in them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use okta_api::{GroupId, UserId};

use super::{Cause, Kept, Roster, Rules, Standing};
use crate::decide::guard::Guard;
use crate::held::org::{Members, Snapshot, is_merged};
use crate::held::state::State;
use crate::text::counted::counted;

impl<'a> Roster<'a> {
    pub(super) fn take_groups(&mut self, snapshot: &'a Snapshot, state: &State) {
        for (id, group) in &snapshot.groups {
            let members = match snapshot.members.get(id) {
                Some(Members::Known(members)) => Cow::Borrowed(members),
                unread => {
                    let reason = match unread {
                        Some(Members::Unknown(reason)) => reason.clone(),
                        _ => "its members were not read".to_owned(),
                    };
                    self.unknown.insert(id.clone(), reason);
                    // A group that is new waits until its members are known: an empty one would be a claim.
                    if !state.groups().contains_key(id) {
                        continue;
                    }
                    Cow::Owned(state.members(id).to_set())
                }
            };
            self.groups.insert(id.clone(), Standing::Fresh(group));
            self.members.insert(id.clone(), members);
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
        for (id, reason) in &snapshot.unmapped_groups {
            if state.groups().contains_key(id) {
                self.keep_group(id, state, Kept::Quarantined);
            }
            self.quarantined
                .insert(id.as_str().to_owned(), reason.clone());
            self.uncertain = true;
        }
        self.uncertain |= !self.unknown.is_empty();
    }

    fn keep_group(&mut self, id: &GroupId, state: &State, why: Kept) {
        self.groups.insert(id.clone(), Standing::Kept(why));
        self.members
            .insert(id.clone(), Cow::Owned(state.members(id).to_set()));
    }

    /// Puts back the members of groups that lost too many at once, one group or all together, while those users are
    /// still there.
    pub(super) fn hold_members(&mut self, snapshot: &Snapshot, state: &State, guard: &Guard) {
        let mut losses: BTreeMap<GroupId, BTreeSet<UserId>> = BTreeMap::new();
        let mut held = BTreeSet::new();
        let (mut all_before, mut all_lost) = (0, 0);
        for (id, members) in &self.members {
            let before = state.members(id);
            // Nearly always it is the very same set.
            let lost: BTreeSet<UserId> = if before.iter().eq(members.iter()) {
                BTreeSet::new()
            } else {
                let missing = before.iter().filter(|user| !members.contains(*user));
                missing
                    .filter(|user| {
                        snapshot.users.contains_key(*user)
                            || snapshot.malformed_users.contains_key(*user)
                    })
                    .cloned()
                    .collect()
            };
            all_before += before.len();
            all_lost += lost.len();
            if guard.trips(guard.members, before.len(), lost.len()) {
                self.tripped.push(format!(
                    "{} of the {} of group {} would go, more than {}",
                    lost.len(),
                    counted(before.len(), "member", "members"),
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
                "{all_lost} of the {} of all groups would go, more than {}",
                counted(all_before, "membership", "memberships"),
                guard.members
            ));
            held.extend(losses.keys().cloned());
        }
        for (id, lost) in losses.into_iter().filter(|(id, _)| held.contains(id)) {
            self.members.entry(id).or_default().to_mut().extend(lost);
        }
    }

    /// Lets go of the groups in which nobody is, nor in one below them. Whoever was put back counts.
    pub(super) fn drop_empty_groups(&mut self, snapshot: &Snapshot, state: &State) {
        let filled = self.filled_groups(snapshot, state);
        let is_empty = |id: &GroupId, standing: &Standing<_>| {
            matches!(standing, Standing::Fresh(_)) && !filled.contains(id)
        };
        let empty: Vec<GroupId> = self
            .groups
            .iter()
            .filter(|(id, standing)| is_empty(id, standing))
            .map(|(id, _)| id.clone())
            .collect();
        for id in empty {
            self.groups.remove(&id);
            self.members.remove(&id);
        }
    }

    /// The groups that have a member, or may have one that nobody knows, and all the groups above them.
    fn filled_groups(&self, snapshot: &Snapshot, state: &State) -> HashSet<GroupId> {
        let mut filled = HashSet::new();
        for (id, standing) in &self.groups {
            // Whoever is listed and a member belongs, so this is known before the users are. A record that cannot be read is
            // somebody's: of a group that is there already it is a member.
            let belongs = |user: &UserId| {
                snapshot.users.contains_key(user)
                    || snapshot.malformed_users.contains_key(user)
                        && (state.users().contains_key(user) || state.groups().contains_key(id))
            };
            let members = self.members.get(id);
            let has_members = !matches!(standing, Standing::Fresh(_))
                || self.unknown.contains_key(id)
                || members.is_some_and(|members| members.iter().any(belongs));
            if !has_members {
                continue;
            }
            let mut above = Some(id);
            while let Some(group) = above.filter(|group| filled.insert((*group).clone())) {
                // Of a record that cannot be read only the catalog knows what it is part of.
                let parent = snapshot.parents.get(group);
                above = parent.or_else(|| state.parent(group));
            }
        }
        filled
    }

    pub(super) fn let_groups_go(
        &mut self,
        snapshot: &Snapshot,
        state: &State,
        rules: Rules,
        guard: Option<&Guard>,
    ) {
        let gone: Vec<(&GroupId, Cause)> = state
            .groups()
            .keys()
            .filter(|id| !self.groups.contains_key(*id))
            .map(|id| (id, why_gone(id, snapshot, rules)))
            .collect();
        let evident = |id: &GroupId, cause: Cause| match cause {
            Cause::Excluded | Cause::LeftGroupFilter => !snapshot.unproven_groups.contains(id),
            Cause::Merged | Cause::NotConfigured => !rules.changed.merge,
            other => other.explained(),
        };
        let unexplained = gone
            .iter()
            .filter(|(id, cause)| !evident(id, *cause))
            .count();
        let (before, nothing_left) = (state.groups().len(), self.groups.is_empty());
        let held = self.holds(
            "groups",
            guard,
            |guard| guard.groups,
            rules.changed,
            [before, unexplained],
            nothing_left,
        );
        for (id, cause) in gone {
            if held && (nothing_left || !evident(id, cause)) {
                self.keep_group(id, state, Kept::Withheld);
            } else {
                self.removed_groups.insert(id.clone(), cause);
            }
        }
    }
}

/// Why a group of the catalog is not there any more.
fn why_gone(id: &GroupId, snapshot: &Snapshot, rules: Rules) -> Cause {
    if snapshot.groups.contains_key(id) {
        Cause::GroupEmpty
    } else if snapshot.excluded_groups.contains(id) {
        Cause::Excluded
    } else if snapshot.merged.values().any(|parts| parts.contains(id)) {
        Cause::Merged
    } else if is_merged(id) && !snapshot.merged.contains_key(id) {
        Cause::NotConfigured
    } else if snapshot.refused_groups.contains(id) {
        Cause::LeftGroupFilter
    } else if rules.changed.group_filter
        && rules.changed.known
        && rules.group_filter
        && !is_merged(id)
    {
        Cause::FilterChanged
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
