//! Which kind of failure an error of the HTTP client is, found among its causes.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::names::NotFound;
use crate::transport::{CertificateFault, TransportError, TransportErrorKind};

/// What the error of a tunnel begins with (hyper-util, `client::legacy::connect::proxy`), whose type is not public.
const TUNNEL: &str = "tunnel error: ";

pub(super) fn explain(error: reqwest::Error) -> TransportError {
    let kind = kind(&error);
    TransportError::new(kind, error.without_url())
}

fn kind(error: &reqwest::Error) -> TransportErrorKind {
    if error.is_builder() {
        TransportErrorKind::Request
    } else if error.is_connect() {
        of_connecting(error)
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        TransportErrorKind::NotHttp
    } else {
        TransportErrorKind::Interrupted
    }
}

fn of_connecting(error: &reqwest::Error) -> TransportErrorKind {
    if let Some(error) = find::<rustls::Error>(error) {
        return of_tls(error);
    }
    let tunnel = causes(error).find_map(|error| {
        let error = error.to_string();
        error.strip_prefix(TUNNEL).map(str::to_owned)
    });
    if let Some(tunnel) = tunnel {
        return match tunnel.as_str() {
            "proxy authorization required" => TransportErrorKind::ProxyAuthentication,
            "failed to create underlying connection" => TransportErrorKind::ProxyUnreachable,
            _ => TransportErrorKind::ProxyRefused,
        };
    }
    // The handshake reports what it does not like about the peer as invalid data, which nothing else in connecting does.
    let is_tls = |error: &(dyn Error + 'static)| {
        let error = error.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData)
    };
    if find::<NotFound>(error).is_some() {
        TransportErrorKind::NameNotFound
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if causes(error).any(is_tls) {
        TransportErrorKind::Tls
    } else {
        TransportErrorKind::Connect
    }
}

fn of_tls(error: &rustls::Error) -> TransportErrorKind {
    match error {
        rustls::Error::InvalidCertificate(error) => TransportErrorKind::Certificate(fault(error)),
        rustls::Error::InvalidMessage(_) => TransportErrorKind::NotTls,
        _ => TransportErrorKind::Tls,
    }
}

fn fault(error: &CertificateError) -> CertificateFault {
    match error {
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            CertificateFault::Expired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::WrongName
        }
        _ => CertificateFault::Other,
    }
}

/// The first cause of type `E`.
fn find<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    causes(error).find_map(|error| error.downcast_ref())
}

/// The error and what is beneath it.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first = error as &(dyn Error + 'static);
    std::iter::successors(Some(first), |error| beneath(*error))
}

/// The cause of an error. One `io::Error` in another is passed over by `source`.
fn beneath<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::{ServerName, UnixTime};

    use super::*;

    #[test]
    fn each_fault_of_a_certificate_is_told_apart() {
        use CertificateFault::{Expired, NotYetValid, Other, UnknownIssuer, WrongName};
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let name = || ServerName::try_from("acme.okta.com").unwrap();
        for (error, fault) in [
            (CertificateError::UnknownIssuer, UnknownIssuer),
            (CertificateError::Expired, Expired),
            (
                CertificateError::ExpiredContext {
                    time: at(2),
                    not_after: at(1),
                },
                Expired,
            ),
            (CertificateError::NotValidYet, NotYetValid),
            (
                CertificateError::NotValidYetContext {
                    time: at(1),
                    not_before: at(2),
                },
                NotYetValid,
            ),
            (CertificateError::NotValidForName, WrongName),
            (
                CertificateError::NotValidForNameContext {
                    expected: name(),
                    presented: vec!["DnsName(\"example.org\")".to_owned()],
                },
                WrongName,
            ),
            (CertificateError::Revoked, Other),
            (CertificateError::BadEncoding, Other),
            (CertificateError::InvalidPurpose, Other),
        ] {
            let kind = of_tls(&rustls::Error::InvalidCertificate(error));
            assert_eq!(kind, TransportErrorKind::Certificate(fault));
        }
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::HandshakeFailure);
        assert_eq!(of_tls(&alert), TransportErrorKind::Tls);
    }
}
