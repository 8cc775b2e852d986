//! What is kept of the feed.

/// How the catalog is spread over the files of the feed.
///
/// An entity that moved from one file to another would be gone from Backstage until its new file changes again, so the number
/// of files is kept from first use on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Feed {
    /// So many files, 1 to 1,024.
    pub shards: u16,
    /// How often the feed was renewed.
    pub renewals: u64,
}
