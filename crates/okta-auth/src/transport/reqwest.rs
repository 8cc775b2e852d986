//! `ReqwestTransport`: the transport of the real world.

mod gzip;
mod names;

mod failure;

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, USER_AGENT};
use reqwest::tls::Certificate;
use reqwest::{Client, redirect};
use tokio::task::spawn_blocking;

use self::names::Names;
use super::{Proxies, Transport, TransportError, TransportErrorKind};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest body taken. A page of a thousand users is a few megabytes.
const LARGEST_BODY: usize = 64 << 20;

/// A packed body of fewer bytes is unpacked at once, which takes a few hundredths of a second at most.
const SMALL_BODY: usize = 64 << 10;

/// HTTP over reqwest and rustls.
///
/// Follows no redirects (a token goes where it was meant to go, or nowhere), keeps no cookies,
/// takes gzip, trusts the certificate authorities of the system (or those of the file that the environment variable
/// `SSL_CERT_FILE` names, where that is set) and Mozilla's, for images that have none. Cheap to clone.
///
/// ```no_run
/// use okta_auth::{Proxies, ReqwestTransport};
///
/// let transport = ReqwestTransport::new(&Proxies::none())?;
/// # Ok::<(), okta_auth::TransportError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    client: Client,
    largest_body: usize,
    user_agent: HeaderValue,
}

impl ReqwestTransport {
    /// Ten seconds to connect, thirty for a whole request. Requests go by `proxies`; the environment of the process
    /// is not asked.
    ///
    /// # Errors
    ///
    /// When the TLS library cannot be set up.
    pub fn new(proxies: &Proxies) -> Result<Self, TransportError> {
        Self::with_timeouts(proxies, CONNECT_TIMEOUT, REQUEST_TIMEOUT)
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
    pub fn with_timeouts(
        proxies: &Proxies,
        connect: Duration,
        request: Duration,
    ) -> Result<Self, TransportError> {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .map(|root| Certificate::from_der(root))
            .collect::<Result<Vec<_>, _>>();
        let client = roots.and_then(|roots| {
            let client = Client::builder()
                .redirect(redirect::Policy::none())
                .referer(false)
                .tls_certs_merge(roots)
                .dns_resolver(Names)
                .connect_timeout(connect)
                .timeout(request);
            proxies.apply(client)?.build()
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
        headers
            .entry(ACCEPT_ENCODING)
            .or_insert(HeaderValue::from_static("gzip"));
        let request = reqwest::Request::try_from(request).map_err(failure::explain)?;
        let response = self.client.execute(request).await;
        let mut response = response.map_err(failure::explain)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failure::explain)? {
            if body.len() + chunk.len() > self.largest_body {
                return Err(self.too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        if gzip::is_packed(answer.headers()) {
            let body = self
                .unpacked(answer.body().clone())
                .await
                .map_err(broken_off)?;
            *answer.body_mut() = body.ok_or_else(|| self.too_large())?;
            answer.headers_mut().remove(CONTENT_ENCODING);
            answer.headers_mut().remove(CONTENT_LENGTH);
        }
        Ok(answer)
    }

    /// A large body is unpacked on a thread of its own: other work of this one must not wait for it.
    async fn unpacked(&self, body: Bytes) -> io::Result<Option<Bytes>> {
        let largest = self.largest_body;
        if body.len() < SMALL_BODY {
            return gzip::unpacked(&body, largest);
        }
        let unpacking = spawn_blocking(move || gzip::unpacked(&body, largest));
        unpacking.await.map_err(io::Error::other)?
    }

    fn too_large(&self) -> TransportError {
        let message = format!("its body is larger than {} bytes", self.largest_body);
        TransportError::new(TransportErrorKind::TooLarge, message)
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

fn broken_off(error: io::Error) -> TransportError {
    TransportError::new(TransportErrorKind::Interrupted, error)
}

#[cfg(test)]
mod tests;
