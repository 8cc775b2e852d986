//! Walks: lists read page by page, to their end or not at all.

use std::collections::HashSet;
use std::fmt::Debug;

use futures::Stream;
use http::StatusCode;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::List;
use crate::dispatch::Ask;
use crate::endpoint::Endpoint;
use crate::error::{Cause, Error, ErrorKind, ProtocolError};
use crate::page::{self, Page};
use crate::resource::Resource;

/// Pages after which a list is taken to be endless. The largest tenants have a tenth of it.
pub(crate) const MAX_PAGES: usize = 100_000;

/// How often a list is read from its beginning again because a cursor has expired.
const MAX_RESTARTS: u32 = 2;

/// Pages in a row that hold records and not one that is new, after which a list is taken to go round in a circle.
const MAX_IDLE: u32 = 3;

/// Empty pages in a row after which a list is taken to have no end. Okta is seen to send one now and then.
const MAX_EMPTY: u32 = 100;

/// The pages of a list that has no more than `most`.
pub(crate) fn pages<T: Resource>(
    list: List<T>,
    most: usize,
) -> impl Stream<Item = Result<Page<T>, Error>> + Send + Unpin + 'static {
    let next = Some(match &list.resume {
        Some(cursor) => cursor.url().clone(),
        None => list.first_url(),
    });
    let walk = Walk {
        list,
        most,
        deadline: None,
        asked: HashSet::new(),
        given: HashSet::new(),
        malformed: HashSet::new(),
        next,
        restarts: 0,
        catching_up: false,
        idle: 0,
        empty: 0,
    };
    Box::pin(futures::stream::try_unfold(walk, Walk::step))
}

/// Where the reading of a list is.
#[derive(Debug)]
struct Walk<T: Resource> {
    list: List<T>,
    most: usize,
    deadline: Option<Instant>,
    /// The pages that were read since the list was begun.
    asked: HashSet<Url>,
    /// The ids that were handed out.
    given: HashSet<T::Id>,
    malformed: HashSet<String>,
    next: Option<Url>,
    restarts: u32,
    /// After a restart, until something new comes.
    catching_up: bool,
    idle: u32,
    empty: u32,
}

impl<T: Resource> Walk<T> {
    /// Reads one page.
    async fn step(mut self) -> Result<Option<(Page<T>, Self)>, Error> {
        let Some(mut url) = self.next.take() else {
            return Ok(None);
        };
        let mut page = loop {
            match self.read(&url).await {
                Ok(page) => break page,
                Err(error) => url = self.way_out(&url, error)?,
            }
        };
        self.asked.insert(url);
        self.drop_known(&mut page);
        let next = page.next.as_ref().map(|next| next.url().clone());
        let fault = match &next {
            None => None,
            Some(next) if self.asked.contains(next) => Some(ProtocolError::RepeatedCursor),
            Some(_) if self.idle >= MAX_IDLE => Some(ProtocolError::NothingNew { pages: MAX_IDLE }),
            Some(_) if self.empty >= MAX_EMPTY => {
                Some(ProtocolError::NothingMore { pages: MAX_EMPTY })
            }
            Some(_) if self.asked.len() >= self.most => {
                Some(ProtocolError::Endless { limit: self.most })
            }
            Some(_) => None,
        };
        match fault {
            Some(fault) => Err(self.error(Cause::Protocol(fault))),
            None => {
                self.next = next;
                Ok(Some((page, self)))
            }
        }
    }

    async fn read(&mut self, url: &Url) -> Result<Page<T>, Error> {
        let List {
            dispatcher,
            endpoint,
            within,
            ..
        } = &self.list;
        let ask = Ask {
            endpoint: *endpoint,
            url: url.clone(),
            doing: self.doing(self.asked.len() + 1),
        };
        let read = dispatcher.fetch(&ask, |response| {
            page::read::<T>(&dispatcher.org, url, response)
        });
        let Some(time) = *within else {
            return read.await;
        };
        let deadline = *self
            .deadline
            .get_or_insert_with(|| Instant::now() + time.min(page::LONGEST_TIME));
        match timeout_at(deadline, read).await {
            Ok(result) => result,
            Err(_) => Err(Error::new(ask.doing, ask.endpoint, Cause::Overdue(time))),
        }
    }

    /// Where to read on after an error, if there is a way.
    fn way_out(&mut self, url: &Url, error: Error) -> Result<Url, Error> {
        if self.list.endpoint == Endpoint::SkinnyMembers
            && self.asked.is_empty()
            && is_not_there(&error)
        {
            self.list.dispatcher.forget_skinny_members(&error);
            self.list.endpoint = Endpoint::Members;
            return Ok(self.list.first_url());
        }
        let first = self.list.first_url();
        if *url == first || self.restarts >= MAX_RESTARTS || !self.is_about_the_cursor(&error) {
            return Err(error);
        }
        let (endpoint, failure) = (self.list.endpoint, error.what_went_wrong());
        tracing::warn!(%endpoint, %failure, "reading the list again from its beginning");
        self.restarts += 1;
        self.catching_up = true;
        self.asked.clear();
        Ok(first)
    }

    /// Whether it is the cursor that Okta did not like. A search that was good for the first page and is not any more
    /// was seen, too (okta-sdk-dotnet, issue 323), and 500 for cursors of another day.
    fn is_about_the_cursor(&self, error: &Error) -> bool {
        match error.kind() {
            ErrorKind::ExpiredCursor => true,
            ErrorKind::BadSearch => self.list.is_search() && !self.asked.is_empty(),
            ErrorKind::ServerFailure => self.list.resume.is_some() && self.asked.is_empty(),
            _ => false,
        }
    }

    /// Remembers what was handed out, and drops it when it comes again because the list is read again.
    fn drop_known(&mut self, page: &mut Page<T>) {
        let Self {
            given, malformed, ..
        } = self;
        let read_again = self.restarts > 0;
        let records = page.items.len() + page.malformed.len();
        let mut new = 0;
        page.items.retain(|item| {
            let is_new = given.insert(item.id().clone());
            new += usize::from(is_new);
            is_new || !read_again
        });
        page.malformed.retain(|bad| {
            let is_new =
                !given.contains(&T::Id::from(bad.id.clone())) && malformed.insert(bad.id.clone());
            new += usize::from(is_new);
            is_new
        });
        self.empty = if records == 0 { self.empty + 1 } else { 0 };
        if new > 0 {
            (self.idle, self.catching_up) = (0, false);
        } else if records > 0 && !self.catching_up {
            self.idle += 1;
        }
    }

    fn error(&self, cause: Cause) -> Error {
        Error::new(self.doing(self.asked.len()), self.list.endpoint, cause)
    }

    fn doing(&self, page: usize) -> String {
        format!("{}: page {page}", self.list.doing)
    }
}

/// Whether the endpoint does not exist, as far as one can tell: a group that does not exist looks the same.
fn is_not_there(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound || error.status() == Some(StatusCode::METHOD_NOT_ALLOWED)
}
