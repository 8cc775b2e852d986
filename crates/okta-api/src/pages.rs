//! Lists as they come: page by page, or record by record.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Stream, StreamExt as _};

use crate::error::Error;
use crate::page::Page;

/// The pages of a list, each of which is requested when it is polled for.
///
/// A stream, and with a [`try_next`](Self::try_next) of its own, so that a loop needs no other crate.
#[must_use = "pages are requested by `try_next`, or polled as a stream"]
pub struct Pages<T>(Pin<Box<dyn Stream<Item = Result<Page<T>, Error>> + Send>>);

impl<T> Pages<T> {
    pub(crate) fn new(pages: impl Stream<Item = Result<Page<T>, Error>> + Send + 'static) -> Self {
        Self(Box::pin(pages))
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
        self.0.next().await.transpose()
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
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
