//! What readers see: one whole generation of the catalog.

#![expect(dead_code, reason = "queries come next")]

pub(crate) mod filter;
pub(crate) mod published;
pub(crate) mod query;
