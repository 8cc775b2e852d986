//! npm packages that are installed under `target`, and scripts that use them, run by Node.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::{say, tidy};

/// What is copied to where packages are installed, besides the script: npm wants its files there, and Node looks for
/// packages beside the script.
const FILES: [&str; 3] = [".npmrc", "package.json", "package-lock.json"];

/// The oldest Node that the packages support.
const OLDEST_NODE: u32 = 20;

/// The codes of npm's errors that mean that the registry did not answer.
const UNREACHABLE: [&str; 8] = [
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ETIMEDOUT",
    "ENOTCACHED",
];

/// Packages that are installed, and the scripts beside them.
#[derive(Debug)]
pub(crate) struct Packages {
    folder: PathBuf,
}

impl Packages {
    /// Installs what `xtask/<name>` asks for, unless it is there already. The inner error says why it cannot be.
    pub(crate) fn install(name: &str, scripts: &[&str]) -> anyhow::Result<Result<Self, String>> {
        let root = tidy::root()?;
        let (source, folder) = (
            root.join("xtask").join(name),
            root.join("target").join(name),
        );
        let Some(version) = output(Command::new("node").arg("--version"))? else {
            return Ok(Err("Node is not installed".to_owned()));
        };
        let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
        if major(&version).is_none_or(|major| major < OLDEST_NODE) {
            let reason = format!("Node is {version}, and {OLDEST_NODE} is the oldest that will do");
            return Ok(Err(reason));
        }
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
        for file in FILES.iter().chain(scripts) {
            fs::copy(source.join(file), folder.join(file))
                .with_context(|| format!("cannot copy `{file}` of `{}`", source.display()))?;
        }
        Ok(install_packages(&folder)?.map(|()| Self { folder }))
    }

    /// Where they are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a script prints that is run with these arguments and this input.
    pub(crate) fn run(&self, arguments: &[&str], input: Stdio) -> anyhow::Result<String> {
        let ended = Command::new("node")
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(input)
            .stderr(Stdio::inherit())
            .output()
            .context("node cannot be started")?;
        ensure!(ended.status.success(), "node: {}", ended.status);
        Ok(String::from_utf8(ended.stdout)?)
    }
}

/// `npm ci`, unless it has been done for this very lock file.
fn install_packages(folder: &Path) -> anyhow::Result<Result<(), String>> {
    let lock = fs::read(folder.join("package-lock.json")).context("cannot read the lock file")?;
    let installed = folder.join("installed-lock.json");
    if fs::read(&installed).is_ok_and(|it| it == lock) {
        return Ok(Ok(()));
    }
    say(format_args!(
        "installing packages in `{}`",
        folder.display()
    ));
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let Some(done) = output(Command::new(npm).arg("ci").current_dir(folder))? else {
        return Ok(Err("npm is not installed".to_owned()));
    };
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return match unreachable(&said) {
            Some(code) => Ok(Err(format!("the npm registry cannot be reached ({code})"))),
            None => bail!("npm ci: {}\n{said}", done.status),
        };
    }
    fs::write(&installed, lock).context("cannot note what is installed")?;
    Ok(Ok(()))
}

/// Runs a command to its end; nothing when there is no such program.
fn output(command: &mut Command) -> anyhow::Result<Option<Output>> {
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| {
            let program = command.get_program().to_string_lossy();
            format!("{program} cannot be started")
        }),
    }
}

fn major(version: &str) -> Option<u32> {
    let numbers = version.strip_prefix('v')?;
    numbers.split('.').next()?.parse().ok()
}

/// The code of npm's error when it is one of a network: everything else is our mistake.
fn unreachable(said: &str) -> Option<&str> {
    let mut codes = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("npm error code "));
    codes.find(|code| UNREACHABLE.contains(code))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn only_a_silent_registry_is_no_error() {
        let said = "npm error code ENOTFOUND\nnpm error errno ENOTFOUND\nnpm error network request to https://a.example failed";
        assert_eq!(unreachable(said), Some("ENOTFOUND"));
        for ours in ["npm error code EUSAGE", "npm error code EINTEGRITY", ""] {
            assert_eq!(unreachable(ours), None);
        }
    }

    #[test]
    fn versions_of_node_have_a_major_number() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20"), None);
        assert_eq!(major("vx"), None);
    }

    #[test]
    fn lock_files_hold_what_packages_are_not_where_they_were_found() {
        for folder in ["validators", "naming"] {
            let source = tidy::root().unwrap().join("xtask").join(folder);
            let lock = fs::read(source.join("package-lock.json")).unwrap();
            let lock: Value = serde_json::from_slice(&lock).unwrap();
            for (name, package) in lock["packages"].as_object().unwrap() {
                assert_eq!(package.get("resolved"), None, "{name}");
                assert!(
                    name.is_empty() || package["integrity"].is_string(),
                    "{name}"
                );
            }
        }
    }
}
