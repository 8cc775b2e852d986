//! What is wanted of a mirror: the org that a run decides by.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::{Group, User, UserId};
use okta_auth::visible::message;

use crate::held::mirror::{HeldUser, Interest, Mirror, Scope, UserScope};
use crate::held::notice::ReadingNotice;
use crate::held::object::Kind;
use crate::held::org::{Members, Org, Refusal};
use crate::held::state::State;
use crate::read::baseline::Baseline;
use crate::read::directory::ReadError;
use crate::read::read_plan::is_everyone;
use crate::read::selection::{GroupVerdict, Selection};
use crate::read::trim::trimmed;

/// Whom a mirror is to know: whom the server's part of the filter finds, and whom the catalog has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interested<'a> {
    /// What is wanted.
    pub selection: &'a Selection,
    /// What the catalog has.
    pub state: &'a State,
}

impl Interest for Interested<'_> {
    fn is_found(&self, user: &User) -> bool {
        self.selection.finds_user(user)
    }

    fn is_in_catalog(&self, user: &UserId) -> bool {
        self.state.users().contains_key(user)
    }

    fn trimmed(&self, user: User, scope: &Scope) -> User {
        match &scope.attributes {
            Some(names) => trimmed(user, names),
            None => user,
        }
    }
}

impl Selection {
    /// What is wanted of what is held.
    ///
    /// # Errors
    /// When the filter is a list of names that no group has.
    pub(crate) fn org(&self, mirror: &Mirror, baseline: &Baseline) -> Result<Org, ReadError> {
        let account = &mirror.account;
        let malformed_users = account.malformed_users.iter();
        let malformed_groups = account.malformed_groups.iter();
        let mut org = Org {
            deactivated: account.deactivated.clone(),
            deleted: account.deleted.clone(),
            unconfirmed: account.unconfirmed.clone(),
            users_are_members: account.scope.users == UserScope::Members,
            malformed_users: malformed_users
                .map(|(id, unread)| (id.clone(), unread.reason.clone()))
                .collect(),
            unidentified_user: account.unidentified_user.clone(),
            malformed_groups: malformed_groups
                .map(|(id, unread)| (id.clone(), unread.reason.clone()))
                .collect(),
            unidentified_group: account.unidentified_group.clone(),
            groups_checked_here: self.checks_groups_here(),
            notices: self.notices().to_vec(),
            ..Org::default()
        };
        self.take_users(mirror, baseline, &mut org);
        let excluded = self.take_groups(mirror, baseline, &mut org);
        let unidentified = [
            (Kind::User, &org.unidentified_user),
            (Kind::Group, &org.unidentified_group),
        ];
        let unidentified = unidentified.into_iter().filter_map(|(of, reason)| {
            let reason = message(reason.as_ref()?).into_owned();
            Some(ReadingNotice::UnidentifiedRecord { of, reason })
        });
        let unidentified: Vec<ReadingNotice> = unidentified.collect();
        org.notices.extend(unidentified);
        let of_names = self.name_notices(&org, &excluded)?;
        org.notices.extend(of_names);
        take_members(mirror, &mut org);
        Ok(org)
    }

    fn take_users(&self, mirror: &Mirror, baseline: &Baseline, org: &mut Org) {
        let mut unused = self.unused();
        unused.skipped_users(&mirror.account.skipped_of_users);
        for (id, HeldUser { record, by_search }) in mirror.users() {
            unused.user(record);
            if let Some(refusal) = self.refuses_user(record, *by_search) {
                if !baseline.refuses_user(record) {
                    org.unproven_users.insert(id.clone());
                }
                org.filtered_out.insert(id.clone(), refusal);
            } else {
                org.users.insert(id.clone(), Arc::clone(record));
            }
        }
        // Of an attribute that nobody has any more nobody's record says anything.
        if self.filter_asks_in_vain(&unused) {
            let refused = org.filtered_out.iter();
            let refused = refused.filter(|(_, refusal)| **refusal == Refusal::Filter);
            org.unproven_users.extend(refused.map(|(id, _)| id.clone()));
        }
        org.notices.extend(unused.user_notices());
    }

