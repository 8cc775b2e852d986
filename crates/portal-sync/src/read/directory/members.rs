//! Reading the members of many groups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use okta_api::{ErrorKind, GroupId, Page, Pages, UserId, UserStatus};
use tokio::time::Instant;

use super::people::People;
use super::{OktaDirectory, Progress, ReadError};
use crate::held::mirror::MembersRead;
use crate::read::apart::apart;
use crate::text::chain;

/// How long a request for the members of one group is tried at most.
const PATIENCE: Duration = Duration::from_secs(60);

/// After so many groups in a row that failed for the server's fault, the others are not tried: they stay unknown, and the
/// run ends instead of waiting out the retries of each.
const GIVE_UP_AFTER: usize = 8;

/// What a group is unknown for when no time was left to ask.
const TIME_IS_OVER: &str = "not read: the time of the run was over";

impl OktaDirectory {
    /// Reads the members of these groups, and who they are into `people` if that is wanted. What fails for one group is that
    /// group's own trouble; only credentials that are refused, or a role that lets nobody's members be read, end the run.
    pub(super) async fn members(
        &self,
        groups: &[GroupId],
        people: Option<&People>,
        until: Instant,
    ) -> Result<BTreeMap<GroupId, MembersRead>, ReadError> {
        let tally = Tally {
            of: groups.len(),
            ..Tally::default()
        };
        let read_one = |group: &GroupId| self.read_one(group.clone(), people, until, &tally);
        let reads = groups.iter().map(read_one);
        let mut reads = stream::iter(reads).buffer_unordered(self.parallel.max(1));
        let mut result = BTreeMap::new();
        let (mut read_well, mut forbidden) = (false, Vec::new());
        while let Some((group, read)) = reads.next().await {
            read_well |= matches!(read, GroupRead::Known(_) | GroupRead::Unidentified(_));
            let members = match read {
                GroupRead::Known(members) => members,
                GroupRead::NotTried(reason) => MembersRead::Unknown(reason),
                GroupRead::TooMany => {
                    return Err(ReadError::TooMany {
                        what: "members",
                        limit: self.limits.members,
                    });
                }
                GroupRead::Unidentified(reason) => {
                    MembersRead::Unknown(format!("one of its members cannot be told: {reason}"))
                }
                GroupRead::Failed(error) => {
                    let reason = chain(&error);
                    match error.kind() {
                        ErrorKind::Unauthenticated => return Err(ReadError::members(error)),
                        ErrorKind::Forbidden { .. } => forbidden.push(error),
                        _ => {}
                    }
                    MembersRead::Unknown(reason)
                }
            };
            if let MembersRead::Unknown(reason) = &members {
                tracing::debug!(%group, reason, "the members of a group are unknown");
            }
            result.insert(group, members);
        }
        // One group can be out of a role's reach. When each of several is, it is the role.
        match forbidden.pop() {
            Some(error) if !read_well && !forbidden.is_empty() => Err(ReadError::members(error)),
            _ => Ok(result),
        }
    }

    /// Reads the members of one group, unless it is no use to try; tells how far the read has come.
    async fn read_one(
        &self,
        group: GroupId,
        people: Option<&People>,
        until: Instant,
        tally: &Tally,
    ) -> (GroupId, GroupRead) {
        let read = if Instant::now() >= until {
            GroupRead::NotTried(TIME_IS_OVER.to_owned())
        } else if tally.failed_in_a_row.load(Ordering::Relaxed) >= GIVE_UP_AFTER {
            GroupRead::NotTried(format!(
                "not tried: the {GIVE_UP_AFTER} groups before it failed"
            ))
        } else {
            self.members_of(&group, people, until, &tally.listed).await
        };
        (self.on_progress)(tally.count(&read));
        (group, read)
    }

