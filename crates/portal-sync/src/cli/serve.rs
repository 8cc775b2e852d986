//! `serve`.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use okta_api::WaitReason;
use okta_auth::Transport;

use super::failure;
use super::session::{Session, look_for_strangers};
use super::signals::{asks_by_signal, stop_signal};
use crate::catalog::feed::Feed;
use crate::cli::daemon::Daemon;
use crate::exit::Exit;
use crate::run::provider::ProviderConfig;
use crate::run::push::Push;
use crate::run::schedule::Schedule;
use crate::run::triggers::Timing;
use crate::serve::{capacity, descriptors};
use crate::store::{KnownProvider, StoreUrl};

pub(super) async fn serve(session: Session) -> Exit {
    // Before anything else: a signal that nobody waits for ends the process.
    let asks = asks_by_signal();
    let providers: Vec<&ProviderConfig> = session.config.providers.iter().collect();
    let orgs = match session.connect(&providers, tell_waiting) {
        Ok(orgs) => orgs,
        Err(exit) => return exit,
    };
    let push = match pusher(&session) {
        Ok(push) => push,
        Err(exit) => return exit,
    };
    let Session {
        config,
        store,
        clock,
        telemetry,
        holder,
        ..
    } = session;
    let connections = capacity(descriptors(), config.providers.len());
    tell_beginning(&config.store.url, connections);
    config.providers.iter().for_each(tell_schedule);
    let schedules = config.providers.iter().map(|it| it.schedule.clone());
    let daemon = Daemon {
        providers: orgs.into_iter().zip(schedules).collect(),
        store,
        retention: config.retention,
        holder,
        listen: config.server.listen,
        tokens: config.server.tokens,
        hosts: config.server.hosts,
        feed: Arc::new(Feed::new(config.server.url)),
        shards: config.feed.shards,
        push,
        connections,
        timing: Timing {
            clock,
            zone: TimeZone::system(),
            jitter,
        },
        metrics: telemetry.metrics(),
        registry: telemetry.registry().clone(),
    };
    let configured = config.providers;
    let admit = |known: &[KnownProvider]| look_for_strangers(known, &configured);
    let exit = match daemon.run(tell_address, admit, asks, stop_signal()).await {
        Ok(()) => Exit::Done,
        Err(error) => failure::of_daemon(&error),
    };
    if let Err(error) = telemetry.shutdown() {
        tracing::warn!(error = %crate::text::chain(&error), "telemetry was not sent whole");
    }
    exit
}

/// Whom to tell of changes of the feed, and through what.
type Pusher = (Push, Arc<dyn Transport>);

/// The same, where the configuration has it.
fn pusher(session: &Session) -> Result<Option<Pusher>, Exit> {
    let Some(push) = session.config.feed.push.clone() else {
        return Ok(None);
    };
    let (transport, _) = session.transport()?;
    Ok(Some((push, transport)))
}

/// A number in `0.0..1.0`, random enough to spread starts: the standard library's hash keys are.
fn jitter() -> f64 {
    f64::from(u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default())
        / (f64::from(u32::MAX) + 1.0)
}

/// Logs what requests wait for.
fn tell_waiting(
    provider: &ProviderConfig,
) -> impl Fn(WaitReason, &str) + Send + Sync + 'static + use<> {
    let provider = provider.id.clone();
    move |reason, line: &str| match reason {
        WaitReason::RateLimit => tracing::info!(%provider, "{line}"),
        _ => tracing::warn!(%provider, "{line}"),
    }
}

fn tell_beginning(store: &StoreUrl, connections: usize) {
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(version, %store, connections, "starting");
}

fn tell_schedule(provider: &ProviderConfig) {
    let Schedule {
        frequency,
        timeout,
        initial_delay,
    } = &provider.schedule;
    tracing::info!(
        provider = %provider.id, org = %provider.org.host(), %frequency, ?timeout, ?initial_delay,
        "this provider is read"
    );
}

fn tell_address(address: SocketAddr) {
    tracing::info!("listening on http://{address}");
    if !address.ip().is_loopback() {
        tracing::warn!(
            %address,
            "other machines reach this in clear, tokens included: a proxy that speaks TLS must stand in front"
        );
    }
}
