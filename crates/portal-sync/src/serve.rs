//! The HTTP server: the page, the catalog API as Backstage has it, metrics and health.

mod assets;
mod bulkhead;
mod download;
mod health;
mod host;
mod negotiation;
mod problem;

mod api;

mod feed;

mod access;
mod page;

mod connections;
mod gate;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use okta_auth::Clock;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use self::access::Access;
use self::assets::Assets;
use self::bulkhead::Bulkhead;
use self::download::Downloads;
use self::host::Names;
use crate::catalog::feed::Feed;
use crate::catalog::published::{CatalogReader, Published};
use crate::run::status::{ProviderStatus, StoreStatus};
use crate::telemetry::{Registry, Unauthorized};

pub(crate) use self::access::{Permission, Token};
pub(crate) use self::connections::{capacity, descriptors, listen, serve};

/// What the server reads from.
#[derive(Debug, Clone)]
pub(crate) struct App {
    /// The newest generation of the catalog.
    pub catalog: CatalogReader,
    /// How the catalog is fed to a Backstage.
    pub feed: Arc<Feed>,
    /// Whether the catalog can be read.
    pub store: watch::Receiver<StoreStatus>,
    /// The providers, as the schedule sees them.
    pub status: watch::Receiver<Vec<ProviderStatus>>,
    /// Whoever knows one of these may read. With none of them, anyone may.
    pub tokens: Vec<Token>,
    /// Counts those who know none.
    pub unauthorized: Unauthorized,
    /// The address that is listened at: on loopback nobody is answered who asks for another host.
    pub listen: IpAddr,
    /// The names of this server, such as `portal.example.com`. With none of them, and beyond loopback, any will do.
    pub hosts: Vec<String>,
    /// What `/metrics` prints.
    pub metrics: Registry,
    /// Tells how old the generation is.
    pub clock: Arc<dyn Clock>,
}

/// What is told of a catalog that no run has filled yet.
const NEVER_READ: &str = "waiting for the first sync";

/// How long a request may take until its answer begins.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request waits for its turn to be worked on.
const PATIENCE: Duration = Duration::from_secs(2);

/// So many searches at a time.
const SEARCHES: usize = 2;

/// So many pages and entities are written at a time.
const READINGS: usize = 8;

/// Nothing but our own style, script and icon; no frames; forms only to ourselves.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The routes over `app`.
///
/// | route | answers |
/// |---|---|
/// | `/` | the page: people and groups (`?q=` searches, `?page=` and `?groups=` page), the providers' runs |
/// | `/catalog/{namespace}/{kind}/{name}` | the page of one entity |
/// | `/api/catalog/…` | the read side of Backstage's catalog API |
/// | `/feed/{owner}/{repo}/{ref}/…` | the catalog as files that a stock Backstage ingests |
/// | `/healthz`, `/readyz` | alive; ready once there is a generation, and while the store can be read. Open to all |
/// | `/metrics` | Prometheus text |
///
/// With tokens, all but the two of health ask for one: as a bearer token, or as the password of basic authentication
/// so that a browser can log in. Wrong ones are counted, logged at a bounded rate, and answered later and later.
///
/// Whatever is asked for, a request is refused that is for another host (421; 400 where it does not say for whom it is),
/// that a page of another site makes (403), or that has a body of unknown length (411) or of more than 128 KiB (413).
///
/// Long lists are written as they are read, to a few readers at a time; searches and pages are written a few at a time, too.
/// Whoever finds no place gets 503 with `Retry-After`.
pub(crate) fn router(app: App) -> Router {
    let App {
        catalog,
        feed,
        store,
        status,
        tokens,
        unauthorized,
        listen,
        hosts,
        metrics,
        clock,
    } = app;
    let names = Arc::new(Names::new(listen, &hosts));
    let site = Arc::new(Site {
        downloads: Downloads::new(catalog.clone()),
        searches: Bulkhead::new(SEARCHES, PATIENCE),
        readings: Bulkhead::new(READINGS, PATIENCE),
        catalog,
        feed,
        store,
        status,
        metrics,
        clock,
        assets: Assets::new(),
    });

    let open = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    let mut guarded = Router::new()
        .route("/", get(page::overview))
        .route("/catalog/{namespace}/{kind}/{name}", get(page::entity))
        .route("/api/catalog", any(api::answer))
        .route("/api/catalog/", any(api::answer))
        .route("/api/catalog/{*path}", any(api::answer))
        .route("/feed/{*path}", get(feed::file))
        .route("/metrics", get(health::metrics));
    for asset in site.assets.all() {
        guarded = guarded.route(asset.path(), get(asset.answer()));
    }
    let guarded = guarded.fallback(page::unknown).layer(from_fn_with_state(
        Access::new(&tokens, unauthorized),
        access::check,
    ));

    let routes = open.merge(guarded).with_state(site);
    hardened(routes.layer(from_fn_with_state(names, gate::check)))
}

/// What the handlers share.
#[derive(Debug)]
struct Site {
    catalog: CatalogReader,
    feed: Arc<Feed>,
    store: watch::Receiver<StoreStatus>,
    status: watch::Receiver<Vec<ProviderStatus>>,
    metrics: Registry,
    clock: Arc<dyn Clock>,
    assets: Assets,
    /// Long answers under way.
    downloads: Downloads,
    /// Searches.
    searches: Bulkhead,
    /// Pages and entities.
    readings: Bulkhead,
}

/// Marks an answer that is compressed already if it is to be.
#[derive(Debug, Clone, Copy)]
struct AsItIs;

impl Site {
    /// The newest generation: whoever holds it reads that one to the end. It is for threads that may be blocked, because
    /// the last to let go of a generation gives its memory back, and that takes a while. Others
    /// [borrow](watch::Receiver::borrow).
    fn published(&self) -> Option<Arc<Published>> {
        self.catalog.borrow().clone()
    }

    /// The configured tenants that a generation has nothing of because they were never read.
    fn never_read(&self, published: &Published) -> Vec<String> {
        let status = self.status.borrow();
        let configured = status.iter().map(|status| &status.provider);
        let missing = configured.filter(|provider| !published.has_read(provider));
        missing.cloned().collect()
    }
}

/// Wraps every route, the refused and the unknown ones too, in what any answer of ours has.
fn hardened(routes: Router) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(|request: &Request| {
            // The route, not the path: paths name people.
            let route = request
                .extensions()
                .get::<MatchedPath>()
                .map_or("", MatchedPath::as_str);
            tracing::info_span!("http_request", method = %request.method(), route)
        })
        // An answer of 503 is no fault of ours while the first sync runs.
        .on_failure(());
    routes
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            TIMEOUT,
        ))
        .layer(CatchPanicLayer::new())
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(may_change)))
        .layer(always(
            header::CONTENT_SECURITY_POLICY,
            CONTENT_SECURITY_POLICY,
        ))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::X_FRAME_OPTIONS, "DENY"))
        // Answers name people: nobody keeps a copy, unless a handler says otherwise.
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(trace)
}

fn may_change(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<AsItIs>().is_none()
}

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

#[cfg(test)]
mod tests;
