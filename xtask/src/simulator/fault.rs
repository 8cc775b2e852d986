//! Faults a test puts into the server: which request they strike, and what goes wrong.

use std::time::Duration;

use super::endpoint::Endpoint;

/// Something that goes wrong at an endpoint.
///
/// ```
/// use xtask::simulator::{Effect, Endpoint, Fault};
///
/// let fault = Fault::nth(Endpoint::GroupUsers, 2, Effect::TruncatedJson).for_id("00g1platform0000000d7");
/// # let _ = fault;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The endpoint it strikes.
    pub endpoint: Endpoint,
    /// Only requests for this object: a group's id for its members.
    pub id: Option<String>,
    /// Which of these requests, counted from when the fault was put in.
    pub when: When,
    /// What goes wrong.
    pub effect: Effect,
}

/// Which of the requests a fault could strike it does strike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Each.
    #[default]
    Always,
    /// This one only; the first is 1.
    Nth(usize),
    /// This one and each after it; the first is 1.
    From(usize),
    /// So many from the first on, then none: what a retry survives.
    First(usize),
}

/// What goes wrong with a request that was admitted by the rate limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An error in Okta's shape, such as 500 `E0000009`.
    Error {
        /// The HTTP status.
        status: u16,
        /// Okta's code.
        code: String,
    },
    /// An HTML page, as a proxy in between sends.
    Html {
        /// The HTTP status; 200 is possible too.
        status: u16,
    },
    /// `429` of the endpoint's bucket: remaining 0, reset at the end of the window.
    RateLimited,
    /// `429` that says nothing about any limit, as something in between sends it.
    RateLimitedUntold,
    /// `429` of the concurrency limit: limit 0, remaining 0.
    ConcurrencyLimited,
    /// An empty page whose `next` leads to the page that was asked for.
    EmptyPage,
    /// `200 []` and no `next`.
    NoRecords,
    /// The connection is reset before a byte of the answer.
    ResetBefore,
    /// The connection is reset in the middle of the body.
    ResetInBody,
    /// A complete answer whose JSON breaks off.
    TruncatedJson,
    /// A complete answer whose JSON is none, from its second character on.
    MalformedJson,
    /// No answer until the simulator stops.
    Hang,
    /// The right answer, late.
    Slow(Duration),
    /// The right answer, its body bit by bit over this time.
    Trickle(Duration),
    /// Every token granted so far expires, this request's own among them.
    TokensExpire,
    /// Every token granted so far is revoked, this request's own among them.
    TokensRevoked,
    /// Every cursor handed out so far expires. A request that has one is answered with this error, such as 400
    /// `E0000029`; one without has the right answer.
    CursorsExpire {
        /// The HTTP status.
        status: u16,
        /// Okta's code.
        code: String,
    },
    /// The right answer, but the page begins with a record of the page before (if there is one) and ends with its own
    /// first record once more.
    RepeatedRecords,
    /// The right answer, with a `next` link (if there is one) on this host, such as `evil.example.org`.
    NextOnHost(String),
    /// The right answer, with a `next` link (if there is one) on the host's `-admin` twin.
    NextOnAdminTwin,
    /// The right answer, with the page itself as its `next`.
    RepeatedCursor,
    /// The right answer, but one record has an id and otherwise the wrong types.
    MalformedRecord {
        /// The record's id; the first record when absent.
        id: Option<String>,
    },
    /// The right answer, but this record is this text, whatever it is.
    RecordText {
        /// The record's id; nothing changes on pages without it.
        id: String,
        /// What stands in its place.
        text: String,
    },
    /// The right answer, with these texts behind its records, whatever they are.
    MoreRecords(Vec<String>),
    /// The right answer, filled up with copies of its first record, each with an id of its own, to so many records.
    Padded(usize),
    /// This text instead of the answer.
    Body {
        /// The HTTP status.
        status: u16,
        /// The body, said to be JSON.
        text: String,
    },
}

impl Fault {
    /// `effect` on every request to `endpoint`.
    #[must_use]
    pub fn always(endpoint: Endpoint, effect: Effect) -> Self {
        Self {
            endpoint,
            id: None,
            when: When::Always,
            effect,
        }
    }

    /// `effect` on the `nth` request to `endpoint` from now on; the first is 1.
    #[must_use]
    pub fn nth(endpoint: Endpoint, nth: usize, effect: Effect) -> Self {
        Self {
            endpoint,
            id: None,
            when: When::Nth(nth),
            effect,
        }
    }

    /// `effect` on the `nth` request to `endpoint` from now on, and on each after it; the first is 1.
    #[must_use]
    pub fn from_nth(endpoint: Endpoint, nth: usize, effect: Effect) -> Self {
        Self {
            endpoint,
            id: None,
            when: When::From(nth),
            effect,
        }
    }

    /// `effect` on the first `count` requests to `endpoint` from now on.
    #[must_use]
    pub fn first(endpoint: Endpoint, count: usize, effect: Effect) -> Self {
        Self {
            endpoint,
            id: None,
            when: When::First(count),
            effect,
        }
    }

    /// The same fault, for one object only.
    #[must_use]
    pub fn for_id(self, id: &str) -> Self {
        Self {
            id: Some(id.to_owned()),
            ..self
        }
    }
}

/// The faults that are in, each with the requests it has seen.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Fault, usize)>);

impl Faults {
    pub(crate) fn put(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The effect on this request: of the first fault that strikes. Each fault counts it.
    pub(crate) fn strike(&mut self, endpoint: Endpoint, id: &str) -> Option<Effect> {
        let mut struck = None;
        for (fault, seen) in &mut self.0 {
            if fault.endpoint != endpoint || fault.id.as_deref().is_some_and(|only| only != id) {
                continue;
            }
            *seen += 1;
            let strikes = match fault.when {
                When::Always => true,
                When::Nth(nth) => *seen == nth,
                When::From(nth) => *seen >= nth,
                When::First(count) => *seen <= count,
            };
            if strikes && struck.is_none() {
                struck = Some(fault.effect.clone());
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_count_from_when_the_fault_was_put() {
        let strikes = |fault: Fault| {
            let mut faults = Faults::default();
            faults.put(fault);
            ["a", "b", "a", "a"].map(|id| faults.strike(Endpoint::GroupUsers, id).is_some())
        };
        let hang = |when| Fault {
            when,
            ..Fault::always(Endpoint::GroupUsers, Effect::Hang)
        };
        assert_eq!(strikes(hang(When::Always)), [true; 4]);
        assert_eq!(strikes(hang(When::Nth(2))), [false, true, false, false]);
        assert_eq!(strikes(hang(When::From(3))), [false, false, true, true]);
        assert_eq!(strikes(hang(When::First(2))), [true, true, false, false]);
        assert_eq!(
            strikes(hang(When::Nth(2)).for_id("a")),
            [false, false, true, false]
        );
        assert_eq!(
            strikes(Fault::always(Endpoint::Users, Effect::Hang)),
            [false; 4]
        );
    }
}
