//! Walks: lists read page by page, to their end or not at all.

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Arc;

use http::StatusCode;
use tokio::time::Instant;
use url::Url;

use super::List;
use crate::dispatch::Ask;
use crate::endpoint::Endpoint;
use crate::error::{Cause, CursorFault, Error, ErrorKind, ProtocolError};
use crate::page::{self, Page, Wanted};
use crate::pages::{OnMalformed, Pages};
use crate::query;
use crate::reader::Keep;
use crate::resource::Resource;

/// Pages after which a list is taken to be endless. The largest tenants have a tenth of it.
pub(crate) const MAX_PAGES: usize = 100_000;

/// How often a list is read from its beginning again because a cursor has expired.
const MAX_RESTARTS: u32 = 2;

/// Pages in a row that hold records and not one that is new, after which a list is taken to go round in a circle.
const MAX_IDLE: u32 = 3;

/// Empty pages in a row after which a list is taken to have no end. Okta is seen to send one now and then.
const MAX_EMPTY: u32 = 100;

/// Of so many records what they have and nobody keeps is counted.
const COUNTED: usize = 10_000;

/// What becomes of records that come again because the list is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Dropped,
    HandedOut,
}

/// The pages of a list that has no more than `most`.
pub(super) fn pages<T: Resource, S: 'static>(
    list: List<T, S>,
    most: usize,
    known: Known,
    on_malformed: OnMalformed,
) -> Pages<T> {
    let walk = Walk {
        keep: Arc::new(list.kept()),
        records: 0,
        nameless: 0,
        list,
        most,
        known,
        on_malformed,
        since: None,
        asked: HashSet::new(),
        given: HashSet::new(),
        again: HashSet::new(),
        malformed: HashSet::new(),
        next: Next::Begin,
        restarts: 0,
        idle: 0,
        empty: 0,
    };
    Pages::unfold(walk, Walk::step)
}

/// Where the reading of a list is.
#[derive(Debug)]
struct Walk<T: Resource, S> {
    list: List<T, S>,
    keep: Arc<Keep>,
    /// How many records the pages had.
    records: usize,
    /// Those of them that have no id.
    nameless: usize,
    most: usize,
    known: Known,
    on_malformed: OnMalformed,
    /// When it was begun.
    since: Option<Instant>,
    /// The pages that were read since the list was begun.
    asked: HashSet<Url>,
    /// The ids that were handed out.
    given: HashSet<T::Id>,
    /// The ids that were seen since the list is read again.
    again: HashSet<T::Id>,
    malformed: HashSet<String>,
    next: Next,
    restarts: u32,
    /// Pages in a row that held nothing new, though they held something.
    idle: u32,
    /// Pages in a row that held nothing.
    empty: u32,
}

/// What to read next.
#[derive(Debug)]
enum Next {
    Begin,
    Page(Url),
    /// Okta has no other page, and this one was full.
    CutShort(u16),
    End,
}

