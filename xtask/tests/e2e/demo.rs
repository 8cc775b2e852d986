//! `cargo xtask demo`, and what is left of it when it is told to end.

use std::process::Stdio;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;
use xtask::harness::DEADLINE;

use crate::program;

#[tokio::test]
async fn a_demo_that_is_told_to_end_leaves_nothing() -> anyhow::Result<()> {
    for signal in ["-TERM", "-INT", "-HUP"] {
        let folder = tempfile::tempdir()?;
        let mut demo = Command::new(program())
            .args(["demo", "--listen", "127.0.0.1:0"])
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(demo.stdout.take().context("a pipe")?).lines();
        let address = timeout(DEADLINE, async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, page)) = line.split_once("page: http://") {
                    return Ok(page.split('/').next().unwrap_or_default().to_owned());
                }
            }
            anyhow::bail!("the demo ended")
        });
        let address = address.await??;
        TcpStream::connect(&address).await?;
        let id = demo.id().context("it has ended")?.to_string();
        Command::new("kill").args([signal, &id]).status().await?;
        let status = timeout(DEADLINE, demo.wait()).await??;
        assert!(status.success(), "{signal}: {status}");
        assert!(TcpStream::connect(&address).await.is_err(), "{signal}");
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "{signal}");
    }
    Ok(())
}
