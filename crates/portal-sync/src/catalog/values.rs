//! Sorted texts, each kept as what it adds to the one before.

use super::texts::{index, number};

/// So many texts begin anew with a whole one, where a search can start.
const RUN: usize = 16;

/// Texts in the order in which they were added, which is a sorted one where they are to be found.
#[derive(Debug, Default)]
pub(super) struct Values {
    bytes: Vec<u8>,
    /// Where each run begins.
    runs: Vec<u32>,
    count: u32,
}

impl Values {
    /// Adds a text after `before`, the one that was added last.
    pub(super) fn push(&mut self, before: &str, text: &str) {
        let shared = if index(self.count).is_multiple_of(RUN) {
            self.runs.push(number(self.bytes.len()));
            0
        } else {
            let equal = before.bytes().zip(text.bytes()).take_while(|(a, b)| a == b);
            equal.count()
        };
        let rest = text.as_bytes().get(shared..).unwrap_or_default();
        self.length(shared);
        self.length(rest.len());
        self.bytes.extend_from_slice(rest);
        self.count += 1;
    }

    /// Lengths have seven bits a byte, the lowest first.
    fn length(&mut self, mut length: usize) {
        while length > 0x7f {
            self.bytes.push(0x80 | length.to_le_bytes()[0]);
            length >>= 7;
        }
        self.bytes.push(length.to_le_bytes()[0]);
    }

    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.runs.shrink_to_fit();
    }

    pub(super) const fn len(&self) -> u32 {
        self.count
    }

    /// Calls `each` with the texts from the one with this number on, until it says no.
    pub(super) fn each_from(&self, first: u32, mut each: impl FnMut(u32, &str) -> bool) {
        let run = index(first) / RUN;
        let Some(start) = self.runs.get(run) else {
            return;
        };
        let mut at = index(*start);
        let mut text = Vec::new();
        for place in number(run * RUN)..self.count {
            let shared = self.read_length(&mut at);
            let length = self.read_length(&mut at);
            text.truncate(shared);
            text.extend_from_slice(self.bytes.get(at..at + length).unwrap_or_default());
            at += length;
            if place >= first && !each(place, str::from_utf8(&text).unwrap_or_default()) {
                return;
            }
        }
    }

    fn read_length(&self, at: &mut usize) -> usize {
        let (mut length, mut shift) = (0, 0);
        while let Some(byte) = self.bytes.get(*at) {
            *at += 1;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        length
    }

    /// The text with this number.
    pub(super) fn get(&self, place: u32) -> String {
        let mut found = String::new();
        self.each_from(place, |_, text| {
            text.clone_into(&mut found);
            false
        });
        found
    }

    /// The number of the first of these sorted texts that is not before `text`.
    pub(super) fn lower_bound(&self, text: &str) -> u32 {
        let heads = |run: usize| self.get(number(run * RUN));
        let (mut low, mut high) = (0, self.runs.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if *heads(middle) < *text {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // It is in the run before the first one that begins later, or it is that one's head.
        let mut bound = number(low * RUN).min(self.count);
        if let Some(run) = low.checked_sub(1) {
            self.each_from(number(run * RUN), |place, one| {
                let is_before = one < text;
                if !is_before {
                    bound = bound.min(place);
                }
                is_before && index(place) + 1 < low * RUN
            });
        }
        bound
    }

    /// The number of this text among sorted ones.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let bound = self.lower_bound(text);
        (bound < self.count && self.get(bound) == text).then_some(bound)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(texts: &[String]) -> Values {
        let mut values = Values::default();
        let mut before = "";
        for text in texts {
            values.push(before, text);
            before = text;
        }
        values
    }

    proptest! {
        #[test]
        fn texts_are_found_where_they_are(
            texts in proptest::collection::btree_set("[aé]{0,3}|a{125,130}|.{0,6}", 0..80),
            other in "[aé]{0,3}|.{0,6}",
        ) {
            let texts: Vec<String> = texts.into_iter().collect();
            let values = values(&texts);
            prop_assert_eq!(index(values.len()), texts.len());
            for (place, text) in texts.iter().enumerate() {
                prop_assert_eq!(values.get(number(place)), text.clone());
                prop_assert_eq!(values.find(text), Some(number(place)));
            }
            let bound = texts.partition_point(|text| *text < other);
            prop_assert_eq!(values.lower_bound(&other), number(bound));
            prop_assert_eq!(values.find(&other).is_some(), texts.contains(&other));
        }
    }
}
