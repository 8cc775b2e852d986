//! What a run will ask of Okta, as a value that is decided before it asks.
//!
//! Groups are listed by every run, for they are few and their counts and stamps say what else there is to ask. From them, from
//! what is held and from what is wanted [`Chooser::choose`] decides which members are read and how the users are found; it
//! asks nobody. The plan says why, what it costs in requests, and how long that takes at the limits of the tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use okta_api::{Group, GroupId, GroupType, UserId};
use serde::{Deserialize, Serialize};

use crate::held::mirror::{
    HeldGroup, Listed, LogRead, MISCOUNTS, Marks, Mirror, OVERLAP, Scope, UserScope, Way, is_older,
};
use crate::read::selection::{GroupVerdict, Selection};

mod cost;

pub(crate) use cost::{Cost, time};

use cost::{count, pages};

/// So many users are asked for by id in one run.
pub(crate) const SINGLE: usize = 50;

/// The users of one page: of so many it can be told by one request that they are all.
const PAGE_OF_USERS: u64 = 200;

/// Fewer pages of members than these are not worth the request that tells how many users there are.
const WORTH_A_PROBE: u64 = 20;

/// Why so much is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Why {
    /// Nothing is held.
    #[default]
    First,
    /// Everything was asked for, with `--full`.
    Asked,
    /// The schedule of full reads says so.
    Reconcile,
    /// The configuration needs what is not held.
    SelectionChanged,
    /// The place in the System Log was lost.
    LogLost,
    /// A group has other counts than members, though they were read twice.
    Miscounted,
    /// As few users as these are read anew each time.
    FewUsers,
    /// What changed is enough.
    Delta,
}

impl Why {
    /// The stable word.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Asked => "asked",
            Self::Reconcile => "reconcile",
            Self::SelectionChanged => "selection-changed",
            Self::LogLost => "log-lost",
            Self::Miscounted => "miscounted",
            Self::FewUsers => "few-users",
            Self::Delta => "delta",
        }
    }

    /// Whether everything is read.
    #[must_use]
    pub(crate) const fn is_whole(self) -> bool {
        !matches!(self, Self::Delta)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "everything, for nothing is held yet",
            Self::Asked => "everything, as was asked for",
            Self::Reconcile => "everything, as is due",
            Self::SelectionChanged => "everything, for the configuration needs what is not held",
            Self::LogLost => "everything, for the place in the System Log is lost",
            Self::Miscounted => {
                "everything, for a group has other counts than members though they were read twice"
            }
            Self::FewUsers => "everything, for there are few users",
            Self::Delta => "what changed",
        })
    }
}

/// How users are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Users {
    /// All of them are listed, as far as Okta can tell which are wanted.
    All,
    /// Those that changed after this.
    ChangedSince(Timestamp),
    /// They come with the members of the groups; those that are there already are listed if they changed after this.
    OfMembers(Option<Timestamp>),
}

/// What a run will ask of Okta, and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadPlan {
    /// Why so much is read.
    pub why: Why,
    /// How users are found.
    pub users: Users,
    /// If there are no more users than these, each is asked for his groups, and no members are read.
    pub few: Option<usize>,
    /// Groups whose members are read.
    pub members: Vec<GroupId>,
    /// Groups that have everybody who is listed.
    pub derived: BTreeSet<GroupId>,
    /// Groups that Okta says are empty.
    pub empty: Vec<GroupId>,
    /// How many groups keep the members that are held.
    pub kept: usize,
    /// Users who are asked for by id.
    pub single: Vec<UserId>,
    /// What it is read of.
    pub scope: Scope,
    /// What it costs.
    pub cost: Cost,
}

/// What was asked for, besides what the configuration says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Everything is to be read.
    pub full: bool,
    /// The schedule says that everything is to be read.
    pub due: bool,
}

/// What a plan of reads is chosen by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chooser<'a> {
    /// What is wanted.
    pub selection: &'a Selection,
    /// What is wanted, as far as it decides what is enough to be held.
    pub scope: &'a Scope,
    /// Whether only members of selected groups are wanted.
    pub users_from_groups: bool,
    /// What is held.
    pub held: Option<&'a Mirror>,
    /// What was asked for.
    pub wish: Wish,
}

