//! `/api/v1/groups` and what is below it.

use std::sync::Arc;

use crate::dispatch::Dispatcher;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::group::Group;
use crate::id::GroupId;
use crate::list::{List, Searchable};
use crate::page::PageSize;
use crate::quote::quoted;
use crate::resource::Resource;
use crate::user::{Member, User};

/// The org's groups. From [`Client::groups`](crate::Client::groups).
#[derive(Clone, Copy, Debug)]
pub struct Groups<'a> {
    dispatcher: &'a Arc<Dispatcher>,
}

impl<'a> Groups<'a> {
    pub(crate) fn new(dispatcher: &'a Arc<Dispatcher>) -> Self {
        Self { dispatcher }
    }

    /// Lists groups. Needs the scope `okta.groups.read`.
    ///
    /// `Everyone` is among them, except for an application that has the group administrator's role.
    pub fn list(self) -> List<Group, Searchable> {
        let url = self.dispatcher.url(&["groups"]);
        List::new(
            self.dispatcher,
            Endpoint::Groups,
            url,
            PageSize::GROUPS,
            "listing groups".to_owned(),
        )
    }

    /// Reads one group. Needs the scope `okta.groups.read`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is none of that id,
    /// [`InvalidId`](crate::ErrorKind::InvalidId) when there cannot be, else as any request.
    pub async fn get(self, group: &GroupId) -> Result<Group, Error> {
        let url = self.dispatcher.url(&["groups", group.as_str()]);
        let doing = format!("reading the group {}", quoted(group.as_str()));
        let checked = group.check();
        self.dispatcher
            .read(Endpoint::Group, url, doing, checked)
            .await
    }

    /// Lists the members of a group. Needs the scope `okta.groups.read`.
    ///
    /// Deactivated users may be among them: see [`Member::status`]. [`users`](Self::users) reads them whole.
    pub fn members(self, group: &GroupId) -> List<Member> {
        self.below(group)
    }

    /// Lists the members of a group as whole users. Needs the scope `okta.groups.read`.
    ///
    /// It is the list that [`members`](Self::members) reads, of which that keeps ids: Okta sends whole users there. Where groups
    /// choose who is wanted their profiles come without a request more, and who is only in other groups is never read.
    /// [`keep`](List::keep) leaves out what nobody needs of them. Deactivated users may be among them: see [`User::status`].
    ///
    /// ```no_run
    /// # async fn example(client: okta_api::Client, group: okta_api::GroupId) -> Result<(), okta_api::Error> {
    /// let users = client.groups().users(&group).keep(["profile.login", "profile.email"]);
    /// for user in users.all().await? {
    ///     println!("{} {}", user.id, user.profile.email().unwrap_or("no address"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn users(self, group: &GroupId) -> List<User> {
        self.below(group)
    }

    fn below<T: Resource>(self, group: &GroupId) -> List<T> {
        List::new(
            self.dispatcher,
            Endpoint::Members,
            self.dispatcher.url(&["groups", group.as_str()]),
            PageSize::MEMBERS,
            format!("listing the members of group {}", quoted(group.as_str())),
        )
        .of(group.check())
    }
}
