//! How far a request has come: what is asked now, and for how long it has been tried.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::{Ask, Dispatcher};
use crate::error::Awaited;
use crate::retry::Verdict;

/// A page is not asked for in smaller parts than this.
const SMALLEST_PAGE: u32 = 25;

/// How far a request has come.
#[derive(Debug)]
pub(super) struct Progress {
    /// What is asked now: the URL, perhaps with a smaller page.
    pub(super) url: Url,
    /// When its list was begun, or the request where it is of none.
    since: Instant,
    pub(super) deadline: Option<Instant>,
    retry_for: Option<Duration>,
    pub(super) begun: Instant,
    /// Of the time since, what was spent waiting for rate windows.
    pub(super) paced: Duration,
    pub(super) retries: u32,
    pub(super) throttled: u32,
    /// The token was refused and replaced once already.
    pub(super) renewed: bool,
    /// The proof that goes with the token was given the nonce that was asked for once already.
    pub(super) nonce_taken: bool,
}

impl Progress {
    pub(super) fn new(ask: &Ask) -> Self {
        let begun = Instant::now();
        Self {
            url: ask.url.clone(),
            since: ask.since.unwrap_or(begun),
            deadline: ask.deadline,
            retry_for: ask.retry_for,
            begun,
            paced: Duration::ZERO,
            retries: 0,
            throttled: 0,
            renewed: false,
            nonce_taken: false,
        }
    }

    pub(super) fn retry_for(&self, dispatcher: &Dispatcher) -> Duration {
        self.retry_for.unwrap_or(dispatcher.retry_for)
    }

    pub(super) fn under_way(&self) -> Duration {
        self.since.elapsed()
    }

    /// What a verdict would have this request wait for, if it would not come before the deadline.
    pub(super) fn too_late(&self, verdict: Verdict) -> Option<Awaited> {
        let (wait, awaited) = match verdict {
            Verdict::Retry(wait) | Verdict::RetryWithFewer(wait) => (wait, Awaited::Try(wait)),
            Verdict::RetryInNextWindow(wait) => (wait, Awaited::Window(wait)),
            Verdict::GiveUp => return None,
        };
        let left = self.deadline?.saturating_duration_since(Instant::now());
        (wait >= left).then_some(awaited)
    }

    /// Halves the page. A list that Okta cannot answer in time fails with 500 or 504, and its API reference advises a
    /// smaller `limit`. All else of the URL, the cursor above all, stays as it is to the letter.
    pub(super) fn ask_for_less(&mut self) {
        let halved = |parameter: &str| {
            let limit: u32 = parameter.strip_prefix("limit=")?.parse().ok()?;
            (limit > SMALLEST_PAGE).then(|| format!("limit={}", (limit / 2).max(SMALLEST_PAGE)))
        };
        let Some(query) = self.url.query() else {
            return;
        };
        let parameters: Vec<String> = query
            .split('&')
            .map(|parameter| halved(parameter).unwrap_or_else(|| parameter.to_owned()))
            .collect();
        let smaller = parameters.join("&");
        self.url.set_query(Some(&smaller));
    }

    /// Time spent on tries and on the waits between them.
    pub(super) fn spent(&self) -> Duration {
        self.begun.elapsed().saturating_sub(self.paced)
    }
}
