//! What searches look at: for each search key a column of sorted values, with the positions of those that have them.

mod build;

mod select;

mod list;
mod query;

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;

use fixedbitset::FixedBitSet;

use super::column::Column;

/// The columns of a generation. It is built once, after the generation is there.
///
/// What it answers is what Backstage's catalog answers with SQLite below it, whose texts are compared byte by byte
/// (`DefaultEntitiesCatalog.ts` of `@backstage/plugin-catalog-backend` 4.0.5).
#[derive(Debug)]
pub(crate) struct Index {
    /// By key in lower case.
    columns: HashMap<String, Column>,
    /// Where there is an entity.
    present: FixedBitSet,
    /// The positions of entities, sorted by uid.
    by_uid: Vec<u32>,
    /// Their uids in this order.
    uids: Vec<uuid::Uuid>,
    /// Where each position is among those.
    rank: Vec<u32>,
    /// How many columns keep their texts side by side.
    folded: AtomicUsize,
}

#[cfg(test)]
mod tests;
