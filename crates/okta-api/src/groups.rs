//! `/api/v1/groups` and the members below it.

use std::sync::Arc;

use crate::dispatch::Dispatcher;
use crate::endpoint::Endpoint;
use crate::group::Group;
use crate::id::GroupId;
use crate::list::List;
use crate::page::PageSize;
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
    pub fn list(self) -> List<Group> {
        let url = self.dispatcher.org.endpoint(Endpoint::Groups.template());
        List::new(
            self.dispatcher,
            Endpoint::Groups,
            url,
            PageSize::GROUPS,
            "listing groups".to_owned(),
        )
    }

    /// Lists the members of a group. Needs the scope `okta.groups.read`.
    ///
    /// Deactivated users may be among them: see [`Member::status`].
    pub fn members(self, group: &GroupId) -> List<Member> {
        let mut url = self.dispatcher.org.endpoint(Endpoint::Groups.template());
        // An `https` URL always has segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(group.as_str()).push("users");
        }
        let doing = format!("listing the members of group `{group}`");
        List::new(
            self.dispatcher,
            Endpoint::Members,
            url,
            PageSize::MEMBERS,
            doing,
        )
    }
}
