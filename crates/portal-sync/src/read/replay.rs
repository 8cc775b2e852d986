//! Replay: an org that answers as it answered when a run was recorded ([`super::record`]).
//!
//! Answers are found by what was asked, not by the order in which they came: members of many groups are read at the same time.
//! A request that came again has its answers in their order, and the last of them for ever: where a client gave up it gives up
//! again. An answer comes when it came, counted from the beginning, so that whatever depends on time (a deadline, the end of a
//! rate window, a failure that ended the run while something else was asked) is as it was. A replay runs in paused time, in
//! which no wait costs anything.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use okta_auth::{BoxFuture, Transport, TransportError, TransportErrorKind};
use serde_json::json;
use tokio::time::{Instant, sleep_until};
use url::form_urlencoded;

use crate::read::exchange::{Exchange, is_for_token, target};

/// How long a token lasts that is not one, in seconds: longer than any run.
const TOKEN_LASTS: u64 = 10 * 365 * 24 * 60 * 60;

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// The file cannot be read.
    #[error("the exchanges cannot be read")]
    File(#[source] io::Error),
    /// A line is not an exchange.
    #[error("line {line} is no exchange")]
    Line {
        /// Its number, counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// A transport that answers what was recorded.
#[derive(Debug, Clone)]
pub(crate) struct Replay(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    began: Instant,
    answers: Mutex<HashMap<String, Answers>>,
    missing: Mutex<Vec<String>>,
}

/// What came of one request, each time.
#[derive(Debug, Default)]
struct Answers {
    all: Vec<Arc<Exchange>>,
    next: usize,
}

impl Replay {
    /// Reads exchanges, a line each. A recording that `may_end_early` may have half a line at its end.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn read(lines: impl BufRead, may_end_early: bool) -> Result<Self, Unreadable> {
        let mut answers: HashMap<String, Answers> = HashMap::new();
        let mut broken = None;
        for (at, line) in lines.lines().enumerate() {
            if let Some(broken) = broken.take() {
                return Err(broken);
            }
            let line = line.map_err(Unreadable::File)?;
            match serde_json::from_str::<Exchange>(&line) {
                Ok(exchange) => {
                    let of = answers.entry(exchange.request.clone()).or_default();
                    of.all.push(Arc::new(exchange));
                }
                Err(source) => {
                    let line = at + 1;
                    broken = Some(Unreadable::Line { line, source });
                }
            }
        }
        match broken {
            Some(broken) if !may_end_early => Err(broken),
            _ => Ok(Self(Arc::new(Shared {
                began: Instant::now(),
                answers: Mutex::new(answers),
                missing: Mutex::default(),
            }))),
        }
    }

    /// The requests to which the recording has no answer.
    pub(crate) fn missing(&self) -> Vec<String> {
        lock(&self.0.missing).clone()
    }

    /// What comes of a request.
    fn next(&self, request: String) -> Result<Arc<Exchange>, TransportError> {
        if let Some(answers) = lock(&self.0.answers).get_mut(&request) {
            let at = answers.next.min(answers.all.len().saturating_sub(1));
            answers.next = at + 1;
            if let Some(exchange) = answers.all.get(at) {
                return Ok(Arc::clone(exchange));
            }
        }
        let because = format!("the recording has no answer to `{request}`");
        lock(&self.0.missing).push(request);
        Err(TransportError::new(TransportErrorKind::Request, because))
    }
}

impl Transport for Replay {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            if is_for_token(&request) {
                let answers = lock(&self.0.answers);
                let reads_log = answers
                    .keys()
                    .any(|request| request.contains("/api/v1/logs"));
                return Ok(token(&request, reads_log));
            }
            let exchange = self.next(target(&request))?;
            let Some(outcome) = exchange.outcome() else {
                return std::future::pending().await;
            };
            sleep_until(self.0.began + exchange.came_after()).await;
            outcome
        })
    }
}

/// What looks like a token with every scope that is asked for, but for that of the System Log where nobody read it: then it was
/// not granted.
fn token(request: &Request<Bytes>, reads_log: bool) -> Response<Bytes> {
    let asked = form_urlencoded::parse(request.body()).find(|(name, _)| name == "scope");
    let granted = asked.map(|(_, scopes)| {
        let scopes = scopes.split(' ');
        let granted = scopes.filter(|scope| reads_log || *scope != "okta.logs.read");
        granted.collect::<Vec<_>>().join(" ")
    });
    let token = json!({
        "token_type": "Bearer",
        "expires_in": TOKEN_LASTS,
        "access_token": "of-a-replay",
        "scope": granted.unwrap_or_default(),
    });
    Response::new(Bytes::from(token.to_string()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
