//! `TokenCache`: one token for everybody, asked for once.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::dpop::{Nonces, Prover};
use crate::error::AuthError;
use crate::lifetime::Lifetime;
use crate::org_url::OrgUrl;
use crate::refusal::RefusalCause;
use crate::service_app::ServiceApp;
use crate::source::TokenSource;
use crate::token::Token;
use crate::token_request::{read_answer, token_request};
use crate::transport::Transport;

/// After a refresh that failed for the moment, the old token is used this long before the next try.
const HOLD_OFF: Duration = Duration::from_secs(10);

/// The tokens of a service app.
///
/// - Any number of callers share one token request: its token, and its error as well.
/// - A token is replaced five minutes before it expires (a short-lived one at half its life), and
///   meanwhile the old one serves everybody but the caller that fetches the new one.
/// - When that fails for the moment the old token serves on until it expires. A refusal counts at
///   once.
/// - When Okta refuses an assertion because of its times, the difference of the clocks is taken
///   from the answer's `Date` and one more is made with it.
/// - When the app requires DPoP, which Okta says by refusing, requests and tokens are from then on bound to a key that
///   is made for it and kept in memory only.
/// - Lifetimes are measured on tokio's monotonic clock; dates come from the [`Clock`].
///
/// Nothing is retried here: the layer above does, guided by [`AuthError::is_transient`].
pub struct TokenCache<T> {
    org: OrgUrl,
    app: ServiceApp,
    transport: T,
    clock: Arc<dyn Clock>,
    nonces: Nonces,
    requests: AtomicU64,
    /// Held by the caller that fetches.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cached: Option<Cached>,
    /// How many token requests came to an end, and the error of the last, if it was one.
    finished: u64,
    failure: Option<AuthError>,
    /// How far the server's clock was found ahead of ours.
    clock_skew: SignedDuration,
    /// Set as soon as Okta asks for proofs.
    prover: Option<Arc<Prover>>,
}

struct Cached {
    token: Token,
    lifetime: Lifetime,
    /// Set when a refresh failed for the moment.
    hold_off_until: Option<Instant>,
}

impl State {
    /// A token nobody needs to replace yet.
    fn fresh(&self, now: Instant) -> Option<Token> {
        let cached = self.cached.as_ref()?;
        let held_off = cached.hold_off_until.is_some_and(|until| now < until);
        if now < cached.lifetime.refresh_at {
            Some(cached.token.clone())
        } else if held_off {
            self.alive(now)
        } else {
            None
        }
    }

    /// A token the server still accepts.
    fn alive(&self, now: Instant) -> Option<Token> {
        let cached = self.cached.as_ref()?;
        (now < cached.lifetime.expires_at).then(|| cached.token.clone())
    }

    /// Takes over the end of a token request and says what its caller gets.
    fn finish(
        &mut self,
        outcome: Result<(Token, Lifetime), AuthError>,
        now: Instant,
    ) -> Result<Token, AuthError> {
        self.finished += 1;
        self.failure = None;
        match outcome {
            Ok((token, lifetime)) => {
                self.cached = Some(Cached {
                    token: token.clone(),
                    lifetime,
                    hold_off_until: None,
                });
                Ok(token)
            }
            Err(error)
                if error.is_transient()
                    && let Some(old) = self.alive(now) =>
            {
                tracing::warn!(%error, "the token could not be replaced yet, the old one serves on");
                if let Some(cached) = &mut self.cached {
                    cached.hold_off_until = Some(now + HOLD_OFF);
                }
                Ok(old)
            }
            Err(error) => {
                self.cached = None;
                self.failure = Some(error.clone());
                Err(error)
            }
        }
    }
}

impl<T: Transport> TokenCache<T> {
    /// A cache that asks `org` for tokens of `app` when it is first asked for one.
    pub fn new(org: OrgUrl, app: ServiceApp, transport: T, clock: Arc<dyn Clock>) -> Self {
        Self {
            org,
            app,
            transport,
            clock,
            nonces: Arc::new(random_nonce),
            requests: AtomicU64::new(0),
            flight: tokio::sync::Mutex::new(()),
            state: Mutex::default(),
        }
    }

