//! The token endpoint between a client and its answers.

use std::time::Duration;

use futures::future::join_all;
use okta_auth::{Algorithm, OrgUrl, PrivateKey, Scope, ServiceApp};
use tokio::time::{Instant, sleep};

use super::chain;
use crate::{Client, ErrorKind, UserId};
use okta_auth::testing::{Answer, ScriptedTransport};

const TOKEN: &str = "/oauth2/v1/token";
const USERS: &str = "/api/v1/users?limit=200";

/// A client of an app with a key.
fn app() -> (Client, ScriptedTransport) {
    let transport = ScriptedTransport::default();
    let org = OrgUrl::parse("https://acme.okta.com").unwrap();
    let key = PrivateKey::generate(Algorithm::ES256).unwrap();
    let key = key.key().clone().with_key_id("k");
    let app = ServiceApp::new("0oa1", [key], [Scope::USERS_READ]).unwrap();
    let client = Client::builder_for_app(org, app, transport.clone()).jitter(|| 0.0);
    (client.build(), transport)
}

fn granted(kind: &str) -> Answer {
    Answer::json(format!(
        r#"{{"token_type":"{kind}","expires_in":3600,"access_token":"t","scope":"okta.users.read"}}"#
    ))
}

fn refused(error: &str, description: &str) -> Answer {
    let body = format!(r#"{{"error":"{error}","error_description":"{description}"}}"#);
    Answer::status(400, body)
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_is_not_available_is_asked_again_whatever_its_status() {
    let (client, script) = app();
    script.expect(TOKEN, refused("temporarily_unavailable", "later"));
    script.expect(TOKEN, Answer::status(507, ""));
    script.expect(TOKEN, granted("Bearer"));
    script.expect(USERS, Answer::json("[]"));
    client.users().list().all().await.unwrap();
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn its_rate_limit_is_not_that_of_the_api() {
    let (client, script) = app();
    let throttled = Answer::status(429, "").header("retry-after", "30");
    script.expect(TOKEN, throttled);
    script.expect(TOKEN, granted("Bearer"));
    script.expect(USERS, Answer::json("[]"));
    let begun = Instant::now();
    client.users().list().all().await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
    let metrics = client.metrics();
    assert_eq!(
        (metrics.total().count, metrics.waited_for_limit.as_secs()),
        (1, 30)
    );
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_page_of_a_proxy_is_no_refusal() {
    let (client, script) = app();
    script.expect(TOKEN, granted("Bearer"));
    script.expect(USERS, Answer::json("[]"));
    client.users().list().all().await.unwrap();

    // Time for a new token; the old one has four minutes left.
    sleep(Duration::from_secs(56 * 60)).await;
    script.expect(TOKEN, Answer::status(200, "<html>Sign in"));
    script.expect(USERS, Answer::json("[]"));
    client.users().list().all().await.unwrap();

    sleep(Duration::from_secs(5 * 60)).await;
    script.expect(TOKEN, Answer::status(200, "<html>Sign in"));
    let error = client.users().list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{}", chain(&error));
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_refused_for_a_nonce_at_once_are_all_repeated() {
    let (client, script) = app();
    let missing = "The DPoP proof JWT header is missing.";
    script.expect(TOKEN, refused("invalid_dpop_proof", missing));
    let nonce = refused("use_dpop_nonce", "nonce").header("dpop-nonce", "n0");
    script.expect(TOKEN, nonce);
    script.expect(TOKEN, granted("DPoP"));
    let user = |number: u32| format!("/api/v1/users/00u{number}");
    let found = |number: u32| {
        let answer = Answer::json(format!(r#"{{"id":"00u{number}"}}"#));
        let answer = answer.header("x-rate-limit-limit", "600");
        answer.header("x-rate-limit-remaining", "500")
    };
    // From here on the limit is known, and requests go at once.
    script.expect(&user(9), found(9));
    client.users().get(&UserId::from("00u9")).await.unwrap();
    for number in 0..3 {
        let answer = refused("use_dpop_nonce", "nonce").header("dpop-nonce", "n1");
        script.expect(&user(number), answer.after(Duration::from_millis(50)));
        script.expect(&user(number), found(number));
    }
    let begun = Instant::now();
    let reads = (0..3).map(|number| {
        let client = client.clone();
        async move {
            client
                .users()
                .get(&UserId::from(format!("00u{number}")))
                .await
        }
    });
    for read in join_all(reads).await {
        read.unwrap();
    }
    assert_eq!(begun.elapsed(), Duration::from_millis(50), "at once");
    script.finish().unwrap();
}
