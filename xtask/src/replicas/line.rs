//! A TCP line to a server that can be cut, and that can swallow everything for a while.

use std::io;

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// A port of 127.0.0.1 behind which a server is. Dropping it cuts every connection.
#[derive(Debug)]
pub(super) struct Line {
    port: u16,
    state: watch::Sender<State>,
    accepting: AbortHandle,
}

/// What becomes of connections.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// How often all of them were cut.
    cuts: u32,
    /// Whether nothing arrives, and nobody is told.
    is_silent: bool,
}

impl Line {
    /// Lays a line to a server.
    pub(super) async fn to(host: String, port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("a line cannot be laid")?;
        let own = listener.local_addr()?.port();
        let (state, seen) = watch::channel(State::default());
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect((host.clone(), port));
                tokio::spawn(carry(near, far, seen.clone()));
            }
        });
        Ok(Self {
            port: own,
            state,
            accepting: accepting.abort_handle(),
        })
    }

    /// Where it begins, on 127.0.0.1.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Resets every connection. New ones are taken.
    pub(super) fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// Swallows everything from now on, or lets all that was held back arrive.
    pub(super) fn silence(&self, is_silent: bool) {
        self.state.send_modify(|state| state.is_silent = is_silent);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Carries one connection to its end.
async fn carry(
    mut near: TcpStream,
    far: impl Future<Output = io::Result<TcpStream>>,
    mut state: watch::Receiver<State>,
) {
    let cuts = state.borrow().cuts;
    let Ok(mut far) = far.await else { return };
    let is_cut = {
        let ((near_read, near_write), (far_read, far_write)) = (near.split(), far.split());
        let there = copy(near_read, far_write, state.clone());
        let back = copy(far_read, near_write, state.clone());
        tokio::select! {
            _ = async { tokio::join!(there, back) } => false,
            _ = state.wait_for(|state| state.cuts != cuts) => true,
        }
    };
    if is_cut {
        // Reset, and not closed in order.
        drop((near.set_zero_linger(), far.set_zero_linger()));
    }
}

/// Passes on what comes from one end, its end too, unless nothing is to arrive.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await;
        if state.wait_for(|state| !state.is_silent).await.is_err() {
            return Ok(());
        }
        match buffer.get(..read.unwrap_or_default()) {
            None | Some([]) => return to.shutdown().await,
            Some(read) => to.write_all(read).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// A line to a server that says everything back.
    async fn line() -> (Line, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        let line = Line::to("127.0.0.1".to_owned(), port).await.unwrap();
        let client = TcpStream::connect(("127.0.0.1", line.port()));
        let client = client.await.unwrap();
        (line, client)
    }

    async fn said(client: &mut TcpStream) -> io::Result<u8> {
        client.write_u8(7).await?;
        client.read_u8().await
    }

    #[tokio::test]
    async fn a_line_carries_and_is_cut() {
        let (line, mut client) = line().await;
        assert_eq!(said(&mut client).await.unwrap(), 7);
        line.cut();
        assert!(said(&mut client).await.is_err());
        let mut client = TcpStream::connect(("127.0.0.1", line.port()))
            .await
            .unwrap();
        assert_eq!(said(&mut client).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_was_held_back_arrives_in_the_end() {
        let (line, mut client) = line().await;
        assert_eq!(said(&mut client).await.unwrap(), 7);
        line.silence(true);
        let silent = timeout(Duration::from_millis(100), said(&mut client)).await;
        assert!(silent.is_err());
        line.silence(false);
        assert_eq!(client.read_u8().await.unwrap(), 7);
    }
}
