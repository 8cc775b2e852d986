//! What is shown of users and groups, and to whom.

use crate::client::{Client, PLATFORM, small, start};
use serde_json::{Value, json};
use std::time::Duration;
use xtask::simulator::{Bucket, SkinnyUsers};

#[tokio::test]
async fn records_look_like_recorded_ones() {
    let simulator = small().await;
    let client = Client::api_token();
    let base = simulator.url();
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };

    let user = client
        .get(&format!("{base}/api/v1/users/00u6soren0berg00000d"))
        .await
        .json();
    assert_eq!(
        keys(&user),
        "id status created activated statusChanged lastLogin lastUpdated passwordChanged type profile credentials _links"
    );
    assert_eq!(
        keys(&user["profile"]),
        "firstName lastName mobilePhone secondEmail login email department"
    );
    assert_eq!(
        (&user["profile"]["mobilePhone"], &user["lastUpdated"]),
        (&Value::Null, &json!("2025-11-02T12:00:00.000Z"))
    );

    let group = client
        .get(&format!("{base}/api/v1/groups/00g5directory000000d"))
        .await
        .json();
    assert_eq!(
        keys(&group),
        "id created lastUpdated lastMembershipUpdated objectClass type profile source _links"
    );
    assert_eq!(
        (keys(&group["_links"]), &group["source"]),
        (
            "logo users apps source".to_owned(),
            &json!({ "id": "0oa1directory00000d7" })
        )
    );
    let groups = client
        .get(&format!(
            "{base}/api/v1/groups?expand=stats&filter=type+eq+%22BUILT_IN%22"
        ))
        .await
        .json();
    assert_eq!(groups[0]["_embedded"]["stats"]["usersCount"], 9);

    let by_login = client
        .get(&format!("{base}/api/v1/users/Ana.Diaz%40example.org"))
        .await
        .json();
    assert_eq!(by_login["id"], "00u5anadiaz20000000d");
    for (path, summary) in [
        (
            "users/00unobody",
            "Not found: Resource not found: 00unobody (User)",
        ),
        (
            "groups/00gnone",
            "Not found: Resource not found: 00gnone (UserGroup)",
        ),
        (
            "groups/00gnone/users",
            "Not found: Resource not found: 00gnone (UserGroup)",
        ),
    ] {
        let answer = client.get(&format!("{base}/api/v1/{path}")).await;
        assert_eq!(
            (answer.status, &answer.json()["errorSummary"]),
            (404, &json!(summary))
        );
    }
    assert_eq!(
        client
            .get(&format!("{base}/api/v1/groups/{PLATFORM}/owners"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn fields_leave_out_what_is_not_named_on_every_page() {
    let simulator = small().await;
    let client = Client::api_token();
    let url = format!(
        "{}/api/v1/users?limit=5&fields=id,status,profile:(firstName,login)",
        simulator.url()
    );
    let first = client.get(&url).await;
    let next = first.next().unwrap();
    assert!(
        next.contains("fields=id%2Cstatus%2Cprofile%3A%28firstName%2Clogin%29"),
        "{next}"
    );
    for answer in [first, client.get(&next).await] {
        for user in answer.json().as_array().unwrap() {
            let keys: Vec<&String> = user.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["id", "status", "profile"]);
            assert_eq!(user["profile"].as_object().unwrap().len(), 2);
        }
    }
    let bad = client
        .get(&format!(
            "{}/api/v1/users?fields=profile:(",
            simulator.url()
        ))
        .await;
    assert_eq!((bad.status, bad.code().as_str()), (400, "E0000001"));
}

#[tokio::test]
async fn skinny_users_are_members_without_credentials() {
    let simulator = small().await;
    let client = Client::api_token();
    let path = format!("{}/api/v1/groups/{PLATFORM}", simulator.url());
    let skinny = client.get(&format!("{path}/skinny_users")).await;
    let members = client.get(&format!("{path}/users")).await;
    assert_eq!(skinny.ids(), members.ids());
    let record = &skinny.json()[0];
    assert!(record.get("credentials").is_none() && record["profile"]["login"].is_string());
    let links: Vec<&String> = record["_links"].as_object().unwrap().keys().collect();
    assert_eq!(links, ["self"]);
    let pages = client.walk(&format!("{path}/skinny_users?limit=1")).await;
    assert_eq!(pages.concat(), members.ids());
    let usage = simulator.usage();
    assert_eq!(usage[&Bucket::SkinnyUsers].peak as usize, 1 + pages.len());
    assert_eq!(usage[&Bucket::Groups].peak, 1);

    for (skinny_users, expected) in [
        (SkinnyUsers::NotFound, (404, "E0000008")),
        (SkinnyUsers::NotAllowed, (405, "E0000022")),
    ] {
        let simulator = start("small", |options| options.skinny_users = skinny_users).await;
        let url = format!("{}/api/v1/groups/{PLATFORM}/skinny_users", simulator.url());
        let answer = client.get(&url).await;
        assert_eq!((answer.status, answer.code().as_str()), expected);
    }
}

#[tokio::test]
async fn lists_hide_the_deactivated_and_groups_do_not() {
    let simulator = small().await;
    let client = Client::api_token();
    let zoe = "00u7zoe0old0000000d7".to_owned();
    for (path, shown) in [
        ("users", false),
        ("users?search=profile.department+eq+%22engineering%22", true),
        ("users?filter=status+eq+%22DEPROVISIONED%22", true),
        ("users?q=Zo%C3%AB", false),
        ("groups/00g1platform0000000d/users", true),
        ("groups/00g0everyone0000000d/users", false),
    ] {
        let answer = client
            .get(&format!("{}/api/v1/{path}", simulator.url()))
            .await;
        assert_eq!(answer.ids().contains(&zoe), shown, "{path}");
    }
}

#[tokio::test]
async fn bad_queries_have_oktas_codes() {
    let simulator = small().await;
    let client = Client::api_token();
    for (path, code) in [
        ("users?search=this+is+not+a+filter", "E0000031"),
        ("groups?filter=profile.name+eq+%22x%22", "E0000031"),
        (
            "users?search=profile.city+pr&filter=status+eq+%22ACTIVE%22",
            "E0000033",
        ),
        ("users?limit=many", "E0000001"),
    ] {
        let answer = client
            .get(&format!("{}/api/v1/{path}", simulator.url()))
            .await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, code),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_index_lags_behind_and_catches_up() {
    let simulator = start("small", |options| options.index_lag = Duration::MAX).await;
    let client = Client::api_token();
    let base = format!("{}/api/v1", simulator.url());
    let at = simulator.now();
    simulator.edit(|org| {
        org.set_user_profile("00u2benobrien000000d", "department", "Moved".into(), at);
        org.join(PLATFORM, "00uanobody000000000d", at);
    });
    let found = async || {
        client
            .get(&format!(
                "{base}/users?search=profile.department+eq+%22moved%22"
            ))
            .await
            .ids()
            .len()
    };
    let moved = async || {
        client
            .get(&format!("{base}/groups/{PLATFORM}"))
            .await
            .json()["lastMembershipUpdated"]
            .clone()
    };
    let before = moved().await;
    assert_eq!(
        (found().await, &before),
        (0, &json!("2025-12-01T10:00:00.000Z"))
    );
    assert_eq!(
        client
            .get(&format!("{base}/groups/{PLATFORM}/users"))
            .await
            .ids()
            .len(),
        5,
        "members are read at once"
    );
    simulator.reindex();
    assert_eq!(found().await, 1);
    assert_ne!(moved().await, before);
}
