//! A generation and its index, as readers share them.

use std::io::{self, Write};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::generation::Generation;
use super::index::Index;
use super::representation::{Coding, Representation};
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
    lists: Lists,
}

/// One coding of the whole list.
#[derive(Debug, Default)]
struct List {
    made: OnceLock<Representation>,
    /// Held while it is made, so that it is made once.
    making: Mutex<()>,
    asked: AtomicBool,
}

#[derive(Debug, Default)]
struct Lists {
    identity: List,
    gzip: List,
}

impl Lists {
    const fn of(&self, coding: Coding) -> &List {
        match coding {
            Coding::Identity => &self.identity,
            Coding::Gzip => &self.gzip,
        }
    }
}

impl From<Generation> for Published {
    fn from(generation: Generation) -> Self {
        Self {
            generation,
            index: OnceLock::new(),
            lists: Lists::default(),
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

    /// Every entity, sorted by ref, as the catalog API answers it: a JSON array, in this coding. Nothing as long as it
    /// was not made by [`make_list`](Self::make_list).
    pub(crate) fn list(&self, coding: Coding) -> Option<&Representation> {
        let list = self.lists.of(coding);
        list.asked.store(true, Ordering::Relaxed);
        list.made.get()
    }

    /// The codings in which somebody asked for [`list`](Self::list).
    pub(crate) fn asked(&self) -> impl Iterator<Item = Coding> {
        let codings = [Coding::Identity, Coding::Gzip].into_iter();
        codings.filter(|coding| self.lists.of(*coding).asked.load(Ordering::Relaxed))
    }

    /// Makes the list in this coding and keeps it for as long as this generation is there.
    ///
    /// It takes three seconds for a hundred thousand entities: for a thread that may be blocked.
    ///
    /// # Errors
    /// When an entity cannot be printed, which is a bug.
    pub(crate) fn make_list(&self, coding: Coding) -> io::Result<&Representation> {
        let list = self.lists.of(coding);
        let _making = list.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = list.made.get() {
            return Ok(made);
        }
        let made = Representation::coded(coding, |out| self.write_list(out))?;
        Ok(list.made.get_or_init(|| made))
    }

    fn write_list(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut before = "[";
        let mut entities = self.entities();
        let mut entity = Vec::new();
        for position in 0..super::texts::number(self.positions()) {
            entity.clear();
            entities.write(position, &mut entity);
            if !entity.is_empty() {
                out.write_all(before.as_bytes())?;
                out.write_all(&entity)?;
                before = ",";
            }
        }
        out.write_all(if before == "[" { b"[]" } else { b"]" })
    }
}
