//! Long answers: written as they are read, and few at a time.

use std::io::Read as _;

use flate2::read::GzDecoder;

use super::*;
use crate::catalog::representation::CHUNK;
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
async fn a_list_is_the_same_whether_it_is_packed_or_not() {
    let stage = Stage::empty();
    for entities in [Vec::new(), small(), many()] {
        stage.publish(entities);
        let plain = stage.get(LIST).await;
        let accept = [("accept-encoding", "gzip, deflate")];
        let packed = stage.ask(Method::GET, LIST, &accept).await;
        if packed.header("content-encoding") == Some("gzip") {
            assert_eq!(bytes(&packed.body), plain.body);
        } else {
            assert_eq!((packed.body, packed.status), (b"[]".to_vec(), 200));
        }
        assert_eq!(plain.header("content-encoding"), None);
        let head = stage.ask(Method::HEAD, LIST, &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
}

#[tokio::test]
async fn who_has_the_list_is_told_so() {
    let stage = Stage::empty();
    stage.publish(many());
    let list = stage.get(LIST).await;
    let etag = list.header("etag").unwrap();
    for method in [Method::GET, Method::HEAD] {
        let same = stage.ask(method, LIST, &[("if-none-match", etag)]).await;
        assert_eq!((same.status, same.body.len()), (304, 0));
        assert_eq!(same.header("etag"), Some(etag));
    }
    // Another list has another tag.
    let other = format!("{LIST}?limit=1");
    let known = [("if-none-match", etag)];
    assert_eq!(stage.ask(Method::GET, &other, &known).await.status, 200);
    let newer = crate::testing::published(13, Timestamp::UNIX_EPOCH, small());
    stage.catalog.send_replace(Some(Arc::new(newer)));
    assert_eq!(stage.ask(Method::GET, LIST, &known).await.status, 200);
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

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_for_a_turn_is_told_to_come_again() {
    use axum::extract::{Path, State};

    use crate::serve::{api, page};

    let stage = Stage::empty();
    stage.publish(small());
    let catalog = stage.catalog.subscribe();
    let none = || Bulkhead::new(0, PATIENCE);
    let site = Arc::new(Site {
        downloads: Downloads::new(catalog.clone()),
        searches: none(),
        readings: none(),
        catalog,
        feed: Arc::new(Feed::new(None)),
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
    let searched = page::overview(site(), "/?q=a".parse().unwrap()).await;
    let shown = page::overview(site(), "/".parse().unwrap()).await;
    let entity = page::entity(site(), ada(), "/catalog/x".parse().unwrap()).await;
    let request = Request::builder().uri(LIST).body(Body::empty()).unwrap();
    let all = api::answer(site(), request).await;
    for (answer, words) in [
        (searched, "<h1>Busy</h1>"),
        (shown, "<h1>Busy</h1>"),
        (entity, "<h1>Busy</h1>"),
        (all, "too many requests at a time: ask again in a second"),
    ] {
        assert_eq!(answer.status(), 503, "{words}");
        assert_eq!(answer.headers()["retry-after"], "1", "{words}");
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(words), "{body}");
    }
}
