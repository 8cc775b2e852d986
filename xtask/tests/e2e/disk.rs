//! Disks that are full, and disks that nobody may write to.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use xtask::Harness;
use xtask::e2e::oracle::Rules;

use crate::{catalog_is, says, small};

const SOREN: &str = "00u6soren0berg00000d";

/// A small disk of its own, which goes with this.
struct Disk(PathBuf);

impl Disk {
    /// A disk in the folder of a harness, which keeps its catalog there; none where this user may make none.
    fn of(harness: &mut Harness) -> anyhow::Result<Option<Self>> {
        let path = harness.path("disk");
        fs::create_dir(&path)?;
        let disk = Self(path);
        if !disk.mount(&["-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs"]) {
            xtask::say("this user may mount no disk: what needs a full one does not run");
            return Ok(None);
        }
        harness.set("STORE_URL", "sqlite:disk/catalog.db");
        Ok(Some(disk))
    }

    fn mount(&self, arguments: &[&str]) -> bool {
        let mut mount = Command::new("mount");
        mount.args(arguments).arg(&self.0).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success())
    }

    /// Leaves so many bytes of the disk free.
    fn fill(&self, free: usize) -> anyhow::Result<()> {
        let mut rest = fs::File::create(self.0.join("rest"))?;
        while rest.write(&[1; 4096]).is_ok_and(|written| written > 0) {}
        let size = rest.metadata()?.len();
        rest.set_len(size.saturating_sub(free as u64))?;
        Ok(())
    }

    fn clear(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.0.join("rest"))?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let mut unmount = Command::new("umount");
        unmount.arg("--lazy").arg(&self.0).stderr(Stdio::null());
        drop(unmount.status());
    }
}

/// Lets half of everybody be called differently, so that there is much to write.
fn rename_many(small: &Harness, word: &str) {
    let now = small.simulator.now();
    small.simulator.edit(|org| {
        let users: Vec<String> = org.users.keys().cloned().collect();
        for user in users {
            let name = format!("{word} {user} ").repeat(400);
            org.set_user_profile(&user, "displayName", name.into(), now);
        }
    });
}

/// In whichever write it happens: that which opens the run, those of the commit, or that of the account.
#[tokio::test]
async fn a_disk_that_becomes_full_keeps_the_generation_before() -> anyhow::Result<()> {
    let mut small = small().await?;
    let Some(disk) = Disk::of(&mut small)? else {
        return Ok(());
    };
    small.sync(0).await?;
    let (mut free, mut failed) = (0, 0);
    loop {
        let before = small.export().await?;
        rename_many(&small, &format!("With {free}"));
        disk.fill(free)?;
        let run = small.run(&["sync"]).await?;
        let export = small.export().await?;
        if free == 0 {
            let out = ["export", "--out", "disk/exported"];
            small.run(&out).await?.exited(13)?;
        }
        disk.clear()?;
        if run.code == Some(0) {
            assert!(export != before);
            break;
        }
        failed += 1;
        says(
            &run.exited(13)?.stderr,
            &["the disk of the store is full", "fix: free disk space"],
        );
        assert!(export == before, "another catalog with {free} bytes left");
        free += 48 * 1024;
    }
    assert!(failed > 1, "the commit itself found no room at least once");
    catalog_is(&small, &Rules::default()).await?;
    small.sync(0).await?;
    assert!(small.whole().await?.under_way().is_none());
    Ok(())
}

#[tokio::test]
async fn a_daemon_goes_on_when_its_disk_has_room_again() -> anyhow::Result<()> {
    let mut small = small().await?;
    let Some(disk) = Disk::of(&mut small)? else {
        return Ok(());
    };
    small.sync(0).await?;
    disk.fill(0)?;
    let often = json!({"schedule": {"frequency": {"milliseconds": 300}}});
    small.configure(&often, &json!({}))?;
    let daemon = small.serve::<&str>(&[]).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status(SOREN, "DEPROVISIONED", now));
    daemon.until_said("the disk of the store is full").await?;
    let soren = "/api/catalog/entities/by-name/user/default/soren.berg";
    assert_eq!(daemon.get(soren, None).await?.status, 200);
    disk.clear()?;
    daemon.until(soren, |answer| answer.status == 404).await?;
    drop(daemon);
    catalog_is(&small, &Rules::default()).await?;
    small.whole().await.map(drop)
}

/// As a volume that is mounted for reading.
#[tokio::test]
async fn a_disk_that_may_not_be_written_is_read() -> anyhow::Result<()> {
    let mut small = small().await?;
    let Some(disk) = Disk::of(&mut small)? else {
        return Ok(());
    };
    small.sync(0).await?;
    let before = small.export().await?;
    assert!(disk.mount(&["-o", "remount,ro"]));
    says(
        &small.run(&["sync"]).await?.exited(13)?.stderr,
        &["may not be written", "fix: "],
    );
    assert_eq!(small.export().await?, before);
    small.plan(0).await?;
    assert!(!Path::new(&small.path("disk/catalog.db-wal")).exists());
    Ok(())
}
