//! A mirror as the rows that a store keeps.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::{Group, GroupId, User, UserId};
use serde::{Deserialize, Serialize};

use super::{Account, HeldGroup, HeldUser, Mirror, Roll};

/// The format of the rows. A mirror of another one is read anew.
const FORMAT: u32 = 1;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RowKind {
    /// The mirror itself: the one row of its kind, without an id.
    Account,
    /// A user.
    User,
    /// A group.
    Group,
    /// The members of a group.
    Roll,
}

impl RowKind {
    /// The stable word.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::User => "user",
            Self::Group => "group",
            Self::Roll => "roll",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub(crate) fn named(word: &str) -> Option<Self> {
        let all = [Self::Account, Self::User, Self::Group, Self::Roll];
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

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountRow {
    format: u32,
    users: usize,
    groups: usize,
    rolls: usize,
    account: Account,
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
struct RollRow {
    as_of: Timestamp,
    listed: u64,
    counted: Option<u64>,
    ids: String,
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

    /// The rows that the store does not have as they are here: of a new mirror all of them. They are made as they are taken,
    /// for of a hundred thousand people they are many.
    ///
    /// # Errors
    /// When something cannot be written as JSON.
    pub(crate) fn rows(&self) -> impl Iterator<Item = serde_json::Result<Row>> + '_ {
        let all = self.is_new.then(|| self.keys());
        let changed = (!self.is_new).then(|| self.changed.iter().cloned());
        let keys = all.into_iter().flatten();
        let keys = keys.chain(changed.into_iter().flatten());
        keys.map(|(kind, id)| self.row(kind, id))
    }

    fn keys(&self) -> impl Iterator<Item = (RowKind, String)> + '_ {
        let users = self.users.keys().map(|id| (RowKind::User, id.to_string()));
        let groups = self.groups.keys();
        let groups = groups.map(|id| (RowKind::Group, id.to_string()));
        let rolls = self.rolls.keys().map(|id| (RowKind::Roll, id.to_string()));
        let account = std::iter::once((RowKind::Account, String::new()));
        account.chain(users).chain(groups).chain(rolls)
    }

    fn row(&self, kind: RowKind, id: String) -> serde_json::Result<Row> {
        let body = match kind {
            RowKind::Account => Some(serde_json::to_string(&AccountRow {
                format: FORMAT,
                users: self.users.len(),
                groups: self.groups.len(),
                rolls: self.rolls.len(),
                account: self.account.clone(),
            })?),
            RowKind::User => {
                let user = self.users.get(&UserId::from(&*id));
                let user = user.map(|HeldUser { record, by_search }| UserRow {
                    by_search: *by_search,
                    user: record,
                });
                user.map(|it| serde_json::to_string(&it)).transpose()?
            }
            RowKind::Group => {
                let group = self.groups.get(&GroupId::from(&*id));
                let group = group.map(|HeldGroup { record, stamp }| GroupRow {
                    stamp: *stamp,
                    group: record,
                });
                group.map(|it| serde_json::to_string(&it)).transpose()?
            }
            RowKind::Roll => {
                let roll = self.rolls.get(&GroupId::from(&*id));
                let roll = roll.map(|roll| RollRow {
                    as_of: roll.as_of,
                    listed: roll.listed,
                    counted: roll.counted,
                    ids: joined(&roll.ids),
                });
                roll.map(|it| serde_json::to_string(&it)).transpose()?
            }
        };
        Ok(Row { kind, id, body })
    }
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

/// Reads a [`Mirror`] from its rows, in any order; those of one kind are quickest by id.
#[derive(Debug, Default)]
pub(crate) struct MirrorReader {
    account: Option<(Account, [usize; 3])>,
    users: Vec<(UserId, HeldUser)>,
    groups: Vec<(GroupId, HeldGroup)>,
    rolls: Vec<(GroupId, Roll)>,
    is_foreign: bool,
}

impl MirrorReader {
    /// Takes the next row.
    ///
    /// # Errors
    /// When its text is not what a row of that kind is.
    pub(crate) fn row(&mut self, kind: RowKind, id: &str, body: &str) -> serde_json::Result<()> {
        match kind {
            RowKind::Account => {
                #[derive(Deserialize)]
                struct Format {
                    format: u32,
                }
                if serde_json::from_str::<Format>(body)?.format != FORMAT {
                    self.is_foreign = true;
                    return Ok(());
                }
                let AccountRow {
                    users,
                    groups,
                    rolls,
                    account,
                    ..
                } = serde_json::from_str(body)?;
                self.account = Some((account, [users, groups, rolls]));
            }
            RowKind::User => {
                let ReadUser { by_search, user } = serde_json::from_str(body)?;
                let record = Arc::new(user);
                self.users.push((id.into(), HeldUser { record, by_search }));
            }
            RowKind::Group => {
                let ReadGroup { stamp, group } = serde_json::from_str(body)?;
                let record = Arc::new(group);
                self.groups.push((id.into(), HeldGroup { record, stamp }));
            }
            RowKind::Roll => {
                let RollRow {
                    as_of,
                    listed,
                    counted,
                    ids,
                } = serde_json::from_str(body)?;
                let ids = ids.split(' ').filter(|id| !id.is_empty());
                let roll = Roll {
                    ids: Arc::new(ids.map(UserId::from).collect()),
                    as_of,
                    listed,
                    counted,
                };
                self.rolls.push((id.into(), roll));
            }
        }
        Ok(())
    }

    /// The mirror of these rows. None when there was none, when another version wrote it, and when rows are missing.
    #[must_use]
    pub(crate) fn finish(self) -> Option<Mirror> {
        let (account, counts) = self.account?;
        let mirror = Mirror {
            account,
            users: self.users.into_iter().collect(),
            groups: self.groups.into_iter().collect(),
            rolls: self.rolls.into_iter().collect(),
            changed: BTreeSet::new(),
            is_new: false,
        };
        let found = [mirror.users.len(), mirror.groups.len(), mirror.rolls.len()];
        (found == counts && !self.is_foreign).then_some(mirror)
    }
}
