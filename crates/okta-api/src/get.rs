//! Any other endpoint of the org that is read.

use std::fmt::{Debug, Display};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::dispatch::{Ask, Dispatcher};
use crate::endpoint::Endpoint;
use crate::error::{Cause, Error};
use crate::item::Item;
use crate::list::List;
use crate::page::{self, PageSize};
use crate::path::{PathError, Template};
use crate::quote::quoted;

/// A request of any endpoint that is read. From [`Client::get`](crate::Client::get).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `object`, or before the list is read"]
pub struct Get {
    dispatcher: Arc<Dispatcher>,
    template: &'static str,
    values: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    deadline: Option<Instant>,
    retry_for: Option<Duration>,
}

impl Get {
    pub(crate) fn new(dispatcher: &Arc<Dispatcher>, template: &'static str) -> Self {
        Self {
            dispatcher: Arc::clone(dispatcher),
            template,
            values: Vec::new(),
            query: Vec::new(),
            deadline: None,
            retry_for: None,
        }
    }

    /// What stands in the place of `{name}` in the path. Whatever it is, it is one segment of the path: everything that means
    /// something else in a URL is encoded. An empty text, `.`, `..` and control characters are errors when the request is to be
    /// sent.
    pub fn path(mut self, name: &'static str, value: impl Display) -> Self {
        self.values.retain(|(known, _)| *known != name);
        self.values.push((name, value.to_string()));
        self
    }

    /// One more pair of the query. It is encoded.
    pub fn query(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Gives up at this moment of tokio's clock, as [`List::deadline`] does.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How long one request is tried, instead of the client's
    /// [`retry_for`](crate::ClientBuilder::retry_for).
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.retry_for = Some(time);
        self
    }

    /// Reads one object of 512 KiB at most.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`](crate::ErrorKind::InvalidPath) when the path is none, before anything is sent, else as any request.
    pub async fn object<T: DeserializeOwned + Send + 'static>(self) -> Result<T, Error> {
        let (url, path) = match self.url() {
            Ok(found) => found,
            Err(invalid) => {
                let doing = format!("reading {}", quoted(self.template));
                return Err(Error::new(doing, self.endpoint(), Cause::Path(invalid)));
            }
        };
        let ask = Ask {
            endpoint: self.endpoint(),
            url,
            doing: format!("reading {}", quoted(&path)),
            since: None,
            deadline: self.deadline,
            retry_for: self.retry_for,
        };
        self.dispatcher.fetch(&ask, page::read_object).await
    }

    /// Reads a list: an array in JSON, whose next pages Okta's `link` headers lead to.
    ///
    /// Nothing is sent before the list is read. How many records a page has is up to Okta, unless the query says `limit` or
    /// the list is told by [`page_size`](List::page_size), which goes before; pages of more than 20,000 records are refused. A list that Okta wraps into an object, such as that of custom roles, is read by
    /// [`object`](Self::object).
    pub fn list<T: DeserializeOwned + Debug + Send + 'static>(self) -> List<Item<T>> {
        let (url, path) = match self.url() {
            Ok((url, path)) => (Ok(url), path),
            Err(invalid) => (Err(invalid), self.template.to_owned()),
        };
        let (url, checked) = match url {
            Ok(url) => (url, Ok(())),
            Err(invalid) => (self.dispatcher.url(&[]), Err(Cause::Path(invalid))),
        };
        let doing = format!("listing {}", quoted(&path));
        let most = PageSize::most(self.endpoint());
        let mut list = List::new(&self.dispatcher, self.endpoint(), url, most, doing);
        if let Some(deadline) = self.deadline {
            list = list.deadline(deadline);
        }
        if let Some(time) = self.retry_for {
            list = list.retry_for(time);
        }
        list.unless(checked)
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::Other(self.template)
    }

    /// Where it is, and the path as it can be shown.
    fn url(&self) -> Result<(url::Url, String), PathError> {
        let template = Template::parse(self.template)?;
        let segments = template.fill(&self.values)?;
        let mut url = self.dispatcher.org.endpoint("/");
        // An `https` URL always has segments.
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(&segments);
        }
        let shown = format!("/{}", segments.join("/"));
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
            // A space as `+` is for forms only. Literal pluses are `%2B` by now.
            let query = url.query().map(|query| query.replace('+', "%20"));
            url.set_query(query.as_deref());
        }
        Ok((url, shown))
    }
}
