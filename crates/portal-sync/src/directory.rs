//! The seam through which a run reads an org.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use okta_api::{Client, ErrorKind, Group, GroupId, UserId, UserStatus};
use okta_auth::visible;
use tokio::time::Instant;

use crate::apart::apart;
use crate::config::Limits;
use crate::criteria::Baseline;
use crate::selection::{GroupVerdict, Selection};
use crate::snapshot::{Members, Refusal, Snapshot};

mod error;

pub use error::ReadError;
pub(crate) use error::chain;

/// Where a run learns what an org holds.
pub trait Directory: fmt::Debug + Send + Sync {
    /// Reads everything the provider wants, until `until` at the latest. `baseline` is what the last run selected by: what
    /// it did not leave out is no evidence today.
    ///
    /// # Errors
    /// When the users or the groups could not be read to the end, or Okta refuses the credentials. A group whose
    /// members could not be read, for want of time too, is no error: the snapshot says that they are unknown.
    fn read<'a>(
        &'a self,
        baseline: &'a Baseline,
        until: Instant,
    ) -> BoxFuture<'a, Result<Snapshot, ReadError>>;
}

/// How far a read has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
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
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// How long a request for the members of one group is tried at most.
const PATIENCE: Duration = Duration::from_secs(60);

/// After so many groups in a row that failed for the server's fault, the others are not tried: they stay unknown, and the
/// run ends instead of waiting out the retries of each.
const GIVE_UP_AFTER: usize = 8;

/// An Okta org, read through its API.
pub struct OktaDirectory {
    client: Client,
    selection: Selection,
    parallel: usize,
    limits: Limits,
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
    pub fn new(
        client: Client,
        selection: Selection,
        parallel: usize,
        on_progress: OnProgress,
    ) -> Self {
        Self {
            client,
            selection,
            parallel,
            limits: Limits::default(),
            on_progress,
        }
    }

    /// Reads no more of the org than these.
    #[must_use]
    pub const fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    async fn users(&self, baseline: &Baseline, until: Instant) -> Result<Snapshot, ReadError> {
        let mut read = Snapshot::default();
        let mut unused = self.selection.unused();
        let limit = self.limits.users;
        let mut list = self.client.users().list().until(until).at_most(limit);
        if let Some(kept) = self.selection.kept() {
            let names = kept.users.iter().map(String::as_str);
            list = list.keep(names.chain(baseline.asked_of_users()));
        }
        if let Some(search) = &self.selection.users().search {
            list = list.search(search);
        }
        let mut pages = list.pages();
        let failed = |error| ReadError::users(error, limit);
        while let Some(page) = pages.try_next().await.map_err(failed)? {
            unused.skipped_users(&page.skipped);
            for user in page.items {
                if user.status == UserStatus::Deprovisioned {
                    read.deactivated.insert(user.id);
                    continue;
                }
                unused.user(&user);
                if let Some(refusal) = self.selection.refuses_user(&user) {
                    if !baseline.refuses_user(&user) {
                        read.unproven_users.insert(user.id.clone());
                    }
                    read.filtered_out.insert(user.id, refusal);
                } else {
                    read.users
                        .insert(user.id.clone(), Box::new(self.selection.trimmed(user)));
                }
            }
            for bad in page.malformed {
                match bad.id {
                    Some(id) => drop(read.malformed_users.insert(id.into(), bad.reason)),
                    None => read.unidentified_user = Some(bad.reason),
                }
            }
            (self.on_progress)(Progress::Users(read.users.len()));
        }
        let (users, refused) = (read.users.len(), read.filtered_out.len());
        tracing::debug!(
            users,
            refused,
            deactivated = read.deactivated.len(),
            "the users are read"
        );
        // Of an attribute that nobody has any more nobody's record says anything.
        if self.selection.filter_asks_in_vain(&unused) {
            let refused = read.filtered_out.iter();
            let refused = refused.filter(|(_, refusal)| **refusal == Refusal::Filter);
            read.unproven_users
                .extend(refused.map(|(id, _)| id.clone()));
        }
        read.notices = unused.user_notices();
        Ok(read)
    }

