//! `cargo xtask e2e`: the end-to-end scenarios against their goldens and against an oracle.
//!
//! A case is a folder `fixtures/scenarios/<scenario>/cases/<case>` with the `app-config.yaml` that the program gets, and
//! the goldens in `expected`: `report.json`, what `sync` said of itself, and `entities.yaml`, what `export` printed, or
//! its `entities.digest` where it is too long to be read. Goldens show what changed; whether it is right is the
//! oracle's to say.
//!
//! A [`story`] is what happened to one person, and what the ledger says of it.

pub mod oracle;
mod rules;

pub mod story;

mod case;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::golden::Mode;
use crate::say;
pub use case::Case;

/// Runs the end-to-end scenarios against their goldens.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Write what came out as the new goldens
    #[arg(long)]
    pub bless: bool,
}

/// Runs them all, with this very program as the one under test.
///
/// # Errors
///
/// When one differs from its golden, or the oracle finds a fault.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let mode = if args.bless {
        Mode::Bless
    } else {
        Mode::Compare
    };
    let program = std::env::current_exe().context("where this program is cannot be told")?;
    let (mut count, mut failed) = (0, Vec::new());
    let mut tell = |name: String, faults: String| {
        count += 1;
        let verdict = if faults.is_empty() { "ok" } else { "FAILED" };
        say(format_args!("{verdict:6} {name}"));
        if !faults.is_empty() {
            say(&faults);
            failed.push(name);
        }
    };
    for case in Case::all()? {
        tell(case.to_string(), case.check(&program, mode).await?);
    }
    for story in story::ALL {
        let faults = story.check(&program, mode).await?;
        tell(story.name.to_owned(), faults.unwrap_or_default());
    }
    if failed.is_empty() {
        say(format_args!("{count} cases are as they should be"));
        return Ok(());
    }
    bail!(
        "{} of {count} cases failed: {} (after a look at the differences, `cargo xtask e2e --bless` accepts them)",
        failed.len(),
        failed.join(", ")
    )
}

/// Runs every case of every scenario and every story, and returns what is wrong, nothing when all is right.
///
/// # Errors
///
/// When a case cannot be run.
pub async fn check_all(program: &Path) -> anyhow::Result<String> {
    let mut wrong = String::new();
    for case in Case::all()? {
        let faults = case.check(program, Mode::Compare).await?;
        if !faults.is_empty() {
            let _ = write!(wrong, "{case}:\n{faults}");
        }
    }
    for story in story::ALL {
        if let Some(faults) = story.check(program, Mode::Compare).await? {
            let _ = write!(wrong, "{}:\n{faults}", story.name);
        }
    }
    Ok(wrong)
}
