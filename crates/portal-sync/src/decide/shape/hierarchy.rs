//! Which group is part of which.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use okta_api::{Group, GroupId};
use okta_auth::visible::visible;

use crate::decide::rules::Hierarchy;
use crate::held::notice::MappingNotice;
use crate::held::object::GroupKey;
use crate::text::is_blank;

/// What groups say of the ones they are part of.
#[derive(Debug, Default)]
pub(super) struct Parents {
    /// The parent of each group that has one. Two groups may be each other's: nobody has looked yet.
    pub(super) of: BTreeMap<GroupKey, GroupKey>,
    /// What the operator should know.
    pub(super) notices: Vec<MappingNotice>,
}

/// Reads the parents of groups, and of those that are made of several, which are known by their names.
pub(super) fn parents(
    groups: &BTreeMap<GroupId, Group>,
    wholes: &[(&str, GroupKey)],
    rule: &Hierarchy,
) -> Parents {
    let mut keys: HashMap<String, GroupKey> = HashMap::with_capacity(groups.len());
    let mut found = Parents::default();
    let mut twice = Few::default();
    // By id, so that the smallest one keeps a key whatever the order of pages.
    for (id, group) in groups {
        let Some(key) = known_by(group, rule) else {
            continue;
        };
        match keys.get(&key) {
            Some(_) => twice.add(&key),
            None => drop(keys.insert(key, id.clone().into())),
        }
    }
    for (name, whole) in wholes {
        keys.entry((*name).to_owned())
            .or_insert_with(|| whole.clone());
    }
    let mut lost = Few::default();
    for (id, group) in groups {
        let parent = match rule {
            Hierarchy::ByAttribute { parent, .. } => {
                let Some(key) = parent.value(group) else {
                    continue;
                };
                let parent = keys.get(&key);
                if parent.is_none() {
                    lost.add(&key);
                }
                parent
            }
            Hierarchy::ByName { separator } => {
                let name = group.profile.name().unwrap_or_default();
                nearest(name, separator, &keys)
            }
        };
        // Whoever names itself is at the top.
        if let Some(parent) = parent.filter(|parent| parent.okta() != Some(id)) {
            found.of.insert(id.clone().into(), parent.clone());
        }
    }
    if let Hierarchy::ByName { separator } = rule {
        for (name, whole) in wholes {
            if let Some(parent) = nearest(name, separator, &keys) {
                found.of.insert(whole.clone(), parent.clone());
            }
        }
    }
    let twice = twice.told();
    let twice =
        twice.map(|(groups, examples)| MappingNotice::HierarchyKeyShared { groups, examples });
    let lost = lost.told();
    let lost = lost.map(|(groups, examples)| MappingNotice::ParentMissing { groups, examples });
    found.notices.extend(twice.into_iter().chain(lost));
    found
}

/// What a group is known by to the groups below it.
fn known_by(group: &Group, rule: &Hierarchy) -> Option<String> {
    match rule {
        Hierarchy::ByAttribute { key, .. } => key.value(group),
        Hierarchy::ByName { .. } => {
            let name = group.profile.name().filter(|name| !is_blank(name));
            name.map(str::to_owned)
        }
    }
}

/// The parents when groups were made one: what a part is part of, the whole is, and who was below a part is below it.
pub(super) fn across_merges(
    parents: &BTreeMap<GroupKey, GroupKey>,
    merged: &BTreeMap<GroupKey, BTreeSet<GroupId>>,
) -> BTreeMap<GroupKey, GroupKey> {
    let whole: BTreeMap<&GroupId, &GroupKey> = merged
        .iter()
        .flat_map(|(whole, parts)| parts.iter().map(move |part| (part, whole)))
        .collect();
    let of = |key: &'_ GroupKey| -> GroupKey {
        let whole = key.okta().and_then(|id| whole.get(id).copied());
        whole.unwrap_or(key).clone()
    };
    let mut across = BTreeMap::new();
    // What a whole says of itself comes first. Of several parents that parts have, the one of the smallest part counts.
    let (parts, wholes): (Vec<_>, Vec<_>) = parents
        .iter()
        .partition(|(child, _)| child.okta().is_some());
    for (child, parent) in wholes.into_iter().chain(parts) {
        let (child, parent) = (of(child), of(parent));
        if child != parent {
            across.entry(child).or_insert(parent);
        }
    }
    across
}

/// The group whose name is the longest beginning of a name, up to a separator.
fn nearest<'k>(
    name: &str,
    separator: &str,
    keys: &'k HashMap<String, GroupKey>,
) -> Option<&'k GroupKey> {
    let above = std::iter::successors(name.rsplit_once(separator), |(above, _)| {
        above.rsplit_once(separator)
    });
    above
        .map(|(above, _)| above)
        .find_map(|above| keys.get(above))
}

/// A few examples of many.
#[derive(Debug, Default)]
struct Few {
    examples: Vec<String>,
    count: usize,
}

impl Few {
    fn add(&mut self, example: &str) {
        const SHOWN: usize = 3;
        const LONGEST: usize = 200;
        self.count += 1;
        if self.examples.len() < SHOWN {
            let example = visible(example).at_most(LONGEST);
            self.examples.push(example.to_string());
        }
    }

    /// How many there are, if any, and the examples.
    fn told(self) -> Option<(usize, Vec<String>)> {
        (self.count > 0).then_some((self.count, self.examples))
    }
}
