//! Any other endpoint.

use std::time::Duration;

use serde::Deserialize;

use super::{builder, chain, next, scripted};
use crate::{ErrorKind, Item};
use okta_auth::testing::{Answer, ScriptedTransport};

#[derive(Debug, PartialEq, Deserialize)]
struct App {
    label: String,
}

fn labels(apps: &[Item<App>]) -> Vec<&str> {
    apps.iter().map(|app| app.label.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_list_is_paged_retried_and_counted_as_any() {
    let (client, script) = scripted();
    let first = "/api/v1/apps?limit=2&q=a%20b%26c";
    let second = "/api/v1/apps?after=2&limit=2&q=a+b";
    let page = Answer::json(r#"[{"id":"1","label":"a"},{"id":"2","label":"b"}]"#);
    script.expect(first, Answer::status(503, ""));
    script.expect(first, page.header("link", &next(second)));
    script.expect(second, Answer::status(429, "").header("retry-after", "20"));
    script.expect(
        second,
        Answer::json(r#"[{"id":"3","label":"c"},{"id":"4"}]"#),
    );
    let apps = client.get("/api/v1/apps").query("limit", 2);
    let all = apps
        .query("q", "a b&c")
        .list::<App>()
        .all_with_malformed()
        .await
        .unwrap();
    assert_eq!(labels(&all.items), ["a", "b", "c"]);
    assert_eq!(all.items[0].id(), Some("1"));
    let malformed = &all.malformed[0];
    assert_eq!(malformed.id.as_deref(), Some("4"));
    assert!(malformed.reason.contains("missing field `label`"));
    let metrics = client.metrics().endpoints["/api/v1/apps"];
    assert_eq!(
        (metrics.count, metrics.retries, metrics.throttled),
        (4, 2, 1)
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_object_is_read_by_a_path_of_values_that_stay_segments() {
    let (client, script) = scripted();
    for (id, encoded) in [
        ("0oa1", "0oa1"),
        ("a/../b?c#d", "a%2F..%2Fb%3Fc%23d"),
        ("%2e%2e", "%252e%252e"),
        ("a\\b c@é", "a%5Cb%20c@%C3%A9"),
    ] {
        script.expect(
            &format!("/api/v1/apps/{encoded}"),
            Answer::json(r#"{"label":"a"}"#),
        );
        let app = client.get("/api/v1/apps/{appId}").path("appId", id);
        assert_eq!(app.object::<App>().await.unwrap().label, "a");
    }
    let metrics = client.metrics();
    assert_eq!(
        metrics.endpoints.keys().collect::<Vec<_>>(),
        [&"/api/v1/apps/{appId}"]
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_the_type_does_not_fit_is_no_fault_of_the_org_url() {
    for (body, expected) in [
        (r#"[{"id":"1"}]"#, "missing field `label`"),
        (r#"{"apps":[]}"#, "has not the form that was asked for"),
    ] {
        let (client, script) = scripted();
        script.expect("/api/v1/apps", Answer::json(body));
        let apps = client.get("/api/v1/apps").list::<App>();
        let error = apps.all().await.unwrap_err();
        assert!(chain(&error).contains(expected), "{error:?}");
        assert!(error.fix().unwrap().contains("`Get::object`"), "{error:?}");
    }
    let (client, script) = scripted();
    script.expect("/api/v1/apps", Answer::json(r#"{"id":"1"}"#));
    let error = client
        .get("/api/v1/apps")
        .object::<App>()
        .await
        .unwrap_err();
    assert_eq!(
        chain(&error),
        "reading `/api/v1/apps`: the answer can not be trusted < the answer has not the form that was asked for < missing \
         field `label` at line 1 column 10"
    );
    assert!(error.fix().unwrap().contains("`Get::object`"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_path_that_is_none_is_an_error_before_anything_is_sent() {
    let (client, script) = scripted();
    let path = |path| client.get(path);
    for get in [
        path("/api/v1/apps?limit=2"),
        path("//evil.example/api/v1/apps"),
        path("/api/v1/../apps"),
        path("https://evil.example/api/v1/apps"),
        path("/api/v1/apps/{appId}"),
        path("/api/v1/apps/{appId}").path("appId", ".."),
        path("/api/v1/apps").path("appId", "0oa1"),
        // The reading of a URL drops tabs and line ends, and what is left of these is a step on the way.
        path("/api/v1/apps/{appId}").path("appId", "\t..\n"),
        path("/api/v1/apps/{appId}").path("appId", ".\t."),
        path("/api/v1/apps/{appId}").path("appId", "\r\n"),
    ] {
        let object = get.clone().object::<App>().await.unwrap_err();
        let list = get.list::<App>().all().await.unwrap_err();
        for error in [object, list] {
            assert_eq!(error.kind(), ErrorKind::InvalidPath, "{}", chain(&error));
        }
    }
    assert!(script.requests().is_empty());
    assert!(client.metrics().endpoints.is_empty());
}

#[tokio::test(start_paused = true)]
async fn records_without_an_id_are_told_apart_by_what_they_hold_and_by_their_place() {
    let (client, script) = scripted();
    let url = "/api/v1/apps/0oa1/credentials/keys";
    let body = r#"[{"label":"a"},{"label":"b"},{"label":7},{"label":"a"}]"#;
    script.expect(url, Answer::json(body));
    let keys = client.get("/api/v1/apps/{appId}/credentials/keys");
    let keys = keys
        .path("appId", "0oa1")
        .list::<App>()
        .all_with_malformed()
        .await
        .unwrap();
    assert_eq!(labels(&keys.items), ["a", "b"]);
    assert_eq!(keys.malformed.len(), 1);
    let reason = &keys.malformed[0].reason;
    assert!(
        reason.starts_with("element 3 of the page: invalid type"),
        "{reason}"
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_next_page_of_another_host_is_refused_and_what_is_forbidden_has_a_fix() {
    let (client, script) = scripted();
    let elsewhere = r#"<https://evil.example/api/v1/apps?after=1>; rel="next""#;
    script.expect("/api/v1/apps", Answer::json("[]").header("link", elsewhere));
    let error = client
        .get("/api/v1/apps")
        .list::<App>()
        .all_with_malformed()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(
        error
            .to_string()
            .starts_with("listing `/api/v1/apps`: page 1: "),
        "{error}"
    );

    let lacking = r#"Bearer error="insufficient_scope", scope="""#;
    script.expect(
        "/api/v1/apps",
        Answer::status(403, "").header("www-authenticate", lacking),
    );
    let error = client
        .get("/api/v1/apps")
        .object::<App>()
        .await
        .unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Forbidden {
            missing_scope: None
        }
    );
    assert!(error.fix().unwrap().contains("API reference"));
    assert_eq!(error.endpoint(), "/api/v1/apps");
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_deadline_and_a_time_for_tries_hold_here_too() {
    let transport = ScriptedTransport::default();
    let client = builder(transport.clone()).build();
    for _ in 0..2 {
        transport.expect("/api/v1/apps", Answer::status(503, ""));
    }
    let get = client
        .get("/api/v1/apps")
        .retry_for(Duration::from_millis(300));
    let error = get.object::<App>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerFailure);
    let get = client
        .get("/api/v1/apps")
        .deadline(tokio::time::Instant::now());
    let error = get.list::<App>().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    transport.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn records_that_share_an_id_and_differ_are_all_there() {
    // Of a user's links to one application each has the id of the user (Okta API reference, list all assigned app links).
    let (client, script) = scripted();
    let url = "/api/v1/users/00u1/appLinks";
    let body = r#"[{"id":"00u1","label":"Mail"},{"id":"00u1","label":"Calendar"},{"id":"00u1","label":7}]"#;
    for _ in 0..2 {
        script.expect(url, Answer::json(body));
    }
    let links = client
        .get("/api/v1/users/{userId}/appLinks")
        .path("userId", "00u1");
    let all = links.clone().list::<App>().all_with_malformed().await;
    let all = all.unwrap();
    assert_eq!(labels(&all.items), ["Mail", "Calendar"]);
    assert_eq!(all.items[1].id(), Some("00u1"));
    assert_eq!(
        all.malformed.len(),
        1,
        "that one does not decode is not lost, either"
    );
    let error = links.list::<App>().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MalformedRecords { count: 1 });
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_size_of_pages_that_a_list_is_told_is_asked_for() {
    let (client, script) = scripted();
    let body = r#"[{"id":"1","label":"a"}]"#;
    script.expect("/api/v1/apps?q=a%20b&limit=50", Answer::json(body));
    let apps = client.get("/api/v1/apps").query("q", "a b").list::<App>();
    let apps = apps.page_size(crate::PageSize::users(50).unwrap());
    assert_eq!(labels(&apps.all().await.unwrap()), ["a"]);

    script.expect("/api/v1/apps?limit=50", Answer::json(body));
    let apps = client.get("/api/v1/apps").query("limit", 7).list::<App>();
    let apps = apps.page_size(crate::PageSize::users(50).unwrap());
    assert_eq!(labels(&apps.all().await.unwrap()), ["a"]);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_read_again_has_each_record_once_and_what_has_changed_twice() {
    let (client, script) = scripted();
    let (first, second) = ("/api/v1/apps", "/api/v1/apps?after=2");
    let expired = r#"{"errorCode":"E0000029","errorSummary":"Invalid paging request."}"#;
    let before = Answer::json(r#"[{"id":"1","label":"a"},{"id":"2","label":"b"}]"#);
    script.expect(first, before.header("link", &next(second)));
    script.expect(second, Answer::status(400, expired));
    let after = Answer::json(r#"[{"id":"1","label":"a"},{"id":"2","label":"B"}]"#);
    script.expect(first, after.header("link", &next(second)));
    script.expect(second, Answer::json(r#"[{"id":"3","label":"c"}]"#));
    let apps = client.get("/api/v1/apps").list::<App>().all().await;
    assert_eq!(labels(&apps.unwrap()), ["a", "b", "B", "c"]);

    script.expect(first, Answer::json("[1, 2,30 ]"));
    let numbers = client.get("/api/v1/apps").list::<u8>().all().await.unwrap();
    assert_eq!(numbers.iter().map(|it| **it).sum::<u8>(), 33);
    script.finish().unwrap();
}
