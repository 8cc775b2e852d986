//! `cargo xtask api`: the public API of each library as a text, `api.txt`, so that a change of it is seen in review.
//!
//! The text is made of what rustdoc writes as JSON. Its format is not stable: `public-api` reads the one of the toolchain
//! that `rust-toolchain.toml` names.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::golden::{self, Mode};
use crate::library::Library;
use crate::{say, tidy};

/// Set for the rustdoc that this program stands in for.
const STANDS_IN: &str = "XTASK_IS_RUSTDOC";

/// Compares the public API of each library with its `api.txt`.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Args {
    /// Write what the API is now
    #[arg(long)]
    pub bless: bool,
}

/// Compares, or writes.
///
/// # Errors
///
/// When an API is not what its text says, or rustdoc fails.
pub fn run(args: Args) -> anyhow::Result<()> {
    let mode = if args.bless {
        Mode::Bless
    } else {
        Mode::Compare
    };
    let mut changed = Vec::new();
    for library in Library::all()? {
        let name = library.name();
        let api = public_api(&library).with_context(|| format!("the API of `{name}`"))?;
        let path = tidy::root()?.join("crates").join(name).join("api.txt");
        if let Some(diff) = golden::check(&path, &api, mode)? {
            say(format_args!("{name}: - as recorded, + as it is:\n{diff}"));
            changed.push(name.to_owned());
        }
        say(format_args!("{name}: {} public items", api.lines().count()));
    }
    ensure!(
        changed.is_empty(),
        "the public API of {} is not what its `api.txt` says; if that is wanted, say so in its CHANGELOG.md and run \
         `cargo xtask api --bless`",
        changed.join(", ")
    );
    Ok(())
}

/// Every public item with all features, a line each. What a derive or an auto trait adds is left out.
fn public_api(library: &Library) -> anyhow::Result<String> {
    let json = rustdoc_json(library.name())?;
    let api = public_api::Builder::from_rustdoc_json(json)
        .sorted(true)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    Ok(api.to_string())
}

/// Has rustdoc write its JSON beside the HTML. Of all tools only rustdoc is told that unstable options are fine, by the stand-in:
/// the environment of the others, which they compare, stays what it is, and nothing is built again.
fn rustdoc_json(name: &str) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("where this program is cannot be told")?;
    let status = tidy::cargo()?
        .args([
            "rustdoc",
            "--quiet",
            "--lib",
            "--all-features",
            "--locked",
            "-p",
            name,
        ])
        .args(["--target-dir", "target"])
        .args([
            "--",
            "-Zunstable-options",
            "--output-format=json",
            "--cap-lints=warn",
        ])
        .env("RUSTDOC", program)
        .env(STANDS_IN, "1")
        .status()
        .context("cargo cannot be started")?;
    ensure!(status.success(), "rustdoc: {status}");
    let file = format!("{}.json", name.replace('-', "_"));
    Ok(tidy::root()?.join("target/doc").join(file))
}

/// Runs the real rustdoc instead of this program, when cargo was told that this one is it.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "cargo hands nothing but the environment down to rustdoc"
)]
pub fn stand_in() -> Option<ExitCode> {
    std::env::var_os(STANDS_IN)?;
    let rustdoc = Path::new("rustdoc");
    let status = Command::new(rustdoc)
        .args(std::env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove(STANDS_IN)
        .env_remove("RUSTDOC")
        .status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
