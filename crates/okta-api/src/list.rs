//! Lists: what is asked for, before anything is sent.

mod narrowed;
mod walk;

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

pub use self::narrowed::SortOrder;
use self::walk::Known;
use crate::dispatch::Dispatcher;
use crate::endpoint::Endpoint;
use crate::error::{Cause, Error};
use crate::group::EMBEDDED;
use crate::id::InvalidId;
use crate::malformed::{Malformed, MalformedRecords};
use crate::page::{self, Cursor, PageSize};
use crate::pages::{Items, OnMalformed, Pages};
use crate::reader::Keep;
use crate::resource::Resource;

/// A list that is about to be read, by [`all`](Self::all), [`items`](Self::items) or [`pages`](Self::pages). Nothing is sent
/// before one of them is awaited.
///
/// A list is read to its end, or its last item is an error: what was read until then is then no
/// list of everything there is. Okta's order is kept. A record that changes while the list is read
/// may come twice.
///
/// `S` says what it can be asked for besides: a [`Searchable`] list takes a search or a filter, an
/// [`Unsearchable`] one is read whole.
#[derive(Debug)]
#[must_use = "a list is read by `all`, `items` or `pages`"]
pub struct List<T, S = Unsearchable> {
    dispatcher: Arc<Dispatcher>,
    endpoint: Endpoint,
    doing: String,
    /// Where the list begins, without a query; of members, their group; at an endpoint that this crate does not know, with its
    /// query.
    url: Url,
    page_size: PageSize,
    /// The rest of the query, in the order of their coming.
    parameters: Vec<(&'static str, String)>,
    /// Where to begin instead.
    resume: Option<Cursor>,
    deadline: Option<Instant>,
    retry_for: Option<Duration>,
    at_most: Option<usize>,
    /// Whether Okta has one page of it and no other, whatever there is.
    one_page: bool,
    keep: Keep,
    /// Why Okta cannot be asked for it.
    invalid: Option<Cause>,
    item: PhantomData<fn() -> (T, S)>,
}

/// A list that can be narrowed.
#[derive(Clone, Copy, Debug)]
pub enum Searchable {}

/// A list that Okta does not narrow: what it does not know of a query it ignores in silence.
#[derive(Clone, Copy, Debug)]
pub enum Unsearchable {}

/// A list as far as it decodes. From [`List::all_with_malformed`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WithMalformed<T> {
    /// The records, each id once and as it was seen last, in the order in which they were first
    /// seen. That a cursor expired in between makes no difference.
    pub items: Vec<T>,
    /// The records that are there but do not decode.
    pub malformed: Vec<Malformed>,
    /// The server's clock when it answered the first page: what changed since may be missing.
    pub server_date: Option<Timestamp>,
}

