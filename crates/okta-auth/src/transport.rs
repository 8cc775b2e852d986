//! `Transport`: the one seam through which HTTP leaves.

mod kind;
#[cfg(feature = "reqwest")]
mod proxies;
#[cfg(feature = "reqwest")]
mod reqwest;

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use bytes::Bytes;

pub use self::kind::{CertificateFault, TransportErrorKind};
#[cfg(feature = "reqwest")]
pub use self::proxies::{Proxies, ProxyError};
#[cfg(feature = "reqwest")]
pub use self::reqwest::{ReqwestTransport, ReqwestTransportBuilder};
use crate::future::BoxFuture;
use crate::report::debug_as_report;

/// Sends one request and brings back the whole answer.
///
/// Whatever the server says is `Ok`, also a 404 or a 500: what a status means is decided above. An
/// implementation follows no redirects, keeps no cookies, retries nothing and bounds both the time
/// and the size of an answer.
///
/// A transport of one's own is one method, and may hand on to another:
///
/// ```
/// use std::time::Duration;
///
/// use okta_auth::bytes::Bytes;
/// use okta_auth::http::{Request, Response};
/// use okta_auth::{BoxFuture, Transport, TransportError, TransportErrorKind};
///
/// /// Allows less time for an answer than the transport behind it.
/// #[derive(Debug)]
/// struct Impatient<T> {
///     inner: T,
///     patience: Duration,
/// }
///
/// impl<T: Transport> Transport for Impatient<T> {
///     fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
///         Box::pin(async move {
///             let answer = tokio::time::timeout(self.patience, self.inner.send(request)).await;
///             answer.unwrap_or_else(|elapsed| Err(TransportError::new(TransportErrorKind::Timeout, elapsed)))
///         })
///     }
/// }
/// ```
pub trait Transport: Debug + Send + Sync + 'static {
    /// Sends `request`. The URI is absolute.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] when there is no whole answer.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        (**self).send(request)
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        (**self).send(request)
    }
}

/// Why a request got no whole answer.
///
/// `Display` says what failed and [`source`](Error::source) why; `Debug` says both, and what to do. None of them holds a
/// query string or a header. A clone shares the source.
#[derive(Clone)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Arc<dyn Error + Send + Sync>,
}

impl TransportError {
    /// An error of `kind`, caused by `source`. The caller sees to it that `source` prints no
    /// secrets: no query string, no header.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: Arc::from(source.into()),
        }
    }

    /// What failed.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the same request may well succeed a little later: [`TransportErrorKind::is_transient`].
    pub fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }

    /// What somebody does about it: [`TransportErrorKind::fix`].
    pub fn fix(&self) -> Option<&'static str> {
        self.kind.fix()
    }
}

impl Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.kind, f)
    }
}

impl Error for TransportError {
    /// What the `Arc` holds, so that its type can be asked for; a derived one would be the `Arc`.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

debug_as_report!(TransportError, fix);
