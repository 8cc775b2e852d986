//! `/api/v1/users`.

use std::sync::Arc;

use crate::dispatch::Dispatcher;
use crate::endpoint::Endpoint;
use crate::list::List;
use crate::page::PageSize;
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
    /// Without a [search](List::search) deactivated users are left out; a search returns them
    /// unless it says otherwise. Okta leaves credentials and most links out of the answers, because
    /// it is asked to.
    pub fn list(self) -> List<User> {
        let url = self.dispatcher.org.endpoint(Endpoint::Users.template());
        List::new(
            self.dispatcher,
            Endpoint::Users,
            url,
            PageSize::USERS,
            "listing users".to_owned(),
        )
    }
}
