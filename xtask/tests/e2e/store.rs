//! Stores and ports that cannot be had.

use std::fs;

use serde_json::json;
use tokio::net::TcpListener;

use crate::{counts, says, small, small_synced};

#[tokio::test]
async fn a_store_that_cannot_be_opened() -> anyhow::Result<()> {
    let small = small().await?;
    fs::create_dir(small.path("folder"))?;
    fs::write(
        small.path("text"),
        "This is no database, and far too short to be one.".repeat(100),
    )?;
    for (store, words) in [
        ("folder", ["folder", "fix: "]),
        ("not/there.db", ["there.db", "the folder does not exist"]),
        ("text", ["text", "is no database"]),
    ] {
        small.configure(
            &json!({}),
            &json!({"store": {"url": format!("sqlite:{store}")}}),
        )?;
        for command in ["sync", "plan", "export", "serve"] {
            let said = small.run(&[command]).await?.exited(13)?;
            says(&said.stderr, &words);
        }
    }
    assert!(fs::read_to_string(small.path("text"))?.starts_with("This is no database"));
    assert_eq!(small.simulator.requests(), [], "Okta is not asked in vain");
    Ok(())
}

/// The layout of the database is numbered in its header, four bytes from the 60th on.
#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    let path = small.path("catalog.db");
    let good = fs::read(&path)?;
    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    fs::write(&path, &newer)?;
    let said = small.run(&["sync"]).await?.exited(13)?;
    says(&said.stderr, &["newer", "fix: "]);
    assert!(fs::read(&path)? == newer, "not a byte was written");
    fs::write(&path, good)?;
    assert_eq!(small.export().await?, before);
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_that_may_not_be_written() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let (small, before) = small_synced().await?;
    let set =
        |name: &str, mode| fs::set_permissions(small.path(name), fs::Permissions::from_mode(mode));
    set("catalog.db", 0o400)?;
    set(".", 0o500)?;
    let writable = fs::OpenOptions::new()
        .write(true)
        .open(small.path("catalog.db"))
        .is_ok();
    let run = small.run(&["sync"]).await?;
    set(".", 0o700)?;
    set("catalog.db", 0o600)?;
    if writable {
        println!("skipped: this user may write everything");
        return Ok(());
    }
    let said = run.exited(13)?;
    says(&said.stderr, &["fix: ", "writable"]);
    assert_eq!(small.export().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_port_that_is_taken() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    let taken = TcpListener::bind("127.0.0.1:0").await?;
    let address = taken.local_addr()?.to_string();
    small.configure(&json!({}), &json!({"server": {"listen": address}}))?;
    let said = small.run(&["serve"]).await?.exited(10)?;
    says(
        &said.stderr,
        &[&address, "fix: ", "portalSync.server.listen"],
    );
    Ok(())
}

#[tokio::test]
async fn an_address_for_everybody_needs_a_token() -> anyhow::Result<()> {
    let small = small().await?;
    for listen in ["0.0.0.0:0", "[::]:0"] {
        small.configure(&json!({}), &json!({"server": {"listen": listen}}))?;
        let said = small.run(&["serve"]).await?.exited(10)?;
        says(&said.stderr, &[listen, "token"]);
    }
    Ok(())
}

/// A backup is taken while `serve` has the store open, and put in its place when it is lost.
#[tokio::test]
async fn a_backup_is_restored_and_synced_over() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    let daemon = small.serve::<&str>(&[]).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    let copied = small
        .run(&["store", "backup", "copy.db"])
        .await?
        .exited(0)?;
    says(&copied.stdout, &["copy.db", "whole", "9 users, 7 groups"]);
    drop(daemon);
    let again = small.run(&["store", "backup", "copy.db"]).await?;
    says(&again.exited(10)?.stderr, &["copy.db", "already", "fix: "]);

    // What happened after the backup was taken happens again.
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status("00u6soren0berg00000d", "DEPROVISIONED", now));
    small.sync(0).await?;
    let after = small.export().await?;
    for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        let _ = fs::remove_file(small.path(name));
    }
    fs::rename(small.path("copy.db"), small.path("catalog.db"))?;
    assert_eq!(small.export().await?, before);
    assert_eq!(small.sync(0).await?["generation"], 2);
    assert_eq!(small.export().await?, after);
    let check = ["store", "check", "--format", "json"];
    let checked = small.run(&check).await?.exited(0)?.report()?;
    assert_eq!(counts(&checked, ["generation"]), [2]);
    assert_eq!(
        counts(&checked["providers"][0], ["users", "groups", "generation"]),
        [8, 7, 2]
    );
    assert!(checked["bytes"].as_u64() > Some(4096), "{checked}");
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_damaged_or_missing_is_told_and_left_as_it_is() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    let path = small.path("catalog.db");
    let mut damaged = fs::read(&path)?;
    for at in 0..damaged.len() {
        if damaged[at..].starts_with(b"soren.berg") {
            damaged[at] = b'x';
        }
    }
    fs::write(&path, &damaged)?;
    let files = || fs::read_dir(small.path(".")).unwrap().count();
    let before = files();
    for command in [&["store", "check"][..], &["store", "backup", "copy.db"]] {
        let said = small.run(command).await?.exited(13)?;
        says(&said.stderr, &["catalog.db", "damaged", "fix: "]);
        assert_eq!(said.stdout, "");
    }
    assert!(fs::read(&path)? == damaged, "not a byte was written");
    assert_eq!(files(), before, "no file was made");
    fs::remove_file(&path)?;
    for command in [&["store", "check"][..], &["store", "backup", "copy.db"]] {
        let said = small.run(command).await?.exited(13)?;
        says(&said.stderr, &["catalog.db", "no store yet", "fix: "]);
    }
    assert_eq!(files(), before - 1);
    Ok(())
}
