//! A simulated tenant without sockets, and clients of it with private-key credentials.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use jiff::Timestamp;
use okta_api::{Client, ClientBuilder};
use okta_auth::{
    OrgUrl, PrivateKey, Scope, ServiceApp, TokenCache, Transport, TransportError,
    TransportErrorKind,
};
use xtask::Scenario;
use xtask::simulator::{self, Broken, LocalLine, Options, Org, Simulator};

/// The app that the tests' client is.
pub(crate) const APP: &str = "0oa1portalsync0000d7";

/// A simulated org whose clock goes with tokio's, and what its clients need to be.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) simulator: Simulator,
    clock: simulator::Clock,
    strays: Arc<AtomicUsize>,
}

impl Tenant {
    /// The org, which it is `start` at.
    pub(crate) fn new(org: Org, options: Options, start: Timestamp) -> Self {
        let clock = simulator::Clock::running_from(start);
        let options = Options {
            clock: clock.clone(),
            ..options
        };
        Self {
            simulator: Simulator::local(org, options),
            clock,
            strays: Arc::default(),
        }
    }

    /// A client with a token cache of its own, whose clock is right.
    pub(crate) fn client(&self) -> ClientBuilder {
        self.client_for([Scope::USERS_READ, Scope::GROUPS_READ])
    }

    /// The same with a token for these scopes.
    pub(crate) fn client_for(&self, scopes: impl IntoIterator<Item = Scope>) -> ClientBuilder {
        let org = OrgUrl::parse(&self.simulator.url()).unwrap();
        let wire = Arc::new(Wire {
            line: self.simulator.line(),
            strays: Arc::clone(&self.strays),
        });
        let app = ServiceApp::new(APP, [KEY.clone()], scopes).unwrap();
        let tokens = TokenCache::new(org.clone(), app, Arc::clone(&wire))
            .with_clock(Wall(self.clock.clone()));
        Client::builder(org, tokens, wire).jitter(|| 0.5)
    }

    /// How many requests were sent to another host than the org's.
    pub(crate) fn strays(&self) -> usize {
        self.strays.load(Ordering::Relaxed)
    }
}

/// `org` with the app that the clients are.
pub(crate) fn with_app(mut org: Org, dpop_required: bool) -> Org {
    let small = Scenario::named("small").unwrap();
    let mut app = small.org.clients.into_iter().find(|it| it.client_id == APP);
    if let Some(app) = &mut app {
        app.dpop_required = dpop_required;
    }
    org.clients.extend(app);
    org
}

/// The client's side of it, read and checked once.
static KEY: LazyLock<PrivateKey> = LazyLock::new(|| {
    let file = xtask::harness::fixtures().join("keys/rsa2048.pkcs8.pem");
    let key = PrivateKey::from_pem(&std::fs::read_to_string(file).unwrap()).unwrap();
    key.with_key_id("portal-sync-test-1")
});

/// The client's end of the line.
#[derive(Debug)]
struct Wire {
    line: LocalLine,
    strays: Arc<AtomicUsize>,
}

impl Transport for Wire {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        async move {
            self.line.exchange(request).await.map_err(|broken| {
                let kind = match broken {
                    Broken::Interrupted => TransportErrorKind::Interrupted,
                    Broken::TimedOut => TransportErrorKind::Timeout,
                    Broken::NoSuchHost => {
                        self.strays.fetch_add(1, Ordering::Relaxed);
                        TransportErrorKind::Connect
                    }
                };
                TransportError::new(kind, broken)
            })
        }
        .boxed()
    }
}

/// The client's clock.
#[derive(Debug)]
struct Wall(simulator::Clock);

impl okta_auth::Clock for Wall {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}
