//! For those who watch: alive, ready, and metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus::{TEXT_FORMAT, TextEncoder};

use super::{Site, StoreStatus};

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// There is a generation to serve. The body names the tenants that were never read, a line each: their people and groups
/// are missing from it.
pub(super) async fn ready(State(site): State<Arc<Site>>) -> (StatusCode, String) {
    let Some(published) = site.published() else {
        let waiting = match *site.store.borrow() {
            StoreStatus::Opening => "reading the store\n",
            StoreStatus::Unreadable => "the store cannot be read: it is tried again\n",
            StoreStatus::Read => "waiting for the first sync\n",
        };
        return (StatusCode::SERVICE_UNAVAILABLE, waiting.to_owned());
    };
    let mut body = "ok\n".to_owned();
    for provider in site.never_read(&published) {
        body.extend(["never read: ", &provider, "\n"]);
    }
    (StatusCode::OK, body)
}

/// The metrics as Prometheus reads them.
pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Response {
    match TextEncoder::new().encode_to_string(&site.metrics.gather()) {
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