    async fn groups(&self, baseline: &Baseline, until: Instant) -> Result<GroupsRead, ReadError> {
        let mut read = GroupsRead::default();
        let (mut unused, mut names) = (self.selection.unused(), Vec::new());
        let (limit, mut listed) = (self.limits.groups, 0);
        for query in self.selection.groups() {
            let list = self.client.groups().list().with_stats();
            let mut list = list.until(until).at_most(limit.saturating_sub(listed));
            if let Some(kept) = self.selection.kept() {
                let names = kept.groups.iter().map(String::as_str);
                list = list.keep(names.chain(baseline.asked_of_groups()));
            }
            if let Some(search) = &query.search {
                list = list.search(search);
            }
            let mut pages = list.pages();
            let failed = |error| ReadError::groups(error, limit);
            while let Some(page) = pages.try_next().await.map_err(failed)? {
                unused.skipped_groups(&page.skipped);
                listed += page.items.len() + page.malformed.len();
                for group in page.items {
                    unused.group(&group);
                    match self.selection.judge_group(&group) {
                        GroupVerdict::Wanted => drop(read.groups.insert(group.id.clone(), group)),
                        GroupVerdict::Excluded => {
                            if !baseline.refuses_group(&group) {
                                read.unproven.insert(group.id.clone());
                            }
                            names.extend(group.profile.name().map(str::to_owned));
                            read.excluded.insert(group.id);
                        }
                        GroupVerdict::Other => {
                            if !baseline.refuses_group(&group) {
                                read.unproven.insert(group.id.clone());
                            }
                            read.refused.insert(group.id);
                        }
                    }
                }
                for bad in page.malformed {
                    match bad.id {
                        Some(id) => drop(read.malformed.insert(id.into(), bad.reason)),
                        None => read.unidentified = Some(bad.reason),
                    }
                }
                (self.on_progress)(Progress::Groups(read.groups.len()));
            }
        }
        let wanted = read.groups.values().filter_map(|it| it.profile.name());
        let all = wanted.chain(names.iter().map(String::as_str));
        read.notices = unused.group_notices(all);
        if self.selection.group_filter_asks_in_vain(&unused) {
            read.unproven.extend(read.refused.iter().cloned());
        }
        read.excluded_names = names;
        let (groups, refused) = (read.groups.len(), read.refused.len());
        tracing::debug!(
            groups,
            refused,
            excluded = read.excluded.len(),
            "the groups are read"
        );
        Ok(read)
    }

