//! What it costs to sign: an assertion, once for each token, by each kind of key; a DPoP proof, once for each request.

use std::error::Error;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use http::{Request, Response};
use jiff::Timestamp;
use okta_auth::{
    Algorithm, BoxFuture, OrgUrl, PrivateKey, Scope, ServiceApp, Token, TokenCache, TokenSource,
    Transport, TransportError, TransportErrorKind,
};

const CLIENT_ID: &str = "0oa1b2c3d4e5f6g7h8i9";
const CALL: &str = "https://acme.okta.com/api/v1/users?limit=200";

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let org = OrgUrl::parse("https://acme.okta.com")?;
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::ES512] {
        let key = PrivateKey::generate(algorithm)?.key().clone();
        let app = ServiceApp::new(CLIENT_ID, [key], [Scope::USERS_READ])?;
        let key = app.first_key();
        let mut group = criterion.benchmark_group("assertion");
        group.throughput(Throughput::Elements(1));
        group.bench_function(algorithm.as_str(), |bencher| {
            bencher.iter(|| app.assertion(key, &org, black_box(Timestamp::UNIX_EPOCH), "jti"));
        });
        group.finish();
    }

    let token = bound_token(org)?;
    let request = Request::get(CALL).body(Bytes::new())?;
    let mut group = criterion.benchmark_group("proof");
    group.throughput(Throughput::Elements(1));
    group.bench_function("ES256", |bencher| {
        bencher.iter_batched_ref(
            || request.clone(),
            |request| token.authorize(request),
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();
    criterion.final_summary();
    Ok(())
}

/// A token that is bound to a key, got in the usual way.
fn bound_token(org: OrgUrl) -> Result<Token, Box<dyn Error>> {
    let key = PrivateKey::generate(Algorithm::ES256)?.key().clone();
    let app = ServiceApp::new(CLIENT_ID, [key], [Scope::USERS_READ])?;
    let count = AtomicU64::new(0);
    let cache = TokenCache::new(org, app, RequiresProof)
        .with_nonces(move || count.fetch_add(1, Ordering::Relaxed).to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    Ok(runtime.block_on(cache.token())?)
}

/// An org that grants tokens to those who prove possession.
#[derive(Debug)]
struct RequiresProof;

impl Transport for RequiresProof {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let (status, body) = if request.headers().contains_key("dpop") {
            let granted =
                r#"{"token_type":"DPoP","expires_in":3600,"access_token":"eyJraWQiOiJi"}"#;
            (200, granted)
        } else {
            let missing = r#"{"error":"invalid_dpop_proof",
                "error_description":"The DPoP proof JWT header is missing."}"#;
            (400, missing)
        };
        let answer = Response::builder()
            .status(status)
            .body(Bytes::from_static(body.as_bytes()));
        let answer =
            answer.map_err(|error| TransportError::new(TransportErrorKind::Request, error));
        Box::pin(std::future::ready(answer))
    }
}
