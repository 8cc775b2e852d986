//! A mirror as the rows that a store keeps, and how they are made.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use okta_api::{Group, GroupId, User, UserId};
use serde::{Deserialize, Serialize};

use super::{Account, HeldGroup, HeldUser, Mirror, Roll};

/// The format of the rows. A mirror of another one is read anew.
pub(super) const FORMAT: u32 = 1;

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
pub(super) struct AccountRow<'a> {
    pub(super) format: u32,
    #[serde(flatten)]
    pub(super) counts: RowCounts,
    pub(super) account: Cow<'a, Account>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserRow<'a> {
    by_search: bool,
    user: &'a User,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReadUser {
    pub(super) by_search: bool,
    pub(super) user: User,
}

#[derive(Serialize)]
struct GroupRow<'a> {
    stamp: Option<Timestamp>,
    group: &'a Group,
}

#[derive(Deserialize)]
pub(super) struct ReadGroup {
    pub(super) stamp: Option<Timestamp>,
    pub(super) group: Group,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RollRow<'a> {
    pub(super) as_of: Timestamp,
    pub(super) listed: u64,
    pub(super) counted: Option<u64>,
    #[serde(borrow)]
    pub(super) ids: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub(super) inactive: Cow<'a, str>,
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
        inactive: Cow::Owned(joined(&roll.inactive)),
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
