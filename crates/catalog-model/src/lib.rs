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

mod path;

mod search;

mod reference;

mod rule;

mod violation;

mod check;

mod shape;

mod validate;

mod document;

#[cfg(feature = "digest")]
mod canonical;

#[cfg(feature = "digest")]
mod digest;

mod relation;

mod entity_set;

mod field_change;

#[cfg(feature = "digest")]
pub use digest::{Digest, digest};
pub use entity::{Entity, Spec};
pub use entity_ref::{EntityRef, RefError, SpecRef};
pub use entity_set::{EntitySet, EntitySetError, EntitySetErrors};
pub use field_change::FieldChange;
pub use kind::{ApiVersion, Kind};
pub use metadata::{Extra, Link, Metadata};
pub use name::{EntityName, NameError, Namespace, check_key};
pub use path::Segment;
pub use reference::{RefField, Reference};
pub use relation::{Relation, RelationType};
pub use rule::Rule;
pub use search::{Term, TermKind, search_terms};
pub use spec::{GroupSpec, LocationSpec, OtherSpec, Presence, Profile, UserSpec};
pub use violation::{Violation, Violations};
