//! Which users belong, and why others go.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use okta_api::UserId;

use super::{Cause, Kept, Roster, Rules, Standing};
use crate::decide::guard::Guard;
use crate::decide::shape::Shaped;
use crate::held::object::Kind;
use crate::held::org::{Members, Refusal};
use crate::held::state::State;

impl<'a> Roster<'a> {
    pub(super) fn take_users(&mut self, shaped: &'a Shaped<'a>, state: &State, rules: Rules) {
        let in_groups: Option<HashSet<&UserId>> = rules.users_from_groups.then(|| {
            self.members
                .values()
                .flat_map(|members| members.iter())
                .collect()
        });
        // Who was in the catalog stays while any group is unknown: it may be the one that holds them.
        let belongs = |id: &UserId| {
            in_groups
                .as_ref()
                .is_none_or(|members| members.contains(id))
                || (self.uncertain && state.users().contains_key(id))
        };
        let listed = shaped.users().filter(|(id, _)| belongs(id));
        self.users = listed
            .map(|(id, user)| (id.clone(), Standing::Fresh(user)))
            .collect();
        for (id, reason) in &shaped.malformed_users {
            self.quarantined.insert(id.to_string(), reason.clone());
            if state.users().contains_key(id) {
                self.users
                    .insert(id.clone(), Standing::Kept(Kept::Quarantined));
            }
        }
    }

    /// Keeps a user who would go by what a delta saw alone.
    fn waits(&mut self, id: &UserId, shaped: &Shaped<'_>) -> bool {
        let waits = shaped.org.unconfirmed.contains(id);
        if waits {
            let stays = Standing::Kept(Kept::Unconfirmed);
            self.users.insert(id.clone(), stays);
        }
        waits
    }

    pub(super) fn let_users_go(
        &mut self,
        shaped: &Shaped<'_>,
        state: &State,
        rules: Rules,
        guard: Option<&Guard>,
    ) {
        let mut gone = self.gone_users(shaped, state, rules);
        gone.retain(|id, _| !self.waits(id, shaped));
        // Who goes because the configuration is another one by now goes for a reason of ours, not of theirs.
        let evident = |id: &UserId, cause: Cause| match cause {
            Cause::LeftUserFilter | Cause::Status | Cause::Excluded => {
                !shaped.org.unproven_users.contains(id)
            }
            Cause::Left => !rules.changed.leavers,
            other => other.explained(),
        };
        // Whoever left earlier is nobody's sudden loss.
        let left: BTreeMap<UserId, Timestamp> = gone
            .iter_mut()
            .filter(|(_, cause)| cause.is_leaving())
            .filter_map(|(id, cause)| {
                let since = state.left_at(id)?;
                *cause = Cause::Left;
                Some((id.clone(), since))
            })
            .collect();
        let unexplained = gone
            .iter()
            .filter(|(id, cause)| !evident(id, **cause))
            .count();
        let nothing_left = self.users.is_empty();
        let before = state.users().len() - left.len();
        let held = self.holds(
            Kind::User,
            guard,
            |guard| guard.users,
            rules.changed,
            [before, unexplained],
            nothing_left,
        );
        for (id, cause) in gone {
            if held && (nothing_left || !evident(&id, cause)) {
                self.users.insert(id, Standing::Kept(Kept::Withheld));
                continue;
            }
            let since = left.get(&id).copied();
            let leaves = since.is_some() || cause.is_leaving();
            let since = since.unwrap_or(shaped.org.taken_at);
            if leaves && rules.leavers.stays(since, shaped.org.taken_at) {
                self.users.insert(id, Standing::Left { since, cause });
            } else {
                self.removed_users.insert(id, cause);
            }
        }
    }

    /// The users of the catalog that the run does not have any more, and why.
    fn gone_users(
        &self,
        shaped: &Shaped<'_>,
        state: &State,
        rules: Rules,
    ) -> BTreeMap<UserId, Cause> {
        let gone: Vec<&UserId> = state
            .users()
            .keys()
            .filter(|id| !self.users.contains_key(*id))
            .collect();
        if gone.is_empty() {
            return BTreeMap::new();
        }
        let org = shaped.org;
        let seen_alive: HashSet<&UserId> = org
            .members
            .values()
            .filter_map(Members::known)
            .flatten()
            .collect();
        let of_gone_groups: HashSet<&UserId> = self
            .removed_groups
            .keys()
            .flat_map(|group| state.members(group).iter())
            .collect();
        let cause = |id: &UserId| {
            if org.deactivated.contains(id) {
                Cause::Deactivated
            } else if org.deleted.contains(id) {
                Cause::Deleted
            } else if let Some(refusal) = org.filtered_out.get(id) {
                match refusal {
                    Refusal::Filter => Cause::LeftUserFilter,
                    Refusal::Status => Cause::Status,
                    Refusal::Excluded => Cause::Excluded,
                }
            } else if shaped.has_user(id) || org.users_are_members {
                if of_gone_groups.contains(id) {
                    Cause::GroupsGone
                } else {
                    Cause::LeftGroups
                }
            } else if rules.changed.user_filter && rules.changed.known && rules.user_filter {
                Cause::FilterChanged
            } else if rules.user_filter && seen_alive.contains(id) {
                Cause::NotFound
            } else {
                Cause::Absent
            }
        };
        gone.into_iter().map(|id| (id.clone(), cause(id))).collect()
    }
}
