//! The state behind the server, and what it answers to a request.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use http::{Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::access::{self, Tokens};
use super::call::Call;
use super::chance::Chance;
use super::clock::Clock;
use super::edits;
use super::endpoint::{Bucket, Endpoint, Route};
use super::event::Event;
use super::fault::{Effect, Faults};
use super::history::History;
use super::lists::{self, View};
use super::log::Recorded;
use super::oauth::{self, Desk};
use super::options::Options;
use super::org::Org;
use super::pager::Pages;
use super::paging::{self, Cursors};
use super::rate_limit::{Limits, RateLimiter, Standing, Usage};
use super::reply::{ApiError, Content, Finish, Reply};
use super::spoil::{self, Delivery};
use super::system_log::SystemLog;

/// Everything the server knows.
#[derive(Debug)]
pub(crate) struct World {
    options: Options,
    clock: Clock,
    chance: Chance,
    history: History,
    system_log: SystemLog,
    desk: Desk,
    tokens: Tokens,
    cursors: Cursors,
    /// The last record that was shown of each list.
    shown: HashMap<String, Value>,
    limiter: RateLimiter,
    faults: Faults,
    requests: Vec<Recorded>,
    in_flight: Arc<AtomicUsize>,
}

/// An answer that is ready to leave.
pub(crate) struct Ready {
    pub(crate) response: Response<Bytes>,
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
            history: History::new(org, options.longest_lag()),
            options,
            system_log: SystemLog::default(),
            desk: Desk::default(),
            tokens: Tokens::default(),
            cursors: Cursors::default(),
            shown: HashMap::new(),
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

    pub(crate) fn usage_of(&self, app: &str) -> BTreeMap<Bucket, Usage> {
        self.limiter.usage_of(app)
    }

    pub(crate) fn spend(&mut self, bucket: Bucket, requests: u32) {
        let (limits, now) = (self.limits(bucket), self.now());
        self.limiter.spend(bucket, requests, limits, now);
    }

