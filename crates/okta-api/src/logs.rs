//! `/api/v1/logs`: a part of the System Log, or where to begin to follow it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::dispatch::Dispatcher;
use crate::endpoint::Endpoint;
use crate::follow::Follow;
use crate::list::{List, Searchable};
use crate::log_event::LogEvent;
use crate::page::{Cursor, PageSize};

/// The org's System Log. From [`Client::logs`](crate::Client::logs). Needs the scope `okta.logs.read`.
#[derive(Clone, Copy, Debug)]
pub struct Logs<'a> {
    dispatcher: &'a Arc<Dispatcher>,
}

/// Where to begin to [follow](Logs::follow) the log.
///
/// ```
/// use std::time::Duration;
///
/// use okta_api::{Cursor, CursorError, Start};
///
/// /// Goes on where the last run has left, or begins an hour ago.
/// fn start(kept: Option<&str>) -> Result<Start, CursorError> {
///     Ok(match kept {
///         Some(cursor) => Start::After(cursor.parse()?),
///         None => Start::Ago(Duration::from_secs(3600)),
///     })
/// }
/// # assert_eq!(start(None), Ok(Start::Ago(Duration::from_secs(3600))));
/// # start(Some("7")).unwrap_err();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// With what happens from now on. The clock is Okta's: one request more asks for it.
    Now,
    /// With what has happened for so long. The clock is Okta's here, too. Okta keeps events for 90 days.
    Ago(Duration),
    /// With events of this time and later.
    At(Timestamp),
    /// Where an earlier page ended: with its [`next`](crate::Page::next). It goes on with the filter that it was made with, so
    /// another one is refused: see [`Follow::filter`].
    After(Cursor),
}

impl From<Timestamp> for Start {
    fn from(since: Timestamp) -> Self {
        Self::At(since)
    }
}

impl From<Cursor> for Start {
    fn from(cursor: Cursor) -> Self {
        Self::After(cursor)
    }
}

impl<'a> Logs<'a> {
    pub(crate) fn new(dispatcher: &'a Arc<Dispatcher>) -> Self {
        Self { dispatcher }
    }

    /// Lists the events that were published in a time, in that order. Events that are stored late are missed: use
    /// [`follow`](Self::follow) to miss none.
    pub fn between(self, since: Timestamp, until: Timestamp) -> List<LogEvent, Searchable> {
        self.since(since).with("until", format!("{until:.3}"))
    }

    /// The log from a time on, as one page after the other.
    pub(crate) fn since(self, since: Timestamp) -> List<LogEvent, Searchable> {
        List::new(
            self.dispatcher,
            Endpoint::Logs,
            self.dispatcher.url(&["logs"]),
            PageSize::EVENTS,
            "listing the System Log".to_owned(),
        )
        .with("since", format!("{since:.3}"))
    }

    /// Follows the log as it grows, in the order in which Okta stores events: none is missed.
    ///
    /// ```no_run
    /// # async fn example(client: okta_api::Client) -> Result<(), okta_api::Error> {
    /// use okta_api::Start;
    ///
    /// let log = client.logs().follow(Start::Now).filter(r#"eventType sw "user.mfa.""#);
    /// let mut pages = log.keep_trying().pages();
    /// while let Some(page) = pages.try_next().await? {
    ///     for event in &page.items {
    ///         println!("{}: {}", event.severity, event.event_type);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow(self, start: impl Into<Start>) -> Follow {
        Follow::new(Arc::clone(self.dispatcher), start.into())
    }
}

impl List<LogEvent, Searchable> {
    /// Only events with all of these words somewhere in them: ten words of 40 characters at most (Okta API reference, list all
    /// System Log events, `q`).
    pub fn q(self, words: impl Into<String>) -> Self {
        self.with("q", words)
    }

    /// The events that were published last come first.
    pub fn newest_first(self) -> Self {
        self.with("sortOrder", "DESCENDING")
    }
}
