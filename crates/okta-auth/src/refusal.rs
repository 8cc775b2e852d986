//! `Refusal`: the token endpoint's "no", by cause, with what an administrator does about it.

use std::error::Error;
use std::fmt::{self, Display};
use std::sync::Arc;

use http::StatusCode;
use jiff::SignedDuration;

use crate::scope::Scope;
use crate::service_app::ServiceApp;

/// The token endpoint refused to issue a token.
///
/// `Display` quotes the server and adds the clock skew when one was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(Arc<Facts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    client_id: String,
    key_ids: Vec<String>,
    scopes: Vec<Scope>,
    cause: RefusalCause,
    status: StatusCode,
    error: String,
    description: Option<String>,
    clock_skew: Option<SignedDuration>,
}

impl Refusal {
    pub(crate) fn new(
        app: &ServiceApp,
        key_id: &str,
        status: StatusCode,
        error: &str,
        description: Option<&str>,
    ) -> Self {
        Self(Arc::new(Facts {
            client_id: app.client_id().to_owned(),
            key_ids: vec![key_id.to_owned()],
            scopes: app.scopes().to_vec(),
            cause: RefusalCause::classify(error, description.unwrap_or_default()),
            status,
            error: quotable(error),
            description: description.map(quotable),
            clock_skew: None,
        }))
    }

    /// The same, where all of these keys were tried and none was known.
    pub(crate) fn with_key_ids(mut self, key_ids: Vec<String>) -> Self {
        Arc::make_mut(&mut self.0).key_ids = key_ids;
        self
    }

    pub(crate) fn with_clock_skew(mut self, skew: Option<SignedDuration>) -> Self {
        Arc::make_mut(&mut self.0).clock_skew = skew;
        self
    }

    /// Who asked for what: the client, its key or keys, and the scopes.
    pub(crate) fn asked(&self) -> String {
        let keys = match self.0.key_ids.len() {
            1 => "key",
            _ => "keys",
        };
        format!(
            "client `{}` with {keys} {} for {}",
            self.0.client_id,
            listed(&self.0.key_ids),
            listed(&self.0.scopes)
        )
    }

    /// The id of the key that signed. Where the cause is [`UnknownKeyId`](RefusalCause::UnknownKeyId), all that were
    /// tried, in that order.
    pub fn key_ids(&self) -> &[String] {
        &self.0.key_ids
    }

    /// Why, as far as the answer tells.
    pub fn cause(&self) -> RefusalCause {
        self.0.cause
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The OAuth error code, such as `invalid_client`.
    pub fn error(&self) -> &str {
        &self.0.error
    }

    /// The server's sentence about it.
    pub fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// How far Okta's clock is ahead of this machine's (negative: behind), whole seconds, from the
    /// answer's `Date`. Known only for refusals that have to do with time.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.0.clock_skew
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "okta answered {} `{}`",
            self.0.status.as_u16(),
            self.0.error
        )?;
        if let Some(description) = &self.0.description {
            write!(f, ": {}", description.trim_end_matches('.'))?;
        }
        match self.0.clock_skew.map(|skew| skew.as_secs()) {
            Some(0) => f.write_str(" (this machine's clock agrees with Okta's)"),
            Some(skew) => {
                let side = if skew > 0 { "behind" } else { "ahead of" };
                write!(
                    f,
                    " (this machine's clock is {} s {side} Okta's)",
                    skew.unsigned_abs()
                )
            }
            None => Ok(()),
        }
    }
}

impl Error for Refusal {}

fn listed(things: &[impl Display]) -> String {
    let quoted: Vec<String> = things.iter().map(|thing| format!("`{thing}`")).collect();
    quoted.join(", ")
}

/// Server text as a message may quote it: one line of bounded length.
fn quotable(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut quoted: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        quoted.push('…');
    }
    quoted
}

/// Why a token request was refused.
///
/// Okta answers most of them with 401 `invalid_client`, so they are told apart by the description;
/// the texts are those of Okta's catalogue of OAuth errors (okta-developer-docs,
/// `oauth2-error-codes.json`). What no text matches is [`Other`](Self::Other).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalCause {
    /// The signature does not fit the public key of that key id: the private key is another one.
    BadSignature,
    /// The app has no public key of that key id.
    UnknownKeyId,
    /// The audience is not the URL the request went to: a proxy or a second domain in between.
    WrongAudience,
    /// The assertion had expired on arrival: this machine's clock is slow.
    Expired,
    /// The assertion was issued in the server's future: this machine's clock is fast.
    IssuedInFuture,
    /// The assertion lives too far into the server's future: this machine's clock is fast.
    ExpiresTooLate,
    /// The assertion's `jti` was seen before: something between repeats requests.
    Replayed,
    /// No active app has this client id.
    UnknownClient,
    /// The app has no public key at all.
    NoKeySet,
    /// The app is of another kind than API Services.
    NotServiceApp,
    /// The app is set to a client secret instead of a key pair.
    KeyAuthRequired,
    /// A scope that the org does not know was asked for.
    UnknownScope,
    /// None of the wanted scopes is granted to the app.
    NoScopeGranted,
    /// The app wants a DPoP proof with each token request. [`TokenCache`](crate::TokenCache) then makes them.
    DpopRequired,
    /// The DPoP proof lacks the nonce that the answer names. [`TokenCache`](crate::TokenCache) then takes it.
    DpopNonceRequired,
    /// The DPoP proof is not accepted.
    DpopRefused,
    /// A network zone or a policy denied access.
    AccessDenied,
    /// Anything else.
    Other,
}

