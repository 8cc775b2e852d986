//! `/api/v1/users` and what is below it.

use std::sync::Arc;

use crate::dispatch::Dispatcher;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::group::Group;
use crate::id::UserId;
use crate::list::{List, Searchable};
use crate::page::PageSize;
use crate::quote::quoted;
use crate::user::User;

/// The org's users. From [`Client::users`](crate::Client::users).
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    dispatcher: &'a Arc<Dispatcher>,
}

impl<'a> Users<'a> {
    pub(crate) fn new(dispatcher: &'a Arc<Dispatcher>) -> Self {
        Self { dispatcher }
    }

    /// Lists users. Needs the scope `okta.users.read`.
    ///
    /// Without a [search](List::search) or a filter deactivated users are left out; these return them unless they say
    /// otherwise. Okta leaves credentials and most links out of the answers, because
    /// it is asked to.
    pub fn list(self) -> List<User, Searchable> {
        let url = self.dispatcher.url(&["users"]);
        List::new(
            self.dispatcher,
            Endpoint::Users,
            url,
            PageSize::USERS,
            "listing users".to_owned(),
        )
    }

    /// Reads one user. Needs the scope `okta.users.read`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is none of that id,
    /// [`InvalidId`](crate::ErrorKind::InvalidId) when there cannot be, else as any request.
    pub async fn get(self, user: &UserId) -> Result<User, Error> {
        let url = self.dispatcher.url(&["users", user.as_str()]);
        let doing = format!("reading the user {}", quoted(user.as_str()));
        let checked = user.check();
        self.dispatcher
            .read(Endpoint::User, url, doing, checked)
            .await
    }

    /// Lists the groups that a user is in. Needs the scope `okta.users.read`.
    pub fn groups(self, user: &UserId) -> List<Group> {
        List::new(
            self.dispatcher,
            Endpoint::UserGroups,
            self.dispatcher.url(&["users", user.as_str(), "groups"]),
            PageSize::GROUPS,
            format!("listing the groups of user {}", quoted(user.as_str())),
        )
        .of(user.check())
    }
}
