//! The one loop: admit, authorize, send, read, and judge what went wrong.

mod progress;
mod sending;

mod reading;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderValue;
use http::{Response, StatusCode};
use okta_auth::{AuthError, OrgUrl, Token, TokenSource, Transport, TransportErrorKind};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;
use url::Url;

use self::progress::Progress;
pub(crate) use self::reading::Read;
use self::reading::apart;
use self::sending::Sending;
use crate::answer::Answer;
use crate::endpoint::Endpoint;
use crate::error::{Awaited, Cause, Error, Late, ProtocolError};
use crate::id::InvalidId;
use crate::metrics::Meter;
use crate::observer::WaitReason;
use crate::pacer::Pacer;
use crate::page;
use crate::rate_limit::Timing;
use crate::retry::{self, Attempt, Outcome, Verdict};

/// Sends requests of one client.
pub(crate) struct Dispatcher {
    pub(crate) org: OrgUrl,
    pub(crate) tokens: Box<dyn TokenSource>,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) pacer: Pacer,
    pub(crate) meter: Arc<Meter>,
    pub(crate) retry_for: Duration,
    pub(crate) user_agent: HeaderValue,
    pub(crate) jitter: fn() -> f64,
    /// Set when the org turned out to have no skinny members.
    pub(crate) no_skinny_members: AtomicBool,
    /// Set by the first answer, of the API or of the token endpoint.
    pub(crate) reached: AtomicBool,
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) endpoint: Endpoint,
    pub(crate) url: Url,
    /// For people: `listing users: page 3`.
    pub(crate) doing: String,
    /// When the list was begun that this is of.
    pub(crate) since: Option<Instant>,
    /// When there has to be an answer.
    pub(crate) deadline: Option<Instant>,
    /// How long it is tried, instead of the client's time.
    pub(crate) retry_for: Option<Duration>,
}

