//! The values of one search key, and who has them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use fixedbitset::FixedBitSet;

use super::like::Pattern;
use super::texts::{index, number};
use super::values::Values;

/// The terms of one key before they are sorted.
#[derive(Debug, Default)]
pub(super) struct Rows {
    text: String,
    rows: Vec<Row>,
    nulls: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    /// Where the value in lower case is in the text.
    folded: (u32, u32),
    /// Where it is as it is spelled.
    spelled: (u32, u32),
    position: u32,
    is_item: bool,
}

impl Rows {
    pub(super) fn push(&mut self, position: u32, value: Option<&str>, is_item: bool) {
        let Some(value) = value else {
            if self.nulls.last() != Some(&position) {
                self.nulls.push(position);
            }
            return;
        };
        let spelled = self.keep(value);
        let lower = value.to_lowercase();
        let folded = if lower == value {
            spelled
        } else {
            self.keep(&lower)
        };
        self.rows.push(Row {
            folded,
            spelled,
            position,
            is_item,
        });
    }

    fn keep(&mut self, text: &str) -> (u32, u32) {
        let start = number(self.text.len());
        self.text.push_str(text);
        (start, number(self.text.len()))
    }

    fn at(&self, (start, end): (u32, u32)) -> &str {
        self.text.get(index(start)..index(end)).unwrap_or_default()
    }

    /// The column of these rows. `rank` tells where an entity is among those sorted by uid.
    pub(super) fn sorted(mut self, rank: &[u32]) -> Column {
        let mut rows = std::mem::take(&mut self.rows);
        let place = |position: u32| rank.get(index(position)).copied().unwrap_or_default();
        rows.sort_by(|a, b| {
            let values = self.at(a.folded).cmp(self.at(b.folded));
            values.then_with(|| place(a.position).cmp(&place(b.position)))
        });
        // Of texts of one entity that differ by case only, the first counts.
        rows.dedup_by(|later, kept| {
            later.position == kept.position && self.at(later.folded) == self.at(kept.folded)
        });
        let mut column = Column {
            nulls: self.nulls.clone(),
            rows: rows.iter().map(|row| row.position).collect(),
            items: Items::of(&rows),
            ..Column::default()
        };
        let (mut last, mut last_spelled) = ("", "");
        let mut spelled = Values::default();
        let mut is_spelled = false;
        let mut start = 0;
        for same in rows.chunk_by(|a, b| self.at(a.folded) == self.at(b.folded)) {
            let Some(first) = same.first() else { continue };
            let (value, spelling) = (self.at(first.folded), self.at(first.spelled));
            let spellings = self.spellings(same);
            if spellings.len() > 1 {
                column.several.insert(column.values.len(), spellings);
            }
            column.values.push(last, value);
            spelled.push(last_spelled, spelling);
            (last, last_spelled) = (value, spelling);
            is_spelled |= value != spelling;
            column.starts.push(start);
            start += number(same.len());
        }
        column.starts.push(start);
        column.starts.shrink_to_fit();
        column.values.shrink();
        if is_spelled {
            spelled.shrink();
            column.spelled = Some(spelled);
        }
        column
    }

    /// How the texts of one value are spelled, and by whom.
    fn spellings(&self, rows: &[Row]) -> BTreeMap<Box<str>, Vec<u32>> {
        let mut spellings: BTreeMap<Box<str>, Vec<u32>> = BTreeMap::new();
        let first = rows.first().map(|row| self.at(row.spelled));
        if rows.iter().all(|row| Some(self.at(row.spelled)) == first) {
            return spellings;
        }
        for row in rows {
            let same = spellings.entry(self.at(row.spelled).into()).or_default();
            same.push(row.position);
        }
        spellings
    }
}

/// Which rows of a column are texts in lists.
#[derive(Debug, Default)]
enum Items {
    #[default]
    None,
    All,
    Some(FixedBitSet),
}

impl Items {
    fn of(rows: &[Row]) -> Self {
        let items = rows.iter().filter(|row| row.is_item).count();
        if items == 0 {
            Self::None
        } else if items == rows.len() {
            Self::All
        } else {
            let mut set = FixedBitSet::with_capacity(rows.len());
            let is_item = |(_, row): &(usize, &Row)| row.is_item;
            set.extend(rows.iter().enumerate().filter(is_item).map(|(at, _)| at));
            Self::Some(set)
        }
    }

