//! The texts of many entities, packed: each is unpacked when somebody reads it.

use lz4_flex::block::{compress, decompress_into};

/// So many bytes, or one text that is longer, are packed together. More of them pack better, and fewer are unpacked for one
/// text; with these, reading one takes some five microseconds.
const BLOCK: usize = 8 * 1024;

/// Texts by their number, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Texts {
    blocks: Vec<Block>,
    places: Vec<Place>,
}

#[derive(Debug)]
struct Block {
    packed: Box<[u8]>,
    /// How many bytes there are unpacked.
    size: u32,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    block: u32,
    start: u32,
    length: u32,
}

/// Packs texts.
#[derive(Debug, Default)]
pub(super) struct Packer {
    texts: Texts,
    open: Vec<u8>,
}

impl Packer {
    pub(super) fn push(&mut self, text: &str) {
        if !self.open.is_empty() && self.open.len() + text.len() > BLOCK {
            self.close();
        }
        self.texts.places.push(Place {
            block: number(self.texts.blocks.len()),
            start: number(self.open.len()),
            length: number(text.len()),
        });
        self.open.extend_from_slice(text.as_bytes());
    }

    fn close(&mut self) {
        self.texts.blocks.push(Block {
            packed: compress(&self.open).into_boxed_slice(),
            size: number(self.open.len()),
        });
        self.open.clear();
        // One text that is very long leaves no memory behind.
        self.open.shrink_to(2 * BLOCK);
    }

    pub(super) fn finish(mut self) -> Texts {
        if !self.open.is_empty() {
            self.close();
        }
        self.texts.blocks.shrink_to_fit();
        self.texts.places.shrink_to_fit();
        self.texts
    }
}

impl Texts {
    pub(super) const fn reader(&self) -> Reader<'_> {
        Reader {
            texts: self,
            block: None,
            unpacked: Vec::new(),
        }
    }
}

/// Reads one text after the other. Neighbours are unpacked together.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    texts: &'a Texts,
    block: Option<u32>,
    unpacked: Vec<u8>,
}

impl Reader<'_> {
    /// The text with this number; nothing is read of one that there is not.
    pub(super) fn read(&mut self, number: u32) -> &str {
        let Some(place) = self.texts.places.get(index(number)).copied() else {
            return "";
        };
        if self.block != Some(place.block) {
            self.unpack(place.block);
        }
        let start = index(place.start);
        let text = self.unpacked.get(start..start + index(place.length));
        str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }

    fn unpack(&mut self, number: u32) {
        self.block = Some(number);
        self.unpacked.clear();
        let Some(block) = self.texts.blocks.get(index(number)) else {
            return;
        };
        self.unpacked.resize(index(block.size), 0);
        // What we packed ourselves, in this process, can be unpacked.
        if let Err(error) = decompress_into(&block.packed, &mut self.unpacked) {
            tracing::error!(%error, "the texts of entities cannot be unpacked: a bug, or the memory is damaged");
            self.unpacked.clear();
        }
    }
}

/// Of texts and of their bytes there are fewer than four billion: limits of what is read see to it.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back_in_any_order() {
        let long = "x".repeat(3 * BLOCK);
        let mut texts = vec![String::new(), long, "é".to_owned(), String::new()];
        texts.extend((0..2_000).map(|n| format!("text {n}")));
        let mut packer = Packer::default();
        for text in &texts {
            packer.push(text);
        }
        let packed = packer.finish();
        assert!(packed.blocks.len() > 3);
        let mut reader = packed.reader();
        for (at, text) in texts.iter().enumerate().rev() {
            assert_eq!(reader.read(number(at)), text);
        }
        assert_eq!(packed.reader().read(number(texts.len())), "");
        assert_eq!(Packer::default().finish().reader().read(0), "");
    }
}