impl RefusalCause {
    /// What an administrator does about it, with the path in Okta's Admin Console.
    pub fn fix(self) -> Option<&'static str> {
        Some(match self {
            Self::BadSignature => {
                "use the private key that was made together with the public key of this key id, or \
                 add its public key: Applications > Applications > (the app) > General > \
                 Client Credentials > Public Keys"
            }
            Self::UnknownKeyId => {
                "copy the key id (KID) of an active key: Applications > Applications > (the app) > \
                 General > Client Credentials > Public Keys; if the key was just added, press Save \
                 there"
            }
            Self::WrongAudience => {
                "use the org's own address, the one in the upper right corner menu of the Admin \
                 Console without `-admin`, and no proxy that changes the host"
            }
            Self::Expired | Self::IssuedInFuture | Self::ExpiresTooLate => {
                "set this machine's clock right (NTP)"
            }
            Self::Replayed => {
                "find what repeats requests between this machine and Okta, such as a retrying proxy"
            }
            Self::UnknownClient => {
                "copy the client id: Applications > Applications > (the app) > General > \
                 Client Credentials, and see that the app is active"
            }
            Self::NoKeySet => {
                "add a public key and press Save: Applications > Applications > (the app) > \
                 General > Client Credentials > Edit > Public key / Private key > Add key"
            }
            Self::NotServiceApp => {
                "make an app of the right kind: Applications > Applications > \
                 Create App Integration > API Services"
            }
            Self::KeyAuthRequired => {
                "choose the key pair: Applications > Applications > (the app) > General > \
                 Client Credentials > Edit > Client authentication > Public key / Private key"
            }
            Self::UnknownScope => {
                "ask only for scopes listed under Applications > Applications > (the app) > \
                 Okta API Scopes"
            }
            Self::NoScopeGranted => {
                "grant the scopes: Applications > Applications > (the app) > Okta API Scopes > Grant"
            }
            Self::DpopRequired | Self::DpopNonceRequired | Self::DpopRefused => {
                "see that no proxy changes headers or the host on the way; to do without proofs, switch the requirement \
                 off: Applications > Applications > (the app) > General > General Settings > Edit > Proof of possession"
            }
            Self::AccessDenied => {
                "allow this machine's address: Security > Networks, and the network restriction of \
                 the app under Applications > Applications > (the app) > General"
            }
            Self::Other => return None,
        })
    }

    /// Whether a wrong clock on this machine explains it.
    pub fn is_about_time(self) -> bool {
        matches!(
            self,
            Self::Expired | Self::IssuedInFuture | Self::ExpiresTooLate
        )
    }

    fn classify(error: &str, description: &str) -> Self {
        match error {
            "consent_required" => return Self::NoScopeGranted,
            "use_dpop_nonce" => return Self::DpopNonceRequired,
            "access_denied" => return Self::AccessDenied,
            _ => {}
        }
        let description = description.to_ascii_lowercase();
        BY_DESCRIPTION
            .iter()
            .find(|(code, words, _)| *code == error && description.contains(words))
            .map_or(Self::otherwise(error), |(_, _, cause)| *cause)
    }

    /// The cause of an error code whose texts tell no more.
    fn otherwise(error: &str) -> Self {
        if error == "invalid_dpop_proof" {
            Self::DpopRefused
        } else {
            Self::Other
        }
    }
}

/// The words that tell one cause from another, lower case, most particular first.
const BY_DESCRIPTION: &[(&str, &str, RefusalCause)] = &[
    (
        "invalid_dpop_proof",
        "header is missing",
        RefusalCause::DpopRequired,
    ),
    (
        "invalid_dpop_proof",
        "issued in the future",
        RefusalCause::IssuedInFuture,
    ),
    ("invalid_dpop_proof", "in the past", RefusalCause::Expired),
    ("invalid_dpop_proof", "is expired", RefusalCause::Expired),
    (
        "invalid_dpop_proof",
        "already been used",
        RefusalCause::Replayed,
    ),
    (
        "invalid_client",
        "signature is invalid",
        RefusalCause::BadSignature,
    ),
    (
        "invalid_client",
        "kid is invalid",
        RefusalCause::UnknownKeyId,
    ),
    (
        "invalid_client",
        "audience claim",
        RefusalCause::WrongAudience,
    ),
    ("invalid_client", "token is expired", RefusalCause::Expired),
    (
        "invalid_client",
        "issued before the current time",
        RefusalCause::IssuedInFuture,
    ),
    (
        "invalid_client",
        "too far into the future",
        RefusalCause::ExpiresTooLate,
    ),
    (
        "invalid_client",
        "already been used",
        RefusalCause::Replayed,
    ),
    (
        "invalid_client",
        "invalid value for 'client_id'",
        RefusalCause::UnknownClient,
    ),
    (
        "invalid_client",
        "not a valid client_id",
        RefusalCause::UnknownClient,
    ),
    (
        "invalid_client",
        "does not have a jwkset",
        RefusalCause::NoKeySet,
    ),
    (
        "invalid_client",
        "'application_type' of 'service'",
        RefusalCause::NotServiceApp,
    ),
    (
        "invalid_client",
        "must use the private_key_jwt",
        RefusalCause::KeyAuthRequired,
    ),
    (
        "unauthorized_client",
        "grant type",
        RefusalCause::NotServiceApp,
    ),
    (
        "unsupported_grant_type",
        "grant type",
        RefusalCause::NotServiceApp,
    ),
    (
        "invalid_scope",
        "invalid, unknown, malformed",
        RefusalCause::UnknownScope,
    ),
    (
        "invalid_scope",
        "not configured for the authorization server",
        RefusalCause::UnknownScope,
    ),
    (
        "invalid_scope",
        "not allowed any of the requested scopes",
        RefusalCause::NoScopeGranted,
    ),
];
