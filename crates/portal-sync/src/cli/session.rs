//! What every command but `config` begins with: configuration, logs, store, orgs.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use okta_api::WaitReason;
use okta_auth::{Clock, Proxies, ProxyError, ReqwestTransport, SystemClock, Transport};

use super::{Global, config, failure, output, recording};
use crate::cli::daemon::Renamed;
use crate::config::permissions::Exposed;
use crate::config::{Config, Environment};
use crate::decide::plan::name;
use crate::exit::Exit;
use crate::read::record::{JITTER, Jitter, Record, Recording};
use crate::read::replay::Replay;
use crate::run::provider::ProviderConfig;
use crate::run::provider::{Provider, USER_AGENT, criteria};
use crate::store::{
    Catalog, CatalogStore, Holder, KnownProvider, SqliteStore, StoreError, StoreUrl,
};
use crate::telemetry::{self, Telemetry, Waits};
use crate::text::chain;
use crate::text::nearest::nearest;

/// What a command does with the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It looks at it, and makes nothing.
    Look,
    /// It changes it once.
    Sync,
    /// It keeps it, and logs what it does.
    Serve,
}

/// The working parts of one command.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) config: Config,
    pub(super) store: Arc<dyn CatalogStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) telemetry: Telemetry,
    pub(super) quiet: bool,
    /// This process, as others see it that want its turns.
    pub(super) holder: Holder,
    /// Who called the command.
    pub(super) operator: String,
    /// Read while the variables are at hand, which are not kept: secrets are among them.
    proxies: Result<Proxies, ProxyError>,
    pub(super) asked: Asked,
}

/// Who is asked.
#[derive(Debug)]
pub(super) enum Asked {
    /// Okta.
    Okta,
    /// Okta, and what it answers is kept.
    OktaRecorded(Record),
    /// What was kept.
    Recording(Replay),
}

/// A clock that stands still: in a replay it is when the run began that was recorded.
#[derive(Debug)]
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

impl Session {
    /// Checks the configuration and opens what it names.
    pub(super) async fn open(
        global: &Global,
        environment: &Environment,
        purpose: Purpose,
    ) -> Result<Self, Exit> {
        let chatty = purpose == Purpose::Serve;
        let config = config::load(global, environment)?;
        let telemetry = telemetry(global, environment, &config, chatty)?;
        if !global.quiet {
            for notice in config.notices.iter().chain(&config.exposed) {
                output::message(notice);
            }
        }
        let store = open(&config.store.url, purpose).await;
        let store = store.map_err(|error| failure::of_store(&error))?;
        if !global.quiet {
            let files = config.store.url.file().map(SqliteStore::files);
            for exposed in files.iter().flatten().filter_map(|it| Exposed::at(it)) {
                tracing::warn!("{exposed}");
            }
        }
        let holder = Holder::of_this_process();
        let user = ["USER", "LOGNAME", "USERNAME"];
        let user = user.into_iter().find_map(|name| environment.get(name));
        let operator = format!("{} on {}", user.unwrap_or("somebody"), holder.host);
        Ok(Self {
            config,
            store,
            clock: Arc::new(SystemClock),
            telemetry,
            quiet: global.quiet,
            holder,
            operator,
            proxies: Proxies::from_variables(|name| environment.get(name)),
            asked: Asked::Okta,
        })
    }

    /// Opens what a recording holds instead of what a configuration names.
    pub(super) async fn replay(
        global: &Global,
        environment: &Environment,
        folder: &Path,
    ) -> Result<(Self, recording::Index), Exit> {
        let (index, replay) =
            recording::read(folder).map_err(|error| failure::of_recording(&error))?;
        let mut config = config::recorded(&folder.join(recording::CONFIGURATION))?;
        config.providers.retain(|it| it.id == index.provider);
        config.store.url = StoreUrl::Sqlite(folder.join(recording::STORE));
        let telemetry = telemetry(global, environment, &config, false)?;
        let store = open(&config.store.url, Purpose::Look).await;
        let store = store.map_err(|error| failure::of_store(&error))?;
        let session = Self {
            config,
            store,
            clock: Arc::new(Standing(index.began)),
            telemetry,
            quiet: global.quiet,
            holder: Holder::of_this_process(),
            operator: String::new(),
            proxies: Ok(Proxies::none()),
            asked: Asked::Recording(replay),
        };
        Ok((session, index))
    }

