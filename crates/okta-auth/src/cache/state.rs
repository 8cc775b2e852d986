//! What a cache knows, and its laws: which token serves, and when the next may be asked for.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::dpop::Prover;
use crate::error::AuthError;
use crate::lifetime::Lifetime;
use crate::scope::Scope;
use crate::token::Token;

/// After a refresh that failed for the moment, the old token is used this long before the next try.
pub(super) const HOLD_OFF: Duration = Duration::from_secs(10);

/// The least time from one exchange with the token endpoint to the next, where the first brought
/// nothing that lasted: it failed, it was given up, or its token was rejected though it had just
/// replaced a rejected one.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct State {
    cached: Option<Cached>,
    /// How many exchanges came to an end, and the error of the last, if it was one.
    pub(super) finished: u64,
    pub(super) failure: Option<AuthError>,
    /// When the last exchange began, unless its outcome lets the next begin at any time.
    pausing_since: Option<Instant>,
    /// Whether a token was rejected and not replaced since.
    rejected: bool,
    /// How far the server's clock was found ahead of ours.
    pub(super) clock_skew: SignedDuration,
    /// Set as soon as Okta asks for proofs.
    pub(super) prover: Option<Arc<Prover>>,
    /// The key that worked last.
    pub(super) key_id: Option<String>,
    /// Set when a token came only after the scopes that are not needed were left out.
    pub(super) asks_no_more: bool,
    /// What the last token may be used for.
    pub(super) granted: Vec<Scope>,
}

struct Cached {
    token: Token,
    lifetime: Lifetime,
    /// Set when a refresh failed for the moment.
    hold_off_until: Option<Instant>,
}

impl State {
    /// A token nobody needs to replace yet.
    pub(super) fn fresh(&self, now: Instant) -> Option<Token> {
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
    pub(super) fn alive(&self, now: Instant) -> Option<Token> {
        let cached = self.cached.as_ref()?;
        (now < cached.lifetime.expires_at).then(|| cached.token.clone())
    }

    /// Until when the next exchange has to wait.
    pub(super) fn pause_ends(&self) -> Option<Instant> {
        self.pausing_since.map(|began| began + PAUSE)
    }

    /// Notes that an exchange begins. If it never ends, because its caller gives up, the next has to
    /// wait: callers that give up together would otherwise each begin one.
    pub(super) fn begin(&mut self, now: Instant) {
        self.pausing_since = Some(now);
    }

    /// Takes over the end of an exchange and says what its caller gets.
    pub(super) fn finish(
        &mut self,
        outcome: Result<(Token, Lifetime), AuthError>,
        now: Instant,
    ) -> Result<Token, AuthError> {
        self.finished += 1;
        self.failure = None;
        match outcome {
            Ok((token, lifetime)) => {
                // Once a rejected token is replaced at once, as it was revoked or lost. If the new
                // one is rejected too it is the server, which is not to be asked in a circle.
                if !std::mem::take(&mut self.rejected) {
                    self.pausing_since = None;
                }
                self.granted = token.scopes().to_vec();
                self.cached = Some(Cached {
                    token: token.clone(),
                    lifetime,
                    hold_off_until: None,
                });
                Ok(token)
            }
            Err(error) => {
                // What is no word of Okta's about the app says nothing about the token that it has.
                let is_about_app = matches!(
                    error,
                    AuthError::Refused(_) | AuthError::MissingScopes { .. }
                );
                let old = self.alive(now).filter(|_| !is_about_app);
                if let (Some(old), Some(cached)) = (old, &mut self.cached) {
                    tracing::warn!(%error, "the token could not be replaced yet, the old one serves on");
                    cached.hold_off_until = Some(now + HOLD_OFF);
                    return Ok(old);
                }
                self.cached = None;
                self.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Forgets `token`, if it is the one that serves.
    pub(super) fn reject(&mut self, token: &Token) {
        if self
            .cached
            .as_ref()
            .is_some_and(|cached| cached.token == *token)
        {
            self.cached = None;
            self.rejected = true;
        }
    }
}
