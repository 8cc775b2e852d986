//! `/api/v1/logs`: a part of the System Log, or the log as it grows.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;
use url::Url;

use crate::dispatch::{Ask, Dispatcher};
use crate::endpoint::Endpoint;
use crate::error::{Cause, Error, ProtocolError};
use crate::list::{List, Searchable};
use crate::log_event::LogEvent;
use crate::page::{self, Cursor, Page, PageSize, Wanted};
use crate::pages::Pages;

/// How long nobody asks after a page that was not full. One application has 60 requests a minute and more.
const PAUSE: Duration = Duration::from_secs(10);

/// The org's System Log. From [`Client::logs`](crate::Client::logs). Needs the scope `okta.logs.read`.
#[derive(Clone, Copy, Debug)]
pub struct Logs<'a> {
    dispatcher: &'a Arc<Dispatcher>,
}

/// Where to begin to [follow](Logs::follow) the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// With events of this time and later. Okta keeps them for 90 days.
    At(Timestamp),
    /// Where an earlier page ended: with its [`next`](Page::next).
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

    fn since(self, since: Timestamp) -> List<LogEvent, Searchable> {
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
    pub fn follow(self, start: impl Into<Start>) -> Follow {
        Follow {
            dispatcher: Arc::clone(self.dispatcher),
            start: start.into(),
            filter: None,
            page_size: PageSize::EVENTS,
            pause: PAUSE,
        }
    }
}

/// A log that is about to be followed.
#[derive(Debug)]
#[must_use = "a log is followed by `pages`"]
pub struct Follow {
    dispatcher: Arc<Dispatcher>,
    start: Start,
    filter: Option<String>,
    page_size: PageSize,
    pause: Duration,
}

impl Follow {
    /// Only the events that the expression selects, in the language of Okta's log filters: anything that prints. Where the
    /// log is followed from a cursor, the cursor's own filter stays.
    pub fn filter(mut self, expression: impl Display) -> Self {
        self.filter = Some(expression.to_string());
        self
    }

    /// So many events a page: 1,000.
    pub fn page_size(mut self, size: PageSize) -> Self {
        self.page_size = size.min(PageSize::EVENTS);
        self
    }

    /// How long to wait for new events before asking again: 10 s. A full page is followed by the next at once.
    pub fn every(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// The pages, for ever. A page without events is handed out, too: its [`next`](Page::next) is the place to go on from
    /// after a restart.
    ///
    /// The stream ends with its first error; what was handed out before stays true, and the log can be followed again
    /// from the last cursor. When Okta does not take that any more
    /// ([`ExpiredCursor`](crate::ErrorKind::ExpiredCursor), [`BadSearch`](crate::ErrorKind::BadSearch)), events may be
    /// missing, and everything has to be read once more.
    pub fn pages(self) -> Pages<LogEvent> {
        let next = self.first_url();
        let tail = Tail {
            follow: self,
            next,
            caught_up: false,
        };
        Pages::unfold(tail, Tail::step)
    }

    fn first_url(&self) -> Url {
        let since = match &self.start {
            Start::After(cursor) => return cursor.url().clone(),
            Start::At(since) => *since,
        };
        let list = Logs::new(&self.dispatcher).since(since);
        let list = list.page_size(self.page_size);
        match &self.filter {
            Some(filter) => list.filter(filter).first_url(),
            None => list.first_url(),
        }
    }
}

/// Where the following of a log is.
#[derive(Debug)]
struct Tail {
    follow: Follow,
    next: Url,
    caught_up: bool,
}

impl Tail {
    async fn step(mut self) -> Result<Option<(Page<LogEvent>, Self)>, Error> {
        if self.caught_up {
            sleep(self.follow.pause).await;
        }
        let dispatcher = &self.follow.dispatcher;
        let ask = Ask {
            endpoint: Endpoint::Logs,
            url: self.next,
            doing: "following the System Log".to_owned(),
            since: None,
            deadline: None,
            retry_for: None,
        };
        let (reader, url) = (Arc::clone(dispatcher), ask.url.clone());
        let wanted = Wanted::everything(PageSize::EVENTS.get().into());
        let read = dispatcher.fetch(&ask, move |response| {
            page::read::<LogEvent>(&reader.org, &url, response, &wanted)
        });
        let page = read.await?;
        // "The next link is always present, even if there are no new events" (Okta, System Log query).
        let Some(next) = &page.next else {
            let cause = Cause::Protocol(ProtocolError::NoNext);
            return Err(Error::new(ask.doing, ask.endpoint, cause));
        };
        let records = page.items.len() + page.malformed.len();
        // The next page is this one again as long as there is nothing new.
        if records > 0 && *next.url() == ask.url {
            let cause = Cause::Protocol(ProtocolError::RepeatedCursor);
            return Err(Error::new(ask.doing, ask.endpoint, cause));
        }
        self.next = next.url().clone();
        // Okta's link says how large this page could have been: smaller than was asked for, after a failure.
        let most = page::limit(&self.next).unwrap_or(self.follow.page_size.get());
        self.caught_up = records < usize::from(most);
        Ok(Some((page, self)))
    }
}
