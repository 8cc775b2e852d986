//! What a request asks of a generation, read before there is one.

use serde_json::{Map, Value, json};

use super::super::problem::Problem;
use super::request::Parameters;
use super::route::{Name, Route};
use crate::catalog::cursor;
use crate::catalog::fields::Fields;
use crate::catalog::filter::Filter;
use crate::catalog::predicate::{checked, filter, of_older_filter, of_parameter};
use crate::catalog::query::{Cursor, Direction, FullText, Listing, Order, Query, Window};

/// A page of a query, where no other size is asked for.
const PAGE: usize = 200;

/// What is to be looked up.
#[derive(Debug)]
pub(super) enum Work {
    List {
        listing: Listing,
        fields: Option<Fields>,
    },
    Query {
        query: Box<Query>,
        fields: Option<Fields>,
    },
    Refs {
        refs: Vec<String>,
        filter: Option<Filter>,
        fields: Option<Fields>,
    },
    Facets {
        facets: Vec<String>,
        filter: Filter,
    },
    Entity(Name),
    Uid(String),
    Ancestry(Name),
    LocationOf(Name),
    Refresh(String),
    Validate {
        entity: Value,
        location: String,
    },
    /// What needs no generation.
    Said(Value),
    Refused(Problem),
}

impl Work {
    /// Reads what a route asks for.
    pub(super) fn of(
        route: Route,
        parameters: &Parameters,
        body: Option<Value>,
    ) -> Result<Self, Problem> {
        let body = body.unwrap_or_else(|| Value::Object(Map::new()));
        match route {
            Route::Entities => list(parameters),
            Route::Query => query(parameters),
            Route::QueryByPredicate => query_by_predicate(&body),
            Route::EntitiesByRefs => refs(parameters, &body),
            Route::Facets => facets(parameters),
            Route::FacetsByPredicate => facets_by_predicate(&body),
            Route::Entity(name) => Ok(Self::Entity(name)),
            Route::EntityByUid(uid) => Ok(Self::Uid(uid)),
            Route::Ancestry(name) => Ok(Self::Ancestry(name)),
            Route::LocationByEntity(name) => Ok(Self::LocationOf(name)),
            Route::Locations => Ok(Self::Said(json!([]))),
            Route::LocationsByQuery => locations(&body),
            Route::Location(id) => Ok(Self::Refused(Problem::not_found(format!(
                "Found no location with ID {id}"
            )))),
            Route::Refresh => Ok(Self::Refresh(text(&body, "entityRef"))),
            Route::ValidateEntity => Ok(Self::Validate {
                entity: body.get("entity").cloned().unwrap_or_default(),
                location: text(&body, "location"),
            }),
            Route::CreateLocation | Route::UpdateLocation(_) => {
                closed(&body, &["type", "target", "presence"])?;
                Ok(Self::Refused(read_only()))
            }
            Route::AnalyzeLocation => {
                let location = body.get("location").unwrap_or(&Value::Null);
                closed(location, &["type", "target", "presence"])?;
                Ok(Self::Refused(read_only()))
            }
            Route::DeleteEntity(_) | Route::DeleteLocation(_) => Ok(Self::Refused(read_only())),
            Route::OpenApi => Ok(Self::Said(super::openapi::document())),
        }
    }
}

/// What is said to whoever wants to change something.
pub(super) fn read_only() -> Problem {
    Problem::not_allowed("This operation not allowed in readonly mode")
}

