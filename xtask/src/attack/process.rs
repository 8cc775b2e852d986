//! What Linux tells of a process.

use std::fs;

use anyhow::Context as _;

use crate::harness::Daemon;

/// What a process holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// Bytes in memory.
    pub(super) memory: u64,
    /// Open descriptors.
    pub(super) descriptors: usize,
}

impl Held {
    /// Of a running daemon.
    pub(super) fn by(daemon: &Daemon) -> anyhow::Result<Self> {
        let process = daemon.process().context("the daemon has ended")?;
        let folder = format!("/proc/{process}");
        Ok(Self {
            memory: of_status(&folder, "VmRSS:")?,
            descriptors: fs::read_dir(format!("{folder}/fd"))?.count(),
        })
    }

    /// The most memory that it ever had.
    pub(super) fn peak(daemon: &Daemon) -> anyhow::Result<u64> {
        let process = daemon.process().context("the daemon has ended")?;
        of_status(&format!("/proc/{process}"), "VmHWM:")
    }
}

fn of_status(folder: &str, name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("{folder}/status")).context("not Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes.context("no such line")?.parse()?;
    Ok(kibibytes * 1024)
}
