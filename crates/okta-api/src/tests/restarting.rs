//! A list whose cursor expires is read again from its beginning, and can be resumed where it was left.

use futures::TryStreamExt as _;

use super::{next, scripted};
use crate::testing::{Answer, ScriptedTransport};
use crate::{Cursor, ErrorKind, List, User};

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
async fn walk(list: List<User>) -> Result<Vec<String>, crate::Error> {
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
