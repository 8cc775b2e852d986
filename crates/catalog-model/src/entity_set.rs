//! A catalog: entities that are valid one by one and fit together.

mod cycles;

use std::sync::OnceLock;

use crate::entity::Entity;
use crate::entity_ref::{EntityRef, RefError};
use crate::reference::{RefField, Reference};
use crate::relation::{Relation, RelationIndex, positions};
use crate::violation::Violation;

/// Entities sorted by their refs: each is valid, each ref names one of them, no two have the same
/// identity, and no group is its own ancestor.
///
/// The lists `memberOf`, `members` and `children` are sorted in a set and have no repetitions, so
/// that two sets that mean the same are equal.
///
/// ```
/// use catalog_model::{Entity, EntitySet, GroupSpec, Metadata, Relation, RelationType, Spec, UserSpec};
///
/// let jane = Entity::new(
///     Metadata::new("jane".parse()?),
///     Spec::User(UserSpec { member_of: vec!["team-a".into()], ..UserSpec::default() }),
/// );
/// let team = Entity::new(Metadata::new("team-a".parse()?), Spec::Group(GroupSpec::new("team")));
///
/// let set = EntitySet::build([jane.clone(), team]).unwrap();
/// assert_eq!(
///     set.relations(&"group:default/team-a".parse()?),
///     [Relation { kind: RelationType::HasMember, target: jane.entity_ref() }],
/// );
///
/// let errors = EntitySet::build([jane]).unwrap_err();
/// assert_eq!(
///     errors[0].to_string(),
///     "`spec.memberOf[0]` of user:default/jane names `team-a`, which is not there",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct EntitySet {
    entries: Vec<(EntityRef, Entity)>,
    // Only readers of a catalog ask for relations; making a plan does not.
    relations: OnceLock<RelationIndex>,
}

impl EntitySet {
    /// Checks entities one by one and together.
    ///
    /// # Errors
    ///
    /// All of: entities that Backstage would refuse, entities with the same ref, refs to entities
    /// that are not there, groups that are their own ancestors.
    pub fn build(entities: impl IntoIterator<Item = Entity>) -> Result<Self, Vec<EntitySetError>> {
        let mut entries: Vec<(EntityRef, Entity)> = entities
            .into_iter()
            .map(|entity| (entity.entity_ref(), entity.into_sorted()))
            .collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));

        let mut errors = invalid(&entries);
        errors.extend(take_collisions(&mut entries));
        errors.extend(unmet_refs(&entries));
        if errors.is_empty() {
            Ok(Self {
                entries,
                relations: OnceLock::new(),
            })
        } else {
            Err(errors)
        }
    }

    /// The entity with this identity.
    #[must_use]
    pub fn get(&self, entity: &EntityRef) -> Option<&Entity> {
        let (_, entity) = self.entries.get(self.position(entity)?)?;
        Some(entity)
    }

    /// The entities, sorted by their refs.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entity> + DoubleEndedIterator {
        self.entries.iter().map(|(_, entity)| entity)
    }

    /// How many entities there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The relations of an entity, sorted by type and then by the target's ref: those that its
    /// spec states and the other ends of those that other specs state, each once. None for an
    /// entity that is not in the set.
    ///
    /// The first call derives the relations of all entities.
    #[must_use]
    pub fn relations(&self, entity: &EntityRef) -> Vec<Relation> {
        let Some(at) = self.position(entity) else {
            return Vec::new();
        };
        let index = self
            .relations
            .get_or_init(|| RelationIndex::of(&self.entries));
        let relation = |&(kind, to): &(_, u32)| {
            let (target, _) = self.entries.get(usize::try_from(to).ok()?)?;
            Some(Relation {
                kind,
                target: target.clone(),
            })
        };
        index.get(at).iter().filter_map(relation).collect()
    }

    fn position(&self, entity: &EntityRef) -> Option<usize> {
        self.entries
            .binary_search_by(|(other, _)| other.cmp(entity))
            .ok()
    }
}

