//! From the store to the readers: whole generations, whoever committed them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use catalog_model::{EntitySet, EntitySetError};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::directory::chain;
use crate::published::Published;
use crate::store::{Catalog, CatalogStore, StoreError};

/// How often the store is asked whether another process committed.
const LOOK_AT_STORE: Duration = Duration::from_secs(2);

/// Hands whole generations from the store to the readers.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) store: Arc<dyn CatalogStore>,
    pub(super) publish: watch::Sender<Option<Arc<Published>>>,
    /// One refresh at a time: a slow one must not put an older generation over a newer one. With it, what the last one
    /// left to do.
    pub(super) turn: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Publisher {
    /// Publishes the newest generation, unless it is the one that readers have.
    pub(super) async fn refresh(&self) -> Result<(), StoreError> {
        let mut turn = self.turn.lock().await;
        let shown = self
            .publish
            .borrow()
            .as_ref()
            .map(|published| published.generation());
        if self.store.generation().await? == shown {
            return Ok(());
        }
        // However fast generations follow each other, lists of old ones do not pile up.
        if let Some(relieved) = turn.take() {
            // Whether it panicked was told when it did.
            let _ = relieved.await;
        }
        let Some(catalog) = self.store.catalog().await? else {
            return Ok(());
        };
        // Relations of everybody are derived here: not on a thread that answers requests.
        match tokio::task::spawn_blocking(|| published(catalog)).await {
            Ok(Ok(published)) => {
                let published = Arc::new(published);
                let before = self.publish.send_replace(Some(Arc::clone(&published)));
                *turn = Some(tokio::task::spawn_blocking(move || {
                    relieve(before, &published);
                }));
            }
            Ok(Err(errors)) => {
                let first = errors.first().map(ToString::to_string);
                tracing::error!(
                    count = errors.len(),
                    first,
                    "the stored entities do not fit together; the generation before stays"
                );
            }
            Err(error) => tracing::error!(%error, "the generation before stays"),
        }
        Ok(())
    }

    /// As [`refresh`](Self::refresh), for when nobody is there to be told of an error.
    pub(super) async fn refresh_or_log(&self) {
        if let Err(error) = self.refresh().await {
            tracing::error!(error = %chain(&error), "the catalog cannot be read");
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

/// Lets go of the generation before, which takes a while for a large one, and makes the lists that its readers asked for:
/// they will ask again, and need not wait then.
fn relieve(before: Option<Arc<Published>>, published: &Published) {
    let asked: Vec<_> = before.iter().flat_map(|before| before.asked()).collect();
    drop(before);
    for coding in asked {
        if let Err(error) = published.make_list(coding) {
            tracing::error!(%error, "the list of all entities could not be made");
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
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use catalog_model::EntitySet;
    use jiff::Timestamp;

    use super::relieve;
    use crate::published::{Coding, Published};

    #[test]
    fn a_list_that_was_asked_for_is_made_for_the_next_generation_and_not_for_ever() {
        let generation = |number| {
            let entities = EntitySet::build([]).unwrap();
            Arc::new(Published::new(
                number,
                Timestamp::UNIX_EPOCH,
                entities,
                BTreeMap::new(),
            ))
        };
        let (first, second, third) = (generation(1), generation(2), generation(3));
        relieve(None, &first);
        assert!(first.list(Coding::Gzip).is_none());
        let held = Arc::downgrade(&first);
        relieve(Some(first), &second);
        assert!(held.upgrade().is_none());
        // Nobody asks for a list of the second.
        relieve(Some(Arc::clone(&second)), &third);
        assert!(second.list(Coding::Gzip).is_some() && second.list(Coding::Identity).is_none());
        assert!(third.list(Coding::Gzip).is_none());
    }

    #[test]
    fn a_uid_depends_on_the_object_and_its_tenant_alone() {
        let uid = super::uid("acme", "User", "00u1");
        assert_eq!(uid, super::uid("acme", "User", "00u1"));
        assert_ne!(uid, super::uid("acme", "Group", "00u1"));
        assert_ne!(uid, super::uid("other", "User", "00u1"));
        assert_eq!(uid.len(), 36);
    }
}
