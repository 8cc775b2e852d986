//! `cargo xtask attack`: what strangers and a broken upstream do to a running `serve`, at full size.
//!
//! Each attack runs against a `serve` of its own as a process, prints what it measured, and held or failed. They take minutes
//! and look at the machine (memory, descriptors, one processor), so they are no tests: a night's job runs them. Linux alone
//! shows what they look at.

mod process;
mod stage;

mod client;
mod crowd;
mod protocol;
mod store;
mod upstream;

use std::future::Future;
use std::pin::Pin;

use tokio::time::Instant;

use anyhow::{Context as _, bail};

use self::stage::{Outcome, Stage};
use crate::say;

/// Attacks a running `serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Only attacks whose name has this in it
    pub only: Option<String>,
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
