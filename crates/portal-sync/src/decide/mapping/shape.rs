//! What a run learned of an org, as the mapping sees it: groups made one, records that cannot be named, parents.

use std::collections::{BTreeMap, BTreeSet};

use catalog_model::Kind;
use okta_api::{Group, GroupId, UserId};
use serde_json::{Map, Value};

use super::Mapping;
use super::hierarchy::parents;
use crate::decide::rules::Merge;
use crate::held::org::{Members, Snapshot, is_merged, merged_id};
use crate::held::state::State;
use crate::read::records::choose;
use crate::text::template::Missing;

/// The groups that each whole in the catalog was made of when it was last written.
type Joined = BTreeMap<GroupId, BTreeSet<GroupId>>;

impl Mapping {
    /// Prepares a snapshot for the decision who belongs: makes groups one that the configuration merges, sets records
    /// aside that the mapping cannot name, and notes which group is part of which.
    pub(crate) fn shape(&self, snapshot: &mut Snapshot, state: &State) {
        let parents = self.parents(snapshot);
        let joined = state.merged();
        let groups = state.groups().keys().filter(|id| !is_merged(id));
        let groups = groups.chain(joined.values().flatten());
        snapshot.doubt_absences(state.users().keys(), groups);
        let merges = &self.rules.groups.merge;
        for (at, merge) in merges.iter().enumerate() {
            let earlier = merges.get(..at).unwrap_or_default();
            // A group that an earlier one wants waits for that one, if it must.
            let parts = parts(merge, earlier, snapshot);
            self.merge(merge, parts, snapshot, state, joined);
        }
        if let Some(parents) = parents {
            snapshot.parents = across_merges(&parents, &snapshot.merged);
        }
        self.set_aside(snapshot);
        keep_wholes(snapshot, state, joined);
    }

    /// What the groups say before any of them are made one.
    fn parents(&self, snapshot: &mut Snapshot) -> Option<BTreeMap<GroupId, GroupId>> {
        let rule = self.rules.groups.hierarchy.as_ref()?;
        let wholes: Vec<(&str, GroupId)> = self
            .rules
            .groups
            .merge
            .iter()
            .map(|merge| (merge.name.as_str(), merged_id(&merge.name)))
            .collect();
        let found = parents(&snapshot.groups, &wholes, rule);
        snapshot.notices.extend(found.notices);
        Some(found.of)
    }

