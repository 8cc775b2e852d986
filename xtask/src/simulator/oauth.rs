//! The token endpoint of the org authorization server. Statuses and texts are those of Okta's published table of
//! OAuth errors.

mod assertion;

use std::collections::{BTreeMap, HashSet};

use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::access::{Grant, Tokens};
use super::call::Call;
use super::chance::Chance;
use super::dpop;
use super::options::Options;
use super::org::{Client, Org};
use super::reply::Reply;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the endpoint remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// The `jti`s that were used, by client.
    used: HashSet<(String, String)>,
    proofs: dpop::Seen,
    /// The nonce that proofs must have, made when the first is asked for.
    nonce: Option<String>,
}

/// A refusal: status, error, description.
type Refusal = (StatusCode, &'static str, String);

/// Answers a token request.
pub(crate) fn token(
    desk: &mut Desk,
    tokens: &mut Tokens,
    chance: &mut Chance,
    org: &Org,
    options: &Options,
    call: &Call,
    now: Timestamp,
) -> Reply {
    let nonce = desk.nonce.get_or_insert_with(|| chance.word(32)).clone();
    match granted(desk, org, call, now) {
        Ok((client, scopes, bound)) => {
            let token = chance.word(48);
            let lifetime =
                SignedDuration::try_from(options.token_lifetime).unwrap_or(SignedDuration::MAX);
            let expires = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
            let body = json!({
                "token_type": if bound.is_some() { "DPoP" } else { "Bearer" },
                "expires_in": lifetime.as_secs(),
                "access_token": token,
                "scope": scopes.join(" "),
            });
            let reply = Reply::json(StatusCode::OK, body).with("x-robots-tag", "noindex,nofollow");
            let reply = if bound.is_some() {
                reply.with("dpop-nonce", nonce)
            } else {
                reply
            };
            tokens.grant(
                token,
                Grant {
                    client_id: client.client_id.clone(),
                    scopes,
                    expires,
                    bound,
                },
            );
            reply
        }
        Err((status, error, description)) => {
            let reply = Reply::oauth_error(status, error, &description);
            if error == "use_dpop_nonce" {
                reply.with("dpop-nonce", nonce)
            } else {
                reply
            }
        }
    }
}

/// The client, what it may do, and the thumbprint of the key its token is bound to, if it is.
type Granted<'a> = (&'a Client, Vec<String>, Option<String>);

fn granted<'a>(
    desk: &mut Desk,
    org: &'a Org,
    call: &Call,
    now: Timestamp,
) -> Result<Granted<'a>, Refusal> {
    let form = form(call)?;
    grant_type(&form)?;
    let client = client(desk, org, call, &form, now)?;
    let bound = bound(desk, client, call, now)?;
    let scopes = scopes(client, form.get("scope").map_or("", String::as_str))?;
    Ok((client, scopes, bound))
}

/// The key that proves the request, when one does or has to.
fn bound(
    desk: &mut Desk,
    client: &Client,
    call: &Call,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    if !client.dpop_required && call.header("dpop").is_none() {
        return Ok(None);
    }
    let proof = dpop::verified(&mut desk.proofs, call, None, now)
        .map_err(|description| bad_request("invalid_dpop_proof", description))?;
    if proof.nonce != desk.nonce {
        let description = "Authorization server requires nonce in DPoP proof.";
        return Err(bad_request("use_dpop_nonce", description));
    }
    Ok(Some(proof.thumbprint))
}

/// The form in the body, which is the only place where credentials may be.
fn form(call: &Call) -> Result<BTreeMap<String, String>, Refusal> {
    let secret = |name: &str| matches!(name, "client_id" | "client_secret" | "client_assertion");
    if call.query.iter().any(|(name, _)| secret(name)) {
        return Err(bad_request(
            "invalid_request",
            "Client credentials cannot be supplied via query parameters.",
        ));
    }
    let content_type = call
        .header(header::CONTENT_TYPE.as_str())
        .unwrap_or_default();
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if essence != "application/x-www-form-urlencoded" {
        return Err(bad_request(
            "invalid_request",
            "The content type must be application/x-www-form-urlencoded.",
        ));
    }
    Ok(url::form_urlencoded::parse(&call.body)
        .into_owned()
        .collect())
}

