//! The relations of a generation, by position.

use catalog_model::RelationType;

use super::texts::{index, number};

/// Where the type of a relation is in an edge, above its target.
const TYPE: u32 = 30;

/// What each entity relates to: the entity at position `i` has `edges[starts[i]..starts[i + 1]]`, sorted by type and target.
#[derive(Debug, Default)]
pub(super) struct Relations {
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Relations {
    /// Both ends of each of these, once, among so many entities.
    pub(super) fn of(
        entities: usize,
        stated: impl Iterator<Item = (u32, RelationType, u32)>,
    ) -> Self {
        let edge = |from: u32, of: RelationType, to: u32| {
            u64::from(from) << 32 | u64::from(code(of) << TYPE | to)
        };
        let mut all: Vec<u64> = stated
            .flat_map(|(from, of, to)| [edge(from, of, to), edge(to, of.inverse(), from)])
            .collect();
        all.sort_unstable();
        all.dedup();
        let mut starts = vec![0; entities + 1];
        for edge in &all {
            if let Some(end) = starts.get_mut(index(upper(*edge)) + 1) {
                *end += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let edges = all.into_iter().map(lower).collect();
        Self { starts, edges }
    }

    /// The relations of the entity at this position, sorted by type, then by target.
    pub(super) fn get(&self, position: u32) -> impl Iterator<Item = (RelationType, u32)> {
        let bound = |at: u32| self.starts.get(index(at)).map_or(0, |start| index(*start));
        let edges = self.edges.get(bound(position)..bound(position + 1));
        edges.unwrap_or_default().iter().filter_map(|edge| {
            let of = TYPES.get(index(edge >> TYPE))?;
            Some((*of, edge & ((1 << TYPE) - 1)))
        })
    }
}

/// In the order of their names.
const TYPES: [RelationType; 4] = [
    RelationType::ChildOf,
    RelationType::HasMember,
    RelationType::MemberOf,
    RelationType::ParentOf,
];

fn code(of: RelationType) -> u32 {
    number(TYPES.iter().position(|one| *one == of).unwrap_or_default())
}

const fn upper(edge: u64) -> u32 {
    let [a, b, c, d, ..] = edge.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

const fn lower(edge: u64) -> u32 {
    let [.., a, b, c, d] = edge.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use RelationType::{ChildOf, HasMember, MemberOf, ParentOf};

    #[test]
    fn each_relation_has_two_ends_whoever_states_it() {
        let stated = [
            (2, MemberOf, 0),
            (0, HasMember, 2),
            (0, ParentOf, 1),
            (2, MemberOf, 1),
        ];
        let relations = Relations::of(4, stated.into_iter());
        let of = |position| relations.get(position).collect::<Vec<_>>();
        assert_eq!(of(0), [(HasMember, 2), (ParentOf, 1)]);
        assert_eq!(of(1), [(ChildOf, 0), (HasMember, 2)]);
        assert_eq!(of(2), [(MemberOf, 0), (MemberOf, 1)]);
        assert_eq!(of(3), []);
        assert_eq!(of(4), []);
    }

    #[test]
    fn an_entity_may_be_its_own_parent() {
        let relations = Relations::of(1, [(0, ChildOf, 0)].into_iter());
        let all: Vec<_> = relations.get(0).collect();
        assert_eq!(all, [(ChildOf, 0), (ParentOf, 0)]);
    }
}
