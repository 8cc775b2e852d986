//! What every command but `config` begins with: configuration, logs, store, orgs.

use std::sync::Arc;

use okta_auth::{Clock, Proxies, ReqwestTransport, SystemClock};

use super::{Global, config, failure, output};
use crate::config::{Config, Environment, StoreUrl};
use crate::exit::Exit;
use crate::okta::{Okta, USER_AGENT};
use crate::store::{CatalogStore as _, SqliteStore};
use crate::telemetry::{self, Telemetry};

/// The working parts of one command.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) config: Config,
    pub(super) store: SqliteStore,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) telemetry: Telemetry,
    pub(super) quiet: bool,
    environment: Environment,
}

impl Session {
    /// Checks the configuration and opens what it names. `chatty` commands log their progress.
    pub(super) fn open(
        global: &Global,
        environment: &Environment,
        chatty: bool,
    ) -> Result<Self, Exit> {
        let config = config::load(global, environment)?;
        let filter = match (environment.get("RUST_LOG"), global.quiet, global.verbose) {
            (Some(filter), ..) => filter,
            (None, true, _) => "error",
            (None, false, 0) if chatty => "info",
            (None, false, 0) => "warn",
            (None, false, 1) => "info,portal_sync=debug,okta_api=debug,okta_auth=debug",
            (None, false, _) => "debug,portal_sync=trace,okta_api=trace,okta_auth=trace",
        };
        let telemetry = Telemetry::install(telemetry::Options {
            format: config.telemetry.log,
            filter: filter.to_owned(),
            otlp_endpoint: config.telemetry.otlp_endpoint.clone(),
        })
        .map_err(|error| {
            failure::print(&error, Some("correct `portalSync.telemetry`, or RUST_LOG"));
            Exit::Usage
        })?;
        if !global.quiet {
            for notice in &config.notices {
                output::message(notice);
            }
        }
        let StoreUrl::Sqlite(path) = &config.store.url;
        let store = SqliteStore::open(path).map_err(|error| failure::of_store(&error))?;
        Ok(Self {
            config,
            store,
            clock: Arc::new(SystemClock),
            telemetry,
            quiet: global.quiet,
            environment: environment.clone(),
        })
    }

    /// Connects every provider. Nothing is sent yet.
    pub(super) async fn orgs(&self) -> Result<Vec<Okta>, Exit> {
        self.tell_of_strangers().await?;
        let proxies = Proxies::from_variables(|name| self.environment.get(name));
        let proxies = proxies.map_err(|error| {
            failure::print(&error, None);
            Exit::Usage
        })?;
        let transport = ReqwestTransport::new(&proxies)
            .map_err(|error| failure::of_system("the HTTP client cannot be set up", &error))?
            .with_user_agent(USER_AGENT);
        let metrics = self.telemetry.metrics();
        self.config
            .providers
            .iter()
            .map(|provider| {
                let (transport, clock) = (transport.clone(), Arc::clone(&self.clock));
                Okta::new(provider, transport, clock, metrics.okta(&provider.id))
            })
            .collect::<Result<_, _>>()
            .map_err(|error| {
                failure::print(&error, None);
                Exit::Usage
            })
    }

    /// Nobody keeps the objects of a tenant in step that the configuration does not name, or names differently now.
    async fn tell_of_strangers(&self) -> Result<(), Exit> {
        let stored = self
            .store
            .providers()
            .await
            .map_err(|error| failure::of_store(&error))?;
        let configured = |id: &String| {
            self.config
                .providers
                .iter()
                .any(|provider| provider.id == *id)
        };
        for id in stored.iter().filter(|id| !configured(id)) {
            tracing::warn!(
                provider = %id,
                "the catalog holds objects of a tenant that is not configured: they stay, and keep their names"
            );
        }
        Ok(())
    }
}
