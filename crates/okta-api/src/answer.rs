//! What an unsuccessful answer of Okta says about itself.

use std::fmt::{self, Write as _};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use okta_auth::visible::{self, visible};
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::link;
use crate::rate_limit::Timing;

/// So much of a page is looked at for what it says.
const TEXT_LIMIT: usize = 1_000;

/// So many causes of an error are kept.
const MOST_CAUSES: usize = 5;

/// The most characters of a cause, a code or a header.
const SHORT_TEXT: usize = 200;

/// The most characters of a summary.
const SUMMARY: usize = 500;

/// The body of Okta's errors.
///
/// Only the code is there to be relied on: "errorCode" is stable, the texts are for people and
/// change (Okta API reference, errors).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct ApiError {
    /// Which error, such as `E0000031`.
    pub code: String,
    /// What happened, in Okta's words.
    pub summary: String,
    /// Why, one sentence each; often empty, five at most.
    pub causes: Vec<String>,
    /// How many more causes the answer has.
    pub more_causes: usize,
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
            error_causes: Option<Causes>,
        }
        let wire: Wire = serde_json::from_slice(body).ok()?;
        let Causes { first, more } = wire.error_causes.unwrap_or_default();
        Some(Self {
            code: printable(&wire.error_code, SHORT_TEXT),
            summary: printable(&wire.error_summary.unwrap_or_default(), SUMMARY),
            causes: first,
            more_causes: more,
            id: wire.error_id.map(|id| printable(&id, SHORT_TEXT)),
        })
    }
}

/// The first causes of an error, and how many more there are.
#[derive(Default)]
struct Causes {
    first: Vec<String>,
    more: usize,
}

impl<'de> Deserialize<'de> for Causes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CausesVisitor)
    }
}

struct CausesVisitor;

impl<'de> Visitor<'de> for CausesVisitor {
    type Value = Causes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of causes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Causes, A::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Cause {
            error_summary: Option<String>,
        }
        let mut causes = Causes::default();
        while causes.first.len() < MOST_CAUSES {
            let Some(cause) = list.next_element::<Cause>()? else {
                return Ok(causes);
            };
            let summary = cause.error_summary;
            causes
                .first
                .extend(summary.map(|summary| printable(&summary, SHORT_TEXT)));
        }
        // What is not kept is not built either.
        while list.next_element::<IgnoredAny>()?.is_some() {
            causes.more += 1;
        }
        Ok(causes)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.code.clone();
        for part in std::iter::once(&self.summary)
            .chain(&self.causes)
            .filter(|part| !part.is_empty())
        {
            text.push_str(": ");
            text.push_str(part.trim_end_matches('.'));
        }
        if self.more_causes > 0 {
            write!(text, " (and {} more causes)", self.more_causes)?;
        }
        f.write_str(&visible::message(&text))
    }
}

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
    let text = headers.get(name)?.to_str().ok()?;
    Some(printable(text, SHORT_TEXT))
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
                    "scope" => scope = printable(&parameter.value, SHORT_TEXT),
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

/// Text of so many characters at most, with nothing hidden in it.
fn printable(text: &str, longest: usize) -> String {
    visible(text).at_most(longest).to_string()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;
    use okta_auth::visible::is_hidden;

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
    fn an_error_of_any_size_is_told_in_a_line_of_some() {
        let causes = |count: usize, text: &str| {
            let cause = format!(r#"{{"errorSummary":"{text}"}}"#);
            let causes = vec![cause; count].join(",");
            format!(
                r#"{{"errorCode":"E1","errorSummary":"{text}","errorId":"{text}","errorCauses":[{causes}]}}"#
            )
        };
        for (count, text, kept, more) in [
            (0, "a", 0, 0),
            (5, "a", 5, 0),
            (6, "a", 5, 1),
            (60_000, "why not", 5, 59_995),
            (3, "\u{9b}2J\u{202e}\u{2028}\u{61c}\u{feff}\u{e0041}", 3, 0),
            (7, &"x".repeat(100_000), 5, 2),
            (7, &"\u{202e}平".repeat(10_000), 5, 2),
        ] {
            let error = ApiError::from_body(causes(count, text).as_bytes()).unwrap();
            assert_eq!((error.causes.len(), error.more_causes), (kept, more));
            let told = error.to_string();
            assert!(told.len() <= 2_000, "{}", told.len());
            assert!(!told.contains(is_hidden), "{told}");
            assert_eq!(told.contains("more causes"), more > 0 && told.len() < 1_900);
            assert!(error.id.is_some_and(|id| id.chars().count() <= 201));
        }
        let odd =
            r#"{"errorCode":"E1","errorCauses":[{},{"errorSummary":null},{"errorSummary":"a"}]}"#;
        assert_eq!(ApiError::from_body(odd.as_bytes()).unwrap().causes, ["a"]);
        let none = r#"{"errorCode":"E1","errorCauses":null}"#;
        assert_eq!(
            ApiError::from_body(none.as_bytes()).unwrap().to_string(),
            "E1"
        );
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
