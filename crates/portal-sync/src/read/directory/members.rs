//! Reading the members of many groups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use okta_api::{ErrorKind, Group, GroupId, UserId, UserStatus};
use tokio::time::Instant;

use super::{OktaDirectory, Progress, ReadError};
use crate::held::org::Members;
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
    /// Reads the members of every group that may have some. What fails for one group is that group's own trouble; only
    /// credentials that are refused, or a role that lets nobody's members be read, end the run.
    pub(super) async fn members(
        &self,
        groups: &BTreeMap<GroupId, Group>,
        until: Instant,
    ) -> Result<MembersRead, ReadError> {
        let tally = Tally {
            of: groups.len(),
            ..Tally::default()
        };
        let read_one = |group: &Group| {
            let empty = group.stats().is_some_and(|stats| stats.users_count == 0);
            self.read_one(group.id.clone(), empty, until, &tally)
        };
        let reads = groups.values().map(read_one);
        let mut reads = stream::iter(reads).buffer_unordered(self.parallel.max(1));
        let mut result = MembersRead::default();
        let (mut read_well, mut forbidden) = (false, Vec::new());
        while let Some((group, read)) = reads.next().await {
            read_well |= matches!(read, GroupRead::Known { .. } | GroupRead::Unidentified(_));
            let members = match read {
                GroupRead::Empty => Members::Known(BTreeSet::new()),
                GroupRead::Known {
                    active,
                    deactivated,
                } => {
                    result.deactivated.extend(deactivated);
                    Members::Known(active)
                }
                GroupRead::NotTried(reason) => Members::Unknown(reason),
                GroupRead::TooMany => {
                    return Err(ReadError::TooMany {
                        what: "members",
                        limit: self.limits.members,
                    });
                }
                GroupRead::Unidentified(reason) => {
                    Members::Unknown(format!("one of its members cannot be told: {reason}"))
                }
                GroupRead::Failed(error) => {
                    let reason = chain(&error);
                    match error.kind() {
                        ErrorKind::Unauthenticated => return Err(ReadError::members(error)),
                        ErrorKind::Forbidden { .. } => forbidden.push(error),
                        _ => {}
                    }
                    Members::Unknown(reason)
                }
            };
            if let Members::Unknown(reason) = &members {
                tracing::debug!(%group, reason, "the members of a group are unknown");
            }
            result.members.insert(group, members);
        }
        // One group can be out of a role's reach. When each of several is, it is the role.
        match forbidden.pop() {
            Some(error) if !read_well && !forbidden.is_empty() => Err(ReadError::members(error)),
            _ => Ok(result),
        }
    }

    /// Reads the members of one group, unless it has none, or it is no use to try; tells how far the read has come.
    async fn read_one(
        &self,
        group: GroupId,
        empty: bool,
        until: Instant,
        tally: &Tally,
    ) -> (GroupId, GroupRead) {
        let read = if empty {
            GroupRead::Empty
        } else if Instant::now() >= until {
            GroupRead::NotTried(TIME_IS_OVER.to_owned())
        } else if tally.failed_in_a_row.load(Ordering::Relaxed) >= GIVE_UP_AFTER {
            GroupRead::NotTried(format!(
                "not tried: the {GIVE_UP_AFTER} groups before it failed"
            ))
        } else {
            self.members_of(&group, until, &tally.listed).await
        };
        (self.on_progress)(tally.count(&read));
        (group, read)
    }

    /// The members of one group: those in use, and those deactivated. `listed` is how many were listed of all groups.
    async fn members_of(&self, group: &GroupId, until: Instant, listed: &AtomicUsize) -> GroupRead {
        let (mut active, mut deactivated) = (Vec::new(), BTreeSet::new());
        // One group that fails must not use up the time of the others.
        let patience = until.saturating_duration_since(Instant::now()) / 4;
        let list = self.client.groups().members(group).deadline(until);
        let mut pages = list
            .retry_for(patience.min(PATIENCE))
            .pages_with_malformed();
        loop {
            let page = match pages.try_next().await {
                Ok(Some(page)) => page,
                Ok(None) => {
                    // Made at once, the set is full; grown one by one, it is half empty.
                    return GroupRead::Known {
                        active: set(active).await,
                        deactivated,
                    };
                }
                Err(error) => return GroupRead::Failed(error),
            };
            let more = page.items.len() + page.malformed.len();
            if listed.fetch_add(more, Ordering::Relaxed) + more > self.limits.members {
                return GroupRead::TooMany;
            }
            for member in page.items {
                if member.status == UserStatus::Deprovisioned {
                    deactivated.insert(member.id);
                } else {
                    active.push(member.id);
                }
            }
            // A member whose record is odd is a member all the same.
            for bad in page.malformed {
                match bad.id {
                    Some(id) => active.push(UserId::from(id)),
                    None => return GroupRead::Unidentified(bad.reason),
                }
            }
        }
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
            GroupRead::Known { .. } => self.failed_in_a_row.store(0, Ordering::Relaxed),
            GroupRead::Failed(error) if error.kind() != ErrorKind::NotFound => {
                self.failed_in_a_row.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        if !matches!(read, GroupRead::Empty | GroupRead::Known { .. }) {
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
    /// Okta counts none, so nobody asked.
    Empty,
    /// The list was read to its end.
    Known {
        active: BTreeSet<UserId>,
        deactivated: BTreeSet<UserId>,
    },
    /// It was, and somebody is in it who has no id that can be read.
    Unidentified(String),
    /// It was not.
    Failed(okta_api::Error),
    /// The groups have more members together than are read.
    TooMany,
    /// There was no time for it, or too many before it had failed.
    NotTried(String),
}

/// The members of all groups.
#[derive(Debug, Default)]
pub(super) struct MembersRead {
    pub(super) members: BTreeMap<GroupId, Members>,
    pub(super) deactivated: BTreeSet<UserId>,
}
