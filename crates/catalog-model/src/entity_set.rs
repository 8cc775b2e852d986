//! A catalog: entities that are valid one by one and fit together.

mod cycles;

mod error;

use std::sync::OnceLock;

use crate::entity::Entity;
use crate::entity_ref::{EntityRef, RefError};
use crate::reference::{RefField, Reference};
use crate::relation::{Relation, RelationIndex, positions};
pub use error::{EntitySetError, EntitySetErrors};

/// Entities sorted by their refs, no two with the same identity.
///
/// What [`build`](Self::build) makes is closed: each entity is valid, each ref names one of them, and no group is its own
/// ancestor. What [`open`](Self::open) makes is what Backstage would show of the same entities.
///
/// The lists `memberOf`, `members` and `children` are sorted in a set and have no repetitions, so
/// that two sets that mean the same are equal.
///
/// ```
/// use catalog_model::{Entity, EntitySet, GroupSpec, Metadata, Relation, RelationType, UserSpec};
///
/// let jane = Entity::new(
///     Metadata::new("jane".parse()?),
///     UserSpec::default().with_member_of(["team-a"]),
/// );
/// let team = Entity::new(Metadata::new("team-a".parse()?), GroupSpec::new("team"));
///
/// let set = EntitySet::build([jane.clone(), team])?;
/// assert_eq!(
///     set.relations(&"group:default/team-a".parse()?),
///     [Relation::new(RelationType::HasMember, jane.entity_ref())],
/// );
///
/// let errors = EntitySet::build([jane]).unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "`spec.memberOf[0]` of user:default/jane names `team-a`, which is not there",
/// );
/// assert_eq!(errors.into_entities().len(), 1, "nothing is lost");
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
    /// that are not there, groups that are their own ancestors. The entities are in the error.
    pub fn build(entities: impl IntoIterator<Item = Entity>) -> Result<Self, EntitySetErrors> {
        let entities: Vec<Entity> = entities.into_iter().collect();
        let mut order = order(&entities);
        let invalid = order.iter().filter_map(|one| invalid(one, &entities));
        let mut errors: Vec<EntitySetError> = invalid.collect();
        errors.extend(collisions(&order, &entities));
        order.dedup_by(|(a, _), (b, _)| a == b);
        errors.extend(unmet_refs(&order, &entities));
        if errors.is_empty() {
            Ok(Self::of(order, entities))
        } else {
            Err(EntitySetErrors { errors, entities })
        }
    }

    /// Takes what Backstage would take, and reports what [`build`](Self::build) would refuse.
    ///
    /// Left out are entities that are not valid and, of several with the same ref, all but the last. Refs to entities that
    /// are not there stay, and so do groups that are their own ancestors. An entity has relations to what is not there,
    /// too, when an entity can be called so.
    ///
    /// ```
    /// use catalog_model::{Entity, EntitySet, EntitySetError, Metadata, UserSpec};
    ///
    /// let spec = UserSpec::default().with_member_of(["team-a"]);
    /// let jane = Entity::new(Metadata::new("jane".parse()?), spec);
    /// let (set, errors) = EntitySet::open([jane]);
    ///
    /// let relations = set.relations(&"user:default/jane".parse()?);
    /// assert_eq!(relations[0].target, "group:default/team-a".parse()?);
    /// assert!(matches!(errors[0], EntitySetError::Dangling { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn open(entities: impl IntoIterator<Item = Entity>) -> (Self, Vec<EntitySetError>) {
        let entities: Vec<Entity> = entities.into_iter().collect();
        let order = order(&entities);
        let mut errors = Vec::new();
        let mut valid = order.clone();
        valid.retain(|one| {
            let error = invalid(one, &entities);
            let is_valid = error.is_none();
            errors.extend(error);
            is_valid
        });
        errors.extend(collisions(&order, &entities));
        let mut order = valid;
        order.dedup_by(|later, kept| {
            let is_same = later.0 == kept.0;
            if is_same {
                kept.1 = later.1;
            }
            is_same
        });
        errors.extend(unmet_refs(&order, &entities));
        (Self::of(order, entities), errors)
    }

    /// The entities at these positions.
    fn of(order: Vec<(EntityRef, usize)>, entities: Vec<Entity>) -> Self {
        let mut entities: Vec<Option<Entity>> = entities.into_iter().map(Some).collect();
        let mut take = |at: usize| entities.get_mut(at).and_then(Option::take);
        let entries = order
            .into_iter()
            .filter_map(|(entity, at)| Some((entity, take(at)?.into_sorted())));
        Self {
            entries: entries.collect(),
            relations: OnceLock::new(),
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
        index.get(&self.entries, at)
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

/// The refs of entities in order, each with the entity's position; of the same ref the earlier comes first.
fn order(entities: &[Entity]) -> Vec<(EntityRef, usize)> {
    let refs = entities.iter().map(Entity::entity_ref);
    let mut order: Vec<(EntityRef, usize)> = refs.zip(0..).collect();
    order.sort_unstable();
    order
}

fn invalid((entity, at): &(EntityRef, usize), entities: &[Entity]) -> Option<EntitySetError> {
    let violations = entities.get(*at)?.validate().err()?;
    let entity = entity.clone();
    Some(EntitySetError::Invalid { entity, violations })
}

fn collisions(order: &[(EntityRef, usize)], entities: &[Entity]) -> Vec<EntitySetError> {
    let name = |(_, at): &(EntityRef, usize)| Some(entities.get(*at)?.metadata.name.to_string());
    let error = |same: &[(EntityRef, usize)]| {
        let (entity, _) = same.first()?;
        let mut names: Vec<String> = same.iter().filter_map(name).collect();
        names.sort_unstable();
        names.dedup();
        let (entity, count) = (entity.clone(), same.len());
        (count > 1).then_some(EntitySetError::Collision {
            entity,
            names,
            count,
        })
    };
    let chunks = order.chunk_by(|(a, _), (b, _)| a == b);
    chunks.filter_map(error).collect()
}

fn unmet_refs(order: &[(EntityRef, usize)], entities: &[Entity]) -> Vec<EntitySetError> {
    let positions = positions(order.iter().map(|(entity, _)| entity));
    let mut errors = Vec::new();
    let mut parents = cycles::Parents::default();
    for (at, (entity, position)) in (0..).zip(order) {
        let given = entities.get(*position);
        for reference in given.into_iter().flat_map(Entity::references) {
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
    let group = |at: u32| Some(order.get(usize::try_from(at).ok()?)?.0.clone());
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
        pointer: reference.pointer(),
        text: reference.text().as_str().to_owned(),
        source,
    }
}
