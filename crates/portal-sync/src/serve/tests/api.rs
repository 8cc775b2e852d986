//! The catalog API.

use super::*;

const ADA: &str = "/api/catalog/entities/by-name/user/default/ada.lovelace";

#[tokio::test]
async fn before_the_first_generation_the_service_is_unavailable() {
    let stage = Stage::empty();
    for path in ["/entities", "/entities/by-name/user/default/x"] {
        stage.get(&format!("/api/catalog{path}")).await.is_problem(
            503,
            "ServiceUnavailableError",
            "waiting for the first sync",
            path,
        );
    }
    stage.store.send_replace(StoreStatus::Unreadable);
    let answer = stage.get("/api/catalog/entities").await;
    let why = "the store cannot be read: it is tried again";
    answer.is_problem(503, "ServiceUnavailableError", why, "/entities");
}

#[tokio::test]
async fn one_entity_is_answered_in_backstages_shape() {
    let stage = Stage::empty();
    stage.publish(small());
    let answer = stage.get(ADA).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    let mut entity = answer.json();
    let etag = entity["metadata"]["etag"].take();
    assert_eq!(etag.as_str().unwrap().len(), 64);
    let expected = json!({
        "metadata": {
            "namespace": "default",
            "annotations": { "okta.com/id": "id-of-ada.lovelace" },
            "name": "ada.lovelace",
            "uid": crate::testing::uid_of("ada.lovelace").to_string(),
            "etag": null,
        },
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "spec": {
            "profile": { "displayName": "Ada Lovelace", "email": "ada.lovelace@example.com" },
            "memberOf": ["engines"],
        },
        "relations": [{ "type": "memberOf", "targetRef": "group:default/engines" }],
    });
    assert_eq!(entity, expected);
    // The order of the keys is Backstage's too.
    assert!(
        answer
            .text()
            .starts_with(r#"{"metadata":{"namespace":"default","annotations":"#)
    );
}

#[tokio::test]
async fn the_case_of_an_address_does_not_matter() {
    let stage = Stage::empty();
    stage.publish(small());
    let shouted = stage
        .get("/api/catalog/entities/by-name/USER/Default/ADA.Lovelace")
        .await;
    assert_eq!(shouted.status, 200);
    assert_eq!(shouted.json(), stage.get(ADA).await.json());
}

#[tokio::test]
async fn who_is_not_there_is_not_found() {
    let stage = Stage::empty();
    stage.publish(small());
    for (kind, namespace, name) in [
        ("user", "default", "nobody"),
        ("robot", "default", "mallory"),
        ("user", "other", "mallory"),
        ("user", "default", "a..b:c"),
        ("group", "default", "mallory"),
    ] {
        let path = format!("/entities/by-name/{kind}/{namespace}/{name}");
        let message = format!(
            "No entity named '{name}' found, with kind '{kind}' in namespace '{namespace}'"
        );
        stage.get(&format!("/api/catalog{path}")).await.is_problem(
            404,
            "NotFoundError",
            &message,
            &path,
        );
    }
}

#[tokio::test]
async fn an_address_that_is_no_text_is_refused() {
    let stage = Stage::empty();
    stage.publish(small());
    stage
        .get("/api/catalog/entities/by-name/user/default/%ff")
        .await
        .is_problem(
            400,
            "InputError",
            "Failed to decode the path: it is not UTF-8",
            "/entities/by-name/user/default/%ff",
        );
}

#[tokio::test]
async fn any_parameter_is_unknown() {
    let stage = Stage::empty();
    stage.publish(small());
    for (path, name) in [
        ("/entities?colour=blue", "colour"),
        ("/entities?a%20b", "a b"),
        ("/entities?one=1&two=2", "one"),
        (
            "/entities/by-name/user/default/mallory?fields=kind",
            "fields",
        ),
    ] {
        stage.get(&format!("/api/catalog{path}")).await.is_problem(
            400,
            "InputError",
            &format!("Unknown query parameter '{name}'"),
            path,
        );
    }
    assert_eq!(stage.get("/api/catalog/entities?").await.status, 200);
}

#[tokio::test]
async fn the_list_has_every_entity_once_sorted_by_ref() {
    let stage = Stage::empty();
    stage.publish(Vec::new());
    let none = stage.get("/api/catalog/entities").await;
    assert_eq!((none.status, none.text()), (200, "[]"));

    // More than two parts, so that the seams show.
    let many: Vec<_> = (0..600)
        .map(|n| user(&format!("user-{n:04}"), "Someone", &[]))
        .collect();
    stage.publish(many);
    let list = stage.get("/api/catalog/entities").await;
    assert_eq!(
        list.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    let list = list.json();
    let names: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| &entity["metadata"]["name"])
        .collect();
    let expected: Vec<_> = (0..600).map(|n| json!(format!("user-{n:04}"))).collect();
    assert_eq!(names, expected.iter().collect::<Vec<_>>());

    let one = stage
        .get("/api/catalog/entities/by-name/user/default/user-0300")
        .await
        .json();
    assert_eq!(list[300], one);
}

#[tokio::test]
async fn an_unknown_route_of_the_api_has_no_words() {
    let stage = Stage::empty();
    stage.publish(small());
    for path in [
        "/api/catalog",
        "/api/catalog/",
        "/api/catalog/nothing",
        "/api/catalog/entities/",
    ] {
        let answer = stage.get(path).await;
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{path}");
        assert_eq!(answer.header("content-type"), None, "{path}");
    }
}

#[tokio::test]
async fn a_reader_gets_one_generation_to_the_end() {
    let stage = Stage::empty();
    stage.publish(small());
    let request = Request::builder()
        .uri("/api/catalog/entities")
        .header("host", "localhost")
        .body(Body::empty())
        .unwrap();
    let answer = stage.router.clone().oneshot(request).await.unwrap();
    stage.publish(Vec::new());
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let list: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 4);
}
