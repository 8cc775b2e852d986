//! The System Log, as a list of a time and as it grows.

use std::time::Duration;

use tokio::time::Instant;

use super::{chain, next, scripted};
use crate::{ErrorKind, EventType, PageSize};
use okta_auth::testing::Answer;

const SINCE: &str = "2026-03-01T00:00:00Z";
const FIRST: &str = "/api/v1/logs?limit=2&since=2026-03-01T00%3A00%3A00.000Z";

fn events(uuids: &[&str]) -> Answer {
    let events: Vec<String> = uuids
        .iter()
        .map(|uuid| format!(r#"{{"uuid":"{uuid}","eventType":"group.lifecycle.delete"}}"#))
        .collect();
    Answer::json(format!("[{}]", events.join(",")))
}

fn after(place: &str) -> String {
    format!("/api/v1/logs?after={place}&limit=2")
}

#[tokio::test(start_paused = true)]
async fn a_time_of_the_log_is_a_list() {
    let (client, script) = scripted();
    let target = "/api/v1/logs?limit=1000&since=2026-03-01T00%3A00%3A00.000Z\
        &until=2026-03-01T12%3A00%3A00.000Z&filter=eventType%20sw%20%22group%22";
    script.expect(target, events(&["1", "2"]).header("link", &next("/p2")));
    script.expect("/p2", events(&["3"]));
    let (since, until) = (SINCE.parse(), "2026-03-01T12:00:00Z".parse());
    let list = client.logs().between(since.unwrap(), until.unwrap());
    let all = list.filter(r#"eventType sw "group""#).all().await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].event_type, EventType::GroupDelete);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_log_is_followed_at_once_while_it_is_behind_and_then_now_and_again() {
    let (client, script) = scripted();
    script.expect(
        FIRST,
        events(&["1", "2"]).header("link", &next(&after("2"))),
    );
    script.expect(
        &after("2"),
        events(&["3"]).header("link", &next(&after("3"))),
    );
    // Nothing new: the next page is this one again.
    script.expect(&after("3"), events(&[]).header("link", &next(&after("3"))));
    script.expect(
        &after("3"),
        events(&["4"]).header("link", &next(&after("4"))),
    );
    let log = client
        .logs()
        .follow(SINCE.parse::<jiff::Timestamp>().unwrap());
    let size = PageSize::events(2).unwrap();
    let mut pages = log.page_size(size).every(Duration::from_secs(20)).pages();
    let start = Instant::now();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let page = pages.try_next().await.unwrap().unwrap();
        seen.push((page.items.len(), start.elapsed().as_secs()));
    }
    assert_eq!(seen, [(2, 0), (1, 0), (0, 20), (1, 40)]);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_log_is_followed_from_where_it_was_left() {
    let (client, script) = scripted();
    let target = "/api/v1/logs?limit=1000&since=2026-03-01T00%3A00%3A00.000Z";
    script.expect(target, events(&[]).header("link", &next(&after("7"))));
    let log = client
        .logs()
        .follow(SINCE.parse::<jiff::Timestamp>().unwrap());
    let page = log.pages().try_next().await.unwrap().unwrap();
    let kept = page.next.unwrap().to_string();

    let bad = r#"{"errorCode":"E0000029","errorSummary":"Invalid paging request."}"#;
    script.expect(&after("7"), Answer::status(400, bad));
    let log = client.logs().follow(kept.parse::<crate::Cursor>().unwrap());
    let error = log.pages().try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExpiredCursor);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_log_without_a_next_page_is_broken() {
    let (client, script) = scripted();
    script.expect(
        "/api/v1/logs?limit=1000&since=2026-03-01T00%3A00%3A00.000Z",
        events(&[]),
    );
    let log = client
        .logs()
        .follow(SINCE.parse::<jiff::Timestamp>().unwrap());
    let error = log.pages().try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(
        chain(&error).contains("goes on for ever"),
        "{}",
        chain(&error)
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_does_not_decode_is_known_by_its_uuid() {
    let (client, script) = scripted();
    let body = r#"[{"uuid":"1","target":7},{"uuid":"2"}]"#;
    script.expect(FIRST, Answer::json(body).header("link", &next("/p2")));
    let log = client
        .logs()
        .follow(SINCE.parse::<jiff::Timestamp>().unwrap());
    let mut pages = log.page_size(PageSize::events(2).unwrap()).pages();
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!(
        (page.items.len(), page.malformed[0].id.as_deref()),
        (1, Some("1"))
    );
}

#[tokio::test(start_paused = true)]
async fn smaller_pages_that_are_full_are_followed_at_once() {
    let (client, script) = scripted();
    let first = "/api/v1/logs?limit=100&since=2026-03-01T00%3A00%3A00.000Z";
    script.expect(first, Answer::status(500, ""));
    let smaller = first.replace("100", "50");
    let uuids: Vec<String> = (0..50).map(|uuid| uuid.to_string()).collect();
    let uuids: Vec<&str> = uuids.iter().map(String::as_str).collect();
    script.expect(
        &smaller,
        events(&uuids).header("link", &next("/api/v1/logs?after=49&limit=50")),
    );
    let second = "/api/v1/logs?after=49&limit=50";
    script.expect(second, events(&[]).header("link", &next(second)));
    let log = client
        .logs()
        .follow(SINCE.parse::<jiff::Timestamp>().unwrap());
    let mut pages = log.page_size(PageSize::events(100).unwrap()).pages();
    let start = Instant::now();
    assert_eq!(pages.try_next().await.unwrap().unwrap().items.len(), 50);
    pages.try_next().await.unwrap().unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "no pause");
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_log_that_does_not_go_on_is_broken() {
    let (client, script) = scripted();
    script.expect(FIRST, events(&["1", "2"]).header("link", &next(FIRST)));
    let log = client
        .logs()
        .follow(SINCE.parse::<jiff::Timestamp>().unwrap());
    let mut pages = log.page_size(PageSize::events(2).unwrap()).pages();
    let error = pages.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(chain(&error).contains("read before"), "{}", chain(&error));
}
