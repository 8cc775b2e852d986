#![doc = include_str!("../README.md")]

// Leaf first: a module uses only modules above it.
mod syntax;

mod name;

mod spelling;

mod kind;

mod entity_ref;

mod metadata;

mod spec;

mod entity;

mod reference;

mod path;

mod violation;

mod rule;

mod shape;

mod validate;

mod document;

mod canonical;

mod digest;

mod relation;

mod entity_set;

mod field_change;

pub use digest::{Digest, digest};
pub use entity::{Entity, Spec};
pub use entity_ref::{EntityRef, RefError, SpecRef};
pub use entity_set::{EntitySet, EntitySetError};
pub use field_change::FieldChange;
pub use kind::{ApiVersion, Kind, KindError};
pub use metadata::{Extra, Link, Metadata};
pub use name::{EntityName, NameError, Namespace, check_key};
pub use reference::{RefField, Reference};
pub use relation::{Relation, RelationType};
pub use spec::{GroupSpec, LocationSpec, Presence, Profile, UserSpec};
pub use violation::Violation;
