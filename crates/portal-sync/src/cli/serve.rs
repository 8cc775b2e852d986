//! `serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use okta_api::WaitReason;

use super::failure;
use super::session::Session;
use crate::config::{Provider, Schedule, StoreUrl};
use crate::daemon::Daemon;
use crate::exit::Exit;
use crate::store::CatalogStore as _;

pub(super) async fn serve(session: Session) -> Exit {
    let providers: Vec<&Provider> = session.config.providers.iter().collect();
    let tell = |provider: &Provider| {
        let provider = provider.id.clone();
        move |reason, line: &str| match reason {
            WaitReason::RateLimit => tracing::info!(%provider, "{line}"),
            _ => tracing::warn!(%provider, "{line}"),
        }
    };
    let orgs = match session.orgs(&providers, tell).await {
        Ok(orgs) => orgs,
        Err(exit) => return exit,
    };
    let Session {
        config,
        store,
        clock,
        telemetry,
        ..
    } = session;
    let generation = match store.generation().await {
        Ok(generation) => generation,
        Err(error) => return failure::of_store(&error),
    };
    let StoreUrl::Sqlite(path) = &config.store.url;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        store = %path.display(),
        generation,
        "starting"
    );
    for provider in &config.providers {
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
    let schedules = config
        .providers
        .into_iter()
        .map(|provider| provider.schedule);
    let daemon = Daemon {
        providers: orgs.into_iter().zip(schedules).collect(),
        store: Arc::new(store),
        listen: config.server.listen,
        tokens: config.server.tokens,
        clock,
        zone: TimeZone::system(),
        metrics: telemetry.metrics(),
        registry: telemetry.registry().clone(),
    };
    let listening = |address: SocketAddr| {
        tracing::info!("listening on http://{address}");
        if !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "other machines reach this in clear, tokens included: a proxy that speaks TLS must stand in front"
            );
        }
    };
    let exit = match daemon.run(listening, stop_signal()).await {
        Ok(()) => Exit::Done,
        Err(error) => failure::of_daemon(&error),
    };
    if let Err(error) = telemetry.shutdown() {
        tracing::warn!(error = %crate::directory::chain(&error), "telemetry was not sent whole");
    }
    exit
}

/// Done when the process is asked to stop: Ctrl-C, or SIGTERM where there is one.
async fn stop_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a handler the signal ends the process by itself.
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => drop(signal.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
