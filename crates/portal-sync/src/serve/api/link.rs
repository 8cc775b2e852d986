//! The way to the next part of a list.

use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::route::below_prefix;
use crate::catalog::query::Window;

/// The same address with another place, as the header `Link` has it.
pub(super) fn link(uri: &Uri, window: Window) -> String {
    let limit = window.limit.unwrap_or_default();
    let after = format!(
        "{{\"limit\":{limit},\"offset\":{}}}",
        window.offset.saturating_add(limit)
    );
    let after = STANDARD.encode(after);
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mut is_set = false;
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match &*name {
            "offset" => {}
            "after" if is_set => {}
            "after" => {
                query.append_pair("after", &after);
                is_set = true;
            }
            _ => drop(query.append_pair(&name, &value)),
        }
    }
    if !is_set {
        query.append_pair("after", &after);
    }
    let path = below_prefix(uri.path());
    format!("<{path}?{}>; rel=\"next\"", query.finish())
}
