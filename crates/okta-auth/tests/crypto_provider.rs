//! `jsonwebtoken` has one crypto provider for the whole process. It belongs to the program: signing here neither installs
//! one nor asks the one that is installed. This is a test of its own, because it needs a process of its own.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256};
use aws_lc_rs::signature::{RsaPublicKeyComponents, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::{CryptoProvider, aws_lc};
use okta_auth::{
    Algorithm, BoxFuture, OrgUrl, PrivateKey, Scope, ServiceApp, TokenCache, TokenScheme,
    TokenSource, Transport, TransportError, bytes::Bytes, http,
};
use serde_json::{Value, json};

/// How often the provider of the program was asked to sign.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// A provider that nobody should sign with.
static OF_THE_PROGRAM: LazyLock<CryptoProvider> = LazyLock::new(|| CryptoProvider {
    signer_factory: |algorithm, _| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        let another = jsonwebtoken::EncodingKey::from_secret(b"not this key");
        (aws_lc::DEFAULT_PROVIDER.signer_factory)(algorithm, &another)
    },
    ..aws_lc::DEFAULT_PROVIDER.clone()
});

#[tokio::test]
async fn the_provider_of_the_process_is_left_to_the_program() {
    signs_an_assertion_and_a_proof().await;
    let installed = OF_THE_PROGRAM.install_default();
    assert!(
        installed.is_ok(),
        "signing has installed a provider, so that the program cannot"
    );
    signs_an_assertion_and_a_proof().await;
    assert_eq!(ASKED.load(Ordering::Relaxed), 0);

    // The provider is the one that the process has: the library's own way of signing asks it.
    let key = jsonwebtoken::EncodingKey::from_secret(b"a key");
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &json!({}), &key).unwrap();
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
}

async fn signs_an_assertion_and_a_proof() {
    let org = OrgUrl::parse("https://acme.okta.com").unwrap();
    for algorithm in [Algorithm::RS256, Algorithm::ES256] {
        let key = PrivateKey::generate(algorithm).unwrap().key().clone();
        let app = ServiceApp::new("0oa1", [key], [Scope::USERS_READ]).unwrap();
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let assertion = app.assertion(app.first_key(), &org, now, "jti").unwrap();
        let public: Value = serde_json::from_str(&app.first_key().public_jwk()).unwrap();
        assert_verifies(assertion.expose_secret(), &public);

        let tokens = TokenCache::new(org.clone(), app, RequiresProof);
        let token = tokens.token().await.unwrap();
        assert_eq!(token.scheme(), TokenScheme::Dpop);
        let mut request = http::Request::get("https://acme.okta.com/api/v1/users")
            .body(Bytes::new())
            .unwrap();
        token.authorize(&mut request).unwrap();
        let proof = request.headers()["dpop"].to_str().unwrap();
        assert_verifies(proof, &part(proof, 0)["jwk"]);
    }
}

/// Verified without `jsonwebtoken`, whose functions go by the provider.
fn assert_verifies(jws: &str, public: &Value) {
    let (message, signature) = jws.rsplit_once('.').unwrap();
    let number = |name: &str| bytes(public[name].as_str().unwrap());
    let verified = if public["kty"] == "RSA" {
        let (n, e) = (number("n"), number("e"));
        let key = RsaPublicKeyComponents { n, e };
        key.verify(
            &RSA_PKCS1_2048_8192_SHA256,
            message.as_bytes(),
            &bytes(signature),
        )
    } else {
        let point = [vec![0x04], number("x"), number("y")].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(message.as_bytes(), &bytes(signature))
    };
    assert!(verified.is_ok(), "{public}");
}

fn part(jws: &str, index: usize) -> Value {
    serde_json::from_slice(&bytes(jws.split('.').nth(index).unwrap())).unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A token endpoint that binds tokens to a key.
#[derive(Debug)]
struct RequiresProof;

impl Transport for RequiresProof {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        let (status, body) = if request.headers().contains_key("dpop") {
            let token = json!({"token_type": "DPoP", "expires_in": 3600, "access_token": "secret"});
            (200, token)
        } else {
            let refusal = "The DPoP proof JWT header is missing.";
            let refusal = json!({"error": "invalid_dpop_proof", "error_description": refusal});
            (400, refusal)
        };
        let mut response = http::Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        Box::pin(std::future::ready(Ok(response)))
    }
}
