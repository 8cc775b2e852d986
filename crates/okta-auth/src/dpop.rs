//! DPoP: proofs that a token is used by the one it was issued to (RFC 9449; Okta, "Configure OAuth 2.0 Demonstrating
//! Proof-of-Possession").
//!
//! The proving key lives in memory only. It is an elliptic-curve key, because every single request is signed with it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::error::AuthError;
use crate::key::{Algorithm, PrivateKey, SigningError};

/// The header that carries a proof.
const PROOF: HeaderName = HeaderName::from_static("dpop");

/// The header in which the server says which nonce the next proof must have.
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// How much earlier than now a proof says it was made, as with assertions: Okta refuses one from its future and takes one
/// up to five minutes old.
const SKEW_MARGIN_SECONDS: i64 = 10;

/// Makes the values that no two proofs or assertions share.
pub(crate) type Nonces = Arc<dyn Fn() -> String + Send + Sync>;

/// Makes proofs with a key of its own.
pub(crate) struct Prover {
    key: PrivateKey,
    /// The public half, as each proof shows it.
    public: Map<String, Value>,
    clock: Arc<dyn Clock>,
    nonces: Nonces,
    learned: Mutex<Learned>,
}

/// What the server has told.
#[derive(Default)]
struct Learned {
    clock_skew: SignedDuration,
    token_nonce: Option<String>,
    resource_nonce: Option<String>,
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    jwk: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct Claims<'a> {
    htm: &'a str,
    htu: String,
    iat: i64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<&'a str>,
}

impl Prover {
    /// A prover with a new key.
    pub(crate) fn new(clock: Arc<dyn Clock>, nonces: Nonces) -> Result<Self, AuthError> {
        let generated = PrivateKey::generate(Algorithm::ES256)
            .map_err(|error| AuthError::Signing(SigningError::new(error)))?;
        let key = generated.key().clone();
        Ok(Self {
            public: key.public_members(),
            key,
            clock,
            nonces,
            learned: Mutex::default(),
        })
    }

    /// Puts a proof on a token request made at `now`, the server's time as well as we know it.
    pub(crate) fn prove_token_request(
        &self,
        request: &mut Request<Bytes>,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        let nonce = self.learned().token_nonce.clone();
        self.prove(request, now, nonce, None)
    }

    /// Puts a proof on a request to the API with the token whose [`hash`] is `ath`.
    pub(crate) fn prove_request(
        &self,
        request: &mut Request<Bytes>,
        ath: &str,
    ) -> Result<(), AuthError> {
        let (skew, nonce) = {
            let learned = self.learned();
            (learned.clock_skew, learned.resource_nonce.clone())
        };
        let now = self.clock.now();
        self.prove(
            request,
            now.checked_add(skew).unwrap_or(now),
            nonce,
            Some(ath),
        )
    }

    /// Takes the nonce of a token endpoint's answer, refusals included.
    pub(crate) fn learn_token_nonce(&self, headers: &HeaderMap) {
        if let Some(nonce) = nonce(headers) {
            self.learned().token_nonce = Some(nonce);
        }
    }

    /// Takes the nonce of the API's answer, and says whether there was one.
    pub(crate) fn learn_resource_nonce(&self, headers: &HeaderMap) -> bool {
        let nonce = nonce(headers);
        let told = nonce.is_some();
        if told {
            self.learned().resource_nonce = nonce;
        }
        told
    }

    /// Takes how far the server's clock is ahead of ours.
    pub(crate) fn learn_clock_skew(&self, skew: SignedDuration) {
        self.learned().clock_skew = skew;
    }

    fn prove(
        &self,
        request: &mut Request<Bytes>,
        now: Timestamp,
        nonce: Option<String>,
        ath: Option<&str>,
    ) -> Result<(), AuthError> {
        let header = Header {
            typ: "dpop+jwt",
            alg: self.key.algorithm().as_str(),
            jwk: &self.public,
        };
        let claims = Claims {
            htm: request.method().as_str(),
            htu: without_query(request.uri()),
            iat: now.as_second() - SKEW_MARGIN_SECONDS,
            jti: (self.nonces)(),
            nonce,
            ath,
        };
        let proof = self
            .key
            .sign_with(&header, &claims)
            .map_err(AuthError::Signing)?;
        // A compact JWS is letters, digits, `-`, `_` and dots, which any header holds.
        let proof = HeaderValue::try_from(proof)
            .map_err(|error| AuthError::Signing(SigningError::new(error)))?;
        request.headers_mut().insert(PROOF, proof);
        Ok(())
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        // Nothing panics while it is held, and every state of it is a good one.
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Prover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prover([redacted])")
    }
}

/// The `ath` claim of a token: its SHA-256 in base64url (RFC 9449, section 4.2).
pub(crate) fn hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, access_token.as_bytes()))
}

/// `htu` has neither query nor fragment: a proof over the whole URL fails on the second page.
fn without_query(uri: &Uri) -> String {
    let text = uri.to_string();
    text.split(['?', '#']).next().unwrap_or_default().to_owned()
}

fn nonce(headers: &HeaderMap) -> Option<String> {
    headers.get(NONCE)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests;
