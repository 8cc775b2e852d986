//! Reading the users of an org.

use http::StatusCode;
use okta_api::{ErrorKind, List, Page, Pages, Searchable, User, UserStatus};
use org_filter::{AttributePath, Record as _};
use tokio::time::Instant;

use super::{OktaDirectory, Progress, ReadError};
use crate::held::org::{Org, Refusal};
use crate::read::apart::Timeslice;
use crate::read::baseline::Baseline;
use crate::read::selection::Unused;
use crate::text::chain;
use crate::text::template::has_value;

impl OktaDirectory {
    /// Reads the users, and what is known of those that are left out.
    pub(super) async fn users(
        &self,
        baseline: &Baseline,
        until: Instant,
    ) -> Result<Org, ReadError> {
        let failed = |error| ReadError::users(error, self.limits.users);
        let first = self.first_users(baseline, until).await;
        let (mut next, mut pages) = first.map_err(failed)?;
        let mut read = Org::default();
        let mut unused = self.selection.unused();
        while let Some(page) = next {
            self.sort_users(page, baseline, &mut unused, &mut read)
                .await;
            (self.on_progress)(Progress::Users(read.users.len()));
            next = pages.try_next().await.map_err(failed)?;
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

    /// The first page of the users, and those that follow it. Okta is asked for what something is made of or decided by only.
    /// Where it refuses that, or sends less than it was asked for, it is asked again for everything: what is left out by a
    /// server that does not know better would rename people.
    async fn first_users(
        &self,
        baseline: &Baseline,
        until: Instant,
    ) -> Result<(Option<Page<User>>, Pages<User>), okta_api::Error> {
        if let Some(kept) = self.selection.kept() {
            let names = kept.users.iter().map(String::as_str);
            let names = names.chain(baseline.asked_of_users()).chain(["status"]);
            let mut pages = self
                .list_users(baseline, until)
                .fields(names)
                .pages_with_malformed();
            let reason = match pages.try_next().await {
                Ok(page)
                    if page
                        .as_ref()
                        .is_none_or(|page| self.is_answered(page, baseline)) =>
                {
                    return Ok((page, pages));
                }
                Ok(_) => "an attribute that is used is on no record of the first page".to_owned(),
                Err(error) if is_refused(&error) => chain(&error),
                Err(error) => return Err(error),
            };
            tracing::debug!(reason, "okta is asked again, for every field of the users");
        }
        let mut pages = self.list_users(baseline, until).pages_with_malformed();
        Ok((pages.try_next().await?, pages))
    }

    /// The list of the users that the filter selects.
    fn list_users(&self, baseline: &Baseline, until: Instant) -> List<User, Searchable> {
        let list = self.client.users().list().deadline(until);
        let mut list = list.at_most(self.limits.users);
        if let Some(kept) = self.selection.kept() {
            let names = kept.users.iter().map(String::as_str);
            list = list.keep(names.chain(baseline.asked_of_users()));
        }
        match &self.selection.users().search {
            Some(search) => list.search(search),
            None => list,
        }
    }

    /// Whether the page holds what was asked for: of everybody a status and a login, which nobody is without, and of somebody
    /// an address, a name, every field beside the profile, and each attribute that the configuration names or that filters of
    /// earlier runs ask for. Where nobody has one, it may be misspelt, and the names of all the others are needed to tell what
    /// was meant. A page without anybody proves it only where it is whole.
    fn is_answered(&self, page: &Page<User>, baseline: &Baseline) -> bool {
        let users = &page.items;
        if users.is_empty() {
            return page.malformed.is_empty();
        }
        let mut unused = self.selection.unused();
        let in_use = users
            .iter()
            .filter(|it| it.status != UserStatus::Deprovisioned);
        in_use.for_each(|user| unused.user(user));
        let kept = self.selection.kept().into_iter().flat_map(|it| &it.users);
        let fields = kept.filter(|it| !it.starts_with("profile."));
        let mut asked = fields.map(String::as_str).chain(baseline.asked_of_users());
        let is_known = |user: &User| !user.status.is_absent() && user.profile.login().is_some();
        let is_called = |user: &User| {
            let profile = &user.profile;
            let names = [
                profile.display_name(),
                profile.first_name(),
                profile.last_name(),
            ];
            names.iter().any(Option::is_some)
        };
        users.iter().all(is_known)
            && users.iter().any(|user| user.profile.email().is_some())
            && users.iter().any(is_called)
            && asked.all(|name| is_on_one_of(users, name))
            && unused.shows_users()
            && !unused.misses_of_users()
    }

    /// Sorts the records of one page into what is wanted, what is not, and what cannot be told.
    async fn sort_users(
        &self,
        page: Page<User>,
        baseline: &Baseline,
        unused: &mut Unused,
        read: &mut Org,
    ) {
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
    }
}

/// Whether one of these users has a value by this name of the wire.
fn is_on_one_of(users: &[User], name: &str) -> bool {
    let path = name.parse::<AttributePath>();
    let mut records = users.iter();
    path.is_ok_and(|path| records.any(|record| has_value(record.attribute(&path))))
}

/// Whether Okta, or a server in front of it, does not take a request as it is.
fn is_refused(error: &okta_api::Error) -> bool {
    let is_strange = error.kind() == ErrorKind::NotOkta;
    is_strange
        || matches!(
            error.status(),
            Some(
                StatusCode::BAD_REQUEST
                    | StatusCode::URI_TOO_LONG
                    | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            )
        )
}
