//! One exchange with the token endpoint: a request, and another for each thing that the answer says is missing.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::TokenCache;
use crate::dpop::Prover;
use crate::error::AuthError;
use crate::key::PrivateKey;
use crate::lifetime::Lifetime;
use crate::refusal::{Refusal, RefusalCause, beside_okta};
use crate::service_app::ServiceApp;
use crate::token::Token;
use crate::token_request::{read_answer, token_request};
use crate::transport::Transport;

impl<T: Transport> TokenCache<T> {
    /// Asks for a token. A key that Okta does not know gives way to the next; a proof, its nonce, the right time and the scopes
    /// are put right once each.
    pub(super) async fn exchange(&self) -> Result<(Token, Lifetime), AuthError> {
        let (mut key, mut ahead) = self.where_we_left_off();
        let first = key.key_id();
        let mut others = self.app.keys().filter(|other| other.key_id() != first);
        let mut unknown = Vec::new();
        let (mut proving, mut nonce_taken, mut time_set) = (false, false, false);
        let mut app = self.app_that_asks();
        loop {
            let refusal = match self.request(&app, key, ahead).await {
                Ok(granted) => {
                    self.keep(&app, key, ahead);
                    return Ok(granted);
                }
                Err(AuthError::Refused(refusal)) => refusal,
                Err(error) => return Err(error),
            };
            match refusal.cause() {
                // A bad signature is no reason to try the next: Okta knows the key of that id, and it is another one.
                RefusalCause::UnknownKeyId => {
                    unknown.push(key.key_id().to_owned());
                    let Some(next) = others.next() else {
                        return Err(AuthError::Refused(refusal.with_key_ids(unknown)));
                    };
                    tracing::warn!(
                        key_id = key.key_id(),
                        next = next.key_id(),
                        "Okta does not know this key: asking again with the next"
                    );
                    key = next;
                }
                RefusalCause::DpopRequired if !proving => {
                    proving = true;
                    let prover = Prover::new(Arc::clone(&self.clock), Arc::clone(&self.nonces))?;
                    self.state().prover = Some(Arc::new(prover));
                }
                RefusalCause::DpopNonceRequired if !nonce_taken => nonce_taken = true,
                _ if is_about_scopes(&refusal) && !app.optional_scopes().is_empty() => {
                    tracing::warn!(%refusal, "asking again for the needed scopes only");
                    app = Cow::Owned(app.asking_no_more());
                }
                _ => match refusal.correction() {
                    // When the time was right already, the same again would be refused again.
                    Some(measured) if !time_set && measured != ahead => {
                        time_set = true;
                        ahead = measured;
                        tracing::warn!(
                            seconds = measured.as_secs(),
                            "this machine's clock {}: asking again with Okta's time",
                            beside_okta(measured)
                        );
                    }
                    _ => return Err(AuthError::Refused(refusal)),
                },
            }
        }
    }

    /// The key that worked last, and how far the server's clock was found ahead of ours.
    fn where_we_left_off(&self) -> (&PrivateKey, SignedDuration) {
        let state = self.state();
        let worked = |key: &&PrivateKey| state.key_id.as_deref() == Some(key.key_id());
        let key = self.app.keys().find(worked);
        (key.unwrap_or(self.app.first_key()), state.clock_skew)
    }

    /// The app, without the scopes that it can do without when these were seen to be in the way.
    fn app_that_asks(&self) -> Cow<'_, ServiceApp> {
        if self.state().asks_no_more {
            Cow::Owned(self.app.asking_no_more())
        } else {
            Cow::Borrowed(&self.app)
        }
    }

    fn keep(&self, app: &ServiceApp, key: &PrivateKey, ahead: SignedDuration) {
        let mut state = self.state();
        state.asks_no_more = app.optional_scopes().len() < self.app.optional_scopes().len();
        state.key_id = Some(key.key_id().to_owned());
        state.clock_skew = ahead;
        if let Some(prover) = &state.prover {
            prover.learn_clock_skew(ahead);
        }
    }

    /// One token request of `app`, signed with `key` and dated `ahead` of our clock. Each has an assertion and a proof of its own:
    /// Okta takes none twice, even if it then refuses the request.
    async fn request(
        &self,
        app: &ServiceApp,
        key: &PrivateKey,
        ahead: SignedDuration,
    ) -> Result<(Token, Lifetime), AuthError> {
        let now = self.clock.now();
        let now = now.checked_add(ahead).unwrap_or(now);
        let assertion = app.assertion(key, &self.org, now, &(self.nonces)())?;
        let mut request = token_request(&self.org, app, &assertion);
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
        let now = self.clock.now();
        let token = read_answer(app, &assertion, &response, now, prover.as_ref())?;
        let lifetime = Lifetime::new(sent, received, token.expires_in().unwrap_or_default());
        Ok((token, lifetime))
    }
}

/// Whether one scope too many may be the reason. That none is granted is not: leaving some out grants no other.
fn is_about_scopes(refusal: &Refusal) -> bool {
    refusal.error() == "invalid_scope" || refusal.cause() == RefusalCause::SelfScope
}
