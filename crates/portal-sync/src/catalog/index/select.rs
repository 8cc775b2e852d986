//! Which entities a filter or a text means.

use std::sync::atomic::Ordering;

use fixedbitset::FixedBitSet;

use super::Index;
use crate::catalog::column::{Column, Rows, Wanted};
use crate::catalog::filter::Filter;
use crate::catalog::like::Pattern;
use crate::catalog::texts::{index, number};

/// So many columns keep their texts side by side. There are more keys than anybody searches, and a search of another one
/// takes some ten milliseconds for a hundred thousand entities.
const FOLDED: usize = 8;

/// Keys of more characters, counted as UTF-16, are those of no term.
const LONGEST: usize = 200;

impl Index {
    /// Where the entities are that this filter means.
    pub(crate) fn select(&self, filter: &Filter) -> FixedBitSet {
        match filter {
            Filter::Every(all) => {
                let mut chosen = self.present.clone();
                for one in all {
                    chosen.intersect_with(&self.select(one));
                }
                chosen
            }
            Filter::Any(all) => {
                let mut chosen = self.nobody();
                for one in all {
                    chosen.union_with(&self.select(one));
                }
                chosen
            }
            Filter::Not(inner) => {
                let mut chosen = self.present.clone();
                chosen.difference_with(&self.select(inner));
                chosen
            }
            Filter::Has(key) => self.select_term(key, Wanted::Any),
            Filter::Is(key, values) => self.select_term(key, Wanted::OneOf(values)),
            Filter::Begins(key, prefix) => self.select_term(key, Wanted::Beginning(prefix)),
        }
    }

    fn select_term(&self, key: &str, wanted: Wanted<'_>) -> FixedBitSet {
        let mut chosen = self.nobody();
        if let Some(column) = self.columns.get(key) {
            column.select(wanted, &mut chosen);
        }
        if wanted.includes("true") {
            self.select_item(key, &mut chosen);
        }
        chosen
    }

    /// Adds those that have a text in a list, asked for by list and text as one key.
    fn select_item(&self, key: &str, chosen: &mut FixedBitSet) {
        if key.encode_utf16().count() > LONGEST {
            return;
        }
        for (dot, _) in key.match_indices('.') {
            let (list, text) = key.split_at(dot);
            if let Some(column) = self.columns.get(list) {
                column.select_item(text.get(1..).unwrap_or_default(), chosen);
            }
        }
    }

    /// The column of a key that tells of texts in lists, such as `metadata.tags.java`. It is made when somebody asks: there
    /// are as many of these keys as there are texts.
    pub(super) fn made(&self, key: &str) -> Option<Column> {
        let mut having = self.nobody();
        self.select_item(key, &mut having);
        let mut rows = Rows::default();
        for position in having.ones() {
            rows.push(number(position), Some("true"), false);
        }
        (!having.is_clear()).then(|| rows.sorted(&self.rank))
    }

    /// Where the entities are of which one of these keys has a value with this text as a part, all in lower case.
    pub(crate) fn select_part(&self, keys: &[&str], text: &str) -> FixedBitSet {
        self.select_pattern(keys.iter().copied(), &Pattern::literal(text))
    }

    /// The same of a text in which `%` and `_` stand for others.
    pub(super) fn select_text(&self, keys: &[String], term: &str) -> FixedBitSet {
        self.select_pattern(keys.iter().map(String::as_str), &Pattern::new(term))
    }

    fn select_pattern<'a>(
        &self,
        keys: impl Iterator<Item = &'a str>,
        pattern: &Pattern,
    ) -> FixedBitSet {
        let mut chosen = self.nobody();
        for key in keys {
            if let Some(column) = self.columns.get(key) {
                let values = self.matching(column, pattern);
                column.select_values(&values, &mut chosen);
            }
            if pattern.is_in("true") {
                self.select_item(key, &mut chosen);
            }
        }
        chosen
    }

    pub(super) fn matching(&self, column: &Column, pattern: &Pattern) -> FixedBitSet {
        let keeps = !column.is_folded() && {
            let next = |count| (count < FOLDED).then_some(count + 1);
            let updated = self
                .folded
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
            updated.is_ok()
        };
        column.matching(pattern, keeps)
    }

    /// How often each value of these keys is found among the entities that the filter means, sorted by value. Values are told
    /// apart by case, keys are not.
    pub(crate) fn facets(
        &self,
        keys: &[String],
        filter: &Filter,
    ) -> Vec<(String, Vec<(String, u64)>)> {
        let chosen = self.select(filter);
        let mut facets: Vec<(String, Vec<(String, u64)>)> = Vec::new();
        for key in keys {
            if facets.iter().all(|(known, _)| known != key) {
                facets.push((key.clone(), self.facet(&key.to_lowercase(), &chosen)));
            }
        }
        facets
    }

    fn facet(&self, key: &str, chosen: &FixedBitSet) -> Vec<(String, u64)> {
        let mut counts = Vec::new();
        let made = self.made(key);
        if let Some(column) = self.columns.get(key).or(made.as_ref()) {
            column.each_spelling(|value, positions| {
                let those = positions.iter().filter(|at| chosen.contains(index(**at)));
                let count = those.fold(0, |count, _| count + 1);
                if count > 0 {
                    counts.push((value.to_owned(), count));
                }
            });
        }
        counts.sort_unstable();
        counts
    }

    /// Nowhere.
    pub(super) fn nobody(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.present.len())
    }
}
