//! JSON Web Keys (RFC 7517, RFC 7518), as Okta shows a key that it made.

use aws_lc_rs::signature::EcdsaKeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;
use serde_json::{Map, Value};

use super::{Algorithm, CURVES, KeyErrorKind, PrivateKey, der};

type Object = Map<String, Value>;

pub(super) fn read(json: &str) -> Result<PrivateKey, KeyErrorKind> {
    // The parser's message is left out: it may quote the key.
    let json: Object = serde_json::from_str(json.trim()).map_err(|_| KeyErrorKind::NotJson)?;
    match json.get("keys") {
        Some(Value::Array(keys)) => {
            let keys = keys.iter().filter_map(Value::as_object);
            let private: Vec<&Object> = keys.filter(|key| key.contains_key("d")).collect();
            match private.as_slice() {
                [key] => key_of(key),
                private => Err(KeyErrorKind::JwkSet {
                    private: private.len(),
                }),
            }
        }
        _ => key_of(&json),
    }
}

fn key_of(key: &Object) -> Result<PrivateKey, KeyErrorKind> {
    let text = |member| key.get(member).and_then(Value::as_str);
    if !key.contains_key("d") && (key.contains_key("n") || key.contains_key("x")) {
        return Err(KeyErrorKind::PublicKey);
    }
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return Err(KeyErrorKind::JwkNotForSigning);
    }
    let key_id = text("kid").filter(|kid| !kid.is_empty()).map(str::to_owned);
    match text("kty") {
        Some("RSA") => {
            let algorithm = match text("alg") {
                None | Some("RS256") => Algorithm::RS256,
                Some("RS384") => Algorithm::RS384,
                Some("RS512") => Algorithm::RS512,
                Some(_) => return Err(KeyErrorKind::JwkNotForSigning),
            };
            let [n, e, d, p, q] = ["n", "e", "d", "p", "q"].map(|member| bytes(key, member));
            let [dp, dq, qi] = ["dp", "dq", "qi"].map(|member| bytes(key, member));
            super::rsa(
                &der::pkcs1(&[n?, e?, d?, p?, q?, dp?, dq?, qi?]),
                algorithm,
                key_id,
            )
        }
        Some("EC") => {
            let algorithm = match text("crv") {
                Some("P-256") => Algorithm::ES256,
                Some("P-384") => Algorithm::ES384,
                _ => return Err(KeyErrorKind::UnsupportedCurve),
            };
            if text("alg").is_some_and(|named| named != algorithm.to_string()) {
                return Err(KeyErrorKind::JwkNotForSigning);
            }
            let (d, x, y) = (bytes(key, "d")?, bytes(key, "x")?, bytes(key, "y")?);
            // An uncompressed point (SEC 1, section 2.3.3).
            let point = [&[0x04], x.as_slice(), y.as_slice()].concat();
            let curve = CURVES.iter().find(|(of_curve, _)| *of_curve == algorithm);
            let pair = curve.and_then(|(_, curve)| {
                EcdsaKeyPair::from_private_key_and_public_key(curve, &d, &point).ok()
            });
            super::of_pair(algorithm, &pair.ok_or(KeyErrorKind::Damaged)?, key_id)
        }
        Some(_) => Err(KeyErrorKind::UnsupportedAlgorithm),
        None => Err(KeyErrorKind::JwkMember { member: "kty" }),
    }
}

fn bytes(key: &Object, member: &'static str) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
    let text = key.get(member).and_then(Value::as_str);
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok());
    let bytes = bytes.filter(|bytes| !bytes.is_empty());
    bytes
        .map(Zeroizing::new)
        .ok_or(KeyErrorKind::JwkMember { member })
}
