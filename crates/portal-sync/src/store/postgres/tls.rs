//! TLS to the server, as strict as the address asks for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::{Tls, Verification};

/// The name of the protocol (PostgreSQL, "SSL Session Encryption"); servers from 17 on ask for it.
const ALPN: &[u8] = b"postgresql";

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    #[error("`{}` cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] pem::Error),
    #[error("`{}` holds no certificate in PEM", .0.display())]
    Empty(PathBuf),
    #[error("a certificate in `{}` is none of an authority", .0.display())]
    Root(PathBuf, #[source] Error),
    #[error("the certificate in `{}` and the key do not belong together", .0.display())]
    Identity(PathBuf, #[source] Error),
    #[error("the TLS library cannot be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What opens TLS to a server. Certificates are read now, and the library is one of its own: none is set for the process.
///
/// # Errors
/// When a file of certificates cannot be used.
pub(super) fn connector(tls: &Tls) -> Result<MakeRustlsConnect, TlsError> {
    let crypto = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match &tls.verification {
        Verification::Nothing => Arc::new(Unverified(Arc::clone(&crypto))),
        Verification::Chain(file) => Arc::new(OwnRoots::read(file, false, &crypto)?),
        Verification::Full(Some(file)) => Arc::new(OwnRoots::read(file, true, &crypto)?),
        Verification::Full(None) => {
            // Mozilla's, for images that have none.
            let mozilla = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned();
            let verifier = Verifier::new_with_extra_roots(mozilla, Arc::clone(&crypto));
            Arc::new(verifier.map_err(setup)?)
        }
    };
    let config = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .map_err(setup)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match &tls.identity {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let unreadable = |error| TlsError::Unreadable(key.clone(), error);
            let chain = certificates(certificate)?;
            let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable)?;
            config
                .with_client_auth_cert(chain, key)
                .map_err(|error| TlsError::Identity(certificate.clone(), error))?
        }
    };
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn setup(error: impl std::error::Error + Send + Sync + 'static) -> TlsError {
    TlsError::Setup(Box::new(error))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |error| TlsError::Unreadable(file.to_owned(), error);
    let found = CertificateDer::pem_file_iter(file).map_err(unreadable)?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(unreadable)?;
    if found.is_empty() {
        return Err(TlsError::Empty(file.to_owned()));
    }
    Ok(found)
}

/// Takes every certificate whose key the server has.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

/// Takes certificates that the authorities of a file signed, and those in the file itself: a server's own that nobody
/// signed is given there.
#[derive(Debug)]
struct OwnRoots {
    roots: Vec<CertificateDer<'static>>,
    chain: Arc<WebPkiServerVerifier>,
    by_name: bool,
}

impl OwnRoots {
    fn read(file: &Path, by_name: bool, crypto: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let roots = certificates(file)?;
        let mut store = RootCertStore::empty();
        for root in &roots {
            store
                .add(root.clone())
                .map_err(|error| TlsError::Root(file.to_owned(), error))?;
        }
        let chain = WebPkiServerVerifier::builder_with_provider(store.into(), Arc::clone(crypto));
        Ok(Self {
            roots,
            chain: chain.build().map_err(setup)?,
            by_name,
        })
    }
}

impl ServerCertVerifier for OwnRoots {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self
            .chain
            .verify_server_cert(certificate, between, name, ocsp, now);
        match verified {
            // The name is looked at last, once the chain is good.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.by_name => Ok(ServerCertVerified::assertion()),
            // What signs itself is an authority, which is refused as a server's own.
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.roots.iter().any(|root| root == certificate) =>
            {
                if self.by_name {
                    let parsed = ParsedCertificate::try_from(certificate)?;
                    rustls::client::verify_server_name(&parsed, name)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
