//! Who may call the API: tokens, then scopes, then the admin role.

use std::collections::HashMap;

use http::{StatusCode, header};
use jiff::Timestamp;

use super::call::Call;
use super::dpop;
use super::endpoint::Endpoint;
use super::org::Org;
use super::reply::{ApiError, Reply};

/// The access tokens that were granted, and the proofs that were shown with them.
#[derive(Default)]
pub(crate) struct Tokens {
    granted: HashMap<String, Grant>,
    proofs: dpop::Seen,
}

/// What a token is good for.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires: Timestamp,
    /// The thumbprint of the key that has to prove each request.
    pub(crate) bound: Option<String>,
}

/// A caller who may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) admin_role: bool,
}

/// A caller who may not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// The body; 403 without one when absent.
    error: Option<ApiError>,
    /// The `www-authenticate` header.
    challenge: Option<String>,
}

impl Refusal {
    /// The answer; `id` is that of the error.
    pub(crate) fn reply(self, id: &str) -> Reply {
        let reply = match self.error {
            Some(error) => error.reply(id),
            None => Reply::empty(StatusCode::FORBIDDEN),
        };
        match self.challenge {
            Some(challenge) => reply.with("www-authenticate", challenge),
            None => reply,
        }
    }

    fn invalid_token(challenge: &str) -> Self {
        let error = ApiError::new(401, "E0000011", "Invalid token provided");
        Self {
            error: Some(error),
            challenge: Some(challenge.to_owned()),
        }
    }

    /// What users have seen of proofs that fail: an invalid session, and the reason in the header.
    fn bad_proof(error: &str, description: &str) -> Self {
        let challenge = format!(
            "DPoP algs=\"RS256 RS384 RS512 ES256 ES384\", error=\"{error}\", error_description=\"{description}\""
        );
        Self {
            challenge: Some(challenge),
            ..Self::invalid_session()
        }
    }

    fn invalid_session() -> Self {
        Self {
            error: Some(ApiError::new(403, "E0000005", "Invalid session")),
            challenge: None,
        }
    }

    /// No body; what was missing is in the header, as users of Okta's Go SDK have quoted it.
    fn insufficient_scope(call: &Call, resource: &str) -> Self {
        let (base, path) = (call.base(), &call.path);
        let challenge = format!(
            "Bearer authorization_uri=\"{base}/oauth2/v1/authorize\", realm=\"{base}\", \
             scope=\"{resource}.read\", error=\"insufficient_scope\", \
             error_description=\"The access token provided does not contain the required scopes.\", \
             resource=\"{path}\""
        );
        Self {
            error: None,
            challenge: Some(challenge),
        }
    }
}

impl Tokens {
    pub(crate) fn grant(&mut self, token: String, grant: Grant) {
        self.granted.insert(token, grant);
    }

    /// Makes every token invalid.
    pub(crate) fn revoke(&mut self) {
        self.granted.clear();
    }

    /// Ends the life of every token.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        for grant in self.granted.values_mut() {
            grant.expires = grant.expires.min(now);
        }
    }

    /// Who a request is charged to: its token's app, or its API token by number; nobody when neither is known.
    pub(crate) fn caller(&self, org: &Org, call: &Call) -> String {
        let authorization = call.header(header::AUTHORIZATION.as_str());
        match authorization.and_then(|value| value.split_once(' ')) {
            Some(("SSWS", secret)) => {
                let number = org.api_tokens.iter().position(|it| it.token == secret);
                number.map_or_else(String::new, |number| format!("api-token-{number}"))
            }
            Some((_, secret)) => {
                let grant = self.granted.get(secret);
                grant.map_or_else(String::new, |grant| grant.client_id.clone())
            }
            None => String::new(),
        }
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.granted.values()).finish()
    }
}

/// Checks the `Authorization` header for `endpoint`.
pub(crate) fn check(
    org: &Org,
    tokens: &mut Tokens,
    call: &Call,
    endpoint: Endpoint,
    now: Timestamp,
) -> Result<Access, Refusal> {
    let authorization = call
        .header(header::AUTHORIZATION.as_str())
        .unwrap_or_default();
    match authorization.split_once(' ') {
        Some(("SSWS", secret)) => {
            let token = org.api_tokens.iter().find(|token| token.token == secret);
            token
                .map(|token| Access {
                    admin_role: token.admin_role,
                })
                .ok_or_else(|| Refusal::invalid_token("SSWS"))
        }
        Some((scheme @ ("Bearer" | "DPoP"), secret)) => {
            prove(tokens, scheme == "DPoP", secret, call, now)?;
            bearer(org, tokens, secret, call, endpoint, now)
        }
        _ => Err(Refusal::invalid_session()),
    }
}

/// A token that is bound to a key needs the scheme and a proof of that key, and only such a token takes them.
fn prove(
    tokens: &mut Tokens,
    proving: bool,
    secret: &str,
    call: &Call,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(grant) = tokens.granted.get(secret) else {
        return Ok(());
    };
    match &grant.bound {
        None if proving => Err(Refusal::bad_proof(
            "invalid_token",
            "The presented access_token is not DPoP bound.",
        )),
        None => Ok(()),
        Some(_) if !proving => Err(Refusal::bad_proof(
            "invalid_request",
            "The resource request must use the DPoP authentication scheme when using a DPoP bound token.",
        )),
        Some(thumbprint) => {
            let proof = dpop::verified(&mut tokens.proofs, call, Some(secret), now)
                .map_err(|description| Refusal::bad_proof("invalid_dpop_proof", description))?;
            if proof.thumbprint == *thumbprint {
                return Ok(());
            }
            let description = "The access_token is not bound to the provided DPoP proof.";
            Err(Refusal::bad_proof("invalid_dpop_proof", description))
        }
    }
}

fn bearer(
    org: &Org,
    tokens: &Tokens,
    secret: &str,
    call: &Call,
    endpoint: Endpoint,
    now: Timestamp,
) -> Result<Access, Refusal> {
    let invalid = || {
        Refusal::invalid_token(
            "Bearer error=\"invalid_token\", error_description=\"The access token is invalid.\"",
        )
    };
    let Some(grant) = tokens.granted.get(secret) else {
        return Err(invalid());
    };
    let Some(client) = org
        .clients
        .iter()
        .find(|client| client.client_id == grant.client_id && client.active)
    else {
        return Err(invalid());
    };
    if grant.expires <= now {
        return Err(Refusal::invalid_token(
            "Bearer error=\"invalid_token\", error_description=\"The token has expired.\"",
        ));
    }
    if let Some(resource) = endpoint.scope() {
        let allowed = |scope: &String| {
            scope
                .strip_prefix(resource)
                .is_some_and(|it| it == ".read" || it == ".manage")
        };
        if !grant.scopes.iter().any(allowed) {
            return Err(Refusal::insufficient_scope(call, resource));
        }
    }
    Ok(Access {
        admin_role: client.admin_role,
    })
}
