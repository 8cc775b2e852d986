//! Relations: what specs say about other entities, seen from both ends.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::entity_ref::EntityRef;
use crate::reference::RefField;

/// How one entity relates to another. The order is that of the names, as in Backstage's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RelationType {
    /// A group is part of the target.
    ChildOf,
    /// The target is directly in the group.
    HasMember,
    /// A user is directly in the target.
    MemberOf,
    /// The target is part of the group.
    ParentOf,
}

impl RelationType {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChildOf => "childOf",
            Self::HasMember => "hasMember",
            Self::MemberOf => "memberOf",
            Self::ParentOf => "parentOf",
        }
    }

    /// The same relation seen from its target.
    #[must_use]
    pub const fn inverse(self) -> Self {
        match self {
            Self::ChildOf => Self::ParentOf,
            Self::HasMember => Self::MemberOf,
            Self::MemberOf => Self::HasMember,
            Self::ParentOf => Self::ChildOf,
        }
    }

    /// What a ref in this field says, from the entity that has the field.
    ///
    /// Source: Backstage, `BuiltinKindsEntityProcessor`.
    #[must_use]
    pub const fn of(field: RefField) -> Self {
        match field {
            RefField::MemberOf => Self::MemberOf,
            RefField::Parent => Self::ChildOf,
            RefField::Children => Self::ParentOf,
            RefField::Members => Self::HasMember,
        }
    }
}

impl fmt::Display for RelationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A relation of an entity to `target`; on the wire `{"type": "memberOf", "targetRef": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Relation {
    /// How it relates to the target.
    #[serde(rename = "type")]
    pub kind: RelationType,
    /// The other entity.
    #[serde(rename = "targetRef")]
    pub target: EntityRef,
}

/// The relations among sorted entities, by position: entity `i` has `edges[starts[i]..starts[i + 1]]`.
#[derive(Debug, Clone)]
pub(crate) struct RelationIndex {
    starts: Vec<usize>,
    edges: Vec<(RelationType, u32)>,
}

impl RelationIndex {
    /// Derives both ends of every relation; refs to entities that are not there give none.
    pub(crate) fn of(entities: &[(EntityRef, Entity)]) -> Self {
        let positions = positions(entities);
        let mut edges = Vec::new();
        for (from, (_, entity)) in (0_u32..).zip(entities) {
            for reference in entity.references() {
                let target = reference.resolve().ok();
                if let Some(&to) = target.and_then(|target| positions.get(&target)) {
                    let kind = RelationType::of(reference.field());
                    edges.extend([(from, kind, to), (to, kind.inverse(), from)]);
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let starts = (0_u32..)
            .take(entities.len() + 1)
            .map(|at| edges.partition_point(|(from, _, _)| *from < at))
            .collect();
        Self {
            starts,
            edges: edges.into_iter().map(|(_, kind, to)| (kind, to)).collect(),
        }
    }

    /// The relations of the entity at this position, with the positions of their targets.
    pub(crate) fn get(&self, at: usize) -> &[(RelationType, u32)] {
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(&start), Some(&end)) => self.edges.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Where each entity stands.
pub(crate) fn positions(entities: &[(EntityRef, Entity)]) -> HashMap<&EntityRef, u32> {
    entities.iter().map(|(entity, _)| entity).zip(0..).collect()
}
