//! The page for people: who is in the catalog, and how the last runs went.

mod words;

mod identity;
mod listing;

mod entity;
mod overview;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use self::identity::label;
use self::listing::{Query, SEARCH};
use super::bulkhead::Refused;
use super::{Site, api};
use crate::catalog::published::Published;

/// People, groups and runs.
pub(super) async fn overview(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    let Ok(query) = Query::read(&uri) else {
        return too_long(&site);
    };
    // A search looks at every entity.
    let turns = if query.search().is_empty() {
        &site.readings
    } else {
        &site.searches
    };
    let writing = Arc::clone(&site);
    let written = turns.run(move || {
        let site = writing;
        let providers = site.status.borrow().clone();
        let published = site.published();
        let content = overview::content(published.as_deref(), &providers, &query, site.clock.now());
        document(&site, "Catalog", published.as_deref(), &content).into_response()
    });
    finished(&site, written.await)
}

/// One entity with its relations.
pub(super) async fn entity(
    State(site): State<Arc<Site>>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    uri: Uri,
) -> Response {
    let Ok(query) = Query::read(&uri) else {
        return too_long(&site);
    };
    let writing = Arc::clone(&site);
    let written = site.readings.run(move || {
        let site = writing;
        let Some(published) = site.published() else {
            let content = overview::waiting(&site.status.borrow());
            let page = document(&site, "Catalog", None, &content);
            return (StatusCode::SERVICE_UNAVAILABLE, page).into_response();
        };
        let found = path.ok().and_then(|Path((namespace, kind, name))| {
            let position = published.position_of(&kind, &namespace, &name)?;
            Some((position, published.entities().entity(position)?))
        });
        match found {
            Some((position, found)) => {
                let content = entity::content(&published, position, &found, &query);
                document(&site, label(&found), Some(&published), &content).into_response()
            }
            None => missing(&site, "This person or group is not in the catalog"),
        }
    });
    finished(&site, written.await)
}

fn finished(site: &Site, written: Result<Response, Refused>) -> Response {
    match written {
        Ok(page) => page,
        Err(Refused::Busy) => {
            let what = "Too many ask at this moment. This page will be there in a few seconds.";
            let soon = [(header::RETRY_AFTER, "1")];
            let page = told(site, StatusCode::SERVICE_UNAVAILABLE, "Busy", what);
            (soon, page).into_response()
        }
        Err(Refused::Crashed(error)) => {
            tracing::error!(%error, "could not write the page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn too_long(site: &Site) -> Response {
    let what = format!("A search has {SEARCH} characters at most.");
    told(
        site,
        StatusCode::BAD_REQUEST,
        "This search is too long",
        &what,
    )
}

/// Any other address. The API has no words for it, as Backstage has none.
pub(super) async fn unknown(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    if api::owns(uri.path()) {
        StatusCode::NOT_FOUND.into_response()
    } else {
        missing(&site, "There is no page at this address")
    }
}

fn missing(site: &Site, what: &str) -> Response {
    told(
        site,
        StatusCode::NOT_FOUND,
        "Not found",
        &format!("{what}."),
    )
}

/// A page that says why there is no other.
fn told(site: &Site, status: StatusCode, title: &str, what: &str) -> Response {
    let content = html! {
        h1 { (title) }
        p { (what) " " a href="/" { "See who is." } }
    };
    let published = site.catalog.borrow();
    let page = document(site, title, published.as_deref(), &content);
    (status, page).into_response()
}

/// A whole document around its content.
fn document(site: &Site, title: &str, published: Option<&Published>, content: &Markup) -> Markup {
    let assets = &site.assets;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (words::shortened(title, words::SHOWN)) " · portal-sync" }
                link rel="icon" type="image/svg+xml" href=(assets.icon.path());
                link rel="stylesheet" href=(assets.style.path());
                script src=(assets.script.path()) defer {}
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header {
                    a.home href="/" { "portal-sync" }
                    @if let Some(published) = published {
                        p {
                            "Generation " (words::grouped(published.number())) ", changed "
                            (words::moment(published.taken_at(), site.clock.now()))
                        }
                    }
                }
                main #content tabindex="-1" { (content) }
            }
        }
    }
}
