//! Questions to the server: the input is a path with its query, and in further lines what the headers say.
#![no_main]

use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, Response, header};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// No page of this small catalog is longer.
const LONGEST: usize = 200_000;

/// The runtime and the server, which need no other input.
static SERVER: LazyLock<Option<(Runtime, Router)>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .ok()?;
    Some((runtime, server()?))
});

fn server() -> Option<Router> {
    let entities = [
        r#"{"apiVersion":"backstage.io/v1alpha1","kind":"User","metadata":{"name":"ada"},"spec":{"memberOf":["team"]}}"#,
        r#"{"apiVersion":"backstage.io/v1alpha1","kind":"Group","metadata":{"name":"team","title":"<b>&\u202e"},"spec":{"type":"team","children":[],"members":["ada"]}}"#,
    ];
    let entities = entities.iter().map(|text| serde_json::from_str(text).ok());
    portal_sync::bench::server(entities.collect::<Option<_>>()?).ok()
}

fuzz_target!(|question: &[u8]| {
    let Some((runtime, server)) = &*SERVER else {
        return;
    };
    let mut lines = question.split(|byte| *byte == b'\n');
    let target = lines.next().unwrap_or_default();
    let mut request = Request::builder()
        .uri(target)
        .header(header::HOST, "localhost");
    for (name, value) in [
        header::ACCEPT_ENCODING,
        header::IF_NONE_MATCH,
        header::ACCEPT,
        header::HOST,
        header::AUTHORIZATION,
    ]
    .into_iter()
    .zip(lines)
    {
        request = request.header(name, value);
    }
    // What is no request never comes so far.
    let Ok(request) = request.body(Body::empty()) else {
        return;
    };
    let answer = runtime.block_on(server.clone().oneshot(request));
    let Ok(answer) = answer;
    let is_page = of_type(&answer, "text/html");
    assert!(answer.status() != 500, "{:?}", answer.status());
    let body = runtime.block_on(to_bytes(answer.into_body(), usize::MAX));
    let body = body.unwrap_or_default();
    assert!(body.len() < LONGEST, "{} bytes", body.len());
    if is_page {
        let page = String::from_utf8_lossy(&body);
        assert!(!page.contains("<b>&"), "what is foreign is no markup");
        assert!(!page.contains('\u{202e}'), "nothing turns the page round");
    }
});

fn of_type(answer: &Response<Body>, kind: &str) -> bool {
    let value = answer.headers().get(header::CONTENT_TYPE);
    value.is_some_and(|value| value.as_bytes().starts_with(kind.as_bytes()))
        && !answer.headers().contains_key(header::CONTENT_ENCODING)
}
