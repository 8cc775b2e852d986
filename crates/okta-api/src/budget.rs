//! What may be spent of one rate limit, learned from the headers of its answers.
//!
//! Okta counts in fixed windows: so many requests until the reset, then as many again. A budget
//! spends its share as fast as it is asked to and then waits for the window's end. The rest of the
//! window is kept for others, less what they are seen to have taken of it; what they take of our
//! share is gone. What was spent before a budget's first request may have been its own program's,
//! run just before, and counts as its own. A request counts as spent from the moment it is admitted,
//! so requests in flight can not overshoot.
//!
//! What others take while our requests are on their way is not known until these are answered. So as much is left
//! unspent as others were seen to take from one answer to the next, and nothing where nobody else was seen.
//!
//! At the start of a window nobody knows what others have already taken. One request goes first and
//! asks; the others wait for its answer. A server that tells nothing about limits is paced by a
//! limit of our own.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::clock::TokioClock;
use crate::rate_limit::RateLimit;
use crate::retry;
use crate::share::Share;

/// How long the others wait for the answer of the request that asks, before another one asks.
const PATIENCE: Duration = Duration::from_secs(5);

/// Requests a second to a server that tells nothing about its limits. Okta's are 600 a minute and
/// more.
const GUARD_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// For so many windows it is remembered what others took at once.
const MEMORY: u32 = 10;

/// A limiter that reads tokio's clock.
type Guard = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<std::time::Instant>>;

/// The budget of one rate limit.
#[derive(Debug)]
pub(crate) struct Budget {
    share: Share,
    knowledge: Knowledge,
    in_flight: u64,
    closed_until: Option<Instant>,
    /// Whether a window was known before: whatever was spent of the first one may have been us.
    begun: bool,
    others: Others,
    guard: Guard,
}

/// The most that others were seen to take from one answer to the next.
#[derive(Debug, Default)]
struct Others {
    at_once: u64,
    /// How many windows longer that is remembered.
    windows: u32,
}

/// What is known about the present window.
#[derive(Debug)]
enum Knowledge {
    /// Nothing yet; the request that was sent to find out, if any, and when.
    Nothing { asked: Option<Instant> },
    /// The server does not tell.
    Untold,
    /// What the headers said.
    Window(Window),
}

#[derive(Debug)]
struct Window {
    /// The reset, which names the window.
    name: Option<i64>,
    limit: u64,
    remaining: u64,
    ends: Instant,
    /// Requests of ours that may be charged to it.
    ours: u64,
    /// What others have taken of it, at least.
    others: u64,
}

/// Whether a request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Now. `asks` marks the request that finds out about a new window.
    Granted { asks: bool },
    /// When another request is answered, at the latest then.
    AfterAnswer { at_latest: Option<Instant> },
    /// Not before this instant: the share of the window is spent.
    NotBefore(Instant),
}

impl Budget {
    /// A budget that knows nothing yet. `burst` is how many requests may start at once while the
    /// server tells nothing.
    pub(crate) fn new(share: Share, burst: NonZeroU32) -> Self {
        let guard = RateLimiter::direct_with_clock(
            Quota::per_second(GUARD_PER_SECOND).allow_burst(burst),
            TokioClock,
        );
        Self {
            share,
            knowledge: Knowledge::Nothing { asked: None },
            in_flight: 0,
            closed_until: None,
            begun: false,
            others: Others::default(),
            guard,
        }
    }

    /// Asks to send a request. When granted it counts as spent until it is [settled](Self::settle).
    pub(crate) fn admit(&mut self, now: Instant) -> Admission {
        if let Some(until) = self.closed_until.filter(|until| now < *until) {
            return Admission::NotBefore(until);
        }
        if matches!(&self.knowledge, Knowledge::Window(window) if window.ends <= now) {
            self.knowledge = Knowledge::Nothing { asked: None };
        }
        let admission = match &mut self.knowledge {
            Knowledge::Nothing { asked: Some(asked) } if now < *asked + PATIENCE => {
                Admission::AfterAnswer {
                    at_latest: Some(*asked + PATIENCE),
                }
            }
            Knowledge::Nothing { asked } => match guarded(&self.guard, now) {
                Admission::Granted { .. } => {
                    *asked = Some(now);
                    Admission::Granted { asks: true }
                }
                wait => wait,
            },
            Knowledge::Untold => guarded(&self.guard, now),
            Knowledge::Window(window) => {
                let allowed = self.share.of(window.limit);
                let theirs = window.limit.saturating_sub(allowed);
                let reserved = theirs.saturating_sub(window.others);
                let reserved = reserved.max(self.others.margin(window.limit));
                if window.remaining <= reserved {
                    Admission::NotBefore(window.ends)
                } else if window.remaining.saturating_sub(self.in_flight) <= reserved {
                    Admission::AfterAnswer {
                        at_latest: Some(window.ends),
                    }
                } else {
                    window.ours += 1;
                    Admission::Granted { asks: false }
                }
            }
        };
        if matches!(admission, Admission::Granted { .. }) {
            self.in_flight = self.in_flight.saturating_add(1);
        }
        admission
    }

