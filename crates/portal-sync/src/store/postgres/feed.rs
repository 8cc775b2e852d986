//! The row of the feed.

use deadpool_postgres::Client;

use super::failure::{Failure, damaged};
use crate::store::Feed;

/// What is kept; nothing before its first use, and in a database of before there was a feed.
pub(super) async fn read(client: &Client) -> Result<Option<Feed>, Failure> {
    let is_there = client
        .query_one("SELECT to_regclass('feed') IS NOT NULL", &[])
        .await?;
    if !is_there.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    let row = client
        .query_opt("SELECT shards, renewals FROM feed WHERE id = 1", &[])
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let (shards, renewals): (i32, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok(Some(Feed {
        shards: u16::try_from(shards).map_err(damaged)?,
        renewals: u64::try_from(renewals).map_err(damaged)?,
    }))
}

/// Keeps this number of files, unless another one is kept.
pub(super) async fn keep(client: &Client, shards: u16) -> Result<Feed, Failure> {
    client
        .execute(
            "INSERT INTO feed (id, shards, renewals) VALUES (1, $1, 0) ON CONFLICT DO NOTHING",
            &[&i32::from(shards)],
        )
        .await?;
    Ok(read(client).await?.unwrap_or(Feed {
        shards,
        renewals: 0,
    }))
}

/// Counts a renewal; nothing happens before the first use.
pub(super) async fn renew(client: &Client) -> Result<Option<Feed>, Failure> {
    client
        .execute("UPDATE feed SET renewals = renewals + 1 WHERE id = 1", &[])
        .await?;
    read(client).await
}
