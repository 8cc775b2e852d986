//! What is on the disk: for its owner alone, and not written through what somebody else has put there.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::json;
use xtask::Harness;

use crate::{says, small, small_synced};

/// The last three digits of a mode.
fn mode(path: &Path) -> anyhow::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}

/// As in a shell in which every file is everybody's.
fn without_umask(harness: &mut Harness) {
    harness.launch_by(&["sh", "-c", "umask 000; exec \"$@\"", "sh"]);
}

#[tokio::test]
async fn files_are_for_their_owner_alone_whatever_the_umask() -> anyhow::Result<()> {
    let mut small = small().await?;
    without_umask(&mut small);
    small.sync(0).await?;
    assert_eq!(mode(&small.path("catalog.db"))?, 0o600);
    let daemon = small.serve::<&str>(&[]).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    for name in ["catalog.db-wal", "catalog.db-shm"] {
        if small.path(name).exists() {
            assert_eq!(mode(&small.path(name))?, 0o600, "{name}");
        }
    }
    small
        .run(&["export", "--out", "exported", "--shards", "3"])
        .await?
        .exited(0)?;
    assert_eq!(mode(&small.path("exported"))?, 0o700);
    let mut files = 0;
    for file in fs::read_dir(small.path("exported"))? {
        assert_eq!(mode(&file?.path())?, 0o600);
        files += 1;
    }
    assert_eq!(files, 3);
    Ok(())
}

#[tokio::test]
async fn files_that_others_can_read_are_told() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    for (name, wide) in [("catalog.db", 0o644), ("key.pem", 0o666)] {
        fs::set_permissions(small.path(name), fs::Permissions::from_mode(wide))?;
        let said = small.run(&["plan"]).await?.exited(0)?;
        says(&said.stderr, &[name, &format!("{wide:o}"), "chmod 600"]);
        fs::set_permissions(small.path(name), fs::Permissions::from_mode(0o600))?;
    }
    let said = small.run(&["plan"]).await?.exited(0)?;
    assert!(!said.stderr.contains("chmod"), "{}", said.stderr);
    Ok(())
}

/// Every name that an export may take on its way.
#[tokio::test]
async fn an_export_writes_through_no_link() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    fs::create_dir(small.path("exported"))?;
    fs::write(small.path("victim"), "precious")?;
    for name in [
        "entities-0.partial",
        "entities-0.yaml",
        ".entities-0.yaml",
        "entities-1.partial",
    ] {
        symlink(small.path("victim"), small.path("exported").join(name))?;
    }
    let said = small
        .run(&["export", "--out", "exported", "--shards", "2"])
        .await?;
    assert_eq!(fs::read_to_string(small.path("victim"))?, "precious");
    assert!(matches!(said.code, Some(0 | 10 | 13)), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn whoever_reads_the_catalog_needs_to_write_nothing() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    // Another process is in the middle of a commit.
    let lock = "import sqlite3,time\nc=sqlite3.connect('catalog.db',isolation_level=None)\nc.execute('BEGIN IMMEDIATE')\nprint('locked',flush=True)\ntime.sleep(100)\n";
    let Some(mut locker) = python(&small, lock).await? else {
        return Ok(());
    };
    assert_eq!(small.export().await?, before);
    small.plan(0).await?;
    small.configure(&json!({"schedule": {"frequency": "manual"}}), &json!({}))?;
    let daemon = small.serve::<&str>(&[]).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    locker.start_kill()?;
    Ok(())
}

/// A script that has printed something, where there is a Python.
async fn python(small: &Harness, script: &str) -> anyhow::Result<Option<tokio::process::Child>> {
    use tokio::io::AsyncReadExt as _;
    let started = tokio::process::Command::new("python3")
        .args(["-c", script])
        .current_dir(small.path("."))
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let Ok(mut child) = started else {
        return Ok(None);
    };
    if let Some(mut said) = child.stdout.take() {
        said.read_exact(&mut [0; 6]).await?;
    }
    Ok(Some(child))
}

/// The catalog is served from what was read, and nothing is written to where nobody finds it.
#[tokio::test]
async fn a_file_that_goes_while_it_is_served_is_noticed() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    let copy = fs::read(small.path("catalog.db"))?;
    small.configure(&json!({"schedule": {"frequency": "manual"}}), &json!({}))?;
    let daemon = small.serve::<&str>(&[]).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    fs::remove_file(small.path("catalog.db"))?;
    let gone = daemon
        .until("/readyz", |answer| answer.status == 503)
        .await?;
    says(&gone.text, &["the store is gone"]);
    says(&daemon.log(), &["ERROR", "catalog.db"]);
    let entities = daemon.get("/api/catalog/entities", None).await?;
    assert_eq!(entities.status, 200, "the last generation is served");
    for name in ["catalog.db-wal", "catalog.db-shm"] {
        let _ = fs::remove_file(small.path(name));
    }
    fs::write(small.path("catalog.db"), copy)?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    Ok(())
}

/// A core would hold keys and tokens.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn there_is_no_core_of_a_process_that_holds_keys() -> anyhow::Result<()> {
    let mut small = small().await?;
    small.launch_by(&["sh", "-c", "ulimit -S -c unlimited; exec \"$@\"", "sh"]);
    let daemon = small.serve::<&str>(&[]).await?;
    let process = daemon.process().unwrap();
    let limits = fs::read_to_string(format!("/proc/{process}/limits"))?;
    let core = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max core file size"));
    let values: Vec<&str> = core.unwrap().split_whitespace().take(2).collect();
    assert_eq!(values, ["0", "0"]);
    Ok(())
}
