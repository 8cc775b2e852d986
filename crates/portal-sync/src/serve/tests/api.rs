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
            "malformed uri'",
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
async fn the_list_has_every_entity_once() {
    let stage = Stage::empty();
    stage.publish(Vec::new());
    let none = stage.get("/api/catalog/entities").await;
    assert_eq!((none.status, none.text()), (200, "[]"));

    // More than two parts, so that the seams show.
    let many: Vec<_> = (0..600)
        .map(|n| user(&format!("{n:04}"), "Someone", &[]))
        .collect();
    stage.publish(many);
    let list = stage.get("/api/catalog/entities").await;
    let json = ("application/json; charset=utf-8", 200);
    assert_eq!((list.header("content-type").unwrap(), list.status), json);
    let list = list.json();
    let names = list.as_array().unwrap().iter();
    let names: Vec<_> = names.map(|entity| &entity["metadata"]["name"]).collect();
    // By uid, which the tests make of the name.
    let expected: Vec<_> = (0..600).map(|n| json!(format!("{n:04}"))).collect();
    assert_eq!(names, expected.iter().collect::<Vec<_>>());

    let path = "/api/catalog/entities/by-name/user/default/0300";
    assert_eq!(list[300], stage.get(path).await.json());
}

#[tokio::test]
async fn an_unknown_route_of_the_api_has_no_words() {
    let stage = Stage::empty();
    stage.publish(small());
    for path in [
        "/api/catalog",
        "/api/catalog/",
        "/api/catalog/nothing",
        "/api/catalog/entities/by-name/user/default/",
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

#[tokio::test]
async fn what_backstage_lacks_is_not_found_and_what_would_change_something_is_refused() {
    let stage = Stage::empty();
    stage.publish(small());
    let json = [("content-type", "application/json")];
    for (method, path, body, status) in [
        ("POST", "/entities", "{}", 404),
        ("PUT", "/entities/by-uid/x", "{}", 404),
        ("PATCH", "/entities", "", 404),
        ("GET", "/refresh", "", 404),
        ("DELETE", "/entities/by-uid/x", "", 403),
        ("DELETE", "/locations/x", "", 403),
        ("PUT", "/locations/x", r#"{"type":"url","target":"x"}"#, 403),
        ("POST", "/locations", r#"{"type":"url","target":"x"}"#, 403),
        (
            "POST",
            "/locations",
            r#"{"type":"url","target":"x","y":1}"#,
            400,
        ),
        (
            "POST",
            "/analyze-location",
            r#"{"location":{"type":"url","target":"x"}}"#,
            403,
        ),
        ("POST", "/refresh", "{}", 400),
        (
            "POST",
            "/refresh",
            r#"{"entityRef":"user:default/nobody"}"#,
            404,
        ),
        (
            "POST",
            "/refresh",
            r#"{"entityRef":"User:default/Mallory"}"#,
            403,
        ),
    ] {
        let path = format!("/api/catalog{path}");
        let method: Method = method.parse().unwrap();
        let answer = stage.send(method, &path, &json, body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
        let name = match status {
            403 => "NotAllowedError",
            400 => "InputError",
            _ => continue,
        };
        assert_eq!(answer.json()["error"]["name"], name);
    }
}

#[tokio::test]
async fn what_is_asked_without_measure_ends() {
    let stage = Stage::empty();
    stage.publish(small());
    let json = [("content-type", "application/json")];
    let many = |one: &str, count: usize| vec![one; count].join(",");
    let nested = |count: usize| format!("{}{{}}{}", r#"{"$not":"#.repeat(count), "}".repeat(count));
    let clause = r#"{"metadata.name":{"$hasPrefix":"a"}}"#;
    let clauses = format!(r#"{{"query":{{"$any":[{}]}}}}"#, many(clause, 1_000));
    let refs = format!(r#"{{"entityRefs":[{}]}}"#, many(r#""a""#, 10_000));
    let too_many_refs = format!(
        r#"{{"entityRefs":[{}]}}"#,
        many(r#""user:default/x""#, 6_500)
    );
    let cursor = format!(r#"{{"cursor":"{}"}}"#, "A".repeat(1_000_000));
    for (path, body, status) in [
        ("/entities/by-query", clauses.as_str(), 200),
        ("/entities/by-refs", &refs, 200),
        ("/entities/by-refs", &too_many_refs, 400),
        ("/entities/by-query", &cursor, 413),
        (
            "/entities/by-query",
            &format!(r#"{{"query":{}}}"#, nested(50)),
            200,
        ),
        (
            "/entities/by-query",
            &format!(r#"{{"query":{}}}"#, nested(2_000)),
            400,
        ),
        (
            "/entities/by-query",
            &format!("{}1{}", "[".repeat(40_000), "]".repeat(40_000)),
            400,
        ),
    ] {
        let path = format!("/api/catalog{path}");
        let length = body.len().to_string();
        let headers = [json[0], ("content-length", &length)];
        let answer = stage
            .send(Method::POST, &path, &headers, body.to_owned())
            .await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!(answer.status, status, "{path} {shown}: {}", answer.text());
    }
    let filter = many("metadata.name=x", 1_000).replace(',', "&filter=");
    let path = format!("/api/catalog/entities?filter={filter}");
    assert_eq!(stage.get(&path).await.status, 200);
}
