//! Laying a read over what is held: one pure function.
//!
//! Whole lists prove absence, and so does a 404 for an id. Nothing else does: what a delta does not name is as it was, and of
//! what changed a moment ago not even a whole list says that it is gone, for the search behind it lags. No timestamp moves
//! backwards: what is told from a cache that is late does not undo what is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::{Group, GroupId, User, UserId, UserStatus};

use super::read::{Found, Listed, LogRead, MembersRead, Read, UsersRead};
use super::{
    Account, HeldGroup, HeldUser, Mirror, OVERLAP, RowKind, Scope, Unread, UserScope, Watermarks,
    Way,
};

mod members;

use members::{counts, ids};

/// So often a group is read anew because Okta counts others than it lists. What is different then stays so.
pub(crate) const MISCOUNTS: u8 = 2;

/// Whom a mirror is to know.
pub(crate) trait Interest {
    /// Whether the server's part of the user filter finds this user.
    fn is_found(&self, user: &User) -> bool;

    /// Whether the catalog has an entity of this user: then what is known of him is evidence, and stays until he goes.
    fn is_in_catalog(&self, user: &UserId) -> bool;

    /// The user without what a mirror of that scope has not.
    fn trimmed(&self, user: User, scope: &Scope) -> User;
}

impl Mirror {
    /// Lays what was read over what is held.
    pub(crate) fn apply(&mut self, read: Read, interest: &impl Interest) {
        let Read {
            is_whole,
            scope,
            way,
            groups,
            users,
            members,
            single,
            log,
            limits,
            began,
        } = read;
        let now = groups.server_date.unwrap_or(began);
        let counts = counts(&groups);
        let before = self.account.clone();
        self.account.scope = scope;
        self.account.watermarks.way = way;
        if self.account.scope.attributes != before.scope.attributes {
            self.trim(interest);
        }
        if self.account.scope.users != before.scope.users {
            self.judge_here();
        }
        let lacking = if lacks(&before.scope, &self.account.scope) {
            std::mem::take(&mut self.users)
        } else {
            BTreeMap::new()
        };
        let are_all = match &users {
            UsersRead::All(listed) => listed.proves_absence(),
            _ => !members.values().any(MembersRead::is_unknown),
        };
        // What is marked by now is read by this read, as far as it could be.
        log.into_iter().for_each(|log| self.take_marks(log));
        // As the groups of a few users they have these users only.
        if is_whole || before.watermarks.way == Way::OfUsers {
            self.drop_unread_rolls(&groups, &members);
        }
        self.lay_groups(groups, is_whole, now);
        let asked = (way == Way::OfUsers).then(|| ids(users.listed()));
        let from = self.lay_users(users, is_whole, interest, now);
        self.rejoin();
        self.lay_members(members, &counts, asked.as_ref(), interest, now);
        self.set_aside(lacking, are_all, interest, now);
        for (id, found) in single {
            self.lay_single(&id, found, interest);
        }
        if is_whole {
            self.account.watermarks.reconciled = from;
            self.account.unconfirmed.clear();
            self.have_counted();
        }
        self.account.limits.extend(limits);
        self.forget(interest);
        self.take_note(&before);
    }

    /// Takes over what the System Log marks, and where it goes on.
    fn take_marks(&mut self, log: LogRead) {
        self.account.marks.users.extend(log.marks.users);
        self.account.marks.groups.extend(log.marks.groups);
        self.account.watermarks.log = log.cursor;
    }

    /// Lays over it what Okta said of single users.
    pub(crate) fn apply_single(
        &mut self,
        single: BTreeMap<UserId, Found>,
        interest: &impl Interest,
    ) {
        let before = self.account.clone();
        for (id, found) in single {
            self.lay_single(&id, found, interest);
        }
        self.forget(interest);
        self.take_note(&before);
    }

