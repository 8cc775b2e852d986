//! The cache under paused time, against a transport with a script.

mod rotation;
mod scopes;
mod storms;

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{advance, timeout};

use super::state::HOLD_OFF;
use super::*;
use crate::clock::ManualClock;
use crate::fixtures::{
    TokenScript as _, answer, app, granting, granting_bound, nonce_missing, oauth_error, org,
    proof_missing,
};
use crate::refusal::RefusalCause;
use crate::scope::Scope;
use crate::testing::ScriptedTransport;
use crate::token::TokenScheme;

const EXPIRED: &str = "The client_assertion token is expired.";

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn cache<T: Transport>(transport: T) -> Arc<TokenCache<T>> {
    cache_of(app([Scope::USERS_READ]), transport)
}

fn cache_of<T: Transport>(app: ServiceApp, transport: T) -> Arc<TokenCache<T>> {
    let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
    let count = AtomicUsize::new(0);
    let cache = TokenCache::new(org(), app, transport)
        .with_clock(clock)
        .with_nonces(move || format!("jti-{}", count.fetch_add(1, Ordering::Relaxed)));
    Arc::new(cache)
}

fn script() -> ScriptedTransport {
    ScriptedTransport::default()
}

/// What the cache gives now: the secret, or the error.
async fn secret(cache: &TokenCache<ScriptedTransport>) -> Result<String, AuthError> {
    let token = cache.token().await?;
    Ok(token
        .authorization()
        .to_str()
        .unwrap()
        .strip_prefix("Bearer ")
        .unwrap()
        .to_owned())
}

