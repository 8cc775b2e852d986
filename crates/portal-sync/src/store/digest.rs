//! Sums by which damage is noticed that SQLite takes for content.
//!
//! SQLite notices a page whose structure is damaged, and not one in which other letters stand, or the page of an hour ago.
//! So each row has a digest, and what is kept is the sum of them: it changes by what a commit changes, and whoever reads
//! all rows has it for nothing.

use sha2::{Digest as _, Sha256};

/// The sum of the digests of some rows, in whatever order they come.
///
/// It tells of damage, not of tampering: whoever can write the file can write the sums as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum(u128);

impl Sum {
    /// The digest of one row. The lengths of its fields count, so that no letter passes from one to the next unnoticed.
    pub(super) fn of_row(fields: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for field in fields {
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field);
        }
        let number = hash.finalize().into_iter().take(16);
        Self(number.fold(0, |number, byte| number << 8 | u128::from(byte)))
    }

    pub(super) fn add(&mut self, row: Self) {
        self.0 = self.0.wrapping_add(row.0);
    }

    pub(super) fn subtract(&mut self, row: Self) {
        self.0 = self.0.wrapping_sub(row.0);
    }

    pub(super) const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().map(u128::from_be_bytes).map(Self).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[&str]) -> Sum {
        let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
        Sum::of_row(&fields)
    }

    #[test]
    fn every_letter_and_its_place_count() {
        let rows = [
            row(&["a", "b"]),
            row(&["b", "a"]),
            row(&["ab", ""]),
            row(&["", "ab"]),
            row(&["ab"]),
            row(&["a", "b", ""]),
            row(&[]),
        ];
        for (number, one) in rows.iter().enumerate() {
            assert_eq!(rows.iter().position(|other| other == one), Some(number));
        }
    }

    #[test]
    fn rows_come_and_go_in_any_order() {
        let (one, two) = (row(&["one"]), row(&["two"]));
        let (mut sum, mut other) = (Sum::default(), Sum::default());
        sum.add(one);
        sum.add(two);
        other.add(two);
        other.add(one);
        assert_eq!(sum, other);
        // The same row twice is not none, as it would be without carrying.
        other.add(two);
        assert_ne!(sum, other);
        other.subtract(two);
        assert_eq!(sum, other);
        sum.subtract(one);
        sum.subtract(two);
        assert_eq!(sum, Sum::default());
        assert_eq!(Sum::from_bytes(&one.to_bytes()), Some(one));
        assert_eq!(Sum::from_bytes(b"short"), None);
    }
}