impl<T: Resource, S: 'static> List<T, S> {
    pub(crate) fn new(
        dispatcher: &Arc<Dispatcher>,
        endpoint: Endpoint,
        url: Url,
        page_size: PageSize,
        doing: String,
    ) -> Self {
        Self {
            dispatcher: Arc::clone(dispatcher),
            endpoint,
            doing,
            url,
            page_size,
            parameters: Vec::new(),
            resume: None,
            deadline: None,
            retry_for: None,
            at_most: None,
            one_page: false,
            keep: Keep::EVERYTHING,
            invalid: None,
            item: PhantomData,
        }
    }

    /// The same of an object whose id was looked at.
    pub(crate) fn of(self, checked: Result<(), InvalidId>) -> Self {
        self.unless(checked.map_err(Cause::Id))
    }

    /// The same, unless it cannot be asked for.
    pub(crate) fn unless(mut self, checked: Result<(), Cause>) -> Self {
        self.invalid = checked.err();
        self
    }

    /// So many records a page. Unless said otherwise 200 users, 200 groups, 1,000 members, 1,000 events; a size made for
    /// another kind of list is cut down to what this one can have. A list of [any endpoint](crate::Client::get) has pages of
    /// Okta's size unless it is told.
    pub fn page_size(mut self, size: PageSize) -> Self {
        self.page_size = size.min(PageSize::most(self.endpoint));
        self
    }

    /// The list from a page on whose [`Cursor`] an earlier page of the same list brought. Pages before it are not read,
    /// unless Okta does not take the cursor any more: then the list is read from its beginning. The cursor of another list,
    /// or of another search, is an error, and so is one that goes on with [`fields`](List::fields) where all are asked for.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.resume = Some(cursor);
        self
    }

    /// Gives up with [`DeadlineExceeded`](crate::ErrorKind::DeadlineExceeded) when the list is not read to its end at this
    /// moment of tokio's clock; at once, when what it has to wait for would come too late. One moment can end all the lists of
    /// a run, each with an error that says what it still needed.
    ///
    /// Unless said otherwise only each request is bounded
    /// ([`ClientBuilder::retry_for`](crate::ClientBuilder::retry_for)): a large list may wait for many rate windows.
    #[doc(alias = "timeout")]
    #[doc(alias = "until")]
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How long one request of this list is tried, instead of the client's
    /// [`retry_for`](crate::ClientBuilder::retry_for): less than that lets one list of many fail in time for the others.
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.retry_for = Some(time);
        self
    }

    /// No more records than these: one more is the error [`TooMany`](crate::ErrorKind::TooMany), and the list was not read to
    /// its end. Records that are malformed count, and one that comes twice counts once.
    ///
    /// What is left out by whoever reads the pages counts, too: it has crossed the wire all the same.
    pub fn at_most(mut self, records: usize) -> Self {
        self.at_most = Some(records);
        self
    }

    /// Reads the list to its end: all of it, or an error.
    ///
    /// Each id comes once and as it was seen last, in the order in which they were first seen. That a cursor expired in
    /// between makes no difference.
    ///
    /// ```no_run
    /// # async fn example(client: okta_api::Client) -> Result<(), okta_api::Error> {
    /// for group in client.groups().list().all().await? {
    ///     println!("{}", group.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When any page can not be read, and when any record does not decode
    /// ([`MalformedRecords`](crate::ErrorKind::MalformedRecords)): the list is never short in silence.
    /// [`all_with_malformed`](Self::all_with_malformed) reads such a list.
    #[doc(alias = "collect")]
    pub async fn all(self) -> Result<Vec<T>, Error> {
        let (doing, endpoint) = (self.doing.clone(), self.endpoint);
        let all = self.all_with_malformed().await?;
        if all.malformed.is_empty() {
            return Ok(all.items);
        }
        let malformed = MalformedRecords {
            of: all.items.len() + all.malformed.len(),
            records: all.malformed,
        };
        Err(Error::new(
            doing,
            endpoint,
            Cause::Malformed(Box::new(malformed)),
        ))
    }

    /// Reads the list to its end as [`all`](Self::all) does, and hands out the records that do not decode beside the others.
    ///
    /// ```no_run
    /// # async fn example(client: okta_api::Client) -> Result<(), okta_api::Error> {
    /// let list = client.users().list().all_with_malformed().await?;
    /// for bad in &list.malformed {
    ///     eprintln!("left out: {bad}");
    /// }
    /// println!("{} users", list.items.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When any page can not be read.
    pub async fn all_with_malformed(self) -> Result<WithMalformed<T>, Error> {
        let (mut items, mut malformed, mut server_date) = (Vec::new(), Vec::new(), None);
        let mut pages = self.walk(walk::MAX_PAGES, Known::HandedOut, OnMalformed::HandOut);
        while let Some(page) = pages.try_next().await? {
            server_date = server_date.or(page.server_date);
            items.extend(page.items);
            malformed.extend(page.malformed);
        }
        // What the walk has kept goes before the items are gone through.
        drop(pages);
        let items = each_once(items);
        if !malformed.is_empty() {
            let good: HashSet<&T::Id> = items.iter().map(T::id).collect();
            malformed.retain(|bad: &Malformed| {
                bad.id
                    .clone()
                    .is_none_or(|id| !good.contains(&T::Id::from(id)))
            });
        }
        Ok(WithMalformed {
            items,
            malformed,
            server_date,
        })
    }

    /// The records, one after the other; a page is requested when the one before is used up. Holds no more than a page of a
    /// list of any length, and ends as [`pages`](Self::pages) does.
    ///
    /// ```no_run
    /// # async fn example(client: okta_api::Client) -> Result<(), okta_api::Error> {
    /// let mut users = client.users().list().items();
    /// while let Some(user) = users.try_next().await? {
    ///     println!("{}", user.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "stream")]
    pub fn items(self) -> Items<T> {
        Items::new(self.pages())
    }

    /// The pages, one after the other. Each is requested when it is polled for.
    ///
    /// They end after the last page or after the first error. Where a cursor expires in the middle the list is
    /// read again from its beginning, and only ids that were not handed out yet are: pages can be empty then. A page with a
    /// record that does not decode is an error ([`MalformedRecords`](crate::ErrorKind::MalformedRecords)).
    #[doc(alias = "stream")]
    pub fn pages(self) -> Pages<T> {
        self.walk(walk::MAX_PAGES, Known::Dropped, OnMalformed::Fail)
    }

    /// The pages, those with records that do not decode among them: [`Page::malformed`](crate::Page::malformed) has these, and
    /// whoever leaves it aside reads a list that is short.
    pub fn pages_with_malformed(self) -> Pages<T> {
        self.walk(walk::MAX_PAGES, Known::Dropped, OnMalformed::HandOut)
    }

    /// The pages of a list that has no more than `most`.
    fn walk(self, most: usize, known: Known, on_malformed: OnMalformed) -> Pages<T> {
        walk::pages(self, most, known, on_malformed)
    }

    /// The pages of a list that has no more than `most`, for tests.
    #[cfg(test)]
    pub(crate) fn pages_up_to(self, most: usize) -> Pages<T> {
        self.walk(most, Known::Dropped, OnMalformed::Fail)
    }

    /// Adds to the query, or replaces what was there under that name.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.retain(|(known, _)| *known != name);
        self.parameters.push((name, value.into()));
        self
    }

    /// What is built of each record.
    fn kept(&self) -> Keep {
        let keep = self.keep.clone();
        if self.parameters.iter().any(|(name, _)| *name == "expand") {
            keep.with_field(EMBEDDED)
        } else {
            keep
        }
    }

    /// How many records the page at a URL was asked for to have: what its link says, within what the endpoint has, or what the
    /// list asks for.
    fn asked_at(&self, url: &Url) -> usize {
        let own = self.page_size;
        let linked = page::limit(url).map_or(own.get(), |limit| {
            limit.min(PageSize::most(self.endpoint).get())
        });
        own.get().max(linked).into()
    }

    /// Whether the list is the answer to a search.
    fn is_search(&self) -> bool {
        self.parameters.iter().any(|(name, _)| *name == "search")
    }

    /// Where the list is found at an endpoint, without a query.
    fn url_at(&self, endpoint: Endpoint) -> Url {
        let mut url = self.url.clone();
        let below = match endpoint {
            Endpoint::Members => Some("users"),
            Endpoint::SkinnyMembers => Some("skinny_users"),
            _ => None,
        };
        if let (Some(below), Ok(mut path)) = (below, url.path_segments_mut()) {
            path.push(below);
        }
        url
    }

    /// At which endpoint a cursor of this list goes on; none, when it is of another list.
    fn endpoint_of(&self, cursor: &Cursor) -> Option<Endpoint> {
        let endpoints = match self.endpoint {
            Endpoint::Members | Endpoint::SkinnyMembers => {
                &[Endpoint::Members, Endpoint::SkinnyMembers][..]
            }
            ref only => std::slice::from_ref(only),
        };
        let mut endpoints = endpoints.iter().copied();
        endpoints.find(|endpoint| self.url_at(*endpoint).path() == cursor.url().path())
    }

    /// The URL of the first page; those of the others come from Okta.
    pub(crate) fn first_url(&self) -> Url {
        let mut url = self.url_at(self.endpoint);
        let is_other = matches!(self.endpoint, Endpoint::Other(_));
        if is_other && self.page_size == PageSize::most(self.endpoint) {
            // Its query is the caller's.
            return url;
        }
        let given = url.query_pairs().into_owned();
        let given: Vec<_> = given.filter(|(name, _)| name != "limit").collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(given)
            .append_pair("limit", &self.page_size.get().to_string())
            .extend_pairs(&self.parameters);
        // A space as `+` is for forms only; `%20` is a space to everybody. Literal pluses are `%2B`
        // by now.
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
        url
    }
}

/// Keeps of each id what came last, in the place of what came first.
fn each_once<T: Resource>(items: Vec<T>) -> Vec<T> {
    let mut positions: HashMap<T::Id, usize> = HashMap::with_capacity(items.len());
    let mut seen = items.iter().zip(0..);
    // As a rule there is nothing to do.
    if seen.all(|(item, at)| positions.insert(item.id().clone(), at).is_none()) {
        return items;
    }
    positions.clear();
    let mut kept: Vec<T> = Vec::new();
    for item in items {
        match positions.get(item.id()).and_then(|&at| kept.get_mut(at)) {
            Some(earlier) => *earlier = item,
            None => {
                positions.insert(item.id().clone(), kept.len());
                kept.push(item);
            }
        }
    }
    kept
}
