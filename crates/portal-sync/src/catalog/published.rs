//! A generation and its index, as readers share them.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::generation::Generation;
use super::index::Index;
use super::texts::index;

/// Where readers find the newest generation; `None` until the first one is there.
///
/// A reader borrows the `Arc`, clones it and lets go: what it then holds does not change under its hands.
pub(crate) type CatalogReader = tokio::sync::watch::Receiver<Option<Arc<Published>>>;

/// The keys of what people call people and groups.
const SEARCHED: [&str; 4] = [
    "metadata.name",
    "metadata.title",
    "spec.profile.displayname",
    "spec.profile.email",
];

/// One generation of the catalog that readers find, with its index once it is made.
#[derive(Debug)]
pub(crate) struct Published {
    generation: Generation,
    index: OnceLock<Index>,
}

impl From<Generation> for Published {
    fn from(generation: Generation) -> Self {
        Self {
            generation,
            index: OnceLock::new(),
        }
    }
}

impl Deref for Published {
    type Target = Generation;

    fn deref(&self) -> &Generation {
        &self.generation
    }
}

impl Published {
    /// Where the people and the groups are, in this order, whose name, title, display name or e-mail address has `text` as a
    /// part. The case of letters does not matter; values of more than 200 characters are not looked at.
    ///
    /// It makes the index if nobody has: for a thread that may be blocked.
    #[must_use]
    pub(crate) fn search(&self, text: &str) -> (Vec<u32>, Vec<u32>) {
        let found = self.index().select_part(&SEARCHED, &text.to_lowercase());
        let of = |positions: &[u32]| {
            let is_found = |position: &u32| found.contains(index(*position));
            positions.iter().copied().filter(is_found).collect()
        };
        (of(self.users()), of(self.groups()))
    }

    /// What searches look at. The first to ask has it made, which takes two seconds for a hundred thousand entities: for a
    /// thread that may be blocked.
    pub(crate) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&self.generation))
    }
}
