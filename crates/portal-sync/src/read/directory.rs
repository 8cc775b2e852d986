//! The seam through which a run reads an org.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use okta_api::{Client, Group, GroupId, UserId};
use tokio::time::Instant;

use crate::held::mirror::{Found, Listed, LogRead, MembersRead, Read, UsersRead, Way};
use crate::read::baseline::Baseline;
use crate::read::read_plan::{ReadPlan, Users};
use crate::read::selection::Selection;

mod error;

mod groups;
mod log;
mod people;

mod members;
mod users;

mod few;
mod single;

pub(crate) use error::ReadError;

use few::Few;
use people::People;

/// Where a run learns what an org holds: the groups first, then what was decided to be read.
pub(crate) trait Directory: fmt::Debug + Send + Sync {
    /// Lists the groups and reads on in the System Log, until `until` at the latest.
    ///
    /// # Errors
    /// When the groups could not be read to the end, or Okta refuses the credentials.
    fn list<'a>(
        &'a self,
        question: &'a Question,
        until: Instant,
    ) -> BoxFuture<'a, Result<Listing, ReadError>>;

    /// Reads what the plan says.
    ///
    /// # Errors
    /// When the users could not be read to the end, or Okta refuses the credentials. A group whose members could not be read,
    /// for want of time too, is no error: what is read says that they are unknown.
    fn read<'a>(
        &'a self,
        plan: &'a ReadPlan,
        listing: Listing,
        until: Instant,
    ) -> BoxFuture<'a, Result<Read, ReadError>>;

    /// Asks for single users by id, and for the groups of each if `with_groups`.
    ///
    /// # Errors
    /// When Okta refuses the credentials. Of a user of whom nothing could be learned that is said.
    fn single<'a>(
        &'a self,
        users: &'a [UserId],
        with_groups: bool,
        until: Instant,
    ) -> BoxFuture<'a, Result<BTreeMap<UserId, Found>, ReadError>>;
}

/// How the groups are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Question {
    /// Whether Okta is to count the members of each.
    pub counts: bool,
    /// The System Log, if it is read: where it goes on, or nothing when it begins.
    pub log: Option<Option<String>>,
}

/// What was asked for before there was a plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    /// The groups.
    pub groups: Listed<Group>,
    /// What the System Log marks, if it was read.
    pub log: Option<LogRead>,
    /// This machine's time.
    pub began: Timestamp,
}

/// How much is read of an org. An org that has more is not read to its end, so that nothing is committed: an answer that never
/// ends is not to fill the memory of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Users that Okta lists, those that are left out here included; 2,000,000 unless configured.
    pub users: usize,
    /// Groups that Okta lists, those that are left out here included; 500,000 unless configured.
    pub groups: usize,
    /// Members of all groups together, each once for each group; 20,000,000 unless configured.
    pub members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            users: 2_000_000,
            groups: 500_000,
            members: 20_000_000,
        }
    }
}

/// How far a read has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// So many users were listed so far.
    Users(usize),
    /// So many groups were listed so far.
    Groups(usize),
    /// The members of so many groups are done.
    Members {
        /// Groups whose members are known or given up.
        done: usize,
        /// Those that were given up.
        unread: usize,
        /// Groups in all.
        of: usize,
    },
}

/// Told about every [`Progress`].
pub(crate) type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// An Okta org, read through its API.
pub(crate) struct OktaDirectory {
    client: Client,
    selection: Selection,
    /// What the last runs were decided by: what it asks for is asked for as well.
    baseline: Baseline,
    parallel: usize,
    limits: Limits,
    began: Timestamp,
    on_progress: OnProgress,
}

impl fmt::Debug for OktaDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OktaDirectory")
            .field("client", &self.client)
            .field("selection", &self.selection)
            .finish_non_exhaustive()
    }
}

impl OktaDirectory {
    /// Reads what `selection` wants with `client`, the members of at most `parallel` groups at a time.
    #[must_use]
    pub(crate) fn new(
        client: Client,
        selection: Selection,
        baseline: Baseline,
        parallel: usize,
        on_progress: OnProgress,
    ) -> Self {
        Self {
            client,
            selection,
            baseline,
            parallel,
            limits: Limits::default(),
            began: Timestamp::default(),
            on_progress,
        }
    }

