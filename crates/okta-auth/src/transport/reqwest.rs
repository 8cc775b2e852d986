//! `ReqwestTransport`: the transport of the real world.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use http::header::USER_AGENT;
use reqwest::tls::Certificate;
use reqwest::{Client, redirect};

use super::{Transport, TransportError, TransportErrorKind};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest body taken. A page of a thousand users is a few megabytes.
const LARGEST_BODY: usize = 64 << 20;

/// HTTP over reqwest and rustls.
///
/// Follows no redirects (a token goes where it was meant to go, or nowhere), keeps no cookies,
/// takes gzip, trusts the certificate authorities of the system and, for images that have none,
/// Mozilla's. Honours the system's proxy settings. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    client: Client,
    largest_body: usize,
    user_agent: HeaderValue,
}

impl ReqwestTransport {
    /// Ten seconds to connect, thirty for a whole request.
    ///
    /// # Errors
    ///
    /// When the TLS library cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Self::with_timeouts(CONNECT_TIMEOUT, REQUEST_TIMEOUT)
    }

    /// A transport with other bounds: `connect` for a connection, `request` for everything from the
    /// first byte sent to the last received.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where a client is made"
    )]
    pub fn with_timeouts(connect: Duration, request: Duration) -> Result<Self, TransportError> {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .map(|root| Certificate::from_der(root))
            .collect::<Result<Vec<_>, _>>();
        let client = roots.and_then(|roots| {
            Client::builder()
                .redirect(redirect::Policy::none())
                .referer(false)
                .tls_certs_merge(roots)
                .connect_timeout(connect)
                .timeout(request)
                .build()
        });
        match client {
            Ok(client) => Ok(Self {
                client,
                largest_body: LARGEST_BODY,
                user_agent: HeaderValue::from_static(concat!(
                    "okta-auth/",
                    env!("CARGO_PKG_VERSION")
                )),
            }),
            Err(error) => Err(TransportError::new(TransportErrorKind::Tls, error)),
        }
    }

    /// The `user-agent` of requests that have none of their own, such as token requests: `okta-auth/` and the version.
    #[must_use]
    pub fn with_user_agent(mut self, name: HeaderValue) -> Self {
        self.user_agent = name;
        self
    }

    async fn exchange(
        &self,
        mut request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let headers = request.headers_mut();
        if !headers.contains_key(USER_AGENT) {
            headers.insert(USER_AGENT, self.user_agent.clone());
        }
        let request = reqwest::Request::try_from(request).map_err(explain)?;
        let mut response = self.client.execute(request).await.map_err(explain)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(explain)? {
            if body.len() + chunk.len() > self.largest_body {
                let message = format!("its body is larger than {} bytes", self.largest_body);
                return Err(TransportError::new(TransportErrorKind::TooLarge, message));
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

impl Transport for ReqwestTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        self.exchange(request).boxed()
    }
}

fn explain(error: reqwest::Error) -> TransportError {
    let kind = if error.is_builder() {
        TransportErrorKind::Request
    } else if error.is_connect() {
        if is_tls(&error) {
            TransportErrorKind::Tls
        } else {
            TransportErrorKind::Connect
        }
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else {
        TransportErrorKind::Interrupted
    };
    TransportError::new(kind, error.without_url())
}

/// Whether the connection failed in the TLS handshake. The handshake reports what it does not like
/// about the peer as invalid data, which nothing else in connecting does.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        next = match error.downcast_ref::<io::Error>() {
            Some(error) if error.kind() == io::ErrorKind::InvalidData => return true,
            // One `io::Error` in another is passed over by `source`.
            Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests;
