//! `/api/v1/logs`: a part of the System Log, or all of it as it grows.

use std::sync::Arc;

use jiff::Timestamp;

use crate::dispatch::Dispatcher;
use crate::follow::{self, Follow, Start};
use crate::list::{List, Searchable};
use crate::log_event::LogEvent;

/// The org's System Log. From [`Client::logs`](crate::Client::logs). Needs the scope `okta.logs.read`.
#[derive(Clone, Copy, Debug)]
pub struct Logs<'a> {
    dispatcher: &'a Arc<Dispatcher>,
}

impl<'a> Logs<'a> {
    pub(crate) fn new(dispatcher: &'a Arc<Dispatcher>) -> Self {
        Self { dispatcher }
    }

    /// Lists the events that were published in a time, in that order. Events that are stored late are missed: use
    /// [`follow`](Self::follow) to miss none.
    pub fn between(self, since: Timestamp, until: Timestamp) -> List<LogEvent, Searchable> {
        follow::since(self.dispatcher, since).with("until", format!("{until:.3}"))
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
