//! `PrivateKey`: the key an app signs with, read from PEM or JWK.

mod der;
mod jwk;
mod pem;

use std::fmt::{self, Display};
use std::sync::Arc;

use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm,
};
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
    key_id: Option<String>,
}

/// A signature algorithm of the client assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSA with PKCS#1 v1.5 padding and SHA-256.
    RS256,
    /// The same with SHA-384.
    RS384,
    /// The same with SHA-512.
    RS512,
    /// The curve P-256 with SHA-256.
    ES256,
    /// The curve P-384 with SHA-384.
    ES384,
}

impl Algorithm {
    /// As the signing library calls it.
    pub(crate) fn signing(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::RS256 => jsonwebtoken::Algorithm::RS256,
            Self::RS384 => jsonwebtoken::Algorithm::RS384,
            Self::RS512 => jsonwebtoken::Algorithm::RS512,
            Self::ES256 => jsonwebtoken::Algorithm::ES256,
            Self::ES384 => jsonwebtoken::Algorithm::ES384,
        }
    }
}

impl Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
        })
    }
}

impl PrivateKey {
    /// Reads a key in either form in which Okta hands keys out: PEM or JWK.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem) and [`from_jwk`](Self::from_jwk); a text that begins with `{` is taken for a JWK.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.trim_start().starts_with('{') {
            Self::from_jwk(text)
        } else {
            Self::from_pem(text)
        }
    }

    /// Reads an RSA key of at least 2048 bits in PKCS#8 (`PRIVATE KEY`) or PKCS#1
    /// (`RSA PRIVATE KEY`), or an elliptic-curve key on P-256 or P-384 in PKCS#8 or SEC 1 (`EC PRIVATE KEY`).
    ///
    /// Keys that came through an environment variable or YAML are taken as they are: with literal
    /// `\n`, CRLF, space in place of line ends, space around, and one pair of quotes.
    ///
    /// # Errors
    ///
    /// One [`KeyErrorKind`] for each thing that is no such key. The message gives the length of the
    /// text and what it is, never any of it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        told(pem, read(pem))
    }

    /// Reads a key of the same kinds as a JSON Web Key (RFC 7517): one key, or a set with one private key in it. Its `kid`
    /// is kept; its `alg` says which of RS256, RS384 and RS512 an RSA key signs with.
    ///
    /// # Errors
    ///
    /// One [`KeyErrorKind`] for each thing that is no such key, as above.
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        told(json, jwk::read(json))
    }

    /// The id (`kid`) that the key itself carries. Only a JWK can.
    pub fn key_id(&self) -> Option<&str> {
        self.0.key_id.as_deref()
    }

    /// The algorithm this key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    pub(crate) fn signing(&self) -> &EncodingKey {
        &self.0.signing
    }
}

fn told(text: &str, key: Result<PrivateKey, KeyErrorKind>) -> Result<PrivateKey, KeyError> {
    key.map_err(|kind| KeyError {
        length: text.chars().count(),
        kind,
    })
}

fn read(text: &str) -> Result<PrivateKey, KeyErrorKind> {
    let Pem { label, der } = pem::parse(text)?;
    let der = der.expose_secret();
    let wrong_label = |expected| {
        Err(KeyErrorKind::WrongLabel {
            label: label.clone(),
            expected,
        })
    };
    match (label.as_str(), Contents::of(der)?) {
        (pem::PKCS1, Contents::Pkcs1(rsa)) | (pem::PKCS8, Contents::Pkcs8Rsa(rsa)) => {
            self::rsa(rsa, Algorithm::RS256, None)
        }
        (pem::PKCS8, Contents::Pkcs8Ec) | (pem::SEC1, Contents::Sec1) => ec(der),
        (_, Contents::Pkcs1(_)) => wrong_label(pem::PKCS1),
        (_, Contents::Sec1) => wrong_label(pem::SEC1),
        (_, Contents::Pkcs8Rsa(_) | Contents::Pkcs8Ec) => wrong_label(pem::PKCS8),
        (_, Contents::Encrypted) => Err(KeyErrorKind::Encrypted),
        (_, Contents::PublicKey) => Err(KeyErrorKind::PublicKey),
        (_, Contents::Certificate) => Err(KeyErrorKind::Certificate),
        (_, Contents::Pkcs8Other) => Err(KeyErrorKind::UnsupportedAlgorithm),
    }
}