fn text(body: &Value, key: &str) -> String {
    let text = body.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// A location has these keys and no other.
fn closed(object: &Value, known: &[&str]) -> Result<(), Problem> {
    let keys = object.as_object().into_iter().flat_map(Map::keys);
    let others: Vec<&String> = keys.filter(|key| !known.contains(&key.as_str())).collect();
    if others.is_empty() {
        return Ok(());
    }
    let quoted: Vec<String> = others.iter().map(|key| format!("'{key}'")).collect();
    let issues = json!([{
        "code": "unrecognized_keys",
        "keys": others,
        "path": [],
        "message": format!("Unrecognized key(s) in object: {}", quoted.join(", ")),
    }]);
    let issues = serde_json::to_string_pretty(&issues).unwrap_or_default();
    Err(Problem::input(format!("Malformed request: {issues}")))
}

/// The parameter `filter` as a predicate.
fn given_filter(parameters: &Parameters) -> Result<Option<Value>, Problem> {
    let filters = parameters.texts("filter").unwrap_or_default();
    of_parameter(filters).map_err(Problem::input)
}

fn meant(predicate: Option<&Value>) -> Result<Filter, Problem> {
    match predicate {
        Some(predicate) => filter(predicate).map_err(Problem::input),
        None => Ok(Filter::ALL),
    }
}

fn fields(names: impl Iterator<Item = String>) -> Result<Option<Fields>, Problem> {
    Fields::new(names).map_err(|error| Problem::input(error.to_string()))
}

fn given_fields(parameters: &Parameters) -> Result<Option<Fields>, Problem> {
    let names = parameters.texts("fields").into_iter().flatten();
    fields(names.flat_map(|names| names.split(',').map(str::to_owned)))
}

fn list(parameters: &Parameters) -> Result<Work, Problem> {
    let predicate = given_filter(parameters)?;
    let fields = given_fields(parameters)?;
    let order = parameters.texts("order").into_iter().flatten();
    let order = order.map(|text| {
        let field = |field: &str, order| Order {
            field: field.to_owned(),
            order: Some(order),
        };
        match text.split_once(':') {
            Some(("asc", name)) if !name.is_empty() => Ok(field(name, Direction::Asc)),
            Some(("desc", name)) if !name.is_empty() => Ok(field(name, Direction::Desc)),
            _ => Err(Problem::input(format!(
                "Invalid order parameter \"{text}\", expected \"<asc or desc>:<field name>\""
            ))),
        }
    });
    let order = order.collect::<Result<Vec<_>, _>>()?;
    let window = window(parameters)?;
    let listing = Listing {
        filter: meant(predicate.as_ref())?,
        order,
        window,
    };
    Ok(Work::List { listing, fields })
}

fn window(parameters: &Parameters) -> Result<Option<Window>, Problem> {
    let (limit, offset) = (parameters.number("limit"), parameters.number("offset"));
    let after = parameters.text("after");
    if limit == Some(0) {
        return Err(Problem::input("Invalid limit, must be greater than zero"));
    }
    if limit.is_none() && offset.is_none() && after.is_none() {
        return Ok(None);
    }
    let mut window = Window {
        limit,
        offset: offset.unwrap_or_default(),
    };
    if let Some(after) = after {
        const UNREADABLE: &str = "Malformed after cursor, could not be parsed";
        let after = cursor::json_of(after).map_err(|_| Problem::input(UNREADABLE))?;
        if after.is_null() {
            return Err(Problem::input(UNREADABLE));
        }
        let number = |key: &str, what: &str| match after.get(key) {
            None => Ok(None),
            Some(number) => match number.as_i64() {
                Some(number) => Ok(Some(usize::try_from(number).unwrap_or_default())),
                None => Err(Problem::input(format!(
                    "Malformed after cursor, {key} was not {what} number"
                ))),
            },
        };
        window.limit = number("limit", "an")?.or(window.limit);
        window.offset = number("offset", "a")?.unwrap_or(window.offset);
    }
    Ok(Some(window))
}

fn query(parameters: &Parameters) -> Result<Work, Problem> {
    let fields = given_fields(parameters)?;
    let limit = parameters.number("limit").unwrap_or(PAGE);
    if let Some(text) = parameters.text("cursor") {
        return go_on(text, limit, fields);
    }
    let predicate = given_filter(parameters)?;
    let orders = parameters.texts("orderField").into_iter().flatten();
    let order_fields = orders.map(|text| {
        let mut parts = text.split(',');
        let field = parts.next().unwrap_or_default().to_owned();
        let order = match parts.next() {
            None => None,
            Some("asc") => Some(Direction::Asc),
            Some("desc") => Some(Direction::Desc),
            Some(_) => {
                return Err(Problem::input(
                    "Invalid order field order, must be asc or desc",
                ));
            }
        };
        Ok(Order { field, order })
    });
    let cursor = Cursor {
        order_fields: order_fields.collect::<Result<_, _>>()?,
        full_text_filter: Some(FullText {
            term: parameters
                .text("fullTextFilterTerm")
                .unwrap_or_default()
                .to_owned(),
            fields: parameters
                .texts("fullTextFilterFields")
                .map(<[String]>::to_vec),
        }),
        query: predicate,
        ..Cursor::default()
    };
    begin(
        cursor,
        limit,
        parameters.number("offset").unwrap_or_default(),
        parameters.text("totalItems") != Some("exclude"),
        fields,
    )
}

fn begin(
    cursor: Cursor,
    limit: usize,
    offset: usize,
    counts: bool,
    fields: Option<Fields>,
) -> Result<Work, Problem> {
    let filter = meant(cursor.query.as_ref())?;
    let query = Box::new(Query {
        cursor,
        filter,
        limit,
        offset,
        counts,
    });
    Ok(Work::Query { query, fields })
}

/// The query goes on where a cursor says. How many there are in all is not counted again.
fn go_on(text: &str, limit: usize, fields: Option<Fields>) -> Result<Work, Problem> {
    let mut cursor = cursor::decode(text).map_err(Problem::input)?;
    let older = cursor.filter.as_ref().map(of_older_filter);
    if let Some(query) = &cursor.query {
        let query = checked(query, Some("query"));
        let query = query.map_err(|error| Problem::input(format!("Malformed cursor: {error}")))?;
        cursor.query = Some(query);
    }
    let both = [older.as_ref(), cursor.query.as_ref()];
    let both = both.into_iter().flatten().map(|one| meant(Some(one)));
    let filter = Filter::Every(both.collect::<Result<_, _>>()?);
    let query = Box::new(Query {
        cursor,
        filter,
        limit,
        offset: 0,
        counts: false,
    });
    Ok(Work::Query { query, fields })
}

/// A number of a body that says how many: Backstage fails below zero, and takes the whole part.
fn count(body: &Value, key: &str) -> Result<Option<usize>, Problem> {
    let Some(number) = body.get(key).and_then(Value::as_f64) else {
        return Ok(None);
    };
    if number < 0.0 {
        return Err(Problem::input(format!("request/body/{key} must be >= 0")));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the whole part is meant, and what is too large becomes the greatest"
    )]
    Ok(Some(number as usize))
}

