//! One `serve` of several on one database, behind a line of its own.

use std::path::Path;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use super::line::Line;
use crate::harness::{Daemon, Database, Harness};

/// A launcher that runs what follows it as on a machine of its own: it has a name of its own, and its process is nobody's
/// whose number is seen outside.
const MACHINE: [&str; 5] = ["unshare", "--uts", "--pid", "--fork", "--mount-proc"];

/// A replica, which may be down.
#[derive(Debug)]
pub(super) struct Replica {
    name: &'static str,
    pub(super) line: Line,
    database: Database,
    daemon: Option<Daemon>,
    /// How often it was started.
    lives: usize,
    /// What its turns say of their holder.
    holder: String,
    /// The program itself, which may have a launcher.
    process: u32,
}

impl Replica {
    /// One that is not started yet, behind a line to the database.
    pub(super) async fn new(name: &'static str, database: &Database) -> anyhow::Result<Self> {
        let (host, port) = database.address()?;
        let line = Line::to(host, port).await?;
        Ok(Self {
            name,
            database: database.through(line.port())?,
            line,
            daemon: None,
            lives: 0,
            holder: String::new(),
            process: 0,
        })
    }

    /// Starts it: as on a machine of its own, so that nobody sees its end, or beside the other.
    pub(super) async fn start(
        &mut self,
        harness: &mut Harness,
        own_machine: bool,
    ) -> anyhow::Result<()> {
        self.lives += 1;
        harness.keep_at(&self.database);
        let host = format!("{}-{}", self.name, self.lives);
        let launcher = if own_machine {
            let script = format!("hostname {host}; exec \"$@\"");
            let script = ["--kill-child", "sh", "-c", &script, "sh"];
            MACHINE
                .into_iter()
                .chain(script)
                .map(str::to_owned)
                .collect()
        } else {
            Vec::new()
        };
        harness.launch_by(&launcher);
        let daemon = harness.serve(&["-v"]).await?;
        harness.launch_by::<&str>(&[]);
        let process = daemon.process().context("it has ended")?;
        self.process = if own_machine {
            child_of(process)?
        } else {
            process
        };
        self.holder = if own_machine {
            format!(" on {host}")
        } else {
            format!("process {process} on ")
        };
        self.daemon = Some(daemon);
        Ok(())
    }

    /// Whether the holder of a turn is the process that runs now.
    pub(super) fn is(&self, holder: &str) -> bool {
        self.daemon.is_some()
            && (holder.ends_with(&self.holder) || holder.starts_with(&self.holder))
    }

    /// How a turn that it holds begins or ends that says who holds it.
    pub(super) fn holder(&self) -> &str {
        &self.holder
    }

    /// Done when a commit begins in it.
    pub(super) async fn commits(&self) {
        match &self.daemon {
            Some(daemon) => daemon.says_again("committing").await,
            None => std::future::pending().await,
        }
    }

    /// The running process.
    pub(super) fn daemon(&self) -> anyhow::Result<&Daemon> {
        let daemon = self.daemon.as_ref();
        daemon.with_context(|| format!("{} is not started", self.name))
    }

    pub(super) async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut daemon) = self.daemon.take() {
            ensure!(
                !daemon.log().contains("panicked"),
                "{} panicked:\n{}",
                self.name,
                daemon.log()
            );
            daemon.kill().await?;
        }
        Ok(())
    }

    /// Halts it (`STOP`) or lets it go on (`CONT`).
    pub(super) async fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let sent = Command::new("kill")
            .args([format!("-{signal}"), self.process.to_string()])
            .status()
            .await
            .context("`kill` cannot be started")?;
        ensure!(sent.success(), "{} ended by itself", self.name);
        Ok(())
    }
}

/// Whether this user may start something as on a machine of its own.
pub(super) async fn has_machines() -> bool {
    let mut tried = Command::new("unshare");
    tried.args(MACHINE.into_iter().skip(1));
    tried.args(["sh", "-c", "hostname tried"]);
    tried.stderr(std::process::Stdio::null());
    tried.status().await.is_ok_and(|status| status.success())
}

/// The one child of a process (`proc_pid_task(5)`).
fn child_of(process: u32) -> anyhow::Result<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let children = std::fs::read_to_string(Path::new(&path)).context("not Linux")?;
    let child = children.split_whitespace().next();
    Ok(child.context("it has no child")?.parse()?)
}
