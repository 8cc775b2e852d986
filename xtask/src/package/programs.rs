//! A program that adds one of the libraries and otherwise minds its own business: it does the same with and without it.

use std::fs;
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use super::outside::{Outside, shown};
use crate::library::Library;
use crate::{golden, say, tidy};

/// Where the program is, and where it is copied to.
const SOURCE: &str = "fixtures/programs/bystander";
const NAME: &str = "bystander";

/// Builds and runs the program without any library, and with each by itself. What it prints must be the same.
pub(super) fn check(outside: &Outside, libraries: &[Library]) -> anyhow::Result<()> {
    let source = tidy::root()?.join(SOURCE);
    for file in ["Cargo.toml", "src/main.rs"] {
        let text = fs::read_to_string(source.join(file))
            .with_context(|| format!("`{SOURCE}/{file}` cannot be read"))?;
        outside.write(&format!("{NAME}/{file}"), &text)?;
    }
    let alone = printed(outside, None)?;
    say(format_args!("a program without any of them:\n{alone}"));
    for library in libraries {
        let with = printed(outside, Some(library))?;
        ensure!(
            with == alone,
            "{library} changes what a program does that adds it:\n{}",
            golden::diff(&alone, &with)
        );
        say(format_args!("the same with {library}"));
    }
    Ok(())
}

/// What the program prints with a library at work in it.
fn printed(outside: &Outside, library: Option<&Library>) -> anyhow::Result<String> {
    let mut cargo = outside.command(&outside.beside(NAME))?;
    cargo.args(["run", "--quiet"]);
    if let Some(library) = library {
        cargo.args(["--features", library.name()]);
    }
    let output = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be started")?;
    ensure!(
        output.status.success(),
        "`{}`: {}",
        shown(&cargo),
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}
