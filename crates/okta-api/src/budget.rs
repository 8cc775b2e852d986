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

mod guard;
mod window;

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use self::guard::Guard;
use self::window::{Others, Window};
use crate::rate_limit::RateLimit;
use crate::rate_limit_share::RateLimitShare;
use crate::retry;

/// How long the others wait for the answer of the request that asks, before another one asks.
const PATIENCE: Duration = Duration::from_secs(5);

/// The budget of one rate limit.
#[derive(Debug)]
pub(crate) struct Budget {
    share: RateLimitShare,
    knowledge: Knowledge,
    /// The window that was told of last. Kept when it is doubtful whether it goes on, so that what was spent of it is
    /// not forgotten.
    window: Option<Window>,
    in_flight: u64,
    closed_until: Option<Instant>,
    others: Others,
    guard: Guard,
}

/// What is known about the present window.
#[derive(Debug)]
enum Knowledge {
    /// Nothing; the request that was sent to find out, if any, and when.
    Nothing { asked: Option<Instant> },
    /// The server does not tell.
    Untold,
    /// It is the one that was told of last.
    Told,
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

/// What came of a request that was admitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settlement {
    /// Whether it was to find out about a new window.
    pub(crate) asks: bool,
    /// What its answer said about the limit.
    pub(crate) told: Option<RateLimit>,
    pub(crate) answer: Answer,
    /// What this client has spent of the very same window under other budgets: Okta may count on one limit what we take
    /// for two.
    pub(crate) elsewhere: u64,
}

/// How a request was answered, as far as budgets care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With success.
    Success,
    /// With a 429: it was not charged.
    Throttled,
    /// With another error, or not at all. Its silence about limits means nothing.
    Failure,
}

impl Budget {
    /// A budget that knows nothing yet. `burst` is how many requests may start at once while the
    /// server tells nothing.
    pub(crate) fn new(share: RateLimitShare, burst: NonZeroU32) -> Self {
        Self {
            share,
            knowledge: Knowledge::Nothing { asked: None },
            window: None,
            in_flight: 0,
            closed_until: None,
            others: Others::default(),
            guard: Guard::new(burst),
        }
    }

    /// Asks to send a request. When granted it counts as spent until it is [settled](Self::settle).
    pub(crate) fn admit(&mut self, now: Instant) -> Admission {
        if let Some(until) = self.closed_until.filter(|until| now < *until) {
            return Admission::NotBefore(until);
        }
        let present = match (&self.knowledge, &self.window) {
            (Knowledge::Told, Some(window)) if window.ends > now => Some(window),
            (Knowledge::Told, _) => {
                self.knowledge = Knowledge::Nothing { asked: None };
                None
            }
            _ => None,
        };
        let admission = match (&mut self.knowledge, present) {
            (Knowledge::Told, Some(window)) => {
                let theirs = window.limit.saturating_sub(self.share.of(window.limit));
                let reserved = theirs.saturating_sub(window.others);
                let reserved = reserved.max(self.others.margin(window.limit));
                if window.remaining <= reserved {
                    Admission::NotBefore(window.ends)
                } else if window.remaining.saturating_sub(self.in_flight) <= reserved {
                    Admission::AfterAnswer {
                        at_latest: Some(window.ends),
                    }
                } else {
                    Admission::Granted { asks: false }
                }
            }
            (Knowledge::Nothing { asked: Some(asked) }, _) if now < *asked + PATIENCE => {
                Admission::AfterAnswer {
                    at_latest: Some(*asked + PATIENCE),
                }
            }
            (Knowledge::Nothing { asked }, _) => match guarded(&self.guard, now) {
                Admission::Granted { .. } => {
                    *asked = Some(now);
                    Admission::Granted { asks: true }
                }
                wait => wait,
            },
            (Knowledge::Untold | Knowledge::Told, _) => guarded(&self.guard, now),
        };
        if matches!(admission, Admission::Granted { .. }) {
            self.in_flight = self.in_flight.saturating_add(1);
            if let Some(window) = &mut self.window {
                window.ours = window.ours.saturating_add(1);
            }
        }
        admission
    }

