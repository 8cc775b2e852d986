//! Long answers on their way: a few at a time, and none for longer than its reader takes it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::{StreamExt as _, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use crate::catalog::published::CatalogReader;

/// So many long answers are under way at a time.
pub(super) const DOWNLOADS: usize = 16;

/// How long a reader may take for one chunk.
const STALLED: Duration = Duration::from_secs(30);

/// How long a reader may take for one chunk where others wait for its place.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a reader may take for the whole.
const WHOLE: Duration = Duration::from_secs(10 * 60);

/// How long a reader may still take for a list when two newer generations are there.
const OUTDATED: Duration = Duration::from_secs(30);

/// Hands out long answers.
///
/// What they hold is bounded whatever their readers do: at most [`DOWNLOADS`] answers, none for longer than [`WHOLE`],
/// none whose reader takes nothing for [`STALLED`], and none that is two generations old for longer than [`OUTDATED`].
/// Where all places are taken, whoever has taken nothing for longest, and for [`PATIENCE`] at least, makes room.
/// A connection whose peer takes nothing is not asked for the next chunk, so a task looks at the clock, takes the bytes
/// away and gives the place to the next reader. What the connection has yet to send are chunks of their own.
#[derive(Debug)]
pub(super) struct Downloads {
    places: Arc<Semaphore>,
    /// Those under way, and some that have ended.
    under_way: Mutex<Vec<Weak<Mutex<Option<Rest>>>>>,
    catalog: CatalogReader,
}

impl Downloads {
    pub(super) fn new(catalog: CatalogReader) -> Self {
        Self {
            places: Arc::new(Semaphore::new(DOWNLOADS)),
            under_way: Mutex::default(),
            catalog,
        }
    }

    /// A body of this chunk and those that `next` writes, one after the other as they are taken, on threads that may be
    /// blocked. Nothing when too many are under way.
    pub(super) fn start_lazily(
        &self,
        first: Bytes,
        next: impl FnMut() -> Option<Bytes> + Send + 'static,
    ) -> Option<Body> {
        let (rest, progress) = self.begin(Box::new(next))?;
        let body = stream::unfold(
            (Some(first), rest, progress),
            async |(first, rest, progress)| {
                let chunk = match first {
                    Some(first) => Some(Ok(first)),
                    None => {
                        let writing = Arc::clone(&rest);
                        let written = move || locked(&writing).as_mut().map(Rest::next);
                        let written = spawn_blocking(written).await;
                        let late = || Some(Err(io::Error::other(LATE)));
                        written.map_or_else(
                            |error| Some(Err(io::Error::other(error))),
                            |it| it.unwrap_or_else(late),
                        )
                    }
                };
                progress.send_replace(());
                Some((chunk?, (None, rest, progress)))
            },
        );
        Some(Body::from_stream(body.fuse()))
    }

    /// A body of these chunks, or nothing when too many are under way. One chunk needs no place: it is as good as sent.
    pub(super) fn start(&self, chunks: &Arc<[Bytes]>) -> Option<Body> {
        match &**chunks {
            [] => return Some(Body::empty()),
            [only] => return Some(only.clone().into()),
            _ => {}
        }
        let chunks = Arc::clone(chunks);
        let mut at = 0;
        let (rest, progress) = self.begin(Box::new(move || {
            at += 1;
            chunks.get(at - 1).cloned()
        }))?;
        let next = move || {
            let chunk = locked(&rest).as_mut().map(Rest::next);
            progress.send_replace(());
            chunk.unwrap_or_else(|| Some(Err(io::Error::other(LATE))))
        };
        Some(Body::from_stream(stream::poll_fn(move |_| {
            Poll::Ready(next())
        })))
    }

    /// Takes a place for a long answer, and has its reader watched over.
    fn begin(&self, next: Next) -> Option<(Shared, watch::Sender<()>)> {
        let mut under_way = locked(&self.under_way);
        under_way.retain(|reader| reader.strong_count() > 0);
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                make_room(&under_way);
                Arc::clone(&self.places).try_acquire_owned().ok()?
            }
        };
        let rest = Arc::new(Mutex::new(Some(Rest {
            next,
            sent: 1,
            taken: Instant::now(),
            _place: place,
        })));
        under_way.push(Arc::downgrade(&rest));
        drop(under_way);
        let (progress, taken) = watch::channel(());
        let mut catalog = self.catalog.clone();
        catalog.mark_unchanged();
        tokio::spawn(watch_over(Arc::downgrade(&rest), taken, catalog));
        Some((rest, progress))
    }
}

