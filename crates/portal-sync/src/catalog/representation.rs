//! An answer as bytes that many readers share: made once, kept in chunks.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use catalog_model::Digest;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// How many bytes a chunk has; the last one may have fewer.
pub(crate) const CHUNK: usize = 64 * 1024;

/// How the bytes of an answer are coded (RFC 9110, section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Coding {
    /// As they are.
    Identity,
    /// Compressed by gzip.
    Gzip,
}

/// The bytes of an answer, with what HTTP says of them. Clones share the bytes.
///
/// Each chunk is memory of its own, so that a connection whose peer takes nothing holds the few chunks that wait to be
/// sent, and never the whole.
#[derive(Debug, Clone)]
pub(crate) struct Representation {
    chunks: Arc<[Bytes]>,
    length: u64,
    etag: Arc<str>,
}

impl Representation {
    /// What `write` writes, in this coding.
    ///
    /// # Errors
    /// Those of `write`.
    pub(crate) fn coded(
        coding: Coding,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<Self> {
        let mut out = Chunks::default();
        match coding {
            Coding::Identity => write(&mut out)?,
            Coding::Gzip => {
                let mut packed = GzEncoder::new(out, Compression::default());
                write(&mut packed)?;
                out = packed.finish()?;
            }
        }
        Ok(out.end())
    }

    /// The bytes, in pieces of [`CHUNK`] bytes.
    #[must_use]
    pub(crate) fn chunks(&self) -> &Arc<[Bytes]> {
        &self.chunks
    }

    /// How many bytes there are.
    #[must_use]
    pub(crate) const fn len(&self) -> u64 {
        self.length
    }

    /// A strong entity tag (RFC 9110, section 8.8.3), quotes included: a digest of these very bytes, so each coding has
    /// its own.
    #[must_use]
    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }
}

#[derive(Default)]
struct Chunks {
    full: Vec<Bytes>,
    open: Vec<u8>,
    length: u64,
    digest: Sha256,
}

impl Chunks {
    fn close(&mut self) {
        let chunk = std::mem::take(&mut self.open);
        self.digest.update(&chunk);
        self.length += chunk.len() as u64;
        // A boxed slice has no room left that nobody needs.
        self.full.push(chunk.into_boxed_slice().into());
    }

    fn end(mut self) -> Representation {
        if !self.open.is_empty() {
            self.close();
        }
        // Half of the digest tells any two answers apart.
        let digest = Digest::from_bytes(self.digest.finalize().into());
        let etag = format!("\"{digest:.32}\"");
        Representation {
            chunks: self.full.into(),
            length: self.length,
            etag: etag.into(),
        }
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = CHUNK - self.open.len();
        let (taken, _) = bytes.split_at(bytes.len().min(room));
        self.open.extend_from_slice(taken);
        if self.open.len() == CHUNK {
            self.close();
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    fn of(coding: Coding, bytes: &[u8], part: usize) -> Representation {
        Representation::coded(coding, |out| {
            bytes.chunks(part).try_for_each(|part| out.write_all(part))
        })
        .unwrap()
    }

    fn whole(representation: &Representation) -> Vec<u8> {
        representation.chunks().concat()
    }

    /// Bytes that gzip cannot make smaller.
    fn noise(length: usize) -> Vec<u8> {
        let next = |seed: &u32| Some(seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let seeds = std::iter::successors(Some(7_u32), next);
        seeds
            .map(|seed| seed.to_be_bytes()[0])
            .take(length)
            .collect()
    }

    #[test]
    fn bytes_come_in_chunks_whatever_the_parts_they_were_written_in() {
        for (length, sizes) in [
            (0, vec![]),
            (1, vec![1]),
            (CHUNK - 1, vec![CHUNK - 1]),
            (CHUNK, vec![CHUNK]),
            (CHUNK + 1, vec![CHUNK, 1]),
            (3 * CHUNK, vec![CHUNK; 3]),
        ] {
            let bytes = noise(length);
            for part in [1_000, CHUNK, 5 * CHUNK] {
                let made = of(Coding::Identity, &bytes, part);
                let lengths: Vec<_> = made.chunks().iter().map(Bytes::len).collect();
                assert_eq!(lengths, sizes, "{length} in {part}");
                assert_eq!(whole(&made), bytes);
                assert_eq!(made.len(), length as u64);
            }
        }
    }

    #[test]
    fn gzip_is_read_back_and_comes_in_chunks_too() {
        let bytes = noise(3 * CHUNK);
        let packed = of(Coding::Gzip, &bytes, 1_000);
        assert!(packed.chunks().len() > 1);
        assert_eq!(packed.len(), whole(&packed).len() as u64);
        let mut read = Vec::new();
        GzDecoder::new(&*whole(&packed))
            .read_to_end(&mut read)
            .unwrap();
        assert_eq!(read, bytes);
    }

    #[test]
    fn a_tag_follows_the_bytes_and_the_coding() {
        let tag = |coding, bytes: &[u8]| of(coding, bytes, 10).etag().to_owned();
        let first = tag(Coding::Identity, b"one");
        assert_eq!(first.len(), 34);
        assert!(first.starts_with('"') && first.ends_with('"'));
        assert_eq!(first, tag(Coding::Identity, b"one"));
        assert_ne!(first, tag(Coding::Identity, b"two"));
        assert_ne!(first, tag(Coding::Gzip, b"one"));
        assert_eq!(tag(Coding::Gzip, b"one"), tag(Coding::Gzip, b"one"));
    }

    #[test]
    fn a_chunk_that_waits_to_be_sent_does_not_hold_the_whole() {
        let made = of(Coding::Identity, &noise(4 * CHUNK), CHUNK);
        let held = made.chunks()[0].clone();
        let others = Arc::downgrade(made.chunks());
        drop(made);
        assert!(others.upgrade().is_none());
        assert!(held.is_unique(), "the chunk is memory of its own");
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        let failed = Representation::coded(Coding::Gzip, |_| Err(io::Error::other("no")));
        assert_eq!(failed.unwrap_err().to_string(), "no");
    }

    #[test]
    fn the_example_of_representation() -> Result<(), Box<dyn std::error::Error>> {
        use crate::catalog::representation::{Coding, Representation};

        let hello = Representation::coded(Coding::Identity, |out| out.write_all(b"hello"))?;
        assert_eq!((hello.len(), hello.chunks().len()), (5, 1));
        Ok(())
    }
}