    /// A request that was admitted is over. `jitter` spreads the start of the next window.
    pub(crate) fn settle(&mut self, now: Instant, settlement: Settlement, jitter: f64) {
        let Settlement {
            asks, told, answer, ..
        } = settlement;
        self.in_flight = self.in_flight.saturating_sub(1);
        if let (Knowledge::Nothing { asked }, true) = (&mut self.knowledge, asks) {
            *asked = None;
        }
        match (told.filter(|told| !told.is_concurrency()), &self.knowledge) {
            (Some(told), _) => self.learn(now, told, settlement, jitter),
            (None, Knowledge::Told) => {
                if let Some(window) = &mut self.window {
                    window.remaining = window.remaining.saturating_sub(1);
                }
            }
            (None, Knowledge::Nothing { .. }) if answer == Answer::Success && told.is_none() => {
                self.knowledge = Knowledge::Untold;
            }
            (None, _) => {}
        }
    }

    /// Takes over what an answer told.
    fn learn(&mut self, now: Instant, told: RateLimit, settlement: Settlement, jitter: f64) {
        let Settlement {
            answer, elsewhere, ..
        } = settlement;
        let is_present = matches!(self.knowledge, Knowledge::Told);
        let ends = now + retry::obeyed(told.resets_in, jitter);
        // Of those on their way when one comes too late, all come too late.
        let refused = match answer {
            Answer::Throttled => self.in_flight,
            Answer::Success | Answer::Failure => 0,
        };
        match &mut self.window {
            Some(window) if window.is_of(&told, is_present) => {
                if answer == Answer::Throttled {
                    window.ours = window.ours.saturating_sub(1);
                }
                window.limit = told.limit;
                window.remaining = window.remaining.min(told.remaining);
                let news = window.news_of_others(elsewhere, refused);
                // A 429 shows that what was left did not do: all that they took may have come at once.
                let at_once = match answer {
                    Answer::Throttled => window.others,
                    Answer::Success | Answer::Failure => news,
                };
                self.others.seen(at_once);
                if !is_present {
                    // It goes on after all: it was only closed, or is longer than we wait at a time.
                    window.ends = ends;
                    self.knowledge = Knowledge::Told;
                }
            }
            // An answer from the window before, overtaken by a younger one.
            Some(window) if told.window < window.name => {}
            known => {
                let mut window = Window {
                    name: told.window,
                    limit: told.limit,
                    remaining: told.remaining,
                    ends,
                    ours: self.in_flight + u64::from(answer != Answer::Throttled),
                    others: 0,
                };
                self.others.window_begins();
                // How long they took for it is not known: that there are others is.
                self.others
                    .seen(window.news_of_others(elsewhere, refused).min(1));
                if known.is_none() {
                    (window.ours, window.others) = (window.ours + window.others, 0);
                }
                *known = Some(window);
                self.knowledge = Knowledge::Told;
            }
        }
    }

    /// What was spent under this budget of the window that an answer to another one told of.
    pub(crate) fn spent_of(&self, told: &RateLimit) -> u64 {
        self.window
            .as_ref()
            .filter(|window| window.limit == told.limit && window.is_of(told, false))
            .map_or(0, |window| window.ours)
    }

    /// The server wants nothing for so long. Afterwards one request asks how things are.
    pub(crate) fn close(&mut self, now: Instant, wait: Duration) {
        self.closed_until = self.closed_until.max(Some(now + wait));
        self.knowledge = Knowledge::Nothing { asked: None };
    }
}

/// Asks our own limit.
fn guarded(guard: &Guard, now: Instant) -> Admission {
    match guard.wait() {
        None => Admission::Granted { asks: false },
        Some(wait) => Admission::NotBefore(now + wait),
    }
}

#[cfg(test)]
mod tests;
