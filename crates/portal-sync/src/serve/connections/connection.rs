//! One connection, from its first byte to its end.

use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use super::crowd::Watched;
use super::progress::Overdue;
use super::stream::Stream;
use crate::serve::access::Peer;
use crate::serve::host::Local;

/// The head of a request has at most so many bytes; answered with 431.
const HEAD: usize = 16 * 1024;

/// The head of a request has at most so many fields; answered with 431.
const FIELDS: usize = 100;

/// What is kept of a connection, read or to be written, before the other side has to take some of it.
const BUFFER: usize = 64 * 1024;

/// What the peer still sends after the last answer is read for so long: a socket that is closed over unread bytes takes the
/// answer back.
const LINGER: Duration = Duration::from_secs(1);

/// Of what it still sends, at most so many bytes are read.
const LINGER_BYTES: usize = 256 * 1024;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// As the protocol has it, or by the peer.
    Done,
    /// It took too long.
    Overdue(Overdue),
    /// Its place was needed.
    Crowded,
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) peer: IpAddr,
    pub(super) local: IpAddr,
}

/// Answers the requests of one connection, in HTTP/1 alone.
pub(super) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    ends: Ends,
    router: Router,
    watched: &Arc<Watched>,
    stopping: watch::Receiver<bool>,
) -> Ended {
    let io = TokioIo::new(Stream::new(&mut stream, Arc::clone(watched)));
    let router = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        let asking = Asking::begin(watched);
        request.extensions_mut().insert(Peer(ends.peer));
        request.extensions_mut().insert(Local(ends.local));
        let answer = router.call(request);
        async move {
            // One request a turn: those that came in one piece do not go before what others ask.
            yield_now().await;
            let answer = answer.await?;
            Ok::<_, Infallible>(answer.map(|body| Answering {
                body,
                _asking: asking,
            }))
        }
    });
    let mut http = http1::Builder::new();
    // Times are kept here, by a clock that also sees what is written, and without a line of the log for each of them.
    http.header_read_timeout(None)
        .max_header_size(HEAD)
        .max_headers(FIELDS)
        .max_buf_size(BUFFER);
    let ended = drive(http.serve_connection(io, service), watched, stopping).await;
    if ended == Ended::Done {
        linger(&mut stream, watched).await
    } else {
        ended
    }
}

async fn drive<I, S, B>(
    connection: http1::Connection<I, S>,
    watched: &Watched,
    mut stopping: watch::Receiver<bool>,
) -> Ended
where
    http1::Connection<I, S>: Future<Output = hyper::Result<()>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: HttpBody + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut connection = pin!(connection);
    let mut leave = pin!(watched.asked_to_leave());
    let mut stop = pin!(async { drop(stopping.wait_for(|stopping| *stopping).await) });
    let mut is_stopping = false;
    let mut timer = pin!(sleep_until(watched.progress().deadline().0));
    poll_fn(|context| {
        if leave.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ended::Crowded);
        }
        if !is_stopping && stop.as_mut().poll(context).is_ready() {
            is_stopping = true;
            connection.as_mut().graceful_shutdown();
        }
        // An error is the peer's: it was answered where there is an answer.
        if connection.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ended::Done);
        }
        let (deadline, overdue) = watched.progress().deadline();
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer
            .as_mut()
            .poll(context)
            .map(|()| Ended::Overdue(overdue))
    })
    .await
}

/// Reads what the peer still sends, so that it can read what it was told.
async fn linger(stream: &mut (impl AsyncRead + Unpin), watched: &Watched) -> Ended {
    let drain = async {
        let mut left = LINGER_BYTES;
        let mut thrown_away = [0; 4096];
        while left > 0 {
            match stream.read(&mut thrown_away).await {
                Ok(0) | Err(_) => return,
                Ok(read) => left = left.saturating_sub(read),
            }
        }
    };
    tokio::select! {
        _ = timeout(LINGER, drain) => Ended::Done,
        () = watched.asked_to_leave() => Ended::Crowded,
    }
}

/// A request whose answer is not at its end.
struct Asking(Arc<Watched>);

impl Asking {
    fn begin(watched: &Arc<Watched>) -> Self {
        watched.progress().ask(Instant::now());
        Self(Arc::clone(watched))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.progress().answered(Instant::now());
    }
}

/// The body of an answer.
struct Answering {
    body: Body,
    _asking: Asking,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
