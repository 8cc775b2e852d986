//! The System Log as it grows, through restarts and outages.

use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::backoff;
use crate::dispatch::{Ask, Dispatcher};
use crate::endpoint::Endpoint;
use crate::error::{Cause, CursorFault, Error, ProtocolError};
use crate::list::{List, Searchable};
use crate::log_event::LogEvent;
use crate::observer::WaitReason;
use crate::page::{self, Cursor, Page, PageSize, Wanted};
use crate::pages::{OnMalformed, Pages};
use crate::query;

/// How long nobody asks after a page that was not full. One application has 60 requests a minute and more.
const PAUSE: Duration = Duration::from_secs(10);

/// Where to begin to [follow](crate::Logs::follow) the log.
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

/// A log that is about to be followed. From [`Logs::follow`](crate::Logs::follow).
#[derive(Debug)]
#[must_use = "a log is followed by `pages`"]
pub struct Follow {
    dispatcher: Arc<Dispatcher>,
    start: Start,
    filter: Option<String>,
    q: Option<String>,
    page_size: PageSize,
    pause: Duration,
    patience: Patience,
    on_outage: Option<OnOutage>,
}

/// For how long a log that cannot be read is tried again.
#[derive(Clone, Copy, Debug)]
enum Patience {
    None,
    For(Duration),
    Endless,
}

/// Who is told of an outage.
struct OnOutage(Box<Tell>);

type Tell = dyn FnMut(&Error, Duration) + Send;

impl fmt::Debug for OnOutage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnOutage")
    }
}

impl Follow {
    pub(crate) fn new(dispatcher: Arc<Dispatcher>, start: Start) -> Self {
        Self {
            dispatcher,
            start,
            filter: None,
            q: None,
            page_size: PageSize::EVENTS,
            pause: PAUSE,
            patience: Patience::None,
            on_outage: None,
        }
    }

    /// Only the events that the expression selects, in the language of Okta's log filters: anything that prints.
    ///
    /// A cursor goes on with the filter it was made with, and Okta does not tell. Where the log is followed
    /// [from a cursor](Start::After) that has another filter than this one, or has one where none is asked for, the stream is
    /// the error [`CursorMismatch`](crate::ErrorKind::CursorMismatch), which quotes both, before anything is sent. Whoever edits a
    /// filter decides there where to begin with the new one: [`Start::Ago`] or [`Start::At`].
    pub fn filter(mut self, expression: impl Display) -> Self {
        self.filter = Some(expression.to_string());
        self
    }

