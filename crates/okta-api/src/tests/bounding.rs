//! What a list takes of its records, and how many of them.

use serde_json::json;

use super::{chain, next, scripted};
use crate::{ErrorKind, PageSize};
use okta_auth::testing::Answer;

const USERS: &str = "/api/v1/users?limit=200";

#[tokio::test(start_paused = true)]
async fn what_nobody_keeps_is_passed_over_and_its_names_are_told() {
    let (client, script) = scripted();
    let users = json!([
        {"id": "00u1", "realmId": "guo1", "type": {"id": "oty1"},
         "profile": {"login": "ada", "title": "Dr", "team": "a", "empty": "", "none": null, "list": [], "badge": 7}},
        {"id": "00u2", "profile": {"title": "", "team": "b", "address": {"city": "Ulm", "zip": 1}}},
    ]);
    script.expect(USERS, Answer::json(users.to_string()));
    let list = client.users().list();
    let names = ["profile.login", "profile.address.city", "type.id", "status"];
    let mut pages = list.keep(names).pages();
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!(
        json!(page.items),
        json!([
            {"id": "00u1", "type": {"id": "oty1"}, "profile": {"login": "ada"}},
            {"id": "00u2", "profile": {"address": {"city": "Ulm", "zip": 1}}},
        ])
    );
    let skipped: Vec<(&str, usize)> = page
        .skipped
        .iter()
        .map(|(name, count)| (name.as_str(), *count))
        .collect();
    assert_eq!(skipped, [("badge", 1), ("team", 2), ("title", 1)]);

    // Whatever is in there is no record's trouble.
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let odd = format!(
        r#"[{{"id":"00u1","other":{deep},"profile":{{"deep":{deep},"large":1e400,"zeros":[{}0]}}}}]"#,
        "0,".repeat(100_000)
    );
    script.expect(USERS, Answer::json(odd));
    let all = client
        .users()
        .list()
        .keep(["profile.login"])
        .all_with_malformed()
        .await
        .unwrap();
    assert_eq!((all.items.len(), all.malformed.len()), (1, 0));

    // The size of a group is asked for, so it is kept.
    let group = r#"[{"id":"00g1","source":{"id":"0oa1"},"profile":{"name":"A","x":1},"_embedded":{"stats":{"usersCount":3}}}]"#;
    script.expect("/api/v1/groups?limit=200&expand=stats", Answer::json(group));
    let list = client.groups().list().keep(["profile.name"]).with_stats();
    let groups = list.all().await.unwrap();
    assert_eq!(groups[0].stats().unwrap().users_count, 3);
    assert_eq!(groups[0].profile.iter().count(), 1);
    assert_eq!(groups[0].extra.len(), 1);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_list_of_more_records_than_are_taken_is_not_read_to_its_end() {
    let (client, script) = scripted();
    let answer = || {
        script.expect(
            USERS,
            Answer::json(r#"[{"id":"00u1"},{"id":"00u2","created":7}]"#)
                .header("link", &next("/api/v1/users?after=1")),
        );
        let last = r#"[{"id":"00u1"},{"id":"00u3"},null]"#;
        script.expect("/api/v1/users?after=1", Answer::json(last));
    };
    answer();
    // The malformed count, with or without an id, and who comes twice counts once.
    let all = client
        .users()
        .list()
        .at_most(4)
        .all_with_malformed()
        .await
        .unwrap();
    assert_eq!((all.items.len(), all.malformed.len()), (2, 2));
    answer();
    let error = client.users().list().at_most(3).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooMany { limit: 3 });
    assert_eq!(
        error.to_string(),
        "listing users: page 2: the list has more than 3 records, and no more are taken"
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_page_of_far_more_records_than_were_asked_for_is_not_tried_again() {
    let (client, script) = scripted();
    let page = |count: usize| {
        let records: Vec<String> = (0..count)
            .map(|n| format!(r#"{{"id":"00u{n}"}}"#))
            .collect();
        Answer::json(format!("[{}]", records.join(",")))
    };
    let list = || client.users().list().page_size(PageSize::users(5).unwrap());
    script.expect("/api/v1/users?limit=5", page(20));
    assert_eq!(list().all().await.unwrap().len(), 20);
    script.expect("/api/v1/users?limit=5", page(21));
    let error = list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(
        chain(&error),
        "listing users: page 1: the answer can not be trusted < the page has 21 records, and 5 were asked for"
    );
    // Where a list is taken up again its link says how much was asked for, though no more than Okta has.
    for (limit, count, is_read) in [
        (50, 110, true),
        (50, 111, false),
        (1_000_000, 410, true),
        (65_535, 411, false),
    ] {
        let link = format!("/api/v1/users?after=a&limit={limit}");
        script.expect(&link, page(count));
        let cursor = format!("https://acme.okta.com{link}").parse().unwrap();
        let read = list().resume(cursor).all().await;
        assert_eq!(read.is_ok(), is_read, "{limit}");
    }
    script.finish().unwrap();
}
