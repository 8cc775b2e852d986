//! Listing the users of an org.

use http::StatusCode;
use jiff::Timestamp;
use okta_api::{ErrorKind, List, Page, Pages, Searchable, User, UserStatus};
use org_filter::{AttributePath, Record as _};
use tokio::time::Instant;

use super::groups::take;
use super::{OktaDirectory, Progress, ReadError};
use crate::held::mirror::Listed;
use crate::text::chain;
use crate::text::template::has_value;

/// A search that ends at exactly so many users was cut there: Okta once had such a cap (it was taken away in 2019), and others
/// still tell of it.
const CAP: usize = 50_000;

/// A list of users that goes on.
pub(super) struct Begun {
    pub(super) listed: Listed<User>,
    pages: Pages<User>,
    is_whole: bool,
}

impl Begun {
    /// Whether there are no more than these.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }
}

impl OktaDirectory {
    /// Reads the first page of the users whom the filter selects, as far as Okta can tell.
    pub(super) async fn begin_users(&self, until: Instant) -> Result<Begun, ReadError> {
        let failed = |error| ReadError::users(error, self.limits.users);
        let first = self.first_users(until).await;
        let (page, pages) = first.map_err(failed)?;
        let mut begun = Begun {
            listed: Listed::default(),
            pages,
            is_whole: page.as_ref().is_none_or(|page| page.next.is_none()),
        };
        if let Some(page) = page {
            take(&mut begun.listed, page);
        }
        (self.on_progress)(Progress::Users(begun.listed.records.len()));
        Ok(begun)
    }

    /// Reads the pages after the first.
    pub(super) async fn others(&self, begun: Begun) -> Result<Listed<User>, ReadError> {
        let Begun {
            mut listed,
            mut pages,
            ..
        } = begun;
        let failed = |error| ReadError::users(error, self.limits.users);
        while let Some(page) = pages.try_next().await.map_err(failed)? {
            take(&mut listed, page);
            (self.on_progress)(Progress::Users(listed.records.len()));
        }
        if self.selection.users().search.is_some() {
            listed.cut = cut(&listed);
        }
        tracing::debug!(users = listed.records.len(), "the users are listed");
        Ok(listed)
    }

    /// Lists whoever changed after `since`, whatever the filter: whoever stops to match it is to be seen as well.
    pub(super) async fn changed(
        &self,
        since: Timestamp,
        until: Instant,
    ) -> Result<Listed<User>, ReadError> {
        let failed = |error| ReadError::users(error, self.limits.users);
        let since = since.strftime("%Y-%m-%dT%H:%M:%S.000Z");
        let list = self.client.users().list().deadline(until);
        let mut list = list.at_most(self.limits.users);
        if let Some(names) = self.names_of_users() {
            list = list.keep(names);
        }
        let list = list.search(format!("lastUpdated gt \"{since}\""));
        let (mut pages, mut listed) = (list.pages_with_malformed(), Listed::default());
        while let Some(page) = pages.try_next().await.map_err(failed)? {
            take(&mut listed, page);
        }
        listed.cut = cut(&listed);
        tracing::debug!(
            users = listed.records.len(),
            "the users that changed are listed"
        );
        Ok(listed)
    }

    /// What of users is made something of or decided by.
    pub(super) fn names_of_users(&self) -> Option<impl Iterator<Item = &str>> {
        let kept = self.selection.kept()?;
        let names = kept.users.iter().map(String::as_str);
        Some(names.chain(self.baseline.asked_of_users()))
    }

    /// The first page of the users, and those that follow it. Okta is asked for what something is made of or decided by only.
    /// Where it refuses that, or sends less than it was asked for, it is asked again for everything: what is left out by a
    /// server that does not know better would rename people.
    async fn first_users(
        &self,
        until: Instant,
    ) -> Result<(Option<Page<User>>, Pages<User>), okta_api::Error> {
        if let Some(names) = self.names_of_users() {
            // When a record changed decides what it is worth.
            let names = names.chain(["status", "lastUpdated", "statusChanged"]);
            let mut pages = self.list_users(until).fields(names).pages_with_malformed();
            let reason = match pages.try_next().await {
                Ok(page) if page.as_ref().is_none_or(|page| self.is_answered(page)) => {
                    return Ok((page, pages));
                }
                Ok(_) => "an attribute that is used is on no record of the first page".to_owned(),
                Err(error) if is_refused(&error) => chain(&error),
                Err(error) => return Err(error),
            };
            tracing::debug!(reason, "okta is asked again, for every field of the users");
        }
        let mut pages = self.list_users(until).pages_with_malformed();
        Ok((pages.try_next().await?, pages))
    }

    /// The list of the users that the filter selects.
    fn list_users(&self, until: Instant) -> List<User, Searchable> {
        let list = self.client.users().list().deadline(until);
        let mut list = list.at_most(self.limits.users);
        if let Some(names) = self.names_of_users() {
            list = list.keep(names);
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
    fn is_answered(&self, page: &Page<User>) -> bool {
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
        let mut asked = fields
            .map(String::as_str)
            .chain(self.baseline.asked_of_users());
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
}

/// Why a search that ended so proves nothing of whom it lacks, if it does not.
fn cut(listed: &Listed<User>) -> Option<String> {
    let found = listed.records.len() + listed.malformed.len();
    let reason =
        format!("the search for the users ended at exactly {CAP}, as one that is cut there does");
    (found == CAP).then_some(reason)
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
