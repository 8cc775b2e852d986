//! The one loop: admit, authorize, send, read, and judge what went wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Request, Response, StatusCode};
use okta_auth::{AuthError, OrgUrl, Token, TokenSource, Transport, TransportErrorKind};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::answer::Answer;
use crate::endpoint::Endpoint;
use crate::error::{Cause, Error, ProtocolError};
use crate::metrics::Meter;
use crate::pacer::Pacer;
use crate::rate_limit::{RateLimit, Timing};
use crate::retry::{self, Attempt, Outcome, Verdict};

/// Makes Okta leave out what this crate does not read. It answers faster only when all three are
/// given (Okta API reference, list all users).
const LEAVE_OUT: &str = concat!(
    "application/json; okta-response=",
    r#""omitCredentials,omitCredentialsLinks,omitTransitioningToStatus""#
);

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
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) endpoint: Endpoint,
    pub(crate) url: Url,
    /// For people: `listing users: page 3`.
    pub(crate) doing: String,
}

/// A page is not asked for in smaller parts than this.
const SMALLEST_PAGE: u32 = 25;

/// How far a request has come.
#[derive(Debug)]
struct Progress {
    /// What is asked now: the URL, perhaps with a smaller page.
    url: Url,
    begun: Instant,
    /// Of the time since, what was spent waiting for rate windows.
    paced: Duration,
    retries: u32,
    throttled: u32,
    /// The token was refused and replaced once already.
    renewed: bool,
    /// The proof that goes with the token was given the nonce that was asked for once already.
    nonce_taken: bool,
}

impl Dispatcher {
    /// Asks until there is an answer that `read` accepts, or until asking again is pointless.
    ///
    /// # Errors
    ///
    /// What the last try failed of.
    pub(crate) async fn fetch<T>(
        &self,
        ask: &Ask,
        read: impl Fn(&Response<Bytes>) -> Result<T, Cause>,
    ) -> Result<T, Error> {
        let mut progress = Progress::new(ask.url.clone());
        loop {
            let cause = match self.attempt(ask, &mut progress, &read).await {
                Ok(value) => {
                    if progress.retries > 0 {
                        self.meter.failed(None);
                    }
                    return Ok(value);
                }
                Err(cause) => cause,
            };
            let verdict = self.judge(&progress, &cause);
            if let Cause::Answer(answer) = &cause
                && matches!(
                    answer.status,
                    StatusCode::INTERNAL_SERVER_ERROR | StatusCode::GATEWAY_TIMEOUT
                )
            {
                progress.ask_for_less();
            }
            let error = Error::new(ask.doing.clone(), ask.endpoint, cause);
            if verdict == Verdict::GiveUp {
                return Err(error);
            }
            let failure = error.with_causes();
            tracing::warn!(%failure, ?verdict, "trying again");
            self.meter.failed(Some(failure));
            self.prepare_retry(ask.endpoint, &mut progress, verdict)
                .await;
        }
    }