    /// A request that was admitted is over. `told` is what its answer said about the limit;
    /// `succeeded` is false when there was no answer or an error, whose silence about limits means
    /// nothing. `jitter` spreads the start of the next window.
    pub(crate) fn settle(
        &mut self,
        now: Instant,
        asks: bool,
        told: Option<RateLimit>,
        succeeded: bool,
        jitter: f64,
    ) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let (Knowledge::Nothing { asked }, true) = (&mut self.knowledge, asks) {
            *asked = None;
        }
        match (
            told.filter(|told| !told.is_concurrency()),
            &mut self.knowledge,
        ) {
            (Some(told), Knowledge::Window(window))
                if told.window.is_none() || told.window == window.name =>
            {
                window.limit = told.limit;
                window.remaining = window.remaining.min(told.remaining);
                if told.remaining == 0 && !succeeded {
                    // Too late: this request was not charged, nor are those on their way.
                    window.ours = window.ours.saturating_sub(self.in_flight + 1);
                }
                self.others.seen(window.news_of_others());
            }
            // An answer from the window before, overtaken by a younger one.
            (Some(told), Knowledge::Window(window)) if told.window < window.name => {}
            (Some(told), _) => {
                let ends = now + retry::obeyed(told.resets_in, jitter);
                let mut window = Window {
                    name: told.window,
                    limit: told.limit,
                    remaining: told.remaining,
                    ends,
                    ours: self.in_flight + 1,
                    others: 0,
                };
                self.others.window_begins();
                // How long they took for it is not known: that there are others is.
                self.others.seen(window.news_of_others().min(1));
                if !std::mem::replace(&mut self.begun, true) {
                    (window.ours, window.others) = (window.ours + window.others, 0);
                }
                self.knowledge = Knowledge::Window(window);
            }
            (None, Knowledge::Window(window)) => {
                window.remaining = window.remaining.saturating_sub(1)
            }
            (None, Knowledge::Nothing { .. }) if succeeded && told.is_none() => {
                self.knowledge = Knowledge::Untold
            }
            (None, _) => {}
        }
    }

    /// The server wants nothing for so long. Afterwards one request asks how things are.
    pub(crate) fn close(&mut self, now: Instant, wait: Duration) {
        self.closed_until = self.closed_until.max(Some(now + wait));
        self.knowledge = Knowledge::Nothing { asked: None };
    }
}

impl Window {
    fn spent(&self) -> u64 {
        self.limit.saturating_sub(self.remaining)
    }

    /// How many requests of others are seen now that were not before.
    fn news_of_others(&mut self) -> u64 {
        let others = self.spent().saturating_sub(self.ours);
        let news = others.saturating_sub(self.others);
        self.others = self.others.max(others);
        news
    }
}

impl Others {
    fn seen(&mut self, requests: u64) {
        if requests > 0 && requests >= self.at_once {
            (self.at_once, self.windows) = (requests, MEMORY);
        }
    }

    fn window_begins(&mut self) {
        self.windows = self.windows.saturating_sub(1);
        if self.windows == 0 {
            self.at_once = 0;
        }
    }

    /// What is left unspent of a limit for them: as much and one more, but no more than half.
    fn margin(&self, limit: u64) -> u64 {
        match self.at_once {
            0 => 0,
            requests => requests.saturating_add(1).min(limit / 2),
        }
    }
}