async fn all<T: Transport>(cache: &Arc<TokenCache<T>>, n: usize) -> Vec<Result<Token, AuthError>> {
    let waiters: Vec<_> = (0..n)
        .map(|_| {
            let cache = Arc::clone(cache);
            tokio::spawn(async move { cache.token().await })
        })
        .collect();
    futures::future::join_all(waiters)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

/// The claims of the assertion in each request: when it was issued, and its nonce.
fn assertions(cache: &TokenCache<ScriptedTransport>) -> Vec<(i64, String)> {
    let claims = |request: http::Request<bytes::Bytes>| {
        let form: std::collections::HashMap<_, _> = url::form_urlencoded::parse(request.body())
            .into_owned()
            .collect();
        let claims = jsonwebtoken::dangerous::insecure_decode::<serde_json::Value>(
            &form["client_assertion"],
        )
        .unwrap()
        .claims;
        (
            claims["iat"].as_i64().unwrap(),
            claims["jti"].as_str().unwrap().to_owned(),
        )
    };
    cache.transport.requests().into_iter().map(claims).collect()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_waiters_share_one_request() {
    let cache = cache(script().answering(granting("one", 3600)));
    for token in all(&cache, 1000).await {
        assert_eq!(
            token.unwrap().authorization().to_str().unwrap(),
            "Bearer one"
        );
    }
    assert_eq!(cache.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_waiters_share_one_failure() {
    let refused = oauth_error(
        401,
        None,
        "invalid_client",
        "The client_assertion JWT kid is invalid.",
    );
    let cache = cache(
        script()
            .answering(refused)
            .breaking()
            .answering(granting("one", 3600)),
    );
    for outcome in all(&cache, 1000).await {
        assert!(matches!(outcome, Err(AuthError::Refused(_))));
    }
    for outcome in all(&cache, 1000).await {
        assert!(outcome.unwrap_err().is_transient());
    }
    assert_eq!(cache.requests(), 2, "one for each crowd");
    assert_eq!(
        secret(&cache).await.unwrap(),
        "one",
        "the next caller asks anew"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_the_request_to_the_next() {
    let slow = minutes(10);
    let cache = cache(
        script()
            .after(slow, granting("late", 3600))
            .answering(granting("two", 3600)),
    );
    let impatient = Arc::clone(&cache);
    let first = tokio::spawn(async move {
        timeout(Duration::from_secs(5), impatient.token())
            .await
            .is_err()
    });
    tokio::task::yield_now().await;
    assert_eq!(secret(&cache).await.unwrap(), "two");
    assert!(first.await.unwrap());
    assert_eq!(cache.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_ahead_of_its_end() {
    let cache = cache(
        script()
            .answering(granting("one", 3600))
            .answering(granting("two", 3600)),
    );
    assert_eq!(secret(&cache).await.unwrap(), "one");
    advance(minutes(54)).await;
    assert_eq!(secret(&cache).await.unwrap(), "one");
    advance(minutes(2)).await;
    assert_eq!(secret(&cache).await.unwrap(), "two");
    assert_eq!(secret(&cache).await.unwrap(), "two");
    assert_eq!(cache.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn while_one_caller_replaces_the_token_the_others_use_the_old_one() {
    let slow = Duration::from_secs(20);
    let cache = cache(
        script()
            .answering(granting("one", 3600))
            .after(slow, granting("two", 3600)),
    );
    assert_eq!(secret(&cache).await.unwrap(), "one");
    advance(minutes(56)).await;
    let tokens = all(&cache, 100).await;
    let new = tokens
        .iter()
        .filter(|token| token.as_ref().unwrap().authorization().to_str().unwrap() == "Bearer two");
    assert_eq!(new.count(), 1);
    assert_eq!(cache.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_old_token_survives_a_failure_of_the_moment_until_it_expires() {
    let cache = cache(
        script()
            .answering(granting("one", 3600))
            .answering(answer(503, None, ""))
            .breaking()
            .answering(answer(429, None, ""))
            .answering(granting("two", 3600)),
    );
    assert_eq!(secret(&cache).await.unwrap(), "one");
    advance(minutes(56)).await;
    for _ in 0..100 {
        assert_eq!(secret(&cache).await.unwrap(), "one");
    }
    assert_eq!(cache.requests(), 2, "not asked again at once");
    advance(HOLD_OFF).await;
    assert_eq!(secret(&cache).await.unwrap(), "one");
    assert_eq!(cache.requests(), 3);
    advance(minutes(4)).await;
    assert!(
        secret(&cache).await.unwrap_err().is_transient(),
        "now it is dead"
    );
    assert_eq!(secret(&cache).await.unwrap(), "two");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_old_token() {
    let refused = oauth_error(
        401,
        None,
        "invalid_client",
        "Invalid value for 'client_id' parameter.",
    );
    let cache = cache(script().answering(granting("one", 3600)).answering(refused));
    assert_eq!(secret(&cache).await.unwrap(), "one");
    advance(minutes(56)).await;
    assert!(matches!(secret(&cache).await, Err(AuthError::Refused(_))));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_forgotten_only_if_it_is_the_cached_one() {
    let cache = cache(
        script()
            .answering(granting("one", 3600))
            .answering(granting("two", 3600)),
    );
    let one = cache.token().await.unwrap();
    cache.reject(&one);
    for token in all(&cache, 100).await {
        assert_eq!(
            token.unwrap().authorization().to_str().unwrap(),
            "Bearer two"
        );
    }
    cache.reject(&one);
    assert_eq!(secret(&cache).await.unwrap(), "two");
    assert_eq!(cache.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_corrected_once_and_remembered() {
    let date = "Thu, 01 Jan 2026 05:30:00 GMT";
    let cache = cache(
        script()
            .answering(oauth_error(401, Some(date), "invalid_client", EXPIRED))
            .answering(granting("one", 3600))
            .answering(granting("two", 3600)),
    );
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(secret(&cache).await.unwrap(), "one");
    advance(minutes(56)).await;
    assert_eq!(secret(&cache).await.unwrap(), "two");

    let iat = now.as_second() - 10;
    let expected = [
        (iat, "jti-0"),
        (iat + 19_800, "jti-1"),
        (iat + 19_800, "jti-2"),
    ];
    assert_eq!(
        assertions(&cache),
        expected.map(|(iat, jti)| (iat, jti.to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_that_cannot_be_corrected_is_reported() {
    let date = "Thu, 01 Jan 2026 05:30:00 GMT";
    let refused = || oauth_error(401, Some(date), "invalid_client", EXPIRED);
    let cache = cache(script().answering(refused()).answering(refused()));
    let Err(AuthError::Refused(refusal)) = secret(&cache).await else {
        panic!("not refused")
    };
    assert_eq!(refusal.cause(), RefusalCause::Expired);
    assert!(
        refusal.to_string().contains("5 h 30 min behind Okta's"),
        "{refusal}"
    );
    assert_eq!(cache.requests(), 2, "once more, not for ever");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_agrees_or_is_not_told_or_is_far_away_is_not_corrected() {
    for date in [
        Some("Thu, 01 Jan 2026 00:00:00 GMT"),
        None,
        Some("Tue, 01 Jan 2036 00:00:00 GMT"),
        Some("Sat, 03 Jan 2026 00:00:00 GMT"),
        Some("Mon, 01 Jan 2024 00:00:00 GMT"),
    ] {
        let cache = cache(script().answering(oauth_error(401, date, "invalid_client", EXPIRED)));
        assert!(matches!(secret(&cache).await, Err(AuthError::Refused(_))));
        assert_eq!(cache.requests(), 1);
    }
}

/// A clock that was put right is measured anew, not from where it was put: small steps do not lead away.
#[tokio::test(start_paused = true)]
async fn no_assertion_is_for_a_time_more_than_a_day_away() {
    let far = "Sat, 03 Jan 2026 20:00:00 GMT";
    let refused = |date| oauth_error(401, Some(date), "invalid_client", EXPIRED);
    let cache = cache(
        script()
            .answering(refused("Thu, 01 Jan 2026 23:00:00 GMT"))
            .answering(granting("one", 60))
            .answering(refused("Fri, 02 Jan 2026 22:00:00 GMT"))
            .answering(refused(far)),
    );
    assert_eq!(secret(&cache).await.unwrap(), "one");
    advance(minutes(2)).await;
    for _ in 0..2 {
        advance(minutes(2)).await;
        assert!(matches!(secret(&cache).await, Err(AuthError::Refused(_))));
    }
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    for (iat, _) in assertions(&cache) {
        assert!((iat - now.as_second()).abs() <= 86_400, "{iat}");
    }
    assert_eq!(cache.requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_cache_never_prints_what_it_holds() {
    let cache = cache(script().answering(granting("hunter2", 3600)));
    let token = cache.token().await.unwrap();
    let printed = format!("{token:?} {cache:?}");
    assert!(
        !printed.contains("hunter2") && !printed.contains("MII"),
        "{printed}"
    );
    assert!(printed.contains("https://acme.okta.com"), "{printed}");
}

#[test]
fn no_two_nonces_are_equal() {
    assert_ne!(random_nonce(), random_nonce());
}

/// The nonce in the proof of each token request; `None` for a request without a proof.
fn proofs(cache: &TokenCache<ScriptedTransport>) -> Vec<Option<serde_json::Value>> {
    let claims = |request: http::Request<bytes::Bytes>| {
        let proof = request.headers().get("dpop")?.to_str().unwrap().to_owned();
        let decoded = jsonwebtoken::dangerous::insecure_decode::<serde_json::Value>(&proof);
        Some(decoded.unwrap().claims)
    };
    cache.transport.requests().into_iter().map(claims).collect()
}

#[tokio::test(start_paused = true)]
async fn proofs_are_made_as_soon_as_okta_asks_for_them() {
    let cache = cache(
        script()
            .answering(proof_missing())
            .answering(nonce_missing("n1"))
            .answering(granting_bound("one"))
            .answering(granting_bound("two")),
    );
    let token = cache.token().await.unwrap();
    assert_eq!(token.scheme(), TokenScheme::Dpop);
    assert_eq!(token.authorization().to_str().unwrap(), "DPoP one");
    let mut request = http::Request::get("https://acme.okta.com/api/v1/users?limit=1")
        .body(bytes::Bytes::new())
        .unwrap();
    token.authorize(&mut request).unwrap();
    assert!(request.headers().contains_key("dpop"));

    cache.reject(&token);
    assert_eq!(
        cache
            .token()
            .await
            .unwrap()
            .authorization()
            .to_str()
            .unwrap(),
        "DPoP two"
    );
    let nonces: Vec<Option<serde_json::Value>> = proofs(&cache)
        .into_iter()
        .map(|proof| Some(proof?["nonce"].clone()))
        .collect();
    let known = Some(serde_json::json!("n1"));
    assert_eq!(
        nonces,
        [None, Some(serde_json::Value::Null), known.clone(), known],
        "the second token costs one request"
    );
    let mut jtis: Vec<String> = assertions(&cache).into_iter().map(|(_, jti)| jti).collect();
    jtis.extend(
        proofs(&cache)
            .into_iter()
            .flatten()
            .map(|proof| proof["jti"].as_str().unwrap().to_owned()),
    );
    let count = jtis.len();
    jtis.sort();
    jtis.dedup();
    assert_eq!(jtis.len(), count, "no assertion and no proof is used twice");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_has_enough_is_not_asked_for_ever() {
    let cache = cache(
        script()
            .answering(proof_missing())
            .answering(nonce_missing("n1"))
            .answering(nonce_missing("n2"))
            .answering(granting_bound("late")),
    );
    let refused = cache.token().await.unwrap_err();
    assert!(
        matches!(&refused, AuthError::Refused(refusal) if refusal.cause() == RefusalCause::DpopNonceRequired)
    );
    assert_eq!(cache.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_bound_to_a_key_we_did_not_show_is_not_taken() {
    let cache = cache(script().answering(granting_bound("one")));
    assert!(matches!(cache.token().await, Err(AuthError::Unexpected(_))));
}

#[test]
fn outside_of_a_runtime_there_is_an_error_and_no_panic() {
    let cache = cache(script());
    let outcome = futures::FutureExt::now_or_never(cache.token()).unwrap();
    let Err(AuthError::Transport(error)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.kind(), TransportErrorKind::NoRuntime);
}