    /// Sorts the groups into those that are wanted and those that are not; returns the names of those that are excluded.
    fn take_groups(&self, mirror: &Mirror, baseline: &Baseline, org: &mut Org) -> Vec<String> {
        let mut unused = self.unused();
        unused.skipped_groups(&mirror.account.skipped_of_groups);
        let mut excluded_names = Vec::new();
        for (id, held) in mirror.groups() {
            let group: &Group = &held.record;
            unused.group(group);
            let verdict = self.judge_group(group);
            if verdict != GroupVerdict::Wanted && !baseline.refuses_group(group) {
                org.unproven_groups.insert(id.clone());
            }
            match verdict {
                GroupVerdict::Wanted => {
                    org.groups.insert(id.clone(), group.clone());
                }
                GroupVerdict::Excluded => {
                    excluded_names.extend(group.profile.name().map(str::to_owned));
                    org.excluded_groups.insert(id.clone());
                }
                GroupVerdict::Other => {
                    org.refused_groups.insert(id.clone());
                }
            }
        }
        let wanted = org.groups.values().filter_map(|it| it.profile.name());
        let all = wanted.chain(excluded_names.iter().map(String::as_str));
        let notices = unused.group_notices(all);
        org.notices.extend(notices);
        if self.group_filter_asks_in_vain(&unused) {
            org.unproven_groups
                .extend(org.refused_groups.iter().cloned());
        }
        excluded_names
    }

    /// What is told of the names that the filter lists.
    fn name_notices(
        &self,
        org: &Org,
        excluded: &[String],
    ) -> Result<Vec<ReadingNotice>, ReadError> {
        let Some(names) = self.group_names() else {
            return Ok(Vec::new());
        };
        let groups = &org.groups;
        let wanted = groups.values().filter_map(|group| group.profile.name());
        let report = names.report(wanted.chain(excluded.iter().map(String::as_str)));
        // A record that cannot be read may have any name.
        let all_read = org.malformed_groups.is_empty() && org.unidentified_group.is_none();
        // Without users either it is the org that shows nothing, and not the list that is wrong.
        let nothing_shows =
            org.users.is_empty() && !org.users_are_members && self.users().is_everything();
        if groups.is_empty() && org.excluded_groups.is_empty() && !nothing_shows {
            return Err(ReadError::NoGroupOfList(
                report.unmatched.into_iter().map(str::to_owned).collect(),
            ));
        }
        let missing = report.unmatched.iter();
        let missing = missing.map(|name| ReadingNotice::NameMissing {
            name: (*name).to_owned(),
            all_read,
        });
        let several = report.ambiguous.iter();
        let several = several.map(|(name, groups)| ReadingNotice::NameShared {
            name: (*name).to_owned(),
            groups: *groups,
        });
        Ok(missing.chain(several).collect())
    }
}

/// Takes the members of the groups that are wanted.
fn take_members(mirror: &Mirror, org: &mut Org) {
    for (id, group) in &org.groups {
        let roll = mirror.rolls().get(id);
        let members = match (mirror.account.unread.get(id), roll) {
            // Everybody is in it, those too whose records cannot be read.
            _ if is_everyone(group) && !org.users_are_members => {
                let odd = org.malformed_users.keys();
                let all: BTreeSet<UserId> = org.users.keys().chain(odd).cloned().collect();
                Members::Known(Arc::new(all))
            }
            (Some(unread), roll) => {
                let read: Option<Timestamp> = roll.map(|roll| roll.as_of);
                org.last_read.extend(read.map(|as_of| (id.clone(), as_of)));
                Members::Unknown(unread.reason.clone())
            }
            (None, Some(roll)) => Members::Known(Arc::clone(&roll.ids)),
            (None, None) => Members::Unknown("its members were not read yet".to_owned()),
        };
        org.members.insert(id.clone(), members);
    }
}
