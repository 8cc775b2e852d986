//! The client: what is configured once and shared by all requests.

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use http::HeaderValue;
#[cfg(feature = "reqwest")]
use okta_auth::{ApiToken, Proxies, ReqwestTransport};
use okta_auth::{OrgUrl, ServiceApp, TokenCache, TokenSource, Transport};

use crate::dispatch::Dispatcher;
use crate::get::Get;
use crate::groups::Groups;
use crate::limits::Limits;
use crate::logs::Logs;
use crate::metrics::{Meter, Metrics};
use crate::observer::Observer;
use crate::pacer::Pacer;
use crate::rate_limit_share::RateLimitShare;
#[cfg(feature = "reqwest")]
use crate::start_error::StartError;
use crate::users::Users;

/// A client of one org. Cheap to clone; clones share the budget, the metrics and everything else.
#[derive(Clone, Debug)]
pub struct Client {
    dispatcher: Arc<Dispatcher>,
}

impl Client {
    /// A client of `org` for a service app, with a private key: the way Okta recommends. Takes the proxies that the environment
    /// names (`HTTPS_PROXY`, `NO_PROXY` and so on) and the default of everything else; [`builder_for_app`](Self::builder_for_app)
    /// is for those who want something else. Nothing is sent yet.
    ///
    /// ```no_run
    /// use okta_api::Client;
    /// use okta_api::okta_auth::{OrgUrl, PrivateKey, Scope, ServiceApp};
    ///
    /// # fn example(pem: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// let org = OrgUrl::parse("https://acme.okta.com")?;
    /// let app = ServiceApp::new("0oa1a2b3c4d5E6F7g8h9", [PrivateKey::parse(pem)?], [Scope::USERS_READ])?;
    /// let client = Client::for_app(org, app)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the environment names a proxy that cannot be used, or TLS cannot be set up.
    #[cfg(feature = "reqwest")]
    pub fn for_app(org: OrgUrl, app: ServiceApp) -> Result<Self, StartError> {
        let transport = ReqwestTransport::new(&Proxies::from_env()?)?;
        Ok(Self::builder_for_app(org, app, transport).build())
    }

    /// A client of `org` with an API token (`SSWS`), which may do whatever the administrator may who made it. The rest is as for
    /// [`for_app`](Self::for_app).
    ///
    /// # Errors
    ///
    /// As for [`for_app`](Self::for_app).
    #[cfg(feature = "reqwest")]
    pub fn for_token(org: OrgUrl, token: ApiToken) -> Result<Self, StartError> {
        let transport = ReqwestTransport::new(&Proxies::from_env()?)?;
        Ok(Self::builder(org, token, transport).build())
    }

    /// Starts a client of `org` for a service app, which sends its requests and asks for its tokens through `transport`.
    pub fn builder_for_app(
        org: OrgUrl,
        app: ServiceApp,
        transport: impl Transport,
    ) -> ClientBuilder {
        let transport = Arc::new(transport);
        let tokens = TokenCache::new(org.clone(), app, Arc::clone(&transport));
        Self::builder(org, tokens, transport)
    }

    /// Starts a client of `org`, which asks `tokens` for tokens and sends its requests through
    /// `transport`.
    pub fn builder(
        org: OrgUrl,
        tokens: impl TokenSource,
        transport: impl Transport,
    ) -> ClientBuilder {
        ClientBuilder {
            org,
            tokens: Box::new(tokens),
            transport: Box::new(transport),
            share: RateLimitShare::default(),
            max_concurrent: NonZeroU32::MIN.saturating_add(7),
            retry_for: Duration::from_secs(60),
            user_agent: HeaderValue::from_static(concat!("okta-api/", env!("CARGO_PKG_VERSION"))),
            jitter,
            observer: None,
        }
    }

