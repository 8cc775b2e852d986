//! Many lists of numbers in two allocations.

/// Lists of positions, one after another.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    starts: Vec<usize>,
    items: Vec<u32>,
}

impl Lists {
    /// So many lists of these lengths, all zero.
    fn of_lengths(lengths: impl Iterator<Item = usize>) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        for length in lengths {
            end += length;
            starts.push(end);
        }
        Self {
            starts,
            items: vec![0; end],
        }
    }

    /// Begins with no list.
    pub(super) fn new() -> Self {
        Self {
            starts: vec![0],
            items: Vec::new(),
        }
    }

    /// Adds a list at the end.
    pub(super) fn push(&mut self, list: impl Iterator<Item = u32>) {
        self.items.extend(list);
        self.starts.push(self.items.len());
    }

    /// The list at a position.
    pub(super) fn get(&self, at: u32) -> &[u32] {
        let at = at as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(&start), Some(&end)) => self.items.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// How many items all lists have.
    pub(super) fn total(&self) -> usize {
        self.items.len()
    }

    /// Who lists whom, the other way round: `count` lists, each in the order `order` of the lists here.
    pub(super) fn inverted(&self, count: usize, order: &[u32]) -> Self {
        let mut lengths = vec![0_usize; count];
        for &item in &self.items {
            if let Some(length) = lengths.get_mut(item as usize) {
                *length += 1;
            }
        }
        let mut inverted = Self::of_lengths(lengths.into_iter());
        let mut next = inverted.starts.clone();
        for &from in order {
            for &item in self.get(from) {
                if let Some(at) = next.get_mut(item as usize) {
                    if let Some(place) = inverted.items.get_mut(*at) {
                        *place = from;
                    }
                    *at += 1;
                }
            }
        }
        inverted
    }
}

#[cfg(test)]
mod tests {
    use super::Lists;

    #[test]
    fn inverting_lists_in_the_order_that_is_asked_for() {
        let mut lists = Lists::new();
        for list in [vec![0, 2], vec![], vec![2, 1, 0]] {
            lists.push(list.into_iter());
        }
        let inverted = lists.inverted(3, &[2, 1, 0]);
        assert_eq!(inverted.get(0), [2, 0]);
        assert_eq!(inverted.get(1), [2]);
        assert_eq!(inverted.get(2), [2, 0]);
        assert_eq!((inverted.total(), inverted.get(3)), (5, &[][..]));
    }
}