    /// Makes one group of several. Who is in the catalog is in it afterwards, apart or in the whole: while it cannot be told
    /// who is in a part, the part does not join, and nobody joins a whole that keeps the members it had.
    fn merge(
        &self,
        merge: &Merge,
        mut parts: BTreeMap<GroupId, Group>,
        snapshot: &mut Snapshot,
        state: &State,
        joined: &Joined,
    ) {
        const NOTHING: &BTreeSet<GroupId> = &BTreeSet::new();
        let id = merged_id(&merge.name);
        let before = joined.get(&id).unwrap_or(NOTHING);
        if parts.is_empty() {
            snapshot.notices.push(format!(
                "mapping.groups.merge makes `{}` of no group: none of those it names is there",
                merge.name
            ));
        }
        let wanted: BTreeSet<GroupId> = parts.keys().cloned().collect();
        // Who is in a part that cannot be read is known by where the catalog has it: apart, or in the whole.
        let is_inside =
            |part: &GroupId| before.contains(part) && !state.groups().contains_key(part);
        parts.retain(|part, _| is_inside(part) || unread(part, snapshot).is_none());
        let lost = before
            .iter()
            .find(|part| snapshot.malformed_groups.contains_key(part));
        let hidden: BTreeMap<GroupId, String> = before
            .iter()
            // One that is apart as well, because its removal is withheld, is still a part of the whole.
            .filter(|part| !state.groups().contains_key(part) || wanted.contains(*part))
            .filter_map(|part| Some((part.clone(), unread(part, snapshot)?)))
            .collect();
        let unknown = hidden.first_key_value();
        let unknown = unknown.map(|(part, reason)| format!("of {part}, a part of it: {reason}"));
        if lost.is_some() || unknown.is_some() {
            // Who is new waits with the whole: added apart, it would be removed again as soon as that can be read.
            let is_known = |id: &GroupId| {
                state.groups().contains_key(id) || joined.values().any(|it| it.contains(id))
            };
            let reason = format!("it waits for `{}`, which it is to be a part of", merge.name);
            for part in parts.keys().filter(|part| !is_known(part)) {
                let waits = Members::Unknown(reason.clone());
                snapshot.members.insert(part.clone(), waits);
            }
            parts.retain(|part, _| before.contains(part));
        }
        if parts.is_empty() && lost.is_none() {
            // Whoever in it is a hidden part's stays in it until that can be read.
            if let Some(reason) = unknown {
                snapshot.unmapped_groups.insert(id.clone(), reason);
            }
            snapshot.merged.insert(id, BTreeSet::new());
            return;
        }
        let whole = one_of(&id, merge, &parts);
        let whole = match (lost, self.group_wish(&whole)) {
            (Some(part), _) => Err(format!(
                "the record of {part}, a part of it, cannot be read"
            )),
            (None, Err(missing)) => Err(no_name("groupName", &missing)),
            (None, Ok(_)) => Ok(whole),
        };
        match whole {
            Ok(whole) => {
                let mut all: BTreeSet<UserId> = BTreeSet::new();
                for part in parts.keys() {
                    snapshot.groups.remove(part);
                    if let Some(Members::Known(members)) = snapshot.members.remove(part) {
                        all.extend(members);
                    }
                }
                snapshot.groups.insert(id.clone(), whole);
                let members = unknown.map_or(Members::Known(all), Members::Unknown);
                snapshot.members.insert(id.clone(), members);
                let hidden = hidden.into_keys().filter(|part| !parts.contains_key(part));
                snapshot.hidden_parts.insert(id.clone(), hidden.collect());
            }
            Err(reason) => {
                // It stays as it was, with the parts that it had; without it, they stay apart.
                parts.retain(|part, _| before.contains(part));
                for part in parts.keys() {
                    snapshot.groups.remove(part);
                    snapshot.members.remove(part);
                }
                snapshot.unmapped_groups.insert(id.clone(), reason);
            }
        }
        let parts = parts.into_keys().collect();
        snapshot.merged.insert(id, parts);
    }

    /// Takes out the records whose name a template cannot make.
    fn set_aside(&self, snapshot: &mut Snapshot) {
        if self.naming_can_fail(Kind::User) {
            let bad: Vec<_> = snapshot
                .users
                .iter()
                .filter_map(|(id, user)| Some((id.clone(), self.user_wish(user).err()?)))
                .collect();
            for (id, missing) in bad {
                snapshot.users.remove(&id);
                let reason = no_name("userName", &missing);
                snapshot.malformed_users.insert(id, reason);
            }
        }
        if self.naming_can_fail(Kind::Group) {
            let bad: Vec<_> = snapshot
                .groups
                .iter()
                .filter_map(|(id, group)| Some((id.clone(), self.group_wish(group).err()?)))
                .collect();
            for (id, missing) in bad {
                // Whoever is in it was seen alive all the same: its members stay.
                snapshot.groups.remove(&id);
                let reason = no_name("groupName", &missing);
                snapshot.unmapped_groups.insert(id, reason);
            }
        }
    }
}

/// The groups that a merge wants and no earlier one does.
fn parts(merge: &Merge, earlier: &[Merge], snapshot: &Snapshot) -> BTreeMap<GroupId, Group> {
    let wants = |merge: &Merge, group: &Group| {
        let name = [group.profile.name()];
        choose(&merge.groups, group.id.as_str(), &name)
    };
    let is_part = |(id, group): &(&GroupId, &Group)| {
        !is_merged(id)
            && wants(merge, group)
            && !earlier.iter().any(|earlier| wants(earlier, group))
    };
    let parts = snapshot.groups.iter().filter(is_part);
    parts
        .map(|(id, group)| (id.clone(), group.clone()))
        .collect()
}