    /// The org's users.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        Users::new(&self.dispatcher)
    }

    /// The org's groups and their members.
    #[must_use]
    pub fn groups(&self) -> Groups<'_> {
        Groups::new(&self.dispatcher)
    }

    /// The org's System Log.
    #[must_use]
    pub fn logs(&self) -> Logs<'_> {
        Logs::new(&self.dispatcher)
    }

    /// Reads any other endpoint, such as `/api/v1/apps/{appId}/users`: one object ([`Get::object`]) or a list
    /// ([`Get::list`]), of a type of your own, with the same paging, pacing, retries and proofs as all the rest.
    ///
    /// Names in braces are given values by [`Get::path`], and the query is given by [`Get::query`]; both are encoded. The path
    /// stays on the org: another host, `//`, `.`, `..` and a query in it are errors before anything is sent. As it is written
    /// here it is the endpoint's name in [metrics](Self::metrics), [`Observer`] and errors, so that no id ever is.
    ///
    /// ```no_run
    /// # async fn example(client: okta_api::Client) -> Result<(), okta_api::Error> {
    /// #[derive(Debug, serde::Deserialize)]
    /// struct App {
    ///     label: String,
    /// }
    ///
    /// let app: App = client.get("/api/v1/apps/{appId}").path("appId", "0oa1").object().await?;
    /// let apps = client.get("/api/v1/apps").query("limit", 200).list::<App>();
    /// for app in apps.all().await? {
    ///     println!("{}", app.label);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, path: &'static str) -> Get {
        Get::new(&self.dispatcher, path)
    }

    /// What this client and its clones have asked of Okta so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.dispatcher.meter.snapshot()
    }

    /// The rate limits that the org has told this client and its clones of: the last word of each endpoint, to reckon how long
    /// so many requests will take. Empty until the first answer.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.dispatcher.meter.limits()
    }

    /// The org.
    #[must_use]
    pub fn org(&self) -> &OrgUrl {
        &self.dispatcher.org
    }
}

/// How a [`Client`] works. Everything has a default.
#[derive(Debug)]
#[must_use = "a builder does nothing before `build`"]
pub struct ClientBuilder {
    org: OrgUrl,
    tokens: Box<dyn TokenSource>,
    transport: Box<dyn Transport>,
    share: RateLimitShare,
    max_concurrent: NonZeroU32,
    retry_for: Duration,
    user_agent: HeaderValue,
    jitter: fn() -> f64,
    observer: Option<Box<dyn Observer>>,
}

impl ClientBuilder {
    /// The part of the tenant's rate limits to use: 80 %.
    pub fn rate_limit_share(mut self, share: RateLimitShare) -> Self {
        self.share = share;
        self
    }

    /// The most requests at a time: 8. Okta allows an org 35 to 75, all of its applications
    /// together.
    pub fn max_concurrent(mut self, requests: NonZeroU32) -> Self {
        self.max_concurrent = requests;
        self
    }

    /// How long one request is tried, all tries and the waits between them included: 60 s. Waiting
    /// for the rate limit's next window does not count.
    ///
    /// An org that this client never had an answer of is given up sooner, for its address is more likely wrong than it is
    /// down: within four seconds where it refuses connections, and after a second look where its name is not found.
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.retry_for = time;
        self
    }

    /// The `user-agent` header: `okta-api/` and the version.
    pub fn user_agent(mut self, name: HeaderValue) -> Self {
        self.user_agent = name;
        self
    }

    /// Where jitter comes from: numbers in `0.0..1.0` that spread retries over time. Random ones;
    /// tests pass a constant.
    pub fn jitter(mut self, jitter: fn() -> f64) -> Self {
        self.jitter = jitter;
        self
    }

    /// Who is told of every exchange and every wait: nobody.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// The client.
    #[must_use]
    pub fn build(self) -> Client {
        let Self {
            org,
            tokens,
            transport,
            share,
            max_concurrent,
            retry_for,
            user_agent,
            jitter,
            observer,
        } = self;
        let meter = Arc::new(Meter::new(observer));
        let pacer = Pacer::new(share, max_concurrent, jitter, Arc::clone(&meter));
        Client {
            dispatcher: Arc::new(Dispatcher {
                org,
                tokens,
                transport,
                pacer,
                meter,
                retry_for,
                user_agent,
                jitter,
                no_skinny_members: AtomicBool::new(false),
                reached: AtomicBool::new(false),
            }),
        }
    }
}

/// A number in `0.0..1.0`, random enough to spread waits: the standard library's hash keys are.
fn jitter() -> f64 {
    f64::from(u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default())
        / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::{Client, jitter};

    #[test]
    fn jitter_is_spread_over_the_unit_interval() {
        let drawn: Vec<f64> = (0..200).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(
            drawn.iter().any(|number| *number < 0.5) && drawn.iter().any(|number| *number >= 0.5)
        );
    }

    #[test]
    fn a_client_is_shared_between_threads() {
        fn shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
        shared::<Client>();
    }
}
