//! Who may ask: a token, as a bearer token or as the password of basic authentication.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::{Instant, sleep};

use super::api;
use super::problem::{Asked, Problem};
use crate::telemetry::Unauthorized;

// Leaf first: a module uses only modules listed above it.
mod recent;

mod guesses;
mod told;

use guesses::{Guesses, MAX_DELAY, Verdict};
use recent::Network;
use told::{Line, Told};

/// Whoever sends this secret may ask `serve`.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// What its holder is called in logs; a token that is a plain text has no name. No two tokens have the same.
    pub name: Option<String>,
    /// The secret: 16 to 4,096 characters that can be sent in a header and cannot be guessed. No two tokens have the same.
    pub secret: SecretString,
    /// What its holder may do.
    pub may: Permission,
}

/// What the holder of a [`Token`] may do; each includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permission {
    /// See the catalog and how the runs went.
    #[default]
    Read,
    /// Also start runs and approve plans.
    Operate,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Operate => "operate",
        })
    }
}

/// The address that a connection comes from, in the extensions of its requests. `X-Forwarded-For` is not read: who asks
/// could write anything there. Without this extension all requests count as those of one network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Who asks, in the extensions of a request that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The name of the token, if it has one.
    pub(crate) name: Option<Arc<str>>,
    /// What the token allows. Where no token is needed, only to read.
    pub(crate) may: Permission,
}

/// What decides who is let in. Clones decide together.
#[derive(Clone)]
pub(super) struct Access(Arc<Shared>);

struct Shared {
    keys: Keys,
    unauthorized: Unauthorized,
    refused: Mutex<Refused>,
}

/// What is remembered of requests that were refused.
#[derive(Debug, Default)]
struct Refused {
    guesses: Guesses,
    missing: Told,
    illegal: Told,
}

impl Access {
    pub(super) fn new(tokens: &[Token], unauthorized: Unauthorized) -> Self {
        Self(Arc::new(Shared {
            keys: Keys::new(tokens),
            unauthorized,
            refused: Mutex::default(),
        }))
    }

    fn refused(&self) -> MutexGuard<'_, Refused> {
        let lock = self.0.refused.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    /// A request without credentials was refused: what browsers do first, and programs that were never given a token.
    fn note_missing(&self, peer: Option<IpAddr>) {
        self.0.unauthorized.missing();
        let line = self
            .refused()
            .missing
            .refused(Network::of(peer), Instant::now());
        match line {
            Some(Line::Named(requests)) => {
                tracing::info!(peer = %Shown(peer), requests, "requests without a token were refused");
            }
            Some(Line::Others(requests)) => {
                tracing::info!(
                    requests,
                    "requests without a token were refused of more addresses than are named"
                );
            }
            None => {}
        }
    }

    /// A wrong token was refused: when that is answered.
    fn note_illegal(&self, peer: Option<IpAddr>) -> Verdict {
        self.0.unauthorized.illegal();
        let network = Network::of(peer);
        let now = Instant::now();
        let (verdict, line) = {
            let mut refused = self.refused();
            let verdict = refused.guesses.wrong(network, now);
            (verdict, refused.illegal.refused(network, now))
        };
        match line {
            Some(Line::Named(requests)) => {
                tracing::warn!(peer = %Shown(peer), requests, "requests with a wrong token were refused");
            }
            Some(Line::Others(requests)) => {
                tracing::warn!(
                    requests,
                    "requests with a wrong token were refused of more addresses than are named"
                );
            }
            None => {}
        }
        verdict
    }
}

