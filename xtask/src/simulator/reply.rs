//! An answer as a value: built by an endpoint, bent by a fault, finished with the headers every answer has.

use axum::body::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rate_limit::Standing;

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    /// Bytes that claim a content type.
    Raw(&'static str, String),
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The `self` and `next` links of a list.
    pub(crate) self_link: Option<String>,
    pub(crate) next_link: Option<String>,
    pub(crate) content: Content,
}

impl Reply {
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self {
            content: Content::Json(body),
            ..Self::empty(status)
        }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            self_link: None,
            next_link: None,
            content: Content::Empty,
        }
    }

    pub(crate) fn html(status: StatusCode) -> Self {
        let page = "<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body><h1>Sorry</h1></body></html>\n";
        Self {
            content: Content::Raw("text/html", page.to_owned()),
            ..Self::empty(status)
        }
    }

    /// A text that claims to be JSON.
    pub(crate) fn text(status: StatusCode, text: &str) -> Self {
        Self {
            content: Content::Raw("application/json", text.to_owned()),
            ..Self::empty(status)
        }
    }

    /// An error of the token endpoint.
    pub(crate) fn oauth_error(status: StatusCode, error: &str, description: &str) -> Self {
        Self::json(
            status,
            json!({ "error": error, "error_description": description }),
        )
    }

    /// The same answer with one more header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer on the wire.
    pub(crate) fn into_response(self, finish: &Finish) -> Response<Bytes> {
        let mut headers = finish.headers();
        let (content_type, bytes) = match self.content {
            Content::Empty => (None, Vec::new()),
            Content::Json(value) => (Some("application/json"), value.to_string().into_bytes()),
            Content::Raw(content_type, text) => (Some(content_type), text.into_bytes()),
        };
        if let Some(content_type) = content_type {
            append(&mut headers, header::CONTENT_TYPE, content_type);
        }
        for (name, value) in &self.headers {
            append(&mut headers, HeaderName::from_static(name), value);
        }
        for (link, relation) in [(self.self_link, "self"), (self.next_link, "next")] {
            if let Some(link) = link {
                append(
                    &mut headers,
                    header::LINK,
                    &format!("<{link}>; rel=\"{relation}\""),
                );
            }
        }
        let mut response = Response::new(Bytes::from(bytes));
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

/// An error of the API: `{"errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: u16,
    code: &'static str,
    summary: String,
    cause: Option<String>,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: &'static str, summary: impl Into<String>) -> Self {
        Self {
            status,
            code,
            summary: summary.into(),
            cause: None,
        }
    }

    pub(crate) fn because(self, cause: impl Into<String>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..self
        }
    }

    pub(crate) fn not_found(id: &str, kind: &str) -> Self {
        Self::new(
            404,
            "E0000007",
            format!("Not found: Resource not found: {id} ({kind})"),
        )
    }

    pub(crate) fn no_such_path() -> Self {
        Self::new(404, "E0000008", "The requested path was not found")
    }

    pub(crate) fn no_such_method() -> Self {
        let summary = "The endpoint does not support the provided HTTP method";
        Self::new(405, "E0000022", summary)
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(
            403,
            "E0000006",
            "You do not have permission to perform the requested action",
        )
    }

    pub(crate) fn too_many_requests() -> Self {
        Self::new(
            429,
            "E0000047",
            "API call exceeded rate limit due to too many requests.",
        )
    }

    pub(crate) fn invalid_cursor() -> Self {
        Self::new(400, "E0000029", "Invalid paging request.").because("Invalid cursor.")
    }

    /// The answer; `id` is what follows `oae`.
    pub(crate) fn reply(&self, id: &str) -> Reply {
        error_reply(
            self.status,
            self.code,
            &self.summary,
            self.cause.as_deref(),
            id,
        )
    }
}

/// An API error that a fault asks for by status and code.
pub(crate) fn error_reply(
    status: u16,
    code: &str,
    summary: &str,
    cause: Option<&str>,
    id: &str,
) -> Reply {
    let causes: Vec<Value> = cause
        .map(|cause| json!({ "errorSummary": cause }))
        .into_iter()
        .collect();
    let body = json!({
        "errorCode": code,
        "errorSummary": summary,
        "errorLink": code,
        "errorId": format!("oae{id}"),
        "errorCauses": causes,
    });
    Reply::json(
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        body,
    )
}

/// What every answer carries.
#[derive(Clone, Debug)]
pub(crate) struct Finish {
    pub(crate) now: Timestamp,
    pub(crate) request_id: String,
    /// Nothing, when the answer does not tell.
    pub(crate) standing: Option<Standing>,
}

impl Finish {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        append(
            &mut headers,
            header::DATE,
            &self.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        );
        append(
            &mut headers,
            HeaderName::from_static("x-okta-request-id"),
            &self.request_id,
        );
        if let Some(Standing {
            limit,
            remaining,
            reset,
        }) = self.standing
        {
            for (name, value) in [
                ("x-rate-limit-limit", i64::from(limit)),
                ("x-rate-limit-remaining", i64::from(remaining)),
                ("x-rate-limit-reset", reset),
            ] {
                append(
                    &mut headers,
                    HeaderName::from_static(name),
                    &value.to_string(),
                );
            }
        }
        append(&mut headers, header::CACHE_CONTROL, "no-cache, no-store");
        append(&mut headers, header::PRAGMA, "no-cache");
        append(&mut headers, header::EXPIRES, "0");
        append(&mut headers, HeaderName::from_static("p3p"), "CP=\"HONK\"");
        append(
            &mut headers,
            header::REFERRER_POLICY,
            "strict-origin-when-cross-origin",
        );
        headers
    }
}

/// Appends a header; a value that is none (a fault may ask for anything) is left out.
fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.append(name, value);
    }
}
