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
use crate::user::Member;

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
    /// Deactivated users may be among them: see [`Member::status`].
    pub fn members(self, group: &GroupId) -> List<Member> {
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
