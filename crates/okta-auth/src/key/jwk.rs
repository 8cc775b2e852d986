//! JSON Web Keys (RFC 7517, RFC 7518), as Okta shows a key that it made.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;
use serde_json::{Map, Value};

use super::algorithm::{Algorithm, CURVES};
use super::error::KeyErrorKind;
use super::pair::KeyPair;
use super::{PrivateKey, der, pasted};

type Object = Map<String, Value>;

/// The one key to sign with of a text.
pub(super) fn read(json: &str) -> Result<PrivateKey, KeyErrorKind> {
    let mut keys = read_all(json)?;
    match (keys.pop(), keys.len()) {
        (Some(key), 0) => Ok(key),
        (_, others) => Err(KeyErrorKind::JwkSet {
            private: others + 1,
        }),
    }
}

/// All its keys to sign with. What else a set holds is passed over: it is there for others.
pub(super) fn read_all(json: &str) -> Result<Vec<PrivateKey>, KeyErrorKind> {
    let keys = match parse(json)? {
        Jwks::One(key) => return read_key(&key).map(|key| vec![key]),
        Jwks::Set(keys) => keys,
    };
    if keys.is_empty() {
        return Err(KeyErrorKind::JwkSet { private: 0 });
    }
    let (mut signing, mut others) = (Vec::new(), Vec::new());
    for (number, key) in (1..).zip(&keys) {
        let read = match key.as_object() {
            Some(key) => read_key(key),
            None => Err(KeyErrorKind::JwkMember { member: "kty" }),
        };
        match read {
            Ok(key) => signing.push(key),
            // Were it passed over, a key that is to take over would be missing only when the other is gone.
            Err(kind) if is_damage(&kind) => {
                return Err(KeyErrorKind::InSet {
                    number,
                    kind: Box::new(kind),
                });
            }
            Err(kind) => others.push(kind),
        }
    }
    if signing.is_empty() {
        return Err(KeyErrorKind::NoSigningKey { keys: others });
    }
    Ok(signing)
}

/// Whether a key was to sign and got hurt on its way, rather than being of another kind.
fn is_damage(kind: &KeyErrorKind) -> bool {
    matches!(kind, KeyErrorKind::Damaged | KeyErrorKind::JwkMember { .. })
}

/// What a text of this kind holds.
enum Jwks {
    One(Object),
    Set(Vec<Value>),
}

fn parse(text: &str) -> Result<Jwks, KeyErrorKind> {
    // The parser's message is left out: it may quote the key.
    let mut json: Object = serde_json::from_str(pasted::bare(text))
        .or_else(|_| serde_json::from_str(&pasted::unescaped(text)))
        .map_err(|_| KeyErrorKind::NotJson)?;
    Ok(match json.get_mut("keys") {
        Some(Value::Array(keys)) => Jwks::Set(std::mem::take(keys)),
        _ => Jwks::One(json),
    })
}

fn read_key(key: &Object) -> Result<PrivateKey, KeyErrorKind> {
    let text = |member| key.get(member).and_then(Value::as_str);
    if !key.contains_key("d") && (key.contains_key("n") || key.contains_key("x")) {
        return Err(KeyErrorKind::PublicKey);
    }
    let operations = key.get("key_ops").and_then(Value::as_array);
    if text("use").is_some_and(|purpose| purpose != "sig")
        || operations.is_some_and(|all| !all.iter().any(|operation| operation == "sign"))
    {
        return Err(KeyErrorKind::JwkNotForSigning);
    }
    let key_id = text("kid").filter(|kid| !kid.is_empty());
    match text("kty") {
        Some("RSA") => {
            let algorithm = match text("alg") {
                None | Some("RS256") => Algorithm::RS256,
                Some("RS384") => Algorithm::RS384,
                Some("RS512") => Algorithm::RS512,
                Some(_) => return Err(KeyErrorKind::JwkNotForSigning),
            };
            check_primes(key)?;
            let [n, e, d, p, q] = ["n", "e", "d", "p", "q"].map(|member| bytes(key, member));
            let [dp, dq, qi] = ["dp", "dq", "qi"].map(|member| bytes(key, member));
            let pair = KeyPair::rsa(&der::pkcs1(&[n?, e?, d?, p?, q?, dp?, dq?, qi?]))?;
            Ok(PrivateKey::new(pair, key_id).signing_by(algorithm))
        }
        Some("EC") => {
            let curve = CURVES.iter().find(|curve| text("crv") == Some(curve.name));
            let curve = curve.ok_or(KeyErrorKind::UnsupportedCurve)?;
            if text("alg").is_some_and(|named| named != curve.algorithm.as_str()) {
                return Err(KeyErrorKind::JwkNotForSigning);
            }
            let (d, x, y) = (bytes(key, "d")?, bytes(key, "x")?, bytes(key, "y")?);
            let pair = KeyPair::ec_of_numbers(curve, [&d, &x, &y])?;
            Ok(PrivateKey::new(pair, key_id))
        }
        Some(_) => Err(KeyErrorKind::UnsupportedAlgorithm),
        None => Err(KeyErrorKind::JwkMember { member: "kty" }),
    }
}

/// The primes are optional in an RSA JWK (RFC 7518, section 6.3.2), as they can be computed from the rest. The crypto
/// library takes no key without them, and does not compute them.
fn check_primes(key: &Object) -> Result<(), KeyErrorKind> {
    let is_missing = |member: &&str| !key.contains_key(*member);
    let missing: Vec<&str> = ["p", "q", "dp", "dq", "qi"]
        .into_iter()
        .filter(is_missing)
        .collect();
    match missing.as_slice() {
        // One of them alone was lost.
        [] | [_] => Ok(()),
        [others @ .., last] => Err(KeyErrorKind::JwkWithoutPrimes {
            missing: format!("`{}` and `{last}`", others.join("`, `")),
        }),
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
