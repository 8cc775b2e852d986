//! Errors in the shape of Backstage's backends.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Where the API is.
pub(super) const PREFIX: &str = "/api/catalog";

/// The content type of all its answers.
pub(super) const JSON: (HeaderName, &str) =
    (header::CONTENT_TYPE, "application/json; charset=utf-8");

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

    /// The name of the first query parameter.
    pub(super) fn parameter(&self) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .next()
            .map(|(name, _)| name.into_owned())
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
        (self.status, [JSON], Json(body)).into_response()
    }
}
