//! The assertion against a golden one, the public key, and the laws of its times.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::fixtures::{CLIENT_ID, KEY_ID, app, key_file, org};
use crate::scope::Scope;

/// Made with `openssl dgst -sha256 -sign` and the test key, for 2026-01-01T00:00:00Z. RS256 is
/// deterministic, so ours must be the same to the last character.
const GOLDEN: &str = "\
    eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6InBvcnRhbC1zeW5jLXRlc3QtMSJ9.eyJpc3MiOiIwb2F\
    0ZXN0YXBwMDAwMDAwMDAwMSIsInN1YiI6IjBvYXRlc3RhcHAwMDAwMDAwMDAxIiwiYXVkIjoiaHR0cHM6Ly9hY21\
    lLm9rdGEuY29tL29hdXRoMi92MS90b2tlbiIsImlhdCI6MTc2NzIyNTU5MCwiZXhwIjoxNzY3MjI1ODkwLCJqdGk\
    iOiJqdGktMSJ9.RhkLz5Tyuot757BP_JmpRtKzsVkvwwl6VQQVWDrA5JRJ9oF86MVJbnFRzCXT17EA0uwPSNzrx6\
    MlSInAouYjV15aekegeJON9fZ-w3_g9V_CGdE8ZdCoa1xkz1-\
    5dweCnftgxZzclGsNNQm9QrS7KqIAm4TtWjkqXGFHdCyvvYb3SAATNRrDtmT_bWCK5Mlt_kWwgxCW-\
    7Lo3tA3MzZ7DmJCPvDaIlQjhwkeJqM7kF1K7-\
    K0LCWoQ5fpxry9vesOgg5tbX3r1VNtxGrBoYPWLWJepJg8f8_pcPj96KvUDGxAn4juuezZ0iCZpVDDG78gg1nPCP\
    bmsq0JleL8Y5qxSA";

fn claims(jws: &str) -> Value {
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let public = serde_json::from_str(key_file!("rsa2048.public.jwk.json")).unwrap();
    let public = DecodingKey::from_jwk(&public).unwrap();
    decode::<Value>(jws, &public, &validation).unwrap().claims
}

fn assertion(now: Timestamp) -> ClientAssertion {
    let app = app([Scope::USERS_READ]);
    app.assertion(app.first_key(), &org(), now, "jti-1")
        .unwrap()
}

#[test]
fn an_assertion_says_what_okta_wants_and_fits_the_public_key() {
    let now: Timestamp = "2026-01-01T00:00:00.999Z".parse().unwrap();
    let assertion = assertion(now);
    let jws = assertion.expose_secret();
    assert_eq!(jws, GOLDEN);
    assert_eq!(assertion.key_id(), KEY_ID);

    let header = decode_header(jws).unwrap();
    assert_eq!(header.alg, jsonwebtoken::Algorithm::RS256);
    assert_eq!(header.kid.as_deref(), Some(KEY_ID));
    assert_eq!(
        claims(jws),
        serde_json::json!({
            "iss": CLIENT_ID,
            "sub": CLIENT_ID,
            "aud": "https://acme.okta.com/oauth2/v1/token",
            "iat": 1_767_225_590,
            "exp": 1_767_225_890,
            "jti": "jti-1",
        })
    );
}

#[test]
fn the_registered_public_key_is_that_of_the_private_one() {
    let jwk: Value = serde_json::from_str(key_file!("rsa2048.public.jwk.json")).unwrap();
    assert_eq!(jwk["kid"], KEY_ID);
    let public =
        DecodingKey::from_rsa_components(jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap());
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    assert!(decode::<Value>(GOLDEN, &public.unwrap(), &validation).is_ok());
}

#[test]
fn the_audience_is_the_token_url_to_the_letter() {
    for (org, audience) in [
        (
            "https://Acme.okta.com/",
            "https://acme.okta.com/oauth2/v1/token",
        ),
        (
            "https://login.example.org:8443",
            "https://login.example.org:8443/oauth2/v1/token",
        ),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/oauth2/v1/token"),
    ] {
        let (app, org) = (app([Scope::USERS_READ]), OrgUrl::parse(org).unwrap());
        let assertion = app
            .assertion(app.first_key(), &org, Timestamp::UNIX_EPOCH, "jti")
            .unwrap();
        assert_eq!(claims(assertion.expose_secret())["aud"], audience);
        assert_eq!(crate::token_request(&org, &app, &assertion).uri(), audience);
    }
}

#[test]
fn every_kind_of_key_names_itself_and_its_algorithm() {
    for (text, alg) in [
        (key_file!("rsa2048.private.jwk.json"), "RS256"),
        (key_file!("ec-p256.private.jwk.json"), "ES256"),
        (key_file!("ec-p384.pkcs8.pem"), "ES384"),
        (key_file!("ec-p521.private.jwk.json"), "ES512"),
    ] {
        let key = PrivateKey::parse(text).unwrap();
        let app = app([Scope::USERS_READ]);
        let assertion = app
            .assertion(&key, &org(), Timestamp::UNIX_EPOCH, "jti")
            .unwrap();
        let header = assertion.expose_secret().split('.').next().unwrap();
        let header = URL_SAFE_NO_PAD.decode(header).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(
            header,
            serde_json::json!({"typ": "JWT", "alg": alg, "kid": key.key_id()})
        );
    }
}

#[test]
fn an_assertion_never_prints() {
    let assertion = assertion(Timestamp::UNIX_EPOCH);
    assert_eq!(format!("{assertion:?}"), "ClientAssertion([redacted])");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 16, ..ProptestConfig::default() })]

    #[test]
    fn the_times_of_an_assertion_keep_their_laws(
        second in 1000..Timestamp::MAX.as_second(),
    ) {
        let claims = claims(assertion(Timestamp::from_second(second).unwrap()).expose_secret());
        let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        prop_assert!(iat < second && second < exp);
        prop_assert!(exp - second <= 60 * 60, "Okta takes an hour at most");
        prop_assert_eq!(exp - iat, LIFETIME_SECONDS);
    }
}
