//! Clients that say what no library would.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::stage::TOKEN;

/// After this nobody waits for an answer any more.
const GIVE_UP: Duration = Duration::from_secs(10);

/// The time between two questions of a watch.
const PAUSE: Duration = Duration::from_millis(20);

/// An answer to bytes.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    /// The status; none when the connection was closed without a word.
    pub(super) status: Option<u16>,
    pub(super) text: String,
    pub(super) took: Duration,
}

/// A request for `path` with the right token.
pub(super) fn right(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    )
}

/// A request for `path` that asks for nothing that is guarded.
pub(super) fn plain(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

/// Sends `request` over a connection of its own, and reads until the server closes it.
pub(super) async fn ask(address: &str, request: &[u8]) -> anyhow::Result<Raw> {
    let began = Instant::now();
    let answer = async {
        let mut stream = TcpStream::connect(address).await.context("no connection")?;
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        // What was read before a reset counts.
        let _ = stream.read_to_end(&mut answer).await;
        anyhow::Ok(answer)
    };
    let Ok(answer) = timeout(GIVE_UP, answer).await else {
        bail!("no answer within {} s", GIVE_UP.as_secs());
    };
    let text = String::from_utf8_lossy(&answer?).into_owned();
    let status = text
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..5)?.parse().ok());
    Ok(Raw {
        status,
        text,
        took: began.elapsed(),
    })
}

/// Opens so many connections and says `start` on each; returns those that could be had.
pub(super) async fn open(address: &str, count: usize, start: &[u8]) -> Vec<TcpStream> {
    let mut opened = Vec::with_capacity(count);
    for _ in 0..count {
        let connection = timeout(Duration::from_secs(1), TcpStream::connect(address)).await;
        if let Ok(Ok(mut stream)) = connection {
            let _ = stream.write_all(start).await;
            opened.push(stream);
        }
    }
    opened
}

/// How long whoever is in the right waits, worst of some tries over `time`; an error when nobody answers.
pub(super) async fn worst(address: &str, time: Duration) -> anyhow::Result<(usize, Duration)> {
    let (mut tries, mut worst) = (0, Duration::ZERO);
    let began = Instant::now();
    while began.elapsed() < time || tries < 2 {
        for request in [plain("/healthz"), right("/")] {
            let answer = ask(address, request.as_bytes()).await?;
            if answer.status != Some(200) {
                bail!(
                    "answered {:?} to {}",
                    answer.status,
                    request.lines().next().unwrap_or_default()
                );
            }
            (tries, worst) = (tries + 1, worst.max(answer.took));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok((tries, worst))
}

/// Asks for `/healthz` again and again on a thread of its own: the simulated org, which shares this process, may be busy.
#[derive(Debug)]
pub(super) struct Watch {
    stop: Sender<()>,
    thread: JoinHandle<io::Result<(usize, Duration)>>,
}

impl Watch {
    pub(super) fn begin(address: &str) -> Self {
        let (stop, stopped) = channel();
        let address = address.to_owned();
        let thread = std::thread::spawn(move || {
            let (mut tries, mut worst) = (0, Duration::ZERO);
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let began = Instant::now();
                healthy(&address)?;
                (tries, worst) = (tries + 1, worst.max(began.elapsed()));
            }
            Ok((tries, worst))
        });
        Self { stop, thread }
    }

    /// How often it asked, and how long the longest answer took.
    pub(super) fn end(self) -> anyhow::Result<(usize, Duration)> {
        drop(self.stop);
        match self.thread.join() {
            Ok(watched) => watched.context("`/healthz` has no answer"),
            Err(_) => bail!("the watch crashed"),
        }
    }
}

fn healthy(address: &str) -> io::Result<()> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(GIVE_UP))?;
    stream.write_all(plain("/healthz").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200") {
        return Ok(());
    }
    Err(io::Error::other(answer))
}
