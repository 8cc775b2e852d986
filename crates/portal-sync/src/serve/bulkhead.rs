//! Work that is too long for a thread that others wait for: so much of it at a time, and no more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;

/// Runs work on threads of its own, a few pieces at a time (the pattern of that name).
///
/// A request waits for its turn in its own future: when its client leaves, nothing stays queued. Work that has begun is
/// done to its end, and holds its place until then.
#[derive(Debug)]
pub(super) struct Bulkhead {
    places: Arc<Semaphore>,
    patience: Duration,
}

/// Why there is no result.
#[derive(Debug)]
pub(super) enum Refused {
    /// Its turn did not come in time.
    Busy,
    /// The work panicked: a bug.
    Crashed(JoinError),
}

impl Bulkhead {
    /// Room for so many pieces of work at a time. A request waits for its turn for as long as `patience`.
    pub(super) fn new(at_once: usize, patience: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(at_once)),
            patience,
        }
    }

    /// The result of `work`.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let turn = timeout(self.patience, Arc::clone(&self.places).acquire_owned());
        let Ok(Ok(place)) = turn.await else {
            return Err(Refused::Busy);
        };
        let span = tracing::Span::current();
        let done = spawn_blocking(move || {
            let done = span.in_scope(work);
            drop(place);
            done
        });
        done.await.map_err(Refused::Crashed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_refused_and_others_get_their_turn() {
        let bulkhead = Bulkhead::new(1, Duration::from_secs(2));
        let place = Arc::clone(&bulkhead.places).acquire_owned().await.unwrap();
        let begun = tokio::time::Instant::now();
        assert!(matches!(bulkhead.run(|| ()).await, Err(Refused::Busy)));
        assert_eq!(begun.elapsed().as_secs(), 2);
        drop(place);
        assert_eq!(bulkhead.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn who_leaves_leaves_nothing_queued_and_what_has_begun_keeps_its_place() {
        let bulkhead = Bulkhead::new(1, Duration::from_secs(2));
        let (finish, wait) = mpsc::channel::<()>();
        let (begun, beginning) = tokio::sync::oneshot::channel();
        let leaves = bulkhead.run(move || {
            begun.send(()).unwrap();
            wait.recv().is_ok()
        });
        tokio::select! {
            _ = leaves => panic!("it waits"),
            begun = beginning => begun.unwrap(),
        }
        assert_eq!(bulkhead.places.available_permits(), 0);
        for _ in 0..100 {
            let waits = bulkhead.run(|| panic!("nobody wants to know any more"));
            assert!(futures::FutureExt::now_or_never(waits).is_none());
        }
        finish.send(()).unwrap();
        assert_eq!(bulkhead.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_gives_its_place_back() {
        let bulkhead = Bulkhead::new(1, Duration::from_secs(2));
        let crashed = bulkhead.run(|| panic!("on purpose")).await;
        assert!(matches!(crashed, Err::<(), _>(Refused::Crashed(_))));
        assert_eq!(bulkhead.run(|| 7).await.unwrap(), 7);
    }
}
