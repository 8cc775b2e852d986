//! Whole lists: made once, shared, and few at a time.

use std::io::Read as _;

use axum::body::Bytes;
use flate2::read::GzDecoder;

use super::*;
use crate::catalog::representation::CHUNK;
use crate::catalog::representation::Coding;
use crate::serve::download::DOWNLOADS;

const LIST: &str = "/api/catalog/entities";

/// More than two chunks of people.
fn many() -> Vec<Value> {
    (0..600)
        .map(|n| user(&format!("user-{n:04}"), "Someone", &[]))
        .collect()
}

fn bytes(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(body).read_to_end(&mut plain).unwrap();
    plain
}

/// An answer of which nothing was read yet.
async fn begun(stage: &Stage, path: &str) -> axum::response::Response {
    let request = Request::builder().uri(path).header("host", "localhost");
    let request = request.body(Body::empty()).unwrap();
    stage.router.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn both_codings_are_the_same_list_with_lengths_and_tags_of_their_own() {
    let stage = Stage::empty();
    for entities in [Vec::new(), small(), many()] {
        stage.publish(entities);
        let plain = stage.get(LIST).await;
        let accept = [("accept-encoding", "gzip, deflate")];
        let packed = stage.ask(Method::GET, LIST, &accept).await;
        assert_eq!(bytes(&packed.body), plain.body);
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        assert_eq!(plain.header("content-encoding"), None);
        assert_ne!(plain.header("etag"), packed.header("etag"));
        for (answer, headers) in [(&plain, [].as_slice()), (&packed, &accept)] {
            let length = answer.body.len().to_string();
            assert_eq!(answer.header("content-length"), Some(length.as_str()));
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            let head = stage.ask(Method::HEAD, LIST, headers).await;
            assert_eq!((head.status, head.body.len()), (200, 0));
            for name in [
                "content-length",
                "content-encoding",
                "etag",
                "vary",
                "content-type",
            ] {
                assert_eq!(head.header(name), answer.header(name), "{name}");
            }
        }
        let refused = [("accept-encoding", "gzip;q=0, *;q=0")];
        let refused = stage.ask(Method::GET, LIST, &refused).await;
        assert_eq!(refused.body, plain.body);
        // Only plain bytes are taken, however many codings another layer knows.
        assert_eq!(refused.header("content-encoding"), None);
    }
}

#[tokio::test]
async fn who_has_the_list_is_told_so() {
    let stage = Stage::empty();
    stage.publish(many());
    let gzip = ("accept-encoding", "gzip");
    for accept in [None, Some(gzip)] {
        let mut headers: Vec<_> = accept.into_iter().collect();
        let list = stage.ask(Method::GET, LIST, &headers).await;
        let etag = list.header("etag").unwrap();
        headers.push(("if-none-match", etag));
        for method in [Method::GET, Method::HEAD] {
            let same = stage.ask(method.clone(), LIST, &headers).await;
            // To GET, the connection leaves it out.
            if method == Method::HEAD {
                let length = same.header("content-length");
                assert_eq!(length, list.header("content-length"));
            }
            assert_eq!((same.status, same.body.len()), (304, 0));
            assert_eq!(same.header("etag"), Some(etag));
            assert_eq!(same.header("vary"), Some("accept-encoding"));
        }
    }
    // The other coding's tag is another one, and so is that of another list.
    let plain = stage.get(LIST).await;
    let known = [("if-none-match", plain.header("etag").unwrap()), gzip];
    assert_eq!(stage.ask(Method::GET, LIST, &known).await.status, 200);
    stage.publish(small());
    assert_eq!(stage.ask(Method::GET, LIST, &known[..1]).await.status, 200);
}

#[tokio::test]
async fn all_readers_share_the_bytes_of_a_generation() {
    let stage = Stage::empty();
    stage.publish(many());
    let answers = futures::future::join_all((0..4).map(|_| begun(&stage, LIST))).await;
    let mut addresses = Vec::new();
    for answer in answers {
        let mut body = answer.into_body().into_data_stream();
        let first: Bytes = futures::StreamExt::next(&mut body).await.unwrap().unwrap();
        assert_eq!(first.len(), CHUNK);
        addresses.push(first.as_ptr());
    }
    addresses.dedup();
    assert_eq!(addresses.len(), 1);
}

#[tokio::test]
async fn only_the_form_that_is_asked_for_is_made() {
    let stage = Stage::empty();
    stage.publish(many());
    let published = stage.catalog.borrow().clone().unwrap();
    assert!(published.list(Coding::Identity).is_none());
    let accept = [("accept-encoding", "gzip")];
    assert_eq!(stage.ask(Method::GET, LIST, &accept).await.status, 200);
    assert!(published.list(Coding::Gzip).is_some());
    assert!(published.list(Coding::Identity).is_none());
}

#[tokio::test]
async fn who_reads_a_list_does_not_hold_its_generation() {
    let stage = Stage::empty();
    stage.publish(many());
    let published = Arc::downgrade(stage.catalog.borrow().as_ref().unwrap());
    let answer = begun(&stage, LIST).await;
    stage.publish(Vec::new());
    assert!(published.upgrade().is_none());
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let list: Vec<Value> = serde_json::from_slice(&body).unwrap();
    assert_eq!(list.len(), 600);
}

// Paused: whoever has taken nothing for a second would make room.
#[tokio::test(start_paused = true)]
async fn beyond_so_many_readers_the_next_is_asked_to_come_again() {
    let stage = Stage::empty();
    let mut all = many();
    let names: Vec<_> = (0..600).map(|n| format!("user-{n:04}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    all.push(group("everyone", None, &[], &names));
    // An entity that is long takes a place as well.
    all.last_mut().unwrap()["metadata"]["description"] = "d".repeat(2 * CHUNK).into();
    stage.publish(all);
    let long = "/api/catalog/entities/by-name/group/default/everyone";
    let mut readers = vec![begun(&stage, long).await];
    while readers.len() < DOWNLOADS {
        readers.push(begun(&stage, LIST).await);
    }
    for url in ["/entities", "/entities/by-name/group/default/everyone"] {
        let busy = stage.get(&format!("/api/catalog{url}")).await;
        let message = "16 long answers are under way: ask again in a second";
        busy.is_problem(503, "ServiceUnavailableError", message, url);
        assert_eq!(busy.header("retry-after"), Some("1"));
    }
    // What costs nothing is answered.
    let short = "/api/catalog/entities/by-name/user/default/user-0001";
    for (method, path) in [
        (Method::HEAD, LIST),
        (Method::HEAD, long),
        (Method::GET, short),
        (Method::GET, "/"),
        (Method::GET, "/readyz"),
    ] {
        assert_eq!(stage.ask(method, path, &[]).await.status, 200, "{path}");
    }
    readers.pop();
    assert_eq!(stage.get(LIST).await.status, 200);
}

#[tokio::test]
async fn a_long_entity_is_whole() {
    let stage = Stage::empty();
    let mut ada = user("ada", "Ada", &[]);
    ada["metadata"]["description"] = "d".repeat(3 * CHUNK).into();
    stage.publish(vec![ada.clone()]);
    let path = "/api/catalog/entities/by-name/user/default/ada";
    let plain = stage.get(path).await;
    assert_eq!(
        plain.json()["metadata"]["description"],
        ada["metadata"]["description"]
    );
    let packed = stage
        .ask(Method::GET, path, &[("accept-encoding", "gzip")])
        .await;
    assert_eq!(bytes(&packed.body), plain.body);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_makes_room_for_the_next() {
    let stage = Stage::empty();
    stage.publish(many());
    let mut stuck = Vec::new();
    for _ in 0..DOWNLOADS {
        stuck.push(begun(&stage, LIST).await);
    }
    assert_eq!(stage.get(LIST).await.status, 503);
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(stage.get(LIST).await.status, 200);
    for answer in stuck {
        assert!(to_bytes(answer.into_body(), usize::MAX).await.is_err());
    }
}

#[tokio::test]
async fn over_a_connection_the_list_has_a_length_and_is_whole() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let stage = Stage::empty();
    stage.publish(many());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, stage.router.clone()).into_future());
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {LIST} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    server.abort();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains(&format!("content-length: {}", body.len())),
        "{head}"
    );
    assert!(!head.contains("transfer-encoding"), "{head}");
    assert_eq!(body.as_bytes(), stage.get(LIST).await.body);
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_for_a_turn_is_told_to_come_again() {
    use axum::extract::{Path, State};

    use crate::serve::{api, page, problem};

    let stage = Stage::empty();
    stage.publish(small());
    let catalog = stage.catalog.subscribe();
    let none = || Bulkhead::new(0, PATIENCE);
    let site = Arc::new(Site {
        downloads: Downloads::new(catalog.clone()),
        makings: none(),
        searches: none(),
        readings: none(),
        catalog,
        store: stage.store.subscribe(),
        status: stage.status.subscribe(),
        metrics: Registry::new(),
        clock: Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH)),
        assets: Assets::new(),
    });
    let site = || State(Arc::clone(&site));
    let ada = || {
        let [kind, place, name] = ["user", "default", "ada.lovelace"].map(str::to_owned);
        Ok(Path((kind, place, name)))
    };
    let asked = |path: &str| problem::Asked::of(&Method::GET, &path.parse().unwrap());
    let searched = page::overview(site(), "/?q=a".parse().unwrap()).await;
    let shown = page::overview(site(), "/".parse().unwrap()).await;
    let entity = page::entity(site(), ada(), "/catalog/x".parse().unwrap()).await;
    let one = api::by_name(site(), ada(), asked(LIST)).await;
    let all = api::entities(site(), Method::GET, HeaderMap::new(), asked(LIST)).await;
    for (answer, words) in [
        (searched, "<h1>Busy</h1>"),
        (shown, "<h1>Busy</h1>"),
        (entity, "<h1>Busy</h1>"),
        (one, "too many requests at a time: ask again in a second"),
        (all, "the list is being made: ask again in a second"),
    ] {
        assert_eq!(answer.status(), 503, "{words}");
        assert_eq!(answer.headers()["retry-after"], "1", "{words}");
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(words), "{body}");
    }
}
