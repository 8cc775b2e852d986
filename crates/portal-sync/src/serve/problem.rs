//! Errors in the shape of Backstage's backends.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::json;
use sha1::{Digest as _, Sha1};

/// Where the API is.
pub(super) const PREFIX: &str = "/api/catalog";

/// The content type of all its answers.
pub(super) const JSON: (HeaderName, &str) =
    (header::CONTENT_TYPE, "application/json; charset=utf-8");

/// The weak entity tag that Express gives an answer with this body: its length and a digest of it.
pub(super) fn weak(body: &[u8]) -> String {
    let digest = STANDARD_NO_PAD.encode(Sha1::digest(body));
    format!("W/\"{:x}-{digest}\"", body.len())
}

/// What was asked for, as an error repeats it.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    uri: Uri,
}

impl Asked {
    pub(super) fn of(method: &Method, uri: &Uri) -> Self {
        Self {
            method: method.clone(),
            uri: uri.clone(),
        }
    }

    /// Whether only the headers are asked for.
    pub(super) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    /// Whether it is only read.
    pub(super) fn reads(&self) -> bool {
        self.method == Method::GET || self.is_head()
    }

    /// The address as the catalog plugin sees it, which is mounted below a prefix.
    fn url(&self) -> &str {
        let url = self.uri.path_and_query().map_or("/", |path| path.as_str());
        match url.strip_prefix(PREFIX) {
            Some("") => "/",
            Some(url) => url,
            None => url,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.method, &parts.uri))
    }
}

/// An error of the API: its name decides the status.
#[derive(Debug)]
pub(super) struct Problem {
    name: &'static str,
    status: StatusCode,
    message: String,
}

impl Problem {
    pub(super) fn input(message: impl Into<String>) -> Self {
        Self::new("InputError", StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn authentication(message: impl Into<String>) -> Self {
        Self::new("AuthenticationError", StatusCode::UNAUTHORIZED, message)
    }

    pub(super) fn not_allowed(message: impl Into<String>) -> Self {
        Self::new("NotAllowedError", StatusCode::FORBIDDEN, message)
    }

    pub(super) fn too_many(message: impl Into<String>) -> Self {
        Self::new(
            "TooManyRequestsError",
            StatusCode::TOO_MANY_REQUESTS,
            message,
        )
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("NotFoundError", StatusCode::NOT_FOUND, message)
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(
            "ServiceUnavailableError",
            StatusCode::SERVICE_UNAVAILABLE,
            message,
        )
    }

    fn new(name: &'static str, status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            name,
            status,
            message: message.into(),
        }
    }

    /// The answer to whoever asked.
    pub(super) fn answer(self, asked: &Asked) -> Response {
        let body = json!({
            "error": { "name": self.name, "message": self.message },
            "request": { "method": asked.method.as_str(), "url": asked.url() },
            "response": { "statusCode": self.status.as_u16() },
        });
        // It has text keys, so there is nothing that could not be written.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let tag = [(header::ETAG, weak(&body))];
        (self.status, [JSON], tag, body).into_response()
    }
}
