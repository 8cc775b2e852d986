//! Sending one request: wait for leave, get a token, exchange.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Request, Response};
use okta_auth::{Token, TransportError, TransportErrorKind};
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, timeout};
use tracing::{Instrument as _, Span};
use url::Url;

use super::Dispatcher;
use crate::endpoint::Endpoint;
use crate::error::{Awaited, Cause, Late, ProtocolError};
use crate::observer::Exchange;
use crate::rate_limit::RateLimit;

/// Makes Okta leave out what this crate does not read. It answers faster only when all three are
/// given (Okta API reference, list all users).
const LEAVE_OUT: &str = concat!(
    "application/json; okta-response=",
    r#""omitCredentials,omitCredentialsLinks,omitTransitioningToStatus""#
);

/// A request that is about to be sent.
pub(super) struct Sending {
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) endpoint: Endpoint,
    pub(super) url: Url,
    /// How many tries there were before this one.
    pub(super) retries: u32,
    /// How long it may take, once it has leave.
    pub(super) left: Duration,
    /// When there has to be an answer, leave or not.
    pub(super) deadline: Option<Instant>,
}

/// How long it had to wait for leave, and what came of it.
type Sent = (Duration, Result<(Token, Response<Bytes>), Cause>);

impl Sending {
    /// Sends it in a task of its own, which ends when this future is dropped.
    ///
    /// A caller may set its future aside for a while and read another list meanwhile: whoever holds a place in a queue
    /// or leave to send has to go on all the same, or the other list would wait for it for ever.
    pub(super) async fn spawn(self) -> Sent {
        let runtime = match Handle::try_current() {
            Ok(runtime) => runtime,
            Err(none) => return (Duration::ZERO, Err(Cause::NoRuntime(none))),
        };
        let mut task = Task(runtime.spawn(self.send().in_current_span()));
        match (&mut task.0).await {
            Ok(sent) => sent,
            Err(error) => (Duration::ZERO, Err(broken_off(error))),
        }
    }

    async fn send(self) -> Sent {
        let queued = Instant::now();
        let admitted = self
            .dispatcher
            .pacer
            .admit_before(self.endpoint, self.deadline)
            .await;
        let paced = queued.elapsed();
        let outcome = async {
            let permit = admitted.map_err(late)?;
            let begun = Instant::now();
            let allowed = self.deadline.map_or(self.left, |deadline| {
                self.left.min(deadline.saturating_duration_since(begun))
            });
            let token = timeout(allowed, self.dispatcher.tokens.token()).await;
            let token = token
                .map_err(|_| late(Awaited::Token))?
                .map_err(Cause::Auth)?;
            let request = self.request(&token)?;
            let left = allowed.saturating_sub(begun.elapsed());
            let (response, told) = self.exchange(request, left).await?;
            permit.answered(response.status(), told);
            Ok((token, response))
        };
        (paced, outcome.await)
    }

    /// Sends a request and tells what came of it.
    async fn exchange(
        &self,
        request: Request<Bytes>,
        left: Duration,
    ) -> Result<(Response<Bytes>, Option<RateLimit>), Cause> {
        let (meter, is_retry) = (&self.dispatcher.meter, self.retries > 0);
        meter.sent(self.endpoint, is_retry);
        let sent = Instant::now();
        let outcome = timeout(left, self.dispatcher.transport.send(request)).await;
        let answer = outcome.as_ref().ok().and_then(|sent| sent.as_ref().ok());
        let exchange = Exchange {
            endpoint: self.endpoint.template(),
            status: answer.map(Response::status),
            bytes: answer.map_or(0, |answer| answer.body().len()),
            took: sent.elapsed(),
            is_retry,
            rate_limit: answer.and_then(|answer| RateLimit::from_headers(answer.headers())),
        };
        // The last try's, where there were several.
        let span = Span::current();
        span.record("status", exchange.status.map(|status| status.as_u16()));
        span.record("bytes", exchange.bytes);
        span.record("retries", self.retries);
        meter.exchanged(self.endpoint, &exchange);
        let response = outcome.map_err(|_| late(Awaited::Answer))?;
        let response = response.map_err(Cause::Transport)?;
        Ok((response, exchange.rate_limit))
    }

    /// The request as a value.
    fn request(&self, token: &Token) -> Result<Request<Bytes>, Cause> {
        let Dispatcher {
            org, user_agent, ..
        } = &*self.dispatcher;
        // The last line of defence: wherever the URL came from, the token goes to the org only.
        if !org.owns(&self.url) {
            let found = self.url.origin().ascii_serialization();
            return Err(Cause::Protocol(ProtocolError::ForeignNext {
                found,
                own: org.to_string(),
            }));
        }
        let mut request = Request::get(self.url.as_str())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, user_agent.clone());
        if self.endpoint.answers_users() {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static(LEAVE_OUT));
        }
        let target = || self.url.as_str().chars().take(200).collect();
        let mut request = request.body(Bytes::new()).map_err(|_not_a_uri| {
            Cause::Protocol(ProtocolError::LinkTarget { target: target() })
        })?;
        token.authorize(&mut request).map_err(Cause::Auth)?;
        Ok(request)
    }
}

/// The loop knows for how long, and what failed before.
pub(super) fn late(awaited: Awaited) -> Cause {
    Cause::Late(Box::new(Late {
        awaited,
        after: Duration::ZERO,
        last: None,
    }))
}

/// A task that ends when nobody waits for it any more.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A task ends early by a panic of the caller's own transport or token source, which goes on, or with the runtime.
pub(super) fn broken_off(error: JoinError) -> Cause {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(error) => {
            let kind = TransportErrorKind::Interrupted;
            Cause::Transport(TransportError::new(kind, error))
        }
    }
}
