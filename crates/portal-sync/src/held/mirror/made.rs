//! Mirrors that are made of their parts, which only tests and benchmarks do.

use okta_api::GroupId;
#[cfg(test)]
use okta_api::UserId;

#[cfg(test)]
use super::RowKind;
use super::{Account, HeldGroup, HeldUser, Mirror, Roll};

impl Mirror {
    /// A new one.
    #[must_use]
    pub(crate) fn of(
        account: Account,
        users: impl IntoIterator<Item = HeldUser>,
        groups: impl IntoIterator<Item = HeldGroup>,
        rolls: impl IntoIterator<Item = (GroupId, Roll)>,
    ) -> Self {
        let users = users.into_iter().map(|it| (it.record.id.clone(), it));
        let groups = groups.into_iter().map(|it| (it.record.id.clone(), it));
        Self {
            account,
            users: users.collect(),
            groups: groups.collect(),
            rolls: rolls.into_iter().collect(),
            ..Self::new()
        }
    }

    /// The same, as the store has it.
    #[must_use]
    pub(crate) fn kept(mut self) -> Self {
        self.changed.clear();
        self.is_new = false;
        self
    }
}

#[cfg(test)]
impl Mirror {
    /// Puts a user in the place of the one that there is.
    pub(crate) fn replace_user(&mut self, user: HeldUser) {
        let id = user.record.id.clone();
        self.changed.insert((RowKind::User, id.to_string()));
        self.users.insert(id, user);
    }

    /// Lets a user go.
    pub(crate) fn remove_user(&mut self, id: &UserId) {
        self.changed.insert((RowKind::User, id.to_string()));
        self.users.remove(id);
    }
}