impl Dispatcher {
    /// The URL of a path below `/api/v1`, of segments that may hold any character.
    pub(crate) fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.org.endpoint("/api/v1");
        // An `https` URL always has segments.
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        url
    }

    /// Reads one object.
    ///
    /// # Errors
    ///
    /// As for [`fetch`](Self::fetch).
    pub(crate) async fn read<T: DeserializeOwned + Send + 'static>(
        self: &Arc<Self>,
        endpoint: Endpoint,
        url: Url,
        doing: String,
        id: Result<(), InvalidId>,
    ) -> Result<T, Error> {
        if let Err(invalid) = id {
            return Err(Error::new(doing, endpoint, Cause::Id(invalid)));
        }
        let ask = Ask {
            endpoint,
            url,
            doing,
            since: None,
            deadline: None,
            retry_for: None,
        };
        self.fetch(&ask, page::read_object).await
    }

    /// Whether skinny members may be asked for.
    pub(crate) fn skinny_members(&self) -> bool {
        !self.no_skinny_members.load(Ordering::Relaxed)
    }

    /// Takes from an error whether there are any: a group that is gone says nothing about the others.
    pub(crate) fn forget_skinny_members(&self, error: &Error) {
        let gone = error.api().is_some_and(|api| api.code == "E0000007");
        if !gone {
            tracing::info!("the org has no `skinny_users`: members are listed as users");
            self.no_skinny_members.store(true, Ordering::Relaxed);
        }
    }

    /// Asks until there is an answer that `read` accepts, or until asking again is pointless.
    ///
    /// # Errors
    ///
    /// What the last try failed of.
    pub(crate) async fn fetch<T: Send + 'static>(
        self: &Arc<Self>,
        ask: &Ask,
        read: impl Read<T>,
    ) -> Result<T, Error> {
        let span = tracing::debug_span!(
            "okta request",
            endpoint = ask.endpoint.template(),
            status = tracing::field::Empty,
            bytes = tracing::field::Empty,
            retries = tracing::field::Empty,
        );
        self.try_until_read(ask, read).instrument(span).await
    }

    async fn try_until_read<T: Send + 'static>(
        self: &Arc<Self>,
        ask: &Ask,
        read: impl Read<T>,
    ) -> Result<T, Error> {
        let mut progress = Progress::new(ask);
        let mut last = None;
        let error = |cause| Error::new(ask.doing.clone(), ask.endpoint, cause).asking(&ask.url);
        loop {
            let cause = match self.attempt(ask, &mut progress, &read).await {
                Ok(value) => return Ok(value),
                Err(Cause::Late(late)) => {
                    let (awaited, after) = (late.awaited, progress.under_way());
                    return Err(error(late_of(awaited, after, last)));
                }
                Err(cause) => cause,
            };
            // The token endpoint has a rate limit of its own.
            let is_api = !matches!(cause, Cause::Auth(_));
            let verdict = self.judge(&progress, &cause);
            if let Some(awaited) = progress.too_late(verdict) {
                return Err(error(late_of(awaited, progress.under_way(), Some(cause))));
            }
            if is_too_much(&cause) {
                progress.ask_for_less();
            }
            let error = error(cause);
            if verdict == Verdict::GiveUp {
                return Err(error);
            }
            let (endpoint, failure) = (ask.endpoint, error.what_went_wrong());
            let request_id = error.request_id();
            tracing::warn!(%endpoint, %failure, request_id, ?verdict, "trying again");
            last = Some(error.into_cause());
            self.prepare_retry(ask.endpoint, &mut progress, verdict, is_api, &failure)
                .await;
        }
    }

    /// One try, or two when the token turned out to be stale.
    async fn attempt<T: Send + 'static>(
        self: &Arc<Self>,
        ask: &Ask,
        progress: &mut Progress,
        read: &impl Read<T>,
    ) -> Result<T, Cause> {
        loop {
            let (token, response) = self.send(ask, progress).await?;
            let may_want_nonce = matches!(
                response.status(),
                StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED
            );
            if may_want_nonce
                && !progress.nonce_taken
                && token.update_dpop_nonce(response.headers())
            {
                progress.nonce_taken = true;
                progress.retries += 1;
                continue;
            }
            let read = match accept(&response) {
                Ok(()) => apart(response, progress.deadline, read).await,
                Err(refused) => Err(refused),
            };
            match read {
                Err(Cause::Answer(answer)) if answer.is_token_refused() && !progress.renewed => {
                    self.tokens.reject(&token);
                    progress.renewed = true;
                    progress.retries += 1;
                }
                result => return result,
            }
        }
    }

    /// Sends the request once, when the pacer lets it.
    async fn send(
        self: &Arc<Self>,
        ask: &Ask,
        progress: &mut Progress,
    ) -> Result<(Token, Response<Bytes>), Cause> {
        let sending = Sending {
            dispatcher: Arc::clone(self),
            endpoint: ask.endpoint,
            url: progress.url.clone(),
            retries: progress.retries,
            left: progress.retry_for(self).saturating_sub(progress.spent()),
            deadline: progress.deadline,
        };
        let (paced, outcome) = sending.spawn().await;
        progress.paced += paced;
        if is_answer(&outcome) {
            self.reached.store(true, Ordering::Relaxed);
        }
        outcome
    }

    fn judge(&self, progress: &Progress, cause: &Cause) -> Verdict {
        let attempt = Attempt {
            retries: progress.retries,
            throttled: progress.throttled,
            spent: progress.spent(),
            elapsed: progress.begun.elapsed(),
            reached: self.reached.load(Ordering::Relaxed),
        };
        outcome(cause).map_or(Verdict::GiveUp, |outcome| {
            retry::verdict(progress.retry_for(self), attempt, outcome, (self.jitter)())
        })
    }

    /// Waits as the verdict has it.
    async fn prepare_retry(
        &self,
        endpoint: Endpoint,
        progress: &mut Progress,
        verdict: Verdict,
        is_api: bool,
        failure: &str,
    ) {
        progress.retries += 1;
        match verdict {
            // The pacer waits, and meters the wait once for all requests that wait with this one.
            Verdict::RetryInNextWindow(wait) if is_api => {
                progress.throttled += 1;
                self.pacer.close(endpoint, wait);
            }
            Verdict::RetryInNextWindow(wait) => {
                progress.throttled += 1;
                let waiting = self
                    .meter
                    .wait(endpoint, WaitReason::RateLimit, wait, Some(failure));
                sleep(wait).await;
                drop(waiting);
                progress.paced += wait;
            }
            Verdict::Retry(wait) | Verdict::RetryWithFewer(wait) => {
                let waiting = self
                    .meter
                    .wait(endpoint, WaitReason::Retry, wait, Some(failure));
                sleep(wait).await;
                drop(waiting);
            }
            Verdict::GiveUp => {}
        }
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher")
            .field("org", &self.org)
            .field("tokens", &self.tokens)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

fn late_of(awaited: Awaited, after: Duration, last: Option<Cause>) -> Cause {
    Cause::Late(Box::new(Late {
        awaited,
        after,
        last,
    }))
}

/// Only a 200 is read. Every redirect is refused: the token is not taken along to other places.
fn accept(response: &Response<Bytes>) -> Result<(), Cause> {
    match response.status() {
        StatusCode::OK => Ok(()),
        status if status.is_client_error() || status.is_server_error() => {
            Err(Cause::Answer(Box::new(Answer::new(response))))
        }
        status => Err(Cause::Protocol(ProtocolError::Status(status))),
    }
}

/// Whether Okta did not manage to make the answer.
fn is_too_much(cause: &Cause) -> bool {
    matches!(cause, Cause::Answer(answer) if matches!(
        answer.status,
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::GATEWAY_TIMEOUT
    ))
}

/// Whether somebody answered, whatever it was.
fn is_answer<T>(outcome: &Result<T, Cause>) -> bool {
    !matches!(
        outcome,
        Err(Cause::Transport(_)
            | Cause::Auth(AuthError::Transport(_))
            | Cause::Late(_)
            | Cause::NoRuntime(_))
    )
}

/// What a failure means for another try; `None` when there is nothing to hope for.
fn outcome(cause: &Cause) -> Option<Outcome> {
    match cause {
        Cause::Answer(answer) => Some(Outcome::Answered(answer.status, answer.timing)),
        Cause::Auth(AuthError::Unavailable(answer)) => {
            let timing = Timing::from_headers(answer.headers());
            // Whatever status the token endpoint says "not now" by.
            let status = match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            Some(Outcome::Answered(status, timing))
        }
        Cause::Transport(error) | Cause::Auth(AuthError::Transport(error)) => {
            Some(Outcome::Failed(error.kind()))
        }
        Cause::Truncated(_) => Some(Outcome::Failed(TransportErrorKind::Interrupted)),
        Cause::Auth(_)
        | Cause::Protocol(_)
        | Cause::Late(_)
        | Cause::TooMany { .. }
        | Cause::CutShort { .. }
        | Cause::Cursor(_)
        | Cause::Path(_)
        | Cause::Malformed(_)
        | Cause::NoRuntime(_)
        | Cause::Id(_) => None,
    }
}
