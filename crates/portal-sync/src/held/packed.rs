//! The texts of many entities, packed.

use std::io::{self, Read as _, Write as _};

use catalog_model::{Digest, EntityRef};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::document::{Document, Written, digest_of};
use super::object::Key;

/// The texts of so many bytes at least are packed together.
const BLOCK: usize = 256 * 1024;

/// Entities that are written for the first time, in the order in which they came.
///
/// A first run writes all of them: of a hundred thousand people that is a hundred megabytes of text, in which the same keys
/// come again and again. Packed they take a tenth of that.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packed {
    entries: Vec<Entry>,
    /// Texts one after the other, without anything between them.
    blocks: Vec<Box<[u8]>>,
    open: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Key,
    entity_ref: EntityRef,
    digest: Digest,
    length: usize,
}

impl Packed {
    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.entries.reserve_exact(more);
    }

    /// Takes an entity by its text.
    ///
    /// # Errors
    /// When it cannot be packed, which only a lack of memory explains.
    pub(crate) fn push(&mut self, key: Key, entity_ref: EntityRef, text: &str) -> io::Result<()> {
        self.entries.push(Entry {
            key,
            entity_ref,
            digest: digest_of(text),
            length: text.len(),
        });
        self.open.extend_from_slice(text.as_bytes());
        if self.open.len() >= BLOCK {
            let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&self.open)?;
            self.blocks.push(packed.finish()?.into());
            self.open.clear();
        }
        Ok(())
    }

    /// What they stand for, with the digests of their texts.
    pub(crate) fn digests(&self) -> impl Iterator<Item = (&Key, Digest)> {
        self.entries.iter().map(|it| (&it.key, it.digest))
    }

    /// The entities.
    ///
    /// An item is an error when a block cannot be unpacked: a bug.
    pub(crate) fn iter(&self) -> impl Iterator<Item = io::Result<Written>> {
        let mut blocks = self.blocks.iter();
        let (mut texts, mut at) = (Vec::new(), 0);
        self.entries.iter().map(move |entry| {
            if at == texts.len() {
                (texts, at) = (Vec::new(), 0);
                match blocks.next() {
                    Some(block) => drop(DeflateDecoder::new(&**block).read_to_end(&mut texts)?),
                    None => texts.clone_from(&self.open),
                }
            }
            let text = texts.get(at..at + entry.length);
            at += entry.length;
            let text = text.and_then(|text| str::from_utf8(text).ok());
            let text = text.ok_or(io::ErrorKind::InvalidData)?;
            Ok(Written {
                key: entry.key.clone(),
                document: Document::stored(entry.entity_ref.clone(), text),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for (count, length) in [
            (0, 0),
            (1, 0),
            (3, 10),
            (3, BLOCK),
            (9, BLOCK / 2),
            (2_000, 700),
        ] {
            let mut packed = Packed::default();
            let key = |n: usize| Key::User(format!("00u{n}").into());
            let text = |n: usize| format!("{n}{}", "-".repeat(length));
            for n in 0..count {
                let entity_ref = format!("user:default/u{n}").parse().unwrap();
                packed.push(key(n), entity_ref, &text(n)).unwrap();
            }
            let room: usize = packed.blocks.iter().map(|it| it.len()).sum();
            assert!(room + packed.open.len() < BLOCK + (count * length) / 5);
            let unpacked = packed.iter().map(Result::unwrap);
            for ((n, written), (same, digest)) in (0..).zip(unpacked).zip(packed.digests()) {
                assert_eq!((&written.key, same), (&key(n), &key(n)));
                assert_eq!(written.document.body(), text(n));
                assert_eq!(digest, digest_of(&text(n)));
            }
            assert_eq!(packed.iter().count(), count);
        }
    }
}