    /// Takes note of users who would go by what a delta saw alone.
    pub(crate) fn doubt(&mut self, users: impl IntoIterator<Item = UserId>) {
        let before = self.account.clone();
        self.account.unconfirmed.extend(users);
        self.take_note(&before);
    }

    /// Takes note of whether something is new since the account was so.
    fn take_note(&mut self, before: &Account) {
        if self.account == *before && self.changed.is_empty() {
            return;
        }
        let said = |account: &Account| Account {
            watermarks: Watermarks::default(),
            limits: BTreeMap::new(),
            ..account.clone()
        };
        let account = (RowKind::Account, String::new());
        let is_other = self.changed.iter().any(|row| *row != account);
        if is_other || said(&self.account) != said(before) {
            self.account.settled = None;
        }
        self.changed.insert(account);
    }

    /// Takes from the records what nothing is made of any more.
    fn trim(&mut self, interest: &impl Interest) {
        for (id, held) in &mut self.users {
            let record = interest.trimmed(User::clone(&held.record), &self.account.scope);
            if record != *held.record {
                held.record = Arc::new(record);
                self.changed.insert((RowKind::User, id.to_string()));
            }
        }
    }

    /// Sets users aside whose records lack what is needed by now and who were not read anew: nobody is judged by what was not
    /// kept of him. Whom a whole list lacks, or no group has, is not there.
    fn set_aside(
        &mut self,
        lacking: BTreeMap<UserId, HeldUser>,
        are_all: bool,
        interest: &impl Interest,
        now: Timestamp,
    ) {
        let of_members = self.account.scope.users == UserScope::Members;
        for (id, held) in lacking {
            self.changed.insert((RowKind::User, id.to_string()));
            let record = &held.record;
            let may_be_there = !are_all
                || if of_members {
                    let mut rolls = self.rolls.values();
                    rolls.any(|roll| roll.ids.contains(&id))
                } else {
                    is_young([record.last_updated, record.status_changed], now)
                };
            let account = &mut self.account;
            let is_told_of = self.users.contains_key(&id) || account.deactivated.contains(&id);
            if may_be_there && !is_told_of && interest.is_in_catalog(&id) {
                let reason = "what is needed of it by now was not read yet".to_owned();
                let unread = Unread { reason, since: now };
                account.malformed_users.entry(id).or_insert(unread);
            }
        }
    }

    /// Lets nobody be taken for found by the search of today who was found by another one.
    fn judge_here(&mut self) {
        for (id, held) in &mut self.users {
            if held.by_search {
                held.by_search = false;
                self.changed.insert((RowKind::User, id.to_string()));
            }
        }
    }

    fn lay_groups(&mut self, listed: Listed<Group>, is_whole: bool, now: Timestamp) {
        let proves_absence = listed.proves_absence();
        let since = |id: &GroupId, known: &BTreeMap<GroupId, Unread>| {
            known.get(id).map_or(now, |unread| unread.since)
        };
        let malformed = listed.malformed.into_iter().map(|(id, reason)| {
            let id = GroupId::from(id);
            let since = since(&id, &self.account.malformed_groups);
            (id, Unread { reason, since })
        });
        let malformed: BTreeMap<GroupId, Unread> = malformed.collect();
        self.account.unidentified_group = listed.unidentified.or(listed.cut);
        keep_names(
            &mut self.account.skipped_of_groups,
            listed.skipped,
            is_whole,
        );
        let mut seen = BTreeSet::new();
        for group in listed.records {
            seen.insert(group.id.clone());
            self.lay_group(group);
        }
        if proves_absence {
            let gone = self.groups.iter().filter(|(id, held)| {
                let group = &held.record;
                !seen.contains(*id)
                    && !malformed.contains_key(*id)
                    && !is_young([group.last_updated, group.created], now)
            });
            let gone: Vec<GroupId> = gone.map(|(id, _)| id.clone()).collect();
            gone.iter().for_each(|id| self.drop_group(id));
        }
        self.account.malformed_groups = malformed;
    }

