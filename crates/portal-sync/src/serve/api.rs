//! The catalog API, read side, in the shapes of Backstage's catalog backend.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt as _, stream};

use super::Site;
use super::problem::{Asked, JSON, PREFIX, Problem};
use crate::published::Published;

/// Entities written at once: a few hundred kilobytes.
const PART: usize = 256;

/// Whether the API answers at this path, be it with "not found".
pub(super) fn owns(path: &str) -> bool {
    path.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Every entity, sorted by ref.
///
/// The answer is written as it is read, from one generation, so its size is nobody's memory.
pub(super) async fn entities(State(site): State<Arc<Site>>, asked: Asked) -> Response {
    match plain(&site, &asked) {
        Ok(published) => ([JSON], Body::from_stream(array(published))).into_response(),
        Err(problem) => problem.answer(&asked),
    }
}

/// One entity, whatever the case of the three parts.
pub(super) async fn by_name(
    State(site): State<Arc<Site>>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    asked: Asked,
) -> Response {
    let entity = || {
        let published = plain(&site, &asked)?;
        let Path((kind, namespace, name)) =
            path.map_err(|_| Problem::input("Failed to decode the path: it is not UTF-8"))?;
        published
            .get(&kind, &namespace, &name)
            .and_then(|entity| published.wire(&entity.entity_ref()))
            .ok_or_else(|| {
                Problem::not_found(format!(
                    "No entity named '{name}' found, with kind '{kind}' in namespace '{namespace}'"
                ))
            })
    };
    match entity() {
        Ok(entity) => ([JSON], Json(entity)).into_response(),
        Err(problem) => problem.answer(&asked),
    }
}

/// What a request without parameters reads. Backstage checks the parameters first.
fn plain(site: &Site, asked: &Asked) -> Result<Arc<Published>, Problem> {
    if let Some(name) = asked.parameter() {
        return Err(Problem::input(format!("Unknown query parameter '{name}'")));
    }
    site.published()
        .ok_or_else(|| Problem::unavailable("waiting for the first sync"))
}

fn array(published: Arc<Published>) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let count = published.len();
    let parts = stream::iter((0..count).step_by(PART)).then(move |start| {
        let published = Arc::clone(&published);
        async move {
            // Others get their turn between two parts, also when the reader is faster than we are.
            tokio::task::yield_now().await;
            part(&published, start)
        }
    });
    let end = if count == 0 { "[]" } else { "]" };
    parts.chain(stream::once(async move { end.into() })).map(Ok)
}

/// The entities from `start` on, each after a `[` or a comma.
fn part(published: &Published, start: usize) -> Bytes {
    let mut text = String::new();
    for (at, reference) in (start..).zip(published.refs(start, PART)) {
        if let Some(entity) = published.wire(reference) {
            text.push(if at == 0 { '[' } else { ',' });
            text.push_str(&entity.to_string());
        }
    }
    text.into()
}