impl Chooser<'_> {
    /// Decides what to read after these groups were listed, and this of the System Log.
    #[must_use]
    pub(crate) fn choose(
        &self,
        groups: &Listed<Group>,
        log: Option<&LogRead>,
        asked: u64,
    ) -> ReadPlan {
        let wanted = groups.records.iter();
        let wanted = wanted.filter(|it| self.is_wanted(it));
        let wanted: Vec<&Group> = wanted.collect();
        let scope = self.scope_of_users(groups, &wanted);
        let (everyone, others): (Vec<&Group>, Vec<&Group>) = wanted
            .iter()
            .partition(|group| is_everyone(group) && scope != UserScope::Members);
        let (empty, filled): (Vec<&Group>, Vec<&Group>) = others
            .into_iter()
            .partition(|group| count(group) == Some(0));
        let all_pages: u64 = filled.iter().map(|group| pages(group)).sum();
        let why = self.why(log, &scope);
        let way = self
            .held
            .map_or(Way::OfGroups, |it| it.account.watermarks.way);
        let marks = self.marks(log);
        let read: Vec<&Group> = filled
            .iter()
            .filter(|group| why.is_whole() || way == Way::OfUsers || self.is_stale(group, &marks))
            .copied()
            .collect();
        let few = self.few(why, way, all_pages);
        // Of a few users everything is read anew: that is one page of users, and what they are in.
        let why = match few {
            Some(_) if why == Why::Delta => Why::FewUsers,
            _ => why,
        };
        let users = self.users(why, &scope);
        let single = self.single(&marks, users);
        let cost = Cost {
            asked,
            users: self.pages_of_users(users, few, &scope, &everyone),
            members: read.iter().map(|group| pages(group)).sum(),
            single: single.len() as u64 * if scope == UserScope::Members { 2 } else { 1 },
        };
        ReadPlan {
            why,
            users,
            few,
            members: read.iter().map(|group| group.id.clone()).collect(),
            derived: everyone.iter().map(|group| group.id.clone()).collect(),
            empty: empty.iter().map(|group| group.id.clone()).collect(),
            kept: filled.len() - read.len(),
            single,
            scope: Scope {
                users: scope,
                ..self.scope.clone()
            },
            cost,
        }
    }

    /// Whether a group is wanted, by the newest record of it that is known: a list may be late.
    fn is_wanted(&self, listed: &Group) -> bool {
        let held = self.held.and_then(|held| held.groups().get(&listed.id));
        let is_newer = |held: &&HeldGroup| is_older(listed.last_updated, held.record.last_updated);
        let newer = held.filter(is_newer);
        let newest = newer.map_or(listed, |held| &*held.record);
        self.selection.judge_group(newest) == GroupVerdict::Wanted
    }

    /// How users are found.
    fn users(&self, why: Why, scope: &UserScope) -> Users {
        let since = self.held.and_then(|held| held.account.watermarks.users);
        let since = since.and_then(|since| since.checked_sub(OVERLAP).ok());
        match (scope, why.is_whole(), since) {
            (UserScope::Members, true, _) => Users::OfMembers(None),
            (UserScope::Members, false, since) => Users::OfMembers(since),
            (_, false, Some(since)) => Users::ChangedSince(since),
            _ => Users::All,
        }
    }

    /// Whether Okta is to count the members of each group: not where each user was asked for his groups.
    #[must_use]
    pub(crate) fn needs_counts(&self) -> bool {
        self.held
            .is_none_or(|held| held.account.watermarks.way == Way::OfGroups)
    }

    /// Which users are read. Where no group is selected that could have members, the list of users tells whether the app sees
    /// anybody at all.
    fn scope_of_users(&self, groups: &Listed<Group>, wanted: &[&Group]) -> UserScope {
        let may_have = !wanted.is_empty() || !groups.malformed.is_empty();
        if self.users_from_groups && (may_have || groups.unidentified.is_some()) {
            return UserScope::Members;
        }
        match &self.selection.users().search {
            Some(search) => UserScope::Search(search.to_string()),
            None => UserScope::All,
        }
    }

    fn why(&self, log: Option<&LogRead>, users: &UserScope) -> Why {
        let Some(held) = self.held else {
            return Why::First;
        };
        let account = &held.account;
        let is_lost = account.watermarks.log.is_some() && log.is_some_and(|log| log.is_lost);
        if self.wish.full {
            Why::Asked
        } else if account.watermarks.reconciled.is_none() || account.watermarks.users.is_none() {
            Why::First
        } else if !self.has_enough(&account.scope, users) {
            Why::SelectionChanged
        } else if self.wish.due {
            Why::Reconcile
        } else if is_lost {
            Why::LogLost
        } else if account.miscounted.values().any(|times| *times == MISCOUNTS) {
            Why::Miscounted
        } else {
            Why::Delta
        }
    }

    /// Whether a mirror of that scope has what is needed.
    fn has_enough(&self, held: &Scope, users: &UserScope) -> bool {
        let attributes = match (&held.attributes, &self.scope.attributes) {
            (None, _) => true,
            (Some(held), Some(needed)) => needed.is_subset(held),
            (Some(_), None) => false,
        };
        let is_same_org = held.org == self.scope.org && held.client == self.scope.client;
        is_same_org && attributes && (held.users == UserScope::All || held.users == *users)
    }

    fn marks(&self, log: Option<&LogRead>) -> Marks {
        let mut marks = self
            .held
            .map(|held| held.account.marks.clone())
            .unwrap_or_default();
        if let Some(log) = log {
            marks.users.extend(log.marks.users.iter().cloned());
            marks.groups.extend(log.marks.groups.iter().cloned());
        }
        marks
    }

    /// Whether the members of a group may not be those that are held.
    fn is_stale(&self, group: &Group, marks: &Marks) -> bool {
        let Some(held) = self.held else { return true };
        let account = &held.account;
        let Some(roll) = held.rolls().get(&group.id) else {
            return true;
        };
        let seen = held.groups().get(&group.id).and_then(|it| it.stamp);
        let stamp = group.last_membership_updated.max(seen);
        let counted = count(group);
        let miscounted = account.miscounted.get(&group.id).copied().unwrap_or(0);
        // A stamp that cannot be read says nothing, and those of built-in groups were seen to be weeks old.
        group.last_membership_updated.is_none()
            || group.kind == GroupType::BuiltIn
            || stamp
                .is_some_and(|stamp| stamp >= roll.as_of.saturating_sub(OVERLAP).unwrap_or(stamp))
            || counted.is_some() && counted != roll.counted
            || (1..=MISCOUNTS).contains(&miscounted)
            || marks.groups.contains(&group.id)
            || account.unread.contains_key(&group.id)
    }

    /// Up to how many users it is cheaper to ask each for his groups than to read the members; nothing where it is not, or
    /// where that is not worth asking.
    fn few(&self, why: Why, way: Way, all_pages: u64) -> Option<usize> {
        let narrows = self.selection.users().search.is_some();
        if !narrows || all_pages < WORTH_A_PROBE || (!why.is_whole() && way == Way::OfGroups) {
            return None;
        }
        let most = all_pages.saturating_sub(2).min(PAGE_OF_USERS);
        let known = self
            .held
            .filter(|_| why != Why::SelectionChanged && why != Why::First);
        let known = known.map(|held| held.users().len() as u64);
        (known.is_none_or(|known| known <= most)).then(|| usize::try_from(most).unwrap_or(0))
    }

    fn single(&self, marks: &Marks, users: Users) -> Vec<UserId> {
        let Some(held) = self.held.filter(|_| users != Users::All) else {
            return Vec::new();
        };
        let unconfirmed = &held.account.unconfirmed;
        let malformed = held.account.malformed_users.keys();
        // Whoever is in doubt first: of a record that stays odd nothing new is learned.
        let all = unconfirmed.iter().chain(&marks.users).chain(malformed);
        let mut asked = BTreeSet::new();
        let all = all.filter(|id| asked.insert(*id));
        all.take(SINGLE).cloned().collect()
    }

    /// How many pages of users there are, as far as that is known.
    fn pages_of_users(
        &self,
        users: Users,
        few: Option<usize>,
        scope: &UserScope,
        everyone: &[&Group],
    ) -> cost::Pages {
        let known = match (users, scope) {
            // One page tells that they are more than few.
            (Users::OfMembers(None), _) => return cost::Pages::exactly(few.is_some().into()),
            (Users::ChangedSince(_) | Users::OfMembers(Some(_)), _) => {
                return cost::Pages::at_least(1);
            }
            (Users::All, UserScope::All) => everyone.iter().find_map(|group| count(group)),
            (Users::All, _) => None,
        };
        match known {
            Some(users) => cost::Pages::exactly(users.div_ceil(PAGE_OF_USERS).max(1)),
            None => cost::Pages::at_least(1),
        }
    }
}

