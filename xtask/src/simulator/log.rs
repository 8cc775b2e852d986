//! What was asked and how it was answered, without the secrets.

use http::Method;
use jiff::Timestamp;

use super::endpoint::Endpoint;

/// One request. It holds no header and no body: tokens and assertions are not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The path as it was sent.
    pub path: String,
    /// The endpoint, unless the path is unknown.
    pub endpoint: Option<Endpoint>,
    /// The query, decoded, in the order it was sent.
    pub query: Vec<(String, String)>,
    /// The status that was sent, or would have been, had the connection not been cut.
    pub status: u16,
    /// When it arrived, by the server's clock.
    pub at: Timestamp,
    /// Whether it was authorized: a valid token with the scope, or a token was granted.
    pub authorized: bool,
    /// The `x-okta-request-id` of the answer.
    pub request_id: String,
}

impl Recorded {
    /// The path with `{id}` in place of ids, or the path itself when it is unknown.
    #[must_use]
    pub fn template(&self) -> &str {
        match self.endpoint {
            Some(endpoint) => endpoint.template(),
            None => &self.path,
        }
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}