    /// Only events with all of these words somewhere in them: ten words of 40 characters at most (Okta API reference, list all
    /// System Log events, `q`). A cursor goes on with its own, as it does with its filter.
    pub fn q(mut self, words: impl Into<String>) -> Self {
        self.q = Some(words.into());
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

    /// Goes on through outages, however long they are: a page that cannot be read for a reason that may pass is asked for
    /// again, after 5 s, 10 s and so on up to a minute, from where the log was left, so that no event is missed.
    ///
    /// Okta that is not reached or fails, a rate limit that stays exhausted and answers that do not come in time may pass.
    /// What does not pass by waiting ends the stream all the same: credentials and permissions that are refused, a filter that
    /// Okta does not take, a cursor that it does not take any more, an answer that is not Okta's.
    ///
    /// This comes on top of the tries of each request
    /// ([`ClientBuilder::retry_for`](crate::ClientBuilder::retry_for)). Each is told by `tracing` as a warning, to the client's
    /// [`Observer`](crate::Observer) as a wait, and to whom [`on_outage`](Self::on_outage) names.
    pub fn keep_trying(mut self) -> Self {
        self.patience = Patience::Endless;
        self
    }

    /// Goes on through outages as [`keep_trying`](Self::keep_trying) does, but one that lasts longer than this ends the
    /// stream with its last error. An outage is known when a request has been tried for
    /// [`retry_for`](crate::ClientBuilder::retry_for): a shorter time than that tries nothing again.
    pub fn keep_trying_for(mut self, time: Duration) -> Self {
        self.patience = Patience::For(time);
        self
    }

    /// Calls this each time the log could not be read and is going to be asked for again: with what went wrong, and how long
    /// is waited now. Nothing is called unless the log is told to [keep trying](Self::keep_trying).
    ///
    /// ```no_run
    /// # fn example(client: okta_api::Client) {
    /// use okta_api::Start;
    ///
    /// let log = client.logs().follow(Start::Now).keep_trying().on_outage(|error, wait| {
    ///     eprintln!("{error}; trying again in {wait:?}");
    /// });
    /// # }
    /// ```
    pub fn on_outage(mut self, tell: impl FnMut(&Error, Duration) + Send + 'static) -> Self {
        self.on_outage = Some(OnOutage(Box::new(tell)));
        self
    }

    /// The pages, for ever. A page without events is handed out, too: its [`next`](Page::next) is the place to go on from
    /// after a restart.
    ///
    /// The stream ends with its first error, outages that it was told to [go on through](Self::keep_trying) aside; what was
    /// handed out before stays true, and the log can be followed again from the last cursor. When Okta does not take that any
    /// more ([`ExpiredCursor`](crate::ErrorKind::ExpiredCursor), [`BadSearch`](crate::ErrorKind::BadSearch)), events may be
    /// missing, and everything has to be read once more.
    ///
    /// Waiting for the next page can be given up at any time (in `select!`, in a `timeout`) and taken up again: no page is
    /// lost, and nothing is asked for twice.
    ///
    /// An event that does not decode ends the stream, with the error [`MalformedRecords`](crate::ErrorKind::MalformedRecords).
    pub fn pages(self) -> Pages<LogEvent> {
        self.tail(OnMalformed::Fail)
    }

    /// The pages, of which each also has the events that do not decode, in [`Page::malformed`]. A log that has one is gone past
    /// by no other way.
    pub fn pages_with_malformed(self) -> Pages<LogEvent> {
        self.tail(OnMalformed::HandOut)
    }

    fn tail(self, on_malformed: OnMalformed) -> Pages<LogEvent> {
        let tail = Tail {
            follow: self,
            on_malformed,
            begun: None,
            next: None,
            caught_up: false,
        };
        Pages::unfold(tail, Tail::step)
    }

    fn first_url(&self, begin: Timestamp) -> Url {
        let list = since(&self.dispatcher, begin);
        let mut list = list.page_size(self.page_size);
        if let Some(filter) = &self.filter {
            list = list.filter(filter);
        }
        if let Some(words) = &self.q {
            list = list.q(words.as_str());
        }
        list.first_url()
    }

    /// Where a cursor goes on, if it is one of this log and of what is asked of it.
    fn url_of(&self, cursor: &Url) -> Result<Url, Cause> {
        if cursor.path() != self.dispatcher.url(&["logs"]).path() {
            return Err(Cause::Cursor(CursorFault::OtherList));
        }
        // From whenever: that is the cursor's to say.
        let first = self.first_url(Timestamp::UNIX_EPOCH);
        query::check(cursor, &first)
            .map_err(|other| Cause::Cursor(CursorFault::OtherQuery(Box::new(other))))?;
        Ok(cursor.clone())
    }
}

/// Where the following of a log is.
#[derive(Debug)]
struct Tail {
    follow: Follow,
    on_malformed: OnMalformed,
    /// When it was begun, by the first who waited for a page.
    begun: Option<Instant>,
    /// The next page, once it is known where the log begins.
    next: Option<Url>,
    caught_up: bool,
}

impl Tail {
    async fn step(mut self) -> Result<Option<(Page<LogEvent>, Self)>, Error> {
        if self.caught_up {
            sleep(self.follow.pause).await;
        }
        let (url, mut page) = self.read_through_outages().await?;
        if let Some(malformed) = self.on_malformed.refuses(&mut page) {
            return Err(error(malformed));
        }
        // "The next link is always present, even if there are no new events" (Okta, System Log query).
        let Some(next) = page.next.as_ref().map(|next| next.url().clone()) else {
            return Err(error(Cause::Protocol(ProtocolError::NoNext)));
        };
        let records = page.items.len() + page.malformed.len();
        // The next page is this one again as long as there is nothing new.
        if records > 0 && next == url {
            return Err(error(Cause::Protocol(ProtocolError::RepeatedCursor)));
        }
        // Okta's link says how large this page could have been: smaller than was asked for, after a failure.
        let most = page::limit(&next).unwrap_or(self.follow.page_size.get());
        self.caught_up = records < usize::from(most);
        self.next = Some(next);
        Ok(Some((page, self)))
    }

