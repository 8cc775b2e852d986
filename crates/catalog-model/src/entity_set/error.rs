//! Why entities do not make a catalog.

use std::error::Error;
use std::fmt;
use std::slice;
use std::vec;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::entity::Entity;
use crate::entity_ref::{EntityRef, RefError};
use crate::name::shown;
use crate::reference::RefField;
use crate::violation::{Violation, Violations, lines};

/// One reason why entities do not make a catalog.
///
/// It is written as an object with `code` and `message` and, as far as the variant has them, `entity`, `pointer`, `path` and
/// `violations`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntitySetError {
    /// Backstage would refuse the entity.
    #[error("{entity} is not valid: {}", list(violations))]
    #[non_exhaustive]
    Invalid {
        /// The entity.
        entity: EntityRef,
        /// Every rule it breaks.
        violations: Violations,
    },
    /// Several entities have the same ref. Backstage would keep one of them, silently.
    #[error("{count} entities are called {entity}: {}", quoted(names))]
    #[non_exhaustive]
    Collision {
        /// The ref.
        entity: EntityRef,
        /// Their names, which may differ by case.
        names: Vec<String>,
        /// How many they are.
        count: usize,
    },
    /// A ref names no entity of the set.
    #[error("`{path}` of {entity} names `{}`, which is not there", shown(text))]
    #[non_exhaustive]
    Dangling {
        /// The entity that has the ref.
        entity: EntityRef,
        /// The field that has the ref.
        field: RefField,
        /// Where in the entity, such as `spec.memberOf[0]`.
        path: String,
        /// The same as a JSON pointer, such as `/spec/memberOf/0`.
        pointer: String,
        /// The ref as it is written.
        text: String,
        /// Why no entity can be called so, when that is the case.
        source: Option<RefError>,
    },
    /// Groups are each other's ancestors.
    #[error("groups are their own ancestors: {}", chain(groups))]
    #[non_exhaustive]
    ParentCycle {
        /// Each group, followed by the one that is its parent; the parent of the last is the
        /// first, which is the one with the lowest ref.
        groups: Vec<EntityRef>,
    },
}

impl EntitySetError {
    /// A code that does not change: `invalid-entity`, `same-ref`, `dangling-ref` or `parent-cycle`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid-entity",
            Self::Collision { .. } => "same-ref",
            Self::Dangling { .. } => "dangling-ref",
            Self::ParentCycle { .. } => "parent-cycle",
        }
    }

    /// The entity that it is about: of a cycle, the group with the lowest ref.
    #[must_use]
    pub fn entity(&self) -> Option<&EntityRef> {
        match self {
            Self::Invalid { entity, .. }
            | Self::Collision { entity, .. }
            | Self::Dangling { entity, .. } => Some(entity),
            Self::ParentCycle { groups } => groups.first(),
        }
    }
}

impl Serialize for EntitySetError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("code", self.code())?;
        fields.serialize_entry("entity", &self.entity())?;
        match self {
            Self::Invalid { violations, .. } => fields.serialize_entry("violations", violations)?,
            Self::Dangling { path, pointer, .. } => {
                fields.serialize_entry("pointer", pointer)?;
                fields.serialize_entry("path", path)?;
            }
            Self::Collision { .. } | Self::ParentCycle { .. } => {}
        }
        fields.serialize_entry("message", &self.to_string())?;
        fields.end()
    }
}

/// Why entities do not make a catalog: all the reasons, at least one, and the entities.
///
/// `Display` prints one line for each reason. `Debug` prints the same below a heading, so that an error that leaves `main` can
/// be read. The reasons are written as a list.
#[derive(Clone, PartialEq, Eq)]
pub struct EntitySetErrors {
    pub(super) errors: Vec<EntitySetError>,
    pub(super) entities: Vec<Entity>,
}

impl EntitySetErrors {
    /// The reasons, one by one.
    pub fn iter(&self) -> slice::Iter<'_, EntitySetError> {
        self.errors.iter()
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[EntitySetError] {
        &self.errors
    }

    /// How many there are: at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// The entities as they were given, in the same order.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// The entities as they were given, in the same order, to do something else with them.
    #[must_use]
    pub fn into_entities(self) -> Vec<Entity> {
        self.entities
    }
}

impl fmt::Display for EntitySetErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, "", self.iter())
    }
}

impl fmt::Debug for EntitySetErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the entities do not make a catalog\n")?;
        lines(f, "  ", self.iter())
    }
}

impl Error for EntitySetErrors {}

impl Serialize for EntitySetErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.errors.serialize(serializer)
    }
}

impl IntoIterator for EntitySetErrors {
    type Item = EntitySetError;
    type IntoIter = vec::IntoIter<EntitySetError>;

    fn into_iter(self) -> Self::IntoIter {
        self.errors.into_iter()
    }
}

impl<'a> IntoIterator for &'a EntitySetErrors {
    type Item = &'a EntitySetError;
    type IntoIter = slice::Iter<'a, EntitySetError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn list(violations: &Violations) -> String {
    let texts: Vec<String> = violations.iter().map(Violation::to_string).collect();
    texts.join("; ")
}

fn quoted(names: &[String]) -> String {
    let texts: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    texts.join(", ")
}

fn chain(groups: &[EntityRef]) -> String {
    let closed = groups.iter().chain(groups.first());
    let texts: Vec<&str> = closed.map(EntityRef::as_str).collect();
    texts.join(" in ")
}
