//! Reading a few users by the groups of each: cheaper than the members of thousands of groups.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use okta_api::{GroupId, User, UserId, UserStatus};
use tokio::time::Instant;

use super::users::Begun;
use super::{Objects, OktaDirectory, Progress, ReadError};
use crate::held::mirror::{Listed, MembersRead, UsersRead, Way};
use crate::read::read_plan::ReadPlan;

/// What became of it.
pub(super) enum Few {
    /// They were few, and this is what there is of them.
    All(Objects),
    /// They are more, or their groups could not be read: these were listed by now.
    More(Begun),
}

impl OktaDirectory {
    /// Lists the users, if there are no more than `most`, and asks for the groups of each.
    pub(super) async fn few(
        &self,
        plan: &ReadPlan,
        most: usize,
        until: Instant,
    ) -> Result<Few, ReadError> {
        let begun = self.begin_users(until).await?;
        let users = &begun.listed;
        if !begun.is_whole() || users.records.len() > most || !users.proves_absence() {
            return Ok(Few::More(begun));
        }
        let Ok(members) = self.groups_of_each(users, plan, until).await else {
            return Ok(Few::More(begun));
        };
        Ok(Few::All(Objects {
            users: UsersRead::All(begun.listed),
            members,
            way: Way::OfUsers,
        }))
    }

    /// The members of the groups of the plan, as far as they are among these users.
    async fn groups_of_each(
        &self,
        users: &Listed<User>,
        plan: &ReadPlan,
        until: Instant,
    ) -> Result<BTreeMap<GroupId, MembersRead>, okta_api::Error> {
        let wanted = users.records.iter().filter(|user| {
            user.status != UserStatus::Deprovisioned
                && self.selection.refuses_user(user, true).is_none()
        });
        let odd = users.malformed.keys().map(|id| UserId::from(id.as_str()));
        let wanted: Vec<UserId> = wanted.map(|user| user.id.clone()).chain(odd).collect();
        let (of, mut done) = (wanted.len(), 0);
        let reads = wanted.into_iter().map(|user| async move {
            let groups = self.groups_of(&user, until).await?;
            Ok::<_, okta_api::Error>((user, groups))
        });
        let mut reads = stream::iter(reads).buffer_unordered(self.parallel.max(1));
        let groups = plan.members.iter().cloned();
        let mut members: BTreeMap<GroupId, BTreeSet<UserId>> =
            groups.map(|group| (group, BTreeSet::new())).collect();
        while let Some((user, groups)) = reads.try_next().await? {
            done += 1;
            (self.on_progress)(Progress::Members {
                done,
                unread: 0,
                of,
            });
            for group in groups {
                if let Some(members) = members.get_mut(&group) {
                    members.insert(user.clone());
                }
            }
        }
        let read = members.into_iter().map(|(group, ids)| {
            let read = MembersRead::Known {
                listed: ids.len() as u64,
                ids,
                deactivated: BTreeSet::new(),
                server_date: users.server_date,
            };
            (group, read)
        });
        Ok(read.collect())
    }

    /// The groups of one user.
    pub(super) async fn groups_of(
        &self,
        user: &UserId,
        until: Instant,
    ) -> Result<BTreeSet<GroupId>, okta_api::Error> {
        let mut pages = self
            .client
            .users()
            .groups(user)
            .deadline(until)
            .pages_with_malformed();
        let mut groups = BTreeSet::new();
        while let Some(page) = pages.try_next().await? {
            groups.extend(page.items.into_iter().map(|group| group.id));
            let odd = page.malformed.into_iter().filter_map(|bad| bad.id);
            groups.extend(odd.map(GroupId::from));
        }
        Ok(groups)
    }
}
