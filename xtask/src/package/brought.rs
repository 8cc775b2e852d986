//! What a library brings along is what its README says: whoever adds it counts.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, ensure};

use crate::library::Library;
use crate::{say, tidy};

/// Compares the numbers of packages, which differ between operating systems: those of Linux are told.
pub(super) fn check(libraries: &[Library]) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        say("skipped, what libraries bring along: their READMEs say it of Linux");
        return Ok(());
    }
    for library in libraries {
        let path = format!("crates/{}/README.md", library.name());
        let readme = fs::read_to_string(tidy::root()?.join(&path))
            .with_context(|| format!("`{path}` cannot be read"))?;
        let (default, none) = (
            packages(library, &[])?,
            packages(library, &["--no-default-features"])?,
        );
        let sentence = format!(
            "On Linux {default} packages come with the default features, and {none} without"
        );
        ensure!(
            readme.contains(&sentence),
            "`{path}` does not say under `What it brings along`: {sentence}"
        );
        say(format_args!("{library}: {sentence}"));
    }
    Ok(())
}

/// How many packages a build of the library has besides it, by name and version.
fn packages(library: &Library, features: &[&str]) -> anyhow::Result<usize> {
    let output = tidy::cargo()?
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--package", library.name()])
        .args(features)
        .output()
        .context("cargo cannot be started")?;
    ensure!(output.status.success(), "cargo tree: {}", output.status);
    let listed = String::from_utf8(output.stdout)?;
    let name_and_version = |line: &str| -> Option<(String, String)> {
        let mut words = line.split(' ').map(str::to_owned);
        Some((words.next()?, words.next()?))
    };
    let packages: BTreeSet<_> = listed.lines().filter_map(name_and_version).collect();
    packages
        .len()
        .checked_sub(1)
        .context("`cargo tree` lists nothing")
}
