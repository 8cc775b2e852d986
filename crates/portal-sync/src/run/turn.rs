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

/// Renews a turn until it is lost: somebody else has it, or the store could not be asked for as long as it lasts. A store that is
/// merely slow, or locked by a commit of somebody else, is no reason: the commit will tell whether the turn was lost.
async fn lost(store: &dyn CatalogStore, turn: &Turn) -> StoreError {
    let mut renewed = Instant::now();
    loop {
        sleep(RENEWAL).await;
        let asked = Instant::now();
        let failed = match timeout(RENEWAL, store.renew(turn, LEASE)).await {
            Ok(Ok(())) => {
                renewed = asked;
                continue;
            }
            Ok(Err(error)) => match error.kind() {
                StoreErrorKind::Conflict => return error,
                StoreErrorKind::Locked | StoreErrorKind::TimedOut | StoreErrorKind::Contended => {
                    continue;
                }
                _ => error,
            },
            Err(_) => continue,
        };
        if renewed.elapsed() >= LEASE {
            return failed;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::Stubborn;

    fn turn() -> Turn {
        Turn::of_test("acme", 7)
    }

    async fn never() -> Result<(), RunError> {
        std::future::pending().await
    }

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_while_the_turn_is_renewed_and_for_as_long_as_it_lasts() {
        let begun = Instant::now();
        // Twice the store cannot be asked, which the turn outlasts.
        let store = Stubborn::new(Some(2));
        let work = async {
            sleep(Duration::from_secs(600)).await;
            Ok(())
        };
        while_held(&*store, Some(&turn()), work).await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 600);

        // A store that is locked, or gives no answer, may only be busy with what somebody else commits.
        for store in [Stubborn::new(Some(1_000)), Stubborn::new(None)] {
            let work = async {
                sleep(Duration::from_secs(600)).await;
                Ok(())
            };
            while_held(&*store, Some(&turn()), work).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_given_up_when_the_store_is_away_for_longer_than_the_turn_lasts() {
        for kind in [StoreErrorKind::Unreachable, StoreErrorKind::Gone] {
            let begun = Instant::now();
            let store = Stubborn::failing(1_000, kind);
            let lost = while_held(&*store, Some(&turn()), never()).await;
            let lost = lost.unwrap_err();
            assert!(
                matches!(&lost, RunError::Store(error) if error.kind() == kind),
                "{lost}"
            );
            let after = begun.elapsed();
            assert!(after >= LEASE && after <= LEASE + RENEWAL, "{after:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_ends_a_run_is_waited_for_whatever_becomes_of_its_turn() {
        let store = Stubborn::new(Some(100));
        let work = async {
            sleep(Duration::from_secs(600)).await;
            7
        };
        assert_eq!(renewing(&*store, &turn(), work).await, 7);
    }
}
