//! Who may read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const GUARDED: [&str; 6] = [
    "/",
    "/catalog/default/user/mallory",
    "/api/catalog/entities",
    "/api/catalog/entities/by-name/user/default/mallory",
    "/metrics",
    "/nowhere",
];

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

#[tokio::test]
async fn without_credentials_only_health_answers() {
    let stage = Stage::with_tokens(&["first-token", "second-token"]);
    stage.publish(small());
    let style = Assets::new().style.path().to_owned();
    for path in GUARDED.into_iter().chain([style.as_str()]) {
        assert_eq!(stage.get(path).await.status, 401, "{path}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn each_token_opens_every_route() {
    let stage = Stage::with_tokens(&["first-token", "second-token"]);
    stage.publish(small());
    let ways = [
        "Bearer first-token".to_owned(),
        "bearer second-token".to_owned(),
        basic("anyone:first-token"),
        basic(":second-token"),
    ];
    for way in &ways {
        for path in GUARDED {
            let status = stage
                .ask(Method::GET, path, &[("authorization", way)])
                .await
                .status;
            let expected = if path == "/nowhere" { 404 } else { 200 };
            assert_eq!(status, expected, "{way} {path}");
        }
    }
}

#[tokio::test]
async fn the_page_asks_a_browser_to_log_in() {
    let stage = Stage::with_tokens(&["first-token"]);
    let answer = stage.get("/").await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("www-authenticate"),
        Some(r#"Basic realm="portal-sync""#)
    );
}

#[tokio::test]
async fn the_api_refuses_in_backstages_words() {
    let stage = Stage::with_tokens(&["first-token"]);
    let (missing, illegal) = ("Missing credentials", "Illegal token");
    let cases = [
        (None, missing),
        (Some(basic("user:wrong")), missing),
        (Some(basic("no colon")), missing),
        (Some("Basic !!!".to_owned()), missing),
        (Some("first-token".to_owned()), missing),
        (Some("Digest first-token".to_owned()), missing),
        (Some("Bearer wrong".to_owned()), illegal),
        (Some("Bearer first-token2".to_owned()), illegal),
        (Some("Bearer first-toke".to_owned()), illegal),
        (Some("Bearer ".to_owned()), illegal),
    ];
    for (credentials, message) in cases {
        let headers: Vec<_> = credentials
            .iter()
            .map(|value| ("authorization", value.as_str()))
            .collect();
        let answer = stage
            .ask(Method::GET, "/api/catalog/entities?x=1", &headers)
            .await;
        answer.is_problem(401, "AuthenticationError", message, "/entities?x=1");
        assert_eq!(answer.header("www-authenticate"), None);
    }
    // The lock comes before the routes: an unknown one is not told from a known one.
    assert_eq!(stage.get("/api/catalog/nothing").await.status, 401);
    let post = stage.ask(Method::POST, "/api/catalog/entities", &[]).await;
    assert_eq!(post.status, 401);
}

#[tokio::test]
async fn an_empty_password_never_opens() {
    let stage = Stage::with_tokens(&[""]);
    for way in ["Bearer ".to_owned(), basic("user:")] {
        let status = stage
            .ask(Method::GET, "/", &[("authorization", &way)])
            .await
            .status;
        assert_eq!(status, 401, "{way}");
    }
}

#[tokio::test]
async fn tokens_do_not_print() {
    let (_, catalog) = watch::channel(None);
    let (_, status) = watch::channel(Vec::new());
    let (_, store) = watch::channel(StoreStatus::Read);
    let app = App {
        catalog,
        store,
        status,
        tokens: vec![SecretString::from("first-token")],
        listen: [127, 0, 0, 1].into(),
        hosts: Vec::new(),
        metrics: prometheus::Registry::new(),
        clock: Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH)),
    };
    assert!(!format!("{app:?}").contains("first-token"));
}
