//! When a request may be sent: as its budget has it, and with a bounded number of requests at a
//! time.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::sync::{Mutex as FairMutex, Notify};
use tokio::time::Instant;

use crate::budget::{Admission, Answer, Budget, Settlement};
use crate::endpoint::{Bucket, Endpoint};
use crate::error::Awaited;
use crate::metrics::{Meter, Waiting};
use crate::observer::WaitReason;
use crate::rate_limit::RateLimit;
use crate::rate_limit_share::RateLimitShare;

/// Answers without trouble after which one more request at a time is tried again.
const RECOVERY: u32 = 20;

/// Admits requests.
#[derive(Debug)]
pub(crate) struct Pacer {
    share: RateLimitShare,
    max_concurrent: NonZeroU32,
    jitter: fn() -> f64,
    meter: Arc<Meter>,
    state: Mutex<State>,
    /// Some request was settled, so another may be admitted.
    settled: Notify,
    /// Of those who wait for one budget only the first asks it, in the order of their coming.
    turns: Mutex<BTreeMap<Bucket, Arc<FairMutex<()>>>>,
}

#[derive(Debug)]
struct State {
    budgets: BTreeMap<Bucket, Budget>,
    concurrency: Concurrency,
}

/// How many requests may be under way: all that are configured, half of it after each complaint,
/// recovering one by one.
#[derive(Debug)]
struct Concurrency {
    max: u32,
    allowed: u32,
    under_way: u32,
    /// Complaints so far. Requests that were sent before the last one can not complain again.
    cuts: u32,
    untroubled: u32,
}

/// Leave to send one request. When it is dropped without an answer, the request counts as spent.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    pacer: &'a Pacer,
    bucket: Bucket,
    asks: bool,
    cuts: u32,
    told: Option<RateLimit>,
    answer: Answer,
}

impl Pacer {
    pub(crate) fn new(
        share: RateLimitShare,
        max_concurrent: NonZeroU32,
        jitter: fn() -> f64,
        meter: Arc<Meter>,
    ) -> Self {
        let max = max_concurrent.get();
        let concurrency = Concurrency {
            max,
            allowed: max,
            under_way: 0,
            cuts: 0,
            untroubled: 0,
        };
        let state = Mutex::new(State {
            budgets: BTreeMap::new(),
            concurrency,
        });
        Self {
            share,
            max_concurrent,
            jitter,
            meter,
            state,
            settled: Notify::new(),
            turns: Mutex::default(),
        }
    }

    /// Waits until a request may be sent, however long that is.
    #[cfg(test)]
    pub(crate) async fn admit(&self, endpoint: Endpoint) -> Permit<'_> {
        self.admit_before(endpoint, None).await.unwrap()
    }

    /// Waits until a request may be sent.
    ///
    /// # Errors
    ///
    /// What it would still have to wait for when the deadline comes: at once where that is known, else at the deadline.
    pub(crate) async fn admit_before(
        &self,
        endpoint: Endpoint,
        deadline: Option<Instant>,
    ) -> Result<Permit<'_>, Awaited> {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(Awaited::Start);
        }
        let bucket = endpoint.bucket();
        let turn = self.turn(bucket);
        let _turn = before(deadline, turn.lock()).await.ok_or(Awaited::Turn)?;
        let mut waiting: Option<Waiting<'_>> = None;
        loop {
            // Made before asking, so that no settlement after the answer is missed.
            let settled = self.settled.notified();
            let now = Instant::now();
            let at_latest = match self.try_admit(bucket, now) {
                (Admission::Granted { asks }, cuts) => {
                    return Ok(Permit {
                        pacer: self,
                        bucket,
                        asks,
                        cuts,
                        told: None,
                        answer: Answer::Failure,
                    });
                }
                (Admission::AfterAnswer { at_latest }, _) => at_latest,
                (Admission::NotBefore(end), _) => {
                    if deadline.is_some_and(|deadline| end >= deadline) {
                        return Err(Awaited::Window(end - now));
                    }
                    waiting.get_or_insert_with(|| self.wait(endpoint, end - now));
                    // An answer can bring news of a younger window.
                    Some(end)
                }
            };
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Err(Awaited::Turn);
            }
            let _either = before(at_latest.into_iter().chain(deadline).min(), settled).await;
        }
    }

    /// A wait for a window, told when it begins and when it is over, however it ends.
    fn wait(&self, endpoint: Endpoint, time: Duration) -> Waiting<'_> {
        // Our own limit, for a server that tells of none, makes waits of a tenth of a second.
        if time > Duration::from_secs(1) {
            let seconds = time.as_secs_f64();
            tracing::info!(%endpoint, seconds, "waiting for the rate limit");
        }
        self.meter.wait(endpoint, WaitReason::RateLimit, time, None)
    }

    /// The server wants nothing of this kind for so long.
    pub(crate) fn close(&self, endpoint: Endpoint, wait: Duration) {
        self.lock()
            .budget(endpoint.bucket(), self)
            .close(Instant::now(), wait);
        self.settled.notify_waiters();
    }

    fn try_admit(&self, bucket: Bucket, now: Instant) -> (Admission, u32) {
        let mut state = self.lock();
        let cuts = state.concurrency.cuts;
        if state.concurrency.under_way >= state.concurrency.allowed {
            return (Admission::AfterAnswer { at_latest: None }, cuts);
        }
        let admission = state.budget(bucket, self).admit(now);
        if matches!(admission, Admission::Granted { .. }) {
            state.concurrency.under_way += 1;
        }
        (admission, cuts)
    }

    fn turn(&self, bucket: Bucket) -> Arc<FairMutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(bucket).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes before the deadline, if there is one.
