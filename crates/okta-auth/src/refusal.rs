//! `Refusal`: the token endpoint's "no", by cause, with what an administrator does about it.

mod cause;
mod texts;

use std::fmt::{self, Display, Write as _};
use std::sync::Arc;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

#[cfg(test)]
pub(crate) use self::cause::ANSWERS;
pub use self::cause::RefusalCause;
use crate::report::debug_as_report;
use crate::scope::Scope;
use crate::service_app::ServiceApp;
use crate::visible::visible;

/// The longest difference of the clocks that is put right. An assertion for a time further away could be kept by whoever
/// answers in Okta's place until that time comes.
const LARGEST_SKEW: SignedDuration = SignedDuration::from_hours(24);

/// So many things of a list are named in a message.
const LISTED: usize = 10;

/// The token endpoint refused to issue a token.
///
/// `Display` quotes the server and adds the clock skew when one was measured.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal(Arc<Facts>);

debug_as_report!(Refusal, fix);

#[derive(Clone, PartialEq, Eq)]
struct Facts {
    client_id: String,
    key_ids: Vec<String>,
    scopes: Vec<Scope>,
    cause: RefusalCause,
    status: StatusCode,
    error: String,
    description: Option<String>,
    clocks: Option<Clocks>,
}

/// The time of an answer by both clocks, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clocks {
    /// When it came, by this machine's.
    pub(crate) here: Timestamp,
    /// Its `Date`.
    pub(crate) there: Timestamp,
}

impl Clocks {
    /// How far the other clock is ahead of this machine's.
    fn skew(self) -> SignedDuration {
        SignedDuration::from_secs(self.there.as_second().saturating_sub(self.here.as_second()))
    }

    fn are_too_far_apart(self) -> bool {
        self.skew().unsigned_abs() > LARGEST_SKEW.unsigned_abs()
    }
}

impl Refusal {
    pub(crate) fn new(
        app: &ServiceApp,
        key_id: &str,
        status: StatusCode,
        error: &str,
        description: Option<&str>,
    ) -> Self {
        Self(Arc::new(Facts {
            client_id: app.client_id().to_owned(),
            key_ids: vec![key_id.to_owned()],
            scopes: app.asked_scopes().cloned().collect(),
            cause: texts::cause_of(error, description.unwrap_or_default()),
            status,
            error: quotable(error),
            description: description.map(quotable),
            clocks: None,
        }))
    }

    /// The same, where all of these keys were tried and none was known.
    pub(crate) fn with_key_ids(mut self, key_ids: Vec<String>) -> Self {
        Arc::make_mut(&mut self.0).key_ids = key_ids;
        self
    }

    pub(crate) fn with_clocks(mut self, clocks: Option<Clocks>) -> Self {
        Arc::make_mut(&mut self.0).clocks = clocks;
        self
    }

    /// How far Okta's clock is ahead of this machine's, where that may be put right: a day at most.
    pub(crate) fn correction(&self) -> Option<SignedDuration> {
        let clocks = self.0.clocks?;
        (!clocks.are_too_far_apart()).then(|| clocks.skew())
    }

    /// Who asked for what: the client, its key or keys, and the scopes.
    pub(crate) fn asked(&self) -> String {
        let keys = match self.0.key_ids.len() {
            1 => "key",
            _ => "keys",
        };
        format!(
            "client `{}` with {keys} {} for {}",
            self.0.client_id,
            listed(&self.0.key_ids),
            listed(&self.0.scopes)
        )
    }

    /// The id of the key that signed. Where the cause is [`UnknownKeyId`](RefusalCause::UnknownKeyId), all that were
    /// tried, in that order.
    pub fn key_ids(&self) -> &[String] {
        &self.0.key_ids
    }

