//! One exchange with the token endpoint: a request, and another for each thing that the answer says is missing.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::TokenCache;
use crate::dpop::Prover;
use crate::error::AuthError;
use crate::key::PrivateKey;
use crate::lifetime::Lifetime;
use crate::refusal::{RefusalCause, beside_okta};
use crate::token::Token;
use crate::token_request::{read_answer, token_request};
use crate::transport::Transport;

impl<T: Transport> TokenCache<T> {
    /// Asks for a token. A key that Okta does not know gives way to the next; a proof, its nonce and the right time are put
    /// right once each.
    pub(super) async fn exchange(&self) -> Result<(Token, Lifetime), AuthError> {
        let (mut key, mut ahead) = self.where_we_left_off();
        let first = key.key_id();
        let mut others = self.app.keys().filter(|other| other.key_id() != first);
        let mut unknown = Vec::new();
        let (mut proving, mut nonce_taken, mut time_set) = (false, false, false);
        loop {
            let refusal = match self.request(key, ahead).await {
                Ok(granted) => {
                    self.keep(key, ahead);
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

    fn keep(&self, key: &PrivateKey, ahead: SignedDuration) {
        let mut state = self.state();
        state.key_id = Some(key.key_id().to_owned());
        state.clock_skew = ahead;
        if let Some(prover) = &state.prover {
            prover.learn_clock_skew(ahead);
        }
    }

    /// One token request, signed with `key` and dated `ahead` of our clock. Each has an assertion and a proof of its own:
    /// Okta takes none twice, even if it then refuses the request.
    async fn request(
        &self,
        key: &PrivateKey,
        ahead: SignedDuration,
    ) -> Result<(Token, Lifetime), AuthError> {
        let now = self.clock.now();
        let now = now.checked_add(ahead).unwrap_or(now);
        let assertion = self.app.assertion(key, &self.org, now, &(self.nonces)())?;
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
        let now = self.clock.now();
        let token = read_answer(&self.app, &assertion, &response, now, prover.as_ref())?;
        let lifetime = Lifetime::new(sent, received, token.expires_in().unwrap_or_default());
        Ok((token, lifetime))
    }
}
