//! A list whose cursor expires is read again from its beginning, and can be resumed where it was left.

use futures::TryStreamExt as _;

use super::{next, scripted};
use crate::{Cursor, ErrorKind, List, Searchable, User};
use okta_auth::testing::{Answer, ScriptedTransport};

const USERS: &str = "/api/v1/users?limit=200";
const SECOND: &str = "/api/v1/users?after=1&limit=200";

fn expired() -> Answer {
    refused("E0000029")
}

fn refused(code: &str) -> Answer {
    let body = format!(
        r#"{{"errorCode":"{code}","errorSummary":"Invalid paging request.","errorCauses":[]}}"#
    );
    Answer::status(400, body)
}

fn page(users: &str) -> Answer {
    let records: Vec<String> = users
        .split(' ')
        .map(|id| format!(r#"{{"id":"{id}"}}"#))
        .collect();
    Answer::json(format!("[{}]", records.join(",")))
}

/// The ids of each page.
async fn walk(list: List<User, Searchable>) -> Result<Vec<String>, crate::Error> {
    let pages: Vec<_> = list.pages().try_collect().await?;
    let ids = |items: &[User]| {
        let ids: Vec<&str> = items.iter().map(|user| user.id.as_str()).collect();
        ids.join(" ")
    };
    Ok(pages.iter().map(|page| ids(&page.items)).collect())
}

#[tokio::test(start_paused = true)]
async fn what_was_handed_out_does_not_come_again() {
    let (client, script) = scripted();
    script.expect(USERS, page("00u1 00u2").header("link", &next(SECOND)));
    script.expect(SECOND, expired());
    // In the meantime one has gone and one has come.
    script.expect(USERS, page("00u2 00u3").header("link", &next(SECOND)));
    script.expect(SECOND, page("00u4"));
    let pages = walk(client.users().list()).await.unwrap();
    assert_eq!(pages, ["00u1 00u2", "00u3", "00u4"]);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_expires_again_and_again_is_an_error() {
    let (client, script) = scripted();
    for _ in 0..3 {
        script.expect(USERS, page("00u1").header("link", &next(SECOND)));
        script.expect(SECOND, expired());
    }
    let error = walk(client.users().list()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExpiredCursor);
    assert_eq!(
        error.to_string(),
        "listing users: page 2: okta does not take the cursor of the page any more"
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_first_page_has_no_cursor_to_expire() {
    let (client, script) = scripted();
    script.expect(USERS, expired());
    let error = walk(client.users().list()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExpiredCursor);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_search_that_was_good_for_the_first_page_is_begun_again() {
    let (client, script) = scripted();
    let first = "/api/v1/users?limit=200&search=id%20pr";
    script.expect(first, page("00u1").header("link", &next(SECOND)));
    script.expect(SECOND, refused("E0000031"));
    script.expect(first, page("00u1").header("link", &next(SECOND)));
    script.expect(SECOND, page("00u2"));
    let pages = walk(client.users().list().search("id pr")).await.unwrap();
    assert_eq!(pages, ["00u1", "", "00u2"]);
    script.finish().unwrap();

    script.expect(first, refused("E0000031"));
    let error = walk(client.users().list().search("id pr"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadSearch);
}

/// The pages of a list that is resumed, where Okta answers so.
async fn resumed(answers: impl FnOnce(&ScriptedTransport)) -> Vec<String> {
    let (client, script) = scripted();
    answers(&script);
    let cursor: Cursor = format!("https://acme.okta.com{SECOND}").parse().unwrap();
    let pages = walk(client.users().list().resume(cursor)).await.unwrap();
    script.finish().unwrap();
    pages
}

#[tokio::test(start_paused = true)]
async fn a_list_goes_on_where_it_was_left() {
    let pages = resumed(|script| script.expect(SECOND, page("00u3"))).await;
    assert_eq!(pages, ["00u3"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_can_not_be_resumed_is_read_whole() {
    let pages = resumed(|script| {
        script.expect(SECOND, expired());
        script.expect(USERS, page("00u1 00u2"));
    });
    assert_eq!(pages.await, ["00u1 00u2"]);

    let pages = resumed(|script| {
        (0..12).for_each(|_| script.expect(SECOND, Answer::status(503, "")));
        script.expect(USERS, page("00u1"));
    });
    assert_eq!(pages.await, ["00u1"]);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_another_org_is_not_followed() {
    let (client, script) = scripted();
    let cursor: Cursor = "https://evil.example/api/v1/users?after=1".parse().unwrap();
    let error = walk(client.users().list().resume(cursor))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(script.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn somebody_new_does_not_make_a_second_reading_look_like_a_circle() {
    let (client, script) = scripted();
    let at = |page: u32| format!("/api/v1/users?after={page}&limit=200");
    let first_pass = |first: &str| {
        script.expect(USERS, page(first).header("link", &next(&at(1))));
        for number in 1..6 {
            let answer = page(&format!("00u{number}"));
            script.expect(&at(number), answer.header("link", &next(&at(number + 1))));
        }
    };
    first_pass("00u0");
    script.expect(&at(6), expired());
    first_pass("00u0 00unew");
    script.expect(&at(6), page("00u6"));
    let pages = walk(client.users().list()).await.unwrap();
    let ids: Vec<&str> = pages.iter().flat_map(|ids| ids.split(' ')).collect();
    let ids: Vec<&str> = ids.into_iter().filter(|id| !id.is_empty()).collect();
    assert_eq!(
        ids,
        [
            "00u0", "00u1", "00u2", "00u3", "00u4", "00u5", "00unew", "00u6"
        ]
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_second_reading_that_goes_in_a_circle_is_an_error() {
    let (client, script) = scripted();
    script.expect(USERS, page("00u1").header("link", &next(SECOND)));
    script.expect(SECOND, expired());
    script.expect(USERS, page("00u1").header("link", &next("/1")));
    for number in 1..4 {
        let answer = page("00u1").header("link", &next(&format!("/{}", number + 1)));
        script.expect(&format!("/{number}"), answer);
    }
    let error = walk(client.users().list()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn all_of_a_list_is_as_the_second_reading_saw_it() {
    let (client, script) = scripted();
    let user = |status: &str| Answer::json(format!(r#"[{{"id":"00u1","status":"{status}"}}]"#));
    script.expect(USERS, user("ACTIVE").header("link", &next(SECOND)));
    script.expect(SECOND, expired());
    script.expect(USERS, user("DEPROVISIONED"));
    let all = client.users().list().all().await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].status, crate::UserStatus::Deprovisioned);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_another_list_is_an_error_before_anything_is_sent() {
    let (client, script) = scripted();
    let cursor: Cursor = "https://acme.okta.com/api/v1/groups?after=1"
        .parse()
        .unwrap();
    let error = walk(client.users().list().resume(cursor))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CursorMismatch);
    assert!(super::chain(&error).contains("another list"));
    let cursor = "https://acme.okta.com/api/v1/users?after=1&search=a".parse();
    let list = client.users().list().search("b").resume(cursor.unwrap());
    let error = walk(list).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CursorMismatch);
    assert!(super::chain(&error).contains("the `search` `a`"));
    assert!(script.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_members_goes_on_where_it_is_from() {
    let (client, script) = scripted();
    let path = "/api/v1/groups/00g1/users?after=1";
    script.expect(path, Answer::json("[]"));
    let cursor = format!("https://acme.okta.com{path}").parse().unwrap();
    let members = client.groups().members(&"00g1".into()).skinny();
    members.resume(cursor).all().await.unwrap();
    let metrics = client.metrics().endpoints;
    assert!(metrics.contains_key("/api/v1/groups/{id}/users"));
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_fails_says_nothing_about_the_cursor() {
    let transport = ScriptedTransport::default();
    let org = okta_auth::OrgUrl::parse("https://acme.okta.com").unwrap();
    let client = crate::Client::builder(org, NoToken, transport.clone()).build();
    let cursor: Cursor = format!("https://acme.okta.com{SECOND}").parse().unwrap();
    let error = walk(client.users().list().resume(cursor))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(transport.requests().is_empty());
}

/// A source whose server cannot be reached.
#[derive(Debug)]
struct NoToken;

impl okta_auth::TokenSource for NoToken {
    fn token(
        &self,
    ) -> futures::future::BoxFuture<'_, Result<okta_auth::Token, okta_auth::AuthError>> {
        let kind = okta_auth::TransportErrorKind::Connect;
        let error = okta_auth::TransportError::new(kind, "scripted");
        Box::pin(async { Err(okta_auth::AuthError::Transport(error)) })
    }

    fn reject(&self, _token: &okta_auth::Token) {}
}
