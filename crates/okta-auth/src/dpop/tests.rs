//! Proofs, verified with the key they show.

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::*;
use crate::clock::ManualClock;

fn prover() -> Prover {
    let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
    let count = std::sync::atomic::AtomicUsize::new(0);
    let nonces = move || {
        format!(
            "jti-{}",
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
        )
    };
    Prover::new(Arc::new(clock), Arc::new(nonces)).unwrap()
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

/// The claims of a request's proof, its signature verified.
fn claims(request: &Request<Bytes>) -> Value {
    let proof = request.headers()[PROOF].to_str().unwrap();
    let header = decode_header(proof).unwrap();
    assert_eq!(header.typ.as_deref(), Some("dpop+jwt"));
    let jwk = header.jwk.unwrap();
    let shown = serde_json::to_value(&jwk).unwrap();
    let mut members: Vec<&String> = shown.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(
        members,
        ["crv", "kty", "x", "y"],
        "the public half and nothing else"
    );
    let mut signature_only = Validation::new(jsonwebtoken::Algorithm::ES256);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    decode::<Value>(
        proof,
        &DecodingKey::from_jwk(&jwk).unwrap(),
        &signature_only,
    )
    .unwrap()
    .claims
}

#[test]
fn a_proof_is_of_one_request_and_one_token() {
    let prover = prover();
    let mut request = get("https://acme.okta.com/api/v1/users?after=x&limit=200");
    prover.prove_request(&mut request, &hash("secret")).unwrap();
    let claims = claims(&request);
    assert_eq!(claims["htm"], "GET");
    assert_eq!(claims["htu"], "https://acme.okta.com/api/v1/users");
    assert_eq!(claims["ath"], "K7gNU3sdo-OL0wNhqoVWhr3g6s1xYv72ol_pe_Unols");
    assert_eq!(claims["iat"], 1_767_225_600 - SKEW_MARGIN_SECONDS);
    assert!(claims.get("nonce").is_none());
}

#[test]
fn no_two_proofs_have_one_jti() {
    let prover = prover();
    let mut request = get("https://acme.okta.com/");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        prover.prove_request(&mut request, "ath").unwrap();
        assert!(seen.insert(claims(&request)["jti"].to_string()));
        assert_eq!(
            request.headers().get_all(PROOF).iter().count(),
            1,
            "proofs do not pile up"
        );
    }
}

#[test]
fn what_the_server_tells_is_in_the_next_proof() {
    let prover = prover();
    let headers = HeaderMap::from_iter([(NONCE, HeaderValue::from_static("n1"))]);
    prover.learn_token_nonce(&headers);
    prover.learn_clock_skew(SignedDuration::from_secs(60));
    let mut request = get("https://acme.okta.com/oauth2/v1/token");
    prover
        .prove_token_request(&mut request, "2026-01-01T00:00:00Z".parse().unwrap())
        .unwrap();
    assert_eq!(claims(&request)["nonce"], "n1");
    assert!(claims(&request).get("ath").is_none());

    assert!(prover.learn_resource_nonce(&headers));
    assert!(
        prover.learn_resource_nonce(&headers),
        "also for a request that was on its way meanwhile"
    );
    assert!(!prover.learn_resource_nonce(&HeaderMap::new()));
    prover.prove_request(&mut request, "ath").unwrap();
    assert_eq!(claims(&request)["nonce"], "n1");
    assert_eq!(claims(&request)["iat"], 1_767_225_660 - SKEW_MARGIN_SECONDS);
}

#[test]
fn a_prover_does_not_print_its_key() {
    assert_eq!(format!("{:?}", prover()), "Prover([redacted])");
}
