//! The catalog API, read side, in the shapes of Backstage's catalog backend.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use tokio::time::timeout;

use super::bulkhead::Refused;
use super::download::DOWNLOADS;
use super::problem::{Asked, JSON, PREFIX, Problem};
use super::{AsItIs, LIST_PATIENCE, NEVER_READ, Site, negotiation};
use crate::catalog::representation::{Coding, Representation};

/// Whether the API answers at this path, be it with "not found".
pub(super) fn owns(path: &str) -> bool {
    path.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Every entity, sorted by ref: bytes that are made once a generation and shared by all who read them.
pub(super) async fn entities(
    State(site): State<Arc<Site>>,
    method: Method,
    headers: HeaderMap,
    asked: Asked,
) -> Response {
    let coding = negotiation::coding(&headers);
    if let Err(problem) = plain(&site, &asked) {
        return problem.answer(&asked);
    }
    let list = match list(&site, coding).await {
        Ok(list) => list,
        Err(failed) => return failed.answer(&asked),
    };
    let is_head = method == Method::HEAD;
    let is_known = negotiation::has(&headers, list.etag());
    let mut answer = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        // Whoever asks for the headers alone needs no place among those who read.
        let body = if is_head {
            Some(Body::empty())
        } else {
            site.downloads.start(list.chunks())
        };
        let Some(body) = body else {
            return Failed::Busy(too_many()).answer(&asked);
        };
        let mut answer = ([JSON], body).into_response();
        if coding == Coding::Gzip {
            let gzip = HeaderValue::from_static("gzip");
            answer.headers_mut().insert(header::CONTENT_ENCODING, gzip);
        }
        answer
    };
    // To HEAD a length of none would be added, which the list has not (RFC 9110, section 8.6); a 304 to GET has no length.
    if is_head || !is_known {
        let length = HeaderValue::from(list.len());
        answer.headers_mut().insert(header::CONTENT_LENGTH, length);
    }
    if let Ok(etag) = HeaderValue::from_str(list.etag()) {
        answer.headers_mut().insert(header::ETAG, etag);
    }
    let vary = HeaderValue::from_name(header::ACCEPT_ENCODING);
    answer.headers_mut().insert(header::VARY, vary);
    answer.extensions_mut().insert(AsItIs);
    answer
}

/// The list of the newest generation. The first to ask for it has it made, and the others wait for that one making.
async fn list(site: &Arc<Site>, coding: Coding) -> Result<Representation, Failed> {
    let made = site
        .catalog
        .borrow()
        .as_ref()
        .and_then(|published| published.list(coding).cloned());
    if let Some(list) = made {
        return Ok(list);
    }
    let newest = Arc::clone(site);
    let made = site.makings.run(move || {
        let published = newest.published();
        published.map_or_else(
            || Err(io::Error::other("the catalog went away")),
            |published| published.make_list(coding).cloned(),
        )
    });
    match timeout(LIST_PATIENCE, made).await {
        Ok(Ok(made)) => made.map_err(Failed::Bug),
        Ok(Err(Refused::Crashed(error))) => Err(Failed::Bug(io::Error::other(error))),
        // What was begun is made to its end, for those who come again.
        Ok(Err(Refused::Busy)) | Err(_) => Err(Failed::Busy(
            "the list is being made: ask again in a second".to_owned(),
        )),
    }
}

fn too_many() -> String {
    format!("{DOWNLOADS} long answers are under way: ask again in a second")
}

/// One entity, whatever the case of the three parts.
pub(super) async fn by_name(
    State(site): State<Arc<Site>>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    asked: Asked,
) -> Response {
    if let Err(problem) = plain(&site, &asked) {
        return problem.answer(&asked);
    }
    let Ok(Path((kind, namespace, name))) = path else {
        return Problem::input("Failed to decode the path: it is not UTF-8").answer(&asked);
    };
    // A group may have as many members as there are people: not on a thread that others wait for.
    let newest = Arc::clone(&site);
    let found = site.readings.run(move || {
        let wire = newest.published().and_then(|published| {
            let mut wire = Vec::new();
            let position = published.position_of(&kind, &namespace, &name)?;
            published.entities().write(position, &mut wire);
            Some(wire)
        });
        let Some(wire) = wire else {
            return Err(Failed::Problem(Problem::not_found(format!(
                "No entity named '{name}' found, with kind '{kind}' in namespace '{namespace}'"
            ))));
        };
        let write = |out: &mut dyn io::Write| out.write_all(&wire);
        Representation::coded(Coding::Identity, write).map_err(Failed::Bug)
    });
    let entity = match found.await {
        Ok(Ok(entity)) => entity,
        Ok(Err(failed)) => return failed.answer(&asked),
        Err(Refused::Crashed(error)) => return Failed::Bug(io::Error::other(error)).answer(&asked),
        Err(Refused::Busy) => {
            let busy = "too many requests at a time: ask again in a second".to_owned();
            return Failed::Busy(busy).answer(&asked);
        }
    };
    let body = if asked.is_head() && entity.chunks().len() > 1 {
        // Of no known length, as the long answer to GET.
        Some(Body::from_stream(stream::empty::<io::Result<Bytes>>()))
    } else {
        site.downloads.start(entity.chunks())
    };
    match body {
        Some(body) => ([JSON], body).into_response(),
        None => Failed::Busy(too_many()).answer(&asked),
    }
}

/// Why there is no answer as it was asked for.
#[derive(Debug)]
enum Failed {
    Problem(Problem),
    /// Too much at a time.
    Busy(String),
    Bug(io::Error),
}

impl Failed {
    fn answer(self, asked: &Asked) -> Response {
        match self {
            Self::Problem(problem) => problem.answer(asked),
            Self::Busy(message) => {
                let mut answer = Problem::unavailable(message).answer(asked);
                let soon = HeaderValue::from_static("1");
                answer.headers_mut().insert(header::RETRY_AFTER, soon);
                answer
            }
            Self::Bug(error) => {
                tracing::error!(%error, "could not write an answer");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// Refuses parameters, of which there are none, and requests before there is anything to read. Backstage checks the
/// parameters first.
fn plain(site: &Site, asked: &Asked) -> Result<(), Problem> {
    if let Some(name) = asked.parameter() {
        return Err(Problem::input(format!("Unknown query parameter '{name}'")));
    }
    if site.catalog.borrow().is_none() {
        let why = site.store.borrow().trouble();
        return Err(Problem::unavailable(why.unwrap_or(NEVER_READ)));
    }
    Ok(())
}
