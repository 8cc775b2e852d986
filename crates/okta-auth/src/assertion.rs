//! The client assertion: the JWT by which an app proves who it is.

use std::fmt;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::error::AuthError;
use crate::key::PrivateKey;
use crate::org_url::OrgUrl;
use crate::service_app::ServiceApp;

/// How long an assertion is good. Okta takes up to an hour; less leaves less to replay, and a fast
/// clock on this machine does not push the end beyond what Okta takes.
const LIFETIME_SECONDS: i64 = 5 * 60;

/// How much earlier than now an assertion says it was issued. Okta refuses one from its future, and
/// two clocks that are both kept by NTP still differ by some seconds now and then; the price is
/// that much of the lifetime.
const SKEW_MARGIN_SECONDS: i64 = 10;

/// A signed client assertion, good for one token request.
#[derive(Clone)]
pub struct ClientAssertion {
    jws: SecretString,
    key_id: String,
}

impl ClientAssertion {
    /// The compact JWS. Whoever has it can get a token until it is used or expires.
    pub fn expose_secret(&self) -> &str {
        self.jws.expose_secret()
    }

    /// The id of the key that signed it.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }
}

impl fmt::Debug for ClientAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAssertion([redacted])")
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
}

impl ServiceApp {
    /// Signs an assertion for the token endpoint of `org` with `key`, one of the app's
    /// [`keys`](Self::keys), as Okta's guide "Build a JWT for client authentication" has it. The
    /// same arguments give the same assertion, as far as the signature algorithm does.
    ///
    /// `now` is the server's time as well as we know it; `jti` is new for each token request, also
    /// for a repeated one: Okta takes each only once, even if it then refuses the request.
    ///
    /// # Errors
    ///
    /// [`AuthError::Signing`] if the crypto library refuses to sign.
    pub fn assertion(
        &self,
        key: &PrivateKey,
        org: &OrgUrl,
        now: Timestamp,
        jti: &str,
    ) -> Result<ClientAssertion, AuthError> {
        let iat = now.as_second() - SKEW_MARGIN_SECONDS;
        let audience = org.token_endpoint();
        let claims = Claims {
            iss: self.client_id(),
            sub: self.client_id(),
            aud: audience.as_str(),
            iat,
            exp: iat + LIFETIME_SECONDS,
            jti,
        };
        let jws = key.sign(&claims).map_err(AuthError::Signing)?;
        Ok(ClientAssertion {
            jws: SecretString::from(jws),
            key_id: key.key_id().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
