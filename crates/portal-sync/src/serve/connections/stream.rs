//! A socket that tells what happens on it, and that lets no unsound head through.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::crowd::Watched;
use super::heads::Heads;

/// What the parser is given in place of a line end that is none: it refuses a NUL at whatever place of a head, in the order
/// of the requests, with an answer of its own. The empty line makes it look at once.
const REFUSED: &[u8] = b"\0\r\n\r\n";

/// A socket around `inner`.
#[derive(Debug)]
pub(super) struct Stream<S> {
    inner: S,
    heads: Heads,
    watched: Arc<Watched>,
    /// What is still to be read in place of what the peer sent: nothing follows it.
    refusal: Option<&'static [u8]>,
}

impl<S> Stream<S> {
    pub(super) fn new(inner: S, watched: Arc<Watched>) -> Self {
        Self {
            inner,
            heads: Heads::default(),
            watched,
            refusal: None,
        }
    }

    fn refuse(&mut self, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = self.refusal.unwrap_or_default();
        if left.is_empty() {
            // The connection ends with the answer, or for its time.
            return Poll::Pending;
        }
        let (now, later) = left.split_at(left.len().min(buffer.remaining()));
        buffer.put_slice(now);
        self.refusal = Some(later);
        Poll::Ready(Ok(()))
    }

    fn note(&self, offered: usize, written: &Poll<io::Result<usize>>) {
        let now = Instant::now();
        match written {
            Poll::Pending => self.watched.progress().blocked(now),
            Poll::Ready(Ok(taken)) => self.watched.progress().wrote(now, *taken >= offered),
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.refusal.is_some() {
            return this.refuse(buffer);
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = read {
            let new = buffer.filled().get(before..).unwrap_or_default();
            let scanned = this.heads.read(new);
            if !new.is_empty() {
                let head = this.heads.under_way();
                this.watched.progress().read(Instant::now(), head);
            }
            if let Err(at) = scanned {
                buffer.set_filled(before + at);
                this.refusal = Some(REFUSED);
                return this.refuse(buffer);
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(context, bytes);
        this.note(bytes.len(), &written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(context, parts);
        this.note(parts.iter().map(|part| part.len()).sum(), &written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}
