//! Verifies a client assertion with the public keys that are registered for the client.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use serde_json::{Map, Value};

use super::super::jws::{self, Algorithm};
use super::super::org::Client;

/// The furthest ahead an assertion may expire: one hour.
const FURTHEST_SECONDS: i64 = 3600;

/// The client that made the assertion, and the assertion's `jti`; otherwise the description of the refusal.
pub(super) fn verified<'a>(
    clients: &'a [Client],
    jws: &str,
    named: Option<&str>,
    audience: &str,
    now: Timestamp,
) -> Result<(&'a Client, Option<String>), &'static str> {
    let (header, claims) = parts(jws).ok_or("The parsing of the client_assertion failed.")?;
    let claim = |name: &str| claims.get(name).and_then(Value::as_str);
    let id = named.or(claim("sub")).or(claim("iss")).unwrap_or_default();
    let client = clients
        .iter()
        .find(|client| client.client_id == id && client.active)
        .ok_or("Invalid value for 'client_id' parameter.")?;
    if claim("iss") != Some(id) {
        return Err("The issuer claim for client_assertion is not a valid client_id.");
    }
    if claim("sub") != Some(id) {
        return Err("The subject claim for client_assertion is not a valid client_id.");
    }
    verify(client, jws, &header)?;
    check_audience(&claims, audience)?;
    check_times(&claims, now.as_second())?;
    Ok((client, claim("jti").map(str::to_owned)))
}

/// Header and claims, which nobody has verified yet.
fn parts(jws: &str) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let mut parts = jws.split('.');
    let mut object = || -> Option<Map<String, Value>> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok()
    };
    let both = (object()?, object()?);
    (parts.next().is_some() && parts.next().is_none()).then_some(both)
}

fn verify(client: &Client, jws: &str, header: &Map<String, Value>) -> Result<(), &'static str> {
    let named = header.get("alg").and_then(Value::as_str);
    let algorithm = named
        .and_then(Algorithm::named)
        .ok_or("The client_assertion JWT signature algorithm is invalid.")?;
    if client.keys.keys.is_empty() {
        return Err(
            "The client does not have a JWKSet configured, but the client_assertion requires one.",
        );
    }
    let kid = header
        .get("kid")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let key: &Jwk = client
        .keys
        .find(kid)
        .ok_or("The client_assertion JWT kid is invalid.")?;
    if !matches!(
        key.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    ) {
        return Err("The client_assertion JWT needs to be signed using a signing key.");
    }
    jws::signed_claims(jws, key, algorithm)
        .map(drop)
        .ok_or("The client_assertion signature is invalid.")
}

/// `aud` is the URL that was called, alone or in an array.
fn check_audience(claims: &Map<String, Value>, audience: &str) -> Result<(), &'static str> {
    let right = match claims.get("aud") {
        Some(Value::String(aud)) => aud == audience,
        Some(Value::Array(all)) => all.iter().any(|aud| aud.as_str() == Some(audience)),
        _ => false,
    };
    if right {
        Ok(())
    } else {
        Err("The audience claim for client_assertion must be the endpoint invoked for the request.")
    }
}

fn check_times(claims: &Map<String, Value>, now: i64) -> Result<(), &'static str> {
    let exp = claims
        .get("exp")
        .and_then(Value::as_i64)
        .ok_or("The client_assertion must contain the 'exp' claim as seconds since epoch.")?;
    if exp <= now {
        return Err("The client_assertion token is expired.");
    }
    if exp > now + FURTHEST_SECONDS {
        return Err("The client_assertion token has an expiration too far into the future.");
    }
    if claims
        .get("iat")
        .and_then(Value::as_i64)
        .is_some_and(|iat| iat > now)
    {
        return Err("The client_assertion token must be issued before the current time.");
    }
    Ok(())
}