    fn lay_group(&mut self, group: Group) {
        let id = group.id.clone();
        let held = self.groups.get(&id);
        let stamp = group
            .last_membership_updated
            .max(held.and_then(|held| held.stamp));
        let record = match held {
            Some(held) if is_older(group.last_updated, held.record.last_updated) => {
                Arc::clone(&held.record)
            }
            _ => Arc::new(group),
        };
        let laid = HeldGroup { record, stamp };
        if held != Some(&laid) {
            self.changed.insert((RowKind::Group, id.to_string()));
            self.groups.insert(id, laid);
        }
    }

    fn drop_group(&mut self, id: &GroupId) {
        if self.groups.remove(id).is_some() {
            self.changed.insert((RowKind::Group, id.to_string()));
        }
        if self.rolls.remove(id).is_some() {
            self.changed.insert((RowKind::Roll, id.to_string()));
        }
    }

    /// Lays users over those that are held; returns the time from which on they may have changed since.
    fn lay_users(
        &mut self,
        users: UsersRead,
        is_whole: bool,
        interest: &impl Interest,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let (listed, by_search) = match users {
            UsersRead::All(listed) => (listed, true),
            UsersRead::Changed(listed) | UsersRead::Members(listed) => (listed, false),
        };
        let proves_absence = listed.proves_absence();
        let from = listed.server_date;
        let mut seen = BTreeSet::new();
        for (id, reason) in listed.malformed {
            let id = UserId::from(id);
            seen.insert(id.clone());
            let malformed = &mut self.account.malformed_users;
            let since = malformed.get(&id).map_or(now, |unread| unread.since);
            malformed.insert(id, Unread { reason, since });
        }
        // Of a record that stays unread only a list that proves absence tells that it is gone.
        if by_search && proves_absence {
            let malformed = &mut self.account.malformed_users;
            malformed.retain(|id, _| seen.contains(id));
        }
        if is_whole || listed.unidentified.is_some() {
            self.account.unidentified_user = listed.unidentified.or(listed.cut);
        }
        keep_names(&mut self.account.skipped_of_users, listed.skipped, is_whole);
        for user in listed.records {
            if is_whole {
                seen.insert(user.id.clone());
            }
            self.lay_user(user, by_search, interest);
        }
        if by_search && proves_absence {
            let unseen = self.users.iter().filter(|(id, held)| {
                let user = &held.record;
                !seen.contains(*id) && !is_young([user.last_updated, user.status_changed], now)
            });
            let (gone, left): (Vec<_>, Vec<_>) = unseen
                .map(|(id, held)| (id.clone(), Arc::clone(&held.record)))
                .partition(|(id, user)| interest.is_found(user) || !interest.is_in_catalog(id));
            gone.iter().for_each(|(id, _)| self.drop_user(id));
            // Whoever is known to have left the filter is evidence, and no search lists him.
            for (id, record) in left {
                let by_search = false;
                self.put_user(id, HeldUser { record, by_search });
            }
        }
        // Whoever has no id that can be read changed, and is to be seen again.
        if is_whole || proves_absence {
            self.account.watermarks.users = from;
        }
        from
    }

    fn lay_user(&mut self, user: User, by_search: bool, interest: &impl Interest) {
        let id = user.id.clone();
        let held = self.users.get(&id);
        if held.is_some_and(|held| is_older(user.last_updated, held.record.last_updated)) {
            return;
        }
        self.account.malformed_users.remove(&id);
        if user.status == UserStatus::Deprovisioned {
            self.drop_user(&id);
            if interest.is_in_catalog(&id) {
                self.account.deactivated.insert(id);
            }
            return;
        }
        self.account.deactivated.remove(&id);
        self.account.deleted.remove(&id);
        // Members are known whatever the filter finds: it is decided here, and another one may want them tomorrow.
        let is_known = by_search || self.account.scope.users == UserScope::Members;
        if !is_known && !interest.is_found(&user) && !interest.is_in_catalog(&id) {
            self.drop_user(&id);
            return;
        }
        let user = interest.trimmed(user, &self.account.scope);
        let laid = HeldUser {
            record: Arc::new(user),
            by_search,
        };
        self.put_user(id, laid);
    }

