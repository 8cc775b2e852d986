//! The state behind the server, and what it answers to a request.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::response::Response;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use super::access::{self, Tokens};
use super::call::Call;
use super::chance::Chance;
use super::clock::Clock;
use super::endpoint::{Bucket, Endpoint, Route};
use super::fault::{Effect, Faults};
use super::lists::{self, View};
use super::log::Recorded;
use super::oauth::{self, Desk};
use super::options::Options;
use super::org::Org;
use super::pager::Pages;
use super::paging::Cursors;
use super::rate_limit::{RateLimiter, Standing, Usage};
use super::reply::{ApiError, Finish, Reply};
use super::spoil::{self, Delivery};

/// Everything the server knows.
#[derive(Debug)]
pub(crate) struct World {
    options: Options,
    clock: Clock,
    chance: Chance,
    org: Arc<Org>,
    /// What the org was before each edit that the index has not seen yet, with the time of the edit.
    before: VecDeque<(Timestamp, Arc<Org>)>,
    desk: Desk,
    tokens: Tokens,
    cursors: Cursors,
    limiter: RateLimiter,
    faults: Faults,
    requests: Vec<Recorded>,
    in_flight: Arc<AtomicUsize>,
}

/// An answer that is ready to leave.
pub(crate) struct Ready {
    pub(crate) response: Response,
    pub(crate) delivery: Delivery,
    pub(crate) delay: Duration,
}