    /// Reads the members of every group that may have some. What fails for one group is that group's own trouble; only
    /// credentials that are refused, or a role that lets nobody's members be read, end the run.
    async fn members(
        &self,
        groups: &BTreeMap<GroupId, Group>,
        until: Instant,
    ) -> Result<MembersRead, ReadError> {
        let (failed_in_a_row, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (unread, listed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let of = groups.len();
        let read_one = |group: &Group| {
            let id = group.id.clone();
            let empty = group.stats().is_some_and(|stats| stats.users_count == 0);
            let (failed_in_a_row, done, unread) = (&failed_in_a_row, &done, &unread);
            let listed = &listed;
            async move {
                let read = if empty {
                    GroupRead::Empty
                } else if Instant::now() >= until {
                    GroupRead::NotTried(TIME_IS_OVER.to_owned())
                } else if failed_in_a_row.load(Ordering::Relaxed) >= GIVE_UP_AFTER {
                    GroupRead::NotTried(format!(
                        "not tried: the {GIVE_UP_AFTER} groups before it failed"
                    ))
                } else {
                    self.members_of(&id, until, listed).await
                };
                match &read {
                    GroupRead::Known { .. } => failed_in_a_row.store(0, Ordering::Relaxed),
                    GroupRead::Failed(error) if error.kind() != ErrorKind::NotFound => {
                        failed_in_a_row.fetch_add(1, Ordering::Relaxed);
                    }
                    _ => {}
                }
                if !matches!(read, GroupRead::Empty | GroupRead::Known { .. }) {
                    unread.fetch_add(1, Ordering::Relaxed);
                }
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                let unread = unread.load(Ordering::Relaxed);
                (self.on_progress)(Progress::Members { done, unread, of });
                (id, read)
            }
        };
        let mut reads =
            stream::iter(groups.values().map(read_one)).buffer_unordered(self.parallel.max(1));
        let mut result = MembersRead::default();
        let (mut read_well, mut forbidden) = (false, Vec::new());
        while let Some((group, read)) = reads.next().await {
            let members = match read {
                GroupRead::Empty => Members::Known(BTreeSet::new()),
                GroupRead::Known {
                    active,
                    deactivated,
                } => {
                    read_well = true;
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
                    read_well = true;
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

    /// The members of one group: those in use, and those deactivated. `listed` is how many were listed of all groups.
    async fn members_of(&self, group: &GroupId, until: Instant, listed: &AtomicUsize) -> GroupRead {
        let (mut active, mut deactivated) = (Vec::new(), BTreeSet::new());
        // One group that fails must not use up the time of the others.
        let patience = until.saturating_duration_since(Instant::now()) / 4;
        let list = self.client.groups().members(group).until(until);
        let mut pages = list.retry_for(patience.min(PATIENCE)).pages();
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

    fn name_notices(
        &self,
        snapshot: &Snapshot,
        excluded: &[String],
    ) -> Result<Vec<String>, ReadError> {
        let Some(names) = self.selection.group_names() else {
            return Ok(Vec::new());
        };
        let groups = &snapshot.groups;
        let wanted = groups.values().filter_map(|group| group.profile.name());
        let report = names.report(wanted.chain(excluded.iter().map(String::as_str)));
        // A record that cannot be read may have any name.
        let all_read =
            snapshot.malformed_groups.is_empty() && snapshot.unidentified_group.is_none();
        // Without users either it is the org that shows nothing, and not the list that is wrong.
        let nothing_shows = snapshot.users.is_empty() && self.selection.users().is_everything();
        if groups.is_empty() && snapshot.excluded_groups.is_empty() && !nothing_shows {
            return Err(ReadError::NoGroupOfList(
                report.unmatched.into_iter().map(str::to_owned).collect(),
            ));
        }
        let scope = if all_read {
            "no group of the org"
        } else {
            "no group of the org that can be read"
        };
        let missing = report
            .unmatched
            .iter()
            .map(|name| format!("groupFilter lists `{name}`, and {scope} has exactly that name"));
        let several = report.ambiguous.iter().map(|(name, count)| {
            format!("groupFilter lists `{name}`, and {count} groups of the org have that name: all are taken")
        });
        Ok(missing.chain(several).collect())
    }
}

impl Directory for OktaDirectory {
    fn read<'a>(
        &'a self,
        baseline: &'a Baseline,
        until: Instant,
    ) -> BoxFuture<'a, Result<Snapshot, ReadError>> {
        async move {
            let users = self.users(baseline, until);
            let (users, groups) = futures::try_join!(users, self.groups(baseline, until))?;
            let mut snapshot = Snapshot {
                groups: groups.groups,
                excluded_groups: groups.excluded,
                unproven_groups: groups.unproven,
                refused_groups: groups.refused,
                malformed_groups: groups.malformed,
                unidentified_group: groups.unidentified,
                groups_checked_here: self.selection.checks_groups_here(),
                ..users
            };
            let of_users = std::mem::take(&mut snapshot.notices);
            let of_groups = groups.notices;
            snapshot.notices = self.selection.notices().to_vec();
            snapshot.notices.extend(of_users);
            snapshot.notices.extend(of_groups);
            let unidentified = [
                ("users", &snapshot.unidentified_user),
                ("groups", &snapshot.unidentified_group),
            ];
            for (what, reason) in unidentified {
                if let Some(reason) = reason {
                    snapshot.notices.push(format!(
                        "okta lists a record among the {what} that may be anybody's: {}; none that is missing is removed",
                        visible::message(reason)
                    ));
                }
            }
            snapshot
                .notices
                .extend(self.name_notices(&snapshot, &groups.excluded_names)?);
            let read = self.members(&snapshot.groups, until).await?;
            snapshot.members = read.members;
            // Answers may be of different ages. Whoever one of them lists as alive stays.
            let gone = read
                .deactivated
                .into_iter()
                .filter(|id| !snapshot.users.contains_key(id));
            snapshot.deactivated.extend(gone);
            Ok(snapshot)
        }
        .boxed()
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

/// What a group is unknown for when no time was left to ask.
const TIME_IS_OVER: &str = "not read: the time of the run was over";

/// The groups of all lists.
#[derive(Debug, Default)]
struct GroupsRead {
    groups: BTreeMap<GroupId, Group>,
    excluded: BTreeSet<GroupId>,
    unproven: BTreeSet<GroupId>,
    refused: BTreeSet<GroupId>,
    excluded_names: Vec<String>,
    notices: Vec<String>,
    malformed: BTreeMap<GroupId, String>,
    unidentified: Option<String>,
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

#[derive(Debug, Default)]
struct MembersRead {
    members: BTreeMap<GroupId, Members>,
    deactivated: BTreeSet<UserId>,
}

#[cfg(test)]
mod tests;
