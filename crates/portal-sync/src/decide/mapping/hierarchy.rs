//! Which group is part of which.

use std::collections::{BTreeMap, HashMap};

use okta_api::{Group, GroupId};
use okta_auth::visible::visible;

use super::describe::value;
use crate::decide::rules::Hierarchy;
use crate::read::records::GroupRecord;
use crate::text::is_blank;

/// What groups say of the ones they are part of.
#[derive(Debug, Default)]
pub(super) struct Parents {
    /// The parent of each group that has one. Two groups may be each other's: nobody has looked yet.
    pub(super) of: BTreeMap<GroupId, GroupId>,
    /// What the operator should know.
    pub(super) notices: Vec<String>,
}

/// Reads the parents of groups, and of those that are made of several, which are known by their names.
pub(super) fn parents<'g>(
    groups: &'g BTreeMap<GroupId, Group>,
    wholes: &'g [(&str, GroupId)],
    rule: &Hierarchy,
) -> Parents {
    let known_by = |group: &Group| match rule {
        Hierarchy::ByAttribute { key, .. } => value(key, &GroupRecord(group)),
        Hierarchy::ByName { .. } => {
            let name = group.profile.name().filter(|name| !is_blank(name));
            name.map(str::to_owned)
        }
    };
    let mut keys: HashMap<String, &GroupId> = HashMap::with_capacity(groups.len());
    let mut found = Parents::default();
    let mut twice = Few::default();
    // By id, so that the smallest one keeps a key whatever the order of pages.
    for (id, group) in groups {
        let Some(key) = known_by(group) else { continue };
        match keys.get(&key) {
            Some(_) => twice.add(&key),
            None => drop(keys.insert(key, id)),
        }
    }
    for (name, id) in wholes {
        keys.entry((*name).to_owned()).or_insert(id);
    }
    let mut lost = Few::default();
    for (id, group) in groups {
        let parent = match rule {
            Hierarchy::ByAttribute { parent, .. } => {
                let Some(key) = value(parent, &GroupRecord(group)) else {
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
        if let Some(parent) = parent.filter(|parent| **parent != id) {
            found.of.insert(id.clone(), (*parent).clone());
        }
    }
    if let Hierarchy::ByName { separator } = rule {
        for (name, id) in wholes {
            if let Some(parent) = nearest(name, separator, &keys) {
                found.of.insert(id.clone(), (*parent).clone());
            }
        }
    }
    found.notices.extend(twice.told("several groups are known by the same key of the hierarchy, and the one with the smallest id is taken"));
    found
        .notices
        .extend(lost.told("groups name a parent that is not there, and are at the top"));
    found
}

/// The group whose name is the longest beginning of a name, up to a separator.
fn nearest<'k, 'g>(
    name: &str,
    separator: &str,
    keys: &'k HashMap<String, &'g GroupId>,
) -> Option<&'k &'g GroupId> {
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
            self.examples
                .push(format!("`{}`", visible(example).at_most(LONGEST)));
        }
    }

    fn told(&self, what: &str) -> Option<String> {
        (self.count > 0).then(|| {
            format!(
                "{what}: {} in all, such as {}",
                self.count,
                self.examples.join(", ")
            )
        })
    }
}

/// The nearest group above each group that is in the roster: one that is left out, such as an empty one, is passed over.
#[derive(Debug)]
pub(super) struct Nearest<'a>(HashMap<&'a GroupId, Option<&'a GroupId>>);

impl<'a> Nearest<'a> {
    pub(super) fn new<T>(
        parents: &'a BTreeMap<GroupId, GroupId>,
        groups: &BTreeMap<GroupId, T>,
    ) -> Self {
        let mut nearest: HashMap<&GroupId, Option<&GroupId>> = HashMap::new();
        let mut path = Vec::new();
        for start in parents.keys() {
            let mut at = start;
            // Whatever is on the path already leads in a circle past groups that are left out: to nothing.
            let found = loop {
                if let Some(found) = nearest.get(at) {
                    break *found;
                }
                nearest.insert(at, None);
                path.push(at);
                match parents.get(at) {
                    Some(parent) if groups.contains_key(parent) => break Some(parent),
                    Some(parent) => at = parent,
                    None => break None,
                }
            };
            for at in path.drain(..) {
                nearest.insert(at, found);
            }
        }
        Self(nearest)
    }

    pub(super) fn of(&self, group: &GroupId) -> Option<&'a GroupId> {
        self.0.get(group).copied().flatten()
    }
}

/// Takes the parents away from groups that are their own ancestors, and returns which ones they were.
pub(super) fn break_cycles(parents: &mut [Option<u32>]) -> Vec<u32> {
    // 0: not looked at, 1: on the way up from the group that is looked at, 2: done.
    let mut seen = vec![0_u8; parents.len()];
    let mut broken = Vec::new();
    for start in 0..parents.len() {
        let mut path: Vec<u32> = Vec::new();
        let mut next = u32::try_from(start).ok();
        while let Some(at) = next {
            match seen.get_mut(at as usize) {
                Some(state @ 0) => {
                    *state = 1;
                    path.push(at);
                    next = parents.get(at as usize).copied().flatten();
                }
                Some(1) => {
                    // The path came back to itself: from here on it is the circle.
                    let circle = path.iter().skip_while(|step| **step != at);
                    broken.extend(circle.copied());
                    break;
                }
                _ => break,
            }
        }
        for step in path {
            if let Some(state) = seen.get_mut(step as usize) {
                *state = 2;
            }
        }
    }
    broken.sort_unstable();
    for &at in &broken {
        if let Some(parent) = parents.get_mut(at as usize) {
            *parent = None;
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::break_cycles;

    #[test]
    fn circles_are_broken_and_nothing_else() {
        for (before, broken, after) in [
            (vec![], vec![], vec![]),
            (
                vec![None, Some(0), Some(1)],
                vec![],
                vec![None, Some(0), Some(1)],
            ),
            (vec![Some(0)], vec![0], vec![None]),
            (
                vec![Some(1), Some(2), Some(0), Some(2), Some(3)],
                vec![0, 1, 2],
                vec![None, None, None, Some(2), Some(3)],
            ),
            (
                vec![Some(1), Some(0), Some(3), Some(2), None],
                vec![0, 1, 2, 3],
                vec![None, None, None, None, None],
            ),
        ] {
            let mut parents = before.clone();
            assert_eq!(break_cycles(&mut parents), broken, "{before:?}");
            assert_eq!(parents, after, "{before:?}");
        }
    }
}
