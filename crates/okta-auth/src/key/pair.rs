//! A key pair: the half that signs and the half that is shown.

use std::error::Error;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm as Library, EncodingKey};
use secrecy::zeroize::Zeroizing;

use super::algorithm::{Algorithm, CURVES, Curve};
use super::der;
use super::error::KeyErrorKind;
use super::public::PublicKey;

use crate::report::debug_as_report;

/// The smallest modulus taken. Okta generates 2048 bits and names no minimum; NIST SP 800-131A
/// allows no less.
const FEWEST_BITS: usize = 2048;

/// The largest modulus the crypto library signs with.
const MOST_BITS: usize = 8192;

pub(super) struct KeyPair {
    /// What it signs with unless told otherwise.
    pub(super) algorithm: Algorithm,
    pub(super) public: PublicKey,
    signer: Signer,
}

/// Who signs. The JWT library knows every algorithm that Okta takes but ES512.
enum Signer {
    Rsa(EncodingKey),
    Ec(Library, EncodingKey),
    P521(EcdsaKeyPair),
}

impl KeyPair {
    /// An RSA key from its PKCS#1 bytes.
    pub(super) fn rsa(pkcs1: &[u8]) -> Result<Self, KeyErrorKind> {
        let (modulus, exponent) = der::public_numbers(pkcs1).ok_or(KeyErrorKind::Damaged)?;
        let bits = bits(modulus);
        if bits < FEWEST_BITS {
            return Err(KeyErrorKind::TooSmall { bits });
        }
        if bits > MOST_BITS {
            return Err(KeyErrorKind::TooLarge { bits });
        }
        // The JWT library takes any bytes and fails at the first use; this one looks at them.
        rsa::KeyPair::from_der(pkcs1).map_err(|_| KeyErrorKind::Damaged)?;
        Ok(Self {
            algorithm: Algorithm::RS256,
            public: PublicKey::rsa(modulus, exponent),
            signer: Signer::Rsa(EncodingKey::from_rsa_der(pkcs1)),
        })
    }

    /// An elliptic-curve key from its bytes in PKCS#8 or SEC 1.
    pub(super) fn ec(der: &[u8]) -> Result<Self, KeyErrorKind> {
        let mut pairs = CURVES.iter().filter_map(|curve| {
            let pair = EcdsaKeyPair::from_private_key_der(curve.signing, der).ok()?;
            Some((curve, pair))
        });
        let (curve, pair) = pairs.next().ok_or(KeyErrorKind::UnsupportedCurve)?;
        Self::on(curve, pair)
    }

    /// An elliptic-curve key from its numbers, which must belong together.
    pub(super) fn ec_of_numbers(
        curve: &Curve,
        [d, x, y]: [&[u8]; 3],
    ) -> Result<Self, KeyErrorKind> {
        let wide = |number| padded(number, curve.width).ok_or(KeyErrorKind::Damaged);
        let (d, x, y) = (wide(d)?, wide(x)?, wide(y)?);
        // An uncompressed point (SEC 1, section 2.3.3).
        let point = [&[0x04], x.as_slice(), y.as_slice()].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(curve.signing, &d, &point);
        Self::on(curve, pair.map_err(|_| KeyErrorKind::Damaged)?)
    }

    fn on(curve: &Curve, pair: EcdsaKeyPair) -> Result<Self, KeyErrorKind> {
        let point = pair.public_key().as_ref();
        let public = PublicKey::ec(curve.name, point).ok_or(KeyErrorKind::Damaged)?;
        let library = match curve.algorithm {
            Algorithm::ES256 => Some(Library::ES256),
            Algorithm::ES384 => Some(Library::ES384),
            _ => None,
        };
        let signer = match library {
            Some(library) => {
                let pkcs8 = pair.to_pkcs8v1().map_err(|_| KeyErrorKind::Damaged)?;
                Signer::Ec(library, EncodingKey::from_ec_der(pkcs8.as_ref()))
            }
            None => Signer::P521(pair),
        };
        Ok(Self {
            algorithm: curve.algorithm,
            public,
            signer,
        })
    }

    /// The signature of `message`, as a compact JWS has it. Which `algorithm` matters for RSA only: a curve has one.
    pub(super) fn sign(
        &self,
        algorithm: Algorithm,
        message: &[u8],
    ) -> Result<String, SigningError> {
        let signature = match &self.signer {
            Signer::Rsa(key) => {
                let library = match algorithm {
                    Algorithm::RS384 => Library::RS384,
                    Algorithm::RS512 => Library::RS512,
                    _ => Library::RS256,
                };
                by_library(message, key, library)?
            }
            Signer::Ec(library, key) => by_library(message, key, *library)?,
            Signer::P521(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message);
                signature.map_err(SigningError::new)?.as_ref().to_vec()
            }
        };
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Signs with the one backend that is meant. The library's own functions take the provider of the process, which is the
/// program's to choose: it is neither asked nor installed here.
fn by_library(
    message: &[u8],
    key: &EncodingKey,
    algorithm: Library,
) -> Result<Vec<u8>, SigningError> {
    let signer = (aws_lc::DEFAULT_PROVIDER.signer_factory)(&algorithm, key);
    let signer = signer.map_err(SigningError::new)?;
    signer.try_sign(message).map_err(SigningError::new)
}

/// The length of a number without leading zeros.
fn bits(number: &[u8]) -> usize {
    number
        .first()
        .map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// A number in its full width, which RFC 7518 (section 6.2.1.2) demands and not every tool keeps to.
fn padded(number: &[u8], width: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut wide = Zeroizing::new(vec![0; width.checked_sub(number.len())?]);
    wide.extend_from_slice(number);
    Some(wide)
}

/// The signature could not be made.
#[derive(Clone, thiserror::Error)]
#[error("the private key does not sign")]
pub struct SigningError {
    source: Arc<dyn Error + Send + Sync>,
}

debug_as_report!(SigningError);

impl SigningError {
    pub(crate) fn new(source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            source: Arc::new(source),
        }
    }
}
