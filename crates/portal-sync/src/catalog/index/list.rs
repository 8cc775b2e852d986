//! Lists of entities as `GET /entities` has them.

use std::cmp::Reverse;

use fixedbitset::FixedBitSet;

use super::Index;
use crate::catalog::column::Walk;
use crate::catalog::query::{Listing, Order, Window};
use crate::catalog::texts::{index, number};

/// So many places of one entity in a list are told, where it has several values by which it is sorted by several keys.
const PLACES: usize = 1_000;

/// A list, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Where its entities are in the generation. One that is sorted by several values of its own is listed for each.
    pub positions: Vec<u32>,
    /// Whether the list goes on.
    pub has_more: bool,
}

impl Index {
    /// The list that is asked for.
    pub(crate) fn list(&self, listing: &Listing) -> Listed {
        let chosen = self.select(&listing.filter);
        let Some(window) = listing.window else {
            let positions = self.whole(listing.order.first(), &chosen);
            return Listed {
                positions,
                has_more: false,
            };
        };
        match listing.order.as_slice() {
            [] => cut(chosen.ones().map(number), window),
            [order] => self.by_one(order, &chosen, window),
            orders => cut(self.by_several(orders, &chosen).into_iter(), window),
        }
    }

    /// A whole list: sorted by the first key, without those that lack it, or by uid.
    fn whole(&self, order: Option<&Order>, chosen: &FixedBitSet) -> Vec<u32> {
        let is_chosen = |position: &u32| chosen.contains(index(*position));
        let Some(order) = order else {
            return self.by_uid.iter().copied().filter(is_chosen).collect();
        };
        let key = order.field.to_lowercase();
        let made = self.made(&key);
        let Some(column) = self.columns.get(&key).or(made.as_ref()) else {
            return Vec::new();
        };
        let rows = column.walk(column.all(), Walk::both(order.is_descending()));
        let positions = rows.map(|(_, position)| position);
        positions.filter(is_chosen).collect()
    }

    /// Sorted by one key, and then those that lack it. The key is not put into lower case, which Backstage does not do here
    /// either.
    fn by_one(&self, order: &Order, chosen: &FixedBitSet, window: Window) -> Listed {
        let is_chosen = |position: &u32| chosen.contains(index(*position));
        let made = self.made(&order.field);
        let column = self.columns.get(&order.field).or(made.as_ref());
        let walk = Walk {
            descending: order.is_descending(),
            uids_descending: false,
        };
        let with = column
            .into_iter()
            .flat_map(|column| column.walk(column.all(), walk))
            .map(|(_, position)| position);
        // Nobody looks for those that lack it as long as there are others.
        let without = std::iter::once_with(|| {
            let mut lacking = chosen.clone();
            if let Some(column) = column {
                lacking.difference_with(&column.with_value(self.present.len()));
            }
            let lacks = move |position: &u32| lacking.contains(index(*position));
            self.by_uid.iter().copied().filter(lacks)
        });
        cut(with.filter(is_chosen).chain(without.flatten()), window)
    }

    /// Sorted by several keys; those that lack one come last.
    fn by_several(&self, orders: &[Order], chosen: &FixedBitSet) -> Vec<u32> {
        let columns: Vec<_> = orders
            .iter()
            .map(|order| {
                let column = self.columns.get(&order.field);
                let values = column.map(|column| column.by_entity()).unwrap_or_default();
                (values, order.is_descending())
            })
            .collect();
        let mut places = Vec::new();
        for position in chosen.ones().map(number) {
            let mut of_entity: Vec<Vec<Place>> = vec![Vec::new()];
            for (values, descending) in &columns {
                let from = values.partition_point(|(at, _)| *at < position);
                let values = values.get(from..).unwrap_or_default().iter();
                let values = values.take_while(|(at, _)| *at == position);
                let mut own: Vec<Place> = values
                    .map(|(_, value)| Place::of(*value, *descending))
                    .collect();
                if own.is_empty() {
                    own.push(Place::Last);
                }
                own.truncate((PLACES / of_entity.len()).max(1));
                of_entity = of_entity
                    .iter()
                    .flat_map(|before| {
                        own.iter().map(|place| {
                            let mut before = before.clone();
                            before.push(*place);
                            before
                        })
                    })
                    .collect();
            }
            let rank = self.rank.get(index(position)).copied();
            places.extend(of_entity.into_iter().map(|place| (place, rank, position)));
        }
        places.sort_unstable();
        places
            .into_iter()
            .map(|(_, _, position)| position)
            .collect()
    }
}

/// Where an entity is by one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Ascending(u32),
    Descending(Reverse<u32>),
    Last,
}

impl Place {
    fn of(value: Option<u32>, descending: bool) -> Self {
        match (value, descending) {
            (None, _) => Self::Last,
            (Some(value), false) => Self::Ascending(value),
            (Some(value), true) => Self::Descending(Reverse(value)),
        }
    }
}

fn cut(all: impl Iterator<Item = u32>, window: Window) -> Listed {
    let mut rest = all.skip(window.offset);
    let limit = window.limit.unwrap_or(usize::MAX);
    let positions = rest.by_ref().take(limit).collect();
    Listed {
        positions,
        has_more: rest.next().is_some(),
    }
}
