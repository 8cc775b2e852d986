//! Pages of a query, forwards and backwards.

use std::cmp::Ordering;

use fixedbitset::FixedBitSet;
use serde_json::Number;

use super::Index;
use crate::catalog::column::{Column, Walk, in_order};
use crate::catalog::like::Pattern;
use crate::catalog::query::{Cursor, Found, Order, Query};
use crate::catalog::texts::index;

/// One place in the list of a query.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// The number of the value by which it is sorted; none where it is by uid.
    value: Option<u32>,
    position: u32,
}

/// What a query looks through.
struct Source<'a> {
    by: By<'a>,
    chosen: FixedBitSet,
    /// The values of the column that the text is in, where that is what is looked at.
    values: Option<FixedBitSet>,
}

/// By what a query is sorted.
enum By<'a> {
    Uid,
    Column(&'a Column),
    /// A key that nobody has: nobody is found.
    Nothing,
}

impl Index {
    /// The page that is asked for.
    pub(crate) fn query(&self, query: &Query) -> Found {
        let cursor = &query.cursor;
        let key = cursor.order_fields.first();
        let key = key.map(|order| order.field.to_lowercase());
        let made = key.as_ref().and_then(|key| self.made(key));
        let by = match &key {
            None => By::Uid,
            Some(key) => match self.columns.get(key).or(made.as_ref()) {
                Some(column) => By::Column(column),
                None => By::Nothing,
            },
        };
        let (source, entities) = self.source(query, key.as_deref(), by);
        let backwards = cursor.is_previous;
        let goes_on = query.limit > 0;
        let mut rest = self.rows(&source, cursor).skip(query.offset);
        let mut rows: Vec<Row> = rest.by_ref().take(query.limit).collect();
        let has_more = goes_on && (backwards || rest.next().is_some());
        drop(rest);
        if backwards {
            rows.reverse();
        }
        let total = match &cursor.total_items {
            Some(known) => known.clone(),
            None if query.counts => Number::from(entities.count_ones(..)),
            None => Number::from(0),
        };
        let first = self.place(&source.by, rows.first());
        let last = self.place(&source.by, rows.last());
        let begun = cursor.first_sort_field_values.clone();
        let goes_back = !rows.is_empty() && begun.as_ref().is_some_and(|begun| *begun != first);
        let at = |place: Vec<Option<String>>, is_previous| Cursor {
            is_previous,
            order_field_values: Some(place),
            first_sort_field_values: Some(begun.clone().unwrap_or_else(|| first.clone())),
            total_items: Some(total.clone()),
            ..cursor.clone()
        };
        Found {
            positions: rows.iter().map(|row| row.position).collect(),
            next: has_more.then(|| at(last, false)),
            previous: goes_back.then(|| at(first.clone(), true)),
            total,
        }
    }

    /// What is looked through, and which entities count.
    fn source<'a>(
        &self,
        query: &Query,
        key: Option<&str>,
        by: By<'a>,
    ) -> (Source<'a>, FixedBitSet) {
        let mut chosen = self.select(&query.filter);
        let mut entities = chosen.clone();
        let mut values = None;
        let text = query.cursor.full_text_filter.as_ref();
        let term = text.map_or("", |text| text.term.trim()).to_lowercase();
        if !term.is_empty() {
            let usual = || vec![key.unwrap_or("metadata.uid").to_owned()];
            let fields = text.and_then(|text| text.fields.clone());
            let fields = fields.unwrap_or_else(usual);
            let keys: Vec<String> = fields.iter().map(|key| key.to_lowercase()).collect();
            let found = self.select_text(&keys, &term);
            entities.intersect_with(&found);
            if let (By::Column(column), [only], Some(key)) = (&by, fields.as_slice(), key)
                && only == key
            {
                values = Some(self.matching(column, &Pattern::new(&term)));
            } else {
                chosen.intersect_with(&found);
            }
        }
        match &by {
            By::Uid => {}
            By::Column(column) => entities.intersect_with(&column.with_value(self.present.len())),
            By::Nothing => entities.clear(),
        }
        let source = Source { by, chosen, values };
        (source, entities)
    }

    /// The rows from where the cursor is.
    fn rows<'a>(
        &'a self,
        source: &'a Source<'_>,
        cursor: &'a Cursor,
    ) -> Box<dyn Iterator<Item = Row> + 'a> {
        let order = cursor.order_fields.first();
        let walk = Walk::both(order.is_some_and(Order::is_descending) != cursor.is_previous);
        let mut beyond = Vec::new();
        for place in cursor.order_field_values.iter().flatten() {
            match place {
                Some(place) => beyond.push(place.as_str()),
                // What is compared with nothing is not found.
                None => return Box::new(std::iter::empty()),
            }
        }
        let is_chosen = |row: &Row| source.chosen.contains(index(row.position));
        match &source.by {
            By::Nothing => Box::new(std::iter::empty()),
            By::Uid => {
                let positions = self.beyond_uid(beyond.first().copied(), walk);
                let row = |position| Row {
                    value: None,
                    position,
                };
                Box::new(positions.map(row).filter(is_chosen))
            }
            By::Column(column) => {
                let (values, same) = match beyond.first() {
                    Some(value) => column.from(value, walk),
                    None => (column.all(), None),
                };
                let uid = beyond.get(1).copied();
                let wanted = wanted(walk);
                let is_beyond = move |row: &Row| {
                    let own = || self.uid_at(row.position);
                    row.value != same
                        || same.is_none()
                        || uid.is_some_and(|uid| own().as_str().cmp(uid) == wanted)
                };
                let has_text = |row: &Row| match (&source.values, row.value) {
                    (Some(values), Some(value)) => values.contains(index(value)),
                    _ => true,
                };
                let rows = column.walk(values, walk).map(|(value, position)| Row {
                    value: Some(value),
                    position,
                });
                Box::new(rows.filter(is_beyond).filter(has_text).filter(is_chosen))
            }
        }
    }

    /// The entities beyond this uid, in the order of uids.
    fn beyond_uid(&self, uid: Option<&str>, walk: Walk) -> impl Iterator<Item = u32> {
        let bound = |is_before: &dyn Fn(&str) -> bool| {
            self.uids
                .partition_point(|own| is_before(own.to_string().as_str()))
        };
        let all = match uid {
            None => 0..self.by_uid.len(),
            Some(uid) if walk.descending => 0..bound(&|own| own < uid),
            Some(uid) => bound(&|own| own <= uid)..self.by_uid.len(),
        };
        let positions = self.by_uid.get(all).unwrap_or_default();
        in_order(positions.iter(), walk.descending).copied()
    }

    fn uid_at(&self, position: u32) -> String {
        let rank = self.rank.get(index(position)).copied().unwrap_or_default();
        let uid = self.uids.get(index(rank)).copied();
        uid.unwrap_or_default().to_string()
    }

    /// What a cursor says of a row: its value and its uid, or the uid alone. Of no row, that there is none.
    fn place(&self, by: &By<'_>, row: Option<&Row>) -> Vec<Option<String>> {
        let uid = row.map(|row| self.uid_at(row.position));
        match by {
            By::Uid => vec![uid],
            By::Nothing => vec![None, None],
            By::Column(column) => {
                let value = row.and_then(|row| row.value);
                vec![value.map(|value| column.value(value)), uid]
            }
        }
    }
}

/// What a uid has to be, compared with the one that it is to be beyond.
const fn wanted(walk: Walk) -> Ordering {
    if walk.uids_descending {
        Ordering::Less
    } else {
        Ordering::Greater
    }
}
