//! Verifies DPoP proofs: who holds the key, which request it is for, and that none is used twice. The texts are those of
//! Okta's published table of OAuth errors.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::call::Call;
use super::jws::{self, Algorithm};

/// How old a proof may be.
const OLDEST_SECONDS: i64 = 300;

/// The `jti`s of the proofs that were shown.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashSet<String>);

/// A proof that is good.
#[derive(Debug)]
pub(crate) struct Proof {
    /// The thumbprint of the key it was made with.
    pub(crate) thumbprint: String,
    /// The nonce in it.
    pub(crate) nonce: Option<String>,
}

/// Checks the proof of a request; with a token, also that it is for that token.
pub(crate) fn verified(
    seen: &mut Seen,
    call: &Call,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Proof, &'static str> {
    let mut proofs = call.headers.get_all("dpop").iter();
    let proof = proofs
        .next()
        .ok_or("The DPoP proof JWT header is missing.")?;
    if proofs.next().is_some() {
        return Err("Multiple DPoP proof JWT headers are not allowed.");
    }
    let proof = proof
        .to_str()
        .map_err(|_| "The DPoP proof JWT cannot be parsed.")?;
    let (key, algorithm) = shown_key(proof)?;
    let claims = jws::signed_claims(proof, &key, algorithm)
        .ok_or("The DPoP proof JWT signature is invalid.")?;
    let claim = |name: &str| claims.get(name).and_then(Value::as_str);

    if claim("htm") != Some(call.method.as_str()) {
        return Err("'htm' claim in the DPoP proof JWT is invalid.");
    }
    if claim("htu") != Some(format!("{}{}", call.base(), call.path).as_str()) {
        return Err("'htu' claim in the DPoP proof JWT is invalid.");
    }
    check_age(&claims, now.as_second())?;
    if token.is_some_and(|token| claim("ath") != Some(hash(token).as_str())) {
        return Err("'ath' claim in the DPoP proof does not match the presented access_token.");
    }
    let jti = claim("jti").ok_or("'jti' claim in the DPoP proof JWT is invalid.")?;
    if !seen.0.insert(jti.to_owned()) {
        return Err("The DPoP proof JWT has already been used.");
    }
    let thumbprint = key.thumbprint(ThumbprintHash::SHA256);
    Ok(Proof {
        thumbprint: thumbprint.map_err(|_| "The DPoP proof JWT is invalid.")?,
        nonce: claim("nonce").map(str::to_owned),
    })
}

/// The public key in the header, which must hold nothing of the private one.
fn shown_key(proof: &str) -> Result<(Jwk, Algorithm), &'static str> {
    const UNREADABLE: &str = "The DPoP proof JWT cannot be parsed.";
    let header = proof
        .split('.')
        .next()
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header: Map<String, Value> = header
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or(UNREADABLE)?;
    if header.get("typ").and_then(Value::as_str) != Some("dpop+jwt") {
        return Err("'typ' must be 'dpop+jwt' in the DPoP proof JWT.");
    }
    let named = header.get("alg").and_then(Value::as_str);
    let algorithm = named
        .and_then(Algorithm::named)
        .ok_or("The DPoP proof JWT signature algorithm is invalid.")?;
    let key = header.get("jwk").filter(|key| key.get("d").is_none());
    let key = key.and_then(|key| serde_json::from_value(key.clone()).ok());
    Ok((key.ok_or("The DPoP proof JWT is invalid.")?, algorithm))
}

fn check_age(claims: &Map<String, Value>, now: i64) -> Result<(), &'static str> {
    let made = claims.get("iat").and_then(Value::as_i64);
    match made.ok_or("'iat' claim in the DPoP proof JWT is invalid.")? {
        made if made > now => Err("The DPoP proof JWT is issued in the future."),
        made if made < now - OLDEST_SECONDS => {
            Err("The DPoP proof JWT is issued more than five minutes in the past.")
        }
        _ => Ok(()),
    }
}

fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

#[cfg(test)]
mod tests;
