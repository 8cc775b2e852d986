//! `cargo xtask semver`: whether each library's version says what its changes since the last release do to those who use it.

use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::library::Library;
use crate::{say, tidy};

/// Compares each library with its last release, by `cargo semver-checks`.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Args {
    /// Fail where `cargo semver-checks` is not installed
    #[arg(long)]
    pub required: bool,
}

/// Asks for every library that has been released. One without a tag, or a machine without the tool, is skipped with a word.
///
/// # Errors
///
/// When a change breaks more than the version admits, or the tool is missing though it must be there.
pub fn run(args: Args) -> anyhow::Result<()> {
    let tags = tags()?;
    let mut too_much = Vec::new();
    for library in Library::all()? {
        let Some(tag) = last_release(library.name(), &tags) else {
            say(format_args!(
                "skipped: no release of {library} is tagged (`{}-v1.2.3`)",
                library.name()
            ));
            continue;
        };
        if !tidy::is_installed("semver-checks")? {
            let fix = "`cargo install cargo-semver-checks --locked` brings it";
            ensure!(
                !args.required,
                "`cargo semver-checks` is not installed; {fix}"
            );
            say(format_args!(
                "skipped: `cargo semver-checks` is not installed; CI has it. {fix}"
            ));
            return Ok(());
        }
        say(format_args!("{library} since {tag}"));
        let status = tidy::cargo()?
            .args(["semver-checks", "-p", library.name()])
            .args(["--all-features", "--baseline-rev", tag])
            .status()
            .context("cargo cannot be started")?;
        if !status.success() {
            too_much.push(library.to_string());
        }
    }
    if !too_much.is_empty() {
        bail!(
            "the version is too low for the changes, or they cannot be told: {}",
            too_much.join(", ")
        );
    }
    Ok(())
}

/// Every tag that git knows, the newest versions first.
fn tags() -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .args(["tag", "--list", "--sort=-version:refname"])
        .current_dir(tidy::root()?)
        .output();
    let Ok(output) = output else {
        // A copy without git has no releases either.
        return Ok(Vec::new());
    };
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(listed.lines().map(str::to_owned).collect())
}

/// The first tag that is a version of this library: `okta-api-v0.1.0`, and none of `okta-api-extra-v0.1.0`.
fn last_release<'a>(name: &str, tags: &'a [String]) -> Option<&'a str> {
    let mut tags = tags.iter().map(String::as_str);
    tags.find(|tag| {
        let version = tag
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix("-v"));
        version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_release_is_the_newest_tag_of_this_very_library() {
        let tags = [
            "okta-api-v0.10.0",
            "okta-api-v0.9.1",
            "okta-auth-v0.2.0",
            "okta-auth-vault",
            "v3.0.0",
        ];
        let tags = tags.map(str::to_owned);
        assert_eq!(last_release("okta-api", &tags), Some("okta-api-v0.10.0"));
        assert_eq!(last_release("okta-auth", &tags), Some("okta-auth-v0.2.0"));
        assert_eq!(last_release("okta", &tags), None);
        assert_eq!(last_release("org-filter", &tags), None);
    }
}
