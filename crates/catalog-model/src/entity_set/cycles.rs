//! Groups that are their own ancestors.

use std::collections::{BTreeMap, BTreeSet};

/// Which groups each group is part of, by position in the set.
///
/// A group may have several parents here, because `children` of other groups count as well.
#[derive(Debug, Default)]
pub(super) struct Parents(BTreeMap<u32, BTreeSet<u32>>);

impl Parents {
    pub(super) fn add(&mut self, child: u32, parent: u32) {
        self.0.entry(child).or_default().insert(parent);
    }

    /// Cycles that have no group in common, such that without them there is none: each from its
    /// lowest group upwards.
    pub(super) fn cycles(mut self) -> Vec<Vec<u32>> {
        let mut found = Vec::new();
        self.prune();
        while let Some(mut cycle) = self.climb() {
            for group in &cycle {
                self.0.remove(group);
            }
            self.prune();
            let lowest = (0..)
                .zip(&cycle)
                .min_by_key(|(_, group)| **group)
                .map_or(0, |(at, _)| at);
            cycle.rotate_left(lowest);
            found.push(cycle);
        }
        found
    }

    /// Forgets groups that lead to no cycle: those without parents, again and again.
    fn prune(&mut self) {
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (&child, parents) in &self.0 {
            for &parent in parents {
                children.entry(parent).or_default().push(child);
            }
        }
        let is_root = |group: &u32| !self.0.contains_key(group);
        let mut roots: Vec<u32> = children.keys().copied().filter(is_root).collect();
        while let Some(root) = roots.pop() {
            for child in children.remove(&root).unwrap_or_default() {
                if let Some(parents) = self.0.get_mut(&child) {
                    parents.remove(&root);
                    if parents.is_empty() {
                        self.0.remove(&child);
                        roots.push(child);
                    }
                }
            }
        }
    }

    /// One cycle. After [`prune`](Self::prune) every group left has a parent left, so climbing
    /// from any of them comes to a group seen before.
    fn climb(&self) -> Option<Vec<u32>> {
        let mut path = Vec::new();
        let mut seen = BTreeMap::new();
        let mut group = *self.0.keys().next()?;
        loop {
            if let Some(&at) = seen.get(&group) {
                return Some(path.split_off(at));
            }
            seen.insert(group, path.len());
            path.push(group);
            group = *self.0.get(&group)?.first()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_found_once_and_from_the_lowest() {
        type Edges = &'static [(u32, u32)];
        type Cycles = &'static [&'static [u32]];
        let table: [(Edges, Cycles); 8] = [
            (&[], &[]),
            (&[(1, 2), (2, 3)], &[]),
            (&[(1, 1)], &[&[1]]),
            (&[(2, 1), (1, 2)], &[&[1, 2]]),
            (&[(3, 1), (1, 2), (2, 3)], &[&[1, 2, 3]]),
            (&[(1, 2), (2, 1), (3, 1), (2, 4)], &[&[1, 2]]),
            (
                &[(1, 2), (2, 1), (5, 6), (6, 5), (6, 1)],
                &[&[1, 2], &[5, 6]],
            ),
            (&[(1, 2), (1, 3), (2, 4), (3, 4)], &[]),
        ];
        for (edges, expected) in table {
            let mut parents = Parents::default();
            for (child, parent) in edges {
                parents.add(*child, *parent);
            }
            assert_eq!(parents.cycles(), expected, "{edges:?}");
        }
    }
}
