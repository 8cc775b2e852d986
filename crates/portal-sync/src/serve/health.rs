//! For those who watch: alive, ready, and metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{NEVER_READ, Site};
use crate::telemetry::{TEXT_FORMAT, exposition};

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// There is a generation to serve, and the store that it is from can be read. The body names the tenants that were never
/// read, a line each: their people and groups are missing from it.
pub(super) async fn ready(State(site): State<Arc<Site>>) -> (StatusCode, String) {
    let published = site.catalog.borrow();
    let why = site.store.borrow().trouble();
    let Some(published) = published.as_ref().filter(|_| why.is_none()) else {
        let why = why.unwrap_or(NEVER_READ);
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"));
    };
    let mut body = "ok\n".to_owned();
    for provider in site.never_read(published) {
        body.extend(["never read: ", &provider, "\n"]);
    }
    (StatusCode::OK, body)
}

/// The metrics as Prometheus reads them.
pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Response {
    match exposition(&site.metrics) {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "could not write the metrics");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "could not write the metrics\n",
            )
                .into_response()
        }
    }
}
