//! Lists are read to their end, or are errors.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};

use super::{chain, next, scripted};
use crate::{ErrorKind, GroupId, PageSize, UserStatus};
use okta_auth::testing::Answer;

const USERS: &str = "/api/v1/users?limit=200";

fn ids<T: crate::Resource<Id = crate::UserId>>(items: &[T]) -> Vec<&str> {
    items.iter().map(|item| item.id().as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_by_the_second_of_two_link_headers_and_through_an_empty_page() {
    let (client, script) = scripted();
    let second = "/api/v1/users?after=WyJib2RlIl0%3D&limit=200";
    let self_link = r#"<https://acme.okta.com/api/v1/users?limit=200>; rel="self""#;
    let first = Answer::json(r#"[{"id":"00u1"}]"#)
        .header("link", self_link)
        .header("link", &next(second));
    script.expect(USERS, first.header("date", "Sat, 25 Feb 2017 01:30:46 GMT"));
    script.expect(
        second,
        Answer::json("[]").header(
            "link",
            &format!("{self_link}, {}", next("/api/v1/users?after=3")),
        ),
    );
    script.expect(
        "/api/v1/users?after=3",
        Answer::json(r#"[{"id":"00u2"},{"id":"00u1","status":"ACTIVE"}]"#),
    );
    let all = client.users().list().all_with_malformed().await.unwrap();
    assert_eq!(ids(&all.items), ["00u1", "00u2"]);
    assert_eq!(
        all.items[0].status,
        UserStatus::Active,
        "what was seen last counts"
    );
    assert_eq!(all.server_date.unwrap().as_second(), 1_487_986_246);
    assert_eq!(client.metrics().endpoints["/api/v1/users"].count, 3);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn requests_are_what_okta_documents() {
    let (client, script) = scripted();
    let search = "?limit=50&search=profile.login%20eq%20%22a%2Bb%26c%3D%C3%A9%25%22";
    script.expect(&format!("/api/v1/users{search}"), Answer::json("[]"));
    script.expect("/api/v1/groups?limit=200&expand=stats", Answer::json("[]"));
    script.expect("/api/v1/groups/00g1/users?limit=1000", Answer::json("[]"));
    let users = client
        .users()
        .list()
        .page_size(PageSize::users(50).unwrap());
    users
        .search(r#"profile.login eq "a+b&c=é%""#)
        .all()
        .await
        .unwrap();
    client.groups().list().with_stats().all().await.unwrap();
    let members = client
        .groups()
        .members(&GroupId::from("00g1"))
        .page_size(PageSize::groups(9_999).unwrap());
    members.all().await.unwrap();
    script.finish().unwrap();

    let requests = script.requests();
    for request in &requests {
        assert_eq!(request.headers()[ACCEPT], "application/json");
        assert_eq!(request.headers()[AUTHORIZATION], "SSWS token-0");
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
        assert!(
            request.headers()[USER_AGENT]
                .to_str()
                .unwrap()
                .starts_with("okta-api/")
        );
    }
    let leave_out = r#"application/json; okta-response="omitCredentials,omitCredentialsLinks,omitTransitioningToStatus""#;
    let content_types: Vec<_> = requests
        .iter()
        .map(|request| request.headers().get(CONTENT_TYPE))
        .collect();
    assert_eq!(content_types[0].unwrap(), leave_out);
    assert_eq!(content_types[1], None);
    assert_eq!(content_types[2].unwrap(), leave_out);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_page_is_an_error() {
    let (client, script) = scripted();
    script.expect(
        USERS,
        Answer::json(r#"[{"id":"00u1"}]"#).header("link", &next("/api/v1/users?after=1")),
    );
    script.expect(
        "/api/v1/users?after=1",
        Answer::json("[]").header("link", &next(USERS)),
    );
    let error = client.users().list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(chain(&error).contains("read before"), "{}", chain(&error));
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_list_without_an_end_is_an_error() {
    let (client, script) = scripted();
    script.expect(USERS, Answer::json("[]").header("link", &next("/1")));
    script.expect("/1", Answer::json("[]").header("link", &next("/2")));
    script.expect("/2", Answer::json("[]").header("link", &next("/3")));
    let mut pages = client.users().list().pages_up_to(3);
    pages.try_next().await.unwrap().unwrap();
    pages.try_next().await.unwrap().unwrap();
    let error = pages.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(
        chain(&error).contains("more than 3 pages"),
        "{}",
        chain(&error)
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_throttled_page_in_the_middle_is_asked_for_again() {
    let (client, script) = scripted();
    let second = "/api/v1/groups?after=1";
    let first = Answer::json(r#"[{"id":"00g1"}]"#).header("link", &next(second));
    script.expect("/api/v1/groups?limit=200", first);
    script.expect(second, Answer::status(429, "").header("retry-after", "20"));
    script.expect(second, Answer::json(r#"[{"id":"00g2"}]"#));
    let start = tokio::time::Instant::now();
    let all = client.groups().list().all().await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(start.elapsed().as_secs(), 20);
    let metrics = client.metrics().endpoints["/api/v1/groups"];
    assert_eq!(
        (metrics.count, metrics.throttled, metrics.retries),
        (3, 1, 1)
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_token_is_not_sent_to_another_host() {
    let (client, script) = scripted();
    let elsewhere = r#"<https://evil.example/api/v1/users?after=1>; rel="next""#;
    script.expect(
        USERS,
        Answer::json(r#"[{"id":"00u1"}]"#).header("link", elsewhere),
    );
    let error = client.users().list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(
        chain(&error).contains("`https://evil.example`"),
        "{}",
        chain(&error)
    );
    assert_eq!(script.requests().len(), 1);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_admin_twin_is_asked_as_the_org_itself() {
    let (client, script) = scripted();
    let twin = r#"<https://acme-admin.okta.com/api/v1/users?after=1>; rel="next""#;
    script.expect(
        USERS,
        Answer::json(r#"[{"id":"00u1"}]"#).header("link", twin),
    );
    script.expect("/api/v1/users?after=1", Answer::json(r#"[{"id":"00u2"}]"#));
    let all = client.users().list().all().await.unwrap();
    assert_eq!(ids(&all), ["00u1", "00u2"]);
    assert!(
        script
            .requests()
            .iter()
            .all(|request| request.uri().host() == Some("acme.okta.com"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_record_that_does_not_decode_is_reported_once() {
    let (client, script) = scripted();
    script.expect(
        USERS,
        Answer::json(r#"[{"id":"00u1","status":7},{"id":"00u2"}]"#)
            .header("link", &next("/api/v1/users?after=1")),
    );
    script.expect(
        "/api/v1/users?after=1",
        Answer::json(r#"[{"id":"00u1","status":7}]"#),
    );
    let all = client.users().list().all_with_malformed().await.unwrap();
    assert_eq!(ids(&all.items), ["00u2"]);
    assert_eq!(all.malformed.len(), 1);
    assert_eq!(all.malformed[0].id.as_deref(), Some("00u1"));
}

#[tokio::test(start_paused = true)]
async fn an_error_in_the_middle_ends_the_stream_with_an_error() {
    let (client, script) = scripted();
    script.expect(
        "/api/v1/groups/00g1/users?limit=1000",
        Answer::json(r#"[{"id":"00u1"}]"#).header("link", &next("/p2")),
    );
    let refusal = r#"{"errorCode":"E0000031","errorSummary":"Invalid search criteria.","errorId":"oae1","errorCauses":[]}"#;
    script.expect(
        "/p2",
        Answer::status(400, refusal).header("x-okta-request-id", "reqd-1"),
    );
    let mut pages = client.groups().members(&GroupId::from("00g1")).pages();
    assert_eq!(
        ids(&pages.try_next().await.unwrap().unwrap().items),
        ["00u1"]
    );
    let error = pages.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadSearch);
    assert_eq!(
        error.to_string(),
        "listing the members of group `00g1`: page 2: okta refuses the search expression"
    );
    assert_eq!(
        (error.endpoint(), error.request_id()),
        ("/api/v1/groups/{id}/users", Some("reqd-1"))
    );
    assert_eq!(error.api().unwrap().id.as_deref(), Some("oae1"));
    assert!(
        pages.try_next().await.unwrap().is_none(),
        "nothing follows an error"
    );
}

#[tokio::test(start_paused = true)]
async fn pages_that_repeat_what_is_known_are_an_error_in_the_end() {
    let (client, script) = scripted();
    let page = r#"[{"id":"00u1"},{"id":"00u2"}]"#;
    script.expect(USERS, Answer::json(page).header("link", &next("/1")));
    for (at, to) in [("/1", "/2"), ("/2", "/3"), ("/3", "/4")] {
        script.expect(at, Answer::json(page).header("link", &next(to)));
    }
    let error = client.users().list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(chain(&error).contains("not one that is new"));
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_list_ends_when_its_time_is_over() {
    let (client, script) = scripted();
    script.expect(USERS, Answer::json("[]").header("link", &next("/1")));
    script.expect("/1", Answer::status(429, "").header("retry-after", "80"));
    let start = tokio::time::Instant::now();
    let deadline = start + Duration::from_secs(70);
    let list = client.users().list().deadline(deadline);
    let error = list.all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(
        error.to_string(),
        "listing users: page 2: gave up after 0 s: the next window of the rate limit begins in 80 s, too late for GET /api/v1/users"
    );
    assert!(chain(&error).contains("429"), "{}", chain(&error));
    assert_eq!(start.elapsed(), Duration::ZERO, "it was known at once");
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn empty_pages_without_an_end_are_an_error() {
    let (client, script) = scripted();
    let empty = |next_page: u32| Answer::json("[]").header("link", &next(&format!("/{next_page}")));
    script.expect(USERS, empty(1));
    (1..100).for_each(|page| script.expect(&format!("/{page}"), empty(page + 1)));
    let error = client.users().list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(chain(&error).contains("the last 100 pages were empty"));
    script.finish().unwrap();
}
