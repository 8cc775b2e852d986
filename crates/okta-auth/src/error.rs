//! `AuthError`: why there is no token.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use crate::key::SigningError;
use crate::refusal::{Refusal, listed};
use crate::report::debug_as_report;
use crate::scope::Scope;
use crate::transport::TransportError;

/// Why there is no token.
///
/// Clones are cheap and share their cause: everybody who waited for one token request gets the
/// same error.
///
/// `Display` says what failed, and its sources say why. `Debug`, which `fn main() -> Result<(), Box<dyn Error>>` prints,
/// says all of that on one line, and [what to do](Self::fix) on the next.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// Okta refused to issue a token. Nothing changes until somebody acts.
    #[error("the token request of {} was refused", .0.asked())]
    Refused(#[source] Refusal),
    /// The token endpoint could not serve the request now: 429, 408, a 5xx, or 400 `temporarily_unavailable`.
    #[error("the token endpoint is not available")]
    Unavailable(#[source] Unavailable),
    /// There was no whole answer.
    #[error("the token request got no answer")]
    Transport(#[source] TransportError),
    /// What answered is not Okta's token endpoint.
    #[error("the answer to the token request is not one of Okta's")]
    Unexpected(#[source] UnexpectedAnswer),
    /// A token was issued, but for less than is needed. Okta grants what the app has of what was
    /// asked for and says so only in the answer.
    #[error("the token lacks the scopes {} (granted: {})", listed(.missing), all(.granted, *.more))]
    MissingScopes {
        /// What is missing of what was asked for, in that order.
        missing: Vec<Scope>,
        /// What was granted: all of it, unless `more` says otherwise.
        granted: Vec<Scope>,
        /// How many scopes the answer names beside these. Nobody has so many; not all are kept then.
        more: usize,
    },
    /// The client assertion could not be signed.
    #[error("the client assertion could not be signed")]
    Signing(#[source] SigningError),
}

impl AuthError {
    /// Whether asking again a little later may well succeed. Everything else stays as it is until
    /// somebody changes a setting.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Transport(error) => error.is_transient(),
            Self::Refused(_)
            | Self::Unexpected(_)
            | Self::MissingScopes { .. }
            | Self::Signing(_) => false,
        }
    }

    /// What an administrator does about it, with the path in Okta's Admin Console.
    pub fn fix(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => refusal.fix(),
            Self::MissingScopes { .. } => Some(
                "grant them: Applications > Applications > (the app) > Okta API Scopes > Grant",
            ),
            Self::Unexpected(answer) => answer.fix(),
            Self::Transport(error) => error.fix(),
            Self::Unavailable(_) | Self::Signing(_) => None,
        }
    }
}

debug_as_report!(AuthError, fix);
debug_as_report!(Unavailable);
debug_as_report!(UnexpectedAnswer, fix);

fn all(scopes: &[Scope], more: usize) -> String {
    if scopes.is_empty() {
        return "none".to_owned();
    }
    match more {
        0 => listed(scopes),
        more => format!("{}, and {more} beside them", listed(scopes)),
    }
}

/// An answer that says "not now".
#[derive(Clone, thiserror::Error)]
#[error("it answered {status}")]
pub struct Unavailable {
    status: StatusCode,
    headers: Arc<HeaderMap>,
}

impl Unavailable {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap) -> Self {
        /// RFC 9110, and the Okta API reference, "Rate limits". The layer above reads them.
        const TIMING: [&str; 5] = [
            "date",
            "retry-after",
            "x-rate-limit-limit",
            "x-rate-limit-remaining",
            "x-rate-limit-reset",
        ];
        let mut kept = HeaderMap::new();
        for name in TIMING {
            for value in headers.get_all(name) {
                kept.append(name, value.clone());
            }
        }
        Self {
            status,
            headers: Arc::new(kept),
        }
    }

    /// The status of the answer: 408, 429 or 5xx, or 400 with `temporarily_unavailable`.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What the answer says about when to come back: `date`, `retry-after` and the `x-rate-limit-…`
    /// headers, as far as they were there. No others.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// An answer that is not a token response. It is not quoted, as it may hold a token.
#[derive(Clone, thiserror::Error)]
#[error("{status} {what}")]
pub struct UnexpectedAnswer {
    status: StatusCode,
    what: String,
}

impl UnexpectedAnswer {
    pub(crate) fn new(status: StatusCode, what: impl Into<String>) -> Self {
        Self {
            status,
            what: what.into(),
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What somebody does about it.
    pub fn fix(&self) -> Option<&'static str> {
        Some(match self.status {
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::METHOD_NOT_ALLOWED => {
                "correct the org URL, as there is no token endpoint at this address: it is the org's own address, without \
                 `-admin`, as the menu in the upper right corner of the Admin Console shows it"
            }
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                "give the proxy's user and password in HTTPS_PROXY, as `http://USER:PASSWORD@HOST:PORT`"
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                "find what answers in Okta's place, such as a firewall or a proxy, and let it pass requests to the org's \
                 host; or correct the org URL, which is the org's own address, without `-admin`"
            }
            _ => {
                "check that the org URL is the org's own address, without `-admin`, and that no proxy or firewall answers \
                 in its place"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::transport::TransportErrorKind;

    #[test]
    fn an_error_says_what_failed_and_its_source_why() {
        for (kind, is_transient, has_fix) in [
            (TransportErrorKind::NameNotFound, true, true),
            (TransportErrorKind::Connect, true, true),
            (TransportErrorKind::ProxyAuthentication, false, true),
            (TransportErrorKind::Timeout, true, true),
            (TransportErrorKind::Interrupted, true, true),
            (TransportErrorKind::Tls, false, true),
            (TransportErrorKind::TooLarge, false, false),
            (TransportErrorKind::Request, false, false),
        ] {
            let error = AuthError::Transport(TransportError::new(kind, "the reason"));
            assert_eq!(error.is_transient(), is_transient, "{kind}");
            assert_eq!(error.fix().is_some(), has_fix, "{kind}");
            assert_eq!(error.to_string(), "the token request got no answer");
            let cause = error.source().unwrap();
            assert_eq!(cause.to_string(), kind.to_string());
            assert_eq!(cause.source().unwrap().to_string(), "the reason");
        }
    }

    #[test]
    fn what_main_prints_is_the_whole_error_and_its_fix() {
        let source = std::io::Error::other("the reason\n\u{1b}[2J");
        let error = AuthError::Transport(TransportError::new(TransportErrorKind::Tls, source));
        assert_eq!(
            format!("{error:?}"),
            "the token request got no answer: no secure connection: the reason\\u{a}\\u{1b}[2J\n  fix: see that the host \
             speaks TLS 1.2 or 1.3 and that nothing on the way (a proxy, a firewall) changes that"
        );
        let error =
            AuthError::Unavailable(Unavailable::new(StatusCode::BAD_GATEWAY, &HeaderMap::new()));
        assert_eq!(
            format!("{error:?}"),
            "the token endpoint is not available: it answered 502 Bad Gateway"
        );
    }
}
