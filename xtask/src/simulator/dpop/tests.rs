//! Every way in which a proof can be wrong.

use axum::body::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use super::*;

const NOW: i64 = 1_767_225_600;

fn key() -> EncodingKey {
    let pem = include_bytes!("../../../../fixtures/keys/ec-p256.pkcs8.pem");
    EncodingKey::from_ec_pem(pem).unwrap()
}

fn claims() -> Value {
    json!({
        "htm": "GET", "htu": "http://127.0.0.1:1/api/v1/users", "iat": NOW, "jti": "one", "ath": hash("secret"),
    })
}

/// A proof whose header and claims were changed before it was signed.
fn proof(header: impl Fn(&mut Header), change: (&str, Value)) -> String {
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER
        .install_default()
        .ok();
    let mut head = Header::new(jsonwebtoken::Algorithm::ES256);
    head.typ = Some("dpop+jwt".to_owned());
    head.jwk = Some(Jwk::from_encoding_key(&key(), jsonwebtoken::Algorithm::ES256).unwrap());
    header(&mut head);
    let mut claims = claims();
    claims[change.0] = change.1;
    encode(&head, &claims, &key()).unwrap()
}

fn check(proofs: &[&str], token: Option<&str>) -> Result<Proof, &'static str> {
    check_again(&mut Seen::default(), proofs, token)
}

fn check_again(
    seen: &mut Seen,
    proofs: &[&str],
    token: Option<&str>,
) -> Result<Proof, &'static str> {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("127.0.0.1:1"));
    for proof in proofs {
        headers.append("dpop", HeaderValue::from_str(proof).unwrap());
    }
    let uri = Uri::from_static("/api/v1/users?limit=200&after=x");
    let call = Call::new(Method::GET, &uri, headers, Bytes::new());
    verified(seen, &call, token, Timestamp::from_second(NOW).unwrap())
}

#[test]
fn a_good_proof_is_taken_once() {
    let good = proof(|_| {}, ("nonce", json!("n1")));
    let mut seen = Seen::default();
    let taken = check_again(&mut seen, &[&good], Some("secret")).unwrap();
    assert_eq!(taken.nonce.as_deref(), Some("n1"));
    assert_eq!(taken.thumbprint.len(), 43);
    assert_eq!(
        check_again(&mut seen, &[&good], Some("secret")).unwrap_err(),
        "The DPoP proof JWT has already been used."
    );
}

#[test]
fn a_wrong_proof_is_refused_by_what_is_wrong() {
    let claim = |name, value| proof(|_| {}, (name, value));
    let no_claim = ("x", json!(0));
    let cut = claim("x", json!(0));
    let other_signature = format!("{}.{}", cut.rsplit_once('.').unwrap().0, "A".repeat(86));
    for (proof, says) in [
        (claim("htm", json!("POST")), "'htm' claim"),
        (
            claim("htu", json!("http://127.0.0.1:1/api/v1/users?limit=200")),
            "'htu' claim",
        ),
        (claim("iat", json!(NOW + 1)), "issued in the future"),
        (claim("iat", json!(NOW - 301)), "five minutes in the past"),
        (claim("iat", json!("now")), "'iat' claim"),
        (claim("jti", json!(1)), "'jti' claim"),
        (claim("ath", json!("other")), "'ath' claim"),
        (
            proof(|head| head.typ = None, no_claim.clone()),
            "'typ' must be",
        ),
        (proof(|head| head.jwk = None, no_claim), "is invalid."),
        (other_signature, "signature is invalid"),
        ("junk".to_owned(), "cannot be parsed"),
    ] {
        let refused = check(&[&proof], Some("secret")).unwrap_err();
        assert!(refused.contains(says), "{says}: {refused}");
    }
    assert!(check(&[], None).unwrap_err().contains("header is missing"));
    assert!(check(&["a", "b"], None).unwrap_err().contains("Multiple"));
}
