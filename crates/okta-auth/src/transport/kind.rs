//! `TransportErrorKind`: what kept an answer away, whether that may pass, and what somebody does about it.

/// What kept an answer away.
///
/// ```
/// use okta_auth::{CertificateFault, TransportErrorKind};
///
/// let kind = TransportErrorKind::Certificate(CertificateFault::UnknownIssuer);
/// assert!(!kind.is_transient());
/// assert!(kind.fix().is_some_and(|fix| fix.contains("SSL_CERT_FILE")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The host's name has no address. Worth one more try; the name of a host that answered before may be found again.
    #[error("the host is not found by its name")]
    NameNotFound,
    /// No connection: nobody listens, the network is down. Retried.
    #[error("no connection")]
    Connect,
    /// The proxy answered 407: it wants a user and a password, or others. Not retried.
    #[error("the proxy asks for its user and password (407)")]
    ProxyAuthentication,
    /// No connection to the proxy. Retried, as [`Connect`](Self::Connect).
    #[error("no connection to the proxy")]
    ProxyUnreachable,
    /// The proxy was reached and did not connect to the host. Retried: the host may be down.
    #[error("the proxy does not connect to the host")]
    ProxyRefused,
    /// The peer showed a certificate that is not accepted. Not retried: it stays so until somebody acts.
    #[error("{0}")]
    Certificate(CertificateFault),
    /// The peer does not speak TLS. Not retried.
    #[error("what answers does not speak TLS")]
    NotTls,
    /// The peer does not speak HTTP, such as a TLS port that is asked without TLS. Not retried.
    #[error("what answers does not speak HTTP")]
    NotHttp,
    /// The peers did not agree on how to speak TLS, or TLS could not be set up. Not retried.
    #[error("no secure connection")]
    Tls,
    /// No whole answer, or no connection, within the time allowed. Retried.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke or the body ended early. Retried, as everything we ask is a read or a
    /// token request with an assertion of its own.
    #[error("the answer broke off")]
    Interrupted,
    /// The body is larger than the transport accepts. Not retried.
    #[error("the answer is too large")]
    TooLarge,
    /// The request itself could not be built. Not retried.
    #[error("the request could not be built")]
    Request,
    /// The HTTP client followed a redirect, which it must not. Not retried.
    #[error("the HTTP client followed a redirect")]
    Redirected,
    /// The HTTP client could not be set up: a certificate that cannot be read, for instance. Not retried.
    #[error("the HTTP client could not be set up")]
    Setup,
    /// Nothing was sent, because there is no Tokio runtime here. Not retried.
    #[error("there is no Tokio runtime here")]
    NoRuntime,
}

/// Why a peer's certificate is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// No authority that this machine trusts has signed it.
    #[error("the certificate is of an authority that this machine does not trust")]
    UnknownIssuer,
    /// Its time is over, by this machine's clock.
    #[error("the certificate has expired")]
    Expired,
    /// Its time has not begun, by this machine's clock.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// It is for other names than that of the host.
    #[error("the certificate is for another host name")]
    WrongName,
    /// It was taken back, is made for something else than a server, or cannot be read.
    #[error("the certificate is not accepted")]
    Other,
}

impl TransportErrorKind {
    /// Whether the same request may well succeed a little later.
    pub fn is_transient(self) -> bool {
        match self {
            Self::NameNotFound
            | Self::Connect
            | Self::ProxyUnreachable
            | Self::ProxyRefused
            | Self::Timeout
            | Self::Interrupted => true,
            Self::ProxyAuthentication
            | Self::Certificate(_)
            | Self::NotTls
            | Self::NotHttp
            | Self::Tls
            | Self::TooLarge
            | Self::Request
            | Self::Redirected
            | Self::Setup
            | Self::NoRuntime => false,
        }
    }

    /// Whether a wrong address of the org is a likely cause.
    pub fn is_about_address(self) -> bool {
        matches!(
            self,
            Self::NameNotFound
                | Self::Connect
                | Self::Certificate(CertificateFault::WrongName)
                | Self::NotTls
                | Self::NotHttp
                | Self::Timeout
        )
    }

    /// What somebody does about it, on this machine, in the program or with who runs the network. `None` for
    /// [`TooLarge`](Self::TooLarge), [`Request`](Self::Request) and [`Setup`](Self::Setup).
    pub fn fix(self) -> Option<&'static str> {
        Some(match self {
            Self::NameNotFound => {
                "correct the host's name, or let this machine's DNS find it; where only a proxy reaches the internet, set \
                 HTTPS_PROXY"
            }
            Self::Connect => {
                "correct the host and the port, or let this machine connect to them; where only a proxy reaches the \
                 internet, set HTTPS_PROXY"
            }
            Self::ProxyAuthentication => {
                "give the proxy's user and password in HTTPS_PROXY, as `http://USER:PASSWORD@HOST:PORT` with all but \
                 letters and digits of them percent-encoded"
            }
            Self::ProxyUnreachable => {
                "correct the proxy's host and port in HTTPS_PROXY (or ALL_PROXY), or name the org's host in NO_PROXY if it \
                 can be reached without a proxy"
            }
            Self::ProxyRefused => {
                "let the proxy connect to the org's host, or name that host in NO_PROXY if it can be reached without a proxy"
            }
            Self::Certificate(fault) => fault.fix(),
            Self::NotTls => {
                "use the port at which the host speaks HTTPS, 443 as a rule; if it is a proxy that speaks no TLS, let \
                 HTTPS_PROXY begin with `http://`"
            }
            Self::NotHttp => {
                "use the port at which the host speaks HTTP, or `https:` if it is one of TLS"
            }
            Self::Tls => {
                "see that the host speaks TLS 1.2 or 1.3 and that nothing on the way (a proxy, a firewall) changes that"
            }
            Self::Timeout => {
                "see that no firewall keeps this machine from the host; where only a proxy reaches the internet, set \
                 HTTPS_PROXY"
            }
            Self::Interrupted => {
                "if it stays so, find what ends connections between this machine and Okta, such as a proxy or a firewall"
            }
            Self::Redirected => {
                "make the HTTP client with `redirect(Policy::none())`: a redirect would take the app's credentials to \
                 another address"
            }
            Self::NoRuntime => "await it within a Tokio runtime, such as that of `#[tokio::main]`",
            Self::TooLarge | Self::Request | Self::Setup => return None,
        })
    }
}

impl CertificateFault {
    fn fix(self) -> &'static str {
        match self {
            Self::UnknownIssuer => {
                "where a proxy or a firewall opens TLS, or the host has a certificate of your own authority, let the \
                 environment variable SSL_CERT_FILE name a PEM file with the certificate of that authority; if it does, see \
                 that the file can be read and is the right one"
            }
            Self::Expired => {
                "have the certificate of the host renewed, or that of the proxy that opens TLS; if it is still good, set \
                 this machine's clock right (NTP)"
            }
            Self::NotYetValid => {
                "set this machine's clock right (NTP); if it is right, have a certificate issued that is valid by now"
            }
            Self::WrongName => "use a name of the host that its certificate holds",
            Self::Other => {
                "have the host, or the proxy that opens TLS, show a certificate that an authority issued for a server"
            }
        }
    }
}
