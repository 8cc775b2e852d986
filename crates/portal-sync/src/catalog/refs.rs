//! Many refs, sorted, in one piece of memory.

use super::texts::{index, number};

/// Refs in their order, each once. The position of a ref is its rank.
#[derive(Debug, Default)]
pub(super) struct Refs {
    text: String,
    ends: Vec<u32>,
}

impl Refs {
    /// These refs, which are sorted and have no repetitions.
    pub(super) fn of_sorted<'a>(refs: impl Iterator<Item = &'a str>) -> Self {
        let mut text = String::new();
        let mut ends: Vec<u32> = refs
            .map(|one| {
                text.push_str(one);
                number(text.len())
            })
            .collect();
        text.shrink_to_fit();
        ends.shrink_to_fit();
        Self { text, ends }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The ref at this position; empty beyond the last.
    pub(super) fn get(&self, position: u32) -> &str {
        let at = index(position);
        let end = self.ends.get(at).copied().unwrap_or_default();
        let start = match at.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or_default(),
            None => 0,
        };
        self.text.get(index(start)..index(end)).unwrap_or_default()
    }

    pub(super) fn position(&self, entity_ref: &str) -> Option<u32> {
        let (mut low, mut high) = (0, number(self.len()));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle) < entity_ref {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (index(low) < self.len() && self.get(low) == entity_ref).then_some(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_is_found_at_its_rank() {
        let all = ["group:a/b", "group:default/x", "user:default/a"];
        let refs = Refs::of_sorted(all.into_iter());
        for (rank, one) in all.iter().enumerate() {
            assert_eq!(refs.position(one), Some(number(rank)));
            assert_eq!(refs.get(number(rank)), *one);
        }
        for none in ["", "group:a/a", "group:default/y", "z"] {
            assert_eq!(refs.position(none), None);
        }
        assert_eq!((refs.get(3), Refs::default().position("a")), ("", None));
    }
}
