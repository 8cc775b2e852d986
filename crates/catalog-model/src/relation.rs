//! Relations: what specs say about other entities, seen from both ends.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::entity_ref::EntityRef;
use crate::reference::RefField;

/// How one entity relates to another. The order is that of the names, as in Backstage's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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
#[non_exhaustive]
pub struct Relation {
    /// How it relates to the target; on the wire `type`.
    #[serde(rename = "type")]
    pub type_: RelationType,
    /// The other entity.
    #[serde(rename = "targetRef")]
    pub target: EntityRef,
}

impl Relation {
    /// A relation of this type to this entity.
    #[must_use]
    pub fn new(type_: RelationType, target: EntityRef) -> Self {
        Self { type_, target }
    }
}

/// The relations among sorted entities, by position: entity `i` has `edges[starts[i]..starts[i + 1]]`.
#[derive(Debug, Clone)]
pub(crate) struct RelationIndex {
    starts: Vec<usize>,
    edges: Vec<(RelationType, u32)>,
    /// What is named and not there. The positions of these follow those of the entities.
    missing: Vec<EntityRef>,
}

impl RelationIndex {
    /// Derives both ends of every relation; of one to an entity that is not there, the end that is.
    pub(crate) fn of(entities: &[(EntityRef, Entity)]) -> Self {
        let positions = positions(entities.iter().map(|(entity, _)| entity));
        let mut missing = BTreeMap::new();
        let mut edges = Vec::new();
        for (from, (_, entity)) in (0_u32..).zip(entities) {
            for reference in entity.references() {
                let Ok(target) = reference.resolve() else {
                    continue;
                };
                let type_ = RelationType::of(reference.field());
                match positions.get(&target) {
                    Some(&to) => edges.extend([(from, type_, to), (to, type_.inverse(), from)]),
                    None => missing
                        .entry(target)
                        .or_insert_with(Vec::new)
                        .push((from, type_)),
                }
            }
        }
        for (to, sources) in (0_u32..).skip(entities.len()).zip(missing.values()) {
            edges.extend(sources.iter().map(|&(from, type_)| (from, type_, to)));
        }
        edges.sort_unstable();
        edges.dedup();
        let starts = (0_u32..)
            .take(entities.len() + 1)
            .map(|at| edges.partition_point(|(from, _, _)| *from < at))
            .collect();
        Self {
            starts,
            edges: edges
                .into_iter()
                .map(|(_, type_, to)| (type_, to))
                .collect(),
            missing: missing.into_keys().collect(),
        }
    }

    /// The relations of the entity at this position among the same entities.
    pub(crate) fn get(&self, entities: &[(EntityRef, Entity)], at: usize) -> Vec<Relation> {
        let (Some(&start), Some(&end)) = (self.starts.get(at), self.starts.get(at + 1)) else {
            return Vec::new();
        };
        let relation = |&(type_, to): &(RelationType, u32)| {
            let to = usize::try_from(to).ok()?;
            let target = match to.checked_sub(entities.len()) {
                None => &entities.get(to)?.0,
                Some(at) => self.missing.get(at)?,
            };
            Some(Relation::new(type_, target.clone()))
        };
        let edges = self.edges.get(start..end).unwrap_or_default();
        let mut relations: Vec<Relation> = edges.iter().filter_map(relation).collect();
        if !self.missing.is_empty() {
            // What is missing comes last by position, but not by ref.
            relations.sort_unstable();
        }
        relations
    }
}

/// Where each entity stands.
pub(crate) fn positions<'a>(
    refs: impl IntoIterator<Item = &'a EntityRef>,
) -> HashMap<&'a EntityRef, u32> {
    refs.into_iter().zip(0..).collect()
}
