//! The public half of a key, as a JSON Web Key (RFC 7517), and its thumbprint (RFC 7638).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::algorithm::Algorithm;

/// Its numbers in base64url.
pub(super) enum PublicKey {
    Rsa {
        n: String,
        e: String,
    },
    Ec {
        crv: &'static str,
        x: String,
        y: String,
    },
}

impl PublicKey {
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::Rsa {
            n: URL_SAFE_NO_PAD.encode(modulus),
            e: URL_SAFE_NO_PAD.encode(exponent),
        }
    }

    /// `point` is uncompressed: a byte that says so, and both coordinates.
    pub(super) fn ec(crv: &'static str, point: &[u8]) -> Option<Self> {
        let coordinates = point.strip_prefix(&[0x04])?;
        let (x, y) = coordinates.split_at_checked(coordinates.len() / 2)?;
        Some(Self::Ec {
            crv,
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        })
    }

    /// What makes the key, sorted by name, which is the order of RFC 7638.
    pub(super) fn members(&self) -> Map<String, Value> {
        let members: &[(&str, &str)] = match self {
            Self::Rsa { n, e } => &[("e", e), ("kty", "RSA"), ("n", n)],
            Self::Ec { crv, x, y } => &[("crv", crv), ("kty", "EC"), ("x", x), ("y", y)],
        };
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).into());
        members.iter().map(owned).collect()
    }

    /// The SHA-256 of the key's members, in base64url: the same for the same key wherever it is
    /// computed.
    pub(super) fn thumbprint(&self) -> String {
        let canonical = Value::Object(self.members()).to_string();
        URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
    }

    /// The key with its id and what it is for.
    pub(super) fn jwk(&self, key_id: &str, algorithm: Algorithm) -> Value {
        let mut jwk = self.members();
        for (name, value) in [("use", "sig"), ("alg", algorithm.as_str()), ("kid", key_id)] {
            jwk.insert(name.to_owned(), value.into());
        }
        Value::Object(jwk)
    }
}
