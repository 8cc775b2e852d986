//! What is tried again, for how long, and what becomes of what is not.

use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use okta_auth::{
    ApiToken, AuthError, OrgUrl, Scope, Token, TokenSource, TransportError, TransportErrorKind,
};
use tokio::time::Instant;

use super::{builder, chain, scripted};
use crate::{Client, Error, ErrorKind};
use okta_auth::testing::{Answer, ScriptedTransport};

const USERS: &str = "/api/v1/users?limit=200";
const DATE: &str = "Sat, 25 Feb 2017 01:30:46 GMT";

fn throttled(limit: &str, remaining: &str) -> Answer {
    let body = r#"{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests.","errorCauses":[]}"#;
    let answer = Answer::status(429, body)
        .header("date", DATE)
        .header("x-rate-limit-reset", "1487986276");
    answer
        .header("x-rate-limit-limit", limit)
        .header("x-rate-limit-remaining", remaining)
}

/// The error of a list whose requests are answered like this, and the time it took.
async fn failing(answers: impl IntoIterator<Item = Answer>) -> (Error, Duration) {
    let (client, script) = scripted();
    answers
        .into_iter()
        .for_each(|answer| script.expect(USERS, answer));
    let start = Instant::now();
    let error = client.users().list().all().await.unwrap_err();
    let printed = format!("{error:?} {} {:?}", chain(&error), client);
    assert!(!printed.contains("token-"), "{printed}");
    (error, start.elapsed())
}

