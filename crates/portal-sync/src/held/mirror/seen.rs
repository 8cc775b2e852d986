//! What Okta says of one object at this moment, for whoever asks about that one alone.
//!
//! Nothing of it is to be kept: one answer says nothing of what else changed, and no watermark moves by it.

use std::collections::BTreeSet;
use std::sync::Arc;

use okta_api::{Group, GroupId, User, UserId, UserStatus};

use super::{HeldGroup, HeldUser, Mirror, UserScope};

impl Mirror {
    /// As a run takes it that has these users: whom another search found, all of the filter judges here.
    #[must_use]
    pub(crate) fn with_users_of(mut self, users: UserScope) -> Self {
        if self.account.scope.users != users {
            let held = self.users.values_mut();
            held.for_each(|held| held.by_search = false);
            self.account.scope.users = users;
        }
        self
    }

    /// As it is once Okta has said this of a user, whom no search found: all of the filter is judged here. Of the groups whose
    /// members are held he is in these, if they were asked for.
    #[must_use]
    pub(crate) fn with_user_seen(
        mut self,
        id: &UserId,
        user: Option<User>,
        groups: Option<&BTreeSet<GroupId>>,
    ) -> Self {
        let account = &mut self.account;
        account.malformed_users.remove(id);
        account.unconfirmed.remove(id);
        account.deactivated.remove(id);
        account.deleted.remove(id);
        self.users.remove(id);
        let is_member = |group: &GroupId| groups.is_none_or(|groups| groups.contains(group));
        match user {
            None => drop(self.account.deleted.insert(id.clone())),
            Some(user) if user.status == UserStatus::Deprovisioned => {
                self.account.deactivated.insert(id.clone());
            }
            Some(user) => {
                let held = HeldUser {
                    record: Arc::new(user),
                    by_search: false,
                };
                self.users.insert(id.clone(), held);
                if groups.is_some() {
                    for (group, roll) in &mut self.rolls {
                        if roll.ids.contains(id) == is_member(group) {
                            continue;
                        }
                        let ids = Arc::make_mut(&mut roll.ids);
                        if !ids.remove(id) {
                            ids.insert(id.clone());
                        }
                    }
                }
                return self;
            }
        }
        for roll in self.rolls.values_mut().filter(|it| it.ids.contains(id)) {
            Arc::make_mut(&mut roll.ids).remove(id);
        }
        self
    }

    /// As it is once Okta has said this of a group.
    #[must_use]
    pub(crate) fn with_group_seen(mut self, id: &GroupId, group: Option<Group>) -> Self {
        self.account.malformed_groups.remove(id);
        match group {
            Some(group) => {
                let held = self.groups.get(id).and_then(|held| held.stamp);
                let held = HeldGroup {
                    stamp: group.last_membership_updated.max(held),
                    record: Arc::new(group),
                };
                self.groups.insert(id.clone(), held);
            }
            None => {
                self.groups.remove(id);
                self.rolls.remove(id);
            }
        }
        self
    }
}
