//! The token request as a value, and the reading of its answer. Sending is somebody else's line.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use secrecy::SecretString;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use crate::assertion::ClientAssertion;
use crate::dpop::Prover;
use crate::error::{AuthError, Unavailable, UnexpectedAnswer};
use crate::org_url::OrgUrl;
use crate::refusal::{Clocks, Refusal, quotable};
use crate::scope::Scope;
use crate::service_app::ServiceApp;
use crate::token::{Token, TokenScheme};

/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The code by which an overloaded server answers with 400 (RFC 6749, section 4.1.2.1).
const BUSY: &str = "temporarily_unavailable";

/// So many scopes of an answer are kept, beside those that are wanted. Okta has about two hundred of its own.
const MOST_SCOPES: usize = 1_000;

/// The most bytes of the name of a scope. Those of Okta have fifty at most.
const LONGEST_SCOPE: usize = 255;

/// The request for a token by client credentials (Okta, "Implement OAuth for Okta with a service
/// app").
pub fn token_request(
    org: &OrgUrl,
    app: &ServiceApp,
    assertion: &ClientAssertion,
) -> Request<Bytes> {
    let scopes = app
        .asked_scopes()
        .map(Scope::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("scope", &scopes)
        .append_pair("client_assertion_type", ASSERTION_TYPE)
        .append_pair("client_assertion", assertion.expose_secret())
        .finish();
    let mut request = Request::new(Bytes::from(form));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri(&org.token_endpoint());
    request
        .headers_mut()
        .insert(ACCEPT, HeaderValue::from_static("application/json"));
    request.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    request
}

/// The URL as `http` has it. Every org URL is checked to be a URI, and the path is a constant.
fn uri(url: &Url) -> Uri {
    Uri::try_from(url.as_str()).unwrap_or_default()
}

/// Reads the answer to a [`token_request`] of `app` with `assertion`. `now` is this machine's time when it came;
/// refusals that have to do with time are given the difference to the answer's `Date`.
///
/// # Errors
///
/// Everything that is not a token with all the scopes `app` needs, by its cause.
pub fn read_token_response(
    app: &ServiceApp,
    assertion: &ClientAssertion,
    response: &Response<Bytes>,
    now: Timestamp,
) -> Result<Token, AuthError> {
    read_answer(app, assertion, response, now, None)
}

/// The same, where the request carried a proof of `prover`: the token may be bound to its key.
pub(crate) fn read_answer(
    app: &ServiceApp,
    assertion: &ClientAssertion,
    response: &Response<Bytes>,
    now: Timestamp,
    prover: Option<&Arc<Prover>>,
) -> Result<Token, AuthError> {
    let status = response.status();
    if status == StatusCode::OK {
        return read_token(app, response, prover);
    }
    if status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
    {
        return Err(AuthError::Unavailable(Unavailable::new(
            status,
            response.headers(),
        )));
    }
    // Okta's endpoint is there and says no in other ways: whoever answers so, the address is not that of an org.
    let is_no_endpoint = matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE);
    let refusal = (status.is_client_error() && !is_no_endpoint)
        .then(|| read_refusal(app, assertion, response))
        .flatten();
    Err(match refusal {
        Some(refusal) if refusal.error() == BUSY => {
            AuthError::Unavailable(Unavailable::new(status, response.headers()))
        }
        Some(refusal) if refusal.cause().is_about_time() => {
            AuthError::Refused(refusal.with_clocks(clocks(response.headers(), now)))
        }
        Some(refusal) => AuthError::Refused(refusal),
        None => AuthError::Unexpected(UnexpectedAnswer::new(status, instead(response.headers()))),
    })
}

#[derive(Deserialize)]
struct TokenBody {
    token_type: String,
    expires_in: u64,
    access_token: SecretString,
    scope: Option<String>,
}