    /// The configured tenants with these ids, in the order of the configuration; all of them when none is named.
    pub(super) fn chosen(&self, ids: &[String]) -> Result<Vec<&ProviderConfig>, Exit> {
        let known = || self.config.providers.iter().map(|it| it.id.as_str());
        if let Some(unknown) = ids.iter().find(|id| known().all(|known| known != **id)) {
            let fix = match nearest(unknown, known()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("use one of {}", known().collect::<Vec<_>>().join(", ")),
            };
            output::message(format_args!(
                "error: no tenant `{unknown}` is configured\n  fix: {fix}"
            ));
            return Err(Exit::Usage);
        }
        let providers = self.config.providers.iter();
        let chosen = providers.filter(|it| ids.is_empty() || ids.contains(&it.id));
        Ok(chosen.collect())
    }

    /// The catalog, or the part of it that is from these providers. It is whole: a provider that was never read, and that
    /// is not left out on purpose, is missed.
    pub(super) async fn catalog(&self, ids: &[String]) -> Result<Catalog, Exit> {
        let chosen = self.chosen(ids)?;
        let catalog = match self.store.catalog().await {
            Ok(catalog) => catalog,
            Err(error) => return Err(failure::of_store(&error)),
        };
        let Some(mut catalog) = catalog else {
            output::message(
                "error: there is no catalog yet\n  fix: run `portal-sync sync` first; an empty export would delete people",
            );
            return Err(Exit::Store);
        };
        let is_read = |it: &&&ProviderConfig| catalog.providers.contains(&it.id);
        let (read, unread): (Vec<_>, Vec<_>) = chosen.iter().partition(is_read);
        if !unread.is_empty() {
            let list = |providers: &[&&ProviderConfig], before: &str| {
                let ids = providers.iter().map(|it| format!("{before}{}", it.id));
                ids.collect::<Vec<_>>()
            };
            let others = list(&read, "--provider ").join(" ");
            let others = if read.is_empty() {
                String::new()
            } else {
                format!("; {others} leaves it out")
            };
            output::message(format_args!(
                "error: {} was never read: without its people and groups the catalog is not whole\n  fix: run \
                 `portal-sync sync` until it ends well{others}",
                list(&unread, "").join(", ")
            ));
            return Err(Exit::Partial);
        }
        if !ids.is_empty() {
            catalog
                .records
                .retain(|it| ids.iter().any(|id| **id == *it.provider));
        }
        Ok(catalog)
    }

    /// Connects these providers, when the catalog knows them as such. Nothing is sent yet. `tell` is told what each of them
    /// waits for.
    pub(super) async fn orgs<T: Fn(WaitReason, &str) + Send + Sync + 'static>(
        &self,
        providers: &[&ProviderConfig],
        tell: impl Fn(&ProviderConfig) -> T,
    ) -> Result<Vec<Provider>, Exit> {
        if let Asked::Recording(_) = self.asked {
            // The other tenants of that time are not configured here.
            return self.connect(providers, tell);
        }
        let known = self.store.providers().await;
        let known = known.map_err(|error| failure::of_store(&error))?;
        look_for_strangers(&known, &self.config.providers)
            .map_err(|renamed| failure::of_renamed(&renamed))?;
        self.connect(providers, tell)
    }

    /// Connects these providers, whatever the catalog knows.
    pub(super) fn connect<T: Fn(WaitReason, &str) + Send + Sync + 'static>(
        &self,
        providers: &[&ProviderConfig],
        tell: impl Fn(&ProviderConfig) -> T,
    ) -> Result<Vec<Provider>, Exit> {
        let (transport, jitter) = self.transport()?;
        let metrics = self.telemetry.metrics();
        providers
            .iter()
            .map(|provider| {
                let (transport, clock) = (Arc::clone(&transport), Arc::clone(&self.clock));
                let waits = Waits::new(metrics.okta(&provider.id), tell(provider));
                Provider::new(provider, transport, jitter, clock, waits)
            })
            .collect::<Result<_, _>>()
            .map_err(|error| {
                failure::print(&error, None);
                Exit::Usage
            })
    }

    /// What requests go through, and what spreads their tries over time unless that is chance.
    pub(super) fn transport(&self) -> Result<(Arc<dyn Transport>, Option<Jitter>), Exit> {
        if let Asked::Recording(replay) = &self.asked {
            return Ok((Arc::new(replay.clone()), Some(JITTER)));
        }
        let proxies = self.proxies.as_ref().map_err(|error| {
            failure::print(error, None);
            Exit::Usage
        })?;
        let transport = ReqwestTransport::builder()
            .proxies(proxies.clone())
            .user_agent(USER_AGENT)
            .build()
            .map_err(|error| failure::of_system("the HTTP client cannot be set up", &error))?;
        let transport: Arc<dyn Transport> = Arc::new(transport);
        Ok(match &self.asked {
            Asked::OktaRecorded(record) => {
                let recording = Recording::new(transport, record.clone());
                (Arc::new(recording), Some(JITTER))
            }
            _ => (transport, None),
        })
    }
}

