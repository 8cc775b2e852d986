//! The catalog API, read side, in the shapes of Backstage's catalog backend.

mod route;

mod link;

mod openapi;
mod request;

mod validate;

mod work;

mod reply;

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use sha1::{Digest as _, Sha1};

use self::reply::Reply;
use self::request::Parameters;
use self::route::{Found, Route};
use self::work::Work;
use super::bulkhead::Refused;
use super::download::DOWNLOADS;
use super::problem::{Asked, JSON, PREFIX, Problem, weak};
use super::{NEVER_READ, Site, negotiation};
use crate::catalog::published::Published;
use crate::catalog::representation::CHUNK;

/// A body of more bytes is too large, as it is for Backstage.
const BODY: usize = 100 * 1024;

/// Whether the API answers at this path, be it with "not found".
pub(super) fn owns(path: &str) -> bool {
    path.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers any request of the API, in the order in which Backstage looks at it: the body, the route, the parameters, what
/// they mean, and only then the catalog.
pub(super) async fn answer(State(site): State<Arc<Site>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let asked = Asked::of(&parts.method, &parts.uri);
    let work = match read(&parts.method, &parts.uri, &parts.headers, body).await {
        Ok(Read::Work(work)) => *work,
        Ok(Read::Options(methods)) => return options(methods),
        Ok(Read::Nothing) => return StatusCode::NOT_FOUND.into_response(),
        Err(problem) => return problem.answer(&asked),
    };
    let Some(published) = site.published() else {
        let why = site.store.borrow().trouble();
        return Problem::unavailable(why.unwrap_or(NEVER_READ)).answer(&asked);
    };
    let tag = list_tag(&work, &published, &parts.method, &parts.uri);
    if let Some(tag) = &tag
        && negotiation::has(&parts.headers, tag)
    {
        return tagged(StatusCode::NOT_MODIFIED.into_response(), tag);
    }
    let uri = parts.uri.clone();
    // A group may have as many members as there are people: not on a thread that others wait for.
    let replied = site.readings.run(move || reply::to(work, published, &uri));
    let reply = match replied.await {
        Ok(Ok(reply)) => reply,
        Ok(Err(problem)) => return problem.answer(&asked),
        Err(Refused::Busy) => return busy("too many requests at a time", &asked),
        Err(Refused::Crashed(error)) => {
            tracing::error!(%error, "could not write an answer");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    written(&site, reply, tag.as_deref(), &parts.headers, &asked)
}

/// What a request is.
enum Read {
    Work(Box<Work>),
    Options(&'static str),
    Nothing,
}

async fn read(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Result<Read, Problem> {
    let body = to_bytes(body, BODY).await;
    let body = body.map_err(|_| Problem::input("request entity too large"))?;
    let json = request::json(headers, &body).map_err(Problem::input)?;
    let found = route::find(method, uri.path());
    let route: Route = match found.map_err(|_| Problem::input("malformed uri'"))? {
        Found::Route(route) => route,
        Found::Options(methods) => return Ok(Read::Options(methods)),
        Found::Nothing => return Ok(Read::Nothing),
    };
    let takes = route.body();
    let parameters = Parameters::read(uri.query().unwrap_or_default(), route.parameters());
    let checked = || match takes {
        Some(takes) => request::body(headers, json, takes),
        None => Ok(None),
    };
    // Whether the body is of a known type is looked at before the parameters, and what is in it after them.
    let (parameters, body) = match (parameters, checked()) {
        (_, Err(error)) if error.starts_with("unsupported") => return Err(Problem::input(error)),
        (Err(error), _) | (Ok(_), Err(error)) => return Err(Problem::input(error)),
        (Ok(parameters), Ok(body)) => (parameters, body),
    };
    Work::of(route, &parameters, body).map(|work| Read::Work(Box::new(work)))
}

fn options(methods: &'static str) -> Response {
    let allow = [(header::ALLOW, methods)];
    let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let tag = weak(methods.as_bytes());
    tagged((allow, html, methods).into_response(), &tag)
}

fn busy(why: &str, asked: &Asked) -> Response {
    let mut answer = Problem::unavailable(format!("{why}: ask again in a second")).answer(asked);
    let soon = HeaderValue::from_static("1");
    answer.headers_mut().insert(header::RETRY_AFTER, soon);
    answer
}

/// The tag of a list: it follows the generation and what is asked of it, so that a list that is still the same is not even
/// looked up.
fn list_tag(work: &Work, published: &Published, method: &Method, uri: &Uri) -> Option<String> {
    let is_list = matches!(work, Work::List { .. } | Work::Query { .. });
    if !is_list || method == Method::POST {
        return None;
    }
    let of = format!("{} {} {uri}", published.number(), published.taken_at());
    let digest: [u8; 20] = Sha1::digest(of).into();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("W/\"{digest}\""))
}

fn tagged(mut answer: Response, tag: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

/// The answer with what HTTP says of it.
fn written(
    site: &Site,
    reply: Reply,
    tag: Option<&str>,
    headers: &HeaderMap,
    asked: &Asked,
) -> Response {
    let too_many = || busy(&format!("{DOWNLOADS} long answers are under way"), asked);
    let json = |body| ([JSON], body).into_response();
    match reply {
        Reply::Nothing => StatusCode::OK.into_response(),
        Reply::Json(status, body) => {
            let tag = weak(&body);
            if status.is_success() && asked.reads() && negotiation::has(headers, &tag) {
                return tagged(StatusCode::NOT_MODIFIED.into_response(), &tag);
            }
            match text(site, body, asked) {
                Some(body) => tagged((status, json(body)).into_response(), &tag),
                None => too_many(),
            }
        }
        Reply::Entity(entity) => text(site, entity, asked).map_or_else(too_many, json),
        Reply::Entities {
            first,
            mut rest,
            link,
        } => {
            let body = if asked.is_head() {
                Some(Body::empty())
            } else if rest.is_done() {
                Some(Body::from(first))
            } else {
                site.downloads
                    .start_lazily(first, move || rest.next_piece())
            };
            let Some(body) = body else {
                return too_many();
            };
            let mut answer = json(body);
            if let Some(Ok(link)) = link.map(HeaderValue::try_from) {
                answer.headers_mut().insert(header::LINK, link);
            }
            match tag {
                Some(tag) => tagged(answer, tag),
                None => answer,
            }
        }
    }
}

/// A whole text as a body. One that is long is cut up, so that a connection whose peer takes nothing holds little of it;
/// nothing when too many of these are under way.
fn text(site: &Site, text: Vec<u8>, asked: &Asked) -> Option<Body> {
    if text.len() <= CHUNK {
        return Some(text.into());
    }
    if asked.is_head() {
        // Of no known length, as the long answer to GET.
        return Some(Body::from_stream(stream::empty::<io::Result<Bytes>>()));
    }
    let chunks = text.chunks(CHUNK).map(Bytes::copy_from_slice);
    site.downloads.start(&chunks.collect())
}