    /// The members of one group: those in use, and those deactivated. `listed` is how many were listed of all groups.
    async fn members_of(
        &self,
        group: &GroupId,
        people: Option<&People>,
        until: Instant,
        listed: &AtomicUsize,
    ) -> GroupRead {
        // One group that fails must not use up the time of the others.
        let patience = until.saturating_duration_since(Instant::now()) / 4;
        let patience = patience.min(PATIENCE);
        let groups = self.client.groups();
        let mut pages = match people {
            None => {
                let list = groups.members(group).deadline(until);
                PagesOf::Members(list.retry_for(patience).pages_with_malformed())
            }
            Some(people) => {
                let mut list = groups.users(group).deadline(until);
                if let Some(names) = self.names_of_users() {
                    list = list.keep(names);
                }
                PagesOf::Users(list.retry_for(patience).pages_with_malformed(), people)
            }
        };
        let mut all = Ids::default();
        loop {
            let before = all.listed;
            match pages.next(&mut all).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return GroupRead::Failed(error),
            }
            if let Some(reason) = all.unidentified {
                return GroupRead::Unidentified(reason);
            }
            let more = all.listed - before;
            if listed.fetch_add(more, Ordering::Relaxed) + more > self.limits.members {
                return GroupRead::TooMany;
            }
        }
        GroupRead::Known(MembersRead::Known {
            // Made at once, the set is full; grown one by one, it is half empty.
            ids: set(all.active).await,
            deactivated: all.deactivated,
            listed: all.listed as u64,
            server_date: all.server_date,
        })
    }
}

/// The pages of one group's members.
enum PagesOf<'a> {
    Members(Pages<okta_api::Member>),
    Users(Pages<okta_api::User>, &'a People),
}

impl PagesOf<'_> {
    /// Takes the next page, if there is one.
    async fn next(&mut self, ids: &mut Ids) -> Result<bool, okta_api::Error> {
        match self {
            Self::Members(pages) => {
                let Some(page) = pages.try_next().await? else {
                    return Ok(false);
                };
                ids.take(page, |member| (member.id.clone(), member.status.clone()));
            }
            Self::Users(pages, people) => {
                let Some(page) = pages.try_next().await? else {
                    return Ok(false);
                };
                people.take(ids.take(page, |user| (user.id.clone(), user.status.clone())));
            }
        }
        Ok(true)
    }
}

/// The members of one group, as they come.
#[derive(Default)]
struct Ids {
    active: Vec<UserId>,
    deactivated: BTreeSet<UserId>,
    listed: usize,
    server_date: Option<Timestamp>,
    unidentified: Option<String>,
}

impl Ids {
    fn take<T>(&mut self, page: Page<T>, who: impl Fn(&T) -> (UserId, UserStatus)) -> Page<T> {
        self.listed += page.items.len() + page.malformed.len();
        self.server_date = self.server_date.or(page.server_date);
        for (id, status) in page.items.iter().map(who) {
            if status == UserStatus::Deprovisioned {
                self.deactivated.insert(id);
            } else {
                self.active.push(id);
            }
        }
        // A member whose record is odd is a member all the same.
        for bad in &page.malformed {
            match &bad.id {
                Some(id) => self.active.push(UserId::from(id.as_str())),
                None => self.unidentified = Some(bad.reason.clone()),
            }
        }
        page
    }
}

/// How far the read of all groups has come: they are read at the same time.
#[derive(Debug, Default)]
struct Tally {
    /// Groups in all.
    of: usize,
    /// Those that are done.
    done: AtomicUsize,
    /// Those of them whose members are not known.
    unread: AtomicUsize,
    /// Groups in a row that failed for the server's fault.
    failed_in_a_row: AtomicUsize,
    /// The members that were listed of all groups.
    listed: AtomicUsize,
}

impl Tally {
    /// Counts a group.
    fn count(&self, read: &GroupRead) -> Progress {
        match read {
            GroupRead::Known(_) => self.failed_in_a_row.store(0, Ordering::Relaxed),
            GroupRead::Failed(error) if error.kind() != ErrorKind::NotFound => {
                self.failed_in_a_row.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        if !matches!(read, GroupRead::Known(_)) {
            self.unread.fetch_add(1, Ordering::Relaxed);
        }
        Progress::Members {
            done: self.done.fetch_add(1, Ordering::Relaxed) + 1,
            unread: self.unread.load(Ordering::Relaxed),
            of: self.of,
        }
    }
}

/// So many ids are sorted in a few milliseconds.
const FEW: usize = 20_000;

/// The ids as a set.
async fn set(ids: Vec<UserId>) -> BTreeSet<UserId> {
    if ids.len() > FEW {
        apart(move || ids.into_iter().collect()).await
    } else {
        ids.into_iter().collect()
    }
}

/// What became of reading one group's members.
enum GroupRead {
    /// The list was read to its end.
    Known(MembersRead),
    /// It was, and somebody is in it who has no id that can be read.
    Unidentified(String),
    /// It was not.
    Failed(okta_api::Error),
    /// The groups have more members together than are read.
    TooMany,
    /// There was no time for it, or too many before it had failed.
    NotTried(String),
}