/// Nobody keeps the objects of a tenant in step that the configuration does not name. When it names the same org
/// differently now, everybody would be there twice.
pub(super) fn look_for_strangers(
    known: &[KnownProvider],
    configured: &[ProviderConfig],
) -> Result<(), Renamed> {
    let is_configured = |it: &&KnownProvider| configured.iter().any(|by| by.id == it.id);
    let is_known = |it: &&ProviderConfig| known.iter().any(|known| known.id == it.id);
    for stranger in known.iter().filter(|it| !is_configured(it)) {
        let mut new = configured.iter().filter(|it| !is_known(it));
        if let Some(renamed) = new.find(|new| is_same(stranger, new)) {
            return Err(Renamed {
                org: renamed.org.to_string(),
                stored: stranger.id.clone(),
                configured: renamed.id.clone(),
            });
        }
        tracing::warn!(
            provider = %stranger.id,
            fix = %format_args!("`portal-sync forget {}` takes them out", name(&stranger.id)),
            "the catalog holds objects of a tenant that is not configured: they stay, and keep their names"
        );
    }
    Ok(())
}

/// Where logs, metrics and traces of a command go.
fn telemetry(
    global: &Global,
    environment: &Environment,
    config: &Config,
    chatty: bool,
) -> Result<Telemetry, Exit> {
    let filter = match (environment.get("RUST_LOG"), global.quiet, global.verbose) {
        (Some(filter), ..) => filter,
        (None, true, _) => "error",
        // What is waited for is told with the name of the provider, and once.
        (None, false, 0) if chatty => {
            "info,okta_api::dispatch=error,okta_api::pacer=error,deadpool=error,opentelemetry_sdk=warn"
        }
        (None, false, 0) => "warn,okta_api::dispatch=error,deadpool=error",
        // More of our own work; what HTTP and telemetry say of theirs is for the third.
        (None, false, 1) => "info,portal_sync=debug,okta_api=debug,okta_auth=debug",
        (None, false, 2) => "info,portal_sync=trace,okta_api=trace,okta_auth=trace",
        (None, false, _) => "debug,portal_sync=trace,okta_api=trace,okta_auth=trace",
    };
    Telemetry::install(telemetry::Options {
        format: config.telemetry.log,
        filter: filter.to_owned(),
        otlp_endpoint: config.telemetry.otlp_endpoint.clone(),
    })
    .map_err(|error| {
        failure::print(&error, Some("correct `portalSync.telemetry`, or RUST_LOG"));
        Exit::Usage
    })
}

async fn open(url: &StoreUrl, purpose: Purpose) -> Result<Arc<dyn CatalogStore>, StoreError> {
    match purpose {
        Purpose::Look => url.open_to_look().await,
        Purpose::Sync => url.open().await,
        Purpose::Serve => {
            let (store, unwritable) = url.open_to_serve().await?;
            if let Some(error) = unwritable {
                tracing::warn!(
                    error = %chain(&error),
                    fix = error.fix(),
                    "the store cannot be written: what is in it is served, and each run tries again"
                );
            }
            Ok(store)
        }
    }
}

/// Whether a tenant of the catalog is one of the configuration under another id: the same org, and no other client.
fn is_same(known: &KnownProvider, configured: &ProviderConfig) -> bool {
    let now = criteria(configured);
    let last = known.remembered.criteria.last();
    let other_client = match (last.map(|last| &last.client), &now.client) {
        (Some(Some(last)), Some(now)) => last != now,
        _ => false,
    };
    known.org.as_ref() == Some(&now.org) && !other_client
}