impl<T: Resource, S: 'static> Walk<T, S> {
    /// Reads one page.
    async fn step(mut self) -> Result<Option<(Page<T>, Self)>, Error> {
        let mut url = match std::mem::replace(&mut self.next, Next::End) {
            Next::Begin => self.begin()?,
            Next::Page(url) => url,
            Next::CutShort(limit) => {
                return Err(self.error(self.asked.len(), Cause::CutShort { limit }));
            }
            Next::End => return Ok(None),
        };
        let mut page = loop {
            match self.read(&url).await {
                Ok(page) => break page,
                Err(error) => url = self.way_out(&url, error)?,
            }
        };
        // Smaller than was asked for, after a failure.
        let limit = page::limit(&url).unwrap_or(self.list.page_size.get());
        self.asked.insert(url);
        self.note(&mut page);
        let records = self.given.len() + self.malformed.len() + self.nameless;
        if let Some(most) = self.list.at_most.filter(|most| records > *most) {
            return Err(self.error(self.asked.len(), Cause::TooMany { limit: most }));
        }
        if let Some(malformed) = self.on_malformed.refuses(&mut page) {
            return Err(self.error(self.asked.len(), malformed));
        }
        let Some(next) = page.next.as_ref().map(|next| next.url().clone()) else {
            if self.list.one_page && records >= usize::from(limit) {
                self.next = Next::CutShort(limit);
            }
            return Ok(Some((page, self)));
        };
        let fault = if self.asked.contains(&next) {
            ProtocolError::RepeatedCursor
        } else if self.idle >= MAX_IDLE {
            ProtocolError::NothingNew { pages: MAX_IDLE }
        } else if self.empty >= MAX_EMPTY {
            ProtocolError::NothingMore { pages: MAX_EMPTY }
        } else if self.asked.len() >= self.most {
            ProtocolError::Endless { limit: self.most }
        } else {
            self.next = Next::Page(next);
            return Ok(Some((page, self)));
        };
        Err(self.error(self.asked.len(), Cause::Protocol(fault)))
    }

    /// Where the list begins, or goes on.
    fn begin(&mut self) -> Result<Url, Error> {
        if let Some(invalid) = self.list.invalid.take() {
            return Err(self.error(1, invalid));
        }
        if let Some(cursor) = &self.list.resume {
            let Some(endpoint) = self.list.endpoint_of(cursor) else {
                return Err(self.error(1, Cause::Cursor(CursorFault::OtherList)));
            };
            if let Err(other) = query::check(cursor.url(), &self.list.first_url()) {
                let fault = CursorFault::OtherQuery(Box::new(other));
                return Err(self.error(1, Cause::Cursor(fault)));
            }
            let url = cursor.url().clone();
            self.list.endpoint = endpoint;
            return Ok(url);
        }
        let is_skinny = self.list.endpoint == Endpoint::SkinnyMembers;
        if is_skinny && !self.list.dispatcher.skinny_members() {
            self.list.endpoint = Endpoint::Members;
        }
        Ok(self.list.first_url())
    }

    async fn read(&mut self, url: &Url) -> Result<Page<T>, Error> {
        let List {
            dispatcher,
            endpoint,
            deadline,
            retry_for,
            ..
        } = &self.list;
        let since = *self.since.get_or_insert_with(Instant::now);
        let ask = Ask {
            endpoint: *endpoint,
            url: url.clone(),
            doing: self.doing(self.asked.len() + 1),
            since: Some(since),
            deadline: *deadline,
            retry_for: *retry_for,
        };
        let wanted = Wanted {
            asked: self.list.asked_at(url),
            keep: Arc::clone(&self.keep),
            count_skipped: self.records < COUNTED,
        };
        let (reader, url) = (Arc::clone(dispatcher), url.clone());
        let read = dispatcher.fetch(&ask, move |response| {
            page::read::<T>(&reader.org, &url, response, &wanted)
        });
        read.await
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
        self.asked.clear();
        self.again.clear();
        Ok(first)
    }

    /// Whether it is the cursor that Okta did not like. A search that was good for the first page and is not any more
    /// was seen, too (okta-sdk-dotnet, issue 323), and 500 for cursors of another day.
    fn is_about_the_cursor(&self, error: &Error) -> bool {
        match error.kind() {
            ErrorKind::ExpiredCursor => true,
            ErrorKind::BadSearch => self.list.is_search() && !self.asked.is_empty(),
            // An answer of the API, that is, and not of the token endpoint.
            ErrorKind::ServerFailure => {
                self.list.resume.is_some() && self.asked.is_empty() && error.status().is_some()
            }
            _ => false,
        }
    }

    /// Remembers what a page held, and drops what is known where it is not to come again.
    fn note(&mut self, page: &mut Page<T>) {
        let Self {
            given,
            again,
            malformed,
            records: seen,
            nameless,
            ..
        } = self;
        let read_again = self.restarts > 0;
        let keep_known = !read_again || self.known == Known::HandedOut;
        let records = page.items.len() + page.malformed.len();
        *seen += records;
        let mut new = 0;
        page.items.retain(|item| {
            let is_new = given.insert(item.id().clone());
            let is_new_now = if read_again {
                again.insert(item.id().clone())
            } else {
                is_new
            };
            new += usize::from(is_new_now);
            is_new || keep_known
        });
        page.malformed.retain(|bad| {
            // Somebody whose id cannot be read may be anybody, and is handed out whenever they come; so is one of a list whose
            // records may share an id.
            let Some(text) = bad.id.clone().filter(|_| T::HAS_ID) else {
                new += usize::from(!read_again);
                *nameless += usize::from(!read_again);
                return true;
            };
            let id = T::Id::from(text.clone());
            let is_new = !given.contains(&id) && malformed.insert(text);
            let is_new_now = if read_again { again.insert(id) } else { is_new };
            new += usize::from(is_new_now);
            is_new
        });
        self.empty = if records == 0 { self.empty + 1 } else { 0 };
        if new > 0 {
            self.idle = 0;
        } else if records > 0 {
            self.idle += 1;
        }
    }

    /// An error at a page, counted from 1.
    fn error(&self, page: usize, cause: Cause) -> Error {
        Error::new(self.doing(page), self.list.endpoint, cause)
    }

    fn doing(&self, page: usize) -> String {
        format!("{}: page {page}", self.list.doing)
    }
}

/// Whether the endpoint does not exist, as far as one can tell: a group that does not exist looks the same.
fn is_not_there(error: &Error) -> bool {
    matches!(
        error.status(),
        Some(StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE)
    )
}
