//! Lists: streams of pages, read to their end or not at all.

use std::collections::{HashMap, HashSet};
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::{Stream, TryStreamExt as _};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use url::Url;

use crate::dispatch::{Ask, Dispatcher};
use crate::endpoint::Endpoint;
use crate::error::{Cause, Error, ProtocolError};
use crate::group::Group;
use crate::id::{GroupId, UserId};
use crate::page::{self, Malformed, Page, PageSize};
use crate::user::{Member, User};

/// Pages after which a list is taken to be endless. The largest tenants have a tenth of it.
const MAX_PAGES: usize = 100_000;

/// What a list is made of. Sealed: users, groups and members.
pub trait Resource: sealed::Sealed + DeserializeOwned + Debug + Send + 'static {
    /// The type of its ids.
    type Id: Clone + Eq + Hash + Send + From<String> + 'static;

    /// Its id.
    fn id(&self) -> &Self::Id;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for User {}
impl sealed::Sealed for Group {}
impl sealed::Sealed for Member {}

impl Resource for User {
    type Id = UserId;

    fn id(&self) -> &UserId {
        &self.id
    }
}

impl Resource for Group {
    type Id = GroupId;

    fn id(&self) -> &GroupId {
        &self.id
    }
}

impl Resource for Member {
    type Id = UserId;

    fn id(&self) -> &UserId {
        &self.id
    }
}

/// A list that is about to be read. Nothing is sent before [`pages`](Self::pages) is polled or
/// [`all`](Self::all) is awaited.
///
/// A list is read to its end, or its last item is an error: what was read until then is then no
/// list of everything there is. Okta's order is kept. A record that changes while the list is read
/// may come twice.
#[derive(Debug)]
#[must_use = "a list is read by `pages` or `all`"]
pub struct List<T> {
    dispatcher: Arc<Dispatcher>,
    endpoint: Endpoint,
    doing: String,
    url: Url,
    page_size: PageSize,
    search: Option<String>,
    with_stats: bool,
    item: PhantomData<fn() -> T>,
}

/// All of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Everything<T> {
    /// The records, each id once and as it was seen last, in the order in which they were first
    /// seen.
    pub items: Vec<T>,
    /// The records that are there but do not decode.
    pub malformed: Vec<Malformed>,
    /// The server's clock when it answered the first page: what changed since may be missing.
    pub server_date: Option<Timestamp>,
}

impl<T: Resource> List<T> {
    pub(crate) fn new(
        dispatcher: &Arc<Dispatcher>,
        endpoint: Endpoint,
        url: Url,
        page_size: PageSize,
        doing: String,
    ) -> Self {
        let dispatcher = Arc::clone(dispatcher);
        Self {
            dispatcher,
            endpoint,
            doing,
            url,
            page_size,
            search: None,
            with_stats: false,
            item: PhantomData,
        }
    }

    /// Only what the expression selects, in Okta's search language: anything that prints. It is
    /// sent as it is; only the encoding of the URL is added. Okta answers searches from a copy of
    /// its data that lags, as a rule by less than a second.
    pub fn search(mut self, expression: impl Display) -> Self {
        self.search = Some(expression.to_string());
        self
    }

    /// So many records a page. Unless said otherwise 200 users, 200 groups, 1,000 members; a size
    /// made for another kind of list is cut down to what this one can have.
    pub fn page_size(mut self, size: PageSize) -> Self {
        let most = match self.endpoint {
            Endpoint::Users => PageSize::USERS,
            Endpoint::Groups => size,
            Endpoint::Members => PageSize::MEMBERS,
        };
        self.page_size = size.min(most);
        self
    }

    /// The pages, one after the other. Each is requested when it is polled for.
    ///
    /// The stream ends after the last page or after its first error.
    pub fn pages(self) -> impl Stream<Item = Result<Page<T>, Error>> + Send + Unpin + 'static {
        self.pages_up_to(MAX_PAGES)
    }

    /// The pages of a list that has no more than `most`.
    pub(crate) fn pages_up_to(
        self,
        most: usize,
    ) -> impl Stream<Item = Result<Page<T>, Error>> + Send + Unpin + 'static {
        let first = self.first_url();
        Box::pin(futures::stream::try_unfold(
            Walk {
                list: self,
                seen: HashSet::new(),
                next: Some(first),
                most,
            },
            Walk::step,
        ))
    }

    /// Reads the list to its end.
    ///
    /// # Errors
    ///
    /// When any page can not be read. A list is never short in silence.
    pub async fn all(self) -> Result<Everything<T>, Error> {
        let mut everything = Everything {
            items: Vec::new(),
            malformed: Vec::new(),
            server_date: None,
        };
        let mut positions: HashMap<T::Id, usize> = HashMap::new();
        let mut malformed: HashSet<String> = HashSet::new();
        let mut pages = self.pages();
        while let Some(page) = pages.try_next().await? {
            everything.server_date = everything.server_date.or(page.server_date);
            for item in page.items {
                let known = positions
                    .get(item.id())
                    .and_then(|&position| everything.items.get_mut(position));
                if let Some(known) = known {
                    *known = item;
                } else {
                    positions.insert(item.id().clone(), everything.items.len());
                    everything.items.push(item);
                }
            }
            everything.malformed.extend(
                page.malformed
                    .into_iter()
                    .filter(|bad| malformed.insert(bad.id.clone())),
            );
        }
        Ok(everything)
    }

    /// The URL of the first page; those of the others come from Okta.
    fn first_url(&self) -> Url {
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("limit", &self.page_size.get().to_string());
        if self.with_stats {
            url.query_pairs_mut().append_pair("expand", "stats");
        }
        if let Some(search) = &self.search {
            url.query_pairs_mut().append_pair("search", search);
        }
        // A space as `+` is for forms only; `%20` is a space to everybody. Literal pluses are `%2B`
        // by now.
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
        url
    }
}

impl List<Group> {
    /// With each group's size, which [`Group::stats`] then returns. Okta takes longer to answer.
    pub fn with_stats(mut self) -> Self {
        self.with_stats = true;
        self
    }
}

/// Where the reading of a list is.
#[derive(Debug)]
struct Walk<T> {
    list: List<T>,
    /// The pages that were asked for.
    seen: HashSet<Url>,
    next: Option<Url>,
    most: usize,
}

impl<T: Resource> Walk<T> {
    /// Reads one page.
    async fn step(mut self) -> Result<Option<(Page<T>, Self)>, Error> {
        let Some(url) = self.next.take() else {
            return Ok(None);
        };
        let List {
            dispatcher,
            endpoint,
            doing,
            ..
        } = &self.list;
        let ask = Ask {
            endpoint: *endpoint,
            url,
            doing: format!("{doing}: page {}", self.seen.len() + 1),
        };
        let page = dispatcher
            .fetch(&ask, |response| {
                page::read::<T>(&dispatcher.org, &ask.url, response)
            })
            .await?;
        let Ask {
            endpoint,
            url,
            doing,
        } = ask;
        self.seen.insert(url);
        let broken = |error| Error::new(doing, endpoint, Cause::Protocol(error));
        self.next = page.next.as_ref().map(|next| next.url().clone());
        match &self.next {
            Some(next) if self.seen.contains(next) => Err(broken(ProtocolError::RepeatedCursor)),
            Some(_) if self.seen.len() >= self.most => {
                Err(broken(ProtocolError::Endless { limit: self.most }))
            }
            _ => Ok(Some((page, self))),
        }
    }
}
