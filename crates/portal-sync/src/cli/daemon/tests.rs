//! A daemon whose store makes it wait.

use std::sync::Mutex;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use okta_auth::ManualClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;
use crate::held::criteria::Remembered;
use crate::held::document::Written;
use crate::held::object::Key;
use crate::held::state::State;
use crate::store::{Catalog, Commit, StoreError, StoreErrorKind};

/// A store that cannot be asked so many times, and that never answers when there is no number.
#[derive(Debug)]
struct Stubborn(Mutex<Option<usize>>);

impl Stubborn {
    fn new(failures: Option<usize>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(failures)))
    }

    fn ask<T: Send + 'static>(&self, answer: T) -> BoxFuture<'_, Result<T, StoreError>> {
        async move {
            let left = *self.0.lock().unwrap();
            match left {
                None => std::future::pending().await,
                Some(0) => Ok(answer),
                Some(left) => {
                    *self.0.lock().unwrap() = Some(left - 1);
                    Err(StoreError::new(StoreErrorKind::Locked, "reading"))
                }
            }
        }
        .boxed()
    }
}

impl CatalogStore for Stubborn {
    fn state(&self, _: &str) -> BoxFuture<'_, Result<State, StoreError>> {
        panic!("no provider is configured")
    }

    fn commit(&self, _: Commit) -> BoxFuture<'_, Result<u64, StoreError>> {
        panic!("no provider is configured")
    }

    fn remember(&self, _: &str, _: u64, _: Remembered) -> BoxFuture<'_, Result<(), StoreError>> {
        panic!("no provider is configured")
    }

    fn documents(
        &self,
        _: &str,
        _: u64,
        _: Vec<Key>,
    ) -> BoxFuture<'_, Result<Vec<Written>, StoreError>> {
        panic!("no provider is configured")
    }

    fn providers(&self) -> BoxFuture<'_, Result<Vec<KnownProvider>, StoreError>> {
        self.ask(vec![KnownProvider {
            id: "old".to_owned(),
            ..KnownProvider::default()
        }])
    }

    fn generation(&self) -> BoxFuture<'_, Result<Option<u64>, StoreError>> {
        self.ask(None)
    }

    fn catalog(&self) -> BoxFuture<'_, Result<Option<Catalog>, StoreError>> {
        self.ask(None)
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.ask(())
    }
}

fn daemon(store: Arc<Stubborn>) -> Daemon {
    Daemon {
        providers: Vec::new(),
        store,
        listen: "127.0.0.1:0".parse().unwrap(),
        tokens: Vec::new(),
        hosts: Vec::new(),
        connections: 8,
        timing: Timing {
            clock: Arc::new(ManualClock::new(jiff::Timestamp::UNIX_EPOCH)),
            zone: jiff::tz::TimeZone::UTC,
            jitter: || 0.0,
        },
        metrics: Metrics::unread(),
        registry: Registry::new(),
    }
}

async fn asked(address: SocketAddr, path: &str) -> String {
    let mut peer = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    peer.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn health_is_answered_while_the_store_is_read() {
    let (say, address) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(daemon(Stubborn::new(None)).run(
        |address| say.send(address).unwrap(),
        |_| Ok(()),
        futures::stream::empty(),
        async { drop(stopped.await) },
    ));
    let address = address.await.unwrap();
    assert!(
        asked(address, "/healthz")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    let ready = asked(address, "/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 503 "), "{ready}");
    assert!(ready.ends_with("\r\n\r\nreading the store\n"), "{ready}");
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_the_store_knows_is_judged_before_anything_is_read() {
    let refuse = |known: &[KnownProvider]| {
        Err(Renamed {
            org: "https://acme.okta.com".to_owned(),
            stored: known[0].id.clone(),
            configured: "new".to_owned(),
        })
    };
    let daemon = daemon(Stubborn::new(Some(0)));
    let asks = futures::stream::empty();
    let ended = daemon
        .run(|_| (), refuse, asks, std::future::pending())
        .await;
    let Err(ServeError::Renamed(renamed)) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(
        (renamed.stored.as_str(), renamed.configured.as_str()),
        ("old", "new")
    );
    assert!(renamed.fix().starts_with("give it the id `old` again"));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_read_is_tried_again() {
    let (publish, _catalog) = watch::channel(None);
    let (status, read) = watch::channel(StoreStatus::Opening);
    let publisher = Publisher {
        store: Stubborn::new(Some(3)),
        publish,
        status,
        turn: tokio::sync::Mutex::default(),
    };
    let (known, ()) = tokio::join!(publisher.known(), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(*read.borrow(), StoreStatus::Unreadable);
    });
    assert_eq!(known.len(), 1);
    publisher.refresh_or_log().await;
    assert_eq!(*read.borrow(), StoreStatus::Read);
}
