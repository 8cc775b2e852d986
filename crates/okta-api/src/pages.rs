//! Lists as they come: page by page, or record by record.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::error::{Cause, Error};
use crate::malformed::MalformedRecords;
use crate::page::Page;

/// What becomes of a page with records that do not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnMalformed {
    /// An error stands in its place, and nothing follows.
    Fail,
    /// It is handed out, and tells them.
    HandOut,
}

impl OnMalformed {
    /// The error in the page's place, if there is one.
    pub(crate) fn refuses<T>(self, page: &mut Page<T>) -> Option<Cause> {
        if self == Self::HandOut || page.malformed.is_empty() {
            return None;
        }
        let of = page.items.len() + page.malformed.len();
        let records = std::mem::take(&mut page.malformed);
        Some(Cause::Malformed(Box::new(MalformedRecords { records, of })))
    }
}

/// The pages of a list, each of which is requested when it is polled for.
///
/// A stream, and with a [`try_next`](Self::try_next) of its own, so that a loop needs no other crate.
#[must_use = "pages are requested by `try_next`, or polled as a stream"]
pub struct Pages<T>(Box<dyn Walk<T>>);

/// What a page is read by, and whoever reads the next one.
type Step<T, S> = Pin<Box<dyn Future<Output = Result<Option<(Page<T>, S)>, Error>> + Send>>;

/// Pages that come one after the other.
trait Walk<T>: Send {
    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page<T>, Error>>>;
}

/// A state from which the next page and the next state are made.
struct Unfold<T, S, F> {
    step: F,
    at: At<T, S>,
}

/// Where it is.
enum At<T, S> {
    Between(S),
    Reading(Step<T, S>),
    End,
}

impl<T, S: Send, F: Fn(S) -> Step<T, S> + Send> Walk<T> for Unfold<T, S, F> {
    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page<T>, Error>>> {
        let mut reading = match std::mem::replace(&mut self.at, At::End) {
            At::Between(state) => (self.step)(state),
            At::Reading(reading) => reading,
            At::End => return Poll::Ready(None),
        };
        let Poll::Ready(read) = reading.as_mut().poll(cx) else {
            self.at = At::Reading(reading);
            return Poll::Pending;
        };
        Poll::Ready(match read {
            Ok(Some((page, state))) => {
                self.at = At::Between(state);
                Some(Ok(page))
            }
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

impl<T> Pages<T> {
    /// Pages that `step` reads from `state`, up to the first error or to where there is none.
    pub(crate) fn unfold<S, R>(state: S, step: impl Fn(S) -> R + Send + 'static) -> Self
    where
        T: 'static,
        S: Send + 'static,
        R: Future<Output = Result<Option<(Page<T>, S)>, Error>> + Send + 'static,
    {
        Self(Box::new(Unfold {
            step: move |state| -> Step<T, S> { Box::pin(step(state)) },
            at: At::Between(state),
        }))
    }

    /// The next page; `None` after the last one.
    ///
    /// ```no_run
    /// # async fn example(client: okta_api::Client) -> Result<(), okta_api::Error> {
    /// let mut pages = client.groups().list().pages();
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{} groups", page.items.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When it can not be read. After an error there is no other page.
    pub async fn try_next(&mut self) -> Result<Option<Page<T>>, Error> {
        poll_fn(|cx| self.0.poll_page(cx)).await.transpose()
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_page(cx)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

/// The records of a list. From [`List::items`](crate::List::items).
///
/// A stream, and with a [`try_next`](Self::try_next) of its own, so that a loop needs no other crate.
#[must_use = "records are requested by `try_next`, or polled as a stream"]
pub struct Items<T> {
    pages: Pages<T>,
    page: std::vec::IntoIter<T>,
}

impl<T> Items<T> {
    pub(crate) fn new(pages: Pages<T>) -> Self {
        Self {
            pages,
            page: Vec::new().into_iter(),
        }
    }

    /// The next record; `None` after the last one.
    ///
    /// # Errors
    ///
    /// When the next page can not be read, or has a record that does not decode. After an error there is no other record.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = self.page.next() {
                return Ok(Some(item));
            }
            match self.pages.try_next().await? {
                Some(page) => self.page = page.items.into_iter(),
                None => return Ok(None),
            }
        }
    }
}

impl<T> Unpin for Items<T> {}

impl<T> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(cx)) {
                Some(Ok(page)) => self.page = page.items.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}
