//! `PrivateKey`: the key an app signs with, read from PEM or JWK, or made.

mod algorithm;
mod error;

mod der;
mod pasted;
mod public;

mod pair;

mod jwk;
mod pem;

mod generate;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

pub use self::algorithm::Algorithm;
pub use self::error::{KeyError, KeyErrorKind};
pub use self::generate::{GenerateError, GeneratedKey};
use self::pair::KeyPair;
pub use self::pair::SigningError;
use self::pasted::Encoded;

/// A private key to sign client assertions with, and the id under which Okta knows its public half.
///
/// Cheap to clone; `Debug` shows the algorithm only.
///
/// ```
/// use okta_auth::{Algorithm, PrivateKey};
///
/// // What a file would hold.
/// let generated = PrivateKey::generate(Algorithm::ES256)?;
/// let pem = generated.expose_pem();
///
/// let key = PrivateKey::parse(pem)?;
/// assert_eq!(key.algorithm(), Algorithm::ES256);
/// // PEM has no room for an id, so it is the thumbprint (RFC 7638) until somebody says what Okta calls the key.
/// assert!(!key.is_named() && key.key_id().len() == 43);
/// assert_eq!(key.with_key_id("my-key-id").key_id(), "my-key-id");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct PrivateKey {
    pair: Arc<KeyPair>,
    algorithm: Algorithm,
    key_id: Arc<str>,
    named: bool,
}

/// The header of a JWT (RFC 7519, section 5), in the order in which it is written.
#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

impl PrivateKey {
    /// Reads a key in either form in which Okta hands keys out: PEM or JWK.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem) and [`from_jwk`](Self::from_jwk); a text that begins with `{` is taken for a JWK.
    /// Either may come as base64 in whole, which is how stores of secrets keep what has several lines.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        told(text, read(text))
    }

    /// Reads every key that a text holds: as [`parse`](Self::parse), and where it is a JWK set all the private keys in
    /// it, in their order. That is how an app has two keys while one takes over from the other. What cannot sign in a set
    /// (public keys, keys to encrypt with, keys of other kinds) is passed over while one can.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse); [`KeyErrorKind::InSet`] says which key of a set is damaged, and
    /// [`KeyErrorKind::NoSigningKey`] why none can sign.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, KeyError> {
        told(text, read_all(text))
    }

    /// Reads an RSA key of at least 2048 bits in PKCS#8 (`PRIVATE KEY`) or PKCS#1
    /// (`RSA PRIVATE KEY`), or an elliptic-curve key on P-256, P-384 or P-521 in PKCS#8 or SEC 1 (`EC PRIVATE KEY`).
    ///
    /// Keys that came through an environment variable or YAML are taken as they are: with literal
    /// `\n`, CRLF, space in place of line ends, indentation, and space and quotes around. Whatever else the text holds is
    /// passed over, such as certificates, public keys and the attributes that `openssl pkcs12 -nodes` writes.
    ///
    /// # Errors
    ///
    /// One [`KeyErrorKind`] for each thing that is no such key. The message gives the length of the
    /// text and what it is, never any of it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        told(pem, pem::read(pem))
    }

    /// Reads a key of the same kinds as a JSON Web Key (RFC 7517): one key, or a set with one private key in it. Its `kid`
    /// is kept; its `alg` says which of RS256, RS384 and RS512 an RSA key signs with. Quotes may stand around it, and those
    /// in it may be escaped, as some ways of setting environment variables leave it.
    ///
    /// # Errors
    ///
    /// One [`KeyErrorKind`] for each thing that is no such key, as above.
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        told(json, jwk::read(json))
    }

    fn new(pair: KeyPair, key_id: Option<&str>) -> Self {
        Self {
            algorithm: pair.algorithm,
            key_id: key_id.map_or_else(|| pair.public.thumbprint().into(), Arc::from),
            named: key_id.is_some(),
            pair: Arc::new(pair),
        }
    }

    /// The same key under the id (KID) that Okta shows for its public half.
    #[must_use]
    pub fn with_key_id(self, key_id: impl AsRef<str>) -> Self {
        Self {
            key_id: Arc::from(key_id.as_ref()),
            named: true,
            ..self
        }
    }

    /// The id (`kid`) that assertions name: the one given with [`with_key_id`](Self::with_key_id), or that of the JWK, or
    /// else the thumbprint of the public half (RFC 7638, SHA-256).
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Whether somebody gave it that id. If not it is the thumbprint, which Okta knows only if the public half was
    /// registered as [`public_jwk`](Self::public_jwk) has it.
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// The algorithm this key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half as a JWK with `kid`, `use` and `alg`, to paste into Okta: Applications > Applications > (the app) >
    /// General > Client Credentials > Edit > Public key / Private key > Add key.
    pub fn public_jwk(&self) -> String {
        format!("{:#}", self.pair.public.jwk(&self.key_id, self.algorithm))
    }

    /// What makes the public half, and nothing about it: the `jwk` of a proof (RFC 9449, section 4.2).
    pub(crate) fn public_members(&self) -> Map<String, Value> {
        self.pair.public.members()
    }

    /// A JWT of `claims`, signed (RFC 7515, section 3.1).
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        let header = Header {
            typ: "JWT",
            alg: self.algorithm.as_str(),
            kid: &self.key_id,
        };
        self.sign_with(&header, claims)
    }

    /// The same with a header of the caller's, which names [`algorithm`](Self::algorithm).
    pub(crate) fn sign_with(
        &self,
        header: &impl Serialize,
        claims: &impl Serialize,
    ) -> Result<String, SigningError> {
        let message = format!("{}.{}", part(header)?, part(claims)?);
        let signature = self.pair.sign(self.algorithm, message.as_bytes())?;
        Ok(format!("{message}.{signature}"))
    }

    /// The same key, signing with another hash.
    fn signing_by(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }
}

fn part(value: &impl Serialize) -> Result<String, SigningError> {
    let json = serde_json::to_vec(value).map_err(SigningError::new)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn read(text: &str) -> Result<PrivateKey, KeyErrorKind> {
    if pasted::is_json(text) {
        return jwk::read(text);
    }
    match pasted::encoded(text) {
        Some(Encoded::Text(text)) if pasted::is_json(&text) => jwk::read(&text),
        _ => pem::read(text),
    }
}

fn read_all(text: &str) -> Result<Vec<PrivateKey>, KeyErrorKind> {
    if pasted::is_json(text) {
        return jwk::read_all(text);
    }
    match pasted::encoded(text) {
        Some(Encoded::Text(text)) if pasted::is_json(&text) => jwk::read_all(&text),
        _ => pem::read(text).map(|key| vec![key]),
    }
}

fn told<T>(text: &str, read: Result<T, KeyErrorKind>) -> Result<T, KeyError> {
    read.map_err(|kind| KeyError::new(text, kind))
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, [redacted])", self.algorithm())
    }
}

#[cfg(test)]
mod tests;
