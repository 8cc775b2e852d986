//! The algorithms by which client assertions are signed, and the curves behind some of them.

use std::fmt::{self, Display};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaSigningAlgorithm,
};

/// A signature algorithm of the client assertion: all that Okta takes for `private_key_jwt`.
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
    /// The curve P-521 with SHA-512.
    ES512,
}

impl Algorithm {
    /// Its name (RFC 7518, section 3.1): what `alg` says in a JWT or a JWK.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
        }
    }
}

impl Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A curve, and what is known by it. Each has one algorithm (RFC 7518, section 3.4).
pub(super) struct Curve {
    /// What `crv` says in a JWK.
    pub(super) name: &'static str,
    pub(super) algorithm: Algorithm,
    /// The same for the crypto library, with signatures of fixed length as a JWS has them.
    pub(super) signing: &'static EcdsaSigningAlgorithm,
    /// The bytes of a coordinate.
    pub(super) width: usize,
}

pub(super) static CURVES: [Curve; 3] = [
    Curve {
        name: "P-256",
        algorithm: Algorithm::ES256,
        signing: &ECDSA_P256_SHA256_FIXED_SIGNING,
        width: 32,
    },
    Curve {
        name: "P-384",
        algorithm: Algorithm::ES384,
        signing: &ECDSA_P384_SHA384_FIXED_SIGNING,
        width: 48,
    },
    Curve {
        name: "P-521",
        algorithm: Algorithm::ES512,
        signing: &ECDSA_P521_SHA512_FIXED_SIGNING,
        width: 66,
    },
];
