//! Asking Okta for one object.

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use okta_api::Client;
use okta_auth::{ApiToken, OrgUrl, Transport, TransportError};
use serde_json::json;

use super::{Asking, Kind, Parts, Scene, Timestamp, Value, tenant, user};

/// An org in which Bob is in sales and in Data, and everybody else is not.
#[derive(Debug)]
struct Org;

impl Transport for Org {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let data = json!({"id": "00g2", "type": "OKTA_GROUP", "profile": {"name": "Data"}});
        let gone = json!({"errorCode": "E0000007", "errorSummary": "Not found"});
        let (status, body): (u16, Value) = match request.uri().path() {
            "/api/v1/users/00u2"
            | "/api/v1/users/bob@example.com"
            | "/api/v1/users/bob%40example.com" => (200, user("00u2", "bob@example.com", "Sales")),
            "/api/v1/users/00u2/groups" => (200, json!([data])),
            "/api/v1/groups/00g2" => (200, data),
            "/api/v1/groups" if request.uri().query().is_some_and(|it| it.contains("Data")) => {
                (200, json!([data]))
            }
            "/api/v1/users" | "/api/v1/groups" => (200, json!([])),
            _ => (404, gone),
        };
        async move {
            let answer = Response::builder().status(status);
            let answer = answer.header("content-type", "application/json");
            Ok(answer.body(body.to_string().into()).unwrap())
        }
        .boxed()
    }
}

fn client() -> Client {
    let org = OrgUrl::parse("https://acme.okta.com").unwrap();
    Client::builder(org, ApiToken::new("00test").unwrap(), Org).build()
}

fn now() -> Timestamp {
    "2026-03-01T10:05:00Z".parse().unwrap()
}

/// The step that decides, and the answer.
async fn told(keys: &str, is_held: bool, kind: Kind, key: &str) -> (String, Vec<String>) {
    let (scene, tenant, client) = (Scene::new(), tenant(keys), client());
    if is_held {
        let mut parts = Parts::new();
        parts.users.retain(|user| user["id"] != "00u2");
        parts.groups.retain(|(id, ..)| *id != "00g2");
        parts
            .users
            .push(user("00u4", "ann@example.com", "Engineering"));
        scene.commit(&tenant, &parts).await;
    }
    let asking = Asking {
        client: &client,
        tenant: &tenant,
        now: now(),
    };
    let before = scene.store_digest(&tenant).await;
    let told = scene.told(&tenant, kind, key, Some(&asking)).await;
    assert_eq!(scene.store_digest(&tenant).await, before, "nothing is kept");
    told
}

impl Scene {
    async fn store_digest(&self, tenant: &super::Tenant) -> String {
        use crate::store::CatalogStore as _;
        let provider = &tenant.settings.provider;
        let mirror = self.store.mirror(provider).await.unwrap();
        format!("{mirror:?}")
    }
}

#[tokio::test]
async fn the_clause_that_okta_decided_is_told() {
    for is_held in [true, false] {
        let filter = r#"userFilter: profile.department eq "Engineering""#;
        let (text, found) = told(filter, is_held, Kind::User, "bob@example.com").await;
        assert_eq!(found, ["00u2"]);
        assert!(
            text.starts_with(
                "bob@example.com is not in the catalog: does not match `userFilter`: `profile.department eq \
                 \"Engineering\"` is false: it is \"Sales\"\n  00u2 of default, asked for at 2026-03-01T10:05:00Z\n"
            ),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_groups_that_okta_tells_decide() {
    for is_held in [true, false] {
        let filter = "groupFilter: [Platform]";
        let (text, _) = told(filter, is_held, Kind::User, "bob@example.com").await;
        let expected =
            "is in no selected group, as Okta says now; is a member of `Data`, not selected";
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn a_group_is_found_by_its_name_and_judged_by_the_whole_filter() {
    for is_held in [true, false] {
        let filter = r#"groupFilter: profile.name sw "Plat""#;
        let (text, found) = told(filter, is_held, Kind::Group, "Data").await;
        assert_eq!(found, ["00g2"]);
        let expected =
            r#"does not match `groupFilter`: `profile.name sw "Plat"` is false: it is "Data""#;
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn whoever_is_held_and_whom_okta_does_not_know_is_gone() {
    let (text, found) = told("", true, Kind::User, "jane").await;
    assert_eq!(found, ["00u1"]);
    assert!(
        text.starts_with(
            "jane is in the catalog as user:default/jane, and the next run removes it: deleted in Okta\n"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn of_nobody_nothing_is_told() {
    let (text, found) = told("", true, Kind::User, "mia@example.com").await;
    assert!(text.is_empty() && found.is_empty(), "{text}");
}
