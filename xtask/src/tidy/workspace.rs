//! Where the workspace is, and its cargo.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// The folder of the workspace's manifest.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
        .context("the xtask crate has no folder above it")
}

/// The cargo that started this program, in the workspace's root.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo names itself in the environment of what it runs"
)]
pub(crate) fn cargo() -> anyhow::Result<Command> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(root()?);
    Ok(command)
}

/// Whether cargo has a command that is installed apart, such as `deny`.
pub(crate) fn is_installed(command: &str) -> anyhow::Result<bool> {
    let status = cargo()?
        .args([command, "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cargo cannot be started")?;
    Ok(status.success())
}
