//! A daemon whose store makes it wait.

use okta_auth::ManualClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;
use crate::testing::{Stubborn, somebody};

fn daemon(store: Arc<Stubborn>) -> Daemon {
    Daemon {
        providers: Vec::new(),
        store,
        retention: Retention::default(),
        holder: somebody(1),
        listen: "127.0.0.1:0".parse().unwrap(),
        tokens: Vec::new(),
        hosts: Vec::new(),
        feed: Arc::new(Feed::new(None)),
        shards: None,
        push: None,
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
