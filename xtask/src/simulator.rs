//! A simulated Okta org: an HTTP server that a test or a person can point a client at.
//!
//! It checks what Okta checks (signatures of client assertions with the registered public keys, scopes, roles, rate
//! limits, search expressions) with code of its own: it shares nothing with the client, so that the two can disagree.

mod chance;

mod clock;

mod connection;

mod endpoint;

mod org;

mod names;

mod generate;

mod options;

mod fault;

mod log;

mod event;

mod edits;

mod history;

mod rate_limit;

mod reply;

mod search;

mod call;

mod paging;

mod jws;

mod dpop;

mod access;

mod oauth;

mod records;

mod projection;

mod pager;

mod lists;

mod system_log;

mod spoil;

mod world;

mod local_line;

mod server;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use http::Uri;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use chance::Chance;
pub use clock::Clock;
pub use endpoint::{Bucket, Endpoint};
pub use event::Event;
pub use fault::{Effect, Fault, When};
pub use local_line::{Broken, LocalLine};
pub use log::Recorded;
pub use options::{Options, SkinnyUsers, UserFields, WithoutRole};
pub use org::{ApiToken, Client, DEPROVISIONED, Group, Org, User};
pub use rate_limit::Usage;

use connection::CuttableListener;
use world::World;

/// Where an org without a server is.
const LOCAL: &str = "https://acme.okta.com";

/// A running simulated org. Dropping it stops it.
///
/// ```
/// use xtask::simulator::{Org, Options, Simulator};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let simulator = Simulator::start(Org::generate(20, 5, 7), Options::default()).await?;
/// assert!(simulator.url().starts_with("http://127.0.0.1:"));
/// assert!(simulator.requests().is_empty());
/// simulator.shutdown().await;
/// # anyhow::Ok(())
/// # })?;
/// # anyhow::Ok(())
/// ```
#[derive(Debug)]
pub struct Simulator {
    url: String,
    world: Arc<Mutex<World>>,
    stop: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts a server over `org` on the current runtime.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on.
    pub async fn start(org: Org, options: Options) -> anyhow::Result<Self> {
        let listen = options.listen;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on `{listen}`"))?;
        let address = listener
            .local_addr()
            .context("cannot tell which port was taken")?;
        let world = Arc::new(Mutex::new(World::new(org, options)));
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(server::serve(
            CuttableListener(listener),
            Arc::clone(&world),
            stopped,
        ));
        Ok(Self {
            url: format!("http://{address}"),
            world,
            stop,
            server: Some(server),
        })
    }

    /// An org without a server, which only its [`line`](Self::line) leads to: for tests under paused time, whose clock is
    /// [`Clock::running_from`].
    #[must_use]
    pub fn local(org: Org, options: Options) -> Self {
        Self {
            url: LOCAL.to_owned(),
            world: Arc::new(Mutex::new(World::new(org, options))),
            stop: watch::Sender::default(),
            server: None,
        }
    }

    /// A line to the org that needs no socket.
    #[must_use]
    pub fn line(&self) -> LocalLine {
        let authority = self.url.parse().map(|uri: Uri| uri.authority().cloned());
        LocalLine::new(authority.unwrap_or_default(), Arc::clone(&self.world))
    }

    /// The org's URL, such as `http://127.0.0.1:40123` or, without a server, `https://acme.okta.com`; no trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The requests so far, in the order of their arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.world().requests().to_vec()
    }

    /// How many requests each endpoint has had, by template: `/api/v1/groups/{id}/users`.
    #[must_use]
    pub fn requests_by_endpoint(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in self.world().requests() {
            *counts.entry(request.template().to_owned()).or_default() += 1;
        }
        counts
    }

    /// Forgets the requests and the usage so far; rate-limit windows start afresh.
    pub fn forget_requests(&self) {
        self.world().forget_requests();
    }

    /// What each rate-limit bucket has seen: its limit, the most requests in one window, and its `429`s.
    #[must_use]
    pub fn usage(&self) -> BTreeMap<Bucket, Usage> {
        self.world().usage()
    }

    /// The same, of the requests of one app only, by its client id.
    #[must_use]
    pub fn usage_of(&self, client_id: &str) -> BTreeMap<Bucket, Usage> {
        self.world().usage_of(client_id)
    }

    /// Lets others take so many requests of the org's limit, out of the window it is.
    pub fn spend(&self, bucket: Bucket, requests: u32) {
        self.world().spend(bucket, requests);
    }

    /// How many `429`s were sent.
    #[must_use]
    pub fn throttled(&self) -> usize {
        self.world()
            .requests()
            .iter()
            .filter(|request| request.status == 429)
            .count()
    }

    /// A copy of the org as it is now.
    #[must_use]
    pub fn org(&self) -> Org {
        self.world().org().clone()
    }

    /// Changes the org. Everything sees it at once, except what the [options](Options) let lag behind; with
    /// [`Options::log_edits`] the System Log tells of it.
    pub fn edit(&self, change: impl FnOnce(&mut Org)) {
        self.world().edit(change);
    }

    /// Puts an event into the System Log, whatever it has of edits, and returns its id.
    pub fn log(&self, event: Event) -> String {
        self.world().log(event)
    }

    /// Makes every cursor of the System Log that was handed out so far one that it refuses: 400 `E0000001`.
    pub fn expire_log_cursors(&self) {
        self.world().expire_log_cursors();
    }

    /// Lets everything catch up with every edit, whatever lags behind.
    pub fn reindex(&self) {
        self.world().reindex();
    }

    /// Puts a fault in; of several that strike one request, the first put in wins.
    pub fn fail(&self, fault: Fault) {
        self.world().faults().put(fault);
    }

    /// Takes all faults out.
    pub fn clear_faults(&self) {
        self.world().faults().clear();
    }

    /// What time the server believes it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world().now()
    }

    /// Sets the server's clock ahead by `offset` (or back, when negative) of the one it was started with.
    pub fn set_clock_offset(&self, offset: SignedDuration) {
        self.world().set_clock_offset(offset);
    }

    /// Makes every token invalid, as revoking them in the console does.
    pub fn revoke_tokens(&self) {
        self.world().revoke_tokens();
    }

    /// Stops the server, cuts what hangs, and waits until the port is free.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(server) = self.server.take() {
            // The task ends when told to; its only other end is a panic, which has been reported already.
            drop(server.await);
        }
    }

    /// The world, also after a request's task has panicked: the test that looks wants to see it.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}
