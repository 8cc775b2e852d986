//! Keeping a turn while something is done by it.

use std::future::Future;

use tokio::time::{Instant, sleep, timeout};

use crate::run::error::RunError;
use crate::store::{CatalogStore, LEASE, RENEWAL, StoreError, StoreErrorKind, Turn};

/// Does some work while the turn is renewed, and gives it up when the turn is lost. Without a turn it is just done.
///
/// # Errors
/// Those of the work, and [`StoreErrorKind::Conflict`] when the turn is lost.
pub(crate) async fn while_held<T>(
    store: &dyn CatalogStore,
    turn: Option<&Turn>,
    work: impl Future<Output = Result<T, RunError>>,
) -> Result<T, RunError> {
    let Some(turn) = turn else {
        return work.await;
    };
    tokio::select! {
        biased;
        done = work => done,
        lost = lost(store, turn) => Err(lost.into()),
    }
}

/// Does the work that ends a run while its turn is renewed. Whether the turn was lost meanwhile is for the work to say: it may
/// just have given it back.
pub(crate) async fn renewing<T>(
    store: &dyn CatalogStore,
    turn: &Turn,
    work: impl Future<Output = T>,
) -> T {
    let renewed = async {
        loop {
            sleep(RENEWAL).await;
            drop(timeout(RENEWAL, store.renew(turn, LEASE)).await);
        }
    };
    tokio::select! {
        biased;
        done = work => done,
        () = renewed => std::future::pending().await,
    }
}

/// Renews a turn until it is lost: somebody else has it, or nobody could renew it for as long as it lasts.
async fn lost(store: &dyn CatalogStore, turn: &Turn) -> StoreError {
    let mut renewed = Instant::now();
    loop {
        sleep(RENEWAL).await;
        let asked = Instant::now();
        match timeout(RENEWAL, store.renew(turn, LEASE)).await {
            Ok(Ok(())) => renewed = asked,
            Ok(Err(error)) if error.kind() == StoreErrorKind::Conflict => return error,
            _ if renewed.elapsed() >= LEASE => {
                let doing = format!("renewing the turn of run {}", turn.number);
                return StoreError::new(StoreErrorKind::Conflict, doing);
            }
            _ => {}
        }
    }
}