fn no_name(key: &str, missing: &Missing) -> String {
    format!("`{key}` gives it no name: {missing}")
}

/// Why it cannot be told who is in a group of the org; nothing when it can, or when the group is gone.
fn unread(id: &GroupId, snapshot: &Snapshot) -> Option<String> {
    if let Some(reason) = snapshot.malformed_groups.get(id) {
        return Some(reason.clone());
    }
    if let Some(reason) = snapshot.unmapped_groups.get(id) {
        return Some(reason.clone());
    }
    snapshot.groups.get(id)?;
    match snapshot.members.get(id) {
        Some(Members::Known(_)) => None,
        Some(Members::Unknown(reason)) => Some(reason.clone()),
        None => Some("its members were not read".to_owned()),
    }
}

/// Keeps the wholes that nobody asks for any more, while a group that was a part of one cannot be read and is nowhere else.
fn keep_wholes(snapshot: &mut Snapshot, state: &State, joined: &Joined) {
    for (whole, parts) in joined {
        let is_there =
            snapshot.groups.contains_key(whole) || snapshot.unmapped_groups.contains_key(whole);
        let mut parts = parts
            .iter()
            .filter(|part| !is_there && !state.groups().contains_key(*part));
        let hidden = parts.find_map(|part| Some((part, unread(part, snapshot)?)));
        if let Some((part, reason)) = hidden {
            let reason = format!("{part}, which was a part of it, cannot be read: {reason}");
            snapshot.unmapped_groups.insert(whole.clone(), reason);
        }
    }
}

/// A group as if Okta had it: with the name that the configuration gives it, and every attribute on which all parts agree.
fn one_of(id: &GroupId, merge: &Merge, parts: &BTreeMap<GroupId, Group>) -> Group {
    let mut profile: Map<String, Value> = Map::new();
    if let Some(first) = parts.values().next() {
        for (name, value) in first.profile.iter() {
            if parts
                .values()
                .all(|part| part.profile.get(name) == Some(value))
            {
                profile.insert(name.to_owned(), value.clone());
            }
        }
    }
    profile.insert("name".to_owned(), merge.name.as_str().into());
    if let Some(description) = &merge.description {
        profile.insert("description".to_owned(), description.as_str().into());
    }
    let mut group = Group::new(id.clone());
    group.profile = profile.into();
    if let Some(first) = parts.values().next()
        && parts.values().all(|part| part.kind == first.kind)
    {
        group.kind = first.kind.clone();
    }
    group
}

/// The parents when groups were made one: what a part is part of, the whole is, and who was below a part is below it.
fn across_merges(
    parents: &BTreeMap<GroupId, GroupId>,
    merged: &BTreeMap<GroupId, BTreeSet<GroupId>>,
) -> BTreeMap<GroupId, GroupId> {
    let whole: BTreeMap<&GroupId, &GroupId> = merged
        .iter()
        .flat_map(|(whole, parts)| parts.iter().map(move |part| (part, whole)))
        .collect();
    let of = |id| whole.get(id).copied().unwrap_or(id);
    let mut across = BTreeMap::new();
    // What a whole says of itself comes first. Of several parents that parts have, the one of the smallest part counts.
    let (wholes, parts): (Vec<_>, Vec<_>) = parents.iter().partition(|(child, _)| is_merged(child));
    for (child, parent) in wholes.into_iter().chain(parts) {
        let (child, parent) = (of(child), of(parent));
        if child != parent {
            across
                .entry(child.clone())
                .or_insert_with(|| parent.clone());
        }
    }
    across
}
