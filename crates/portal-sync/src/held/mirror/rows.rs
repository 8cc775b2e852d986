//! A mirror as the rows that a store keeps.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::{Group, GroupId, User, UserId};
use serde::{Deserialize, Serialize};

use super::{Account, HeldGroup, HeldUser, Mirror, Roll};

/// The format of the rows. A mirror of another one is read anew.
const FORMAT: u32 = 1;

/// What a row is about, in the order of the words: stores keep the rows in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RowKind {
    /// The mirror itself: the one row of its kind, without an id.
    Account,
    /// A group.
    Group,
    /// The members of a group.
    Roll,
    /// A user.
    User,
}

impl RowKind {
    /// The stable word.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Group => "group",
            Self::Roll => "roll",
            Self::User => "user",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub(crate) fn named(word: &str) -> Option<Self> {
        let all = [Self::Account, Self::Group, Self::Roll, Self::User];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One row as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What it is about.
    pub kind: RowKind,
    /// The Okta id of the object; empty for the account.
    pub id: String,
    /// The text; none when the row goes.
    pub body: Option<String>,
}

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

/// How many rows there are of what has an id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowCounts {
    /// Users.
    pub users: u64,
    /// Groups.
    pub groups: u64,
    /// Groups of which the members were read.
    pub rolls: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountRow<'a> {
    format: u32,
    #[serde(flatten)]
    counts: RowCounts,
    account: Cow<'a, Account>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserRow<'a> {
    by_search: bool,
    user: &'a User,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadUser {
    by_search: bool,
    user: User,
}

#[derive(Serialize)]
struct GroupRow<'a> {
    stamp: Option<Timestamp>,
    group: &'a Group,
}

#[derive(Deserialize)]
struct ReadGroup {
    stamp: Option<Timestamp>,
    group: Group,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RollRow<'a> {
    as_of: Timestamp,
    listed: u64,
    counted: Option<u64>,
    #[serde(borrow)]
    ids: Cow<'a, str>,
}

impl Mirror {
    /// Whether the rows that the store has are to go before these are written.
    #[must_use]
    pub(crate) const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether the store has it as it is.
    #[must_use]
    pub(crate) fn is_kept(&self) -> bool {
        !self.is_new && self.changed.is_empty()
    }

    /// The rows that the store does not have as they are here: of a new mirror all of them, each once and in the order of kind
    /// and id. The account comes first; it counts the others, so it is written whenever one of them is.
    ///
    /// They are made as they are taken, for of a hundred thousand people they are many.
    ///
    /// # Errors
    /// When something cannot be written as JSON.
    pub(crate) fn rows(&self) -> impl Iterator<Item = serde_json::Result<Row>> + '_ {
        let account = (!self.is_kept()).then(|| self.account_row());
        let all = self.is_new.then(|| self.all()).into_iter().flatten();
        let changed = (!self.is_new).then(|| self.changed());
        account
            .into_iter()
            .chain(all)
            .chain(changed.into_iter().flatten())
    }

    fn all(&self) -> impl Iterator<Item = serde_json::Result<Row>> + '_ {
        let groups = self.groups.iter();
        let groups = groups.map(|(id, group)| group_row(id.as_str(), Some(group)));
        let rolls = self.rolls.iter();
        let rolls = rolls.map(|(id, roll)| roll_row(id.as_str(), Some(roll)));
        let users = self.users.iter();
        let users = users.map(|(id, user)| user_row(id.as_str(), Some(user)));
        groups.chain(rolls).chain(users)
    }

    fn changed(&self) -> impl Iterator<Item = serde_json::Result<Row>> + '_ {
        self.changed.iter().filter_map(|(kind, id)| match kind {
            RowKind::Account => None,
            RowKind::Group => Some(group_row(id, self.groups.get(&GroupId::from(&**id)))),
            RowKind::Roll => Some(roll_row(id, self.rolls.get(&GroupId::from(&**id)))),
            RowKind::User => Some(user_row(id, self.users.get(&UserId::from(&**id)))),
        })
    }

    fn account_row(&self) -> serde_json::Result<Row> {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let account = AccountRow {
            format: FORMAT,
            counts: RowCounts {
                users: count(self.users.len()),
                groups: count(self.groups.len()),
                rolls: count(self.rolls.len()),
            },
            account: Cow::Borrowed(&self.account),
        };
        row(RowKind::Account, "", Some(account))
    }
}

fn row(kind: RowKind, id: &str, body: Option<impl Serialize>) -> serde_json::Result<Row> {
    Ok(Row {
        kind,
        id: id.to_owned(),
        body: body.map(|it| serde_json::to_string(&it)).transpose()?,
    })
}

fn user_row(id: &str, user: Option<&HeldUser>) -> serde_json::Result<Row> {
    let user = user.map(|HeldUser { record, by_search }| UserRow {
        by_search: *by_search,
        user: record,
    });
    row(RowKind::User, id, user)
}

fn group_row(id: &str, group: Option<&HeldGroup>) -> serde_json::Result<Row> {
    let group = group.map(|HeldGroup { record, stamp }| GroupRow {
        stamp: *stamp,
        group: record,
    });
    row(RowKind::Group, id, group)
}

fn roll_row(id: &str, roll: Option<&Roll>) -> serde_json::Result<Row> {
    let roll = roll.map(|roll| RollRow {
        as_of: roll.as_of,
        listed: roll.listed,
        counted: roll.counted,
        ids: Cow::Owned(joined(&roll.ids)),
    });
    row(RowKind::Roll, id, roll)
}

/// Ids with a space between each two: no id has one.
fn joined(ids: &BTreeSet<UserId>) -> String {
    let length = ids.iter().map(|id| id.as_str().len() + 1).sum();
    let mut text = String::with_capacity(length);
    for id in ids {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(id.as_str());
    }
    text
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
        RowKind::User => serde_json::from_str(body).map(|ReadUser { by_search, user }| {
            let record = Arc::new(user);
            Parsed::User(HeldUser { record, by_search })
        }),
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
            } = row;
            let ids = ids.split(' ').filter(|id| !id.is_empty());
            Parsed::Roll(Roll {
                ids: Arc::new(ids.map(UserId::from).collect()),
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
