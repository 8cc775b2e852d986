//! What a generation has to say to a request.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{StatusCode, Uri};
use serde_json::{Map, Value, json};

use super::super::problem::Problem;
use super::link::link;
use super::route::Name;
use super::validate;
use super::work::{Work, read_only};
use crate::catalog::answer::{Answer, Items};
use crate::catalog::cursor;
use crate::catalog::fields::Fields;
use crate::catalog::filter::Filter;
use crate::catalog::published::Published;
use crate::catalog::query::{Listing, Query};

/// An answer.
#[derive(Debug)]
pub(super) enum Reply {
    /// Done, and nothing to say.
    Nothing,
    /// A whole text.
    Json(StatusCode, Vec<u8>),
    /// One entity.
    Entity(Vec<u8>),
    /// Entities, whose first piece is written.
    Entities {
        first: Bytes,
        rest: Answer,
        link: Option<String>,
    },
}

impl Reply {
    fn json(value: &Value) -> Self {
        // Values have text keys, so there is nothing that could not be written.
        Self::Json(
            StatusCode::OK,
            serde_json::to_vec(value).unwrap_or_default(),
        )
    }

    fn entities(mut answer: Answer, link: Option<String>) -> Self {
        Self::Entities {
            first: answer.next_piece().unwrap_or_default(),
            rest: answer,
            link,
        }
    }
}

/// Does what is asked for. It looks at many entities: for a thread that may be blocked.
pub(super) fn to(work: Work, of: Arc<Published>, uri: &Uri) -> Result<Reply, Problem> {
    match work {
        Work::List { listing, fields } => Ok(list(&of, &listing, fields, uri)),
        Work::Query { query, fields } => Ok(page(of, &query, fields)),
        Work::Refs {
            refs,
            filter,
            fields,
        } => Ok(batch(of, &refs, filter.as_ref(), fields)),
        Work::Facets { facets, filter } => Ok(counted(&of, &facets, &filter)),
        Work::Entity(name) => {
            let position = of.position(&name.entity_ref());
            let Name {
                kind,
                namespace,
                name,
            } = name;
            let missing = || {
                Problem::not_found(format!(
                    "No entity named '{name}' found, with kind '{kind}' in namespace '{namespace}'"
                ))
            };
            Ok(one(&of, position.ok_or_else(missing)?))
        }
        Work::Uid(uid) => {
            let missing = || Problem::not_found(format!("No entity with uid {uid}"));
            Ok(one(&of, of.position_of_uid(&uid).ok_or_else(missing)?))
        }
        Work::Ancestry(name) => ancestry(&of, &name.entity_ref()),
        Work::LocationOf(name) => Err(location_of(&of, &name)),
        Work::Refresh(entity_ref) => Err(match of.position(&entity_ref.to_lowercase()) {
            Some(_) => read_only(),
            None => Problem::not_found(format!("Entity {entity_ref} not found")),
        }),
        Work::Validate { entity, location } => Ok(match validate::errors(&entity, &location) {
            Ok(()) => Reply::Nothing,
            Err(errors) => {
                let errors = json!({ "errors": errors });
                let body = serde_json::to_vec(&errors).unwrap_or_default();
                Reply::Json(StatusCode::BAD_REQUEST, body)
            }
        }),
        Work::Said(value) => Ok(Reply::json(&value)),
        Work::Refused(problem) => Err(problem),
    }
}

/// The entities of these refs, in their order, and `null` for those that are not there or not meant.
fn batch(
    of: Arc<Published>,
    refs: &[String],
    filter: Option<&Filter>,
    fields: Option<Fields>,
) -> Reply {
    let chosen = filter.map(|filter| of.index().select(filter));
    let is_chosen = |at: &u32| {
        let index = usize::try_from(*at).unwrap_or(usize::MAX);
        chosen.as_ref().is_none_or(|chosen| chosen.contains(index))
    };
    let positions = refs.iter().map(|one| of.position(one).filter(is_chosen));
    let items = Items::Nullable(positions.collect());
    let answer = Answer::within(of, items, fields, "{\"items\":", "}");
    Reply::entities(answer, None)
}

fn counted(of: &Published, facets: &[String], filter: &Filter) -> Reply {
    let counted = of.index().facets(facets, filter).into_iter();
    let facets: Map<String, Value> = counted
        .map(|(facet, counts)| {
            let counts = counts.into_iter();
            let counts = counts.map(|(value, count)| json!({ "value": value, "count": count }));
            (facet, counts.collect())
        })
        .collect();
    Reply::json(&json!({ "facets": facets }))
}

fn list(of: &Arc<Published>, listing: &Listing, fields: Option<Fields>, uri: &Uri) -> Reply {
    let listed = of.index().list(listing);
    if listed.positions.is_empty() && listing.window.is_none() {
        return Reply::json(&json!([]));
    }
    let window = listing.window.filter(|_| listed.has_more);
    let link = window.map(|window| link(uri, window));
    let items = Items::Positions(listed.positions);
    Reply::entities(Answer::list(Arc::clone(of), items, fields), link)
}

fn page(of: Arc<Published>, query: &Query, fields: Option<Fields>) -> Reply {
    let found = of.index().query(query);
    let mut page = Map::new();
    let cursors = [("nextCursor", &found.next), ("prevCursor", &found.previous)];
    for (name, at) in cursors {
        if let Some(at) = at {
            page.insert(name.to_owned(), cursor::encode(at).into());
        }
    }
    let after = format!(
        ",\"totalItems\":{},\"pageInfo\":{}}}",
        found.total,
        Value::Object(page)
    );
    let items = Items::Positions(found.positions);
    Reply::entities(
        Answer::within(of, items, fields, "{\"items\":", &after),
        None,
    )
}

fn one(of: &Published, position: u32) -> Reply {
    let mut entity = Vec::new();
    of.entities().write(position, &mut entity);
    Reply::Entity(entity)
}

/// Who made an entity known: Backstage's locations, of which there are none here.
fn ancestry(of: &Published, entity_ref: &str) -> Result<Reply, Problem> {
    let Some(position) = of.position(entity_ref) else {
        return Err(Problem::not_found(format!("No such entity {entity_ref}")));
    };
    let mut body =
        format!("{{\"rootEntityRef\":\"{entity_ref}\",\"items\":[{{\"entity\":").into_bytes();
    of.entities().write(position, &mut body);
    body.extend_from_slice(b",\"parentEntityRefs\":[]}]}");
    Ok(Reply::Json(StatusCode::OK, body))
}

/// No location was registered: why the one that an entity is from is not found.
fn location_of(of: &Published, name: &Name) -> Problem {
    let Name {
        kind,
        namespace,
        name: own,
    } = name;
    let entity = of.position(&name.entity_ref());
    let Some(entity) = entity.and_then(|at| of.entities().entity(at)) else {
        return Problem::not_found(format!("found no entity for ref {kind}:{namespace}/{own}"));
    };
    let origin = entity
        .metadata
        .annotations
        .get("backstage.io/managed-by-origin-location");
    match origin.and_then(|origin| origin.split_once(':')) {
        Some((of, target)) => Problem::not_found(format!(
            "Found no location with type {of} and target {target}"
        )),
        None => Problem::not_found(format!(
            "found no origin annotation for ref {kind}:{namespace}/{own}"
        )),
    }
}
