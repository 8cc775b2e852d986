//! What happens to the file under a running `serve`.

use std::fs;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::client::Watch;
use super::stage::{ONE_PROCESSOR, Outcome, Stage, serve};
use crate::harness::Daemon;

/// How long `/healthz` may take, whatever is read.
const ALIVE: Duration = Duration::from_millis(500);

/// A catalog of twenty thousand on one processor: alive from the first moment.
pub(super) async fn first_reading_of_a_large_catalog(stage: Stage) -> anyhow::Result<Outcome> {
    let mut harness = stage.org(20_000, 500).await?;
    harness.sync(0).await?;
    harness.launch_by(&ONE_PROCESSOR);
    let manual = json!({"schedule": {"frequency": "manual"}});
    harness.configure(&manual, &json!({}))?;
    let daemon = harness.serve::<&str>(&[]).await?;
    let (watch, began) = (Watch::begin(daemon.address()), Instant::now());
    while daemon.get("/readyz", None).await?.status != 200 {
        sleep(Duration::from_millis(10)).await;
    }
    let ready = began.elapsed();
    let (tries, worst) = watch.end()?;
    Ok(Outcome::new(
        tries,
        worst < ALIVE,
        format_args!(
            "/healthz takes {:.2} s at most, ready after {:.1} s",
            worst.as_secs_f64(),
            ready.as_secs_f64()
        ),
    ))
}

async fn becomes(daemon: &Daemon, status: u16) -> anyhow::Result<Option<Duration>> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if daemon.get("/readyz", None).await?.status == status {
            return Ok(Some(began.elapsed()));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(None)
}

/// Noticed within seconds, said, and opened anew when it is there again.
pub(super) async fn file_deleted_and_replaced(stage: Stage) -> anyhow::Result<Outcome> {
    let harness = stage.small().await?;
    harness.sync(0).await?;
    let copy = fs::read(harness.path("catalog.db"))?;
    let manual = json!({"schedule": {"frequency": "manual"}});
    harness.configure(&manual, &json!({}))?;
    let daemon = harness.serve::<&str>(&[]).await?;
    becomes(&daemon, 200).await?;
    for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        let _ = fs::remove_file(harness.path(name));
    }
    let noticed = becomes(&daemon, 503).await?;
    let served = daemon.get("/api/catalog/entities", None).await?.status;
    let said = daemon.log().contains("ERROR");
    fs::write(harness.path("catalog.db"), copy)?;
    let back = becomes(&daemon, 200).await?;
    let soon = |time: Option<Duration>| time.is_some_and(|time| time < Duration::from_secs(5));
    let held = soon(noticed) && soon(back) && served == 200 && said;
    Ok(Outcome::new(
        2,
        held,
        format_args!(
            "not ready after {noticed:?}, ready again after {back:?}, said: {said}, served meanwhile: {served}"
        ),
    ))
}

/// Who only reads does not wait for who writes.
pub(super) async fn file_locked_by_another_process(stage: Stage) -> anyhow::Result<Outcome> {
    let harness = stage.small().await?;
    harness.sync(0).await?;
    let lock = "import sqlite3,sys,time\nc=sqlite3.connect('catalog.db',isolation_level=None)\nc.execute('BEGIN IMMEDIATE')\nprint('locked',flush=True)\ntime.sleep(60)\n";
    let mut locker = tokio::process::Command::new("python3")
        .args(["-c", lock])
        .current_dir(harness.path("."))
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(said) = locker.stdout.take() {
        use tokio::io::AsyncReadExt as _;
        let mut word = [0; 6];
        let mut said = said;
        said.read_exact(&mut word).await?;
    }
    let mut figures = Vec::new();
    let mut held = true;
    for command in ["export", "plan"] {
        let began = Instant::now();
        let run = harness.run(&[command]).await?;
        held &= run.code == Some(0) && began.elapsed() < Duration::from_secs(5);
        figures.push(format!(
            "{command} ends {:?} after {:.1} s",
            run.code,
            began.elapsed().as_secs_f64()
        ));
    }
    let manual = json!({"schedule": {"frequency": "manual"}});
    harness.configure(&manual, &json!({}))?;
    let daemon = harness.serve::<&str>(&[]).await?;
    let ready = becomes(&daemon, 200).await?;
    held &= ready.is_some();
    figures.push(format!("serve is ready after {ready:?}"));
    Ok(Outcome::new(3, held, figures.join("; ")))
}

/// One damaged page after the other: an error, or the same content.
pub(super) async fn damaged_pages(stage: Stage) -> anyhow::Result<Outcome> {
    let harness = stage.org(300, 20).await?;
    drop(serve(&harness, &json!({})).await?);
    harness.configure(&json!({}), &json!({}))?;
    let right = harness.export().await?;
    let path = harness.path("catalog.db");
    let whole = fs::read(&path)?;
    let (mut tries, mut noticed, mut wrong) = (0, 0, Vec::new());
    for page in (0..whole.len() / 4096).step_by((whole.len() / 4096 / 60).max(1)) {
        for at in [100, 2_000, 3_900] {
            let mut damaged = whole.clone();
            let place = page * 4096 + at;
            for byte in damaged.iter_mut().skip(place).take(3) {
                *byte ^= 0x15;
            }
            for name in ["catalog.db-wal", "catalog.db-shm"] {
                let _ = fs::remove_file(harness.path(name));
            }
            fs::write(&path, damaged)?;
            let run = harness.run(&["export", "--format", "ndjson"]).await?;
            tries += 1;
            match run.code {
                Some(0) if run.stdout == right => {}
                Some(13) => noticed += 1,
                code => wrong.push(format!("page {page} at {at}: {code:?}")),
            }
        }
    }
    Ok(Outcome::new(
        tries,
        wrong.is_empty(),
        format_args!(
            "{noticed} noticed, the others harmless{}{}",
            if wrong.is_empty() { "" } else { ", but " },
            wrong.join(", ")
        ),
    ))
}
