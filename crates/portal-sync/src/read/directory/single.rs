//! Asking for single users by id.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};
use okta_api::{ErrorKind, UserId};
use tokio::time::Instant;

use super::{OktaDirectory, ReadError};
use crate::held::mirror::Found;
use crate::text::chain;

impl OktaDirectory {
    /// What Okta says of each of these users.
    pub(super) async fn each_of(
        &self,
        users: &[UserId],
        with_groups: bool,
        until: Instant,
    ) -> Result<BTreeMap<UserId, Found>, ReadError> {
        let reads = users.iter().cloned().map(|user| async move {
            let found = self.one_of(&user, with_groups, until).await;
            (user, found)
        });
        let mut reads = stream::iter(reads).buffer_unordered(self.parallel.max(1));
        let mut all = BTreeMap::new();
        while let Some((user, found)) = reads.next().await {
            let found = match found {
                Ok(found) => found,
                Err(error) => match error.kind() {
                    ErrorKind::NotFound => Found::Nobody,
                    ErrorKind::Unauthenticated => {
                        return Err(ReadError::users(error, self.limits.users));
                    }
                    _ => Found::Unknown(chain(&error)),
                },
            };
            all.insert(user, found);
        }
        Ok(all)
    }

    async fn one_of(
        &self,
        user: &UserId,
        with_groups: bool,
        until: Instant,
    ) -> Result<Found, okta_api::Error> {
        let Ok(found) = tokio::time::timeout_at(until, self.client.users().get(user)).await else {
            return Ok(Found::Unknown("the time of the run was over".to_owned()));
        };
        let found = found?;
        let groups = if with_groups {
            Some(self.groups_of(user, until).await?)
        } else {
            None
        };
        Ok(Found::User(Box::new(found), groups))
    }
}
