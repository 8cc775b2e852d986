//! The program end to end: real processes, real sockets, a simulated Okta.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use anyhow::ensure;
use serde_json::Value;
use xtask::e2e::oracle::{self, Rules};
use xtask::harness::{self, Harness};

mod wiretap;

mod cases;
mod changes;
mod crash;
mod credentials;
#[cfg(unix)]
mod database;
#[cfg(unix)]
mod demo;
#[cfg(target_os = "linux")]
mod disk;
mod drift;
#[cfg(unix)]
mod files;
mod filter;
mod guard;
mod hostile;
mod mapping;
#[cfg(unix)]
mod output;
mod pacing;
mod partial;
mod possession;
mod protocol;
mod recording;
mod refusals;
#[cfg(target_os = "linux")]
mod replicas;
mod requests;
mod runs;
mod secrets;
mod selecting;
mod serve;
mod store;
mod tenants;
mod time;

/// The binary that holds the program.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_xtask"))
}

/// The org `small`.
async fn small() -> anyhow::Result<Harness> {
    Harness::scenario(program(), "small").await
}

/// The org `small`, which the catalog holds already, and the catalog.
async fn small_synced() -> anyhow::Result<(Harness, String)> {
    let small = small().await?;
    small.sync(0).await?;
    let export = small.export().await?;
    Ok((small, export))
}

/// Whether the catalog holds what `rules` select of the org, by the oracle.
async fn catalog_is(harness: &Harness, rules: &Rules) -> anyhow::Result<()> {
    let entities = harness::entities(&harness.export().await?)?;
    let faults = oracle::faults(&harness.simulator.org(), rules, &entities);
    ensure!(faults.is_empty(), "the oracle says:\n{}", faults.join("\n"));
    Ok(())
}

/// The integers of a report.
fn counts<const N: usize>(report: &Value, keys: [&str; N]) -> [u64; N] {
    keys.map(|key| {
        report[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key} in {report}"))
    })
}

/// Asserts that `text` says all of `words`.
#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in:\n{text}");
    }
}
