//! Where attacks take place, and what they come to.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Daemon, Harness};
use crate::scenario::Scenario;
use crate::simulator::{Options, Org};

/// The token that may read.
pub(super) const TOKEN: &str = "vq7Yt2mKx9LwB4rNc8ZsPfDh3GjA6eUo";

/// How long whoever is in the right may have to wait.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// What an attack came to.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// How often it was tried.
    pub(super) tries: usize,
    /// What was measured, for people.
    pub(super) figure: String,
    pub(super) held: bool,
}

impl Outcome {
    pub(super) fn new(tries: usize, held: bool, figure: impl fmt::Display) -> Self {
        Self {
            tries,
            figure: figure.to_string(),
            held,
        }
    }
}

/// Where an attack takes place.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) program: PathBuf,
}

impl Stage {
    /// An org of so many users and groups whose limits are nobody's trouble, and the program beside it.
    pub(super) async fn org(&self, users: usize, groups: usize) -> anyhow::Result<Harness> {
        let mut org = Org::generate(users, groups, 11);
        org.clients = Scenario::named("small")?.org.clients;
        self.harness(org).await
    }

    pub(super) async fn harness(&self, org: Org) -> anyhow::Result<Harness> {
        Harness::start(&self.program, org, Options::without_limits()).await
    }

    /// The org `small`.
    pub(super) async fn small(&self) -> anyhow::Result<Harness> {
        Harness::scenario(&self.program, "small").await
    }
}

/// Starts `serve` with a token and these settings of the tenant, and waits until it has a catalog.
pub(super) async fn serve(harness: &Harness, tenant: &Value) -> anyhow::Result<Daemon> {
    harness.configure(tenant, &json!({"server": {"tokens": [TOKEN]}}))?;
    let daemon = harness.serve::<&str>(&[]).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    Ok(daemon)
}

/// A launcher that runs what follows it with so many descriptors.
pub(super) fn descriptors(limit: u32) -> [String; 4] {
    let script = format!("ulimit -n {limit}; exec \"$@\"");
    ["sh".to_owned(), "-c".to_owned(), script, "sh".to_owned()]
}

/// A launcher that runs what follows it on one processor.
pub(super) const ONE_PROCESSOR: [&str; 3] = ["taskset", "-c", "0"];

/// So many bytes as people read them.
pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}
