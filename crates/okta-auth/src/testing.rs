//! What the tests of several modules share: an app of an org, and a transport with a script.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use serde_json::json;

use crate::key::PrivateKey;
use crate::org_url::OrgUrl;
use crate::scope::Scope;
use crate::service_app::ServiceApp;
use crate::transport::{Transport, TransportError, TransportErrorKind};

macro_rules! key_file {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../fixtures/keys/",
            $name
        ))
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
    let body = json!({
        "token_type": "Bearer",
        "expires_in": seconds,
        "access_token": secret,
        "scope": "okta.users.read",
    });
    answer(200, None, body.to_string())
}

/// The same, where the token is bound to the key of the request's proof.
pub(crate) fn granting_bound(secret: &str) -> Response<Bytes> {
    let body = json!({
        "token_type": "DPoP",
        "expires_in": 3600,
        "access_token": secret,
        "scope": "okta.users.read",
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

/// Gives its answers in order, each after a while, and keeps the requests. When the script is over,
/// or breaks off in it, the connection breaks.
#[derive(Debug, Default)]
pub(crate) struct ScriptedTransport {
    answers: Mutex<VecDeque<(Duration, Option<Response<Bytes>>)>>,
    requests: Mutex<Vec<Request<Bytes>>>,
}

impl ScriptedTransport {
    pub(crate) fn answering(self, response: Response<Bytes>) -> Self {
        self.after(Duration::from_millis(100), Some(response))
    }

    pub(crate) fn breaking(self) -> Self {
        self.after(Duration::from_millis(100), None)
    }

    pub(crate) fn after(self, wait: Duration, response: Option<Response<Bytes>>) -> Self {
        self.answers.lock().unwrap().push_back((wait, response));
        self
    }

    pub(crate) fn requests(&self) -> Vec<Request<Bytes>> {
        self.requests.lock().unwrap().clone()
    }
}

impl Transport for ScriptedTransport {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
        let next = self
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let (wait, response) = next.unwrap_or_default();
        async move {
            tokio::time::sleep(wait).await;
            response.ok_or_else(|| {
                TransportError::new(TransportErrorKind::Interrupted, "the script says so")
            })
        }
        .boxed()
    }
}
