//! What the mapping makes of an org: groups made one, a root, parents, and records that cannot be named.
//!
//! ```text
//! Org (what Okta said) ─► Shaped ─► Roster (who belongs) ─► Mapped (names, relations) ─► Plan
//! ```
//!
//! The org stays whole. What is made of it borrows from it and holds what is different only: an org of a hundred thousand
//! people is not copied to take two records out of it.

use std::collections::{BTreeMap, BTreeSet};

use okta_api::{Group, GroupId, User, UserId};
use okta_auth::visible::message;

use crate::decide::rules::{MappingRules, Merge, Root};
use crate::held::notice::MappingNotice;
use crate::held::object::{GroupKey, Kind};
use crate::held::org::{Members, Org};
use crate::held::quarantine::Quarantine;
use crate::held::state::State;
use crate::read::records::choose;
use crate::text::template::Missing;

// Leaf first: a module uses only modules listed above it.
mod hierarchy;
mod merge;
mod places;

pub(crate) use merge::Whole;

use hierarchy::{across_merges, parents};
use merge::{Fate, Outcome, Part, Place, one_of, outcome};
use places::Places;

pub(crate) use crate::held::state::OKTA_MERGED;

/// What nobody is a member of.
static NOBODY: BTreeSet<UserId> = BTreeSet::new();

/// An org as the mapping sees it.
#[derive(Debug)]
pub(crate) struct Shaped<'a> {
    /// What Okta said.
    pub org: &'a Org,
    /// User records that could not be decoded or named, or that may be of whoever is not listed: the reason by Okta id.
    pub malformed_users: BTreeMap<UserId, Quarantine>,
    /// Group records that could not be decoded, or that may be of whatever is not listed: the reason by Okta id.
    pub malformed_groups: BTreeMap<GroupId, Quarantine>,
    /// Groups that are wanted and that no entity can be made of: the reason.
    pub unmapped_groups: BTreeMap<GroupKey, Quarantine>,
    /// The groups that the configuration makes of several, and the groups of Okta's that each takes the place of.
    pub merged: BTreeMap<GroupKey, BTreeSet<GroupId>>,
    /// The group that each group is part of, as the groups themselves say by the rule of the configuration.
    pub parents: BTreeMap<GroupKey, GroupKey>,
    /// What the operator should know.
    pub notices: Vec<MappingNotice>,
    root: Option<&'a Root>,
    wholes: BTreeMap<GroupKey, Whole>,
    /// The parts of [`Shaped::merged`].
    joined: BTreeSet<GroupId>,
    /// Groups that wait for a whole, with no members that are known.
    waiting: BTreeMap<GroupId, Members>,
    /// The users that have no name, who are among [`Shaped::malformed_users`].
    unnamed: BTreeSet<&'a UserId>,
}