    fn put_user(&mut self, id: UserId, user: HeldUser) {
        if self.users.get(&id) != Some(&user) {
            self.changed.insert((RowKind::User, id.to_string()));
            self.users.insert(id, user);
        }
    }

    fn drop_user(&mut self, id: &UserId) {
        if self.users.remove(id).is_some() {
            self.changed.insert((RowKind::User, id.to_string()));
        }
    }

    /// Lays over it what Okta said of one user by id.
    fn lay_single(&mut self, id: &UserId, found: Found, interest: &impl Interest) {
        match found {
            Found::Unknown(_) => return,
            Found::Nobody => {
                self.drop_user(id);
                self.account.malformed_users.remove(id);
                self.account.deactivated.remove(id);
                if interest.is_in_catalog(id) {
                    self.account.deleted.insert(id.clone());
                }
            }
            Found::User(user, groups) => {
                let in_use = user.status != UserStatus::Deprovisioned;
                self.lay_user(*user, false, interest);
                for group in groups.into_iter().flatten().filter(|_| in_use) {
                    self.join(id, group);
                }
            }
        }
        self.account.marks.users.remove(id);
        self.account.unconfirmed.remove(id);
    }

    /// Forgets what is about objects that nobody asks for any more.
    fn forget(&mut self, interest: &impl Interest) {
        let account = &mut self.account;
        let groups = &self.groups;
        let malformed = &account.malformed_groups;
        let is_known = |id: &GroupId| groups.contains_key(id) || malformed.contains_key(id);
        account.unread.retain(|id, _| is_known(id));
        account.miscounted.retain(|id, _| is_known(id));
        account.marks.groups.retain(|id| is_known(id));
        let users = &self.users;
        account.marks.users.retain(|id| interest.is_in_catalog(id));
        account.unconfirmed.retain(|id| interest.is_in_catalog(id));
        let is_gone = |id: &UserId| interest.is_in_catalog(id) && !users.contains_key(id);
        account.deactivated.retain(|id| is_gone(id));
        account.deleted.retain(|id| is_gone(id));
        if account.scope.users == UserScope::Members {
            let members: BTreeSet<&UserId> = self
                .rolls
                .values()
                .flat_map(|roll| roll.ids.iter())
                .collect();
            account.malformed_users.retain(|id, _| members.contains(id));
            let gone = users.keys().filter(|id| !members.contains(id));
            let gone = gone.filter(|id| !interest.is_in_catalog(id));
            let gone: Vec<UserId> = gone.cloned().collect();
            gone.iter().for_each(|id| self.drop_user(id));
        }
    }
}

/// Whether records that were kept by one scope lack attributes that another one has.
fn lacks(kept: &Scope, needed: &Scope) -> bool {
    match (&kept.attributes, &needed.attributes) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(kept), Some(needed)) => !needed.is_subset(kept),
    }
}

/// Whether a record is from before another one. One without a time is as good as any.
#[must_use]
pub(crate) fn is_older(record: Option<Timestamp>, than: Option<Timestamp>) -> bool {
    matches!((record, than), (Some(record), Some(than)) if record < than)
}

/// Whether an object changed so lately that a search may not have it yet.
fn is_young(changed: [Option<Timestamp>; 2], now: Timestamp) -> bool {
    let last = changed.into_iter().flatten().max();
    last.is_some_and(|last| now.duration_since(last) <= OVERLAP)
}

/// The names of the attributes that records have and that are not kept.
fn keep_names(known: &mut BTreeMap<String, usize>, seen: BTreeMap<String, usize>, is_whole: bool) {
    if is_whole {
        *known = seen;
    } else {
        for (name, count) in seen {
            known.entry(name).or_insert(count);
        }
    }
}

#[cfg(test)]
mod tests;
