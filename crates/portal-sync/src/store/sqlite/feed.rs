//! The row of the feed.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Failure, damaged};
use crate::store::Feed;

/// What is kept; nothing before its first use, and in a file of before there was a feed.
pub(super) fn read(transaction: &Transaction<'_>) -> Result<Option<Feed>, Failure> {
    let is_there: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'feed')",
        [],
        |row| row.get(0),
    )?;
    if !is_there {
        return Ok(None);
    }
    let row = transaction
        .query_row(
            "SELECT shards, renewals FROM feed WHERE id = 1",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )
        .optional()?;
    let Some((shards, renewals)) = row else {
        return Ok(None);
    };
    Ok(Some(Feed {
        shards: u16::try_from(shards).map_err(damaged)?,
        renewals: u64::try_from(renewals).map_err(damaged)?,
    }))
}

/// Keeps this number of files, unless another one is kept.
pub(super) fn keep(transaction: &Transaction<'_>, shards: u16) -> Result<Feed, Failure> {
    transaction.execute(
        "INSERT OR IGNORE INTO feed (id, shards, renewals) VALUES (1, ?1, 0)",
        params![shards],
    )?;
    Ok(read(transaction)?.unwrap_or(Feed {
        shards,
        renewals: 0,
    }))
}

/// Counts a renewal; nothing happens before the first use.
pub(super) fn renew(transaction: &Transaction<'_>) -> Result<Option<Feed>, Failure> {
    transaction.execute("UPDATE feed SET renewals = renewals + 1 WHERE id = 1", [])?;
    read(transaction)
}
