//! What an unsuccessful answer of Okta says about itself.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;

use crate::link;
use crate::rate_limit::Timing;

/// The longest text that is taken over from an answer.
const TEXT_LIMIT: usize = 1_000;

/// The body of Okta's errors.
///
/// Only the code is there to be relied on: "errorCode" is stable, the texts are for people and
/// change (Okta API reference, errors).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// Which error, such as `E0000031`.
    pub code: String,
    /// What happened, in Okta's words.
    pub summary: String,
    /// Why, one sentence each; often empty.
    pub causes: Vec<String>,
    /// The occurrence, which Okta's support can look up.
    pub id: Option<String>,
}

impl ApiError {
    /// Reads the body of an error; `None` when it is not Okta's JSON (a proxy's page, an empty
    /// body).
    pub(crate) fn from_body(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            error_code: String,
            error_summary: Option<String>,
            error_id: Option<String>,
            error_causes: Option<Vec<Cause>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Cause {
            error_summary: Option<String>,
        }
        let wire: Wire = serde_json::from_slice(body).ok()?;
        let causes = wire
            .error_causes
            .into_iter()
            .flatten()
            .filter_map(|cause| cause.error_summary);
        Some(Self {
            code: printable(&wire.error_code),
            summary: printable(&wire.error_summary.unwrap_or_default()),
            causes: causes.map(|cause| printable(&cause)).collect(),
            id: wire.error_id.map(|id| printable(&id)),
        })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        for text in std::iter::once(&self.summary)
            .chain(&self.causes)
            .filter(|text| !text.is_empty())
        {
            write!(f, ": {}", text.trim_end_matches('.'))?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

/// An answer that is not the one that was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) request_id: Option<String>,
    pub(crate) api: Option<ApiError>,
    /// The scope that the token lacks, when the answer says that it lacks one: its name, or empty
    /// when it was not named.
    pub(crate) missing_scope: Option<String>,
    pub(crate) timing: Timing,
    /// Whether it has a challenge of OAuth's, which Okta sends without a body.
    is_challenge: bool,
    /// Whether its text, which is not Okta's, says that something was too long.
    pub(crate) speaks_of_length: bool,
    content_type: Option<String>,
}

impl Answer {
    pub(crate) fn new(response: &Response<Bytes>) -> Self {
        let headers = response.headers();
        Self {
            status: response.status(),
            request_id: header(headers, "x-okta-request-id"),
            api: ApiError::from_body(response.body()),
            missing_scope: missing_scope(headers),
            timing: Timing::from_headers(headers),
            is_challenge: is_challenge(headers),
            speaks_of_length: speaks_of_length(response.body()),
            content_type: header(headers, "content-type"),
        }
    }
}

impl Answer {
    /// Okta's code of the error, if it is Okta's error.
    pub(crate) fn code(&self) -> Option<&str> {
        self.api.as_ref().map(|api| api.code.as_str())
    }

    /// Whether it is Okta that answers, as far as the answer shows: by its error's shape, or by a challenge.
    pub(crate) fn is_okta(&self) -> bool {
        self.api.is_some() || self.is_challenge
    }

    /// Whether it is the token that the server does not like. `E0000015`, "you do not have
    /// permission to access the feature you are requesting", is a 401 as well.
    pub(crate) fn is_token_refused(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED && self.code() != Some("E0000015")
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer was {}", self.status)?;
        match (&self.api, &self.content_type) {
            (Some(api), _) => write!(f, ", {api}"),
            (None, Some(content_type)) => write!(f, ", `{content_type}` without an error code"),
            (None, None) => f.write_str(" without an error code"),
        }
    }
}

/// The printable text of a header.
fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(printable)
}

/// The scope that a `www-authenticate` challenge says is missing.
///
/// `Bearer authorization_uri="…", scope="okta.groups.read", error="insufficient_scope", …`, with an
/// empty body (reported for Okta's Go SDK).
fn missing_scope(headers: &HeaderMap) -> Option<String> {
    let challenges = headers
        .get_all(http::header::WWW_AUTHENTICATE)
        .into_iter()
        .filter_map(|line| line.to_str().ok());
    challenges
        .filter_map(|line| line.split_once(' '))
        .find_map(|(_scheme, mut rest)| {
            let mut error = String::new();
            let mut scope = String::new();
            while let Some((parameter, left)) = link::parameter(rest.trim_start_matches([',', ' ']))
            {
                match parameter.name {
                    "error" => error = parameter.value,
                    "scope" => scope = printable(&parameter.value),
                    _ => {}
                }
                if left.is_empty() {
                    break;
                }
                rest = left;
            }
            (error == "insufficient_scope").then_some(scope)
        })
}

/// Whether there is a challenge in one of the ways in which a token is sent.
fn is_challenge(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(http::header::WWW_AUTHENTICATE);
    challenges.into_iter().any(|line| {
        let scheme = line.to_str().unwrap_or_default().split(' ').next();
        let mut schemes = ["Bearer", "DPoP", "SSWS"].into_iter();
        scheme.is_some_and(|scheme| schemes.any(|known| scheme.eq_ignore_ascii_case(known)))
    })
}

/// Whether a page says that a request is too long, as nginx ("Request Header Or Cookie Too Large"), Apache ("Request-URI Too
/// Long") and others do.
fn speaks_of_length(body: &[u8]) -> bool {
    let start = body.get(..TEXT_LIMIT).unwrap_or(body);
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    text.contains("too long") || text.contains("too large")
}

/// Text of bounded length, without control characters.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|char| !char.is_control())
        .take(TEXT_LIMIT)
        .collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;

    use super::{Answer, ApiError};

    #[test]
    fn the_body_of_an_error_is_read() {
        let body = br#"{"errorCode":"E0000031","errorSummary":"Invalid search criteria.","errorLink":"E0000031","errorId":"oae1",
            "errorCauses":[{"errorSummary":"Invalid search syntax."}]}"#;
        let error = ApiError::from_body(body).unwrap();
        assert_eq!(
            error.to_string(),
            "E0000031: Invalid search criteria: Invalid search syntax"
        );
        assert_eq!(error.id.as_deref(), Some("oae1"));
    }

    #[test]
    fn what_is_not_oktas_error_is_none() {
        for body in [
            "",
            "<html>",
            r#"{"status":404,"message":"Resource not found"}"#,
            "[]",
        ] {
            assert_eq!(ApiError::from_body(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let attributes = r#"authorization_uri="http://a/oauth2/v1/authorize", realm="http://a", scope="okta.groups.read", error="#;
        let bearer = format!(
            r#"Bearer {attributes}"insufficient_scope", error_description="The access token, it \"lacks\"""#
        );
        let dpop = r#"DPoP algs="RS256 ES256", error="insufficient_scope""#;
        let invalid = format!(r#"Bearer {attributes}"invalid_token""#);
        let table = [
            (bearer.as_str(), Some("okta.groups.read")),
            (dpop, Some("")),
            (&invalid, None),
            ("Bearer", None),
            (r#"Bearer ,,=""#, None),
        ];
        for (challenge, expected) in table {
            let response = Response::builder()
                .status(403)
                .header("www-authenticate", challenge)
                .body(Bytes::new())
                .unwrap();
            assert_eq!(
                Answer::new(&response).missing_scope.as_deref(),
                expected,
                "{challenge}"
            );
        }
    }
}
