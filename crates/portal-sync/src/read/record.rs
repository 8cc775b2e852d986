//! Recording: what an org is asked and what it answers, kept so that the run can be made again without it ([`super::replay`]).
//!
//! Kept are the exchanges themselves, below pacing, retries and paging: what these make of trouble is made again by the replay.
//! Of a request it is method, path and query; of an answer the headers that the client reads, and of its body what something is
//! made of. The token endpoint's exchanges are not kept, nor is a credential of any other.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderName, Method, Request, Response, StatusCode};
use okta_auth::{BoxFuture, Transport, TransportError};
use tokio::time::Instant;

use self::redact::{Of, redacted};
use crate::read::apart::apart;
use crate::read::exchange::{Came, Exchange, target};
use crate::read::selection::Kept;

mod json;

mod redact;

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// A larger body is redacted beside the threads that wait.
const LARGE: usize = 512 * 1024;

/// What spreads the tries of a client over time.
pub(crate) type Jitter = fn() -> f64;

/// That of a run that is recorded and of its replay: only so are both as patient.
pub(crate) const JITTER: Jitter = || 0.5;

/// What is recorded of one run.
#[derive(Debug, Clone)]
pub(crate) struct Record(Arc<Shared>);

struct Shared {
    began: Instant,
    kept: Mutex<Arc<Kept>>,
    sink: Mutex<Sink>,
}

/// Where it is written.
struct Sink {
    to: Box<dyn Write + Send>,
    exchanges: u64,
    failed: Option<io::Error>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").finish_non_exhaustive()
    }
}

impl Record {
    /// One that writes the exchanges to `to`, a line each, and of users and groups what is `kept`.
    pub(crate) fn new(to: impl Write + Send + 'static, kept: Kept) -> Self {
        Self(Arc::new(Shared {
            began: Instant::now(),
            kept: Mutex::new(Arc::new(kept)),
            sink: Mutex::new(Sink {
                to: Box::new(to),
                exchanges: 0,
                failed: None,
            }),
        }))
    }

    /// Keeps these attributes of users and groups, too, from now on.
    pub(crate) fn keep(&self, more: Kept) {
        let mut kept = lock(&self.0.kept);
        let kept = Arc::make_mut(&mut kept);
        kept.users.extend(more.users);
        kept.groups.extend(more.groups);
    }

    /// How many exchanges were kept.
    ///
    /// # Errors
    /// When not all of them could be written: what follows the first of those is not there either.
    pub(crate) fn finish(&self) -> io::Result<u64> {
        let mut sink = lock(&self.0.sink);
        match sink.failed.take() {
            Some(error) => Err(error),
            None => sink.to.flush().map(|()| sink.exchanges),
        }
    }

    /// Writes what came of a request that was sent at this instant.
    fn write(&self, sent: &Sent, came: Came) {
        let at = sent.at.duration_since(self.0.began);
        let took = sent.took.unwrap_or_else(|| sent.at.elapsed());
        let exchange = Exchange::new(sent.request.clone(), at, took, came);
        let mut sink = lock(&self.0.sink);
        if sink.failed.is_some() {
            return;
        }
        let written = serde_json::to_string(&exchange).map_err(io::Error::from);
        let written = written.and_then(|line| {
            // Whoever answers may send back what was sent.
            let line = sent.secrets.iter().fold(line, |line, secret| {
                line.replace(secret.as_str(), "(secret)")
            });
            writeln!(sink.to, "{line}")
        });
        match written {
            Ok(()) => sink.exchanges += 1,
            Err(error) => sink.failed = Some(error),
        }
    }
}

/// A transport that keeps what goes through it.
#[derive(Debug)]
pub(crate) struct Recording {
    through: Arc<dyn Transport>,
    record: Record,
}

impl Recording {
    /// Sends through this one.
    pub(crate) fn new(through: Arc<dyn Transport>, record: Record) -> Self {
        Self { through, record }
    }
}

impl Transport for Recording {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        // What is asked of the org is read; tokens are asked for with assertions.
        if request.method() != Method::GET {
            return self.through.send(request);
        }
        let mut sent = Sent {
            record: self.record.clone(),
            at: Instant::now(),
            took: None,
            request: target(&request),
            secrets: secrets(&request),
            is_told: false,
        };
        let of = Of::at(request.uri().path());
        Box::pin(async move {
            let outcome = self.through.send(request).await;
            sent.took = Some(sent.at.elapsed());
            match &outcome {
                Ok(response) if is_about_proof(response) => sent.keep_nothing(),
                Ok(response) => {
                    let kept = Arc::clone(&lock(&self.record.0.kept));
                    let body = body(response, of, kept).await;
                    let headers = response.headers().clone();
                    sent.tell(Came::Answer(response.status(), headers, body));
                }
                Err(error) => sent.tell(Came::Failed(error.clone())),
            }
            outcome
        })
    }
}

/// A request under way. One that is dropped was waited for by nobody any more.
struct Sent {
    record: Record,
    at: Instant,
    took: Option<Duration>,
    request: String,
    secrets: Vec<String>,
    is_told: bool,
}

impl Sent {
    fn tell(&mut self, came: Came) {
        self.is_told = true;
        self.record.write(self, came);
    }

    fn keep_nothing(&mut self) {
        self.is_told = true;
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(Came::Unanswered);
        }
    }
}

/// An answer that asks for another proof of possession is a part of how the request is authorised. In a replay nothing is.
fn is_about_proof(response: &Response<Bytes>) -> bool {
    let status = response.status();
    matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED)
        && response.headers().contains_key(DPOP_NONCE)
}

/// What authorises a request.
fn secrets(request: &Request<Bytes>) -> Vec<String> {
    let headers = [AUTHORIZATION, DPOP].into_iter();
    let values = headers.filter_map(|name| request.headers().get(name)?.to_str().ok());
    let secrets = values.map(|value| value.rsplit(' ').next().unwrap_or(value));
    let secrets = secrets.filter(|secret| !secret.is_empty());
    secrets.map(str::to_owned).collect()
}

/// What is kept of the body of an answer.
async fn body(response: &Response<Bytes>, of: Of, kept: Arc<Kept>) -> String {
    let body = response.body().clone();
    let of = if response.status().is_success() {
        of
    } else {
        Of::Errors
    };
    if body.len() > LARGE {
        apart(move || redacted(&body, of, &kept)).await
    } else {
        redacted(&body, of, &kept)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
