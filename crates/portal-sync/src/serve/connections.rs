//! Who is let in, and for how long: connections in bounded number, each with bounded time, in HTTP/1 alone.
//!
//! | stage of a connection | ends it |
//! |---|---|
//! | the head of a request, from its first byte; the first one from the beginning | 10 s |
//! | silence between two requests | 60 s |
//! | a peer that takes nothing of an answer | 30 s |
//! | an answer that is not taken to its end | 600 s |
//! | no place is left for another connection | at once, the longest without a whole request first |

mod capacity;
mod heads;
mod progress;

mod crowd;

mod stream;

mod connection;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use self::connection::{Ended, Ends};
use self::crowd::{Alarm, Crowd, Place};
use self::progress::Overdue;
use crate::telemetry::HttpMetrics;

pub(super) use self::heads::BODY;

pub(crate) use self::capacity::{capacity, descriptors};

/// What the kernel keeps of the answers of one connection. Without a bound it grows to megabytes for each peer that does not
/// read, and shows such a peer late.
const SEND_BUFFER: u32 = 256 * 1024;

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1024;

/// How long nothing is accepted after the system has refused to: it has no descriptors left, or no memory.
const PAUSE: Duration = Duration::from_millis(10);

/// Takes connections at `address`.
///
/// # Errors
/// When it is taken, or not this machine's.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // As the standard library has it: a port is free at once when its process has ended. Elsewhere it means more.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Answers what comes over `listener` by `router`, on at most `size` connections at once, until `stopping` is true: then
/// what is under way is answered, and nothing else.
///
/// Dropped, it closes all of them.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    size: usize,
    metrics: HttpMetrics,
    stopping: watch::Receiver<bool>,
) {
    let crowd = Crowd::new(size);
    let mut alarm = Alarm::default();
    let mut connections = JoinSet::new();
    let mut stop = stopping.clone();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stopping| *stopping) => break,
            Some(_) = connections.join_next() => continue,
            () = look(&alarm) => {
                let over = alarm.look(Instant::now(), crowd.taken(), crowd.size());
                if let Some(closed) = over {
                    tracing::info!(closed, "there is room for new connections again");
                }
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // The peer is gone before its turn came.
            Err(error) if is_of_the_peer(error.kind()) => continue,
            Err(error) => {
                if alarm.raise(Instant::now()) {
                    tracing::warn!(%error, "connections cannot be accepted: the longest without a request are closed");
                }
                crowd.thin().await;
                sleep(PAUSE).await;
                continue;
            }
        };
        if crowd.is_crowded() {
            if alarm.raise(Instant::now()) {
                tracing::warn!(
                    connections = crowd.size(),
                    "nearly every connection is taken: for each new one, the longest without a request is closed"
                );
            }
            crowd.thin().await;
        }
        let Some(place) = crowd.enter().await else {
            break;
        };
        let (router, metrics, stopping) = (router.clone(), metrics.clone(), stopping.clone());
        connections.spawn(one(place, stream, peer, router, metrics, stopping));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The place is free when the socket is closed, not before.
async fn one(
    place: Place,
    mut stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    metrics: HttpMetrics,
    stopping: watch::Receiver<bool>,
) {
    let _open = metrics.opened();
    // A socket that has no address of its own any more has no peer either.
    let Ok(local) = stream.local_addr() else {
        return;
    };
    // Answers go out at once; without it they only come later.
    let _ = stream.set_nodelay(true);
    let ends = Ends {
        peer: peer.ip().to_canonical(),
        local: local.ip().to_canonical(),
    };
    let ended = connection::serve(&mut stream, ends, router, &place.watched, stopping).await;
    let Some((why, is_reset)) = cut_off(ended) else {
        return;
    };
    metrics.cut_off(why);
    if is_reset {
        // What the kernel still has for such a peer goes with it.
        let _ = stream.set_zero_linger();
    }
}

/// What the metrics call it, and whether the connection is reset. Who was only silent, such as a pool of connections, sees a
/// regular end.
const fn cut_off(ended: Ended) -> Option<(&'static str, bool)> {
    match ended {
        Ended::Done => None,
        Ended::Crowded => Some(("cap", true)),
        Ended::Overdue(Overdue::Head) => Some(("head", true)),
        Ended::Overdue(Overdue::Idle) => Some(("idle", false)),
        Ended::Overdue(Overdue::Write) => Some(("write", true)),
        Ended::Overdue(Overdue::Answer) => Some(("answer", true)),
    }
}

async fn look(alarm: &Alarm) {
    match alarm.look_at() {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

const fn is_of_the_peer(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests;
