//! Records that do not decode, by each way to read a list.

use okta_auth::testing::{Answer, ScriptedTransport};

use super::{chain, next, scripted};
use crate::{Client, Error, ErrorKind, List, Searchable, User};

const USERS: &str = "/api/v1/users?limit=200";

/// One good record, one odd one.
fn two_pages(script: &ScriptedTransport, odd: &str) {
    script.expect(
        USERS,
        Answer::json(r#"[{"id":"00u1"}]"#).header("link", &next("/api/v1/users?after=1")),
    );
    script.expect(
        "/api/v1/users?after=1",
        Answer::json(format!(r#"[{{"id":"00u2"}},{odd}]"#)),
    );
}

fn users(client: &Client) -> List<User, Searchable> {
    client.users().list()
}

/// How many records each loop sees, and what it ends with.
async fn each_way(client: &Client, script: &ScriptedTransport, odd: &str) -> [(usize, Error); 3] {
    two_pages(script, odd);
    let all = users(client).all().await.unwrap_err();

    two_pages(script, odd);
    let (mut paged, mut pages) = (0, users(client).pages());
    let by_page = loop {
        match pages.try_next().await {
            Ok(page) => paged += page.unwrap().items.len(),
            Err(error) => break error,
        }
    };
    assert!(pages.try_next().await.unwrap().is_none());

    two_pages(script, odd);
    let (mut seen, mut items) = (0, users(client).items());
    let by_item = loop {
        match items.try_next().await {
            Ok(item) => seen += usize::from(item.is_some()),
            Err(error) => break error,
        }
    };
    assert!(items.try_next().await.unwrap().is_none());
    [(0, all), (paged, by_page), (seen, by_item)]
}

#[tokio::test(start_paused = true)]
async fn no_way_to_read_a_list_loses_a_record_in_silence() {
    for (odd, id, reason) in [
        (
            r#"{"id":"00u3","profile":"a text"}"#,
            Some("00u3"),
            "invalid type: string \"a text\"",
        ),
        (
            r#"{"id":"00u3","created":7}"#,
            Some("00u3"),
            "invalid type: integer `7`",
        ),
        (r#"{"id":"00u3","status":[]}"#, Some("00u3"), "invalid type"),
        (
            r#"{"id":"00u3","id":"00u3"}"#,
            Some("00u3"),
            "duplicate field `id`",
        ),
        (r#"{"id":"a b"}"#, Some("a b"), "cannot be an id of okta's"),
        (
            "null",
            None,
            "element 2 of the page has no id that can be read",
        ),
        ("7", None, "no id that can be read"),
    ] {
        let (client, script) = scripted();
        for (way, (seen, error)) in each_way(&client, &script, odd)
            .await
            .into_iter()
            .enumerate()
        {
            assert_eq!(
                error.kind(),
                ErrorKind::MalformedRecords { count: 1 },
                "{odd} {way}"
            );
            assert_eq!(error.malformed()[0].id.as_deref(), id, "{odd} {way}");
            assert!(
                chain(&error).contains(reason),
                "{odd} {way}: {}",
                chain(&error)
            );
            assert!(!error.is_transient());
            assert_eq!(seen, usize::from(way > 0), "{odd} {way}");
        }

        two_pages(&script, odd);
        let all = users(&client).all_with_malformed().await.unwrap();
        assert_eq!((all.items.len(), all.malformed.len()), (2, 1), "{odd}");

        two_pages(&script, odd);
        let mut pages = users(&client).pages_with_malformed();
        pages.try_next().await.unwrap().unwrap();
        let page = pages.try_next().await.unwrap().unwrap();
        assert_eq!((page.items.len(), page.malformed.len()), (1, 1), "{odd}");
        assert!(pages.try_next().await.unwrap().is_none());
        script.finish().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_names_the_first_few_and_counts_the_rest() {
    let (client, script) = scripted();
    let records: Vec<String> = (0..9)
        .map(|n| {
            format!(
                r#"{{"id":"00u{n}","created":{}}}"#,
                if n == 0 { "null" } else { "7" }
            )
        })
        .collect();
    script.expect(USERS, Answer::json(format!("[{}]", records.join(","))));
    let error = users(&client).all().await.unwrap_err();
    let report = format!("{error:?}");
    assert!(
        report.starts_with("listing users: 8 of 9 records do not decode: `00u1`: "),
        "{report}"
    );
    assert!(
        report.contains("`00u5`: ") && !report.contains("`00u6`"),
        "{report}"
    );
    assert!(
        report.contains("; and 3 more\n  fix: correct these records in Okta, or read the list with `all_with_malformed`"),
        "{report}"
    );
    assert_eq!(error.malformed().len(), 8);
}

/// What was malformed and comes again whole is no loss.
#[tokio::test(start_paused = true)]
async fn a_record_that_is_whole_when_it_comes_again_is_not_malformed() {
    let (client, script) = scripted();
    script.expect(
        USERS,
        Answer::json(r#"[{"id":"00u1","created":7}]"#)
            .header("link", &next("/api/v1/users?after=1")),
    );
    script.expect(
        "/api/v1/users?after=1",
        Answer::json(r#"[{"id":"00u1"},{"id":"00u2"}]"#),
    );
    assert_eq!(users(&client).all().await.unwrap().len(), 2);
}
