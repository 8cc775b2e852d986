//! Reading an answer without holding up whoever waits for something else.

use bytes::Bytes;
use http::Response;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::sending::{broken_off, late};
use crate::error::{Awaited, Cause};

/// What reads an answer, wherever that is done.
pub(crate) trait Read<T>:
    Fn(&Response<Bytes>) -> Result<T, Cause> + Clone + Send + Sync + 'static
{
}

impl<T, F: Fn(&Response<Bytes>) -> Result<T, Cause> + Clone + Send + Sync + 'static> Read<T> for F {}

/// An answer of fewer bytes is read at once, which takes a few milliseconds. A page of 200 users has some 260 KiB, and is read
/// an eighth slower on another thread, for whoever frees it waits for the allocator of that thread.
const SMALL_ANSWER: usize = 512 * 1024;

/// Reads an answer beside the threads that wait: one of many megabytes takes a second, in which a timeout, a signal or another
/// request would go unheard. Past the deadline nobody waits for it any more.
pub(super) async fn apart<T: Send + 'static>(
    response: Response<Bytes>,
    deadline: Option<Instant>,
    read: &impl Read<T>,
) -> Result<T, Cause> {
    if response.body().len() < SMALL_ANSWER {
        return read(&response);
    }
    let read = read.clone();
    let reading = spawn_blocking(move || read(&response));
    let outcome = match deadline {
        None => reading.await,
        Some(deadline) => timeout_at(deadline, reading)
            .await
            .map_err(|_over| late(Awaited::Reading))?,
    };
    outcome.unwrap_or_else(|error| Err(broken_off(error)))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc};
    use std::time::Duration;

    use bytes::Bytes;
    use http::Response;
    use tokio::time::Instant;

    use super::{SMALL_ANSWER, apart};
    use crate::error::{Awaited, Cause};

    fn large() -> Response<Bytes> {
        Response::new(Bytes::from(vec![b' '; SMALL_ANSWER]))
    }

    /// The thread that waits is told meanwhile: one that read would never send the word that the reading waits for.
    #[tokio::test]
    async fn other_work_goes_on_while_a_large_answer_is_read() {
        let (word, heard) = mpsc::channel();
        let heard = Arc::new(Mutex::new(heard));
        let read = move |response: &Response<Bytes>| {
            heard.lock().unwrap().recv().unwrap();
            Ok(response.body().len())
        };
        let other = async { word.send(()).unwrap() };
        let (read, ()) = tokio::join!(apart(large(), None, &read), other);
        assert_eq!(read.unwrap(), SMALL_ANSWER);
    }

    #[tokio::test(start_paused = true)]
    async fn the_reading_is_not_waited_for_past_the_deadline() {
        let (word, heard) = mpsc::channel::<()>();
        let heard = Arc::new(Mutex::new(heard));
        let read = move |_: &Response<Bytes>| {
            // Until the sender goes.
            heard.lock().unwrap().recv().unwrap_err();
            Ok(())
        };
        let deadline = Instant::now() + Duration::from_secs(5);
        let time = tokio::time::advance(Duration::from_secs(6));
        let (read, ()) = tokio::join!(apart(large(), Some(deadline), &read), time);
        drop(word);
        let Err(Cause::Late(late)) = read else {
            panic!("{read:?}")
        };
        assert_eq!(late.awaited, Awaited::Reading);
    }

    #[tokio::test]
    async fn a_small_answer_is_read_at_once() {
        let here = std::thread::current().id();
        let read = move |_: &Response<Bytes>| Ok(std::thread::current().id() == here);
        let small = Response::new(Bytes::from_static(b"[]"));
        assert!(apart(small, None, &read).await.unwrap());
        assert!(!apart(large(), None, &read).await.unwrap());
    }
}
