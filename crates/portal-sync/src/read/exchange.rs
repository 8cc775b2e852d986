//! One request to an org and what came of it, as a recording keeps it: a line of JSON.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use okta_auth::{CertificateFault, TransportError, TransportErrorKind as Kind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::text::chain;

/// The path of the token endpoint, of which nothing is kept.
pub(super) const TOKEN_ENDPOINT: &str = "/oauth2/v1/token";

/// The headers of answers that the client reads. Whatever else one carries, a cookie or a nonce, is not kept.
const HEADERS: [&str; 9] = [
    "content-type",
    "date",
    "link",
    "retry-after",
    "www-authenticate",
    "x-okta-request-id",
    "x-rate-limit-limit",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
];

/// What keeps an answer away, by the words of a recording.
const FAILURES: [(&str, Kind); 20] = [
    ("nameNotFound", Kind::NameNotFound),
    ("connect", Kind::Connect),
    ("proxyAuthentication", Kind::ProxyAuthentication),
    ("proxyUnreachable", Kind::ProxyUnreachable),
    ("proxyRefused", Kind::ProxyRefused),
    (
        "unknownIssuer",
        Kind::Certificate(CertificateFault::UnknownIssuer),
    ),
    ("expired", Kind::Certificate(CertificateFault::Expired)),
    (
        "notYetValid",
        Kind::Certificate(CertificateFault::NotYetValid),
    ),
    ("wrongName", Kind::Certificate(CertificateFault::WrongName)),
    ("certificate", Kind::Certificate(CertificateFault::Other)),
    ("notTls", Kind::NotTls),
    ("notHttp", Kind::NotHttp),
    ("tls", Kind::Tls),
    ("timeout", Kind::Timeout),
    ("interrupted", Kind::Interrupted),
    ("tooLarge", Kind::TooLarge),
    ("request", Kind::Request),
    ("redirected", Kind::Redirected),
    ("setup", Kind::Setup),
    ("noRuntime", Kind::NoRuntime),
];

/// One request and what came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exchange {
    /// When it was sent, in microseconds since the recording began.
    pub(super) at_micros: u64,
    /// How long the answer took.
    pub(super) took_micros: u64,
    /// What was asked, as [`target`] has it.
    pub(super) request: String,
    /// The status of the answer. Where there is neither that nor a failure nobody waited for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    /// The body where it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    /// The body where it is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<Failed>,
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Came {
    /// An answer with this status and these headers, of whose body so much is kept.
    Answer(StatusCode, HeaderMap, String),
    /// None.
    Failed(TransportError),
    /// Nobody waited for it any more.
    Unanswered,
}

/// Why there is no answer.
#[derive(Debug, Serialize, Deserialize)]
struct Failed {
    kind: String,
    because: String,
}

/// What a request is known by: the same one may come again, after a failure, and then has the next of its answers.
pub(super) fn target(request: &Request<Bytes>) -> String {
    let (method, uri) = (request.method(), request.uri());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("{method} {path}")
}

/// Whether it asks for a token.
pub(super) fn is_for_token(request: &Request<Bytes>) -> bool {
    request.method() == Method::POST && request.uri().path().ends_with(TOKEN_ENDPOINT)
}

impl Exchange {
    /// What came of this request, which was sent so long after the beginning of the recording.
    pub(super) fn new(request: String, at: Duration, took: Duration, came: Came) -> Self {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let mut exchange = Self {
            at_micros: micros(at),
            took_micros: micros(took),
            request,
            status: None,
            headers: Vec::new(),
            body: None,
            text: String::new(),
            failed: None,
        };
        match came {
            Came::Answer(status, headers, body) => {
                exchange.status = Some(status.as_u16());
                exchange.headers = kept(&headers);
                exchange.take_body(body);
            }
            Came::Failed(error) => exchange.failed = Some(Failed::of(&error)),
            Came::Unanswered => {}
        }
        exchange
    }

    fn take_body(&mut self, body: String) {
        match RawValue::from_string(body.clone()) {
            // What is around a value is not kept with it.
            Ok(json) if json.get() == body && !body.contains(['\n', '\r']) => {
                self.body = Some(json);
            }
            _ => self.text = body,
        }
    }

    /// How long after the beginning of the recording this came.
    pub(super) const fn came_after(&self) -> Duration {
        Duration::from_micros(self.at_micros.saturating_add(self.took_micros))
    }

    /// What came; nothing where nobody waited for it.
    pub(super) fn outcome(&self) -> Option<Result<Response<Bytes>, TransportError>> {
        if let Some(failed) = &self.failed {
            return Some(Err(failed.error()));
        }
        let body = self.body.as_ref().map_or(&*self.text, |json| json.get());
        let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
        *response.status_mut() = StatusCode::from_u16(self.status?).unwrap_or_default();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
            {
                response.headers_mut().append(name, value);
            }
        }
        Some(Ok(response))
    }
}

/// Of headers those that are kept.
fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        HEADERS
            .contains(&name.as_str())
            .then(|| (name.as_str().to_owned(), value.to_owned()))
    });
    lines.collect()
}

impl Failed {
    fn of(error: &TransportError) -> Self {
        let name = FAILURES.iter().find(|(_, kind)| *kind == error.kind());
        Self {
            kind: name.map_or("request", |(name, _)| name).to_owned(),
            because: error.source().map(chain).unwrap_or_default(),
        }
    }

    fn error(&self) -> TransportError {
        let kind = FAILURES.iter().find(|(name, _)| *name == self.kind);
        let kind = kind.map_or(Kind::Request, |(_, kind)| *kind);
        TransportError::new(kind, self.because.clone())
    }
}
