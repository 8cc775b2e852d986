//! The System Log, as a list of a time and as it grows.

use std::time::Duration;

use tokio::time::Instant;

use super::{builder, chain, next, scripted};
use crate::{Client, Cursor, ErrorKind, EventType, Follow, PageSize, Start};
use okta_auth::testing::{Answer, ScriptedTransport};

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
    assert_eq!(all[0].event_type, EventType::GROUP_LIFECYCLE_DELETE);
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
    let log = client.logs().follow(kept.parse::<Cursor>().unwrap());
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
    let mut pages = log
        .page_size(PageSize::events(2).unwrap())
        .pages_with_malformed();
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

/// The error that a log ends with before it has had a page.
async fn refused(log: Follow) -> crate::Error {
    log.pages().try_next().await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_another_filter_is_an_error_that_quotes_both_before_anything_is_sent() {
    let (client, script) = scripted();
    let kept =
        "https://acme.okta.com/api/v1/logs?after=7&limit=1000&filter=eventType%20eq%20%22a%22";
    let cursor: Cursor = kept.parse().unwrap();
    let log = || client.logs().follow(cursor.clone());
    for (log, asked) in [
        (
            log().filter(r#"eventType eq "b""#),
            r#"the `filter` `eventType eq "b"`"#,
        ),
        (log(), "no `filter`"),
    ] {
        let error = refused(log.keep_trying()).await;
        assert_eq!(error.kind(), ErrorKind::CursorMismatch);
        let told = chain(&error);
        assert!(
            told.contains(r#"`eventType eq "a"`"#) && told.contains(asked),
            "{told}"
        );
        assert!(error.fix().unwrap().contains("Start::Ago"));
    }
    let other: Cursor = "https://acme.okta.com/api/v1/users?after=7"
        .parse()
        .unwrap();
    let error = refused(client.logs().follow(other)).await;
    assert_eq!(error.kind(), ErrorKind::CursorMismatch);
    assert!(script.requests().is_empty());

    let target = kept.strip_prefix("https://acme.okta.com").unwrap();
    script.expect(target, events(&["1"]).header("link", &next(&after("8"))));
    let mut pages = log().filter(r#"eventType  eq "a""#).pages();
    pages.try_next().await.unwrap().unwrap();
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_log_is_followed_from_now_or_a_while_ago_by_the_clock_of_okta() {
    for (start, since) in [
        (Start::Now, "2017-02-25T01%3A30%3A46.000Z"),
        (
            Start::Ago(Duration::from_secs(3600)),
            "2017-02-25T00%3A30%3A46.000Z",
        ),
        (Start::Ago(Duration::MAX), "1970-01-01T00%3A00%3A00.000Z"),
    ] {
        let (client, script) = scripted();
        let last = events(&["0"]).header("date", "Sat, 25 Feb 2017 01:30:46 GMT");
        script.expect("/api/v1/logs?limit=1&sortOrder=DESCENDING", last);
        let first = format!("/api/v1/logs?limit=1000&since={since}&filter=a&q=b%20c");
        script.expect(&first, events(&[]).header("link", &next(&after("1"))));
        let mut pages = client.logs().follow(start).filter("a").q("b c").pages();
        pages.try_next().await.unwrap().unwrap();
        script.finish().unwrap();
    }
}

/// A client that tries each request twice, a quarter of a second apart.
fn impatient() -> (Client, ScriptedTransport) {
    let transport = ScriptedTransport::default();
    let client = builder(transport.clone()).retry_for(Duration::from_millis(300));
    (client.build(), transport)
}

#[tokio::test(start_paused = true)]
async fn what_happens_while_okta_is_not_reached_is_not_missed() {
    let (client, script) = impatient();
    let last = "/api/v1/logs?limit=1&sortOrder=DESCENDING";
    for _ in 0..2 {
        script.expect(last, Answer::status(503, ""));
    }
    // A quarter of a second of tries and 2.5 s of waiting later.
    script.expect(
        last,
        events(&[]).header("date", "Sat, 25 Feb 2017 01:30:46 GMT"),
    );
    let first = "/api/v1/logs?limit=1000&since=2017-02-25T01%3A30%3A43.250Z";
    script.expect(first, events(&[]).header("link", &next(&after("1"))));
    let mut pages = client.logs().follow(Start::Now).keep_trying().pages();
    pages.try_next().await.unwrap().unwrap();
    script.finish().unwrap();
}

/// A page, and then an outage of so many requests, each of which is tried twice.
fn script_outage(script: &ScriptedTransport, requests: usize) {
    script.expect(
        FIRST,
        events(&["1", "2"]).header("link", &next(&after("2"))),
    );
    for _ in 0..2 * requests {
        script.expect(&after("2"), Answer::status(503, ""));
    }
}

fn followed(client: &Client) -> Follow {
    let log = client
        .logs()
        .follow(SINCE.parse::<jiff::Timestamp>().unwrap());
    log.page_size(PageSize::events(2).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_told_to_survives_an_outage_and_misses_nothing() {
    let (client, script) = impatient();
    script_outage(&script, 3);
    script.expect(
        &after("2"),
        events(&["3"]).header("link", &next(&after("3"))),
    );
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let tell = std::sync::Arc::clone(&told);
    let log = followed(&client)
        .keep_trying()
        .on_outage(move |error, wait| {
            tell.lock().unwrap().push((error.kind(), wait.as_millis()));
        });
    let mut pages = log.pages();
    pages.try_next().await.unwrap().unwrap();
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!(page.items[0].uuid.as_str(), "3");
    let waits = [2_500, 5_000, 10_000].map(|wait| (ErrorKind::ServerFailure, wait));
    assert_eq!(*told.lock().unwrap(), waits);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_is_too_long_ends_the_log_with_its_last_error() {
    let (client, script) = impatient();
    script_outage(&script, 3);
    let log = followed(&client).keep_trying_for(Duration::from_secs(10));
    let mut pages = log.pages();
    pages.try_next().await.unwrap().unwrap();
    let start = Instant::now();
    let error = pages.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerFailure);
    assert!(
        start.elapsed() <= Duration::from_secs(100),
        "{:?}",
        start.elapsed()
    );
    assert!(
        pages.try_next().await.unwrap().is_none(),
        "and that is its end"
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_by_waiting_ends_the_log() {
    let okta = |status, code: &str| {
        let body = format!(r#"{{"errorCode":"{code}","errorSummary":"No."}}"#);
        Answer::status(status, body).header("content-type", "application/json")
    };
    for (answer, tries, kind) in [
        (okta(401, "E0000011"), 2, ErrorKind::Unauthenticated),
        (
            okta(403, "E0000006"),
            1,
            ErrorKind::Forbidden {
                missing_scope: None,
            },
        ),
        (okta(400, "E0000053"), 1, ErrorKind::BadSearch),
        (okta(400, "E0000029"), 1, ErrorKind::ExpiredCursor),
        (Answer::json("[]"), 1, ErrorKind::Protocol),
    ] {
        let (client, script) = scripted();
        for _ in 0..tries {
            script.expect(FIRST, answer.clone());
        }
        let log = followed(&client)
            .keep_trying()
            .on_outage(|error, _| panic!("{error}"));
        assert_eq!(refused(log).await.kind(), kind);
        script.finish().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_waiting_for_a_page_can_take_it_up_again() {
    let (client, script) = impatient();
    script_outage(&script, 2);
    script.expect(
        &after("2"),
        events(&["3"]).header("link", &next(&after("3"))),
    );
    let mut pages = followed(&client).keep_trying().pages();
    let mut uuids = Vec::new();
    while uuids.len() < 3 {
        let waited = tokio::time::timeout(Duration::from_secs(1), pages.try_next()).await;
        if let Ok(page) = waited {
            let page = page.unwrap().unwrap();
            uuids.extend(page.items.into_iter().map(|event| event.uuid.to_string()));
        }
    }
    assert_eq!(uuids, ["1", "2", "3"]);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_part_of_the_log_is_read_backwards_and_by_its_words() {
    let (client, script) = scripted();
    let target = "/api/v1/logs?limit=1000&since=2026-03-01T00%3A00%3A00.000Z\
        &until=2026-03-01T12%3A00%3A00.000Z&sortOrder=DESCENDING&q=Oslo";
    script.expect(target, events(&["2", "1"]));
    let (since, until) = (SINCE.parse(), "2026-03-01T12:00:00Z".parse());
    let list = client.logs().between(since.unwrap(), until.unwrap());
    let all = list.newest_first().q("Oslo").all().await.unwrap();
    assert_eq!(all.len(), 2);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_event_that_does_not_decode_ends_a_log_unless_it_is_asked_for() {
    let (client, script) = scripted();
    let page = r#"[{"uuid":"e1","published":"2026-03-01T00:00:01Z","eventType":"user.session.start"},{"uuid":"e2","published":7}]"#;
    let second = "/api/v1/logs?after=2&limit=2";
    let answer = || Answer::json(page).header("link", &next(second));
    script.expect(FIRST, answer());
    script.expect(FIRST, answer());
    let follow = || {
        let start = SINCE.parse::<jiff::Timestamp>().unwrap();
        client
            .logs()
            .follow(start)
            .page_size(PageSize::events(2).unwrap())
    };
    let error = follow().pages().try_next().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::MalformedRecords { .. }));
    assert!(chain(&error).contains("`e2`"), "{}", chain(&error));

    let mut pages = follow().pages_with_malformed();
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!((page.items.len(), page.malformed.len()), (1, 1));
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_link_that_asks_for_pages_of_nothing_is_no_reason_to_hurry() {
    let (client, script) = scripted();
    let nothing = "/api/v1/logs?after=2&limit=0";
    script.expect(FIRST, events(&["1"]).header("link", &next(nothing)));
    script.expect(nothing, events(&[]).header("link", &next(nothing)));
    script.expect(nothing, events(&[]).header("link", &next(nothing)));
    let mut pages = followed(&client).every(Duration::from_secs(20)).pages();
    let start = Instant::now();
    for _ in 0..3 {
        pages.try_next().await.unwrap().unwrap();
    }
    assert_eq!(start.elapsed(), Duration::from_secs(40));
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_end_of_the_log_is_the_same_however_it_is_written() {
    let (client, script) = scripted();
    let page = "/api/v1/logs?after=7&limit=1000&until=2026-03-01T12%3A00%3A00Z";
    script.expect(page, events(&["1"]));
    let (since, until) = (SINCE.parse(), "2026-03-01T12:00:00Z".parse());
    let list = client.logs().between(since.unwrap(), until.unwrap());
    let cursor = format!("https://acme.okta.com{page}").parse::<Cursor>();
    let events = list.resume(cursor.unwrap()).all().await.unwrap();
    assert_eq!(events.len(), 1);
    script.finish().unwrap();
}