/// Asks our own limit.
fn guarded(guard: &Guard, now: Instant) -> Admission {
    match guard.check() {
        Ok(()) => Admission::Granted { asks: false },
        Err(early) => Admission::NotBefore(now + early.wait_time_from(TokioClock.instant())),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Admission, Budget, PATIENCE};
    use crate::rate_limit::RateLimit;
    use crate::share::Share;

    const ASKS: Admission = Admission::Granted { asks: true };
    const GRANTED: Admission = Admission::Granted { asks: false };

    fn budget(percent: u8) -> Budget {
        Budget::new(
            Share::percent(percent).unwrap(),
            NonZeroU32::new(4).unwrap(),
        )
    }

    fn told(window: i64, limit: u64, remaining: u64) -> Option<RateLimit> {
        Some(RateLimit {
            limit,
            remaining,
            window: Some(window),
            resets_in: Duration::from_secs(30),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_asks_and_the_others_wait_for_its_answer() {
        let (mut budget, now) = (budget(50), Instant::now());
        assert_eq!(budget.admit(now), ASKS);
        assert_eq!(
            budget.admit(now),
            Admission::AfterAnswer {
                at_latest: Some(now + PATIENCE)
            }
        );
        assert_eq!(
            budget.admit(now + PATIENCE),
            ASKS,
            "an answer that does not come is not waited for"
        );
        budget.settle(now, true, told(1, 10, 9), true, 0.0);
        assert_eq!(budget.admit(now), GRANTED);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_in_flight_count_as_spent() {
        let (mut budget, now) = (budget(50), Instant::now());
        budget.admit(now);
        budget.settle(now, true, told(1, 10, 9), true, 0.0);
        // 9 are left, 5 are for others: 4 more, however fast they are asked for.
        let granted = (0..9).filter(|_| budget.admit(now) == GRANTED).count();
        assert_eq!(granted, 4);
        let end = now + Duration::from_secs(30);
        assert_eq!(
            budget.admit(now),
            Admission::AfterAnswer {
                at_latest: Some(end)
            }
        );
        for remaining in [8, 7, 6, 5] {
            budget.settle(now, false, told(1, 10, remaining), true, 0.0);
        }
        assert_eq!(budget.admit(now), Admission::NotBefore(end));
        assert_eq!(budget.admit(end), ASKS, "the next window is asked for anew");
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_spend_counts() {
        let (mut budget, now) = (budget(50), Instant::now());
        budget.admit(now);
        budget.settle(now, true, told(1, 10, 5), true, 0.0);
        assert!(matches!(budget.admit(now), Admission::NotBefore(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_was_overtaken_changes_nothing() {
        let (mut budget, now) = (budget(100), Instant::now());
        budget.admit(now);
        budget.settle(now, true, told(2, 4, 3), true, 0.0);
        for late in [told(1, 4, 0), told(2, 4, 4)] {
            budget.admit(now);
            budget.settle(now, false, late, true, 0.0);
        }
        assert_eq!((0..5).filter(|_| budget.admit(now) == GRANTED).count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_without_an_answer_is_spent() {
        let (mut budget, now) = (budget(100), Instant::now());
        budget.admit(now);
        budget.settle(now, true, told(1, 3, 2), true, 0.0);
        budget.admit(now);
        budget.settle(now, false, None, false, 0.0);
        assert_eq!((0..5).filter(|_| budget.admit(now) == GRANTED).count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_tells_nothing_is_paced() {
        let mut budget = budget(80);
        let mut sent = 0;
        let start = Instant::now();
        while Instant::now() < start + Duration::from_secs(10) {
            match budget.admit(Instant::now()) {
                Admission::Granted { asks } => {
                    budget.settle(Instant::now(), asks, None, true, 0.0);
                    sent += 1;
                }
                Admission::NotBefore(when) => tokio::time::sleep_until(when).await,
                Admission::AfterAnswer { .. } => panic!("every request is answered at once"),
            }
        }
        assert!(
            (100..=105).contains(&sent),
            "10 a second and a burst of 4, not {sent}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_silence_of_an_error_says_nothing_about_limits() {
        let (mut budget, now) = (budget(80), Instant::now());
        budget.admit(now);
        budget.settle(now, true, None, false, 0.0);
        assert_eq!(budget.admit(now), ASKS);
        budget.settle(
            now,
            true,
            Some(RateLimit {
                limit: 0,
                remaining: 0,
                window: None,
                resets_in: PATIENCE,
            }),
            false,
            0.0,
        );
        assert_eq!(budget.admit(now), ASKS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_budget_opens_with_one_request() {
        let (mut budget, now) = (budget(80), Instant::now());
        budget.admit(now);
        budget.settle(now, true, told(1, 100, 90), true, 0.0);
        budget.close(now, Duration::from_secs(7));
        let open = now + Duration::from_secs(7);
        assert_eq!(budget.admit(now), Admission::NotBefore(open));
        assert_eq!(budget.admit(open), ASKS);
        assert!(matches!(budget.admit(open), Admission::AfterAnswer { .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn as_much_is_left_as_others_take_at_once() {
        let (mut budget, now) = (budget(100), Instant::now());
        let spend = |budget: &mut Budget, remaining| {
            assert!(matches!(budget.admit(now), Admission::Granted { .. }));
            budget.settle(now, true, told(1, 40, remaining), true, 0.0);
        };
        spend(&mut budget, 39);
        spend(&mut budget, 38);
        assert_eq!(budget.others.margin(40), 0, "nobody else was seen");
        spend(&mut budget, 32);
        // Five at once: six stay unspent.
        let granted = (0..40).filter(|_| budget.admit(now) == GRANTED).count();
        assert_eq!(granted, 32 - 6);
        for window in 2..12 {
            budget.others.window_begins();
            let margin = if window < 11 { 6 } else { 0 };
            assert_eq!(budget.others.margin(40), margin, "{window}");
        }
        // A 429 tells of all that others took since: of 40, all but two of ours and one of theirs that was known.
        let mut late = self::budget(100);
        spend(&mut late, 38);
        for _ in 0..8 {
            assert_eq!(late.admit(now), GRANTED);
        }
        late.settle(now, false, told(1, 40, 37), true, 0.0);
        late.settle(now, false, told(1, 40, 0), false, 0.0);
        assert_eq!(late.others.margin(80), 37 + 1);
        assert_eq!(late.others.margin(40), 20, "half is spent in any case");
    }
}
