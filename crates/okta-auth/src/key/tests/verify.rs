//! Verification by the public half, ES512 included, which the JWT library does not know.

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{DecodingKey, crypto};

use super::*;

/// Whether the JWS was signed by the private half of the JWK, by the algorithm it names.
pub(super) fn verifies(jws: &str, public_jwk: &str) -> bool {
    let (message, signature) = jws.rsplit_once('.').unwrap();
    let jwk: Jwk = serde_json::from_str(public_jwk).unwrap();
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let header = bytes(message.split('.').next().unwrap());
    let header: Value = serde_json::from_slice(&header).unwrap();
    let named = header["alg"].as_str().unwrap();
    if named != "ES512" {
        let key = DecodingKey::from_jwk(&jwk).unwrap();
        let algorithm = named.parse().unwrap();
        return crypto::verify(signature, message.as_bytes(), &key, algorithm).unwrap_or(false);
    }
    let AlgorithmParameters::EllipticCurve(point) = &jwk.algorithm else {
        return false;
    };
    let point = [vec![0x04], bytes(&point.x), bytes(&point.y)].concat();
    UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point)
        .verify(message.as_bytes(), &bytes(signature))
        .is_ok()
}

/// RFC 7515, appendix A.4: what others sign by ES512 verifies here, so that what is signed here verifies elsewhere.
#[test]
fn a_signature_of_the_rfc_verifies() {
    let jws = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZq\
               wqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXu\
               kOXolLzeO_Jn";
    assert!(verifies(jws, RFC_7515_A4));
    assert!(!verifies(&jws.replace("UGF5", "UGF6"), RFC_7515_A4));

    let key = PrivateKey::from_jwk(RFC_7515_A4).unwrap();
    assert_eq!(key.algorithm(), Algorithm::ES512);
    let jws = key.sign(&serde_json::json!({"sub": "me"})).unwrap();
    assert!(verifies(&jws, RFC_7515_A4));
}

/// Its key.
const RFC_7515_A4: &str = r#"{
    "kty": "EC", "crv": "P-521",
    "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
    "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    "d": "AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C"
}"#;
