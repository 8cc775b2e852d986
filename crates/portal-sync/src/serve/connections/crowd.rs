//! All open connections: how many there may be, and who goes when one more comes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::progress::Progress;

/// So long nobody had to go, and a quarter of the places is free, before the crowd is called over: what comes and goes at
/// the limit is told once, not once for each.
pub(super) const CALM: Duration = Duration::from_secs(30);

/// What others see of one connection.
#[derive(Debug)]
pub(super) struct Watched {
    progress: Mutex<Progress>,
    leave: Notify,
}

impl Watched {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            progress: Mutex::new(Progress::new(now)),
            leave: Notify::new(),
        }
    }

    /// What it has been doing.
    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        // Nothing panics while it is held.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Done when it has to go.
    pub(super) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }
}

/// The open connections.
#[derive(Debug)]
pub(super) struct Crowd {
    places: Arc<Semaphore>,
    size: usize,
    /// By the order of their coming; those who were asked to leave are in it no more.
    members: Mutex<BTreeMap<u64, Arc<Watched>>>,
    next: Mutex<u64>,
}

/// The place of one connection, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    pub(super) watched: Arc<Watched>,
    _permit: OwnedSemaphorePermit,
}

impl Crowd {
    /// Room for `size` connections, and for one at least.
    pub(super) fn new(size: usize) -> Arc<Self> {
        let size = size.max(1);
        Arc::new(Self {
            places: Arc::new(Semaphore::new(size)),
            size,
            members: Mutex::default(),
            next: Mutex::default(),
        })
    }

    /// How many places there are.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// How many of them are taken.
    pub(super) fn taken(&self) -> usize {
        self.size.saturating_sub(self.places.available_permits())
    }

    /// A place, if one is free.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(self.seat(permit))
    }

    /// A place, as soon as one is free. The connection that is longest without a whole request is asked to leave for it;
    /// where all have one, that whose answer made no progress for the longest time.
    pub(super) async fn press_in(self: &Arc<Self>) -> Option<Place> {
        self.thin();
        // Whoever was asked before may be the first to go: one place is one place.
        let permit = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some(self.seat(permit))
    }

    /// Asks one connection to leave.
    pub(super) fn thin(&self) {
        let mut members = self.members();
        let longest = members
            .iter()
            .min_by_key(|(_, watched)| watched.progress().standing())
            .map(|(number, _)| *number);
        if let Some(watched) = longest.and_then(|number| members.remove(&number)) {
            watched.leave.notify_one();
        }
    }

    fn seat(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *next;
        *next += 1;
        let watched = Arc::new(Watched::new(Instant::now()));
        self.members().insert(number, Arc::clone(&watched));
        Place {
            crowd: Arc::clone(self),
            number,
            watched,
            _permit: permit,
        }
    }

    fn members(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Watched>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.members().remove(&self.number);
    }
}

/// Says when there is a crowd, and when it is over.
#[derive(Debug, Default)]
pub(super) struct Alarm(Option<(Instant, u64)>);

impl Alarm {
    /// One more connection had to go. True for the first one.
    pub(super) fn raise(&mut self, now: Instant) -> bool {
        let (_, gone) = self.0.unwrap_or((now, 0));
        self.0.replace((now, gone + 1)).is_none()
    }

    /// When to look whether it is over.
    pub(super) fn look_at(&self) -> Option<Instant> {
        self.0.map(|(last, _)| last + CALM)
    }

    /// Whether it is over, and how many had to go. Where it goes on, the next look is later.
    pub(super) fn look(&mut self, now: Instant, taken: usize, size: usize) -> Option<u64> {
        let (last, gone) = self.0?;
        if now < last + CALM {
            return None;
        }
        if taken > size - size / 4 {
            self.0 = Some((now, gone));
            return None;
        }
        self.0 = None;
        Some(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_longest_without_a_request_makes_room() {
        let crowd = Crowd::new(3);
        let busy = crowd.enter().unwrap();
        busy.watched.progress().ask(Instant::now());
        tokio::time::advance(Duration::from_secs(1)).await;
        let first = crowd.enter().unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        let second = crowd.enter().unwrap();
        assert!(crowd.enter().is_none());
        let comes = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { crowd.press_in().await }
        });
        first.watched.asked_to_leave().await;
        assert!(!comes.is_finished());
        drop(first);
        let third = comes.await.unwrap().unwrap();
        assert_eq!(crowd.taken(), 3);
        // Each is asked once.
        crowd.thin();
        second.watched.asked_to_leave().await;
        crowd.thin();
        third.watched.asked_to_leave().await;
        crowd.thin();
        busy.watched.asked_to_leave().await;
        crowd.thin();
        drop((busy, second, third));
        assert_eq!(crowd.taken(), 0);
        assert!(crowd.members().is_empty());
    }

    #[test]
    fn a_crowd_is_told_once_and_its_end_once() {
        let begin = Instant::now();
        let at = |second| begin + Duration::from_secs(second);
        let mut alarm = Alarm::default();
        assert_eq!((alarm.look_at(), alarm.look(at(0), 8, 8)), (None, None));
        assert!(alarm.raise(at(0)));
        assert!(!alarm.raise(at(5)));
        assert_eq!(alarm.look_at(), Some(at(35)));
        assert_eq!(alarm.look(at(34), 0, 8), None);
        // Still full, though nobody comes.
        assert_eq!(alarm.look(at(35), 7, 8), None);
        assert_eq!(alarm.look_at(), Some(at(65)));
        assert_eq!(alarm.look(at(65), 6, 8), Some(2));
        assert_eq!((alarm.look_at(), alarm.look(at(99), 0, 8)), (None, None));
        assert!(alarm.raise(at(99)));
    }
}
