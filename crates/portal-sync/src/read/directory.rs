//! The seam through which a run reads an org.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use catalog_model::Kind;
use futures::future::BoxFuture;
use futures::{FutureExt as _, TryStreamExt as _};
use jiff::Timestamp;
use okta_api::{Client, Group, GroupId, UserStatus};
use okta_auth::visible::message;
use tokio::time::Instant;

use crate::held::notice::ReadingNotice;
use crate::held::org::{Org, Refusal};
use crate::read::apart::Timeslice;
use crate::read::baseline::Baseline;
use crate::read::selection::{GroupVerdict, Selection};

mod error;
mod members;

pub(crate) use error::ReadError;

/// Where a run learns what an org holds.
pub(crate) trait Directory: fmt::Debug + Send + Sync {
    /// Reads everything the provider wants, until `until` at the latest. `baseline` is what the last run selected by: what
    /// it did not leave out is no evidence today.
    ///
    /// # Errors
    /// When the users or the groups could not be read to the end, or Okta refuses the credentials. A group whose
    /// members could not be read, for want of time too, is no error: the org says that they are unknown.
    fn read<'a>(
        &'a self,
        baseline: &'a Baseline,
        until: Instant,
    ) -> BoxFuture<'a, Result<Org, ReadError>>;
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
    pub(crate) fn new(
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
    pub(crate) const fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    async fn users(&self, baseline: &Baseline, until: Instant) -> Result<Org, ReadError> {
        let mut read = Org::default();
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
            read.server_date = read.server_date.or(page.server_date);
            let mut slice = Timeslice::begin();
            for user in page.items {
                slice.pass().await;
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
                read.server_date = read.server_date.or(page.server_date);
                listed += page.items.len() + page.malformed.len();
                let mut slice = Timeslice::begin();
                for group in page.items {
                    slice.pass().await;
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

    fn name_notices(
        &self,
        org: &Org,
        excluded: &[String],
    ) -> Result<Vec<ReadingNotice>, ReadError> {
        let Some(names) = self.selection.group_names() else {
            return Ok(Vec::new());
        };
        let groups = &org.groups;
        let wanted = groups.values().filter_map(|group| group.profile.name());
        let report = names.report(wanted.chain(excluded.iter().map(String::as_str)));
        // A record that cannot be read may have any name.
        let all_read = org.malformed_groups.is_empty() && org.unidentified_group.is_none();
        // Without users either it is the org that shows nothing, and not the list that is wrong.
        let nothing_shows = org.users.is_empty() && self.selection.users().is_everything();
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

impl Directory for OktaDirectory {
    fn read<'a>(
        &'a self,
        baseline: &'a Baseline,
        until: Instant,
    ) -> BoxFuture<'a, Result<Org, ReadError>> {
        async move {
            let users = self.users(baseline, until);
            let (users, groups) = futures::try_join!(users, self.groups(baseline, until))?;
            let mut org = Org {
                groups: groups.groups,
                excluded_groups: groups.excluded,
                unproven_groups: groups.unproven,
                refused_groups: groups.refused,
                malformed_groups: groups.malformed,
                unidentified_group: groups.unidentified,
                groups_checked_here: self.selection.checks_groups_here(),
                server_date: users
                    .server_date
                    .into_iter()
                    .chain(groups.server_date)
                    .min(),
                ..users
            };
            let of_users = std::mem::take(&mut org.notices);
            let of_groups = groups.notices;
            org.notices = self.selection.notices().to_vec();
            org.notices.extend(of_users);
            org.notices.extend(of_groups);
            let unidentified = [
                (Kind::User, &org.unidentified_user),
                (Kind::Group, &org.unidentified_group),
            ];
            for (of, reason) in unidentified {
                if let Some(reason) = reason {
                    let reason = message(reason).into_owned();
                    org.notices
                        .push(ReadingNotice::UnidentifiedRecord { of, reason });
                }
            }
            org.notices
                .extend(self.name_notices(&org, &groups.excluded_names)?);
            let read = self.members(&org.groups, until).await?;
            org.members = read.members;
            // Answers may be of different ages. Whoever one of them lists as alive stays.
            let gone = read
                .deactivated
                .into_iter()
                .filter(|id| !org.users.contains_key(id));
            org.deactivated.extend(gone);
            Ok(org)
        }
        .boxed()
    }
}

/// The groups of all lists.
#[derive(Debug, Default)]
struct GroupsRead {
    groups: BTreeMap<GroupId, Group>,
    excluded: BTreeSet<GroupId>,
    unproven: BTreeSet<GroupId>,
    refused: BTreeSet<GroupId>,
    excluded_names: Vec<String>,
    notices: Vec<ReadingNotice>,
    malformed: BTreeMap<GroupId, String>,
    unidentified: Option<String>,
    server_date: Option<Timestamp>,
}

#[cfg(test)]
mod tests;
