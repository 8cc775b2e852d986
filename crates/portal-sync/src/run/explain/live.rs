//! Asking Okta for one object, for this once: nothing of it is kept.

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use jiff::Timestamp;
use okta_api::{Client, ErrorKind, Group, GroupId, User};
use org_filter::Literal;

use super::held::{Held, Tenant};
use crate::held::mirror::Mirror;
use crate::held::object::{GroupKey, Key, Kind};
use crate::store::CatalogStore;

/// What Okta says of one object at this moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// When it was asked, by this machine's clock.
    pub at: Timestamp,
    /// The user, if there is one.
    pub user: Option<User>,
    /// The group, if there is one.
    pub group: Option<Group>,
    /// The groups of the user; none where they decide nothing, so that Okta was not asked for them.
    pub groups: Option<Vec<Group>>,
}

/// Asks one org.
#[derive(Debug)]
pub(crate) struct Asking<'a> {
    /// What asks.
    pub client: &'a Client,
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The time.
    pub now: Timestamp,
}

impl Asking<'_> {
    /// The objects that a text stands for, as Okta has them: users by id, login and e-mail address, groups by id and name.
    ///
    /// # Errors
    /// When Okta cannot be asked, or refuses.
    pub(crate) async fn find(
        &self,
        kind: Kind,
        text: &str,
    ) -> Result<Vec<(Key, Seen)>, okta_api::Error> {
        let mut found = Vec::new();
        match kind {
            Kind::User => {
                for user in self.users(text).await? {
                    let id = user.id.clone();
                    found.push((Key::User(id), self.seen_user(Some(user)).await?));
                }
            }
            Kind::Group => {
                for group in self.groups(text).await? {
                    let key = GroupKey::Okta(group.id.clone());
                    found.push((key.into(), self.seen_group(Some(group))));
                }
            }
        }
        Ok(found)
    }

    /// What Okta says of an object whose id is known; nothing of a group that the configuration makes.
    ///
    /// # Errors
    /// When Okta cannot be asked, or refuses.
    pub(crate) async fn see(&self, key: &Key) -> Result<Option<Seen>, okta_api::Error> {
        Ok(match key {
            Key::User(id) => {
                let user = there(self.client.users().get(id).await)?;
                Some(self.seen_user(user).await?)
            }
            Key::Group(GroupKey::Okta(id)) => {
                let group = there(self.client.groups().get(id).await)?;
                Some(self.seen_group(group))
            }
            Key::Group(_) => None,
        })
    }

    async fn users(&self, text: &str) -> Result<Vec<User>, okta_api::Error> {
        let by_login = self.client.users().get_by_login(text).await;
        if let Some(user) = there(by_login)? {
            return Ok(vec![user]);
        }
        if !text.contains('@') {
            return Ok(Vec::new());
        }
        let text = Literal::Text(text.to_owned());
        let search = format!("profile.email eq {text}");
        let found = self.client.users().list().search(search).pages();
        let pages: Vec<_> = found.try_collect().await?;
        Ok(pages.into_iter().flat_map(|page| page.items).collect())
    }

    async fn groups(&self, text: &str) -> Result<Vec<Group>, okta_api::Error> {
        let by_id = self.client.groups().get(&GroupId::from(text)).await;
        if let Some(group) = there(by_id)? {
            return Ok(vec![group]);
        }
        let text = Literal::Text(text.to_owned());
        let search = format!("profile.name eq {text}");
        let found = self.client.groups().list().search(search).pages();
        let pages: Vec<_> = found.try_collect().await?;
        Ok(pages.into_iter().flat_map(|page| page.items).collect())
    }

    async fn seen_user(&self, user: Option<User>) -> Result<Seen, okta_api::Error> {
        let mut seen = Seen {
            at: self.now,
            ..Seen::default()
        };
        let decide = self.tenant.settings.rules.users_from_groups;
        if let Some(user) = user.as_ref().filter(|_| decide) {
            let groups = self.client.users().groups(&user.id).pages();
            let pages: Vec<_> = groups.try_collect().await?;
            let groups = pages.into_iter().flat_map(|page| page.items);
            seen.groups = Some(groups.collect());
        }
        seen.user = user;
        Ok(seen)
    }

    fn seen_group(&self, group: Option<Group>) -> Seen {
        Seen {
            at: self.now,
            group,
            ..Seen::default()
        }
    }
}

/// Nothing where Okta has no such object: also where it takes the text for none of its ids.
fn there<T>(answer: Result<T, okta_api::Error>) -> Result<Option<T>, okta_api::Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::InvalidId => Ok(None),
            _ => Err(error),
        },
    }
}

impl Held {
    /// With what Okta says of one object.
    pub(crate) async fn seeing(
        self,
        tenant: &Tenant,
        store: &dyn CatalogStore,
        key: &Key,
        seen: &Seen,
    ) -> Self {
        match key {
            Key::User(id) => {
                let groups = seen.groups.as_ref();
                let groups: Option<BTreeSet<GroupId>> =
                    groups.map(|all| all.iter().map(|group| group.id.clone()).collect());
                let user = seen.user.clone();
                let change = |mirror: Mirror| mirror.with_user_seen(id, user, groups.as_ref());
                self.over(tenant, store, change).await
            }
            Key::Group(GroupKey::Okta(id)) => {
                // What Okta's part of the filter leaves out no list shows, and no run knows.
                let finds = |group: &Group| tenant.selection.finds_group(group);
                let group = seen.group.clone().filter(finds);
                let change = |mirror: Mirror| mirror.with_group_seen(id, group);
                self.over(tenant, store, change).await
            }
            Key::Group(_) => self,
        }
    }
}
