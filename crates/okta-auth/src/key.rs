//! `PrivateKey`: the key an app signs with, read from PEM.

mod der;
mod pem;

use std::fmt::{self, Display};
use std::sync::Arc;

use aws_lc_rs::rsa::KeyPair;
use jsonwebtoken::EncodingKey;
use secrecy::ExposeSecret;

use self::der::Contents;
use self::pem::Pem;

/// The smallest modulus taken. Okta generates 2048 bits and names no minimum; NIST SP 800-131A
/// allows no less.
const FEWEST_BITS: usize = 2048;

/// The largest modulus the crypto library signs with.
const MOST_BITS: usize = 8192;

/// A private key to sign client assertions with.
///
/// Cheap to clone; `Debug` shows the algorithm only.
#[derive(Clone)]
pub struct PrivateKey(Arc<Inner>);

struct Inner {
    algorithm: Algorithm,
    signing: EncodingKey,
}

/// A signature algorithm of the client assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSA with PKCS#1 v1.5 padding and SHA-256.
    RS256,
}

impl Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RS256 => "RS256",
        })
    }
}

impl PrivateKey {
    /// Reads an RSA key of at least 2048 bits in PKCS#8 (`PRIVATE KEY`) or PKCS#1
    /// (`RSA PRIVATE KEY`).
    ///
    /// Keys that came through an environment variable or YAML are taken as they are: with literal
    /// `\n`, CRLF, space in place of line ends, space around, and one pair of quotes.
    ///
    /// # Errors
    ///
    /// One [`KeyErrorKind`] for each thing that is no such key. The message gives the length of the
    /// text and what it is, never any of it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        read(pem).map_err(|kind| KeyError {
            length: pem.chars().count(),
            kind,
        })
    }

    /// The algorithm this key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    pub(crate) fn signing(&self) -> &EncodingKey {
        &self.0.signing
    }
}

fn read(text: &str) -> Result<PrivateKey, KeyErrorKind> {
    let Pem { label, der } = pem::parse(text)?;
    let contents = Contents::of(der.expose_secret())?;
    let rsa = match (label.as_str(), contents) {
        (pem::PKCS1, Contents::Pkcs1(rsa)) | (pem::PKCS8, Contents::Pkcs8Rsa(rsa)) => rsa,
        (pem::PKCS1, Contents::Pkcs8Rsa(_)) => {
            return Err(KeyErrorKind::WrongLabel {
                label,
                expected: pem::PKCS8,
            });
        }
        (_, Contents::Pkcs1(_)) => {
            return Err(KeyErrorKind::WrongLabel {
                label,
                expected: pem::PKCS1,
            });
        }
        (_, Contents::Ec) => return Err(KeyErrorKind::EcKey),
        (_, Contents::Encrypted) => return Err(KeyErrorKind::Encrypted),
        (_, Contents::PublicKey) => return Err(KeyErrorKind::PublicKey),
        (_, Contents::Certificate) => return Err(KeyErrorKind::Certificate),
        (_, Contents::Pkcs8Rsa(_) | Contents::Pkcs8Other) => {
            return Err(KeyErrorKind::UnsupportedAlgorithm);
        }
    };
    let bits = der::modulus_bits(rsa).ok_or(KeyErrorKind::Damaged)?;
    if bits < FEWEST_BITS {
        return Err(KeyErrorKind::TooSmall { bits });
    }
    if bits > MOST_BITS {
        return Err(KeyErrorKind::TooLarge { bits });
    }
    // The signing library takes any bytes and fails at the first use; this one looks at them.
    KeyPair::from_der(rsa).map_err(|_| KeyErrorKind::Damaged)?;
    Ok(PrivateKey(Arc::new(Inner {
        algorithm: Algorithm::RS256,
        signing: EncodingKey::from_rsa_der(rsa),
    })))
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, [redacted])", self.algorithm())
    }
}

/// Why a text is not a usable private key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the private key ({length} characters) {kind}")]
pub struct KeyError {
    length: usize,
    kind: KeyErrorKind,
}

impl KeyError {
    /// What is wrong with it.
    pub fn kind(&self) -> &KeyErrorKind {
        &self.kind
    }
}

/// What is wrong with the text given as a private key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyErrorKind {
    /// Nothing was given.
    #[error("is empty")]
    Empty,
    /// There is no `-----BEGIN …-----` line.
    #[error("is not PEM: it has no `-----BEGIN PRIVATE KEY-----` line")]
    NotPem,
    /// The end is missing, or a part of the middle.
    #[error("is cut off; copy it whole, from the `BEGIN` line to the `END` line")]
    Truncated,
    /// Something between the lines is not base64.
    #[error("holds characters that are not base64 between its `BEGIN` and `END` lines")]
    NotBase64,
    /// The bytes are not those of a key.
    #[error("is damaged: its bytes do not make a key")]
    Damaged,
    /// The key is protected by a passphrase.
    #[error("is encrypted with a passphrase; decrypt it first: `openssl pkey -in KEY -out PLAIN`")]
    Encrypted,
    /// It is the public half.
    #[error("is a public key; give the private key that belongs to it")]
    PublicKey,
    /// It is a certificate.
    #[error("is a certificate; give the private key that belongs to it")]
    Certificate,
    /// It is an elliptic-curve key.
    #[error("is an EC key, which is not supported; use an RSA key of 2048 bits or more")]
    EcKey,
    /// It is a private key of another kind, such as Ed25519.
    #[error("is of a kind that is not supported; use an RSA key of 2048 bits or more")]
    UnsupportedAlgorithm,
    /// Neither label of an RSA key.
    #[error("is labelled `{label}`; expected `PRIVATE KEY` or `RSA PRIVATE KEY`")]
    UnsupportedLabel {
        /// The words after `BEGIN`.
        label: String,
    },
    /// The label names another format than the contents have.
    #[error("is labelled `{label}` but its contents are those of `{expected}`; correct the label")]
    WrongLabel {
        /// The words after `BEGIN`.
        label: String,
        /// The words that would be right.
        expected: &'static str,
    },
    /// The RSA modulus is too short to be safe.
    #[error("has {bits} bits; use an RSA key of 2048 bits or more")]
    TooSmall {
        /// The length of the modulus.
        bits: usize,
    },
    /// The RSA modulus is longer than the crypto library takes.
    #[error("has {bits} bits; use an RSA key of 8192 bits or less")]
    TooLarge {
        /// The length of the modulus.
        bits: usize,
    },
}

#[cfg(test)]
mod tests;
