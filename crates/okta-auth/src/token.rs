//! `Token`: what goes into the `Authorization` header.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, InvalidHeaderValue};
use http::{HeaderMap, HeaderValue, Request};
use secrecy::{ExposeSecret, SecretString};

use crate::dpop::{self, Prover};
use crate::error::AuthError;
use crate::scope::Scope;

/// A credential that Okta's API accepts, ready to be sent.
///
/// Cheap to clone. Two tokens are equal when they send the same header. `Debug` shows everything
/// but the secret.
#[derive(Clone)]
pub struct Token {
    scheme: TokenScheme,
    authorization: HeaderValue,
    scopes: Arc<[Scope]>,
    expires_in: Option<Duration>,
    proof: Option<Proof>,
}

/// What it takes to use a token that is bound to a key.
#[derive(Clone)]
struct Proof {
    prover: Arc<Prover>,
    ath: Arc<str>,
}

impl Token {
    /// The value of the `Authorization` header, marked as sensitive so that HTTP layers neither
    /// print it nor keep it in a compression table.
    pub fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }

    /// Puts the credential on a request, with everything that has to go with it: a token that is bound to a key
    /// (DPoP) also takes a proof made for this very request.
    ///
    /// # Errors
    ///
    /// [`AuthError::Signing`] when the proof cannot be signed.
    pub fn authorize(&self, request: &mut Request<Bytes>) -> Result<(), AuthError> {
        request
            .headers_mut()
            .insert(AUTHORIZATION, self.authorization());
        match &self.proof {
            Some(Proof { prover, ath }) => prover.prove_request(request, ath),
            None => Ok(()),
        }
    }

    /// Takes the DPoP nonce that the headers of a refusal (400 or 401) name, for the next proofs (RFC 9449, section 9).
    /// True when they name one: the same request is then worth one more try, and only one.
    pub fn update_dpop_nonce(&self, headers: &HeaderMap) -> bool {
        self.proof
            .as_ref()
            .is_some_and(|proof| proof.prover.learn_resource_nonce(headers))
    }

    /// How the token is presented.
    pub fn scheme(&self) -> TokenScheme {
        self.scheme
    }

    /// The scopes the server granted. Empty for an API token, which may do what its owner may.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The lifetime the server named when it issued the token; `None` for an API token.
    pub fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    pub(crate) fn bearer(
        secret: &SecretString,
        scopes: Vec<Scope>,
        expires_in: Duration,
    ) -> Result<Self, InvalidHeaderValue> {
        let secret = secret.expose_secret();
        Self::new(TokenScheme::Bearer, secret, scopes, Some(expires_in))
    }

    pub(crate) fn dpop(
        secret: &SecretString,
        scopes: Vec<Scope>,
        expires_in: Duration,
        prover: &Arc<Prover>,
    ) -> Result<Self, InvalidHeaderValue> {
        let secret = secret.expose_secret();
        let token = Self::new(TokenScheme::Dpop, secret, scopes, Some(expires_in))?;
        let ath = dpop::hash(secret).into();
        Ok(Self {
            proof: Some(Proof {
                prover: Arc::clone(prover),
                ath,
            }),
            ..token
        })
    }

    pub(crate) fn ssws(secret: &str) -> Result<Self, InvalidHeaderValue> {
        Self::new(TokenScheme::Ssws, secret, Vec::new(), None)
    }

    fn new(
        scheme: TokenScheme,
        secret: &str,
        scopes: Vec<Scope>,
        expires_in: Option<Duration>,
    ) -> Result<Self, InvalidHeaderValue> {
        let header = format!("{} {secret}", scheme.as_str());
        let mut authorization = HeaderValue::try_from(header)?;
        authorization.set_sensitive(true);
        Ok(Self {
            scheme,
            authorization,
            scopes: scopes.into(),
            expires_in,
            proof: None,
        })
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.authorization == other.authorization
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("scheme", &self.scheme)
            .field("secret", &"[redacted]")
            .field("scopes", &self.scopes)
            .field("expires_in", &self.expires_in)
            .finish()
    }
}

/// How a token is presented: the first word of the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenScheme {
    /// An OAuth access token: whoever bears it may use it.
    Bearer,
    /// An OAuth access token that is bound to a key: each request proves that it has the key (RFC 9449).
    Dpop,
    /// An Okta API token, made by an administrator and tied to them.
    Ssws,
}

impl TokenScheme {
    /// The word itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
            Self::Ssws => "SSWS",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_prints_everything_but_its_secret() {
        let secret = SecretString::from("eyJraWQiOiJzZWNyZXQ");
        let token =
            Token::bearer(&secret, vec![Scope::USERS_READ], Duration::from_secs(3600)).unwrap();
        let printed = format!("{token:?} {:?}", token.authorization());
        assert!(!printed.contains("eyJ"), "{printed}");
        assert!(
            printed.contains("Bearer") && printed.contains("okta.users.read"),
            "{printed}"
        );
        assert_eq!(
            token.authorization().to_str().unwrap(),
            "Bearer eyJraWQiOiJzZWNyZXQ"
        );
        assert!(token.authorization().is_sensitive());
    }

    #[test]
    fn a_secret_that_would_break_the_header_is_no_token() {
        assert!(Token::ssws("a\r\nX-Evil: 1").is_err());
    }
}
