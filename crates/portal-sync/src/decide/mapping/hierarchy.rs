//! Which group is part of which, of those that are in the roster.

use std::collections::{BTreeMap, HashMap};

use crate::held::object::GroupKey;

/// The nearest group above each group that is in the roster: one that is left out, such as an empty one, is passed over.
#[derive(Debug)]
pub(super) struct Nearest<'a>(HashMap<&'a GroupKey, Option<&'a GroupKey>>);

impl<'a> Nearest<'a> {
    pub(super) fn new<T>(
        parents: &'a BTreeMap<GroupKey, GroupKey>,
        groups: &BTreeMap<GroupKey, T>,
    ) -> Self {
        let mut nearest: HashMap<&GroupKey, Option<&GroupKey>> = HashMap::new();
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

    pub(super) fn of(&self, group: &GroupKey) -> Option<&'a GroupKey> {
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
