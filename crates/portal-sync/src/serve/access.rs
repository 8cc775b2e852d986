//! Who may read: a token, as a bearer token or as the password of basic authentication.

use std::hint::black_box;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest, Sha256};

use super::api;
use super::problem::{Asked, Problem};

/// Who asks: the other end of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) std::net::IpAddr);

/// The digests of the tokens. Comparing digests takes one time for all guesses, of whatever length.
#[derive(Clone)]
pub(super) struct Keys(Arc<[[u8; 32]]>);

impl Keys {
    pub(super) fn new(tokens: &[SecretString]) -> Self {
        Self(
            tokens
                .iter()
                .map(|token| digest(token.expose_secret().as_bytes()))
                .collect(),
        )
    }

    fn judge(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        match Credentials::read(headers) {
            Credentials::Bearer(token) if self.knows(&token) => Ok(()),
            Credentials::Password(token) if self.knows(&token) => Ok(()),
            Credentials::Bearer(_) => Err(Refusal::Illegal),
            Credentials::Password(_) | Credentials::None => Err(Refusal::Missing),
        }
    }

    /// Looks at every key, also after the right one.
    fn knows(&self, token: &[u8]) -> bool {
        let given = digest(token);
        let known = self
            .0
            .iter()
            .fold(false, |known, key| known | black_box(same(key, &given)));
        known && !token.is_empty()
    }
}

/// Refuses who has no token, before anything else is looked at.
pub(super) async fn check(State(keys): State<Keys>, request: Request, next: Next) -> Response {
    match keys.judge(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) if api::owns(request.uri().path()) => {
            Problem::authentication(refusal.message())
                .answer(&Asked::of(request.method(), request.uri()))
        }
        Err(refusal) => {
            let ask = [(header::WWW_AUTHENTICATE, r#"Basic realm="portal-sync""#)];
            (StatusCode::UNAUTHORIZED, ask, refusal.message()).into_response()
        }
    }
}

enum Credentials {
    Bearer(Vec<u8>),
    Password(Vec<u8>),
    None,
}

impl Credentials {
    fn read(headers: &HeaderMap) -> Self {
        let header = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let Some((scheme, rest)) = header.and_then(|header| header.split_once(' ')) else {
            return Self::None;
        };
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Self::Bearer(rest.as_bytes().to_vec());
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return Self::None;
        }
        let pair = STANDARD.decode(rest).unwrap_or_default();
        match pair.iter().position(|byte| *byte == b':') {
            Some(colon) => Self::Password(pair.into_iter().skip(colon + 1).collect()),
            None => Self::None,
        }
    }
}

/// Backstage's words: credentials of another kind than a bearer token count as none.
enum Refusal {
    Missing,
    Illegal,
}

impl Refusal {
    const fn message(&self) -> &'static str {
        match self {
            Self::Missing => "Missing credentials",
            Self::Illegal => "Illegal token",
        }
    }
}

fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter()
        .zip(other)
        .fold(0, |differs, (a, b)| differs | black_box(a ^ b))
        == 0
}
