//! A mirror from the rows that a store kept.

use std::sync::Arc;

use okta_api::{GroupId, UserId};
use serde::Deserialize;

use super::rows::{AccountRow, FORMAT, ReadGroup, ReadUser, RollRow, RowCounts, RowKind};
use super::{Account, HeldGroup, HeldUser, Mirror, Roll};

/// Why rows are no mirror. What stands in them is not quoted: it is personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misread {
    /// Another version wrote it.
    #[error("it has the format {0}, and this version knows {FORMAT}")]
    Format(u32),
    /// One row is not what a row of its kind is.
    #[error("the row `{kind} {id}` is not what such a row is")]
    Row {
        /// The word of its kind.
        kind: String,
        /// The Okta id of the object.
        id: String,
    },
    /// The row is missing that counts the others.
    #[error("it has no account")]
    NoAccount,
    /// There are more rows than it counts, or fewer.
    #[error("it has {found} {what}, and counts {counted}")]
    Counts {
        /// What there are too many or too few of.
        what: &'static str,
        /// So many are there.
        found: u64,
        /// So many are to be there.
        counted: u64,
    },
    /// The store tells that something else was written.
    #[error("its rows are not those that were written")]
    Altered,
}

/// What a row says.
enum Parsed {
    Account(Box<Account>, RowCounts),
    User(HeldUser),
    Group(HeldGroup),
    Roll(Roll),
}

fn parsed(kind: &str, id: &str, body: &str) -> Result<Parsed, Misread> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let misread = || Misread::Row {
        kind: kind.to_owned(),
        id: id.to_owned(),
    };
    let kind = RowKind::named(kind).ok_or_else(misread)?;
    let parsed = match kind {
        RowKind::Account => {
            let Format { format } = serde_json::from_str(body).map_err(|_| misread())?;
            if format != FORMAT {
                return Err(Misread::Format(format));
            }
            serde_json::from_str(body).map(
                |AccountRow {
                     counts, account, ..
                 }| { Parsed::Account(Box::new(account.into_owned()), counts) },
            )
        }
        RowKind::User => serde_json::from_str(body).map(
            |ReadUser {
                 by_search,
                 mut user,
             }| {
                // There are many, and none grows any more: it takes no more room than it has.
                user.profile.retain(|_| true);
                let record = Arc::new(user);
                Parsed::User(HeldUser { record, by_search })
            },
        ),
        RowKind::Group => serde_json::from_str(body).map(|ReadGroup { stamp, group }| {
            let record = Arc::new(group);
            Parsed::Group(HeldGroup { record, stamp })
        }),
        RowKind::Roll => serde_json::from_str(body).map(|row| {
            let RollRow {
                as_of,
                listed,
                counted,
                ids,
                inactive,
            } = row;
            let set = |ids: &str| {
                let ids = ids.split(' ').filter(|id| !id.is_empty());
                Arc::new(ids.map(UserId::from).collect())
            };
            Parsed::Roll(Roll {
                ids: set(&ids),
                inactive: set(&inactive),
                as_of,
                listed,
                counted,
            })
        }),
    };
    parsed.map_err(|_| misread())
}

/// Reads a [`Mirror`] from its rows, in any order; those of one kind are quickest by id.
#[derive(Debug, Default)]
pub(crate) struct MirrorReader {
    account: Option<(Box<Account>, RowCounts)>,
    users: Vec<(UserId, HeldUser)>,
    groups: Vec<(GroupId, HeldGroup)>,
    rolls: Vec<(GroupId, Roll)>,
}

impl MirrorReader {
    /// Takes the next row, of the kind with this word.
    ///
    /// # Errors
    /// When its text is not what a row of that kind is.
    pub(crate) fn row(&mut self, kind: &str, id: &str, body: &str) -> Result<(), Misread> {
        match parsed(kind, id, body)? {
            Parsed::Account(account, counts) => self.account = Some((account, counts)),
            Parsed::User(user) => self.users.push((id.into(), user)),
            Parsed::Group(group) => self.groups.push((id.into(), group)),
            Parsed::Roll(roll) => self.rolls.push((id.into(), roll)),
        }
        Ok(())
    }

    /// The mirror of these rows; none when there were none.
    ///
    /// # Errors
    /// When rows are missing.
    pub(crate) fn finish(self) -> Result<Option<Mirror>, Misread> {
        let mut mirror = Mirror {
            users: self.users.into_iter().collect(),
            groups: self.groups.into_iter().collect(),
            rolls: self.rolls.into_iter().collect(),
            ..Mirror::default()
        };
        let [users, groups, rolls] = [mirror.users.len(), mirror.groups.len(), mirror.rolls.len()];
        let account = whole(self.account, [users, groups, rolls])?;
        Ok(account.map(|(account, _)| {
            mirror.account = *account;
            mirror
        }))
    }
}

