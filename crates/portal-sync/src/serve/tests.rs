//! Every route, asked without a socket.

mod access;
mod api;
mod backstage;
mod feed;
mod fuzzed;
mod lists;
mod page;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method};
use catalog_model::Entity;
use jiff::Timestamp;
use okta_auth::ManualClock;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::*;
use crate::held::run::{Failure, Run};
use crate::serve::Permission;

/// 2024-01-01T00:05:00Z, five minutes after the generation.
const NOW: i64 = 1_704_067_500;

/// A server and the ends that feed it.
struct Stage {
    router: Router,
    feed: Arc<Feed>,
    catalog: watch::Sender<Option<Arc<Published>>>,
    store: watch::Sender<StoreStatus>,
    status: watch::Sender<Vec<ProviderStatus>>,
}

impl Stage {
    fn empty() -> Self {
        Self::with_tokens(&[])
    }

    fn with_tokens(tokens: &[&str]) -> Self {
        let feed = Arc::new(Feed::new(None));
        let (catalog, catalog_reader) = watch::channel(None);
        let (store, store_reader) = watch::channel(StoreStatus::Read);
        let (status, status_reader) = watch::channel(Vec::new());
        let metrics = Registry::new();
        let runs = prometheus::IntCounter::new("portal_sync_runs_total", "Runs.").unwrap();
        metrics.register(Box::new(runs)).unwrap();
        let router = router(App {
            catalog: catalog_reader,
            feed: Arc::clone(&feed),
            store: store_reader,
            status: status_reader,
            tokens: tokens.iter().map(|secret| token(secret)).collect(),
            unauthorized: Unauthorized::unread(),
            listen: [127, 0, 0, 1].into(),
            hosts: Vec::new(),
            metrics,
            clock: Arc::new(ManualClock::new(Timestamp::from_second(NOW).unwrap())),
        });
        Self {
            router,
            feed,
            catalog,
            store,
            status,
        }
    }

    fn publish(&self, entities: Vec<Value>) {
        self.catalog
            .send_replace(Some(Arc::new(published(entities))));
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[]).await
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, headers, Body::empty()).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self
            .router
            .clone()
            .oneshot(request.body(body.into()).unwrap())
            .await;
        let (parts, body) = answer.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }
}

/// A token that may read.
fn token(secret: &str) -> Token {
    Token {
        name: None,
        secret: secret.into(),
        may: Permission::Read,
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Asserts that this is an error of Backstage's shape, for a `GET` of `url` below the API.
    fn is_problem(&self, status: u16, name: &str, message: &str, url: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(
            self.header("content-type"),
            Some("application/json; charset=utf-8")
        );
        let expected = json!({
            "error": { "name": name, "message": message },
            "request": { "method": "GET", "url": url },
            "response": { "statusCode": status },
        });
        assert_eq!(self.json(), expected);
    }
}

fn published(entities: Vec<Value>) -> Published {
    let taken_at = Timestamp::from_second(NOW - 300).unwrap();
    crate::testing::published(12, taken_at, entities)
}

fn user(name: &str, display_name: &str, groups: &[&str]) -> Value {
    json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "metadata": {
            "name": name,
            "namespace": "default",
            "annotations": { "okta.com/id": format!("id-of-{name}") },
        },
        "spec": {
            "profile": { "displayName": display_name, "email": format!("{name}@example.com") },
            "memberOf": groups,
        },
    })
}

fn group(name: &str, parent: Option<&str>, children: &[&str], members: &[&str]) -> Value {
    let mut group = json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Group",
        "metadata": { "name": name, "namespace": "default", "title": format!("The {name}") },
        "spec": { "type": "team", "children": children, "members": members },
    });
    if let Some(parent) = parent {
        group["spec"]["parent"] = parent.into();
    }
    group
}

