//! One window of a rate limit, and what others were seen to take of windows.

use tokio::time::Instant;

use crate::rate_limit::RateLimit;

/// For so many windows it is remembered what others took at once.
const MEMORY: u32 = 10;

/// Resets that are no further apart, in seconds, are one: servers may round differently.
const SAME_RESET: u64 = 1;

#[derive(Debug)]
pub(super) struct Window {
    /// The reset, which names the window.
    pub(super) name: Option<i64>,
    pub(super) limit: u64,
    pub(super) remaining: u64,
    pub(super) ends: Instant,
    /// Requests of ours that may be charged to it.
    pub(super) ours: u64,
    /// What others have taken of it, at least.
    pub(super) others: u64,
}

impl Window {
    /// Whether an answer was charged to this window. One that does not name it was, if the window is the present one.
    pub(super) fn is_of(&self, told: &RateLimit, is_present: bool) -> bool {
        match (self.name, told.window) {
            (Some(ours), Some(theirs)) => ours.abs_diff(theirs) <= SAME_RESET,
            _ => is_present,
        }
    }

    /// How many requests of others are seen now that were not before. Neither what this client spent `elsewhere` nor those
    /// of ours that were `refused` or will be are charged to us here.
    pub(super) fn news_of_others(&mut self, elsewhere: u64, refused: u64) -> u64 {
        let spent = self.limit.saturating_sub(self.remaining);
        let ours = self.ours.saturating_sub(refused).saturating_add(elsewhere);
        let others = spent.saturating_sub(ours);
        let news = others.saturating_sub(self.others);
        self.others = self.others.max(others);
        news
    }
}

/// The most that others were seen to take from one answer to the next.
#[derive(Debug, Default)]
pub(super) struct Others {
    at_once: u64,
    /// How many windows longer that is remembered.
    windows: u32,
}

impl Others {
    pub(super) fn seen(&mut self, requests: u64) {
        if requests > 0 && requests >= self.at_once {
            (self.at_once, self.windows) = (requests, MEMORY);
        }
    }

    pub(super) fn window_begins(&mut self) {
        self.windows = self.windows.saturating_sub(1);
        if self.windows == 0 {
            self.at_once = 0;
        }
    }

    /// What is left unspent of a limit for them: as much and one more, but no more than half.
    pub(super) fn margin(&self, limit: u64) -> u64 {
        match self.at_once {
            0 => 0,
            requests => requests.saturating_add(1).min(limit / 2),
        }
    }
}