impl PartialEq for EntitySet {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for EntitySet {}

/// Why entities do not make a catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntitySetError {
    /// Backstage would refuse the entity.
    #[error("{entity} is not valid: {}", list(violations))]
    Invalid {
        /// The entity.
        entity: EntityRef,
        /// Every rule it breaks.
        violations: Vec<Violation>,
    },
    /// Several entities have the same ref. Backstage would keep one of them, silently.
    #[error("{count} entities are called {entity}: {}", quoted(names))]
    Collision {
        /// The ref.
        entity: EntityRef,
        /// Their names, which may differ by case.
        names: Vec<String>,
        /// How many they are.
        count: usize,
    },
    /// A ref names no entity of the set.
    #[error("`{path}` of {entity} names `{text}`, which is not there")]
    Dangling {
        /// The entity that has the ref.
        entity: EntityRef,
        /// The field that has the ref.
        field: RefField,
        /// Where in the entity, such as `spec.memberOf[0]`.
        path: String,
        /// The ref as it is written.
        text: String,
        /// Why no entity can be called so, when that is the case.
        source: Option<RefError>,
    },
    /// Groups are each other's ancestors.
    #[error("groups are their own ancestors: {}", chain(groups))]
    ParentCycle {
        /// Each group, followed by the one that is its parent; the parent of the last is the
        /// first, which is the one with the lowest ref.
        groups: Vec<EntityRef>,
    },
}

fn invalid(entries: &[(EntityRef, Entity)]) -> Vec<EntitySetError> {
    let error = |(entity, given): &(EntityRef, Entity)| {
        let violations = given.validate();
        let entity = entity.clone();
        (!violations.is_empty()).then_some(EntitySetError::Invalid { entity, violations })
    };
    entries.iter().filter_map(error).collect()
}

/// Leaves the first of the entities with the same ref.
fn take_collisions(entries: &mut Vec<(EntityRef, Entity)>) -> Vec<EntitySetError> {
    let error = |same: &[(EntityRef, Entity)]| {
        let (entity, _) = same.first()?;
        let mut names: Vec<String> = same
            .iter()
            .map(|(_, entity)| entity.metadata.name.to_string())
            .collect();
        names.sort_unstable();
        names.dedup();
        let (entity, count) = (entity.clone(), same.len());
        (count > 1).then_some(EntitySetError::Collision {
            entity,
            names,
            count,
        })
    };
    let errors = entries
        .chunk_by(|(a, _), (b, _)| a == b)
        .filter_map(error)
        .collect();
    entries.dedup_by(|(a, _), (b, _)| a == b);
    errors
}

fn unmet_refs(entries: &[(EntityRef, Entity)]) -> Vec<EntitySetError> {
    let positions = positions(entries);
    let mut errors = Vec::new();
    let mut parents = cycles::Parents::default();
    for (at, (entity, given)) in (0..).zip(entries) {
        for reference in given.references() {
            let (target, source) = match reference.resolve() {
                Ok(target) => (positions.get(&target).copied(), None),
                Err(error) => (None, Some(error)),
            };
            match (target, reference.field()) {
                (None, _) => errors.push(dangling(entity, &reference, source)),
                (Some(parent), RefField::Parent) => parents.add(at, parent),
                (Some(child), RefField::Children) => parents.add(child, at),
                (Some(_), RefField::MemberOf | RefField::Members) => {}
            }
        }
    }
    let group = |at: u32| Some(entries.get(usize::try_from(at).ok()?)?.0.clone());
    errors.extend(
        parents
            .cycles()
            .into_iter()
            .map(|cycle| EntitySetError::ParentCycle {
                groups: cycle.into_iter().filter_map(group).collect(),
            }),
    );
    errors
}

fn dangling(
    entity: &EntityRef,
    reference: &Reference<'_>,
    source: Option<RefError>,
) -> EntitySetError {
    EntitySetError::Dangling {
        entity: entity.clone(),
        field: reference.field(),
        path: reference.path(),
        text: reference.text().as_str().to_owned(),
        source,
    }
}

fn list(violations: &[Violation]) -> String {
    violations
        .iter()
        .map(Violation::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

fn quoted(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn chain(groups: &[EntityRef]) -> String {
    let closed = groups.iter().chain(groups.first());
    closed
        .map(EntityRef::as_str)
        .collect::<Vec<_>>()
        .join(" in ")
}
