//! All open connections: how many there may be, and who goes when one more comes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::progress::{Progress, Standing};

/// Who has just come has so long for its request before it may have to go, however many come after it.
const GRACE: Duration = Duration::from_millis(25);

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

    /// Whether somebody has to go for each who comes. An eighth of the places is free then, so that who comes does not wait
    /// for the other to be gone.
    pub(super) fn is_crowded(&self) -> bool {
        self.taken() >= self.size - self.size / 8
    }

    /// A place, as soon as one is free.
    pub(super) async fn enter(self: &Arc<Self>) -> Option<Place> {
        let permit = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some(self.seat(permit))
    }

    /// Asks one connection to leave.
    pub(super) async fn thin(&self) {
        while let Some(later) = self.ask_to_leave(Instant::now()) {
            sleep_until(later).await;
        }
    }

    /// When it has to be tried again because all have only just come.
    fn ask_to_leave(&self, now: Instant) -> Option<Instant> {
        let mut members = self.members();
        let standings = members
            .iter()
            .map(|(number, watched)| (*number, watched.progress().standing()));
        match goes(standings, now)? {
            Goes::Now(number) => {
                if let Some(watched) = members.remove(&number) {
                    watched.leave.notify_one();
                }
                None
            }
            Goes::Later(at) => Some(at),
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

/// Who has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goes {
    Now(u64),
    Later(Instant),
}

/// Of these connections, that which is longest without a whole request. Where all have one, or have only just come, that
/// which takes nothing of its answer for the longest time; where none is stalled, whoever came has its time and goes then;
/// where nobody came, that whose answer made no progress for the longest time.
fn goes(standings: impl Iterator<Item = (u64, Standing)>, now: Instant) -> Option<Goes> {
    let (mut waiting, mut stalled, mut answering) = (None, None, None);
    for (number, standing) in standings {
        let (longest, since) = match standing {
            Standing::Waiting(since) => (&mut waiting, since),
            Standing::Stalled(since) => (&mut stalled, since),
            Standing::Answering(since) => (&mut answering, since),
        };
        if longest.is_none_or(|(earliest, _)| since < earliest) {
            *longest = Some((since, number));
        }
    }
    let is_due = |(since, _): &(Instant, u64)| *since + GRACE <= now;
    if let Some((_, number)) = waiting.filter(is_due).or(stalled.filter(is_due)) {
        return Some(Goes::Now(number));
    }
    if let Some((since, _)) = waiting {
        return Some(Goes::Later(since + GRACE));
    }
    let (_, number) = stalled.into_iter().chain(answering).min()?;
    Some(Goes::Now(number))
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
        let begin = Instant::now();
        let crowd = Crowd::new(3);
        let busy = crowd.enter().await.unwrap();
        busy.watched.progress().ask(Instant::now());
        let later = GRACE / 5;
        tokio::time::advance(later).await;
        let first = crowd.enter().await.unwrap();
        tokio::time::advance(later).await;
        assert!(!crowd.is_crowded());
        let second = crowd.enter().await.unwrap();
        assert!(crowd.is_crowded());
        // It has the time that everybody has.
        crowd.thin().await;
        assert_eq!(begin.elapsed(), later + GRACE);
        first.watched.asked_to_leave().await;
        let comes = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { crowd.enter().await }
        });
        tokio::task::yield_now().await;
        assert!(!comes.is_finished());
        drop(first);
        let third = comes.await.unwrap().unwrap();
        assert_eq!(crowd.taken(), 3);
        // Each is asked once.
        for next in [&second, &third, &busy] {
            crowd.thin().await;
            next.watched.asked_to_leave().await;
        }
        crowd.thin().await;
        drop((busy, second, third));
        assert_eq!(crowd.taken(), 0);
        assert!(crowd.members().is_empty());
    }

    #[test]
    fn an_eighth_of_the_places_is_kept_free() {
        for (size, crowded_from) in [(0, 1), (1, 1), (7, 7), (8, 7), (32, 28), (1024, 896)] {
            let crowd = Crowd::new(size);
            let mut places = Vec::new();
            while !crowd.is_crowded() {
                let permit = Arc::clone(&crowd.places).try_acquire_owned().unwrap();
                places.push(crowd.seat(permit));
            }
            assert_eq!(places.len(), crowded_from, "{size}");
        }
    }

    #[test]
    fn the_least_useful_goes_first() {
        use Standing::*;
        let begin = Instant::now();
        let at = |milliseconds| begin + Duration::from_millis(milliseconds);
        let now = at(1_000);
        let cases: [(&[Standing], Option<Goes>); 9] = [
            (&[], None),
            (
                &[Waiting(at(7)), Waiting(at(5)), Waiting(at(6))],
                Some(Goes::Now(1)),
            ),
            (
                &[Stalled(at(1)), Answering(at(2)), Waiting(at(975))],
                Some(Goes::Now(2)),
            ),
            // Who has only just come has its time.
            (
                &[Answering(at(2)), Stalled(at(975)), Waiting(at(976))],
                Some(Goes::Now(1)),
            ),
            (
                &[Stalled(at(2)), Stalled(at(1)), Waiting(at(999))],
                Some(Goes::Now(1)),
            ),
            (
                &[
                    Answering(at(2)),
                    Stalled(at(976)),
                    Waiting(at(977)),
                    Waiting(at(976)),
                ],
                Some(Goes::Later(at(1_001))),
            ),
            (&[Answering(at(2)), Answering(at(1))], Some(Goes::Now(1))),
            (&[Answering(at(980)), Stalled(at(990))], Some(Goes::Now(0))),
            (&[Answering(at(999))], Some(Goes::Now(0))),
        ];
        for (standings, expected) in cases {
            let numbered = (0..).zip(standings.iter().copied());
            assert_eq!(goes(numbered, now), expected, "{standings:?}");
        }
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
