//! Connections that can be cut: a reset before or in an answer is a fault no status code can show.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const WHOLE: u8 = 0;
const BEFORE: u8 = 1;
const IN_BODY: u8 = 2;
const CUT: u8 = 3;

/// The switch of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<AtomicU8>);

impl Line {
    /// Resets the connection instead of sending the next byte.
    pub(crate) fn cut_before_answer(&self) {
        self.0.store(BEFORE, Ordering::SeqCst);
    }

    /// Closes the connection half-way through the body of the next answer.
    pub(crate) fn cut_in_body(&self) {
        self.0.store(IN_BODY, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Line {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().line.clone()
    }
}

/// A TCP listener whose connections can be cut.
#[derive(Debug)]
pub(crate) struct CuttableListener(pub(crate) TcpListener);

impl Listener for CuttableListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (
            Connection {
                stream,
                line: Line::default(),
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A TCP connection with its switch.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    line: Line,
}

impl Connection {
    /// Makes the kernel send a reset when the socket is dropped, and says so to the HTTP layer.
    fn reset(&self) -> io::Error {
        self.line.0.store(CUT, Ordering::SeqCst);
        self.stream
            .set_zero_linger()
            .err()
            .unwrap_or_else(|| io::ErrorKind::ConnectionReset.into())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.line.0.load(Ordering::SeqCst) {
            WHOLE => Pin::new(&mut self.stream).poll_write(cx, buf),
            IN_BODY => {
                let part = buf.get(..half_of_the_body(buf)).unwrap_or(buf);
                let written = std::task::ready!(Pin::new(&mut self.stream).poll_write(cx, part))?;
                // A reset would throw away what the client has not read yet: the socket is closed in order instead.
                self.line.0.store(CUT, Ordering::SeqCst);
                Poll::Ready(Ok(written))
            }
            BEFORE => Poll::Ready(Err(self.reset())),
            _ => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Where the headers end and half of what follows.
fn half_of_the_body(answer: &[u8]) -> usize {
    let headers = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(0, |at| at + 4);
    headers + (answer.len() - headers) / 2
}
