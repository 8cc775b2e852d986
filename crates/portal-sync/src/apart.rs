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
