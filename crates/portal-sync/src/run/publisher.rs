//! From the store to the readers: whole generations, whoever committed them.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::catalog::generation::{Builder, Generation, Unfit};
use crate::catalog::published::Published;
use crate::held::object::Key;
use crate::run::status::StoreStatus;
use crate::store::{
    CatalogStore, Intake, KnownProvider, Newest, StoreError, StoreErrorKind, Stored,
};
use crate::text::chain;

/// How often the store is asked whether another process committed, and whether its file is still there. A store that says
/// so by itself is asked at once.
const LOOK_AT_STORE: Duration = Duration::from_secs(1);

/// How long after the start the store is looked through for damage, and how often from then on.
const FIRST_CHECK: Duration = Duration::from_secs(60);
const CHECK_STORE: Duration = Duration::from_secs(24 * 60 * 60);

/// How soon a store that was found damaged is looked through again: whoever mends it waits for it.
const CHECK_DAMAGED_STORE: Duration = Duration::from_secs(60);

/// Hands whole generations from the store to the readers.
#[derive(Debug)]
pub(crate) struct Publisher {
    pub(crate) store: Arc<dyn CatalogStore>,
    pub(crate) publish: watch::Sender<Option<Arc<Published>>>,
    /// What the store was found to be when it was last looked at.
    pub(crate) status: watch::Sender<StoreStatus>,
    /// One refresh at a time: a slow one must not put an older generation over a newer one.
    pub(crate) turn: tokio::sync::Mutex<Seen>,
}

/// What was seen of the store so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The newest generation that was looked at, and the epoch it is of.
    newest: Option<(u64, u64)>,
    /// The epoch in which damage was found.
    damaged: Option<u64>,
    /// The error that was told, which is not told again every two seconds.
    told: Option<String>,
    /// What the last refresh left to do.
    relieved: Option<JoinHandle<()>>,
}

impl Publisher {
    /// Publishes the newest generation, unless it is the one that readers have. What goes wrong is told once, for as long
    /// as it lasts.
    pub(crate) async fn refresh(&self) -> Result<(), StoreError> {
        let mut seen = self.turn.lock().await;
        let refreshed = self.publish_newest(&mut seen).await;
        let status = match &refreshed {
            Ok(_) if seen.damaged == Some(self.store.epoch()) => StoreStatus::Damaged,
            Ok(status) => *status,
            Err(error) => match error.kind() {
                StoreErrorKind::Gone => StoreStatus::Gone,
                StoreErrorKind::Damaged => StoreStatus::Damaged,
                _ => StoreStatus::Unreadable,
            },
        };
        let error = refreshed.as_ref().err();
        let telling = error.map(|error| chain(error).to_string());
        if telling != seen.told {
            match error {
                Some(error) => tracing::error!(
                    error = %chain(error),
                    fix = error.fix(),
                    "the catalog cannot be read: the last generation stays"
                ),
                None => tracing::info!("the catalog can be read again"),
            }
            seen.told = telling;
        }
        self.status.send_if_modified(|before| {
            let is_new = *before != status;
            *before = status;
            is_new
        });
        refreshed.map(drop)
    }

    async fn publish_newest(&self, seen: &mut Seen) -> Result<StoreStatus, StoreError> {
        let generation = self.store.generation().await?;
        let newest = generation.map(|generation| (self.store.epoch(), generation));
        if newest.is_some() && newest == seen.newest {
            return Ok(StoreStatus::Read);
        }
        // However fast generations follow each other, indexes of old ones do not pile up.
        if let Some(relieved) = seen.relieved.take() {
            // Whether it panicked was told when it did.
            let _ = relieved.await;
        }
        let making = Arc::new(Mutex::new(Making::default()));
        let Some(read) = self.store.entities(Arc::clone(&making) as Arc<_>).await? else {
            return Ok(if self.publish.borrow().is_none() {
                StoreStatus::Read
            } else {
                StoreStatus::Emptied
            });
        };
        seen.newest = newest;
        // Refs of everybody are sorted here: not on a thread that answers requests.
        match tokio::task::spawn_blocking(move || made(&making, read)).await {
            Ok(Ok(generation)) => {
                let published = Arc::new(Published::from(generation));
                let before = self.publish.send_replace(Some(Arc::clone(&published)));
                seen.relieved = Some(tokio::task::spawn_blocking(move || {
                    // This takes a while for a large one; its memory is free before the index needs as much.
                    drop(before);
                    published.index();
                }));
            }
            Ok(Err(error)) => {
                let error = chain(&error);
                tracing::error!(%error, "the stored entities do not fit together; the generation before stays");
            }
            Err(error) => tracing::error!(%error, "the generation before stays"),
        }
        Ok(StoreStatus::Read)
    }

