//! What a run learned of an org, as the mapping sees it: groups made one, records that cannot be named, parents.

use std::collections::{BTreeMap, BTreeSet};

use catalog_model::Kind;
use okta_api::{Group, GroupId, UserId};
use serde_json::{Map, Value, json};

use super::hierarchy::parents;
use super::{Mapping, OKTA_MERGED};
use crate::config::Merge;
use crate::selection::choose;
use crate::snapshot::{Members, Snapshot, merged_id};
use crate::state::State;

impl Mapping {
    /// Prepares a snapshot for the decision who belongs: sets records aside that the mapping cannot name, makes groups
    /// one that the configuration merges, and notes which group is part of which.
    pub fn shape(&self, snapshot: &mut Snapshot, state: &State) {
        let parents = self.parents(snapshot);
        for merge in &self.rules.groups.merge {
            self.merge(merge, snapshot, state);
        }
        if let Some(parents) = parents {
            snapshot.parents = across_merges(&parents, &snapshot.merged);
        }
        self.set_aside(snapshot);
    }

    /// What the groups say before any of them are made one.
    fn parents(&self, snapshot: &mut Snapshot) -> Option<BTreeMap<GroupId, GroupId>> {
        let rule = self.rules.groups.hierarchy.as_ref()?;
        let merged: Vec<(String, GroupId)> = self
            .rules
            .groups
            .merge
            .iter()
            .map(|merge| (merge.name.clone(), merged_id(&merge.name)))
            .collect();
        let also = merged.iter().map(|(name, id)| (name.clone(), id));
        let found = parents(&snapshot.groups, also, rule);
        snapshot.notices.extend(found.notices);
        Some(found.of)
    }

    fn merge(&self, merge: &Merge, snapshot: &mut Snapshot, state: &State) {
        let wanted = |group: &Group| {
            let name = [group.profile.name()];
            choose(&merge.groups, group.id.as_str(), &name)
        };
        let is_part =
            |(id, group): &(&GroupId, &Group)| wanted(group) && !snapshot.merged.contains_key(*id);
        let parts: BTreeMap<GroupId, Group> = snapshot
            .groups
            .iter()
            .filter(is_part)
            .map(|(id, group)| (id.clone(), group.clone()))
            .collect();
        let id = merged_id(&merge.name);
        let ids = parts.keys().cloned().collect();
        snapshot.merged.insert(id.clone(), ids);
        if parts.is_empty() {
            snapshot.notices.push(format!(
                "mapping.groups.merge makes `{}` of no group: none of those it names is there",
                merge.name
            ));
        }
        let unread = before(&id, state)
            .into_iter()
            .find(|part| snapshot.malformed_groups.contains_key(part));
        if parts.is_empty() && unread.is_none() {
            return;
        }
        let mut all: BTreeSet<UserId> = BTreeSet::new();
        // A part that cannot be read may have anybody in it.
        let mut unknown =
            unread.map(|part| format!("the record of {part}, a part of it, cannot be read"));
        for part in parts.keys() {
            snapshot.groups.remove(part);
            match snapshot.members.remove(part) {
                Some(Members::Known(members)) => all.extend(members),
                Some(Members::Unknown(reason)) => {
                    unknown.get_or_insert_with(|| format!("of {part}, a part of it: {reason}"));
                }
                None => {
                    unknown.get_or_insert_with(|| format!("the members of {part} were not read"));
                }
            }
        }
        let Ok(group) = one_of(&id, merge, &parts) else {
            return;
        };
        snapshot.groups.insert(id.clone(), group);
        let members = unknown.map_or(Members::Known(all), Members::Unknown);
        snapshot.members.insert(id, members);
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
                let reason = format!("`userName` gives it no name: {missing}");
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
                snapshot.groups.remove(&id);
                snapshot.members.remove(&id);
                let reason = format!("`groupName` gives it no name: {missing}");
                snapshot.unnamed_groups.insert(id, reason);
            }
        }
    }
}

/// The groups that a merged group was made of when it was last written.
fn before(id: &GroupId, state: &State) -> Vec<GroupId> {
    let entity = state
        .groups()
        .get(id)
        .and_then(|document| document.entity().ok());
    let parts = entity.and_then(|entity| entity.metadata.annotations.get(OKTA_MERGED).cloned());
    let parts = parts.unwrap_or_default();
    parts.split(',').map(GroupId::from).collect()
}

/// A group as if Okta had it: with the name that the configuration gives it, and every attribute on which all parts agree.
fn one_of(
    id: &GroupId,
    merge: &Merge,
    parts: &BTreeMap<GroupId, Group>,
) -> Result<Group, serde_json::Error> {
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
    let mut group: Group = serde_json::from_value(json!({ "id": id, "profile": profile }))?;
    if let Some(first) = parts.values().next()
        && parts.values().all(|part| part.kind == first.kind)
    {
        group.kind = first.kind.clone();
    }
    Ok(group)
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
    // By id: of several parents that parts have, the one of the smallest part counts.
    for (child, parent) in parents {
        let (child, parent) = (of(child), of(parent));
        if child != parent {
            across
                .entry(child.clone())
                .or_insert_with(|| parent.clone());
        }
    }
    across
}
