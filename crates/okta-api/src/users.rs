//! `/api/v1/users` and what is below it.

use std::sync::Arc;

use crate::dispatch::Dispatcher;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::group::Group;
use crate::id::{InvalidId, UserId, check_login};
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

    /// Reads one user by the id; [`get_by_login`](Self::get_by_login) does by the login. Needs the scope `okta.users.read`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is none of that id,
    /// [`InvalidId`](crate::ErrorKind::InvalidId) when there cannot be, else as any request.
    pub async fn get(self, user: &UserId) -> Result<User, Error> {
        self.read(user.as_str(), user.check()).await
    }

    /// Reads the user of a login, such as `ana.lima@example.com`, or of the part before its `@` where that is one user's alone.
    /// Needs the scope `okta.users.read`.
    ///
    /// ```no_run
    /// # async fn example(client: okta_api::Client) -> Result<(), okta_api::Error> {
    /// let user = client.users().get_by_login("ana.lima@example.com").await?;
    /// println!("{}", user.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when nobody has it, [`InvalidId`](crate::ErrorKind::InvalidId) when Okta cannot
    /// be asked for it (a login with `/` or `?` is found by a search only), else as any request.
    pub async fn get_by_login(self, login: &str) -> Result<User, Error> {
        self.read(login, check_login(login)).await
    }

    async fn read(self, id_or_login: &str, checked: Result<(), InvalidId>) -> Result<User, Error> {
        let url = self.dispatcher.url(&["users", id_or_login]);
        let doing = format!("reading the user {}", quoted(id_or_login));
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