fn grant_type(form: &BTreeMap<String, String>) -> Result<(), Refusal> {
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => Ok(()),
        None | Some("") => Err(bad_request(
            "invalid_request",
            "The token request must specify a 'grant_type'. Valid values: [client_credentials]",
        )),
        Some(_) => Err(bad_request(
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server. \
             Configured grant types: [client_credentials].",
        )),
    }
}

/// The client that proves who it is.
fn client<'a>(
    desk: &mut Desk,
    org: &'a Org,
    call: &Call,
    form: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<&'a Client, Refusal> {
    let secret =
        form.contains_key("client_secret") || call.header(header::AUTHORIZATION.as_str()).is_some();
    let Some(jws) = form.get("client_assertion") else {
        return Err(invalid_client(if secret {
            "Client Credentials requests to the Org Authorization Server must use the private_key_jwt \
             token_endpoint_auth_method."
        } else {
            "No client credentials found."
        }));
    };
    if secret {
        let description = "Cannot supply multiple client credentials. Use one of the following: credentials in the \
                           Authorization header, credentials in the post body, or a client_assertion in the post body.";
        return Err((
            StatusCode::UNAUTHORIZED,
            "invalid_request",
            description.to_owned(),
        ));
    }
    if form.get("client_assertion_type").map(String::as_str) != Some(JWT_BEARER) {
        return Err(bad_request(
            "invalid_request",
            "The client_assertion_type is invalid.",
        ));
    }
    let audience = format!("{}/oauth2/v1/token", call.base());
    let named = form.get("client_id").map(String::as_str);
    let (client, jti) =
        assertion::verified(&org.clients, jws, named, &audience, now).map_err(invalid_client)?;
    if let Some(jti) = jti
        && !desk.used.insert((client.client_id.clone(), jti))
    {
        return Err(invalid_client(
            "The client_assertion token has already been used.",
        ));
    }
    if !client.service {
        return Err(invalid_client(
            "Only clients with 'application_type' of 'service' may use the client_credentials 'grant_type' with the \
             Org Authorization Server.",
        ));
    }
    Ok(client)
}

/// Those of the requested scopes that were granted to the client.
fn scopes(client: &Client, requested: &str) -> Result<Vec<String>, Refusal> {
    let requested: Vec<&str> = requested.split_whitespace().collect();
    if requested.is_empty() {
        return Err(bad_request("invalid_scope", "No scopes were requested."));
    }
    if requested.contains(&"openid") {
        return Err(bad_request(
            "invalid_scope",
            "Cannot request 'openid' scopes using client credentials.",
        ));
    }
    if requested.iter().any(|scope| scope.ends_with(".self")) {
        return Err(bad_request(
            "client_credentials_self_scope_requested",
            "The 'client_credentials' grant type may not request .self scopes.",
        ));
    }
    let configured = |scope: &&str| {
        let rest = scope
            .strip_prefix("okta.")
            .and_then(|rest| rest.rsplit_once('.'));
        rest.is_some_and(|(resource, action)| {
            !resource.is_empty() && matches!(action, "read" | "manage")
        })
    };
    if !requested.iter().all(configured) {
        return Err(bad_request(
            "invalid_scope",
            "One or more scopes are not configured for the authorization server resource.",
        ));
    }
    let granted: Vec<String> = requested
        .into_iter()
        .filter(|scope| client.scopes.iter().any(|it| it == scope))
        .map(str::to_owned)
        .collect();
    if granted.is_empty() {
        return Err(bad_request(
            "consent_required",
            "You are not allowed any of the requested scopes.",
        ));
    }
    Ok(granted)
}

fn bad_request(error: &'static str, description: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, error, description.to_owned())
}

fn invalid_client(description: &str) -> Refusal {
    (
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        description.to_owned(),
    )
}

#[cfg(test)]
mod tests;
