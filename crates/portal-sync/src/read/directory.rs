//! The seam through which a run reads an org.

use std::fmt;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use okta_api::Client;
use okta_auth::visible::message;
use tokio::time::Instant;

use crate::held::notice::ReadingNotice;
use crate::held::object::Kind;
use crate::held::org::Org;
use crate::read::baseline::Baseline;
use crate::read::selection::Selection;

mod error;
mod groups;
mod members;
mod users;

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

#[cfg(test)]
mod tests;