/// Lets in who has a token, at once. Everybody else is refused before anything else is looked at: who sends wrong tokens
/// is answered later and later.
pub(super) async fn check(
    State(access): State<Access>,
    mut request: Request,
    next: Next,
) -> Response {
    let refusal = match access.0.keys.judge(request.headers()) {
        Ok(caller) => {
            let name = caller.name.as_deref().unwrap_or_default();
            tracing::trace!(name, may = %caller.may, "let in");
            request.extensions_mut().insert(caller);
            return next.run(request).await;
        }
        Err(refusal) => refusal,
    };
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let verdict = if request.headers().contains_key(header::AUTHORIZATION) {
        access.note_illegal(peer)
    } else {
        access.note_missing(peer);
        Verdict::AtOnce
    };
    if let Verdict::After(delay) = verdict {
        let _waits = Waits(&access, Network::of(peer));
        sleep(delay).await;
    }
    answer(&request, refusal, verdict)
}

/// An answer that is held back, also when who asked for it has gone meanwhile.
struct Waits<'a>(&'a Access, Network);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.refused().guesses.answered(self.1);
    }
}

fn answer(request: &Request, refusal: Refusal, verdict: Verdict) -> Response {
    let of_api = api::owns(request.uri().path());
    let asked = Asked::of(request.method(), request.uri());
    let mut response = match verdict {
        Verdict::TooMany if of_api => Problem::too_many(TOO_MANY).answer(&asked),
        Verdict::TooMany => (StatusCode::TOO_MANY_REQUESTS, TOO_MANY).into_response(),
        _ if of_api => Problem::authentication(refusal.message()).answer(&asked),
        _ => {
            let ask = [(header::WWW_AUTHENTICATE, r#"Basic realm="portal-sync""#)];
            (StatusCode::UNAUTHORIZED, ask, refusal.message()).into_response()
        }
    };
    let headers = response.headers_mut();
    if verdict == Verdict::TooMany {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(MAX_DELAY.as_secs()));
    }
    if verdict != Verdict::AtOnce {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

const TOO_MANY: &str = "Too many illegal tokens";

/// An address in the log.
struct Shown(Option<IpAddr>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.to_canonical().fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

/// The digests of the tokens, and whose they are. Comparing digests takes one time for all guesses, of whatever length.
struct Keys(Vec<([u8; 32], Caller)>);

impl Keys {
    fn new(tokens: &[Token]) -> Self {
        let key = |token: &Token| {
            let caller = Caller {
                name: token.name.as_deref().map(Arc::from),
                may: token.may,
            };
            (digest(token.secret.expose_secret().as_bytes()), caller)
        };
        Self(tokens.iter().map(key).collect())
    }

    fn judge(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        if self.0.is_empty() {
            return Ok(Caller {
                name: None,
                may: Permission::Read,
            });
        }
        match Credentials::read(headers) {
            Credentials::Bearer(token) => self.owner(&token).ok_or(Refusal::Illegal),
            Credentials::Password(token) => self.owner(&token).ok_or(Refusal::Missing),
            Credentials::Several => Err(Refusal::Several),
            Credentials::None => Err(Refusal::Missing),
        }
    }

    /// Whose token it is. Looks at every key, also after the right one.
    fn owner(&self, token: &[u8]) -> Option<Caller> {
        let given = digest(token);
        let owner = self.0.iter().fold(None, |owner, (key, caller)| {
            if key.ct_eq(&given).into() {
                Some(caller)
            } else {
                owner
            }
        });
        owner.filter(|_| !token.is_empty()).cloned()
    }
}

enum Credentials {
    Bearer(Vec<u8>),
    Password(Vec<u8>),
    /// More than one header of them, of which others may read another one than we do.
    Several,
    None,
}

impl Credentials {
    fn read(headers: &HeaderMap) -> Self {
        let mut all = headers.get_all(header::AUTHORIZATION).iter();
        let header = all.next().and_then(|value| value.to_str().ok());
        if all.next().is_some() {
            return Self::Several;
        }
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
#[derive(Clone, Copy)]
enum Refusal {
    Missing,
    Illegal,
    Several,
}

impl Refusal {
    const fn message(&self) -> &'static str {
        match self {
            Self::Missing => "Missing credentials",
            Self::Illegal => "Illegal token",
            Self::Several => "More than one Authorization header",
        }
    }
}

fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}
