//! `ReqwestTransport`: the transport of the real world.

mod gzip;
mod names;

mod failure;

mod builder;

use std::{fmt, io};

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, USER_AGENT};
use reqwest::Client;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

pub use self::builder::ReqwestTransportBuilder;
use super::{Proxies, Transport, TransportError, TransportErrorKind};
use crate::future::BoxFuture;

/// The largest body taken. A page of a thousand users is a few megabytes.
const LARGEST_BODY: usize = 64 << 20;

/// A packed body of fewer bytes is unpacked at once, which takes a few hundredths of a second at most.
const SMALL_BODY: usize = 64 << 10;

/// HTTP over reqwest and rustls.
///
/// Follows no redirects (a token goes where it was meant to go, or nowhere), keeps no cookies,
/// takes gzip, trusts the certificate authorities of the system (or those of the file that the environment variable
/// `SSL_CERT_FILE` names, where that is set) and Mozilla's, for images that have none. Cheap to clone: clones share their
/// connections. It needs a Tokio runtime; a request outside of one is an error.
///
/// ```no_run
/// use okta_auth::{Proxies, ReqwestTransport};
///
/// let transport = ReqwestTransport::new(&Proxies::none())?;
/// # Ok::<(), okta_auth::TransportError>(())
/// ```
#[derive(Clone)]
pub struct ReqwestTransport {
    client: Client,
    largest_body: usize,
    user_agent: Option<HeaderValue>,
}

/// Sends by a client of one's own, with its proxies, its authorities, its timeouts and its `user-agent`.
///
/// **The client must follow no redirects** (`redirect(reqwest::redirect::Policy::none())`): the assertion of a token
/// request would go to wherever the answer points. A client cannot be asked whether it does. So an answer that came from
/// another address than was asked is an error ([`TransportErrorKind::Redirected`]), which is late: what was sent is sent
/// by then. The client should have a timeout; a client has none unless it is told.
///
/// ```no_run
/// use std::time::Duration;
///
/// use okta_auth::ReqwestTransport;
/// use okta_auth::reqwest::{Client, redirect};
///
/// let client = Client::builder()
///     .redirect(redirect::Policy::none())
///     .timeout(Duration::from_secs(30))
///     .build()?;
/// let transport = ReqwestTransport::from(client);
/// # Ok::<(), okta_auth::reqwest::Error>(())
/// ```
impl From<Client> for ReqwestTransport {
    fn from(client: Client) -> Self {
        Self {
            client,
            largest_body: LARGEST_BODY,
            user_agent: None,
        }
    }
}

impl ReqwestTransport {
    /// Ten seconds to connect, thirty for a whole request. Requests go by `proxies`: [`Proxies::from_env`] for those that
    /// the environment of the process names, [`Proxies::none`] for none.
    ///
    /// # Errors
    ///
    /// When the TLS library cannot be set up.
    pub fn new(proxies: &Proxies) -> Result<Self, TransportError> {
        Self::builder().proxies(proxies.clone()).build()
    }

    /// A transport with timeouts, certificates or a `user-agent` of one's own.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder::default()
    }

    async fn exchange(
        &self,
        mut request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        // The client's sockets and timers panic where there is no runtime.
        Handle::try_current()
            .map_err(|error| TransportError::new(TransportErrorKind::NoRuntime, error))?;
        let headers = request.headers_mut();
        if let Some(name) = &self.user_agent {
            headers.entry(USER_AGENT).or_insert_with(|| name.clone());
        }
        headers
            .entry(ACCEPT_ENCODING)
            .or_insert(HeaderValue::from_static("gzip"));
        let request = reqwest::Request::try_from(request).map_err(failure::explain)?;
        let asked = request.url().clone();
        let response = self.client.execute(request).await;
        let mut response = response.map_err(failure::explain)?;
        if *response.url() != asked {
            return Err(redirected());
        }
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
        Box::pin(self.exchange(request))
    }
}

/// Neither address is repeated: each may hold a query.
/// Without the client, which prints the headers that it was told to send: a program's own may have secrets.
impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

fn redirected() -> TransportError {
    let message = "the answer is not that of the address that was asked";
    TransportError::new(TransportErrorKind::Redirected, message)
}

fn broken_off(error: io::Error) -> TransportError {
    TransportError::new(TransportErrorKind::Interrupted, error)
}

#[cfg(test)]
mod tests;