    /// Reads a page, and again as long as it has to be and may be.
    async fn read_through_outages(&mut self) -> Result<(Url, Page<LogEvent>), Error> {
        let (since, mut failures) = (Instant::now(), 0);
        loop {
            let error = match self.read().await {
                Ok(read) => return Ok(read),
                Err(error) => error,
            };
            let wait = backoff::OUTAGE.delay(failures, (self.follow.dispatcher.jitter)());
            let is_too_long = match self.follow.patience {
                Patience::None => true,
                Patience::For(time) => since.elapsed() + wait > time,
                Patience::Endless => false,
            };
            if is_too_long || !error.is_transient() {
                return Err(error);
            }
            failures += 1;
            let (failure, seconds) = (error.what_went_wrong(), wait.as_secs());
            tracing::warn!(%failure, failures, seconds, "the System Log cannot be read: trying again");
            if let Some(OnOutage(tell)) = &mut self.follow.on_outage {
                tell(&error, wait);
            }
            let meter = &self.follow.dispatcher.meter;
            let waiting = meter.wait(Endpoint::Logs, WaitReason::Retry, wait, Some(&failure));
            sleep(wait).await;
            drop(waiting);
        }
    }

    async fn read(&mut self) -> Result<(Url, Page<LogEvent>), Error> {
        let url = match &self.next {
            Some(next) => next.clone(),
            None => {
                let first = self.first_url().await?;
                // Kept: a page that has to be asked for again begins at the same time.
                self.next.insert(first).clone()
            }
        };
        let size = usize::from(PageSize::EVENTS.get());
        let dispatcher = &self.follow.dispatcher;
        let page = ask(dispatcher, &url, size, "following the System Log").await?;
        Ok((url, page))
    }

    /// Where the log begins.
    async fn first_url(&mut self) -> Result<Url, Error> {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let ago = match &self.follow.start {
            Start::After(cursor) => return self.follow.url_of(cursor.url()).map_err(error),
            Start::At(since) => return Ok(self.follow.first_url(*since)),
            Start::Ago(time) => *time,
            Start::Now => Duration::ZERO,
        };
        // Any answer has the time; the shortest is the one with the last event.
        let mut last = self.follow.dispatcher.url(&["logs"]);
        last.set_query(Some("limit=1&sortOrder=DESCENDING"));
        let page = ask(
            &self.follow.dispatcher,
            &last,
            1,
            "asking Okta for the time",
        )
        .await?;
        let Some(now) = page.server_date else {
            return Err(error(Cause::Protocol(ProtocolError::NoDate)));
        };
        // Counted from when it was begun to be followed, not from when Okta was reached.
        let since = now.saturating_sub(ago.saturating_add(begun.elapsed()));
        let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(self.follow.first_url(since.max(Timestamp::UNIX_EPOCH)))
    }
}

/// The log from a time on, as one page after the other.
pub(crate) fn since(dispatcher: &Arc<Dispatcher>, since: Timestamp) -> List<LogEvent, Searchable> {
    List::new(
        dispatcher,
        Endpoint::Logs,
        dispatcher.url(&["logs"]),
        PageSize::EVENTS,
        "listing the System Log".to_owned(),
    )
    .with("since", format!("{since:.3}"))
}

/// Asks for a page of the log.
async fn ask(
    dispatcher: &Arc<Dispatcher>,
    url: &Url,
    size: usize,
    doing: &str,
) -> Result<Page<LogEvent>, Error> {
    let ask = Ask {
        endpoint: Endpoint::Logs,
        url: url.clone(),
        doing: doing.to_owned(),
        since: None,
        deadline: None,
        retry_for: None,
    };
    let (reader, url) = (Arc::clone(dispatcher), url.clone());
    let wanted = Wanted::everything(size);
    let read = dispatcher.fetch(&ask, move |response| {
        page::read::<LogEvent>(&reader.org, &url, response, &wanted)
    });
    read.await
}

fn error(cause: Cause) -> Error {
    Error::new("following the System Log".to_owned(), Endpoint::Logs, cause)
}
