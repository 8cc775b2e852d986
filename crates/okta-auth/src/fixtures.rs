//! What the tests of several modules share: an app of an org, and answers of its token endpoint.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::json;

use crate::key::PrivateKey;
use crate::org_url::OrgUrl;
use crate::scope::Scope;
use crate::service_app::ServiceApp;
use crate::testing::{Answer, ScriptedTransport};
use crate::transport::TransportErrorKind;

macro_rules! key_file {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/", $name))
    };
}
pub(crate) use key_file;

pub(crate) const CLIENT_ID: &str = "0oatestapp0000000001";
pub(crate) const KEY_ID: &str = "portal-sync-test-1";

pub(crate) fn org() -> OrgUrl {
    OrgUrl::parse("https://acme.okta.com").unwrap()
}

pub(crate) fn app(scopes: impl IntoIterator<Item = Scope>) -> ServiceApp {
    let key = PrivateKey::from_pem(key_file!("rsa2048.pkcs8.pem")).unwrap();
    ServiceApp::new(CLIENT_ID, [key.with_key_id(KEY_ID)], scopes).unwrap()
}

/// An answer of the token endpoint.
pub(crate) fn answer(status: u16, date: Option<&str>, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::builder().status(status);
    if let Some(date) = date {
        response = response.header("date", date);
    }
    response.body(body.into()).unwrap()
}

/// An answer that grants `secret` for `seconds`, with the scope to read users.
pub(crate) fn granting(secret: &str, seconds: u64) -> Response<Bytes> {
    granting_all("Bearer", secret, seconds, "okta.users.read")
}

/// An answer that grants `secret` for an hour with these scopes.
pub(crate) fn granting_scopes(secret: &str, scopes: &str) -> Response<Bytes> {
    granting_all("Bearer", secret, 3600, scopes)
}

/// The same, where the token is bound to the key of the request's proof.
pub(crate) fn granting_bound(secret: &str) -> Response<Bytes> {
    granting_all("DPoP", secret, 3600, "okta.users.read")
}

fn granting_all(kind: &str, secret: &str, seconds: u64, scopes: &str) -> Response<Bytes> {
    let body = json!({
        "token_type": kind,
        "expires_in": seconds,
        "access_token": secret,
        "scope": scopes,
    });
    answer(200, None, body.to_string())
}

/// The refusals by which Okta asks for a proof, and for a nonce in it.
pub(crate) fn proof_missing() -> Response<Bytes> {
    oauth_error(
        400,
        None,
        "invalid_dpop_proof",
        "The DPoP proof JWT header is missing.",
    )
}

pub(crate) fn nonce_missing(nonce: &'static str) -> Response<Bytes> {
    let text = "Authorization server requires nonce in DPoP proof.";
    let mut response = oauth_error(400, None, "use_dpop_nonce", text);
    let nonce = http::HeaderValue::from_static(nonce);
    response.headers_mut().insert("dpop-nonce", nonce);
    response
}

pub(crate) fn oauth_error(
    status: u16,
    date: Option<&str>,
    error: &str,
    description: &str,
) -> Response<Bytes> {
    answer(
        status,
        date,
        json!({"error": error, "error_description": description}).to_string(),
    )
}

/// A script of the token endpoint, whose answers take a tenth of a second.
pub(crate) trait TokenScript: Sized {
    fn after(self, wait: Duration, answer: impl Into<Answer>) -> Self;

    fn answering(self, response: Response<Bytes>) -> Self {
        self.after(Duration::from_millis(100), response)
    }

    fn breaking(self) -> Self {
        let broken = Answer::failure(TransportErrorKind::Interrupted);
        self.after(Duration::from_millis(100), broken)
    }
}

impl TokenScript for ScriptedTransport {
    fn after(self, wait: Duration, answer: impl Into<Answer>) -> Self {
        self.expect("/oauth2/v1/token", answer.into().after(wait));
        self
    }
}