async fn before<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

impl State {
    fn budget(&mut self, bucket: Bucket, pacer: &Pacer) -> &mut Budget {
        self.budgets
            .entry(bucket)
            .or_insert_with(|| Budget::new(pacer.share, pacer.max_concurrent))
    }
}

impl Permit<'_> {
    /// The request was answered with this status, and so much was said about the limit.
    pub(crate) fn answered(mut self, status: StatusCode, told: Option<RateLimit>) {
        self.told = told;
        self.answer = match status {
            StatusCode::TOO_MANY_REQUESTS => Answer::Throttled,
            status if status.is_success() => Answer::Success,
            _ => Answer::Failure,
        };
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.pacer.lock();
        let jitter = (self.pacer.jitter)();
        let elsewhere = |told| {
            let others = state.budgets.iter();
            let others = others.filter(|(bucket, _)| **bucket != self.bucket);
            others.map(|(_, budget)| budget.spent_of(told)).sum()
        };
        let settlement = Settlement {
            asks: self.asks,
            told: self.told,
            answer: self.answer,
            elsewhere: self.told.as_ref().map_or(0, elsewhere),
        };
        let budget = state.budget(self.bucket, self.pacer);
        budget.settle(Instant::now(), settlement, jitter);
        state.concurrency.settle(
            self.cuts,
            self.told.is_some_and(|told| told.is_concurrency()),
            self.answer == Answer::Success,
        );
        drop(state);
        self.pacer.settled.notify_waiters();
    }
}

impl Concurrency {
    fn settle(&mut self, cuts: u32, too_many: bool, succeeded: bool) {
        self.under_way = self.under_way.saturating_sub(1);
        if too_many && cuts == self.cuts {
            self.allowed = (self.allowed / 2).max(1);
            self.cuts = self.cuts.wrapping_add(1);
            self.untroubled = 0;
            tracing::debug!(allowed = self.allowed, "too many concurrent requests");
        } else if succeeded && self.allowed < self.max {
            self.untroubled += 1;
            if self.untroubled >= RECOVERY {
                self.allowed += 1;
                self.untroubled = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Arc;
    use std::time::Duration;

    use futures::FutureExt as _;
    use http::StatusCode;
    use tokio::time::Instant;

    use super::{Concurrency, Pacer, RECOVERY};
    use crate::endpoint::Endpoint;
    use crate::metrics::Meter;
    use crate::rate_limit::RateLimit;
    use crate::rate_limit_share::RateLimitShare;

    fn pacer(percent: u8, max_concurrent: u32) -> Pacer {
        let max_concurrent = NonZeroU32::new(max_concurrent).unwrap();
        Pacer::new(
            RateLimitShare::percent(percent).unwrap(),
            max_concurrent,
            || 0.0,
            Arc::new(Meter::default()),
        )
    }

    fn told(limit: u64, remaining: u64) -> Option<RateLimit> {
        Some(RateLimit {
            limit,
            remaining,
            window: Some(1),
            resets_in: Duration::from_secs(30),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_allowed_are_under_way() {
        let pacer = pacer(100, 2);
        pacer
            .admit(Endpoint::Users)
            .await
            .answered(StatusCode::OK, told(100, 99));
        let first = pacer.admit(Endpoint::Users).await;
        let _second = pacer.admit(Endpoint::Groups).await;
        assert!(pacer.admit(Endpoint::Users).now_or_never().is_none());
        drop(first);
        assert!(pacer.admit(Endpoint::Users).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn one_exhausted_budget_does_not_hold_up_the_other() {
        let pacer = pacer(50, 2);
        let start = Instant::now();
        pacer
            .admit(Endpoint::Groups)
            .await
            .answered(StatusCode::OK, told(10, 5));
        {
            let members = pacer.admit(Endpoint::Members);
            let members = std::pin::pin!(members);
            assert!(
                members.now_or_never().is_none(),
                "groups and members share a budget"
            );
        }
        assert!(pacer.admit(Endpoint::Users).now_or_never().is_some());
        drop(pacer.admit(Endpoint::Members).await);
        assert_eq!(start.elapsed(), Duration::from_secs(30));
        assert_eq!(
            pacer.meter.snapshot().waited_for_limit,
            Duration::from_secs(30)
        );
    }

    #[test]
    fn one_wave_of_complaints_halves_once_and_recovery_is_slow() {
        let mut concurrency = Concurrency {
            max: 8,
            allowed: 8,
            under_way: 8,
            cuts: 0,
            untroubled: 0,
        };
        (0..8).for_each(|_| concurrency.settle(0, true, false));
        assert_eq!((concurrency.allowed, concurrency.under_way), (4, 0));
        concurrency.settle(1, true, false);
        concurrency.settle(2, true, false);
        concurrency.settle(3, true, false);
        assert_eq!(concurrency.allowed, 1);
        (0..RECOVERY).for_each(|_| concurrency.settle(4, false, true));
        assert_eq!(concurrency.allowed, 2);
        (0..RECOVERY * 20).for_each(|_| concurrency.settle(4, false, true));
        assert_eq!(concurrency.allowed, 8);
    }
}
