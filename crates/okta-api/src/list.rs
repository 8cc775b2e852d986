//! Lists: what is asked for, before anything is sent.

mod walk;

use std::collections::{HashMap, HashSet};
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, TryStreamExt as _};
use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

use self::walk::Known;
use crate::dispatch::Dispatcher;
use crate::endpoint::Endpoint;
use crate::error::{Cause, Error};
use crate::group::{EMBEDDED, Group};
use crate::id::InvalidId;
use crate::log_event::LogEvent;
use crate::page::{self, Cursor, Malformed, Page, PageSize};
use crate::reader::Keep;
use crate::resource::Resource;
use crate::user::{Member, User};

/// A list that is about to be read. Nothing is sent before [`pages`](Self::pages) is polled or
/// [`all`](Self::all) is awaited.
///
/// A list is read to its end, or its last item is an error: what was read until then is then no
/// list of everything there is. Okta's order is kept. A record that changes while the list is read
/// may come twice.
///
/// `S` says what it can be asked for besides: a [`Searchable`] list takes a search or a filter, any other is read
/// [`Whole`].
#[derive(Debug)]
#[must_use = "a list is read by `pages` or `all`"]
pub struct List<T, S = Whole> {
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
    until: Option<Instant>,
    retry_for: Option<Duration>,
    at_most: Option<usize>,
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
pub enum Whole {}

/// All of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Everything<T> {
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
            until: None,
            retry_for: None,
            at_most: None,
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
    /// another kind of list is cut down to what this one can have.
    pub fn page_size(mut self, size: PageSize) -> Self {
        self.page_size = size.min(PageSize::most(self.endpoint));
        self
    }

    /// The list from a page on whose [`Cursor`] an earlier page of the same list brought. Pages before it are not read,
    /// unless Okta does not take the cursor any more: then the list is read from its beginning. The cursor of another list,
    /// or of another search, is an error.
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
    pub fn until(mut self, deadline: Instant) -> Self {
        self.until = Some(deadline);
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

    /// The pages, one after the other. Each is requested when it is polled for.
    ///
    /// The stream ends after the last page or after its first error. Where a cursor expires in the middle the list is
    /// read again from its beginning, and only ids that were not handed out yet are: pages can be empty then.
    pub fn pages(self) -> impl Stream<Item = Result<Page<T>, Error>> + Send + Unpin + 'static {
        self.pages_up_to(walk::MAX_PAGES)
    }

    /// The pages of a list that has no more than `most`.
    pub(crate) fn pages_up_to(
        self,
        most: usize,
    ) -> impl Stream<Item = Result<Page<T>, Error>> + Send + Unpin + 'static {
        walk::pages(self, most, Known::Dropped)
    }

    /// Reads the list to its end.
    ///
    /// # Errors
    ///
    /// When any page can not be read. A list is never short in silence.
    pub async fn all(self) -> Result<Everything<T>, Error> {
        let (mut items, mut malformed, mut server_date) = (Vec::new(), Vec::new(), None);
        let mut pages = walk::pages(self, walk::MAX_PAGES, Known::HandedOut);
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
        Ok(Everything {
            items,
            malformed,
            server_date,
        })
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
        if let Endpoint::Other(_) = self.endpoint {
            // Its query is the caller's.
            return url;
        }
        url.query_pairs_mut()
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

/// What only some lists can be asked for.
macro_rules! selected {
    ($record:ty: $($method:ident)+) => {
        impl List<$record, Searchable> {
            $(selected!(@$method);)+
        }
    };
    (@search) => {
        /// Only what the expression selects, in Okta's search language: anything that prints. It is
        /// sent as it is; only the encoding of the URL is added. Okta answers searches from a copy of
        /// its data that lags, as a rule by less than a second.
        pub fn search(self, expression: impl Display) -> Self {
            self.with("search", expression.to_string())
        }
    };
    (@filter) => {
        /// Only what the expression selects, in the narrower language of Okta's `filter`. Okta takes either a search or a
        /// filter, not both.
        pub fn filter(self, expression: impl Display) -> Self {
            self.with("filter", expression.to_string())
        }
    };
}

selected!(User: search filter);
selected!(Group: search filter);
selected!(LogEvent: filter);

/// What only lists of records with a profile can be told.
macro_rules! with_profile {
    ($($record:ty)+) => {
        $(impl<S: 'static> List<$record, S> {
            /// Builds of each record only these attributes of the profile and these of the fields that the type does not name:
            /// named as a search names them, `profile.title` or `type.id`; of a path its first name counts. Fields that the
            /// type names are always read.
            ///
            /// Everything else crosses the wire and is passed over at the speed of the parser: it takes no memory, and
            /// whatever it holds, however deep or large, is no record's trouble. [`Page::skipped`] has its names.
            ///
            /// ```
            /// # async fn example(client: okta_api::Client) -> Result<(), okta_api::Error> {
            /// let list = client.users().list().keep(["profile.login", "profile.email", "type.id"]);
            /// let users = list.all().await?.items;
            /// # Ok(())
            /// # }
            /// ```
            pub fn keep<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
                self.keep = Keep::only(names);
                self
            }
        })+
    };
}

with_profile!(User Group);

impl List<User, Searchable> {
    /// Only these fields of each user, named as a search names them: `status`, `profile.login`; of a path its first name counts.
    /// The id always comes.
    ///
    /// Okta then sends and this crate keeps nothing else: what is left out reads as absent (Okta API reference, list all
    /// users, `fields`). What an org answers that does not take the parameter is not documented: look at the first page before
    /// anything is made of what is absent.
    pub fn fields<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut fields, mut profile) = (vec!["id"], Vec::new());
        for name in names {
            let (known, name) = match name.strip_prefix("profile.") {
                Some(attribute) => (&mut profile, attribute),
                None => (&mut fields, name),
            };
            let name = name.split('.').next().unwrap_or(name);
            // Okta once failed of a name that came twice (release notes of 2025).
            if !known.contains(&name) {
                known.push(name);
            }
        }
        let fields = fields.join(",");
        if profile.is_empty() {
            self.with("fields", fields)
        } else {
            self.with(
                "fields",
                format!("{fields},profile:({})", profile.join(",")),
            )
        }
    }
}

impl List<Group, Searchable> {
    /// With each group's size, which [`Group::stats`] then returns. Okta takes longer to answer.
    pub fn with_stats(self) -> Self {
        self.with("expand", "stats")
    }
}

impl List<Member> {
    /// Asks for members at `skinny_users`, which leaves out what a membership does not need and has a rate limit of its
    /// own. Okta does not document it and may withdraw it: where it is not there, the list is read in the usual way,
    /// and this client does not ask for it again. A member's [`status`](Member::status) may be missing.
    pub fn skinny(mut self) -> Self {
        self.endpoint = Endpoint::SkinnyMembers;
        self
    }
}
