//! Several keys: the change from one to the next, without a moment in which none works.

use super::*;
use crate::fixtures::{CLIENT_ID, key_file};
use crate::{PrivateKey, Scope};

fn app_with(ids: &[&str]) -> ServiceApp {
    let key = PrivateKey::parse(key_file!("ec-p256.pkcs8.pem")).unwrap();
    let keys = ids.iter().map(|id| key.clone().with_key_id(id));
    ServiceApp::new(CLIENT_ID, keys, [Scope::USERS_READ]).unwrap()
}

fn refusing(description: &str) -> http::Response<bytes::Bytes> {
    oauth_error(401, None, "invalid_client", description)
}

fn unknown() -> http::Response<bytes::Bytes> {
    refusing("The client_assertion JWT kid is invalid.")
}

/// The key that signed each request, and the nonces of all, which have to differ.
fn keys(cache: &TokenCache<ScriptedTransport>) -> Vec<String> {
    let mut nonces: Vec<String> = assertions(cache).into_iter().map(|(_, jti)| jti).collect();
    let count = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), count, "no assertion is sent twice");
    cache.transport.requests().iter().map(key_id).collect()
}

fn key_id(request: &http::Request<bytes::Bytes>) -> String {
    let mut form = url::form_urlencoded::parse(request.body());
    let (_, jws) = form.find(|(name, _)| name == "client_assertion").unwrap();
    jsonwebtoken::decode_header(jws.as_ref())
        .unwrap()
        .kid
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_key_that_okta_does_not_know_yet_gives_way_to_the_old_one() {
    let script = script()
        .answering(unknown())
        .answering(granting("one", 3600))
        .answering(granting("two", 3600));
    let cache = cache_of(app_with(&["new", "old"]), script);
    assert_eq!(secret(&cache).await.unwrap(), "one");
    advance(minutes(56)).await;
    assert_eq!(secret(&cache).await.unwrap(), "two");
    assert_eq!(keys(&cache), ["new", "old", "old"], "what worked is kept");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_taken_away_gives_way_to_the_new_one() {
    let script = script()
        .answering(unknown())
        .answering(granting("one", 3600))
        // By now the new one was registered and the old one taken away.
        .answering(unknown())
        .answering(granting("two", 3600))
        .answering(granting("three", 3600));
    let cache = cache_of(app_with(&["new", "old"]), script);
    for expected in ["one", "two", "three"] {
        assert_eq!(secret(&cache).await.unwrap(), expected);
        advance(minutes(56)).await;
    }
    assert_eq!(keys(&cache), ["new", "old", "old", "new", "new"]);
}

#[tokio::test(start_paused = true)]
async fn when_no_key_is_known_all_are_named() {
    let script = script()
        .answering(unknown())
        .answering(unknown())
        .answering(unknown());
    let cache = cache_of(app_with(&["a", "b", "c"]), script);
    let error = secret(&cache).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("with keys `a`, `b`, `c` for `okta.users.read`"),
        "{error}"
    );
    assert!(error.fix().unwrap().contains("KID") && !error.is_transient());
    let AuthError::Refused(refusal) = error else {
        panic!("{error}")
    };
    assert_eq!(refusal.key_ids(), ["a", "b", "c"]);
    assert_eq!(keys(&cache), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn another_refusal_is_no_reason_to_try_the_next_key() {
    for (description, cause) in [
        (
            "The client_assertion signature is invalid.",
            RefusalCause::BadSignature,
        ),
        (
            "The client does not have a JWKSet configured, but the client_assertion requires one.",
            RefusalCause::NoKeySet,
        ),
        (
            "Invalid value for 'client_id' parameter.",
            RefusalCause::UnknownClient,
        ),
    ] {
        let script = script()
            .answering(unknown())
            .answering(refusing(description));
        let cache = cache_of(app_with(&["a", "b", "c"]), script);
        let Err(AuthError::Refused(refusal)) = secret(&cache).await else {
            panic!("not refused")
        };
        assert_eq!(refusal.cause(), cause);
        assert_eq!(refusal.key_ids(), ["b"], "the one that is to blame");
        assert_eq!(keys(&cache), ["a", "b"]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_key_profits_from_what_was_learned() {
    let date = "Thu, 01 Jan 2026 05:30:00 GMT";
    let script = script()
        .answering(oauth_error(401, Some(date), "invalid_client", EXPIRED))
        .answering(unknown())
        .answering(proof_missing())
        .answering(nonce_missing("n1"))
        .answering(granting_bound("one"));
    let cache = cache_of(app_with(&["new", "old"]), script);
    let token = cache.token().await.unwrap();
    assert_eq!(token.scheme(), TokenScheme::Dpop);
    assert_eq!(keys(&cache), ["new", "new", "old", "old", "old"]);
    let issued: Vec<i64> = assertions(&cache).into_iter().map(|(iat, _)| iat).collect();
    let now = issued[0];
    let right = now + 19_800;
    assert_eq!(issued, [now, right, right, right, right]);
}
