//! Pages: cursors nobody can build, and links that re-encode the query the way Okta does.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::call::Call;
use super::chance::Chance;
use super::reply::{ApiError, Content, Reply};

/// The order in which Okta puts the parameters into its links, whatever order they came in.
const CANONICAL: [&str; 8] = [
    "after",
    "limit",
    "expand",
    "fields",
    "sortBy",
    "sortOrder",
    "filter",
    "search",
];

/// Where a page ends: the row's sort value and its id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Position {
    pub(crate) key: SortKey,
    pub(crate) id: String,
}

/// What a row is sorted by; rows without a value come last.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SortKey {
    Number(f64),
    /// Lower-cased: Okta sorts without regard to case.
    Text(String),
    Missing,
}

impl SortKey {
    pub(crate) fn of(value: Option<Value>) -> Self {
        match value {
            Some(Value::String(text)) => Self::Text(text.to_lowercase()),
            Some(Value::Number(number)) => number.as_f64().map_or(Self::Missing, Self::Number),
            Some(Value::Bool(flag)) => Self::Text(flag.to_string()),
            Some(Value::Array(values)) => Self::of(values.into_iter().next()),
            Some(Value::Object(_) | Value::Null) | None => Self::Missing,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Missing => 2,
        }
    }
}

impl Position {
    /// The order of rows: by the key (reversed when `descending`, missing values last all the same), then by id.
    pub(crate) fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let missing = self.key == SortKey::Missing || other.key == SortKey::Missing;
        let by_key = self.key.compare(&other.key);
        let by_key = if descending && !missing {
            by_key.reverse()
        } else {
            by_key
        };
        by_key.then_with(|| self.id.cmp(&other.id))
    }
}

/// The cursors that were handed out.
#[derive(Debug, Default)]
pub(crate) struct Cursors(HashMap<String, Cursor>);

#[derive(Debug)]
struct Cursor {
    /// What it continues: path and query without `after` and `limit`.
    of: String,
    place: Place,
}

/// Where a list continues.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// The last row that was shown; none when nothing was.
    pub(crate) last: Option<Position>,
    /// How many rows were shown.
    pub(crate) shown: usize,
}

impl Cursors {
    /// Where the request wants to continue, or the beginning.
    pub(crate) fn place(&self, call: &Call) -> Result<Place, ApiError> {
        let Some(after) = call.parameter("after") else {
            return Ok(Place::default());
        };
        match self.0.get(after) {
            Some(cursor) if cursor.of == fingerprint(call) => Ok(cursor.place.clone()),
            _ => Err(ApiError::invalid_cursor()),
        }
    }

    /// Turns rows into an answer with its links; `next` is where the following page continues, if there is one.
    pub(crate) fn page(
        &mut self,
        chance: &mut Chance,
        call: &Call,
        limit: usize,
        rows: Vec<Value>,
        next: Option<Place>,
    ) -> Reply {
        let mut reply = Reply::json(http::StatusCode::OK, Value::Array(rows));
        reply.self_link = Some(link(call, limit, call.parameter("after")));
        if let Some(place) = next {
            let cursor = chance.cursor(32);
            reply.next_link = Some(link(call, limit, Some(&cursor)));
            let of = fingerprint(call);
            self.0.insert(cursor, Cursor { of, place });
        }
        reply
    }
}

/// The page size asked for: `default` when absent, never more than `most`.
pub(crate) fn limit(call: &Call, default: usize, most: usize) -> Result<usize, ApiError> {
    let Some(limit) = call.parameter("limit") else {
        return Ok(default);
    };
    match limit.parse::<usize>() {
        Ok(limit) if limit > 0 => Ok(limit.min(most)),
        _ => Err(
            ApiError::new(400, "E0000001", "Api validation failed: limit")
                .because("limit: The field has an invalid value"),
        ),
    }
}

/// An answer without links, as `q` gets it.
pub(crate) fn unpaged(rows: Vec<Value>) -> Reply {
    Reply {
        content: Content::Json(Value::Array(rows)),
        ..Reply::empty(http::StatusCode::OK)
    }
}

fn link(call: &Call, limit: usize, after: Option<&str>) -> String {
    let limit = limit.to_string();
    let mut query = Serializer::new(String::new());
    for name in CANONICAL {
        let value = match name {
            "after" => after,
            "limit" => Some(limit.as_str()),
            name => kept(call, name),
        };
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!(
        "{}{}?{}",
        call.base(),
        call.path.trim_end_matches('/'),
        query.finish()
    )
}

/// What a list is, whatever page of it is asked for: path and query without `after` and `limit`.
pub(crate) fn fingerprint(call: &Call) -> String {
    let mut text = call.path.trim_end_matches('/').to_owned();
    for name in CANONICAL
        .into_iter()
        .filter(|name| !matches!(*name, "after" | "limit"))
    {
        text.push('\n');
        text.push_str(kept(call, name).unwrap_or_default());
    }
    text
}

/// A parameter that a link repeats: sorting is dropped where it has no effect, as Okta drops it.
fn kept<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    let value = call.parameter(name)?;
    let sorted = call.parameter("search").is_some() && call.parameter("sortBy").is_some();
    match name {
        "sortBy" if !sorted => None,
        "sortOrder" if !sorted || !matches!(value, "asc" | "desc") => None,
        _ => Some(value),
    }
}
