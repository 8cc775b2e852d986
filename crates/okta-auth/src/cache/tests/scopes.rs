//! Scopes that are asked for and not needed.

use super::*;
use crate::fixtures::granting_scopes;

/// Needs to read users, and would like to read the log.
fn curious() -> ServiceApp {
    app([Scope::USERS_READ]).also_asking([Scope::LOGS_READ])
}

/// What each request asked for.
fn asked(cache: &TokenCache<ScriptedTransport>) -> Vec<String> {
    let scope = |request: http::Request<bytes::Bytes>| {
        let mut form = url::form_urlencoded::parse(request.body());
        let (_, scope) = form.find(|(name, _)| name == "scope").unwrap();
        scope.into_owned()
    };
    cache.transport.requests().into_iter().map(scope).collect()
}

fn unknown_scope() -> http::Response<bytes::Bytes> {
    let text = "One or more scopes are not configured for the authorization server resource.";
    oauth_error(400, None, "invalid_scope", text)
}

const ALL: &str = "okta.users.read okta.logs.read";
const NEEDED: &str = "okta.users.read";

#[tokio::test(start_paused = true)]
async fn a_token_is_good_with_and_without_what_is_not_needed() {
    let script = script()
        .answering(granting("one", 3600))
        .answering(granting_scopes("two", ALL));
    let cache = cache_of(curious(), script);
    assert_eq!(cache.granted(), [], "nothing was asked yet");
    assert_eq!(secret(&cache).await.unwrap(), "one");
    assert_eq!(cache.granted(), [Scope::USERS_READ]);
    // An administrator grants it meanwhile.
    advance(minutes(56)).await;
    assert_eq!(secret(&cache).await.unwrap(), "two");
    assert_eq!(cache.granted(), [Scope::USERS_READ, Scope::LOGS_READ]);
    assert_eq!(asked(&cache), [ALL, ALL]);
}

#[tokio::test(start_paused = true)]
async fn what_is_needed_is_missed_whatever_else_came() {
    let script = script().answering(granting_scopes("one", "okta.logs.read"));
    let cache = cache_of(curious(), script);
    let missing = secret(&cache).await.unwrap_err();
    let AuthError::MissingScopes {
        missing, granted, ..
    } = missing
    else {
        panic!("{missing}")
    };
    assert_eq!(
        (missing, granted),
        (vec![Scope::USERS_READ], vec![Scope::LOGS_READ])
    );
}

#[tokio::test(start_paused = true)]
async fn a_scope_in_the_way_is_left_out_from_then_on() {
    let script = script()
        .answering(unknown_scope())
        .answering(granting("one", 3600))
        .answering(granting("two", 3600));
    let cache = cache_of(curious(), script);
    assert_eq!(secret(&cache).await.unwrap(), "one");
    advance(minutes(56)).await;
    assert_eq!(secret(&cache).await.unwrap(), "two");
    assert_eq!(asked(&cache), [ALL, NEEDED, NEEDED]);
    let mut nonces: Vec<_> = assertions(&cache).into_iter().map(|(_, jti)| jti).collect();
    nonces.dedup();
    assert_eq!(nonces.len(), 3, "no assertion is sent twice");
}

#[tokio::test(start_paused = true)]
async fn a_needed_scope_in_the_way_is_the_error_and_nothing_is_remembered() {
    let script = script()
        .answering(unknown_scope())
        .answering(unknown_scope())
        .answering(granting_scopes("one", ALL));
    let cache = cache_of(curious(), script);
    let refused = secret(&cache).await.unwrap_err();
    assert!(
        refused.to_string().contains("for `okta.users.read` was"),
        "{refused}"
    );
    assert_eq!(secret(&cache).await.unwrap(), "one", "it was put right");
    assert_eq!(asked(&cache), [ALL, NEEDED, ALL]);
}

#[tokio::test(start_paused = true)]
async fn without_a_choice_nothing_is_asked_twice() {
    let none = "You are not allowed any of the requested scopes.";
    for (app, refusal) in [
        (app([Scope::USERS_READ]), unknown_scope()),
        (curious(), oauth_error(400, None, "consent_required", none)),
    ] {
        let cache = cache_of(app, script().answering(refusal));
        assert!(matches!(secret(&cache).await, Err(AuthError::Refused(_))));
        assert_eq!(cache.requests(), 1);
    }
}

/// A new key, a proof, its nonce and the scopes: each is put right once, in whatever order Okta asks.
#[tokio::test(start_paused = true)]
async fn proofs_and_scopes_are_put_right_side_by_side() {
    let script = script()
        .answering(proof_missing())
        .answering(unknown_scope())
        .answering(nonce_missing("n1"))
        .answering(granting_bound("one"))
        .answering(granting_bound("two"));
    let cache = cache_of(curious(), script);
    let one = cache.token().await.unwrap();
    assert_eq!(one.scheme(), TokenScheme::Dpop);
    cache.reject(&one);
    cache.token().await.unwrap();
    assert_eq!(asked(&cache), [ALL, ALL, NEEDED, NEEDED, NEEDED]);
    let with_proof = proofs(&cache)
        .iter()
        .filter(|proof| proof.is_some())
        .count();
    assert_eq!(with_proof, 4, "all but the first");
}