fn listed_fields(body: &Value) -> Result<Option<Fields>, Problem> {
    let names = body
        .get("fields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let names = names.filter_map(Value::as_str);
    fields(names.flat_map(|names| names.split(',').map(str::to_owned)))
}

/// The predicate of a body, checked.
fn given_query(body: &Value) -> Result<Option<Value>, Problem> {
    let query = body.get("query").map(|query| checked(query, None));
    let query = query.transpose();
    query.map_err(|error| Problem::input(format!("Invalid query: {error}")))
}

fn query_by_predicate(body: &Value) -> Result<Work, Problem> {
    let limit = count(body, "limit")?.unwrap_or(PAGE);
    let offset = count(body, "offset")?.unwrap_or_default();
    match body.get("cursor").and_then(Value::as_str) {
        Some("") => return Err(Problem::input("Cursor cannot be empty")),
        Some(text) => {
            let decoded = go_on(text, limit, None)?;
            let Work::Query { query, .. } = decoded else {
                return Ok(decoded);
            };
            let fields = listed_fields(body)?;
            return Ok(Work::Query { query, fields });
        }
        None => {}
    }
    let predicate = given_query(body)?;
    let order_fields = body.get("orderBy").cloned().unwrap_or_else(|| json!([]));
    let cursor = Cursor {
        order_fields: serde_json::from_value(order_fields)
            .map_err(|_| Problem::input("Invalid order field order, must be asc or desc"))?,
        full_text_filter: body.get("fullTextFilter").map(|text| FullText {
            term: self::text(text, "term"),
            fields: text.get("fields").and_then(texts),
        }),
        query: predicate,
        ..Cursor::default()
    };
    let counts = body.get("totalItems").and_then(Value::as_str) != Some("exclude");
    let fields = listed_fields(body)?;
    begin(cursor, limit, offset, counts, fields)
}

fn texts(list: &Value) -> Option<Vec<String>> {
    let list = list.as_array()?.iter().filter_map(Value::as_str);
    Some(list.map(str::to_owned).collect())
}

fn refs(parameters: &Parameters, body: &Value) -> Result<Work, Problem> {
    let malformed = |error: String| {
        Problem::input(format!(
            "Malformed request body (did you remember to specify an application/json content type?), {error}"
        ))
    };
    let Some(refs) = body.get("entityRefs").and_then(texts) else {
        let missing = "Validation error: Required at \"entityRefs\"";
        return Err(malformed(missing.to_owned()));
    };
    let predicate = body.get("query").map(|query| checked(query, Some("query")));
    let predicate = predicate.transpose().map_err(malformed)?;
    let by_parameter = given_filter(parameters)?;
    let fields = listed_fields(body)?;
    let both = [by_parameter, predicate];
    let both: Vec<Filter> = both
        .iter()
        .flatten()
        .map(|one| meant(Some(one)))
        .collect::<Result<_, _>>()?;
    Ok(Work::Refs {
        refs: refs.iter().map(|one| one.to_lowercase()).collect(),
        filter: (!both.is_empty()).then_some(Filter::Every(both)),
        fields,
    })
}

fn facets(parameters: &Parameters) -> Result<Work, Problem> {
    let predicate = given_filter(parameters)?;
    let facets = parameters.texts("facet").unwrap_or_default().iter();
    let facets: Vec<String> = facets.filter(|facet| !facet.is_empty()).cloned().collect();
    if facets.is_empty() {
        return Err(Problem::input("Missing facet parameter"));
    }
    let filter = meant(predicate.as_ref())?;
    Ok(Work::Facets { facets, filter })
}

fn facets_by_predicate(body: &Value) -> Result<Work, Problem> {
    let facets = body.get("facets").and_then(texts).unwrap_or_default();
    let facets: Vec<String> = facets
        .into_iter()
        .filter(|facet| !facet.is_empty())
        .collect();
    if facets.is_empty() {
        return Err(Problem::input("Missing or empty facets parameter"));
    }
    let filter = meant(given_query(body)?.as_ref())?;
    Ok(Work::Facets { facets, filter })
}

/// A page of locations that were registered, of which there are none.
fn locations(body: &Value) -> Result<Work, Problem> {
    match body.get("cursor").and_then(Value::as_str) {
        Some("") => return Err(Problem::input("Cursor cannot be empty")),
        Some(text) => {
            let unreadable = |_| Problem::input("Malformed cursor, unknown encoding");
            let cursor = cursor::json_of(text).map_err(unreadable)?;
            if cursor.get("limit").is_none() {
                return Err(Problem::input(
                    "Malformed cursor: Validation error: Required at \"limit\"",
                ));
            }
        }
        None => {
            let limit = body.get("limit").and_then(Value::as_f64);
            if limit.is_some_and(|limit| limit.fract() != 0.0 || limit < 1.0) {
                return Err(Problem::input("Limit must be a positive integer >= 1"));
            }
            given_query(body)?;
        }
    }
    Ok(Work::Said(
        json!({ "items": [], "totalItems": 0, "pageInfo": {} }),
    ))
}
