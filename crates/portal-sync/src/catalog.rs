//! What readers see: one whole generation of the catalog.

pub(crate) mod published;
