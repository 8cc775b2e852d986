//! Work of seconds beside the threads on which everybody else waits.

use std::time::Duration;

use tokio::task::{spawn_blocking, yield_now};
use tokio::time::Instant;
use tracing::Span;

/// Does work that takes long in a thread of its own: an org of a hundred thousand people is planned in seconds, in which health
/// would not be told, no timeout noticed and no signal heard, if there is one processor. Work that has begun is done to its
/// end, though nobody may wait for it any more.
///
/// # Panics
/// As the work does.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let span = Span::current();
    match spawn_blocking(move || span.in_scope(work)).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// How long a loop may keep its thread from whatever else waits for it.
const SLICE: Duration = Duration::from_millis(5);

/// A loop's time on its thread: many short pieces of work are as long as one long one.
#[derive(Debug)]
pub(crate) struct Timeslice(Instant);

impl Timeslice {
    /// It begins now.
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Lets others have the thread when the time is used up; to be awaited after each piece of work.
    pub(crate) async fn pass(&mut self) {
        if self.0.elapsed() >= SLICE {
            yield_now().await;
            self.0 = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{SLICE, Timeslice, apart};

    #[tokio::test(start_paused = true)]
    async fn a_loop_gives_its_thread_away_when_its_time_is_used_up() {
        let (others, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let mut slice = Timeslice::begin();
        let other = tokio::spawn(async move { others.send("their turn") });
        for _ in 0..1_000 {
            slice.pass().await;
        }
        assert!(seen.try_recv().is_err(), "no time has passed");
        slice.0 -= SLICE;
        slice.pass().await;
        assert_eq!(seen.try_recv(), Ok("their turn"));
        other.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_takes_long_does_not_hold_up_what_else_its_thread_had_to_do() {
        let (send, receive) = std::sync::mpsc::channel();
        let other = tokio::spawn(async move { send.send("done").unwrap() });
        let heard = apart(move || receive.recv_timeout(Duration::from_secs(60))).await;
        other.await.unwrap();
        assert_eq!(heard, Ok("done"));
    }
}
