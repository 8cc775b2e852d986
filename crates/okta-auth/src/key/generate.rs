//! New key pairs.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::EcdsaKeyPair;
use secrecy::{ExposeSecret, SecretString};

use super::algorithm::{Algorithm, CURVES};
use super::{PrivateKey, pem};

use crate::report::debug_as_report;

/// A key that was made just now, and its text to keep.
///
/// `Debug` shows the algorithm only.
pub struct GeneratedKey {
    key: PrivateKey,
    pem: SecretString,
}

impl GeneratedKey {
    /// The key itself.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The key as PEM (PKCS#8), for a file that nobody else may read. It is the only copy.
    pub fn expose_pem(&self) -> &str {
        self.pem.expose_secret()
    }
}

impl fmt::Debug for GeneratedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GeneratedKey({}, [redacted])", self.key.algorithm())
    }
}

/// A key could not be made.
#[derive(Clone, thiserror::Error)]
#[error("the crypto library did not make a key")]
pub struct GenerateError {
    source: Arc<dyn Error + Send + Sync>,
}

debug_as_report!(GenerateError);

impl GenerateError {
    fn new(source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            source: Arc::new(source),
        }
    }
}

impl PrivateKey {
    /// Makes a key pair: 2048 bits for RSA (the size that Okta's Admin Console generates), or on the curve of the
    /// algorithm. Its id is its thumbprint, unless it is [named](Self::with_key_id) otherwise.
    ///
    /// PEM holds the numbers and not which of RS256, RS384 and RS512 they are for: what is read from it signs by RS256.
    ///
    /// ```
    /// use okta_auth::{Algorithm, PrivateKey};
    ///
    /// let generated = PrivateKey::generate(Algorithm::ES256)?;
    /// // The private half goes into a file, the public half into Okta's Admin Console.
    /// let kept = generated.expose_pem().to_owned();
    /// let shown = generated.key().public_jwk();
    /// # assert!(kept.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    /// # assert!(shown.contains("\"crv\": \"P-256\""));
    ///
    /// assert_eq!(PrivateKey::from_pem(&kept)?.key_id(), generated.key().key_id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the crypto library does not make one.
    pub fn generate(algorithm: Algorithm) -> Result<GeneratedKey, GenerateError> {
        let pem = match CURVES.iter().find(|curve| curve.algorithm == algorithm) {
            Some(curve) => {
                let pair = EcdsaKeyPair::generate(curve.signing).map_err(GenerateError::new)?;
                pem::write(pair.to_pkcs8v1().map_err(GenerateError::new)?.as_ref())
            }
            None => {
                let pair = rsa::KeyPair::generate(KeySize::Rsa2048).map_err(GenerateError::new)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(GenerateError::new)?;
                pem::write(der.as_ref())
            }
        };
        // What is given out has been read the way in which it will be.
        let key = Self::from_pem(pem.expose_secret()).map_err(GenerateError::new)?;
        Ok(GeneratedKey {
            key: key.signing_by(algorithm),
            pem,
        })
    }
}
