//! A wire between the program and the org that writes down what passes: what must be kept secret is known from it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Everything that passed, in both directions, connection by connection mixed.
pub(crate) struct Wiretap {
    pub(crate) url: String,
    passed: Arc<Mutex<Vec<u8>>>,
}

impl Wiretap {
    /// Listens, and passes on to `org`, an address such as `http://127.0.0.1:40123`.
    pub(crate) async fn on(org: &str) -> anyhow::Result<Self> {
        let org: SocketAddr = org.trim_start_matches("http://").parse()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let passed = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&passed);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(org).await else {
                    return;
                };
                let (from_near, to_near) = near.into_split();
                let (from_far, to_far) = far.into_split();
                tokio::spawn(pass(from_near, to_far, Arc::clone(&written)));
                tokio::spawn(pass(from_far, to_near, Arc::clone(&written)));
            }
        });
        Ok(Self { url, passed })
    }

    /// What stood between `start` and `end`, each time it passed.
    pub(crate) fn between(&self, start: &str, end: char) -> Vec<String> {
        let passed = String::from_utf8_lossy(&self.passed.lock().unwrap()).into_owned();
        let after = passed.split(start).skip(1);
        after
            .filter_map(|rest| Some(rest.split_once(end)?.0.to_owned()))
            .collect()
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    written: Arc<Mutex<Vec<u8>>>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        written.lock().unwrap().extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    drop(to.shutdown().await);
}