/// An RSA key from its PKCS#1 bytes.
fn rsa(
    pkcs1: &[u8],
    algorithm: Algorithm,
    key_id: Option<String>,
) -> Result<PrivateKey, KeyErrorKind> {
    let bits = der::modulus_bits(pkcs1).ok_or(KeyErrorKind::Damaged)?;
    if bits < FEWEST_BITS {
        return Err(KeyErrorKind::TooSmall { bits });
    }
    if bits > MOST_BITS {
        return Err(KeyErrorKind::TooLarge { bits });
    }
    // The signing library takes any bytes and fails at the first use; this one looks at them.
    KeyPair::from_der(pkcs1).map_err(|_| KeyErrorKind::Damaged)?;
    let signing = EncodingKey::from_rsa_der(pkcs1);
    Ok(PrivateKey(Arc::new(Inner {
        algorithm,
        signing,
        key_id,
    })))
}

/// The curves, and what each signs with.
const CURVES: [(Algorithm, &EcdsaSigningAlgorithm); 2] = [
    (Algorithm::ES256, &ECDSA_P256_SHA256_FIXED_SIGNING),
    (Algorithm::ES384, &ECDSA_P384_SHA384_FIXED_SIGNING),
];

/// An elliptic-curve key from its bytes in PKCS#8 or SEC 1.
fn ec(der: &[u8]) -> Result<PrivateKey, KeyErrorKind> {
    let mut pairs = CURVES.iter().filter_map(|(algorithm, curve)| {
        let pair = EcdsaKeyPair::from_private_key_der(curve, der).ok()?;
        Some((*algorithm, pair))
    });
    let (algorithm, pair) = pairs.next().ok_or(KeyErrorKind::UnsupportedCurve)?;
    of_pair(algorithm, &pair, None)
}

fn of_pair(
    algorithm: Algorithm,
    pair: &EcdsaKeyPair,
    key_id: Option<String>,
) -> Result<PrivateKey, KeyErrorKind> {
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| KeyErrorKind::Damaged)?;
    let signing = EncodingKey::from_ec_der(pkcs8.as_ref());
    Ok(PrivateKey(Arc::new(Inner {
        algorithm,
        signing,
        key_id,
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
    /// It is an elliptic-curve key on another curve, or a damaged one.
    #[error(
        "is an EC key that cannot be used; use one on the curve P-256 or P-384, or an RSA key of 2048 bits or more"
    )]
    UnsupportedCurve,
    /// It is a private key of another kind, such as Ed25519.
    #[error(
        "is of a kind that is not supported; use an RSA key of 2048 bits or more, or an EC key on P-256 or P-384"
    )]
    UnsupportedAlgorithm,
    /// It begins as JSON and is none.
    #[error("begins as a JWK and is not JSON; copy it whole, from `{{` to `}}`")]
    NotJson,
    /// It is a JWK with a member that is missing or cannot be read.
    #[error("is a JWK whose `{member}` is missing or damaged")]
    JwkMember {
        /// The name of the member.
        member: &'static str,
    },
    /// It is a JWK set without exactly one private key.
    #[error("is a JWK set with {private} private keys; give the one key, `{{\"kty\": …}}`")]
    JwkSet {
        /// How many private keys there are in it.
        private: usize,
    },
    /// It is a JWK whose `use` or `alg` is not to sign with.
    #[error("is a JWK that is not made to sign with: its `use` or `alg` says so")]
    JwkNotForSigning,
    /// The label of no private key.
    #[error("is labelled `{label}`; expected `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`")]
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
