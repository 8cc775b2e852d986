//! `GET /api/v1/logs`: polled in the order in which events came in, which never ends, or read between two times in the
//! order in which they happened, which does.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::call::Call;
use super::event::Event;
use super::reply::Reply;
use super::search::Query;

/// How long events are kept, and how far back one may ask.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
const ASKABLE: SignedDuration = SignedDuration::from_hours(180 * 24);

/// How far back is read when nothing is said.
const A_WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The events, in the order in which they came in, each with the time it did.
#[derive(Debug, Default)]
pub(crate) struct SystemLog {
    events: Vec<(Timestamp, Event)>,
    /// How often all cursors expired. Each of them says under which number it was made.
    expired: usize,
}

/// A cursor's second number is how many events were passed, and so many times as much as cursors had expired.
const AGE: usize = 1_000_000_000;

/// A refusal: code and summary. The status is always 400.
type Refusal = (&'static str, String);

/// The time of the last event that was passed, in milliseconds, and how many were.
type Cursor = (i64, usize);

/// What is asked for.
struct Wanted {
    since: Timestamp,
    until: Option<Timestamp>,
    descending: bool,
    limit: usize,
    filter: Option<Query>,
    /// Where to go on.
    cursor: Option<Cursor>,
    /// How often all cursors expired.
    expired: usize,
}

impl SystemLog {
    pub(crate) fn add(&mut self, event: Event, now: Timestamp) {
        self.events.push((now, event));
    }

    /// Makes every cursor that was handed out so far one that is refused.
    pub(crate) fn expire_cursors(&mut self) {
        self.expired += 1;
    }

    /// The answer to a caller who may see it; `id` is that of an error. Events are there `lag` after they came in.
    pub(crate) fn answer(
        &self,
        call: &Call,
        now: Timestamp,
        lag: SignedDuration,
        id: &str,
    ) -> Reply {
        let wanted = match Wanted::of(call, now, self.expired) {
            Ok(wanted) => wanted,
            Err((code, summary)) => {
                // An id of another kind than everywhere else, and no causes.
                let body = json!({
                    "errorCode": code,
                    "errorSummary": summary,
                    "errorLink": code,
                    "errorId": id,
                });
                return Reply::json(StatusCode::BAD_REQUEST, body);
            }
        };
        let seen = self.events.iter().enumerate().filter(|(_, (came_in, _))| {
            let age = now.duration_since(*came_in);
            age >= lag && age <= KEPT
        });
        if wanted.polls() {
            polled(call, &wanted, seen.collect())
        } else {
            bounded(
                call,
                &wanted,
                seen.map(|(_, (_, event))| event).collect(),
                now,
            )
        }
    }
}

/// Everything that came in since, and a next link also when that is nothing. Events keep their number in the log.
fn polled(call: &Call, wanted: &Wanted, events: Vec<(usize, &(Timestamp, Event))>) -> Reply {
    let begin = wanted.since.as_millisecond();
    let (mut at, mut passed) = wanted.cursor.unwrap_or((begin, 0));
    let mut page = Vec::new();
    for (number, (came_in, event)) in events {
        if number < passed {
            continue;
        }
        if page.len() == wanted.limit {
            break;
        }
        passed = number + 1;
        if wanted.cursor.is_none() && *came_in < wanted.since {
            continue;
        }
        at = came_in.as_millisecond();
        if wanted.lets_pass(event) {
            page.push(event.shown());
        }
    }
    reply(call, wanted, page, Some((at, passed)))
}

/// What happened between two times, in that order or the reverse.
fn bounded(call: &Call, wanted: &Wanted, events: Vec<&Event>, now: Timestamp) -> Reply {
    let until = wanted.until.unwrap_or(now);
    let mut found: Vec<&Event> = events
        .into_iter()
        .filter(|event| wanted.since <= event.published && event.published < until)
        .filter(|event| wanted.lets_pass(event))
        .collect();
    found.sort_by_key(|event| event.published);
    if wanted.descending {
        found.reverse();
    }
    let first = wanted.cursor.map_or(0, |(_, passed)| passed);
    let page: Vec<&Event> = found
        .iter()
        .skip(first)
        .take(wanted.limit)
        .copied()
        .collect();
    let passed = first + page.len();
    let next = page.last().filter(|_| passed < found.len());
    let next = next.map(|last| (last.published.as_millisecond(), passed));
    let shown = page.iter().map(|event| event.shown()).collect();
    reply(call, wanted, shown, next)
}

fn reply(call: &Call, wanted: &Wanted, page: Vec<Value>, next: Option<Cursor>) -> Reply {
    let mut reply = Reply::json(StatusCode::OK, Value::Array(page));
    reply.self_link = Some(link(call, wanted, call.parameter("after")));
    reply.next_link = next.map(|(at, passed)| {
        let after = format!("{at}_{}", wanted.expired * AGE + passed);
        link(call, wanted, Some(&after))
    });
    reply
}

/// A link that goes on after a cursor needs no `since` where it polls; between two times both stay.
fn link(call: &Call, wanted: &Wanted, after: Option<&str>) -> String {
    let limit = wanted.limit.to_string();
    let mut query = Serializer::new(String::new());
    for name in ["after", "limit", "since", "until", "filter", "sortOrder"] {
        let value = match name {
            "after" => after,
            "limit" => Some(limit.as_str()),
            "since" if after.is_some() && wanted.polls() => None,
            name => call.parameter(name),
        };
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let path = call.path.trim_end_matches('/');
    format!("{}{path}?{}", call.base(), query.finish())
}

impl Wanted {
    fn of(call: &Call, now: Timestamp, expired: usize) -> Result<Self, Refusal> {
        let until = time(call, "until")?;
        let before = |at: Timestamp, by| at.saturating_sub(by).unwrap_or(Timestamp::MIN);
        let since = time(call, "since")?;
        if since.is_some_and(|since| since < before(now, ASKABLE)) {
            let summary = "Invalid filter: 'since' is more than 180 days ago.";
            return Err(("E0000053", summary.to_owned()));
        }
        let cursor = call.parameter("after");
        let cursor = cursor.map(|after| place(after, expired)).transpose()?;
        let limit = match call.parameter("limit").map(str::parse) {
            None => 100,
            Some(Ok(limit @ 0..=1000)) => limit,
            Some(_) => return Err(invalid("limit", "must be between 0 and 1000")),
        };
        let wanted = Self {
            since: since.unwrap_or_else(|| before(until.unwrap_or(now), A_WEEK)),
            until,
            descending: call.parameter("sortOrder") == Some("DESCENDING"),
            limit,
            filter: call.parameter("filter").map(Query::of_log).transpose()?,
            cursor,
            expired,
        };
        if since.is_some() && cursor.is_some() && wanted.polls() {
            return Err(invalid("after", "can not be given together with since"));
        }
        Ok(wanted)
    }

    /// Whether it goes on for ever.
    fn polls(&self) -> bool {
        self.until.is_none() && !self.descending
    }

    fn lets_pass(&self, event: &Event) -> bool {
        let filter = self.filter.as_ref();
        filter.is_none_or(|filter| filter.matches(|name| event.attribute(name)))
    }
}

/// What a cursor says: `1627500044869_1`. One that was handed out before all expired is none.
fn place(after: &str, expired: usize) -> Result<Cursor, Refusal> {
    let parts = after.split_once('_');
    let numbers = parts.and_then(|(at, passed)| at.parse::<i64>().ok().zip(passed.parse().ok()));
    let numbers = numbers.filter(|(_, passed): &(i64, usize)| passed / AGE == expired);
    let (at, passed) = numbers.ok_or_else(|| invalid("after", "must be a valid value"))?;
    Ok((at, passed % AGE))
}

fn time(call: &Call, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let parsed = call.parameter(name).map(str::parse).transpose();
    parsed.map_err(|_not_a_date| {
        invalid(
            name,
            "The date format in your query is not recognized. Please enter dates using ISO8601 string format.",
        )
    })
}

fn invalid(name: &str, reason: &str) -> Refusal {
    (
        "E0000001",
        format!("Api validation failed: '{name}': {reason}"),
    )
}