fn read_token(
    app: &ServiceApp,
    response: &Response<Bytes>,
    prover: Option<&Arc<Prover>>,
) -> Result<Token, AuthError> {
    let unexpected =
        |what: &str| AuthError::Unexpected(UnexpectedAnswer::new(response.status(), what));
    // The parser's message is left out: it may quote the token.
    let body: TokenBody = serde_json::from_slice(response.body())
        .map_err(|_| unexpected("without `access_token`, `token_type` and `expires_in` in JSON"))?;
    let is = |scheme: TokenScheme| body.token_type.eq_ignore_ascii_case(scheme.as_str());
    let prover = prover.filter(|_| is(TokenScheme::Dpop));
    if prover.is_none() && !is(TokenScheme::Bearer) {
        return Err(unexpected(
            "with a token that is neither of the type `Bearer` nor bound to our key",
        ));
    }
    // RFC 6749, section 5.1: left out when it is what was asked for.
    let Granted { scopes, more } = match &body.scope {
        Some(text) => Granted::read(text, app)
            .ok_or_else(|| unexpected("with a `scope` that is not a list of scopes"))?,
        None => Granted {
            scopes: app.asked_scopes().cloned().collect(),
            more: 0,
        },
    };
    let missing: Vec<Scope> = app
        .scopes()
        .iter()
        .filter(|wanted| !scopes.contains(wanted))
        .cloned()
        .collect();
    if !missing.is_empty() {
        return Err(AuthError::MissingScopes {
            missing,
            granted: scopes,
            more,
        });
    }
    let lifetime = Duration::from_secs(body.expires_in);
    match prover {
        Some(prover) => Token::dpop(&body.access_token, scopes, lifetime, prover),
        None => Token::bearer(&body.access_token, scopes, lifetime),
    }
    .map_err(|_| unexpected("with a token that no header can hold"))
}

/// The scopes that an answer names.
struct Granted {
    scopes: Vec<Scope>,
    /// How many others it names.
    more: usize,
}

impl Granted {
    /// Reads a list of scopes, each of which is checked. Of as many as nobody has, those that are wanted and the first
    /// others are kept.
    fn read(text: &str, app: &ServiceApp) -> Option<Self> {
        let (mut scopes, mut more) = (Vec::new(), 0);
        for name in text.split_ascii_whitespace() {
            if name.len() > LONGEST_SCOPE {
                return None;
            }
            let scope: Scope = name.parse().ok()?;
            let is_wanted = app.asked_scopes().any(|wanted| *wanted == scope);
            let is_new = is_wanted && !scopes.contains(&scope);
            if is_new || scopes.len() < MOST_SCOPES {
                scopes.push(scope);
            } else {
                more += 1;
            }
        }
        Some(Self { scopes, more })
    }
}

/// Both shapes that Okta has: OAuth's, and that of its API.
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(alias = "errorCode")]
    error: String,
    #[serde(alias = "errorSummary")]
    error_description: Option<String>,
}

fn read_refusal(
    app: &ServiceApp,
    assertion: &ClientAssertion,
    response: &Response<Bytes>,
) -> Option<Refusal> {
    let body: ErrorBody = serde_json::from_slice(response.body()).ok()?;
    Some(Refusal::new(
        app,
        assertion.key_id(),
        response.status(),
        &body.error,
        body.error_description.as_deref(),
    ))
}

/// What came instead of an OAuth error, as far as it may be quoted.
fn instead(headers: &HeaderMap) -> String {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    match kind {
        Some(kind) => format!("with `{}` that is no error of Okta's", quotable(kind)),
        None => "without a content type and without an error of Okta's".to_owned(),
    }
}

/// When the answer came, by this machine's clock and by its `Date`.
fn clocks(headers: &HeaderMap, now: Timestamp) -> Option<Clocks> {
    let date = headers.get(DATE)?.to_str().ok()?;
    // An HTTP date (RFC 9110, section 5.6.7) is one of RFC 2822 as well.
    let there = DateTimeParser::new().parse_timestamp(date).ok()?;
    Some(Clocks { here: now, there })
}

#[cfg(test)]
mod tests;
