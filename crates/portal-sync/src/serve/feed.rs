//! The feed, in the shape of GitHub's raw files, for a stock Backstage that is only configured.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::bulkhead::Refused;
use super::{AsItIs, NEVER_READ, Site, negotiation};
use crate::catalog::representation::{Coding, Representation};

/// YAML that a browser shows.
const YAML: (HeaderName, &str) = (header::CONTENT_TYPE, "text/plain; charset=utf-8");

/// When to come again while a tenant was never read.
const SOON: &str = "60";

/// A file of the feed: `{owner}/{repo}/{ref}/index.yaml`, or `shards/entities-NN.yaml` beside it. What stands before says
/// nothing.
pub(super) async fn file(
    State(site): State<Arc<Site>>,
    Path(path): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Some(name) = Name::of(&path) else {
        return no_such_file();
    };
    if let Some(why) = unready(&site) {
        let mut answer = told(StatusCode::SERVICE_UNAVAILABLE, &why);
        let soon = HeaderValue::from_static(SOON);
        answer.headers_mut().insert(header::RETRY_AFTER, soon);
        return answer;
    }
    let Some(file) = name.file(&site) else {
        return no_such_file();
    };
    let coding = negotiation::coding(&headers);
    let known = headers.clone();
    let making = Arc::clone(&site);
    let is_head = method == Method::HEAD;
    let made = site
        .readings
        .run(move || made(&making, file, coding, &known));
    match made.await {
        Ok(Made::Known(tag)) => tagged(StatusCode::NOT_MODIFIED.into_response(), &tag),
        Ok(Made::File(file, tag)) => written(&site, &file, coding, &tag, is_head),
        Ok(Made::Failed) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Err(Refused::Busy) => busy(),
        Err(Refused::Crashed(error)) => {
            tracing::error!(%error, "could not write a file of the feed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What an address calls a file. Three parts at least stand before it.
enum Name<'a> {
    Index,
    Shard(&'a str),
}

impl<'a> Name<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            [_, _, _, .., "shards", name] => Some(Self::Shard(name)),
            [_, _, _, .., "index.yaml"] => Some(Self::Index),
            _ => None,
        }
    }

    fn file(&self, site: &Site) -> Option<File> {
        match self {
            Self::Index => Some(File::Index),
            Self::Shard(name) => site.feed.shard_of_file(name).map(File::Shard),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum File {
    Index,
    Shard(u16),
}

/// Why nothing is fed: with less than everybody, people would be deleted.
fn unready(site: &Site) -> Option<String> {
    let published = site.catalog.borrow();
    let Some(published) = published.as_ref().filter(|_| site.feed.shards().is_some()) else {
        return Some(
            site.store
                .borrow()
                .trouble()
                .unwrap_or(NEVER_READ)
                .to_owned(),
        );
    };
    let missing = site.never_read(published);
    (!missing.is_empty()).then(|| format!("never read: {}", missing.join(", ")))
}

enum Made {
    Known(String),
    File(Representation, String),
    Failed,
}

fn made(site: &Site, file: File, coding: Coding, headers: &HeaderMap) -> Made {
    let Some(published) = site.published() else {
        return Made::Failed;
    };
    let written = |file| {
        Representation::coded(coding, |out| match file {
            File::Index => out.write_all(site.feed.index().as_bytes()),
            File::Shard(shard) => site.feed.write(&published, shard, out),
        })
    };
    let tag = match file {
        File::Index => written(file).ok().map(|index| index.etag().to_owned()),
        File::Shard(shard) => {
            let digests = site.feed.digests(&published);
            let digest = digests.get(usize::from(shard));
            digest.map(|digest| match coding {
                Coding::Identity => format!("\"{digest:.32}\""),
                Coding::Gzip => format!("\"{digest:.32}-gzip\""),
            })
        }
    };
    let Some(tag) = tag else {
        return Made::Failed;
    };
    if negotiation::has(headers, &tag) {
        return Made::Known(tag);
    }
    match written(file) {
        Ok(file) => Made::File(file, tag),
        Err(error) => {
            tracing::error!(%error, "could not write a file of the feed");
            Made::Failed
        }
    }
}

fn written(
    site: &Site,
    file: &Representation,
    coding: Coding,
    tag: &str,
    is_head: bool,
) -> Response {
    // Whoever asks for the headers alone needs no place among those who read.
    let body = if is_head {
        Some(Body::empty())
    } else {
        site.downloads.start(file.chunks())
    };
    let Some(body) = body else {
        return busy();
    };
    let mut answer = tagged(([YAML], body).into_response(), tag);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.len()));
    if coding == Coding::Gzip {
        let gzip = HeaderValue::from_static("gzip");
        headers.insert(header::CONTENT_ENCODING, gzip);
    }
    answer
}

fn tagged(mut answer: Response, tag: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    let vary = HeaderValue::from_name(header::ACCEPT_ENCODING);
    answer.headers_mut().insert(header::VARY, vary);
    answer.extensions_mut().insert(AsItIs);
    answer
}

fn no_such_file() -> Response {
    told(StatusCode::NOT_FOUND, "no such file of the feed")
}

fn told(status: StatusCode, why: &str) -> Response {
    (status, [YAML], format!("{why}\n")).into_response()
}

fn busy() -> Response {
    let mut answer = told(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many requests at a time: ask again in a second",
    );
    let soon = HeaderValue::from_static("1");
    answer.headers_mut().insert(header::RETRY_AFTER, soon);
    answer
}