/// The time a list took whose requests are answered like this, the last with success.
async fn succeeding(answers: impl IntoIterator<Item = Answer>) -> Duration {
    let (client, script) = scripted();
    answers
        .into_iter()
        .for_each(|answer| script.expect(USERS, answer));
    script.expect(USERS, Answer::json(r#"[{"id":"00u1"}]"#));
    let start = Instant::now();
    assert_eq!(client.users().list().all().await.unwrap().len(), 1);
    script.finish().unwrap();
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again() {
    let half = Duration::from_millis(250);
    let statuses = [408, 502, 503].map(|status| Answer::status(status, "<html>"));
    let kinds = [
        TransportErrorKind::Connect,
        TransportErrorKind::Timeout,
        TransportErrorKind::Interrupted,
    ]
    .map(Answer::failure);
    let cut_off = [Answer::json(r#"[{"id":"00u1""#), Answer::json("")];
    for answer in statuses.into_iter().chain(kinds).chain(cut_off) {
        assert_eq!(succeeding([answer]).await, half);
    }
    assert_eq!(
        succeeding([Answer::status(503, "").header("retry-after", "9")]).await,
        Duration::from_secs(9)
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_that_okta_cannot_make_is_asked_for_in_smaller_parts() {
    let (client, script) = scripted();
    let next = "https://acme.okta.com/api/v1/users?after=a%3D%3D&limit=200&search=limit%3D200";
    let first = Answer::json(r#"[{"id":"00u1"}]"#);
    script.expect(
        USERS,
        first.header("link", &format!("<{next}>; rel=\"next\"")),
    );
    for (limit, status) in [(200, 500), (100, 504), (50, 500), (25, 500)] {
        let url = format!("/api/v1/users?after=a%3D%3D&limit={limit}&search=limit%3D200");
        script.expect(&url, Answer::status(status, "<html>"));
    }
    let last = "/api/v1/users?after=a%3D%3D&limit=25&search=limit%3D200";
    script.expect(last, Answer::json(r#"[{"id":"00u2"}]"#));
    assert_eq!(client.users().list().all().await.unwrap().len(), 2);
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_throttled_request_waits_for_the_next_window() {
    let (client, script) = scripted();
    script.expect(USERS, throttled("600", "0"));
    script.expect(USERS, Answer::json("[]"));
    let start = Instant::now();
    client.users().list().all().await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(31));
    let waited = client.metrics().waited_for_limit;
    let metrics = client.metrics().total();
    assert_eq!(
        (metrics.count, metrics.throttled, metrics.retries, waited),
        (2, 1, 1, Duration::from_secs(31))
    );
}

#[tokio::test(start_paused = true)]
async fn too_many_concurrent_requests_wait_for_a_moment_only() {
    assert_eq!(
        succeeding([throttled("0", "0")]).await,
        Duration::from_millis(250)
    );
}

#[tokio::test(start_paused = true)]
async fn retries_end_after_the_time_for_one_request() {
    let (error, time) = failing((0..100).map(|_| Answer::status(503, ""))).await;
    assert_eq!(error.kind(), ErrorKind::ServerFailure);
    assert!((45..60).contains(&time.as_secs()), "{time:?}");

    let (error, _) = failing((0..100).map(|_| Answer::failure(TransportErrorKind::Connect))).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(
        chain(&error),
        "listing users: page 1: okta can not be reached < no connection < scripted"
    );

    let (error, _) = failing((0..100).map(|_| Answer::json("[{"))).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable);

    let (error, time) = failing((0..100).map(|_| throttled("600", "0"))).await;
    assert_eq!(
        (error.kind(), time),
        (ErrorKind::Throttled, Duration::from_secs(93)),
        "three windows"
    );

    let (error, time) = failing((0..1_000).map(|_| throttled("0", "0"))).await;
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(time < Duration::from_secs(60), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_given_up() {
    let (error, time) = failing([Answer::json("[]").after(Duration::MAX)]).await;
    assert_eq!(
        (error.kind(), time),
        (ErrorKind::DeadlineExceeded, Duration::from_secs(60))
    );

    let transport = ScriptedTransport::default();
    let client = builder(transport.clone())
        .retry_for(Duration::from_secs(5))
        .build();
    transport.expect(USERS, Answer::status(503, ""));
    transport.expect(USERS, Answer::json("[]").after(Duration::from_secs(10)));
    let start = Instant::now();
    assert_eq!(
        client.users().list().all().await.unwrap_err().kind(),
        ErrorKind::DeadlineExceeded
    );
    assert_eq!(start.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once() {
    let refusal = || {
        Answer::status(
            401,
            r#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#,
        )
    };
    let (client, script) = scripted();
    script.expect(USERS, refusal());
    script.expect(USERS, Answer::json("[]"));
    client.users().list().all().await.unwrap();
    let sent: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.headers()[AUTHORIZATION].clone())
        .collect();
    assert_eq!(sent, ["SSWS token-0", "SSWS token-1"]);

    script.expect(USERS, refusal());
    script.expect(USERS, refusal());
    let error = client.users().list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    script.finish().unwrap();
}

/// Has no token for so many times, for this reason.
#[derive(Debug)]
struct NoToken(Mutex<u32>, AuthError);

impl TokenSource for NoToken {
    fn token(&self) -> BoxFuture<'_, Result<Token, AuthError>> {
        let mut times = self.0.lock().unwrap();
        if *times == 0 {
            return async { ApiToken::new("t").unwrap().token().await }.boxed();
        }
        *times -= 1;
        async { Err(self.1.clone()) }.boxed()
    }

    fn reject(&self, _token: &Token) {}
}

/// What becomes of a list when there is no token for so many times.
async fn without_token(times: u32, reason: AuthError) -> Result<Duration, Error> {
    let org = OrgUrl::parse("https://acme.okta.com").unwrap();
    let transport = ScriptedTransport::default();
    transport.expect(USERS, Answer::json("[]"));
    let tokens = NoToken(Mutex::new(times), reason);
    let client = Client::builder(org, tokens, transport)
        .jitter(|| 0.0)
        .build();
    let start = Instant::now();
    client.users().list().all().await.map(|_| start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_late_is_waited_for_and_one_that_is_refused_is_not() {
    let kind = TransportErrorKind::Connect;
    let late = || AuthError::Transport(TransportError::new(kind, "scripted"));
    let waited = without_token(2, late()).await.unwrap();
    assert_eq!(waited, Duration::from_millis(750));
    let error = without_token(1_000, late()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(matches!(error.auth(), Some(AuthError::Transport(_))));

    let missing = vec![Scope::USERS_READ];
    let refused = AuthError::MissingScopes {
        missing,
        granted: Vec::new(),
        more: 0,
    };
    let error = without_token(1, refused).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.auth().unwrap().fix().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_will_not_pass_is_not_tried_again() {
    let json = |status, code: &str| {
        Answer::status(
            status,
            format!(r#"{{"errorCode":"{code}","errorSummary":"s"}}"#),
        )
    };
    let challenge = r#"Bearer realm="x", scope="okta.users.read", error="insufficient_scope""#;
    let forbidden = |missing_scope: Option<&str>| ErrorKind::Forbidden {
        missing_scope: missing_scope.map(str::to_owned),
    };
    let table = [
        (json(400, "E0000031"), ErrorKind::BadSearch),
        (json(400, "E0000001"), ErrorKind::Rejected),
        (json(401, "E0000015"), forbidden(None)),
        (json(403, "E0000006"), forbidden(None)),
        (
            Answer::status(403, "").header("www-authenticate", challenge),
            forbidden(Some("okta.users.read")),
        ),
        (
            Answer::status(403, "")
                .header("www-authenticate", r#"DPoP error="insufficient_scope""#),
            forbidden(Some("okta.users.read")),
        ),
        (json(404, "E0000008"), ErrorKind::WrongAddress),
        (json(405, "E0000022"), ErrorKind::Rejected),
        (json(501, "E0000060"), ErrorKind::ServerFailure),
        (
            Answer::status(302, "").header("location", "https://sso.example/"),
            ErrorKind::Protocol,
        ),
        (
            Answer::status(200, "<html>Sign in").header("content-type", "text/html"),
            ErrorKind::Protocol,
        ),
        (Answer::json("<html>Sign in"), ErrorKind::Protocol),
        (Answer::json(r#"[{"name":"nobody"}]"#), ErrorKind::Protocol),
        (
            Answer::failure(TransportErrorKind::Tls),
            ErrorKind::Unreachable,
        ),
    ];
    for (answer, kind) in table {
        let (error, time) = failing([answer]).await;
        assert_eq!((error.kind(), time), (kind, Duration::ZERO), "{error:?}");
    }
}
