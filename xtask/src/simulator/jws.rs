//! Signatures of compact JWS, checked by a public JWK. The JWT library does not know ES512, so that one is checked here.

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm as Library, DecodingKey, Validation};
use serde_json::{Map, Value};

/// An algorithm that Okta takes for client assertions and DPoP proofs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Algorithm {
    Library(Library),
    Es512,
}

impl Algorithm {
    /// The one that `alg` names.
    pub(crate) fn named(alg: &str) -> Option<Self> {
        Some(match alg {
            "RS256" => Self::Library(Library::RS256),
            "RS384" => Self::Library(Library::RS384),
            "RS512" => Self::Library(Library::RS512),
            "ES256" => Self::Library(Library::ES256),
            "ES384" => Self::Library(Library::ES384),
            "ES512" => Self::Es512,
            _ => return None,
        })
    }
}

/// The claims, if the signature is that of `key`. Whether they are in time is somebody else's matter.
pub(crate) fn signed_claims(
    jws: &str,
    key: &Jwk,
    algorithm: Algorithm,
) -> Option<Map<String, Value>> {
    match algorithm {
        Algorithm::Library(algorithm) => {
            let mut signature_only = Validation::new(algorithm);
            signature_only.required_spec_claims.clear();
            signature_only.validate_exp = false;
            signature_only.validate_nbf = false;
            signature_only.validate_aud = false;
            let key = DecodingKey::from_jwk(key).ok()?;
            let decoded = jsonwebtoken::decode(jws, &key, &signature_only).ok()?;
            Some(decoded.claims)
        }
        Algorithm::Es512 => {
            let (message, signature) = jws.rsplit_once('.')?;
            if !fits(message, signature, key) {
                return None;
            }
            let claims = message.split('.').nth(1)?;
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
        }
    }
}

/// Whether `signature` is that of `key` over `message`, by ES512.
fn fits(message: &str, signature: &str, key: &Jwk) -> bool {
    let (Some(point), Ok(signature)) = (point(key), URL_SAFE_NO_PAD.decode(signature)) else {
        return false;
    };
    UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point)
        .verify(message.as_bytes(), &signature)
        .is_ok()
}

/// The point of a key on P-521, uncompressed (SEC 1, section 2.3.3).
fn point(key: &Jwk) -> Option<Vec<u8>> {
    let AlgorithmParameters::EllipticCurve(key) = &key.algorithm else {
        return None;
    };
    if key.curve != EllipticCurve::P521 {
        return None;
    }
    let coordinate = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    Some([vec![0x04], coordinate(&key.x)?, coordinate(&key.y)?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515, appendix A.4.
    #[test]
    fn a_signature_by_es512_fits_its_message_and_key() {
        let key: Jwk = serde_json::from_str(
            r#"{"kty": "EC", "crv": "P-521",
            "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
            "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#,
        )
        .unwrap();
        let signature = "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8Ga\
                         SwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
        assert!(fits("eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA", signature, &key));
        assert!(!fits("eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZB", signature, &key));
        let other = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../fixtures/keys/ec-p521.public.jwk.json"
        ));
        let other = serde_json::from_str(&other.unwrap()).unwrap();
        assert!(!fits("eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA", signature, &other));
    }
}
