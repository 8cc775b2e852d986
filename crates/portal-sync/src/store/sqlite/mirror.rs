//! Mirrors in the database, read so that damage is noticed.
//!
//! The row of the account keeps the sum of the digests of all rows of its mirror. Rows that it does not fit are no mirror, and
//! no damage of the store: nothing is in them that Okta does not say again.

use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::Failure;
use super::index::{MIRRORS_SINCE, version};
use crate::held::mirror::{
    Account, Mirror, MirrorCounter, MirrorReader, Misread, RowCounts, RowKind,
};
use crate::store::digest::Sum;
use crate::store::mirrors;
use crate::store::{CheckedMirror, StoreErrorKind};

/// The mirror of a provider; none when there is none, and when it is not understood.
pub(super) fn read(
    transaction: &Transaction<'_>,
    provider: &str,
) -> Result<Option<Mirror>, Failure> {
    let mut reader = MirrorReader::default();
    let whole = each(transaction, provider, |row| {
        reader.row(row.kind, row.okta_id, row.body)
    })?;
    let read = whole.and_then(|()| reader.finish());
    Ok(mirrors::understood(provider, read))
}

/// Looks through every mirror that there is.
pub(super) fn checked(transaction: &Transaction<'_>) -> Result<Vec<CheckedMirror>, Failure> {
    if version(transaction)? < MIRRORS_SINCE {
        return Ok(Vec::new());
    }
    let mut providers =
        transaction.prepare("SELECT DISTINCT provider FROM mirror ORDER BY provider")?;
    let mut rows = providers.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        // A name that is no text any more is told as far as it is.
        let provider =
            String::from_utf8_lossy(row.get_ref(0)?.as_bytes().unwrap_or_default()).into_owned();
        let looked = look_through(transaction, &provider)?;
        all.extend(mirrors::checked(provider, looked));
    }
    Ok(all)
}

fn look_through(
    transaction: &Transaction<'_>,
    provider: &str,
) -> Result<Result<Option<(Account, RowCounts)>, Misread>, Failure> {
    let mut counter = MirrorCounter::default();
    let whole = each(transaction, provider, |row| {
        counter.row(row.kind, row.okta_id, row.body)
    })?;
    Ok(whole.and_then(|()| counter.finish()))
}

/// One row, as long as it is looked at.
struct Stored<'a> {
    kind: &'a str,
    okta_id: &'a str,
    body: &'a str,
    sum: Option<Sum>,
}

impl<'a> Stored<'a> {
    /// Reads `kind, okta_id, body, digest`; none where these are no texts.
    fn of(row: &'a Row<'_>) -> Result<Option<Self>, Failure> {
        let text = |at| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_str().ok());
        let (Some(kind), Some(okta_id), Some(body)) = (text(0)?, text(1)?, text(2)?) else {
            return Ok(None);
        };
        let sum = row.get_ref(3)?.as_blob_or_null().ok().flatten();
        Ok(Some(Self {
            kind,
            okta_id,
            body,
            sum: sum.and_then(Sum::from_bytes),
        }))
    }

    fn digest(&self, provider: &str) -> Sum {
        digest(provider, self.kind, self.okta_id, self.body)
    }
}

fn digest(provider: &str, kind: &str, okta_id: &str, body: &str) -> Sum {
    Sum::of_row(&[provider, kind, okta_id, body].map(|text| text.as_bytes()))
}

