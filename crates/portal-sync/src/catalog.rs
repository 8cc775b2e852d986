//! What readers see: one whole generation of the catalog, its index, and what is asked of them. Pure.

mod texts;

mod refs;

mod relations;

mod stored;

mod wire;

mod values;

mod like;

mod column;

pub(crate) mod filter;

pub(crate) mod query;

pub(crate) mod predicate;

pub(crate) mod syntax;

pub(crate) mod cursor;

pub(crate) mod generation;

pub(crate) mod index;

pub(crate) mod fields;

pub(crate) mod representation;

pub(crate) mod published;

pub(crate) mod answer;

pub(crate) mod feed;