/// Counts a request as in flight until it is dropped.
pub(crate) struct InFlight(Arc<AtomicUsize>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl World {
    pub(crate) fn new(org: Org, options: Options) -> Self {
        Self {
            clock: options.clock.clone(),
            chance: Chance::new(options.seed),
            options,
            org: Arc::new(org),
            before: VecDeque::new(),
            desk: Desk::default(),
            tokens: Tokens::default(),
            cursors: Cursors::default(),
            limiter: RateLimiter::default(),
            faults: Faults::default(),
            requests: Vec::new(),
            in_flight: Arc::default(),
        }
    }

    pub(crate) fn requests(&self) -> &[Recorded] {
        &self.requests
    }

    pub(crate) fn forget_requests(&mut self) {
        self.requests.clear();
        self.limiter = RateLimiter::default();
    }

    pub(crate) fn usage(&self) -> BTreeMap<Bucket, Usage> {
        self.limiter.usage()
    }

    pub(crate) fn org(&self) -> &Org {
        &self.org
    }

    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Org)) {
        if !self.options.index_lag.is_zero() {
            self.before.push_back((self.now(), Arc::clone(&self.org)));
        }
        change(Arc::make_mut(&mut self.org));
    }

    pub(crate) fn reindex(&mut self) {
        self.before.clear();
    }

    pub(crate) fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn set_clock_offset(&mut self, offset: SignedDuration) {
        self.clock = self.options.clock.shifted(offset);
    }

    pub(crate) fn revoke_tokens(&mut self) {
        self.tokens = Tokens::default();
    }

    /// Decides the whole answer to a request that has just arrived, and records both.
    pub(crate) fn arrive(&mut self, call: &Call) -> (Ready, InFlight) {
        let now = self.now();
        let serving = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        let in_flight = InFlight(Arc::clone(&self.in_flight));
        let route = Route::of(&call.path);
        let (standing, effect) = self.admit(route.as_ref(), serving, now);
        let (mut reply, authorized) = match &effect {
            Ok(effect) => self.reply(call, route.as_ref(), effect.as_ref(), now),
            Err(error) => (error.reply(&self.chance.word(16)), false),
        };
        let effect = effect.unwrap_or_default();
        let (delivery, delay) = effect
            .as_ref()
            .map_or((Delivery::Whole, Duration::ZERO), spoil::delivery);
        if let Some(effect) = &effect {
            spoil::bend(&mut reply, effect);
        }
        let request_id = format!("req{}", self.chance.word(15));
        self.requests.push(Recorded {
            method: call.method.clone(),
            path: call.path.clone(),
            endpoint: route.map(|route| route.endpoint),
            query: call.query.clone(),
            status: reply.status.as_u16(),
            at: now,
            authorized,
            request_id: request_id.clone(),
        });
        let response = reply.into_response(&Finish {
            now,
            request_id,
            standing,
        });
        let delay = delay.saturating_add(self.options.latency);
        (
            Ready {
                response,
                delivery,
                delay,
            },
            in_flight,
        )
    }

    /// What the rate limits say to the request, and the fault that strikes it when they let it pass.
    fn admit(
        &mut self,
        route: Option<&Route>,
        serving: usize,
        now: Timestamp,
    ) -> (Standing, Result<Option<Effect>, ApiError>) {
        let bucket = route.map_or(Bucket::Other, |route| route.endpoint.bucket());
        let window = i64::try_from(self.options.window.as_secs()).unwrap_or(i64::MAX);
        let limit = self.options.limit(bucket);
        let (admitted, standing) = self.limiter.take(bucket, limit, window, now);
        let crowded = serving > self.options.concurrency;
        let effect = match route {
            Some(route) if admitted && !crowded => self.faults.strike(route.endpoint, &route.id),
            _ => None,
        };
        let standing = match &effect {
            _ if crowded => standing.concurrency(),
            _ if !admitted => standing,
            Some(Effect::ConcurrencyLimited) => standing.concurrency(),
            Some(Effect::RateLimited) => Standing {
                remaining: 0,
                ..standing
            },
            _ => return (standing, Ok(effect)),
        };
        if admitted {
            self.limiter.refused(bucket);
        }
        (standing, Err(ApiError::too_many_requests()))
    }

    /// The answer of the endpoint, or of the fault that takes its place, and whether the caller was authorized.
    fn reply(
        &mut self,
        call: &Call,
        route: Option<&Route>,
        effect: Option<&Effect>,
        now: Timestamp,
    ) -> (Reply, bool) {
        let id = self.chance.word(16);
        if let Some(reply) = effect.and_then(|effect| spoil::replacement(effect, &id)) {
            return (reply, false);
        }
        let Some(route) = route else {
            let error = ApiError::new(404, "E0000008", "The requested path was not found");
            return (error.reply(&id), false);
        };
        if call.method != route.endpoint.method() {
            let error = ApiError::new(
                405,
                "E0000022",
                "The endpoint does not support the provided HTTP method",
            );
            return (error.reply(&id), false);
        }
        if route.endpoint == Endpoint::Token {
            let reply = oauth::token(
                &mut self.desk,
                &mut self.tokens,
                &mut self.chance,
                &self.org,
                &self.options,
                call,
                now,
            );
            let granted = reply.status == StatusCode::OK;
            return (reply, granted);
        }
        let access = match access::check(&self.org, &mut self.tokens, call, route.endpoint, now) {
            Ok(access) => access,
            Err(refusal) => return (refusal.reply(&id), false),
        };
        let indexed = self.indexed(now);
        let view = View {
            org: &self.org,
            indexed: &indexed,
            options: &self.options,
            admin_role: access.admin_role,
        };
        let pages = Pages {
            cursors: &mut self.cursors,
            chance: &mut self.chance,
            call,
            empty_page: effect == Some(&Effect::EmptyPage),
        };
        match lists::answer(&view, pages, route) {
            Ok(reply) => (reply, true),
            Err(error) => (error.reply(&id), true),
        }
    }

    /// The org as the search index knows it.
    fn indexed(&mut self, now: Timestamp) -> Arc<Org> {
        let lag = SignedDuration::try_from(self.options.index_lag).unwrap_or(SignedDuration::MAX);
        while self
            .before
            .front()
            .is_some_and(|(edited, _)| now.duration_since(*edited) >= lag)
        {
            self.before.pop_front();
        }
        self.before
            .front()
            .map_or_else(|| Arc::clone(&self.org), |(_, org)| Arc::clone(org))
    }
}
