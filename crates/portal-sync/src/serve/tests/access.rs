//! Who may read.

use std::net::IpAddr;
use std::sync::Mutex;

use axum::extract::Extension;
use axum::middleware::from_fn_with_state;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use tokio::time::{Instant, timeout};

use super::*;
use crate::serve::access::{Access, Caller, Peer, check};
use crate::telemetry::{exposition, metrics_of_a_test};

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
    let (_, store) = watch::channel(StoreStatus::Read);
    let (_, status) = watch::channel(Vec::new());
    let app = App {
        catalog,
        feed: Arc::new(Feed::new(None)),
        store,
        status,
        tokens: vec![token("first-token")],
        unauthorized: Unauthorized::unread(),
        listen: [127, 0, 0, 1].into(),
        hosts: Vec::new(),
        metrics: Registry::new(),
        clock: Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH)),
    };
    assert!(!format!("{app:?}").contains("first-token"));
}

/// A route that tells who asks, behind `tokens`.
fn guarded(tokens: &[Token], unauthorized: Unauthorized) -> Router {
    let tell = |Extension(caller): Extension<Caller>| async move {
        format!(
            "{} may {}",
            caller.name.as_deref().unwrap_or("-"),
            caller.may
        )
    };
    Router::new()
        .route("/", get(tell))
        .layer(from_fn_with_state(Access::new(tokens, unauthorized), check))
}