    /// As [`refresh`](Self::refresh), for when nobody is there to be told of an error.
    pub(crate) async fn refresh_or_log(&self) {
        drop(self.refresh().await);
    }

    /// The providers that the store knows, as soon as it can be asked.
    pub(crate) async fn known(&self) -> Vec<KnownProvider> {
        loop {
            if let Ok(known) = self.store.providers().await {
                return known;
            }
            // It fails for the same reason, which is told there.
            self.refresh_or_log().await;
            tokio::time::sleep(LOOK_AT_STORE).await;
        }
    }

    /// Publishes what other processes commit, and notices when the file goes or another takes its place.
    pub(crate) async fn follow(self: Arc<Self>) {
        loop {
            // However often it is woken, what follows at once is seen together.
            drop(tokio::time::timeout(LOOK_AT_STORE, self.store.woken()).await);
            self.refresh_or_log().await;
        }
    }

    /// Looks through the whole store for damage, day by day: a page that nobody read for a year is found before it is needed.
    pub(crate) async fn check(self: Arc<Self>) {
        tokio::time::sleep(FIRST_CHECK).await;
        let mut is_damaged = false;
        loop {
            let epoch = self.store.epoch();
            let checked = self.store.check().await;
            let was_damaged = is_damaged;
            is_damaged = matches!(&checked, Err(error) if error.kind() == StoreErrorKind::Damaged);
            match &checked {
                Err(_) if is_damaged && was_damaged => {}
                Err(error) if is_damaged => tracing::error!(
                    error = %chain(error),
                    fix = error.fix(),
                    "the store is damaged"
                ),
                Err(error) => tracing::warn!(error = %chain(error), "the store was not checked"),
                Ok(found) => tracing::debug!(?found, "the store was checked"),
            }
            if checked.is_ok() || is_damaged {
                self.turn.lock().await.damaged = is_damaged.then_some(epoch);
            }
            let pause = if is_damaged {
                CHECK_DAMAGED_STORE
            } else {
                CHECK_STORE
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// A generation in the making.
#[derive(Default)]
struct Making(Builder);

impl Intake for Making {
    fn begin(&mut self) {
        self.0 = Builder::default();
    }

    fn take(&mut self, stored: Stored<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let uid = uid(stored.provider, stored.key);
        Ok(self.0.add(stored.entity_ref, uid, stored.text)?)
    }
}

fn made(making: &Mutex<Making>, read: Newest) -> Result<Generation, Unfit> {
    let making = std::mem::take(&mut *making.lock().unwrap_or_else(PoisonError::into_inner));
    let Newest {
        generation,
        taken_at,
        providers,
    } = read;
    let made = making.0.finish(generation, taken_at, providers)?;
    if let Some(first) = made.missing().next() {
        let count = made.missing().count();
        tracing::error!(
            count,
            first,
            "stored entities name others that are not there"
        );
    }
    Ok(made)
}

/// A UUID that an object keeps for ever, whatever its entity is called. Two orgs may give one id, and groups that are not
/// Okta's have the same key in every tenant.
fn uid(provider: &str, key: &Key) -> Uuid {
    let hash = Sha256::digest(format!("{provider}:{}:{key}", key.kind().as_str()));
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(hash)
        .for_each(|(byte, hashed)| *byte = hashed);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests;