    /// Why, as far as the answer tells.
    pub fn cause(&self) -> RefusalCause {
        self.0.cause
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The OAuth error code, such as `invalid_client`.
    pub fn error(&self) -> &str {
        &self.0.error
    }

    /// The server's sentence about it.
    pub fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// What an administrator does about it: that of its [cause](RefusalCause::fix), but where the clocks do not explain a
    /// refusal for a time, what else may.
    pub fn fix(&self) -> Option<&'static str> {
        /// How long an assertion is good: a slower clock than that makes it expire before it arrives.
        const LIFETIME: i64 = 300;
        if self.0.clocks.is_some_and(Clocks::are_too_far_apart) {
            return Some(
                "set the clock right that is wrong: this machine's (NTP), or that of whoever answers in Okta's place, such \
                 as a proxy; a difference of more than a day is not put right here",
            );
        }
        let skew = self.clock_skew().map(|skew| skew.as_secs());
        let is_explained = match (self.0.cause, skew) {
            (RefusalCause::Expired, Some(skew)) => skew >= LIFETIME / 2,
            // `Date` is cut to whole seconds.
            (RefusalCause::IssuedInFuture | RefusalCause::ExpiresTooLate, Some(skew)) => skew < -1,
            _ => return self.0.cause.fix(),
        };
        Some(match (is_explained, skew) {
            (true, Some(1..)) => "set this machine's clock right (NTP): it is behind Okta's",
            (true, _) => "set this machine's clock right (NTP): it is ahead of Okta's",
            (false, _) => {
                "the clocks do not explain it: find what holds requests back between this machine and Okta, or answers in \
                 Okta's place, such as a proxy; if there is nothing, see status.okta.com and ask Okta's support"
            }
        })
    }

    /// How far Okta's clock is ahead of this machine's (negative: behind), whole seconds, from the
    /// answer's `Date`. Known only for refusals that have to do with time.
    ///
    /// [`TokenCache`](crate::TokenCache) puts a difference of a day at most right.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.0.clocks.map(Clocks::skew)
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "okta answered {} `{}`",
            self.0.status.as_u16(),
            self.0.error
        )?;
        if let Some(description) = &self.0.description {
            write!(f, ": {}", description.trim_end_matches('.'))?;
        }
        let Some(clocks) = self.0.clocks else {
            return Ok(());
        };
        write!(f, " (this machine's clock {}", beside_okta(clocks.skew()))?;
        if clocks.are_too_far_apart() {
            write!(
                f,
                ": {:.0} here, {:.0} in the answer",
                clocks.here, clocks.there
            )?;
        }
        f.write_str(")")
    }
}

/// How this machine's clock stands to Okta's, which is `ahead` of it: `agrees with Okta's`, `is 2 h behind Okta's`.
pub(crate) fn beside_okta(ahead: SignedDuration) -> String {
    let apart = spoken(ahead.as_secs().unsigned_abs());
    match ahead.as_secs() {
        0 => "agrees with Okta's".to_owned(),
        1.. => format!("is {apart} behind Okta's"),
        _ => format!("is {apart} ahead of Okta's"),
    }
}

/// So many seconds in their two largest units: `2 h`, `5 h 30 min`, `1 min 1 s`.
fn spoken(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let (mut rest, mut words) = (seconds, Vec::new());
    for (length, unit) in units {
        if rest >= length {
            words.push(format!("{} {unit}", rest / length));
            rest %= length;
        }
    }
    words.truncate(2);
    words.join(" ")
}

/// The first of them in backticks, and how many more there are.
pub(crate) fn listed(things: &[impl Display]) -> String {
    let quoted = things
        .iter()
        .take(LISTED)
        .map(|thing| format!("`{}`", quotable(&thing.to_string())));
    let mut listed = quoted.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = things.len().checked_sub(LISTED) {
        let _ = write!(listed, " and {more} more");
    }
    listed
}

/// Server text as a message may quote it: one line of bounded length, with nothing hidden in it.
pub(crate) fn quotable(text: &str) -> String {
    const LONGEST: usize = 300;
    visible(text).at_most(LONGEST).to_string()
}
