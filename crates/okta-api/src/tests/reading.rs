//! Single objects, parts of objects, and members at less cost.

use super::{chain, next, scripted};
use crate::{ErrorKind, GroupId, List, Member, UserId, UserStatus};
use okta_auth::testing::Answer;

const ABSENT: &str = r#"{"errorCode":"E0000008","errorSummary":"The requested path was not found","errorCauses":[]}"#;
const GONE: &str =
    r#"{"errorCode":"E0000007","errorSummary":"Not found: 00g1 (UserGroup)","errorCauses":[]}"#;

#[tokio::test(start_paused = true)]
async fn one_object_is_read() {
    let (client, script) = scripted();
    script.expect(
        "/api/v1/users/00u1",
        Answer::json(r#"{"id":"00u1","status":"ACTIVE"}"#),
    );
    script.expect(
        "/api/v1/groups/00g1",
        Answer::json(r#"{"id":"00g1","profile":{"name":"A"}}"#),
    );
    script.expect(
        "/api/v1/users/00u1/groups?limit=200",
        Answer::json(r#"[{"id":"00g1"}]"#),
    );
    let user = client.users().get(&UserId::from("00u1")).await.unwrap();
    assert_eq!(user.status, UserStatus::Active);
    let group = client.groups().get(&GroupId::from("00g1")).await.unwrap();
    assert_eq!(group.profile.name(), Some("A"));
    let groups = client.users().groups(&user.id).all().await.unwrap();
    assert_eq!(groups[0].id, group.id);
    let metrics = client.metrics().endpoints;
    let asked: Vec<&str> = metrics.keys().copied().collect();
    assert_eq!(
        asked,
        [
            "/api/v1/groups/{id}",
            "/api/v1/users/{id}",
            "/api/v1/users/{id}/groups"
        ]
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_gone_or_unreadable_is_an_error() {
    let (client, script) = scripted();
    script.expect("/api/v1/groups/00g1", Answer::status(404, GONE));
    let error = client.groups().get(&GroupId::from("00g1")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "reading the group `00g1`: it does not exist"
    );
    for body in ["[]", r#"{"id":7}"#, "{}"] {
        script.expect("/api/v1/users/00u1", Answer::json(body));
        let error = client.users().get(&UserId::from("00u1")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{body}");
    }
    let large = format!(r#"{{"id":"00u1","x":"{}"}}"#, "x".repeat(600_000));
    script.expect("/api/v1/users/00u1", Answer::json(large));
    let error = client.users().get(&UserId::from("00u1")).await.unwrap_err();
    assert_eq!(
        chain(&error),
        "reading the user `00u1`: the answer can not be trusted < the record has 600020 bytes, more than 524288"
    );
    script.finish().unwrap();
}

/// An id is part of a path. One that means something there would ask for something else.
#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_an_id_that_cannot_be_one() {
    let (client, script) = scripted();
    let long = "0".repeat(101);
    for id in [
        "",
        ".",
        "..",
        "../users",
        "00g1/users",
        "00g1/..",
        "00g%2F1",
        "%2e%2e",
        "00g\t1",
        "00g\n1",
        "00g1?limit=1",
        "00g1#",
        "00g1;x",
        "a\\b",
        "00gé",
        "@evil.example",
        &long,
    ] {
        let (user, group) = (UserId::from(id), GroupId::from(id));
        let errors = [
            client.users().get(&user).await.unwrap_err(),
            client.users().groups(&user).all().await.unwrap_err(),
            client.groups().get(&group).await.unwrap_err(),
            client.groups().members(&group).all().await.unwrap_err(),
            client.groups().users(&group).all().await.unwrap_err(),
            client
                .groups()
                .members(&group)
                .skinny()
                .all()
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::InvalidId, "{id:?}");
            assert!(!chain(&error).contains(['\t', '\n']), "{error}");
            assert!(error.fix().is_some());
        }
    }
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn only_the_named_fields_are_asked_for() {
    let (client, script) = scripted();
    for fields in ["id,status,type", "id,status,profile:(login,email)"] {
        let encoded = fields.replace(',', "%2C").replace(':', "%3A");
        let encoded = encoded.replace('(', "%28").replace(')', "%29");
        let target = format!("/api/v1/users?limit=200&fields={encoded}");
        script.expect(&target, Answer::json("[]"));
    }
    let users = || client.users().list();
    users()
        .fields(["status", "id", "type.id", "status"])
        .all()
        .await
        .unwrap();
    let names = [
        "profile.login",
        "status",
        "profile.email.x",
        "profile.login",
    ];
    users().fields(names).all().await.unwrap();
    script.finish().unwrap();
}

fn skinny(client: &crate::Client) -> List<Member> {
    client.groups().members(&GroupId::from("00g1")).skinny()
}

const SKINNY: &str = "/api/v1/groups/00g1/skinny_users?limit=1000";
const FAT: &str = "/api/v1/groups/00g1/users?limit=1000";

#[tokio::test(start_paused = true)]
async fn members_are_asked_for_where_they_are_cheap() {
    let (client, script) = scripted();
    let second = "/api/v1/groups/00g1/skinny_users?after=1&limit=1000";
    let first = Answer::json(r#"[{"id":"00u1"}]"#);
    script.expect(SKINNY, first.header("link", &next(second)));
    script.expect(second, Answer::json(r#"[{"id":"00u2"}]"#));
    assert_eq!(skinny(&client).all().await.unwrap().len(), 2);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn members_are_read_whole_and_what_nobody_keeps_is_left_out() {
    let (client, script) = scripted();
    let second = "/api/v1/groups/00g1/users?after=1&limit=1000";
    let ada = r#"{"id":"00u1","status":"ACTIVE","realmId":"guo1","profile":{"login":"ada","title":"Countess","x":{"y":1}}}"#;
    let bad = r#"{"id":"00u2","status":"ACTIVE","profile":[]}"#;
    let first = Answer::json(format!("[{ada},{bad}]"));
    script.expect(FAT, first.header("link", &next(second)));
    script.expect(
        second,
        Answer::json(r#"[{"id":"00u3","profile":{"login":"eve"}}]"#),
    );
    let list = client.groups().users(&GroupId::from("00g1"));
    let mut pages = list.keep(["profile.login"]).pages_with_malformed();
    let page = pages.try_next().await.unwrap().unwrap();
    let user = &page.items[0];
    assert_eq!(
        (user.profile.login(), user.profile.iter().count()),
        (Some("ada"), 1)
    );
    assert!(user.extra.is_empty());
    assert_eq!(page.malformed[0].id.as_deref(), Some("00u2"));
    assert_eq!(page.skipped["title"], 1);
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!(page.items[0].id.as_str(), "00u3");
    assert!(pages.try_next().await.unwrap().is_none());
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_org_without_skinny_members_is_asked_once() {
    for refusal in [
        Answer::status(404, ABSENT),
        Answer::status(405, r#"{"errorCode":"E0000022","errorSummary":"x"}"#),
    ] {
        let (client, script) = scripted();
        script.expect(SKINNY, refusal);
        for _ in 0..2 {
            script.expect(FAT, Answer::json(r#"[{"id":"00u1"}]"#));
            assert_eq!(skinny(&client).all().await.unwrap().len(), 1);
        }
        script.finish().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_gone_does_not_end_the_cheap_way() {
    let (client, script) = scripted();
    script.expect(SKINNY, Answer::status(404, GONE));
    script.expect(FAT, Answer::status(404, GONE));
    let error = skinny(&client).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    script.expect(SKINNY, Answer::json("[]"));
    skinny(&client).all().await.unwrap();
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn lists_that_were_made_beforehand_know_it_too() {
    let (client, script) = scripted();
    script.expect(SKINNY, Answer::status(404, ABSENT));
    let lists = [skinny(&client), skinny(&client), skinny(&client)];
    for list in lists {
        script.expect(FAT, Answer::json("[]"));
        list.all().await.unwrap();
    }
    script.finish().unwrap();
}
