//! Work of seconds beside the threads on which everybody else waits.

use tokio::task::spawn_blocking;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::apart;

    #[tokio::test]
    async fn what_takes_long_does_not_hold_up_what_else_its_thread_had_to_do() {
        let (send, receive) = std::sync::mpsc::channel();
        let other = tokio::spawn(async move { send.send("done").unwrap() });
        let heard = apart(move || receive.recv_timeout(Duration::from_secs(60))).await;
        other.await.unwrap();
        assert_eq!(heard, Ok("done"));
    }
}