/// Whether a group has everybody: Okta makes it so, and nobody can change it or give its name to another built-in one.
#[must_use]
pub(crate) fn is_everyone(group: &Group) -> bool {
    group.kind == GroupType::BuiltIn && group.profile.name() == Some("Everyone")
}

impl ReadPlan {
    /// Whether everything is read.
    #[must_use]
    pub(crate) const fn is_whole(&self) -> bool {
        self.why.is_whole()
    }

    /// Whether users who are asked for by id are asked for their groups as well: where only members are wanted, somebody may
    /// have gone from one group to another whose stamp is late.
    #[must_use]
    pub(crate) fn with_groups(&self) -> bool {
        self.scope.users == UserScope::Members
    }

    /// Requests by the endpoint whose limit they count against, where there are at least so many users.
    #[must_use]
    pub(crate) fn by_endpoint(&self, users: u64) -> BTreeMap<&'static str, u64> {
        let of_users = match self.users {
            Users::All => users.div_ceil(PAGE_OF_USERS).max(self.cost.users.least),
            Users::ChangedSince(_) | Users::OfMembers(_) => self.cost.users.least,
        };
        BTreeMap::from([
            ("/api/v1/groups", self.cost.members),
            ("/api/v1/users", of_users),
            ("/api/v1/users/{id}", self.cost.single),
        ])
    }
}

impl fmt::Display for ReadPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            why,
            users,
            members,
            kept,
            cost,
            ..
        } = self;
        let groups = members.len() + kept;
        write!(f, "{why}: members of {} of {groups} groups", members.len())?;
        match users {
            Users::All => f.write_str(", all users")?,
            Users::ChangedSince(since) => write!(f, ", users changed since {since}")?,
            Users::OfMembers(None) => f.write_str(", users as members")?,
            Users::OfMembers(Some(since)) => {
                write!(f, ", users as members and those changed since {since}")?;
            }
        }
        if !self.derived.is_empty() {
            f.write_str(", `Everyone` not read")?;
        }
        if let Some(few) = self.few {
            write!(f, ", or the groups of each user if there are {few} at most")?;
        }
        write!(f, ": {cost}")
    }
}

#[cfg(test)]
mod tests;