/// Takes every row of a mirror in the order of kind and id. The inner result tells whether they are those that were written.
fn each(
    transaction: &Transaction<'_>,
    provider: &str,
    mut take: impl FnMut(&Stored<'_>) -> Result<(), Misread>,
) -> Result<Result<(), Misread>, Failure> {
    if version(transaction)? < MIRRORS_SINCE {
        return Ok(Ok(()));
    }
    let mut all = transaction.prepare(
        "SELECT kind, okta_id, body, digest FROM mirror WHERE provider = ?1 ORDER BY kind, okta_id",
    )?;
    let mut rows = all.query([provider])?;
    let (mut sum, mut expected) = (Sum::default(), None);
    let mut last = (String::new(), String::new());
    while let Some(row) = rows.next()? {
        let Some(row) = Stored::of(row)? else {
            return Ok(Err(Misread::Altered));
        };
        // The order is that of the pages. Where it is broken, what is looked up by its id is not found.
        if (row.kind, row.okta_id) <= (&*last.0, &*last.1) {
            return Ok(Err(Misread::Altered));
        }
        last.0.replace_range(.., row.kind);
        last.1.replace_range(.., row.okta_id);
        sum.add(row.digest(provider));
        if row.kind == RowKind::Account.as_str() {
            expected = row.sum;
        }
        if let Err(misread) = take(&row) {
            return Ok(Err(misread));
        }
    }
    let is_there = !last.0.is_empty();
    Ok(if is_there && expected != Some(sum) {
        Err(Misread::Altered)
    } else {
        Ok(())
    })
}

/// Writes what the database does not have of a mirror as it is.
pub(super) fn write(
    transaction: &Transaction<'_>,
    provider: &str,
    mirror: &Mirror,
) -> Result<(), Failure> {
    if mirror.is_kept() {
        return Ok(());
    }
    let sum = if mirror.is_new() {
        remove(transaction, provider)?;
        Sum::default()
    } else {
        match kept_sum(transaction, provider)? {
            Some(sum) => sum,
            // It went, or is damaged: what changed of it is not a mirror.
            None => return remove(transaction, provider),
        }
    };
    let mut find = transaction.prepare(
        "SELECT kind, okta_id, body, digest FROM mirror WHERE provider = ?1 AND kind = ?2 AND okta_id = ?3",
    )?;
    let mut delete = transaction
        .prepare("DELETE FROM mirror WHERE provider = ?1 AND kind = ?2 AND okta_id = ?3")?;
    let mut put = transaction.prepare(
        "INSERT OR REPLACE INTO mirror (provider, kind, okta_id, body) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let mut sum = sum;
    for row in mirror.rows() {
        let row = row.map_err(unwritable)?;
        let (kind, id) = (row.kind.as_str(), row.id.as_str());
        if !mirror.is_new() {
            let mut found = find.query([provider, kind, id])?;
            if let Some(before) = found.next()?.map(Stored::of).transpose()?.flatten() {
                sum.subtract(before.digest(provider));
            }
        }
        match &row.body {
            Some(body) => {
                put.execute([provider, kind, id, body])?;
                sum.add(digest(provider, kind, id, body));
            }
            None if mirror.is_new() => {}
            None => {
                delete.execute([provider, kind, id])?;
            }
        }
    }
    transaction.execute(
        "UPDATE mirror SET digest = ?2 WHERE provider = ?1 AND kind = 'account'",
        params![provider, sum.to_bytes()],
    )?;
    Ok(())
}

/// The sum of the rows that there are; none when there is no mirror.
fn kept_sum(transaction: &Transaction<'_>, provider: &str) -> Result<Option<Sum>, Failure> {
    let kept = transaction
        .query_row(
            "SELECT digest FROM mirror WHERE provider = ?1 AND kind = 'account' AND okta_id = ''",
            [provider],
            |row| {
                Ok(row
                    .get_ref(0)?
                    .as_blob_or_null()
                    .ok()
                    .flatten()
                    .and_then(Sum::from_bytes))
            },
        )
        .optional()?;
    Ok(kept.flatten())
}

/// Removes the mirror of a provider.
pub(super) fn remove(transaction: &Transaction<'_>, provider: &str) -> Result<(), Failure> {
    transaction.execute("DELETE FROM mirror WHERE provider = ?1", [provider])?;
    Ok(())
}

fn unwritable(error: serde_json::Error) -> Failure {
    Failure::Because(StoreErrorKind::Other, Box::new(error))
}
