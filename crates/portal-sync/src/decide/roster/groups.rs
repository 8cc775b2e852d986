//! Which groups belong, and who is in them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use okta_api::UserId;

use super::{Cause, Kept, Roster, Rules, Standing};
use crate::decide::guard::Guard;
use crate::decide::shape::{Shaped, ShapedGroup};
use crate::held::object::{GroupKey, Kind};
use crate::held::quarantine::Quarantine;
use crate::held::state::State;
use crate::held::trip::Trip;

impl<'a> Roster<'a> {
    pub(super) fn take_groups(&mut self, shaped: &'a Shaped<'a>, state: &State) {
        for (id, group) in shaped.groups() {
            let members = match shaped.members(group) {
                Ok(members) => Cow::Borrowed(members),
                Err(reason) => {
                    self.unknown.insert(id.clone(), reason.to_owned());
                    // A group that is new waits until its members are known: an empty one would be a claim.
                    if !state.groups().contains_key(&id) {
                        continue;
                    }
                    Cow::Owned(state.members(&id).to_set())
                }
            };
            self.groups.insert(id.clone(), Standing::Fresh(group));
            self.members.insert(id, members);
        }
        for (id, reason) in &shaped.malformed_groups {
            let key = id.clone().into();
            let in_catalog = state.groups().contains_key(&key);
            if in_catalog {
                self.keep_group(&key, state, Kept::Quarantined);
            }
            // Of a list that the server did not narrow down, a record we cannot read may well be of a group nobody wants.
            if in_catalog || !shaped.org.groups_checked_here {
                self.quarantine(&key.text(), reason);
            }
        }
        for (key, reason) in &shaped.unmapped_groups {
            if state.groups().contains_key(key) {
                self.keep_group(key, state, Kept::Quarantined);
            }
            self.quarantine(&key.text(), reason);
        }
        self.uncertain |= !self.unknown.is_empty();
        // The root comes and goes with the configuration alone, which no guard counts.
        let root = GroupKey::Root;
        if state.groups().contains_key(&root) && !self.groups.contains_key(&root) {
            self.removed_groups.insert(root, Cause::NotConfigured);
        }
    }

    /// Sets aside a group, which may have members that nobody knows.
    fn quarantine(&mut self, id: &str, reason: &Quarantine) {
        self.quarantined.insert(id.to_owned(), reason.clone());
        self.uncertain = true;
    }

    fn keep_group(&mut self, id: &GroupKey, state: &State, why: Kept) {
        self.groups.insert(id.clone(), Standing::Kept(why));
        self.members
            .insert(id.clone(), Cow::Owned(state.members(id).to_set()));
    }

    /// Puts back the members of groups that lost too many at once, one group or all together, while those users are
    /// still there.
    pub(super) fn hold_members(&mut self, shaped: &Shaped<'_>, state: &State, guard: &Guard) {
        let mut losses: BTreeMap<GroupKey, BTreeSet<UserId>> = BTreeMap::new();
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
                        shaped.has_user(user) || shaped.malformed_users.contains_key(*user)
                    })
                    .cloned()
                    .collect()
            };
            all_before += before.len();
            all_lost += lost.len();
            if guard.trips(guard.members, before.len(), lost.len()) {
                let entry = state.groups().get(id);
                self.tripped.push(Trip::Members {
                    group: entry.map_or_else(|| id.to_string(), |it| it.entity_ref().to_string()),
                    going: lost.len(),
                    before: before.len(),
                    limit_percent: guard.members.get(),
                });
                held.insert(id.clone());
            }
            if !lost.is_empty() {
                losses.insert(id.clone(), lost);
            }
        }
        if guard.trips(guard.members, all_before, all_lost) {
            self.tripped.push(Trip::Memberships {
                going: all_lost,
                before: all_before,
                limit_percent: guard.members.get(),
            });
            held.extend(losses.keys().cloned());
        }
        for (id, lost) in losses.into_iter().filter(|(id, _)| held.contains(id)) {
            self.members.entry(id).or_default().to_mut().extend(lost);
        }
    }

    /// Lets go of the groups in which nobody is, nor in one below them. Whoever was put back counts.
    pub(super) fn drop_empty_groups(&mut self, shaped: &Shaped<'_>, state: &State) {
        let filled = self.filled_groups(shaped, state);
        let is_empty = |id: &GroupKey, standing: &Standing<_>| {
            matches!(standing, Standing::Fresh(_)) && !filled.contains(id)
        };
        let empty: Vec<GroupKey> = self
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
    fn filled_groups(&self, shaped: &Shaped<'_>, state: &State) -> HashSet<GroupKey> {
        let mut filled = HashSet::new();
        for (id, standing) in &self.groups {
            // Whoever is listed and a member belongs, so this is known before the users are. A record that cannot be read is
            // somebody's: of a group that is there already it is a member.
            let belongs = |user: &UserId| {
                shaped.has_user(user)
                    || shaped.malformed_users.contains_key(user)
                        && (state.users().contains_key(user) || state.groups().contains_key(id))
            };
            let members = self.members.get(id);
            // The root is there for the groups below it, even for none.
            let has_members = !matches!(standing, Standing::Fresh(_))
                || matches!(standing, Standing::Fresh(ShapedGroup::Root(_)))
                || self.unknown.contains_key(id)
                || members.is_some_and(|members| members.iter().any(belongs));
            if !has_members {
                continue;
            }
            let mut above = Some(id);
            while let Some(group) = above.filter(|group| filled.insert((*group).clone())) {
                // Of a record that cannot be read only the catalog knows what it is part of.
                let parent = shaped.parents.get(group);
                above = parent.or_else(|| state.parent(group));
            }
        }
        filled
    }

    pub(super) fn let_groups_go(
        &mut self,
        shaped: &Shaped<'_>,
        state: &State,
        rules: Rules,
        guard: Option<&Guard>,
    ) {
        let gone: Vec<(&GroupKey, Cause)> = state
            .groups()
            .keys()
            .filter(|id| !self.groups.contains_key(*id) && !self.removed_groups.contains_key(*id))
            .map(|id| (id, why_gone(id, shaped, rules)))
            .collect();
        let evident = |id: &GroupKey, cause: Cause| match cause {
            Cause::Excluded | Cause::LeftGroupFilter => !shaped.org.is_unproven(id),
            Cause::Merged | Cause::NotConfigured => !rules.changed.merge,
            other => other.explained(),
        };
        let unexplained = gone
            .iter()
            .filter(|(id, cause)| !evident(id, *cause))
            .count();
        let before = state.groups_of_org();
        let nothing_left = self.groups.keys().all(|id| *id == GroupKey::Root);
        let held = self.holds(
            Kind::Group,
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
fn why_gone(key: &GroupKey, shaped: &Shaped<'_>, rules: Rules) -> Cause {
    if shaped.group(key).is_some() {
        return Cause::GroupEmpty;
    }
    let Some(id) = key.okta() else {
        return if shaped.merged.contains_key(key) {
            Cause::Absent
        } else {
            Cause::NotConfigured
        };
    };
    let org = shaped.org;
    if org.excluded_groups.contains(id) {
        Cause::Excluded
    } else if shaped.merged.values().any(|parts| parts.contains(id)) {
        Cause::Merged
    } else if org.refused_groups.contains(id) {
        Cause::LeftGroupFilter
    } else if rules.changed.group_filter && rules.changed.known && rules.group_filter {
        Cause::FilterChanged
    } else {
        Cause::Absent
    }
}