    /// For a run that began at this machine's time.
    #[must_use]
    pub(crate) const fn begun(mut self, began: Timestamp) -> Self {
        self.began = began;
        self
    }

    /// Reads no more of the org than these.
    #[must_use]
    pub(crate) const fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl Directory for OktaDirectory {
    fn list<'a>(
        &'a self,
        question: &'a Question,
        until: Instant,
    ) -> BoxFuture<'a, Result<Listing, ReadError>> {
        async move {
            // Where the log is begun, it has everything that happens from here on.
            let log = match &question.log {
                Some(place) => self.log(place.as_deref(), until).await?,
                None => None,
            };
            Ok(Listing {
                groups: self.groups(question.counts, until).await?,
                log,
                began: self.began,
            })
        }
        .boxed()
    }

    fn read<'a>(
        &'a self,
        plan: &'a ReadPlan,
        listing: Listing,
        until: Instant,
    ) -> BoxFuture<'a, Result<Read, ReadError>> {
        async move {
            let single = self.single(&plan.single, plan.with_groups(), until).await?;
            let Objects {
                users,
                members,
                way,
            } = self.objects(plan, &listing, until).await?;
            let empty = plan.empty.iter().map(|group| {
                let read = MembersRead::Known {
                    ids: BTreeSet::new(),
                    deactivated: BTreeSet::new(),
                    listed: 0,
                    server_date: listing.groups.server_date,
                };
                (group.clone(), read)
            });
            Ok(Read {
                is_whole: plan.is_whole(),
                scope: plan.scope.clone(),
                way,
                members: members.into_iter().chain(empty).collect(),
                groups: listing.groups,
                users,
                single,
                log: listing.log,
                limits: BTreeMap::new(),
                began: listing.began,
            })
        }
        .boxed()
    }

    fn single<'a>(
        &'a self,
        users: &'a [UserId],
        with_groups: bool,
        until: Instant,
    ) -> BoxFuture<'a, Result<BTreeMap<UserId, Found>, ReadError>> {
        self.each_of(users, with_groups, until).boxed()
    }
}

/// What is read of users and of members.
struct Objects {
    users: UsersRead,
    members: BTreeMap<GroupId, MembersRead>,
    way: Way,
}

impl OktaDirectory {
    /// Reads the users and the members: at the same time, for they have limits of their own.
    async fn objects(
        &self,
        plan: &ReadPlan,
        listing: &Listing,
        until: Instant,
    ) -> Result<Objects, ReadError> {
        if let Some(most) = plan.few {
            match self.few(plan, most, until).await? {
                Few::All(objects) => return Ok(objects),
                Few::More(users) if plan.users == Users::All => {
                    let (users, members) = futures::try_join!(
                        self.others(users),
                        self.members(&plan.members, None, until)
                    )?;
                    return Ok(Objects::of_groups(UsersRead::All(users), members));
                }
                // They come as members.
                Few::More(_) => {}
            }
        }
        // Whether the app may see people at all is known before the members are asked for.
        match plan.users {
            Users::All => {
                let begun = self.begin_users(until).await?;
                let (users, members) = futures::try_join!(
                    self.others(begun),
                    self.members(&plan.members, None, until)
                )?;
                Ok(Objects::of_groups(UsersRead::All(users), members))
            }
            Users::ChangedSince(since) => {
                let users = self.changed(since, until).await?;
                let members = self.members(&plan.members, None, until).await?;
                Ok(Objects::of_groups(UsersRead::Changed(users), members))
            }
            Users::OfMembers(since) => {
                let changed = match since {
                    Some(since) => Some(self.changed(since, until).await?),
                    None => None,
                };
                let people = People::default();
                let members = self.members(&plan.members, Some(&people), until).await?;
                let users = people.listed(changed, listing.groups.server_date);
                Ok(Objects::of_groups(UsersRead::Members(users), members))
            }
        }
    }
}

impl Objects {
    const fn of_groups(users: UsersRead, members: BTreeMap<GroupId, MembersRead>) -> Self {
        Self {
            users,
            members,
            way: Way::OfGroups,
        }
    }
}

#[cfg(test)]
mod tests;