/// Two people, one group within another.
fn small() -> Vec<Value> {
    vec![
        user("ada.lovelace", "Ada Lovelace", &["engines"]),
        user("mallory", "<script>alert('x')</script>", &[]),
        group("engines", Some("science"), &[], &["ada.lovelace"]),
        group("science", None, &["engines"], &[]),
    ]
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_not_ready_though_its_last_generation_is_served() {
    let stage = Stage::empty();
    for is_served in [false, true] {
        if is_served {
            stage.publish(Vec::new());
        }
        for (status, code, why) in [
            (StoreStatus::Opening, 503, "reading the store"),
            (StoreStatus::Unreadable, 503, "cannot be read"),
            (StoreStatus::Gone, 503, "is gone"),
            (StoreStatus::Emptied, 503, "without a catalog"),
            (StoreStatus::Damaged, 503, "is damaged"),
            (
                StoreStatus::Read,
                if is_served { 200 } else { 503 },
                if is_served {
                    "ok"
                } else {
                    "waiting for the first sync"
                },
            ),
        ] {
            stage.store.send_replace(status);
            let ready = stage.get("/readyz").await;
            assert_eq!(ready.status, code, "{status:?}");
            assert!(ready.text().contains(why), "{status:?}: {}", ready.text());
            assert_eq!(stage.get("/healthz").await.status, 200);
        }
    }
    let list = stage.get("/api/catalog/entities").await;
    assert_eq!(list.status, 200);
}

#[tokio::test]
async fn health_is_alive_at_once_and_ready_with_a_generation() {
    let stage = Stage::empty();
    assert_eq!(stage.get("/healthz").await.status, 200);
    assert_eq!(stage.get("/readyz").await.status, 503);
    stage.publish(Vec::new());
    let ready = stage.get("/readyz").await;
    assert_eq!((ready.status, ready.text()), (200, "ok\n"));
}

#[tokio::test]
async fn a_tenant_that_was_never_read_is_named() {
    let stage = Stage::empty();
    let status = |provider: &str, org: &str| ProviderStatus {
        provider: provider.to_owned(),
        org: org.to_owned(),
        last_run: None,
        next_run: None,
        running: true,
    };
    stage.status.send_replace(vec![
        status("default", "acme.okta.com"),
        status("partners", "partners.okta.com"),
    ]);
    stage.publish(small());
    let ready = stage.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.text()),
        (200, "ok\nnever read: partners\n")
    );
    let page = stage.get("/").await;
    let missing = "<strong>partners</strong> (partners.okta.com) was never read";
    assert!(page.text().contains(missing), "{}", page.text());
    assert!(!page.text().contains("<strong>default</strong>"));
}

#[tokio::test]
async fn before_there_is_a_generation_readiness_says_what_is_waited_for() {
    let stage = Stage::empty();
    for (status, expected) in [
        (StoreStatus::Opening, "reading the store\n"),
        (
            StoreStatus::Unreadable,
            "the store cannot be read: it is tried again\n",
        ),
        (StoreStatus::Read, "waiting for the first sync\n"),
    ] {
        stage.store.send_replace(status);
        let ready = stage.get("/readyz").await;
        assert_eq!((ready.status, ready.text()), (503, expected));
        assert_eq!(stage.get("/healthz").await.status, 200);
    }
}

#[tokio::test]
async fn every_route_is_answered_under_its_own_name_alone() {
    let stage = Stage::with_tokens(&["secret"]);
    for path in ["/", "/healthz", "/readyz", "/metrics", "/nowhere"] {
        for method in [Method::GET, Method::POST] {
            let foreign = [("host", "evil.example")];
            let answer = stage.ask(method.clone(), path, &foreign).await;
            assert_eq!(answer.status, 421, "{method} {path}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(answer.header("connection"), Some("close"));
            let cross = [("sec-fetch-site", "cross-site")];
            let answer = stage.ask(method.clone(), path, &cross).await;
            assert_eq!(answer.status, 403, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let answer = Stage::empty().get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4")
    );
    assert!(
        answer.text().contains("portal_sync_runs_total 0"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_browsers_safe() {
    let stage = Stage::with_tokens(&["secret"]);
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/nowhere",
        "/api/catalog/entities",
    ] {
        let answer = stage.get(path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let stage = Stage::empty();
    stage.publish(small());
    for path in [
        "/",
        "/catalog/default/user/mallory",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = stage.ask(method.clone(), path, &[]).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET,HEAD"), "{method} {path}");
        }
        let head = stage.ask(Method::HEAD, path, &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "HEAD {path}");
    }
}

#[tokio::test]
async fn long_answers_are_compressed_for_those_who_ask() {
    let stage = Stage::empty();
    stage.publish(small());
    for path in ["/", "/api/catalog/entities"] {
        let packed = stage
            .ask(Method::GET, path, &[("accept-encoding", "gzip")])
            .await;
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(packed.header("vary"), Some("accept-encoding"), "{path}");
        assert_eq!(
            packed.body.get(..2),
            Some([0x1f, 0x8b].as_slice()),
            "{path}"
        );
        assert_eq!(
            stage.get(path).await.header("content-encoding"),
            None,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    async fn fails() -> &'static str {
        panic!("on purpose")
    }
    let answer = hardened(Router::new().route("/", get(fails)))
        .oneshot(Request::builder().uri("/").body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let body = to_bytes(answer.into_body(), 1_000).await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("on purpose"));
}

#[tokio::test(start_paused = true)]
async fn a_request_ends_in_time() {
    async fn hangs() {
        std::future::pending().await
    }
    let answer = hardened(Router::new().route("/", get(hangs)))
        .oneshot(Request::builder().uri("/").body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}