    pub(crate) fn org(&self) -> &Org {
        self.history.org()
    }

    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Org)) {
        let now = self.now();
        let before = self
            .options
            .log_edits
            .then(|| Arc::clone(self.history.org()));
        self.history.edit(now, change);
        if let Some(before) = before {
            for event in edits::events(&before, self.history.org(), now) {
                self.log(event);
            }
        }
    }

    pub(crate) fn reindex(&mut self) {
        self.history.catch_up();
    }

    pub(crate) fn log(&mut self, mut event: Event) -> String {
        if event.uuid.is_empty() {
            event.uuid = self.chance.uuid();
        }
        let uuid = event.uuid.clone();
        self.system_log.add(event, self.now());
        uuid
    }

    pub(crate) fn expire_log_cursors(&mut self) {
        self.system_log.expire_cursors();
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
        self.tokens.revoke();
    }

    /// Decides the whole answer to a request that has just arrived, and records both.
    pub(crate) fn arrive(&mut self, call: &Call) -> (Ready, InFlight) {
        let now = self.now();
        let serving = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        let in_flight = InFlight(Arc::clone(&self.in_flight));
        let route = Route::of(&call.path);
        let (standing, effect) = self.admit(call, route.as_ref(), serving, now);
        let (mut reply, authorized) = match &effect {
            Ok(effect) => self.reply(call, route.as_ref(), effect.as_ref(), now),
            Err(error) => (error.reply(&self.chance.word(16)), false),
        };
        let effect = effect.unwrap_or_default();
        let (delivery, delay) = effect
            .as_ref()
            .map_or((Delivery::Whole, Duration::ZERO), spoil::delivery);
        let before = self.remember_last(call, &reply);
        if let Some(effect) = &effect {
            spoil::bend(&mut reply, effect, before);
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
        let delay = delay.saturating_add(self.latency());
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
        call: &Call,
        route: Option<&Route>,
        serving: usize,
        now: Timestamp,
    ) -> (Option<Standing>, Result<Option<Effect>, ApiError>) {
        let bucket = route.map_or(Bucket::Other, |route| route.endpoint.bucket());
        let app = self.tokens.caller(self.history.org(), call);
        let limits = self.limits(bucket);
        let (admitted, standing) = self.limiter.take(bucket, &app, limits, now);
        let crowded = serving > self.options.concurrency;
        let effect = match route {
            Some(route) if admitted && !crowded => self.faults.strike(route.endpoint, &route.id),
            _ => None,
        };
        let standing = match &effect {
            _ if crowded => Some(standing.concurrency()),
            _ if !admitted => Some(standing),
            Some(Effect::ConcurrencyLimited) => Some(standing.concurrency()),
            Some(Effect::RateLimited) => Some(Standing {
                remaining: 0,
                ..standing
            }),
            Some(Effect::RateLimitedUntold) => None,
            _ => return (Some(standing), Ok(effect)),
        };
        if admitted {
            self.limiter.refused(bucket, &app);
        }
        (standing, Err(ApiError::too_many_requests()))
    }

    fn limits(&self, bucket: Bucket) -> Limits {
        Limits {
            app: self.options.limit(bucket),
            org: self.options.limit_of_the_org(bucket),
            seconds: i64::try_from(self.options.window.as_secs()).unwrap_or(i64::MAX),
        }
    }

    /// How long this answer takes.
    fn latency(&mut self) -> Duration {
        let spread = usize::try_from(self.options.latency_spread.as_millis()).unwrap_or_default();
        if spread == 0 {
            return self.options.latency;
        }
        let more = u64::try_from(self.chance.below(spread)).unwrap_or_default();
        self.options.latency + Duration::from_millis(more)
    }

    /// Remembers the last record of a page, and returns that of the page before.
    fn remember_last(&mut self, call: &Call, reply: &Reply) -> Option<Value> {
        let Content::Json(Value::Array(records)) = &reply.content else {
            return None;
        };
        let list = paging::fingerprint(call);
        let before = match records.last() {
            Some(last) => self.shown.insert(list, last.clone()),
            None => self.shown.get(&list).cloned(),
        };
        before.filter(|_| call.parameter("after").is_some())
    }

    /// What a fault does to the org before the request is looked at.
    fn befall(&mut self, effect: Option<&Effect>, now: Timestamp) {
        match effect {
            Some(Effect::TokensExpire) => self.tokens.expire(now),
            Some(Effect::TokensRevoked) => self.tokens.revoke(),
            Some(Effect::CursorsExpire { .. }) => {
                self.cursors = Cursors::default();
                self.expire_log_cursors();
            }
            _ => {}
        }
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
        self.befall(effect, now);
        if let Some(reply) = effect.and_then(|effect| spoil::replacement(effect, call, &id)) {
            return (reply, false);
        }
        let Some(route) = route else {
            return (ApiError::no_such_path().reply(&id), false);
        };
        if call.method != route.endpoint.method() {
            return (ApiError::no_such_method().reply(&id), false);
        }
        if route.endpoint == Endpoint::Token {
            return self.grant(call, now);
        }
        let access = match access::check(
            self.history.org(),
            &mut self.tokens,
            call,
            route.endpoint,
            now,
        ) {
            Ok(access) => access,
            Err(refusal) => return (refusal.reply(&id), false),
        };
        if route.endpoint == Endpoint::Logs {
            return (self.events(call, access.admin_role, now, &id), true);
        }
        let node = self.options.second_node_lag;
        let node = node.filter(|_| self.chance.once_in(2)).unwrap_or_default();
        let behind = |lag: Duration| self.history.behind(lag.max(node), now);
        let (org, indexed) = (behind(Duration::ZERO), behind(self.options.index_lag));
        let stamped = behind(self.options.stamp_lag());
        let view = View {
            org: &org,
            indexed: &indexed,
            stamped: &stamped,
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

    /// The answer of the System Log; `id` is that of an error.
    fn events(&mut self, call: &Call, admin_role: bool, now: Timestamp, id: &str) -> Reply {
        if !admin_role {
            return ApiError::forbidden().reply(id);
        }
        let lag = SignedDuration::try_from(self.options.log_lag).unwrap_or(SignedDuration::MAX);
        let id = self.chance.uuid();
        self.system_log.answer(call, now, lag, &id)
    }

    /// The answer of the endpoint of tokens, and whether it is a token.
    fn grant(&mut self, call: &Call, now: Timestamp) -> (Reply, bool) {
        let reply = oauth::token(
            &mut self.desk,
            &mut self.tokens,
            &mut self.chance,
            self.history.org(),
            &self.options,
            call,
            now,
        );
        let granted = reply.status == StatusCode::OK;
        (reply, granted)
    }
}