    fn contains(&self, row: usize) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(set) => set.contains(row),
        }
    }
}

/// The values of one key in lower case, sorted, and where the entities are that have them.
#[derive(Debug, Default)]
pub(super) struct Column {
    values: Values,
    /// Where the rows of each value begin, and behind the last one.
    starts: Vec<u32>,
    /// Positions by value; those of one value are sorted by uid.
    rows: Vec<u32>,
    items: Items,
    /// The values as they are spelled, where one of them has capitals.
    spelled: Option<Values>,
    /// The values that are spelled in several ways, by their number.
    several: BTreeMap<u32, BTreeMap<Box<str>, Vec<u32>>>,
    /// Those that have the key and no value that could be compared.
    nulls: Vec<u32>,
    folded: OnceLock<Folded>,
}

/// Which values of a column are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    Any,
    OneOf(&'a [String]),
    Beginning(&'a str),
}

impl Wanted<'_> {
    /// Whether this value is.
    pub(super) fn includes(&self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(values) => values.iter().any(|one| one == value),
            Self::Beginning(prefix) => value.starts_with(prefix),
        }
    }
}

impl Column {
    /// Adds those that have a wanted value.
    pub(super) fn select(&self, wanted: Wanted<'_>, chosen: &mut FixedBitSet) {
        match wanted {
            Wanted::Any => {
                let all = self.rows.iter().chain(&self.nulls);
                chosen.extend(all.copied().map(index));
            }
            Wanted::OneOf(values) => {
                for value in values.iter().filter_map(|value| self.values.find(value)) {
                    chosen.extend(self.rows_of(value).iter().copied().map(index));
                }
            }
            Wanted::Beginning(prefix) => {
                let first = self.values.lower_bound(prefix);
                self.values.each_from(first, |value, text| {
                    let begins = text.starts_with(prefix);
                    if begins {
                        chosen.extend(self.rows_of(value).iter().copied().map(index));
                    }
                    begins
                });
            }
        }
    }

    /// Adds those that have this text in a list.
    pub(super) fn select_item(&self, text: &str, chosen: &mut FixedBitSet) {
        if matches!(self.items, Items::None) {
            return;
        }
        let Some(value) = self.values.find(text) else {
            return;
        };
        let first = self.start(value);
        for (row, position) in (first..).zip(self.rows_of(value)) {
            if self.items.contains(row) {
                chosen.insert(index(*position));
            }
        }
    }

    /// Those that have a value that can be compared.
    pub(super) fn with_value(&self, entities: usize) -> FixedBitSet {
        let mut set = FixedBitSet::with_capacity(entities);
        set.extend(self.rows.iter().copied().map(index));
        set
    }

    /// The numbers of all values.
    pub(super) const fn all(&self) -> Range<u32> {
        0..self.values.len()
    }

    /// The numbers of the values from this one on, in the order of `walk`, and the number of this one if it is there.
    pub(super) fn from(&self, value: &str, walk: Walk) -> (Range<u32>, Option<u32>) {
        let bound = self.values.lower_bound(value);
        let same = self.values.find(value);
        let values = if walk.descending {
            0..bound + u32::from(same.is_some())
        } else {
            bound..self.values.len()
        };
        (values, same)
    }

    /// The numbers of these values, each with those who have it.
    pub(super) fn walk(&self, values: Range<u32>, walk: Walk) -> impl Iterator<Item = (u32, u32)> {
        in_order(values, walk.descending).flat_map(move |value| {
            let rows = self.rows_of(value).iter();
            in_order(rows, walk.uids_descending).map(move |position| (value, *position))
        })
    }

    /// The value with this number, in lower case.
    pub(super) fn value(&self, value: u32) -> String {
        self.values.get(value)
    }