/// Looks through the rows of a [`Mirror`] without keeping them.
#[derive(Debug, Default)]
pub(crate) struct MirrorCounter {
    account: Option<(Box<Account>, RowCounts)>,
    users: usize,
    groups: usize,
    rolls: usize,
}

impl MirrorCounter {
    /// Takes the next row, of the kind with this word.
    ///
    /// # Errors
    /// When its text is not what a row of that kind is.
    pub(crate) fn row(&mut self, kind: &str, id: &str, body: &str) -> Result<(), Misread> {
        match parsed(kind, id, body)? {
            Parsed::Account(account, counts) => self.account = Some((account, counts)),
            Parsed::User(_) => self.users += 1,
            Parsed::Group(_) => self.groups += 1,
            Parsed::Roll(_) => self.rolls += 1,
        }
        Ok(())
    }

    /// The account of the mirror of these rows, and how many there are; none when there were none.
    ///
    /// # Errors
    /// When rows are missing.
    pub(crate) fn finish(self) -> Result<Option<(Account, RowCounts)>, Misread> {
        let found = [self.users, self.groups, self.rolls];
        let account = whole(self.account, found)?;
        Ok(account.map(|(account, counts)| (*account, counts)))
    }
}

type Counted = (Box<Account>, RowCounts);

/// The account of rows of which so many users, groups and rolls were found, if they are all that there are to be.
fn whole(account: Option<Counted>, found: [usize; 3]) -> Result<Option<Counted>, Misread> {
    let Some((account, counts)) = account else {
        return match found {
            [0, 0, 0] => Ok(None),
            _ => Err(Misread::NoAccount),
        };
    };
    let counted = [counts.users, counts.groups, counts.rolls];
    for ((what, counted), found) in ["users", "groups", "rolls"]
        .into_iter()
        .zip(counted)
        .zip(found)
    {
        let found = u64::try_from(found).unwrap_or(u64::MAX);
        if found != counted {
            return Err(Misread::Counts {
                what,
                found,
                counted,
            });
        }
    }
    Ok(Some((account, counts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<(&'static str, String, String)> {
        let user = crate::testing::user("00u1", serde_json::json!({"email": "jane@example.com"}));
        let user = HeldUser {
            record: Arc::new(user),
            by_search: true,
        };
        let mirror = Mirror::of(Account::default(), [user], [], []);
        let rows = mirror.rows().map(|row| {
            let row = row.unwrap();
            (row.kind.as_str(), row.id, row.body.unwrap())
        });
        rows.collect()
    }

    fn read(rows: &[(&str, String, String)]) -> Result<Option<Mirror>, Misread> {
        let (mut reader, mut counter) = (MirrorReader::default(), MirrorCounter::default());
        for (kind, id, body) in rows {
            let read = reader.row(kind, id, body);
            assert_eq!(counter.row(kind, id, body), read);
            read?;
        }
        let read = reader.finish();
        let counted = counter.finish();
        assert_eq!(counted.as_ref().err(), read.as_ref().err());
        assert_eq!(
            counted.ok().flatten().map(|(account, _)| account),
            read.as_ref()
                .ok()
                .and_then(|it| it.as_ref())
                .map(|it| it.account.clone())
        );
        read
    }

    #[test]
    fn what_is_no_mirror_says_why_and_quotes_nothing() {
        let [account, user] = rows().try_into().unwrap();
        let of = |rows: &[&(&'static str, String, String)]| {
            let rows: Vec<_> = rows.iter().map(|row| (*row).clone()).collect();
            let read = read(&rows).map(|it| it.is_some());
            read.map_err(|misread| misread.to_string())
        };
        let altered = |from: &str, to: &str| {
            let [account, user] = [&account, &user].map(|(kind, id, body)| {
                assert!(body.contains(from) || *kind == "account");
                (*kind, id.clone(), body.replace(from, to))
            });
            of(&[&account, &user])
        };
        assert_eq!(of(&[]), Ok(false));
        assert_eq!(of(&[&account, &user]), Ok(true));
        assert_eq!(of(&[&user, &account]), Ok(true));
        for (read, expected) in [
            (of(&[&user]), "it has no account"),
            (of(&[&account]), "it has 0 users, and counts 1"),
            (
                altered("true", "\"jane@example.com\""),
                "the row `user 00u1` is not what such a row is",
            ),
        ] {
            assert_eq!(read, Err(expected.to_owned()));
        }
        let (kind, id, body) = &account;
        let newer = (
            *kind,
            id.clone(),
            body.replace("\"format\":1", "\"format\":2"),
        );
        let expected = "it has the format 2, and this version knows 1";
        assert_eq!(of(&[&newer, &user]), Err(expected.to_owned()));
        let (_, id, body) = &user;
        let device = ("device", id.clone(), body.clone());
        let expected = "the row `device 00u1` is not what such a row is";
        assert_eq!(of(&[&account, &device]), Err(expected.to_owned()));
    }
}
