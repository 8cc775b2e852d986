//! `ReqwestTransportBuilder`: a client that follows nothing and forgets everything, with what a network of one's own asks.

use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use reqwest::tls::{Certificate, Identity};
use reqwest::{Client, redirect};
use secrecy::zeroize::Zeroizing;

use super::names::Names;
use super::{Proxies, ReqwestTransport, TransportError, TransportErrorKind};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes a [`ReqwestTransport`] with other settings than the usual.
///
/// ```
/// use std::time::Duration;
///
/// use okta_auth::{Proxies, ReqwestTransport};
/// use okta_auth::http::HeaderValue;
///
/// let transport = ReqwestTransport::builder()
///     .proxies(Proxies::from_env()?)
///     .connect_timeout(Duration::from_secs(3))
///     .user_agent(HeaderValue::from_static("my-program/1.0"))
///     .build()?;
/// # let _ = transport;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct ReqwestTransportBuilder {
    proxies: Proxies,
    connect_timeout: Duration,
    request_timeout: Duration,
    roots: Vec<Vec<u8>>,
    identity: Option<Zeroizing<Vec<u8>>>,
    user_agent: HeaderValue,
}

impl Default for ReqwestTransportBuilder {
    fn default() -> Self {
        Self {
            proxies: Proxies::none(),
            connect_timeout: CONNECT_TIMEOUT,
            request_timeout: REQUEST_TIMEOUT,
            roots: Vec::new(),
            identity: None,
            user_agent: HeaderValue::from_static(concat!("okta-auth/", env!("CARGO_PKG_VERSION"))),
        }
    }
}

impl ReqwestTransportBuilder {
    /// By which proxies requests leave; by none if nothing is said.
    pub fn proxies(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }

    /// The longest that a connection may take to be made, TLS included: ten seconds if nothing is said.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self {
            connect_timeout,
            ..self
        }
    }

    /// The longest that a request may take from its first byte sent to the last byte of the answer: thirty seconds if
    /// nothing is said.
    pub fn request_timeout(self, request_timeout: Duration) -> Self {
        Self {
            request_timeout,
            ..self
        }
    }

    /// Trusts these authorities as well as those of the system and Mozilla's: one or more certificates in PEM. For a
    /// proxy or a firewall that opens TLS, and for an authority of one's own.
    pub fn root_certificates_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Shows this certificate where a proxy or a host asks for one (mutual TLS): the certificate, those between it and
    /// its authority, and its private key, in one PEM text.
    pub fn client_certificate_pem(self, pem: impl Into<Vec<u8>>) -> Self {
        Self {
            identity: Some(Zeroizing::new(pem.into())),
            ..self
        }
    }

    /// The `user-agent` of requests that have none of their own, such as token requests: `okta-auth/` and the version if
    /// nothing is said.
    pub fn user_agent(self, user_agent: HeaderValue) -> Self {
        Self { user_agent, ..self }
    }

    /// The transport.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Setup`] when a PEM text holds no certificate (or no key) that can be read, or the TLS
    /// library cannot be set up.
    pub fn build(self) -> Result<ReqwestTransport, TransportError> {
        let user_agent = self.user_agent.clone();
        let client = self.client();
        let client =
            client.map_err(|error| TransportError::new(TransportErrorKind::Setup, error))?;
        Ok(ReqwestTransport {
            user_agent: Some(user_agent),
            ..ReqwestTransport::from(client)
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where a client is made"
    )]
    fn client(self) -> Result<Client, SetupError> {
        let mut roots = Vec::new();
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            roots.push(Certificate::from_der(root).map_err(SetupError::Client)?);
        }
        for pem in &self.roots {
            let own = Certificate::from_pem_bundle(pem).map_err(SetupError::Roots)?;
            if own.is_empty() {
                return Err(SetupError::NoRoot);
            }
            roots.extend(own);
        }
        let mut client = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            // Another crate may have switched it on for all; what is packed is unpacked here, all members of it.
            .no_gzip()
            .tls_certs_merge(roots)
            .dns_resolver(Names)
            .connect_timeout(self.connect_timeout)
            .timeout(self.request_timeout);
        if let Some(pem) = &self.identity {
            client = client.identity(Identity::from_pem(pem).map_err(SetupError::Identity)?);
        }
        let client = self.proxies.apply(client).map_err(SetupError::Client)?;
        client.build().map_err(SetupError::Client)
    }
}

/// The certificates and the key are left out.
impl fmt::Debug for ReqwestTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder")
            .field("proxies", &self.proxies)
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
enum SetupError {
    #[error(
        "the root certificates hold no certificate in PEM; give the text from `-----BEGIN CERTIFICATE-----` to \
         `-----END CERTIFICATE-----`"
    )]
    NoRoot,
    #[error("the root certificates cannot be read")]
    Roots(#[source] reqwest::Error),
    #[error(
        "the client certificate cannot be used; give the certificate and its private key, which is not encrypted, in one \
         PEM text"
    )]
    Identity(#[source] reqwest::Error),
    #[error("the TLS library cannot be set up")]
    Client(#[source] reqwest::Error),
}
