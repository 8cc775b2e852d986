//! `cargo xtask attack`: what strangers and a broken upstream do to a running `serve`, at full size.
//!
//! Each attack runs against a `serve` of its own as a process, prints what it measured, and held or failed. They take minutes
//! and look at the machine (memory, descriptors, one processor), so they are no tests: a night's job runs them. Linux alone
//! shows what they look at.

mod client;
mod crowd;
mod process;
mod protocol;
mod store;
mod upstream;

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::harness::{Daemon, Harness};
use crate::say;
use crate::scenario::Scenario;
use crate::simulator::{Options, Org};

/// The token that may read.
const TOKEN: &str = "vq7Yt2mKx9LwB4rNc8ZsPfDh3GjA6eUo";

/// How long whoever is in the right may have to wait.
const PATIENCE: Duration = Duration::from_secs(2);

/// Attacks a running `serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Only attacks whose name has this in it
    pub only: Option<String>,
}

/// What an attack came to.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// How often it was tried.
    tries: usize,
    /// What was measured, for people.
    figure: String,
    held: bool,
}

impl Outcome {
    fn new(tries: usize, held: bool, figure: impl fmt::Display) -> Self {
        Self {
            tries,
            figure: figure.to_string(),
            held,
        }
    }
}

type Attack = fn(Stage) -> Pin<Box<dyn Future<Output = anyhow::Result<Outcome>>>>;

/// Names an attack after its function.
macro_rules! attacks {
    ($($module:ident::$name:ident),+ $(,)?) => {
        [$((
            stringify!($name),
            (|stage| Box::pin($module::$name(stage))) as Attack,
        )),+]
    };
}

/// Runs them one after the other and prints a table.
///
/// # Errors
///
/// When one of them gets through, or cannot be run.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("where this program is cannot be told")?;
    let attacks = attacks![
        protocol::requests_that_are_none,
        protocol::http_2_in_clear,
        protocol::guessing_at_full_speed,
        crowd::half_requests,
        crowd::half_requests_with_few_descriptors,
        crowd::idle_connections,
        crowd::readers_who_do_not_read,
        crowd::readers_of_old_generations,
        crowd::searches_that_nobody_waits_for,
        crowd::all_at_once,
        upstream::worst_records_within_the_limits,
        upstream::records_beyond_the_limits,
        upstream::pages_beyond_the_limits,
        upstream::refusals_without_end,
        store::first_reading_of_a_large_catalog,
        store::file_deleted_and_replaced,
        store::file_locked_by_another_process,
        store::damaged_pages,
    ];
    say("| attack | tries | figure | |\n|---|---|---|---|");
    let mut failed = Vec::new();
    for (name, attack) in attacks {
        let name = name.replace('_', " ");
        let is_wanted = args
            .only
            .as_ref()
            .is_none_or(|only| name.contains(only.as_str()));
        if !is_wanted {
            continue;
        }
        let stage = Stage {
            program: program.clone(),
        };
        let began = Instant::now();
        let outcome = match attack(stage).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::new(0, false, format_args!("{error:#}")),
        };
        let verdict = if outcome.held { "held" } else { "FAILED" };
        say(format_args!(
            "| {name} | {} | {} ({:.0} s) | {verdict} |",
            outcome.tries,
            outcome.figure,
            began.elapsed().as_secs_f64()
        ));
        if !outcome.held {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("got through: {}", failed.join(", "))
}

/// Where an attack takes place.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    program: PathBuf,
}

impl Stage {
    /// An org of so many users and groups whose limits are nobody's trouble, and the program beside it.
    async fn org(&self, users: usize, groups: usize) -> anyhow::Result<Harness> {
        let mut org = Org::generate(users, groups, 11);
        org.clients = Scenario::named("small")?.org.clients;
        self.harness(org).await
    }

    async fn harness(&self, org: Org) -> anyhow::Result<Harness> {
        use crate::simulator::Bucket;
        let plenty = [Bucket::Users, Bucket::Groups, Bucket::Group, Bucket::User];
        let options = Options {
            limits: plenty
                .into_iter()
                .map(|bucket| (bucket, 1_000_000))
                .collect(),
            ..Options::default()
        };
        Harness::start(&self.program, org, options).await
    }

    /// The org `small`.
    async fn small(&self) -> anyhow::Result<Harness> {
        Harness::scenario(&self.program, "small").await
    }
}

/// Starts `serve` with a token and these settings of the tenant, and waits until it has a catalog.
async fn serve(harness: &Harness, tenant: &Value) -> anyhow::Result<Daemon> {
    harness.configure(tenant, &json!({"server": {"tokens": [TOKEN]}}))?;
    let daemon = harness.serve::<&str>(&[]).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    Ok(daemon)
}

/// A launcher that runs what follows it with so many descriptors.
fn descriptors(limit: u32) -> [String; 4] {
    let script = format!("ulimit -n {limit}; exec \"$@\"");
    ["sh".to_owned(), "-c".to_owned(), script, "sh".to_owned()]
}

/// A launcher that runs what follows it on one processor.
const ONE_PROCESSOR: [&str; 3] = ["taskset", "-c", "0"];

/// So many bytes as people read them.
fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}