/// What ends an answer that was cut off.
const LATE: &str = "it was taken too slowly";

/// What is still to be sent, until it is taken away.
type Shared = Arc<Mutex<Option<Rest>>>;

/// Writes the next chunk.
type Next = Box<dyn FnMut() -> Option<Bytes> + Send>;

/// What is still to be sent.
struct Rest {
    next: Next,
    sent: usize,
    /// When the last chunk was asked for.
    taken: Instant,
    _place: OwnedSemaphorePermit,
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest")
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

impl Rest {
    fn next(&mut self) -> Option<io::Result<Bytes>> {
        let chunk = (self.next)()?;
        self.sent += 1;
        self.taken = Instant::now();
        Some(Ok(chunk))
    }

    fn cut(&self) {
        tracing::info!(
            sent = self.sent,
            "a long answer was cut off: its reader is too slow"
        );
    }
}

/// Takes the rest away from whoever has taken nothing for longest, if that is long enough.
fn make_room(under_way: &[Weak<Mutex<Option<Rest>>>]) {
    let readers = under_way.iter().filter_map(Weak::upgrade);
    let slowest = readers
        .filter_map(|reader| {
            let taken = locked(&reader).as_ref()?.taken;
            (taken.elapsed() >= PATIENCE).then_some((taken, reader))
        })
        .min_by_key(|(taken, _)| *taken);
    let cut = slowest.and_then(|(_, reader)| locked(&reader).take());
    if let Some(cut) = cut {
        cut.cut();
    }
}

/// Takes the rest away from a reader that is too slow. It ends with the body.
async fn watch_over(
    rest: Weak<Mutex<Option<Rest>>>,
    mut taken: watch::Receiver<()>,
    mut catalog: CatalogReader,
) {
    let begun = Instant::now();
    let mut end = begun + WHOLE;
    let mut stalled = begun + STALLED;
    let mut newer = 0;
    loop {
        tokio::select! {
            () = sleep_until(end.min(stalled)) => break,
            chunk = taken.changed() => match chunk {
                Ok(()) => stalled = Instant::now() + STALLED,
                Err(_) => return,
            },
            Ok(()) = catalog.changed(), if newer < 2 => {
                newer += 1;
                if newer == 2 {
                    end = end.min(Instant::now() + OUTDATED);
                }
            }
        }
    }
    if let Some(rest) = rest.upgrade() {
        let cut = locked(&rest).take();
        if let Some(cut) = cut {
            cut.cut();
        }
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use jiff::Timestamp;
    use tokio::time::{advance, sleep};

    use super::*;
    use crate::catalog::published::Published;
    use crate::testing::published;

    type Publish = watch::Sender<Option<Arc<Published>>>;

    fn stage() -> (Publish, Downloads) {
        let (publish, catalog) = watch::channel(None);
        publish_next(&publish, 1);
        (publish, Downloads::new(catalog))
    }

    fn publish_next(publish: &Publish, generation: u64) {
        let published = published(generation, Timestamp::UNIX_EPOCH, Vec::new());
        publish.send_replace(Some(Arc::new(published)));
    }

    fn chunks(count: u8) -> Arc<[Bytes]> {
        (0..count).map(|n| Bytes::from(vec![n; 3])).collect()
    }

    /// Lets the tasks that are due run.
    async fn settle() {
        sleep(Duration::from_millis(1)).await;
    }

    #[tokio::test]
    async fn chunks_come_in_their_order_and_the_place_is_given_back() {
        let (_publish, downloads) = stage();
        let body = downloads.start(&chunks(3)).unwrap();
        assert_eq!(downloads.places.available_permits(), DOWNLOADS - 1);
        let read = axum::body::to_bytes(body, 100).await.unwrap();
        assert_eq!(*read, [0, 0, 0, 1, 1, 1, 2, 2, 2]);
        assert_eq!(downloads.places.available_permits(), DOWNLOADS);
    }

    #[tokio::test]
    async fn so_many_are_under_way_and_whoever_leaves_makes_room() {
        let (_publish, downloads) = stage();
        let list = chunks(2);
        let mut under_way: Vec<_> = (0..DOWNLOADS)
            .map(|_| downloads.start(&list).unwrap())
            .collect();
        assert!(downloads.start(&list).is_none());
        // What is short takes no place.
        assert!(downloads.start(&chunks(1)).is_some());
        assert!(downloads.start(&chunks(0)).is_some());
        under_way.pop();
        assert!(downloads.start(&list).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_off_and_holds_nothing() {
        let (_publish, downloads) = stage();
        let list = chunks(100);
        let held = Arc::downgrade(&list);
        let mut body = downloads.start(&list).unwrap().into_data_stream();
        drop(list);
        settle().await;
        // A chunk every 29 s is slow and allowed.
        for _ in 0..3 {
            advance(STALLED - Duration::from_secs(1)).await;
            assert!(body.next().await.unwrap().is_ok());
            settle().await;
        }
        assert!(held.upgrade().is_some());
        advance(STALLED).await;
        settle().await;
        assert!(
            held.upgrade().is_none(),
            "nobody has asked for a chunk, and yet the rest is gone"
        );
        assert_eq!(downloads.places.available_permits(), DOWNLOADS);
        assert!(body.next().await.unwrap().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_places_are_taken_who_takes_nothing_makes_room() {
        let (_publish, downloads) = stage();
        let list = chunks(100);
        let start = || downloads.start(&list).map(Body::into_data_stream);
        let mut readers: Vec<_> = (0..DOWNLOADS).map(|_| start().unwrap()).collect();
        // All of them have only just begun.
        assert!(start().is_none());
        advance(PATIENCE).await;
        // One of them goes on, and so does whoever comes in the place of one who does not.
        assert!(readers[0].next().await.unwrap().is_ok());
        for _ in 1..DOWNLOADS {
            let mut next = start().unwrap();
            assert!(next.next().await.unwrap().is_ok());
            readers.push(next);
        }
        assert!(start().is_none(), "nobody is slow any more");
        for (number, reader) in readers.iter_mut().enumerate() {
            let goes_on = number == 0 || number >= DOWNLOADS;
            assert_eq!(reader.next().await.unwrap().is_ok(), goes_on, "{number}");
        }
        drop(readers);
        settle().await;
        assert_eq!(downloads.places.available_permits(), DOWNLOADS);
        assert!(start().is_some());
        assert_eq!(locked(&downloads.under_way).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_drips_is_cut_off_in_the_end() {
        let (_publish, downloads) = stage();
        let mut body = downloads.start(&chunks(100)).unwrap().into_data_stream();
        let begun = Instant::now();
        let mut taken = 0;
        while body.next().await.unwrap().is_ok() {
            taken += 1;
            sleep(Duration::from_secs(29)).await;
        }
        assert_eq!(taken, 21);
        assert_eq!(begun.elapsed().as_secs(), 21 * 29);
        assert!(begun.elapsed() - WHOLE < STALLED);
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_is_two_generations_old_is_not_held_for_long() {
        let (publish, downloads) = stage();
        let list = chunks(100);
        let held = Arc::downgrade(&list);
        let mut body = downloads.start(&list).unwrap().into_data_stream();
        drop(list);
        settle().await;
        let mut drip = async |times: u64, apart: u64| {
            for _ in 0..times {
                sleep(Duration::from_secs(apart)).await;
                assert!(body.next().await.unwrap().is_ok());
            }
            body.next().now_or_never().unwrap().unwrap().is_ok()
        };
        publish_next(&publish, 2);
        assert!(drip(10, 10).await, "one generation later the list goes on");
        publish_next(&publish, 3);
        assert!(drip(2, 10).await);
        assert!(held.upgrade().is_some());
        sleep(Duration::from_secs(10)).await;
        settle().await;
        assert!(held.upgrade().is_none());
        assert!(body.next().await.unwrap().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn stuck_readers_of_many_generations_hold_their_lists_for_half_a_minute() {
        let (publish, downloads) = stage();
        let mut held = Vec::new();
        let mut stuck = Vec::new();
        for generation in 2..=16 {
            let list = chunks(100);
            held.push(Arc::downgrade(&list));
            let mut body = downloads.start(&list).unwrap().into_data_stream();
            assert!(body.next().await.unwrap().is_ok());
            stuck.push(body);
            publish_next(&publish, generation);
            settle().await;
        }
        assert_eq!(
            held.iter().filter(|list| list.upgrade().is_some()).count(),
            15
        );
        advance(STALLED).await;
        settle().await;
        assert!(held.iter().all(|list| list.upgrade().is_none()));
        assert_eq!(downloads.places.available_permits(), DOWNLOADS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_daemon_that_stops_publishing_leaves_readers_in_peace() {
        let (publish, downloads) = stage();
        let mut body = downloads.start(&chunks(4)).unwrap().into_data_stream();
        drop(publish);
        settle().await;
        for _ in 0..4 {
            advance(Duration::from_secs(20)).await;
            assert!(body.next().await.unwrap().is_ok());
            settle().await;
        }
        assert!(body.next().await.is_none());
    }
}
