//! Who may call the API: tokens, then scopes, then the admin role.

use std::collections::HashMap;

use http::{StatusCode, header};
use jiff::Timestamp;

use super::call::Call;
use super::endpoint::Endpoint;
use super::org::Org;
use super::reply::{ApiError, Reply};

/// The access tokens that were granted.
#[derive(Default)]
pub(crate) struct Tokens(HashMap<String, Grant>);

/// What a token is good for.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires: Timestamp,
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
        self.0.insert(token, grant);
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.values()).finish()
    }
}

/// Checks the `Authorization` header for `endpoint`.
pub(crate) fn check(
    org: &Org,
    tokens: &Tokens,
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
        Some(("Bearer", secret)) => bearer(org, tokens, secret, call, endpoint, now),
        _ => Err(Refusal::invalid_session()),
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
    let Some(grant) = tokens.0.get(secret) else {
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