    /// Takes the `jti` of assertions from `nonces` instead of random UUIDs. No two may be equal.
    #[must_use]
    pub fn with_nonces(mut self, nonces: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.nonces = Arc::new(nonces);
        self
    }

    /// How many token requests were sent so far, whatever came of them.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    async fn current(&self) -> Result<Token, AuthError> {
        let seen = {
            let state = self.state();
            if let Some(token) = state.fresh(Instant::now()) {
                return Ok(token);
            }
            state.finished
        };
        let _flight = match self.flight.try_lock() {
            Ok(flight) => flight,
            Err(_) => {
                if let Some(old) = self.state().alive(Instant::now()) {
                    return Ok(old);
                }
                self.flight.lock().await
            }
        };
        {
            // What the request we waited for brought is ours too.
            let state = self.state();
            if let Some(token) = state.fresh(Instant::now()) {
                return Ok(token);
            }
            if state.finished != seen
                && let Some(error) = &state.failure
            {
                return Err(error.clone());
            }
        }
        let outcome = self.fetch().await;
        self.state().finish(outcome, Instant::now())
    }

    /// Asks for a token, and again for each thing that the server says is missing: a proof, its nonce, the right time. Each
    /// is put right once.
    async fn fetch(&self) -> Result<(Token, Lifetime), AuthError> {
        let mut ahead = self.state().clock_skew;
        let (mut proving, mut nonce_taken, mut time_set) = (false, false, false);
        loop {
            let outcome = self.request(ahead).await;
            let refusal = match &outcome {
                Err(AuthError::Refused(refusal)) => refusal,
                Ok(_) => {
                    self.keep_clock_skew(ahead);
                    return outcome;
                }
                Err(_) => return outcome,
            };
            match (refusal.cause(), refusal.clock_skew()) {
                (RefusalCause::DpopRequired, _) if !proving => {
                    proving = true;
                    let prover = Prover::new(Arc::clone(&self.clock), Arc::clone(&self.nonces))?;
                    self.state().prover = Some(Arc::new(prover));
                }
                (RefusalCause::DpopNonceRequired, _) if !nonce_taken => nonce_taken = true,
                // When the time was right already, the same again would be refused again.
                (_, Some(measured)) if !time_set && measured != ahead => {
                    time_set = true;
                    ahead = measured;
                    tracing::warn!(
                        seconds = measured.as_secs(),
                        "Okta's clock is ahead of this machine's by that much: asking again with its time"
                    );
                }
                _ => return outcome,
            }
        }
    }

    fn keep_clock_skew(&self, ahead: SignedDuration) {
        let mut state = self.state();
        state.clock_skew = ahead;
        if let Some(prover) = &state.prover {
            prover.learn_clock_skew(ahead);
        }
    }

    /// One token request, dated `ahead` of our clock. Each has an assertion and a proof of its own: Okta takes none twice,
    /// even if it then refuses the request.
    async fn request(&self, ahead: SignedDuration) -> Result<(Token, Lifetime), AuthError> {
        let now = self.clock.now();
        let now = now.checked_add(ahead).unwrap_or(now);
        let assertion = self.app.assertion(&self.org, now, &(self.nonces)())?;
        let mut request = token_request(&self.org, &self.app, &assertion);
        let prover = self.state().prover.clone();
        if let Some(prover) = &prover {
            prover.prove_token_request(&mut request, now)?;
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let response = self
            .transport
            .send(request)
            .await
            .map_err(AuthError::Transport)?;
        let received = Instant::now();
        if let Some(prover) = &prover {
            prover.learn_token_nonce(response.headers());
        }
        let token = read_answer(&self.app, &response, self.clock.now(), prover.as_ref())?;
        let lifetime = Lifetime::new(sent, received, token.expires_in().unwrap_or_default());
        Ok((token, lifetime))
    }
}

impl<T> TokenCache<T> {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and every state of it is a good one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> TokenSource for TokenCache<T> {
    fn token(&self) -> BoxFuture<'_, Result<Token, AuthError>> {
        self.current().boxed()
    }

    fn reject(&self, token: &Token) {
        let mut state = self.state();
        if state
            .cached
            .as_ref()
            .is_some_and(|cached| cached.token == *token)
        {
            state.cached = None;
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for TokenCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("org", &self.org)
            .field("app", &self.app)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where nonces are made"
)]
fn random_nonce() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests;
