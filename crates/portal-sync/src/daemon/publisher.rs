//! From the store to the readers: whole generations, whoever committed them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use catalog_model::{EntitySet, EntitySetError};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::directory::chain;
use crate::published::Published;
use crate::serve::StoreStatus;
use crate::store::{Catalog, CatalogStore, KnownProvider, StoreError};

/// How often the store is asked whether another process committed.
const LOOK_AT_STORE: Duration = Duration::from_secs(2);

/// Hands whole generations from the store to the readers.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) store: Arc<dyn CatalogStore>,
    pub(super) publish: watch::Sender<Option<Arc<Published>>>,
    /// What whoever asks whether we are ready is told of the store.
    pub(super) status: watch::Sender<StoreStatus>,
    /// One refresh at a time: a slow one must not put an older generation over a newer one.
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl Publisher {
    /// Publishes the newest generation, unless it is the one that readers have.
    pub(super) async fn refresh(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let shown = self
            .publish
            .borrow()
            .as_ref()
            .map(|published| published.generation());
        if self.store.generation().await? == shown {
            return Ok(());
        }
        let Some(catalog) = self.store.catalog().await? else {
            return Ok(());
        };
        // Relations of everybody are derived here: not on a thread that answers requests.
        match tokio::task::spawn_blocking(|| published(catalog)).await {
            Ok(Ok(published)) => drop(self.publish.send_replace(Some(Arc::new(published)))),
            Ok(Err(errors)) => tracing::error!(
                ?errors,
                "the stored entities do not fit together; the generation before stays"
            ),
            Err(error) => tracing::error!(%error, "the generation before stays"),
        }
        Ok(())
    }

    /// As [`refresh`](Self::refresh), for when nobody is there to be told of an error.
    pub(super) async fn refresh_or_log(&self) {
        match self.refresh().await {
            Ok(()) => self.can_be_read(),
            Err(error) => self.cannot_be_read(&error),
        }
    }

    /// The providers that the store knows, as soon as it can be asked.
    pub(super) async fn known(&self) -> Vec<KnownProvider> {
        loop {
            match self.store.providers().await {
                Ok(known) => return known,
                Err(error) => self.cannot_be_read(&error),
            }
            tokio::time::sleep(LOOK_AT_STORE).await;
        }
    }

    /// Each change is told, not each look.
    fn tell(&self, now: StoreStatus) -> bool {
        self.status
            .send_if_modified(|status| std::mem::replace(status, now) != now)
    }

    fn can_be_read(&self) {
        let was_unreadable = *self.status.borrow() == StoreStatus::Unreadable;
        if self.tell(StoreStatus::Read) && was_unreadable {
            tracing::info!("the store can be read again");
        }
    }

    fn cannot_be_read(&self, error: &StoreError) {
        if self.tell(StoreStatus::Unreadable) {
            tracing::error!(
                error = %chain(error), fix = error.fix(),
                "the catalog cannot be read: it is tried again, and what is served stays"
            );
        }
    }

    /// Publishes what other processes commit.
    pub(super) async fn follow(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_AT_STORE).await;
            self.refresh_or_log().await;
        }
    }
}

fn published(catalog: Catalog) -> Result<Published, Vec<EntitySetError>> {
    let uids: BTreeMap<_, _> = catalog
        .records
        .iter()
        .map(|record| {
            let entity_ref = record.entity.entity_ref();
            let uid = uid(
                &record.provider,
                entity_ref.kind().as_str(),
                &record.okta_id,
            );
            (entity_ref, uid)
        })
        .collect();
    let entities = EntitySet::build(catalog.records.into_iter().map(|record| record.entity))?;
    let published = Published::new(catalog.generation, catalog.taken_at, entities, uids);
    Ok(published.of_providers(catalog.providers))
}

/// A UUID that an Okta object keeps for ever, whatever its entity is called. Two orgs may give one id, and groups that are
/// not Okta's have the same one in every tenant.
fn uid(provider: &str, kind: &str, okta_id: &str) -> String {
    let hash = Sha256::digest(format!("{provider}:{kind}:{okta_id}"));
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(hash)
        .for_each(|(byte, hashed)| *byte = hashed);
    uuid::Builder::from_custom_bytes(bytes)
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uid_depends_on_the_object_and_its_tenant_alone() {
        let uid = super::uid("acme", "User", "00u1");
        assert_eq!(uid, super::uid("acme", "User", "00u1"));
        assert_ne!(uid, super::uid("acme", "Group", "00u1"));
        assert_ne!(uid, super::uid("other", "User", "00u1"));
        assert_eq!(uid.len(), 36);
    }
}