/// A group of the catalog to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ShapedGroup<'a> {
    /// A group of Okta's.
    Okta(&'a Group),
    /// A group made of several.
    Merged(&'a Whole),
    /// The group that all others are part of.
    Root(&'a Root),
}

impl<'a> ShapedGroup<'a> {
    /// The record that templates and rules read; the root has none.
    #[must_use]
    pub(crate) const fn record(self) -> Option<&'a Group> {
        match self {
            Self::Okta(group) => Some(group),
            Self::Merged(whole) => Some(&whole.record),
            Self::Root(_) => None,
        }
    }
}

impl MappingRules {
    /// What these rules make of an org over what the catalog holds: groups are made one, records are set aside that cannot be
    /// named, and it is noted which group is part of which.
    #[must_use]
    pub(crate) fn shape<'a>(&'a self, org: &'a Org, catalog: &State) -> Shaped<'a> {
        let places = Places::of(catalog);
        let mut shaped = Shaped::new(org, self.groups.root.as_ref());
        let parents = self.parents(&mut shaped);
        shaped.doubt_absences(catalog, &places);
        let merges = &self.groups.merge;
        for (at, merge) in merges.iter().enumerate() {
            let earlier = merges.get(..at).unwrap_or_default();
            // A group that an earlier one asks for waits for that one, if it must.
            let asked = asked_for(merge, earlier, org);
            self.merge(merge, &asked, &mut shaped, &places);
        }
        if let Some(parents) = parents {
            shaped.parents = across_merges(&parents, &shaped.merged);
        }
        self.set_aside(&mut shaped);
        shaped.keep_wholes(&places);
        shaped
    }

    /// What the groups say before any of them are made one.
    fn parents(&self, shaped: &mut Shaped<'_>) -> Option<BTreeMap<GroupKey, GroupKey>> {
        let rule = self.groups.hierarchy.as_ref()?;
        let merges = self.groups.merge.iter();
        let wholes: Vec<(&str, GroupKey)> = merges
            .map(|merge| (merge.name.as_str(), merge.key()))
            .collect();
        let found = parents(&shaped.org.groups, &wholes, rule);
        shaped.notices.extend(found.notices);
        Some(found.of)
    }

    /// Makes one group of several.
    fn merge(
        &self,
        merge: &Merge,
        asked: &BTreeMap<&GroupId, &Group>,
        shaped: &mut Shaped<'_>,
        places: &Places<'_>,
    ) {
        let key = merge.key();
        if asked.is_empty() {
            shaped.notices.push(MappingNotice::MergeOfNothing {
                name: merge.name.clone(),
            });
        }
        let candidates = asked.keys().copied().chain(places.parts(&key));
        let parts: BTreeMap<&GroupId, Part> = candidates
            .map(|id| {
                let is_asked = asked.contains_key(id);
                (id, shaped.part(id, is_asked, &key, places))
            })
            .collect();
        let Outcome {
            mut fate,
            mut parts,
            hidden,
            waiting,
        } = outcome(&parts);
        for id in waiting {
            let reason = format!("it waits for `{}`, which it is to be a part of", merge.name);
            shaped.waiting.insert(id.clone(), Members::Unknown(reason));
        }
        let records = parts.iter().filter_map(|id| asked.get(id).copied());
        let record = one_of(&key, merge, &records.collect::<Vec<_>>());
        let is_made = matches!(fate, Fate::Made | Fate::KeepsMembers(_));
        if let (true, Err(missing)) = (is_made, self.name_of_group(&record)) {
            // With the parts that it had; without it, they stay apart.
            parts.retain(|id| places.has_in(&key, id));
            fate = Fate::Stays(no_name("groupName", &missing));
        }
        let all = parts.iter().chain(&hidden).map(|id| (*id).clone());
        let whole = |members| Whole {
            record,
            parts: all.collect(),
            members,
        };
        match fate {
            Fate::Nothing => {}
            Fate::Made => shaped.add(&key, whole(shaped.members_of_all(&parts))),
            Fate::KeepsMembers(reason) => {
                shaped.add(&key, whole(Members::Unknown(reason.to_string())));
            }
            Fate::Stays(reason) => drop(shaped.unmapped_groups.insert(key.clone(), reason)),
        }
        shaped.join(key, parts.into_iter().cloned().collect());
    }

    /// Takes out the records whose name a template cannot make.
    fn set_aside(&self, shaped: &mut Shaped<'_>) {
        if self.naming_can_fail(Kind::User) {
            for (id, user) in &shaped.org.users {
                if let Err(missing) = self.name_of_user(user) {
                    let reason = no_name("userName", &missing);
                    shaped.malformed_users.insert(id.clone(), reason);
                    shaped.unnamed.insert(id);
                }
            }
        }
        if self.naming_can_fail(Kind::Group) {
            let groups = shaped.groups();
            let bad: Vec<(GroupKey, Quarantine)> = groups
                .filter_map(|(key, group)| {
                    let missing = self.name_of_group(group.record()?).err()?;
                    Some((key, no_name("groupName", &missing)))
                })
                .collect();
            shaped.unmapped_groups.extend(bad);
        }
    }
}

impl<'a> Shaped<'a> {
    /// The org as it is.
    pub(super) fn new(org: &'a Org, root: Option<&'a Root>) -> Self {
        Self {
            org,
            malformed_users: malformed(&org.malformed_users),
            malformed_groups: malformed(&org.malformed_groups),
            unmapped_groups: BTreeMap::new(),
            merged: BTreeMap::new(),
            parents: BTreeMap::new(),
            notices: Vec::new(),
            root,
            wholes: BTreeMap::new(),
            joined: BTreeSet::new(),
            waiting: BTreeMap::new(),
            unnamed: BTreeSet::new(),
        }
    }

    /// The users who are listed and can be named, by Okta id.
    pub(crate) fn users(&self) -> impl Iterator<Item = (&'a UserId, &'a User)> {
        let listed = self.org.users.iter();
        listed
            .filter(|(id, _)| !self.unnamed.contains(id))
            .map(|(id, user)| (id, user.as_ref()))
    }

    /// Whether a user is one of [`Shaped::users`].
    #[must_use]
    pub(crate) fn has_user(&self, id: &UserId) -> bool {
        self.org.users.contains_key(id) && !self.unnamed.contains(id)
    }

    /// The groups that there are, by their keys.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (GroupKey, ShapedGroup<'_>)> {
        let apart = self.org.groups.iter();
        let apart = apart
            .filter(|(id, _)| !self.joined.contains(id))
            .map(|(id, group)| (id.clone().into(), ShapedGroup::Okta(group)));
        let wholes = self.wholes.iter();
        let wholes = wholes.map(|(key, whole)| (key.clone(), ShapedGroup::Merged(whole)));
        let root = self.root.into_iter();
        let root = root.map(|root| (GroupKey::Root, ShapedGroup::Root(root)));
        let all = apart.chain(wholes).chain(root);
        all.filter(|(key, _)| !self.unmapped_groups.contains_key(key))
    }

    /// One of [`Shaped::groups`].
    #[must_use]
    pub(crate) fn group(&self, key: &GroupKey) -> Option<ShapedGroup<'_>> {
        if self.unmapped_groups.contains_key(key) {
            return None;
        }
        match key {
            GroupKey::Okta(id) if self.joined.contains(id) => None,
            GroupKey::Okta(id) => self.org.groups.get(id).map(ShapedGroup::Okta),
            GroupKey::Merged(_) => self.wholes.get(key).map(ShapedGroup::Merged),
            GroupKey::Root => self.root.map(ShapedGroup::Root),
        }
    }

    /// The members of a group.
    ///
    /// # Errors
    /// When nobody can say who they are: the reason.
    pub(crate) fn members<'s>(
        &'s self,
        group: ShapedGroup<'s>,
    ) -> Result<&'s BTreeSet<UserId>, &'s str> {
        let members = match group {
            ShapedGroup::Okta(group) => {
                let waits = self.waiting.get(&group.id);
                waits.or_else(|| self.org.members.get(&group.id))
            }
            ShapedGroup::Merged(whole) => Some(&whole.members),
            ShapedGroup::Root(_) => return Ok(&NOBODY),
        };
        match members {
            Some(Members::Known(members)) => Ok(members),
            Some(Members::Unknown(reason)) => Err(reason),
            None => Err("its members were not read"),
        }
    }

    /// Adds a group that is made of several.
    fn add(&mut self, key: &GroupKey, whole: Whole) {
        self.wholes.insert(key.clone(), whole);
    }

    /// Puts a whole in the place of its parts.
    fn join(&mut self, whole: GroupKey, parts: BTreeSet<GroupId>) {
        self.joined.extend(parts.iter().cloned());
        self.merged.insert(whole, parts);
    }

    /// The members of all of these groups together.
    fn members_of_all(&self, groups: &BTreeSet<&GroupId>) -> Members {
        let members = groups.iter().filter_map(|id| self.org.members.get(*id));
        let known = members.filter_map(Members::known).flatten();
        Members::of(known.cloned())
    }

    /// How a group stands to a whole that asks for it, or that it was a part of.
    fn part(&self, id: &GroupId, is_asked: bool, whole: &GroupKey, places: &Places<'_>) -> Part {
        let (was_part, is_apart) = (places.has_in(whole, id), places.has_apart(id));
        let is_inside = is_asked && was_part && !is_apart;
        match self.unread(id) {
            None if !is_asked => Part::Stays,
            None if was_part => Part::Joins(Place::Whole),
            None if places.has(id) => Part::Joins(Place::Elsewhere),
            None => Part::Joins(Place::Nowhere),
            Some(_) if was_part && self.malformed_groups.contains_key(id) => {
                Part::Lost { is_inside }
            }
            // One that is apart as well, because its removal is withheld, is still a part of the whole.
            Some(reason) if was_part && (is_asked || !is_apart) => {
                Part::Unread { reason, is_inside }
            }
            Some(_) => Part::Stays,
        }
    }

    /// Why it cannot be told who is in a group of the org; nothing when it can, or when the group is gone.
    fn unread(&self, id: &GroupId) -> Option<String> {
        let key = id.clone().into();
        let malformed = self.malformed_groups.get(id);
        if let Some(reason) = malformed.or_else(|| self.unmapped_groups.get(&key)) {
            return Some(reason.to_string());
        }
        let reason = self.members(self.group(&key)?).err()?;
        Some(message(reason).into_owned())
    }

    /// Takes those of the catalog whom no record shows for odd records of theirs, where the list has a record that may be
    /// anybody's. Of a list like that nobody's absence follows.
    fn doubt_absences(&mut self, catalog: &State, places: &Places<'_>) {
        let doubt = |reason: &String| Quarantine::UnidentifiedList {
            reason: message(reason).into_owned(),
        };
        if let Some(reason) = self.org.unidentified_user.as_ref().map(doubt) {
            let hidden = catalog.users().keys().filter(|id| !self.org.shows_user(id));
            let doubted = hidden.map(|id| (id.clone(), reason.clone()));
            self.malformed_users.extend(doubted);
        }
        if let Some(reason) = self.org.unidentified_group.as_ref().map(doubt) {
            let hidden = places.all().filter(|id| !self.org.shows_group(id));
            let doubted = hidden.map(|id| (id.clone(), reason.clone()));
            self.malformed_groups.extend(doubted);
        }
    }

    /// Keeps the wholes that nobody asks for any more, while a group that was a part of one cannot be read and is nowhere
    /// else.
    fn keep_wholes(&mut self, places: &Places<'_>) {
        for (whole, parts) in places.wholes() {
            if self.wholes.contains_key(whole) || self.unmapped_groups.contains_key(whole) {
                continue;
            }
            let mut parts = parts.iter().filter(|part| !places.has_apart(part));
            let hidden = parts.find_map(|part| Some((part, self.unread(part)?)));
            if let Some((part, reason)) = hidden {
                let part = part.to_string();
                let reason = Quarantine::UnreadFormerPart { part, reason };
                self.unmapped_groups.insert(whole.clone(), reason);
            }
        }
    }
}

impl Merge {
    /// What the group that is made stands for.
    pub(crate) fn key(&self) -> GroupKey {
        GroupKey::Merged(self.name.as_str().into())
    }
}

/// The groups that a merge asks for and no earlier one does.
fn asked_for<'a>(
    merge: &Merge,
    earlier: &[Merge],
    org: &'a Org,
) -> BTreeMap<&'a GroupId, &'a Group> {
    let asks = |merge: &Merge, group: &Group| {
        let name = [group.profile.name()];
        choose(&merge.groups, group.id.as_str(), &name)
    };
    let is_part = |(_, group): &(&GroupId, &Group)| {
        asks(merge, group) && !earlier.iter().any(|earlier| asks(earlier, group))
    };
    org.groups.iter().filter(is_part).collect()
}

fn malformed<Id: Clone + Ord>(reasons: &BTreeMap<Id, String>) -> BTreeMap<Id, Quarantine> {
    let reasons = reasons.iter();
    reasons
        .map(|(id, reason)| (id.clone(), Quarantine::malformed(reason)))
        .collect()
}

fn no_name(key: &'static str, missing: &Missing) -> Quarantine {
    Quarantine::NoName {
        key: key.into(),
        missing: missing.to_string(),
    }
}
