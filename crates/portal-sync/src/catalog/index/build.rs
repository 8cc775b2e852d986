//! How an index is made of a generation.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;

use catalog_model::{TermKind, search_terms};
use fixedbitset::FixedBitSet;
use serde_json::value::RawValue;

use super::Index;
use crate::catalog::column::{Column, Rows};
use crate::catalog::generation::Generation;
use crate::catalog::stored::Parts;
use crate::catalog::texts::{index, number};

/// So many bytes of values are sorted at a time: what is not sorted yet takes several times the room of a column.
const AT_ONCE: usize = 16 * 1024 * 1024;

impl Index {
    pub(in crate::catalog) fn of(generation: &Generation) -> Self {
        let mut by_uid = generation.packed_order();
        by_uid.sort_unstable_by_key(|position| generation.uid_at(*position));
        let mut rank = vec![0; generation.positions()];
        let mut present = FixedBitSet::with_capacity(generation.positions());
        for (place, position) in by_uid.iter().enumerate() {
            present.insert(index(*position));
            if let Some(rank) = rank.get_mut(index(*position)) {
                *rank = number(place);
            }
        }
        let keys = Keys::of(generation);
        let mut columns = HashMap::with_capacity(keys.names.len());
        for batch in keys.batches() {
            for (key, column) in keys.columns(generation, &batch, &rank) {
                columns.insert(key, column);
            }
        }
        let uids = by_uid.iter().map(|at| generation.uid_at(*at)).collect();
        Self {
            columns,
            present,
            by_uid,
            uids,
            rank,
            folded: AtomicUsize::new(0),
        }
    }
}

/// Every key of a generation.
#[derive(Default)]
struct Keys {
    /// The number of each key as it is spelled.
    numbers: HashMap<String, usize>,
    /// The keys in lower case by number, and how many bytes their values have.
    names: HashMap<String, usize>,
    sizes: Vec<usize>,
}

impl Keys {
    fn of(generation: &Generation) -> Self {
        let mut keys = Self::default();
        each_term(generation, |term| {
            let number = keys.number(term.key);
            if let Some(size) = keys.sizes.get_mut(number) {
                *size += term.value.map_or(0, str::len) + size_of::<u64>();
            }
        });
        keys
    }

    fn number(&mut self, key: &str) -> usize {
        if let Some(known) = self.numbers.get(key) {
            return *known;
        }
        let new = self.sizes.len();
        let number = *self.names.entry(key.to_lowercase()).or_insert(new);
        if number == new {
            self.sizes.push(0);
        }
        self.numbers.insert(key.to_owned(), number);
        number
    }

    /// The numbers of keys whose columns are made together.
    fn batches(&self) -> Vec<Vec<usize>> {
        let mut batches: Vec<Vec<usize>> = Vec::new();
        let mut room = 0;
        for (key, size) in self.sizes.iter().enumerate() {
            match batches.last_mut() {
                Some(last) if *size <= room => {
                    room -= size;
                    last.push(key);
                }
                _ => {
                    room = AT_ONCE.saturating_sub(*size);
                    batches.push(vec![key]);
                }
            }
        }
        batches
    }

    /// The columns of these keys.
    fn columns(
        &self,
        generation: &Generation,
        batch: &[usize],
        rank: &[u32],
    ) -> Vec<(String, Column)> {
        let mut rows: Vec<Option<Rows>> = self.sizes.iter().map(|_| None).collect();
        for key in batch {
            if let Some(rows) = rows.get_mut(*key) {
                *rows = Some(Rows::default());
            }
        }
        each_term(generation, |term| {
            let known = self.numbers.get(term.key);
            if let Some(Some(rows)) = known.and_then(|key| rows.get_mut(*key)) {
                rows.push(term.position, term.value, term.is_item);
            }
        });
        let names = self.names.iter().filter_map(|(name, key)| {
            let rows = rows.get_mut(*key)?.take()?;
            Some((name.clone(), rows.sorted(rank)))
        });
        names.collect()
    }
}

/// One search term of an entity.
struct Term<'a> {
    key: &'a str,
    value: Option<&'a str>,
    is_item: bool,
    position: u32,
}

/// Calls `each` with every term of every entity. That a text is in a list is not told: it follows from the text's own term.
fn each_term(generation: &Generation, mut each: impl FnMut(Term<'_>)) {
    let mut entities = generation.entities();
    for position in generation.packed_order() {
        let text = entities.text(position);
        let mut entity = serde_json::Deserializer::from_str(text);
        let told = search_terms(&mut entity, |term| {
            if term.kind != TermKind::Presence {
                each(Term {
                    key: term.key,
                    value: term.value,
                    is_item: term.kind == TermKind::Item,
                    position,
                });
            }
        });
        let mut added = |key: &str, value: &str| {
            each(Term {
                key,
                value: Some(value),
                is_item: false,
                position,
            });
        };
        if let (Ok(()), Ok(parts)) = (told, serde_json::from_str::<Parts<'_>>(text)) {
            let of = |key| text_of(parts.metadata.get(key));
            added("metadata.name", &of("name").unwrap_or_default());
            let namespace = of("namespace");
            added(
                "metadata.namespace",
                namespace.as_deref().unwrap_or("default"),
            );
        }
        added("metadata.uid", &generation.uid_at(position).to_string());
        for (of, to) in generation.relations(position) {
            let key = match of {
                catalog_model::RelationType::ChildOf => "relations.childOf",
                catalog_model::RelationType::HasMember => "relations.hasMember",
                catalog_model::RelationType::MemberOf => "relations.memberOf",
                catalog_model::RelationType::ParentOf => "relations.parentOf",
                _ => continue,
            };
            added(key, generation.ref_at(to));
        }
    }
}

fn text_of(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}