    /// One try, or two when the token turned out to be stale.
    async fn attempt<T>(
        &self,
        ask: &Ask,
        progress: &mut Progress,
        read: impl Fn(&Response<Bytes>) -> Result<T, Cause>,
    ) -> Result<T, Cause> {
        loop {
            let (token, response) = self.send(ask, progress).await?;
            let refused = response.status().is_client_error();
            if refused && !progress.nonce_taken && token.learn(response.headers()) {
                progress.nonce_taken = true;
                progress.retries += 1;
                continue;
            }
            match accept(&response).and_then(|()| read(&response)) {
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
        &self,
        ask: &Ask,
        progress: &mut Progress,
    ) -> Result<(Token, Response<Bytes>), Cause> {
        let queued = Instant::now();
        let permit = self.pacer.admit(ask.endpoint).await;
        progress.paced += queued.elapsed();

        let left = self.retry_for.saturating_sub(progress.spent());
        let token = timeout(left, self.tokens.token())
            .await
            .map_err(|_| Cause::Deadline)?;
        let token = token.map_err(Cause::Auth)?;
        let request = self.request(ask.endpoint, &progress.url, &token)?;
        self.meter.sent(ask.endpoint, progress.retries > 0);
        let left = self.retry_for.saturating_sub(progress.spent());
        let response = timeout(left, self.transport.send(request)).await;
        let response = response
            .map_err(|_| Cause::Deadline)?
            .map_err(Cause::Transport)?;

        let told = RateLimit::from_headers(response.headers());
        let status = response.status();
        tracing::trace!(endpoint = %ask.endpoint, %status, ?told, "answered");
        permit.answered(told, status.is_success());
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.meter.throttled(ask.endpoint);
        }
        Ok((token, response))
    }

    /// The request as a value.
    fn request(
        &self,
        endpoint: Endpoint,
        url: &Url,
        token: &Token,
    ) -> Result<Request<Bytes>, Cause> {
        // The last line of defence: wherever the URL came from, the token goes to the org only.
        if !self.org.owns(url) {
            let found = url.origin().ascii_serialization();
            return Err(Cause::Protocol(ProtocolError::ForeignNext {
                found,
                own: self.org.to_string(),
            }));
        }
        let mut request = Request::get(url.as_str())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, self.user_agent.clone());
        if endpoint != Endpoint::Groups {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static(LEAVE_OUT));
        }
        let target = || url.as_str().chars().take(200).collect();
        let mut request = request.body(Bytes::new()).map_err(|_not_a_uri| {
            Cause::Protocol(ProtocolError::LinkTarget { target: target() })
        })?;
        token.authorize(&mut request).map_err(Cause::Auth)?;
        Ok(request)
    }

    fn judge(&self, progress: &Progress, cause: &Cause) -> Verdict {
        let attempt = Attempt {
            retries: progress.retries,
            throttled: progress.throttled,
            spent: progress.spent(),
            elapsed: progress.begun.elapsed(),
        };
        outcome(cause).map_or(Verdict::GiveUp, |outcome| {
            retry::verdict(self.retry_for, attempt, outcome, (self.jitter)())
        })
    }

    /// Waits as the verdict has it.
    async fn prepare_retry(&self, endpoint: Endpoint, progress: &mut Progress, verdict: Verdict) {
        progress.retries += 1;
        match verdict {
            // The pacer waits, and meters the wait once for all requests that wait with this one.
            Verdict::RetryInNextWindow(wait) => {
                progress.throttled += 1;
                self.pacer.close(endpoint, wait);
            }
            Verdict::Retry(wait) | Verdict::RetryWithFewer(wait) => {
                self.meter.waited(endpoint, wait);
                sleep(wait).await;
            }
            Verdict::GiveUp => {}
        }
    }
}

impl Progress {
    fn new(url: Url) -> Self {
        Self {
            url,
            begun: Instant::now(),
            paced: Duration::ZERO,
            retries: 0,
            throttled: 0,
            renewed: false,
            nonce_taken: false,
        }
    }

    /// Halves the page. A list that Okta cannot answer in time fails with 500 or 504, and its API reference advises a
    /// smaller `limit`. All else of the URL, the cursor above all, stays as it is to the letter.
    fn ask_for_less(&mut self) {
        let halved = |parameter: &str| {
            let limit: u32 = parameter.strip_prefix("limit=")?.parse().ok()?;
            (limit > SMALLEST_PAGE).then(|| format!("limit={}", (limit / 2).max(SMALLEST_PAGE)))
        };
        let Some(query) = self.url.query() else {
            return;
        };
        let parameters: Vec<String> = query
            .split('&')
            .map(|parameter| halved(parameter).unwrap_or_else(|| parameter.to_owned()))
            .collect();
        let smaller = parameters.join("&");
        self.url.set_query(Some(&smaller));
    }

    /// Time spent on tries and on the waits between them.
    fn spent(&self) -> Duration {
        self.begun.elapsed().saturating_sub(self.paced)
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

/// What a failure means for another try; `None` when there is nothing to hope for.
fn outcome(cause: &Cause) -> Option<Outcome> {
    match cause {
        Cause::Answer(answer) => Some(Outcome::Answered(answer.status, answer.timing)),
        Cause::Auth(AuthError::Unavailable(answer)) => {
            let timing = Timing::from_headers(answer.headers());
            Some(Outcome::Answered(answer.status(), timing))
        }
        Cause::Transport(error) | Cause::Auth(AuthError::Transport(error)) => {
            Some(Outcome::Failed(error.kind()))
        }
        Cause::Truncated(_) => Some(Outcome::Failed(TransportErrorKind::Interrupted)),
        Cause::Auth(_) | Cause::Protocol(_) | Cause::Deadline => None,
    }
}
