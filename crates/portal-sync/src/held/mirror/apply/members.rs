//! Laying lists of members over those that are held.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::{Group, GroupId, UserId};

use super::super::read::{Listed, MembersRead};
use super::super::{Mirror, Roll, RowKind, Unread};
use super::{Interest, MISCOUNTS};

impl Mirror {
    pub(super) fn lay_members(
        &mut self,
        members: BTreeMap<GroupId, MembersRead>,
        counts: &BTreeMap<GroupId, u64>,
        asked: Option<&BTreeSet<UserId>>,
        interest: &impl Interest,
        now: Timestamp,
    ) {
        for (id, read) in members {
            match read {
                MembersRead::Known {
                    ids,
                    deactivated,
                    listed,
                    server_date,
                } => {
                    // Answers may be of different ages. Whoever one of them shows in use stays.
                    let gone = deactivated.iter();
                    let gone = gone
                        .filter(|id| interest.is_in_catalog(id) && !self.users.contains_key(*id));
                    self.account.deactivated.extend(gone.cloned());
                    let counted = counts.get(&id).copied();
                    self.count(&id, counted.is_none_or(|counted| counted == listed));
                    self.account.unread.remove(&id);
                    self.account.marks.groups.remove(&id);
                    let ids = match asked {
                        Some(asked) => self.with_others(&id, ids, asked),
                        None => ids,
                    };
                    let ids = match self.rolls.get(&id) {
                        Some(held) if *held.ids == ids => Arc::clone(&held.ids),
                        _ => Arc::new(ids),
                    };
                    let roll = Roll {
                        ids,
                        inactive: Arc::new(deactivated),
                        as_of: server_date.unwrap_or(now),
                        listed,
                        counted,
                    };
                    self.put_roll(id, roll);
                }
                MembersRead::Unknown(reason) => {
                    let unread = &mut self.account.unread;
                    let since = unread.get(&id).map_or(now, |unread| unread.since);
                    unread.insert(id, Unread { reason, since });
                }
            }
        }
    }

    /// Of a group that was read as the groups of the users `asked`, these members and those who are here and were not asked: a
    /// list that is late lacks them.
    fn with_others(
        &self,
        group: &GroupId,
        mut ids: BTreeSet<UserId>,
        asked: &BTreeSet<UserId>,
    ) -> BTreeSet<UserId> {
        let held = self.rolls.get(group).into_iter();
        let held = held.flat_map(|roll| roll.ids.iter());
        let others = held.filter(|id| !asked.contains(*id) && self.users.contains_key(*id));
        ids.extend(others.cloned());
        ids
    }

    fn count(&mut self, id: &GroupId, is_right: bool) {
        let miscounted = &mut self.account.miscounted;
        if is_right {
            miscounted.remove(id);
        } else {
            let times = miscounted.entry(id.clone()).or_default();
            *times = (*times + 1).min(MISCOUNTS + 1);
        }
    }

    /// Puts members in the place of those that there are.
    pub(crate) fn put_roll(&mut self, id: GroupId, roll: Roll) {
        if self.rolls.get(&id) != Some(&roll) {
            self.changed.insert((RowKind::Roll, id.to_string()));
            self.rolls.insert(id, roll);
        }
    }

    /// Puts a user into a group whose members were read before he joined, and marks the group.
    pub(super) fn join(&mut self, user: &UserId, group: GroupId) {
        let Some(roll) = self.rolls.get(&group) else {
            return;
        };
        if roll.ids.contains(user) {
            return;
        }
        let mut roll = roll.clone();
        Arc::make_mut(&mut roll.ids).insert(user.clone());
        self.account.marks.groups.insert(group.clone());
        self.put_roll(group, roll);
    }

    /// Puts those back who were deactivated when the members were read and are in use by now: of that no stamp tells, for nobody
    /// joined.
    pub(super) fn rejoin(&mut self) {
        let users = &self.users;
        let is_back = |id: &UserId| users.contains_key(id);
        for (group, roll) in &mut self.rolls {
            if !roll.inactive.iter().any(is_back) {
                continue;
            }
            let inactive = Arc::make_mut(&mut roll.inactive);
            let (back, away) = std::mem::take(inactive).into_iter().partition(is_back);
            *inactive = away;
            let back: BTreeSet<UserId> = back;
            Arc::make_mut(&mut roll.ids).extend(back);
            self.changed.insert((RowKind::Roll, group.to_string()));
        }
    }

    /// Lets go of members that were not read although everything was: nobody reads them anew when they change.
    pub(super) fn drop_unread_rolls(
        &mut self,
        groups: &Listed<Group>,
        read: &BTreeMap<GroupId, MembersRead>,
    ) {
        for group in &groups.records {
            if !read.contains_key(&group.id) && self.rolls.remove(&group.id).is_some() {
                self.changed.insert((RowKind::Roll, group.id.to_string()));
            }
        }
    }

    /// Everything was read because of counts that are wrong: that is done.
    pub(super) fn have_counted(&mut self) {
        for times in self.account.miscounted.values_mut() {
            if *times == MISCOUNTS {
                *times = MISCOUNTS + 1;
            }
        }
    }
}
