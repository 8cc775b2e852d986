//! What is about the program and not about a tenant: `portalSync.store`, `retention`, `server`, `feed` and `telemetry`.

use std::path::Path;

use url::Url;

use super::errors::ConfigError;
use super::feed::{self, Feed};
use super::keys::{FEED, RETENTION, SERVER, STORE, TELEMETRY};
use super::retention;
use super::section::{Entry, Section};
use super::server::{self, Server};
use super::store::{self, Store};
use crate::store::Retention;
use crate::telemetry::LogFormat;

/// What is told about the work, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Telemetry {
    /// How log lines look.
    pub log: LogFormat,
    /// The OpenTelemetry collector (OTLP over HTTP) that traces and metrics are sent to.
    pub otlp_endpoint: Option<Url>,
}

/// The parts.
pub(super) struct Daemon {
    pub(super) store: Store,
    pub(super) retention: Retention,
    pub(super) server: Server,
    pub(super) feed: Feed,
    pub(super) telemetry: Telemetry,
}

/// Reads `store`, `retention`, `server`, `feed` and `telemetry`; what is wrong is noted, and its default is used to go
/// on.
pub(super) fn read(section: Option<&Section<'_>>, cwd: &Path) -> Daemon {
    let part = |key, table, expected| section?.get(key)?.section(table, expected);
    let with_url = "a map with `url`";
    let with_days = "a map such as `{ runs: 1000, days: 400 }`";
    let with_hosts = "a map with `listen`, `tokens`, `hosts` and `url`";
    let with_shards = "a map with `shards` and `push`";
    let with_log = "a map with `log` and `otlpEndpoint`";
    Daemon {
        store: store::read(part("store", &STORE, with_url), cwd),
        retention: retention::read(part("retention", &RETENTION, with_days)),
        server: server::read(part("server", &SERVER, with_hosts)),
        feed: feed::read(part("feed", &FEED, with_shards)),
        telemetry: telemetry(part("telemetry", &TELEMETRY, with_log)),
    }
}

fn telemetry(section: Option<Section<'_>>) -> Telemetry {
    let mut telemetry = Telemetry {
        log: LogFormat::default(),
        otlp_endpoint: None,
    };
    let Some(section) = section else {
        return telemetry;
    };
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    if let Some(format) = section.get("log").and_then(|entry| entry.choice(&formats)) {
        telemetry.log = format;
    }
    telemetry.otlp_endpoint = section
        .get("otlpEndpoint")
        .and_then(|entry| endpoint(&entry));
    section.close();
    telemetry
}

fn endpoint(entry: &Entry<'_>) -> Option<Url> {
    let text = entry
        .text("the address of a collector, such as `http://127.0.0.1:4318`")?
        .trim();
    match Url::parse(text) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            let error = ConfigError::new("an address with a user name or a password");
            entry.refuse(
                error.fix(
                    "leave them out: put a collector on this machine in between that knows them",
                ),
            );
            None
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
        _ => {
            let error = ConfigError::new("not an `http:` or `https:` address");
            entry.refuse(error.fix("write something like `http://127.0.0.1:4318`"));
            None
        }
    }
}