/// What a request from `peer` with these headers of credentials is answered, and after how long.
async fn ask(
    router: &Router,
    peer: Option<&str>,
    credentials: &[&str],
) -> (u16, HeaderMap, Duration) {
    let mut request = Request::builder().uri("/");
    for value in credentials {
        request = request.header("authorization", *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    if let Some(peer) = peer {
        let peer: IpAddr = peer.parse().unwrap();
        request.extensions_mut().insert(Peer(peer));
    }
    let asked = Instant::now();
    let answer = router.clone().oneshot(request).await.unwrap();
    (
        answer.status().as_u16(),
        answer.headers().clone(),
        asked.elapsed(),
    )
}

#[tokio::test]
async fn who_asks_is_known_behind_the_lock() {
    let named = |name: &str, secret: &str, may| Token {
        name: Some(name.to_owned()),
        may,
        ..token(secret)
    };
    let tokens = [
        token("plain-token"),
        named("backstage", "backstage-token", Permission::Read),
        named("oncall", "oncall-token", Permission::Operate),
    ];
    let unauthorized = Unauthorized::unread();
    for (tokens, credentials, expected) in [
        (&tokens[..], Some("Bearer plain-token"), "- may read"),
        (
            &tokens,
            Some("Bearer backstage-token"),
            "backstage may read",
        ),
        (&tokens, Some("Bearer oncall-token"), "oncall may operate"),
        (&[], None, "- may read"),
        (&[], Some("Bearer anything"), "- may read"),
    ] {
        let mut request = Request::builder().uri("/");
        if let Some(credentials) = credentials {
            request = request.header("authorization", credentials);
        }
        let answer = guarded(tokens, unauthorized.clone())
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn two_headers_are_refused_whatever_they_hold() {
    let stage = Stage::with_tokens(&["first-token"]);
    let right = ("authorization", "Bearer first-token");
    for other in [
        right,
        ("authorization", "Bearer wrong"),
        ("Authorization", ""),
    ] {
        for headers in [[right, other], [other, right]] {
            let answer = stage
                .ask(Method::GET, "/api/catalog/entities", &headers)
                .await;
            let message = "More than one Authorization header";
            answer.is_problem(401, "AuthenticationError", message, "/entities");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_tokens_are_answered_later_and_later_and_right_ones_at_once() {
    let unauthorized = Unauthorized::unread();
    let router = guarded(&[token("first-token")], unauthorized);
    let peer = Some("192.0.2.7");
    let mut delays = Vec::new();
    for _ in 0..12 {
        let (status, headers, delay) = ask(&router, peer, &["Bearer wrong"]).await;
        assert_eq!(status, 401);
        // A connection that guesses is not kept.
        let is_slowed = !delay.is_zero();
        assert_eq!(headers.contains_key("connection"), is_slowed);
        delays.push(delay.as_millis());
    }
    assert_eq!(delays[..5], [0; 5]);
    assert!(delays[5..].is_sorted() && delays[5] >= 50, "{delays:?}");
    assert!((1_000..1_010).contains(&delays[11]), "{delays:?}");

    for (peer, credentials, status) in [
        (peer, &["Bearer first-token"][..], 200),
        (peer, &[], 401),
        (Some("192.0.2.8"), &["Bearer wrong"], 401),
        (None, &["Bearer wrong"], 401),
    ] {
        let (answered, headers, delay) = ask(&router, peer, credentials).await;
        assert_eq!(
            (answered, delay),
            (status, Duration::ZERO),
            "{credentials:?}"
        );
        assert!(!headers.contains_key("connection"));
    }
    for wrong in [
        "Basic d3Jvbmc6d3Jvbmc=",
        "Basic !!!",
        "Digest x",
        "Bearer",
        "Bearer \u{a0}",
    ] {
        let (status, _, delay) = ask(&router, peer, &[wrong]).await;
        assert_eq!(status, 401, "{wrong}");
        assert!(delay >= Duration::from_secs(1), "{wrong} is no way around");
    }
    let (_, _, delay) = ask(&router, peer, &["Bearer first-token", "Bearer first-token"]).await;
    assert!(delay >= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn twenty_guessers_and_a_reader_at_one_address() {
    let unauthorized = Unauthorized::unread();
    let router = guarded(&[token("first-token")], unauthorized);
    let peer = Some("2001:db8::1");
    let guesser = || async {
        let mut statuses = Vec::new();
        for _ in 0..50 {
            let (status, headers, _) = ask(&router, Some("2001:db8::2"), &["Bearer wrong"]).await;
            if status == 429 {
                assert_eq!(headers["retry-after"], "1");
                assert_eq!(headers["connection"], "close");
            }
            statuses.push(status);
        }
        statuses
    };
    let reader = async {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
            let (status, _, delay) = ask(&router, peer, &["Bearer first-token"]).await;
            assert_eq!((status, delay), (200, Duration::ZERO));
        }
    };
    let (answers, ()) = tokio::join!(join_all((0..20).map(|_| guesser())), reader);
    let answers = answers.concat();
    assert!(answers.iter().all(|status| matches!(status, 401 | 429)));
    assert!(answers.contains(&429), "not all of them can wait");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_while_waiting_makes_room() {
    let unauthorized = Unauthorized::unread();
    let router = guarded(&[token("first-token")], unauthorized);
    for _ in 0..100 {
        let asking = ask(&router, None, &["Bearer wrong"]);
        // Gone before the answer.
        drop(timeout(Duration::from_millis(1), asking).await);
    }
    let (status, _, _) = ask(&router, None, &["Bearer wrong"]).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn refusals_are_counted_by_kind() {
    let (registry, metrics, _kept) = metrics_of_a_test();
    let router = guarded(&[token("first-token")], metrics.unauthorized());
    let text = || exposition(&registry);
    let counted = |kind: &str, requests: u32| {
        format!("portal_sync_http_unauthorized_total{{kind=\"{kind}\"}} {requests}\n")
    };
    let before = text().unwrap();
    assert!(before.contains(&counted("missing", 0)), "{before}");
    assert!(before.contains(&counted("illegal", 0)), "{before}");

    ask(&router, Some("192.0.2.7"), &[]).await;
    ask(&router, Some("192.0.2.7"), &["Bearer wrong"]).await;
    ask(&router, None, &["Basic OndyoG5n"]).await;
    ask(&router, None, &["Bearer first-token"]).await;
    let after = text().unwrap();
    assert!(after.contains(&counted("missing", 1)), "{after}");
    assert!(after.contains(&counted("illegal", 2)), "{after}");
    assert!(!after.contains("192.0.2.7"));
}

/// Lines of the log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_names_the_address_and_not_the_guess() {
    let lines = Lines::default();
    let written = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || written.clone())
        .with_ansi(false)
        .with_max_level(tracing::Level::INFO)
        .finish();
    let _installed = tracing::subscriber::set_default(subscriber);
    let unauthorized = Unauthorized::unread();
    let router = guarded(&[token("first-token")], unauthorized);
    for _ in 0..50 {
        ask(&router, Some("::ffff:192.0.2.7"), &["Bearer gu3ss"]).await;
        ask(&router, Some("192.0.2.7"), &[]).await;
    }
    for host in 0..200 {
        ask(
            &router,
            Some(&format!("198.51.100.{host}")),
            &["Bearer gu3ss"],
        )
        .await;
    }
    ask(&router, Some("192.0.2.7"), &["Bearer first-token"]).await;

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(
        !log.contains("gu3ss") && !log.contains("first-token"),
        "{log}"
    );
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
    assert!(warnings[0].contains("peer=192.0.2.7 requests=1"), "{log}");
    assert!(warnings.len() <= 2 * 11, "{log}");
    let infos = log.lines().filter(|line| line.contains("INFO")).count();
    assert!((1..=2).contains(&infos), "{log}");
}
