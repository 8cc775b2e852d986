//! `TokenCache`: one token for everybody, asked for once.

mod exchange;
mod state;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};

use self::state::State;
use crate::clock::{Clock, SystemClock};
use crate::dpop::Nonces;
use crate::error::AuthError;
use crate::future::BoxFuture;
use crate::org_url::OrgUrl;
use crate::scope::Scope;
use crate::service_app::ServiceApp;
use crate::source::TokenSource;
use crate::token::Token;
use crate::transport::{Transport, TransportError, TransportErrorKind};

/// The tokens of a service app.
///
/// - Any number of callers share one token request: its token, and its error as well.
/// - A token is replaced five minutes before it expires (a short-lived one at half its life), and
///   meanwhile the old one serves everybody but the caller that fetches the new one.
/// - When that fails for the moment the old token serves on until it expires. A refusal counts at
///   once.
/// - A rejected token is replaced at once, unless it had itself just replaced a rejected one: then, and after a failure, a
///   second passes from one exchange with the token endpoint to the next, however many callers ask.
/// - A key that Okta does not know gives way to the app's next; the one that worked is tried first from then on.
/// - When Okta refuses a request because of a scope, the scopes that the app can do without
///   ([`ServiceApp::also_asking`]) are not asked for any more.
/// - When Okta refuses an assertion because of its times, the difference of the clocks is taken
///   from the answer's `Date` and one more is made with it. A difference of more than a day is an error: nothing is signed
///   for a time that is further away.
/// - When the app requires DPoP, which Okta says by refusing, requests and tokens are from then on bound to a key that
///   is made for it and kept in memory only.
/// - Lifetimes are measured on tokio's monotonic clock; dates come from the [`Clock`].
///
/// Nothing is retried here: the layer above does, guided by [`AuthError::is_transient`].
///
/// It needs a Tokio runtime with its timer (`#[tokio::main]` has it): where there is no runtime, asking for a token is an
/// error ([`TransportErrorKind::NoRuntime`]).
///
/// # Panics
///
/// Waiting for the second between two exchanges panics in a Tokio runtime that was built without `enable_time`.
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

impl<T: Transport> TokenCache<T> {
    /// A cache that asks `org` for tokens of `app` when it is first asked for one.
    pub fn new(org: OrgUrl, app: ServiceApp, transport: T) -> Self {
        Self {
            org,
            app,
            transport,
            clock: Arc::new(SystemClock),
            nonces: Arc::new(random_nonce),
            requests: AtomicU64::new(0),
            flight: tokio::sync::Mutex::new(()),
            state: Mutex::default(),
        }
    }

    /// Takes the time of assertions and proofs from `clock` instead of the machine's. For tests.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
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

    /// The scopes that the last token was granted, none before the first: among them those of
    /// [`ServiceApp::also_asking`] that an administrator gave the app.
    ///
    /// ```
    /// use okta_auth::{AuthError, Scope, TokenCache, TokenSource, Transport};
    ///
    /// async fn may_read_logs(tokens: &TokenCache<impl Transport>) -> Result<bool, AuthError> {
    ///     tokens.token().await?;
    ///     Ok(tokens.granted().contains(&Scope::LOGS_READ))
    /// }
    /// ```
    pub fn granted(&self) -> Vec<Scope> {
        self.state().granted.clone()
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
            let told = state.failure.clone().filter(|_| state.finished != seen);
            if let Some(error) = told {
                return Err(error);
            }
        }
        // A timer panics where there is no runtime, and would do so after failures only.
        Handle::try_current().map_err(|error| {
            AuthError::Transport(TransportError::new(TransportErrorKind::NoRuntime, error))
        })?;
        let pause_ends = self.state().pause_ends();
        if let Some(pause_ends) = pause_ends {
            sleep_until(pause_ends).await;
        }
        self.state().begin(Instant::now());
        let outcome = self.exchange().await;
        self.state().finish(outcome, Instant::now())
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
        Box::pin(self.current())
    }

    fn reject(&self, token: &Token) {
        self.state().reject(token);
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