    /// Each value as it is spelled, and who spells it so.
    pub(super) fn each_spelling(&self, mut each: impl FnMut(&str, &[u32])) {
        let spelled = self.spelled.as_ref().unwrap_or(&self.values);
        spelled.each_from(0, |value, text| {
            match self.several.get(&value) {
                None => each(text, self.rows_of(value)),
                Some(spellings) => spellings.iter().for_each(|(text, rows)| each(text, rows)),
            }
            true
        });
    }

    /// Each entity that has a value, with the number of that, and those whose value cannot be compared.
    pub(super) fn by_entity(&self) -> Vec<(u32, Option<u32>)> {
        let values = (0..self.values.len())
            .flat_map(|value| self.rows_of(value).iter().map(move |at| (*at, Some(value))));
        let nulls = self.nulls.iter().map(|at| (*at, None));
        let mut all: Vec<_> = values.chain(nulls).collect();
        all.sort_unstable();
        all
    }

    /// The values that have this pattern as a part. With `keeps`, the texts are kept side by side for the next search.
    pub(super) fn matching(&self, pattern: &Pattern, keeps: bool) -> FixedBitSet {
        let mut found = FixedBitSet::with_capacity(index(self.values.len()));
        if keeps || self.folded.get().is_some() {
            let folded = self.folded.get_or_init(|| Folded::of(&self.values));
            folded.find(pattern, &mut found);
        } else {
            self.values.each_from(0, |value, text| {
                found.set(index(value), pattern.is_in(text));
                true
            });
        }
        found
    }

    /// Whether the texts are kept side by side.
    pub(super) fn is_folded(&self) -> bool {
        self.folded.get().is_some()
    }

    /// Adds those who have one of these values.
    pub(super) fn select_values(&self, values: &FixedBitSet, chosen: &mut FixedBitSet) {
        for value in values.ones() {
            chosen.extend(self.rows_of(number(value)).iter().copied().map(index));
        }
    }

    fn start(&self, value: u32) -> usize {
        let start = self.starts.get(index(value)).copied();
        start.map_or(self.rows.len(), index)
    }

    fn rows_of(&self, value: u32) -> &[u32] {
        let rows = self.rows.get(self.start(value)..self.start(value + 1));
        rows.unwrap_or_default()
    }
}

/// In which order a column is walked through.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Walk {
    pub(super) descending: bool,
    /// In which order those are told who have one value.
    pub(super) uids_descending: bool,
}

impl Walk {
    /// Values and uids in the same order.
    pub(super) const fn both(descending: bool) -> Self {
        Self {
            descending,
            uids_descending: descending,
        }
    }
}

/// The items, from the first or from the last on.
pub(super) fn in_order<I>(items: I, reversed: bool) -> impl Iterator<Item = I::Item>
where
    I: DoubleEndedIterator + Clone,
{
    let forwards = (!reversed).then(|| items.clone());
    let backwards = reversed.then(|| items.rev());
    forwards
        .into_iter()
        .flatten()
        .chain(backwards.into_iter().flatten())
}

/// Stands between texts: no text has this byte.
const BETWEEN: u8 = 0xff;

/// The values side by side, as a search runs through them.
#[derive(Debug)]
struct Folded {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Folded {
    fn of(values: &Values) -> Self {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        values.each_from(0, |_, text| {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(BETWEEN);
            ends.push(number(bytes.len()));
            true
        });
        bytes.shrink_to_fit();
        ends.shrink_to_fit();
        Self { bytes, ends }
    }

    fn find(&self, pattern: &Pattern, found: &mut FixedBitSet) {
        let Some(finder) = pattern.plain() else {
            let mut start = 0;
            for (value, end) in self.ends.iter().enumerate() {
                let text = self.bytes.get(start..index(*end).saturating_sub(1));
                let text = str::from_utf8(text.unwrap_or_default());
                found.set(value, pattern.is_in(text.unwrap_or_default()));
                start = index(*end);
            }
            return;
        };
        let mut from = 0;
        while let Some(at) = self.bytes.get(from..).and_then(|rest| finder.find(rest)) {
            let value = self.ends.partition_point(|end| index(*end) <= from + at);
            let Some(end) = self.ends.get(value) else {
                return;
            };
            found.insert(value);
            from = index(*end);
        }
    }
}
