//! A PostgreSQL server that goes, comes back, is not there, or holds what is none of ours.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::{Instant, timeout};
use xtask::Harness;
use xtask::Scenario;
use xtask::e2e::oracle::Rules;
use xtask::harness::{Daemon, Database, DatabaseServer};
use xtask::simulator::{Options, Org};

use crate::{catalog_is, program, says, small};

const SOREN: &str = "00u6soren0berg00000d";
const SOREN_SHOWN: &str = "/api/catalog/entities/by-name/user/default/soren.berg";

/// What is noticed at once is noticed within this time, on a busy machine too.
const SOON: Duration = Duration::from_secs(20);

fn set_status(small: &Harness, status: &str) {
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status(SOREN, status, now));
}

/// Reads a catalog that is whole, and a ledger without holes in which nothing is open.
async fn nothing_is_lost(harness: &Harness) -> anyhow::Result<()> {
    catalog_is(harness, &Rules::default()).await?;
    let ledger = harness.whole().await?;
    assert!(ledger.under_way().is_none());
    Ok(())
}

#[tokio::test]
async fn a_server_that_crashes_in_mid_commit_leaves_the_generation_before() -> anyhow::Result<()> {
    let Some(server) = DatabaseServer::start()? else {
        return Ok(());
    };
    let mut org = Org::generate(1_000, 50, 7);
    org.clients = Scenario::named("small")?.org.clients;
    let mut harness = Harness::start(program(), org, Options::without_limits()).await?;
    harness.keep_at(&server.database());
    harness.sync(0).await?;
    let mut crashed = false;
    for number in 0..5 {
        let before = harness.export().await?;
        let now = harness.simulator.now();
        harness.simulator.edit(|org| {
            let users: Vec<String> = org.users.keys().cloned().collect();
            for user in users {
                let name = format!("{user} for the {number}th time");
                org.set_user_profile(&user, "displayName", name.into(), now);
            }
        });
        let mut run = harness.spawn(&["sync", "-v"])?;
        let mut lines = BufReader::new(run.stderr.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await? {
            if line.contains("committing") {
                break;
            }
        }
        server.crash()?;
        let mut said = String::new();
        while let Some(line) = lines.next_line().await? {
            said.extend([&line, "\n"]);
        }
        let code = run.wait().await?.code();
        server.recover()?;
        // The commit may have been quicker.
        if code == Some(13) {
            says(&said, &["error: ", "fix: "]);
            let is_unknown = said.contains("whether the catalog was changed is not known");
            assert!(is_unknown || harness.export().await? == before);
            crashed = true;
            break;
        }
        assert_eq!(code, Some(0), "{said}");
    }
    assert!(crashed, "every commit was quicker");
    harness.sync(0).await?;
    nothing_is_lost(&harness).await
}

/// Served is what there was, and the run that was disturbed is not the last one.
#[tokio::test]
async fn a_daemon_outlives_its_server() -> anyhow::Result<()> {
    let Some(server) = DatabaseServer::start()? else {
        return Ok(());
    };
    let mut small = small().await?;
    small.keep_at(&server.database());
    let often = json!({"schedule": {"frequency": {"milliseconds": 500}}});
    small.configure(&often, &json!({}))?;

    server.crash()?;
    let daemon = small.serve::<&str>(&[]).await?;
    assert_eq!(daemon.get("/healthz", None).await?.status, 200);
    let why = daemon.get("/readyz", None).await?;
    assert_eq!(why.status, 503);
    says(&why.text, &["the store"]);
    server.recover()?;
    ready(&daemon).await?;

    for _ in 0..2 {
        let began = Instant::now();
        server.crash()?;
        set_status(&small, "DEPROVISIONED");
        let why = daemon
            .until("/readyz", |answer| answer.status == 503)
            .await?;
        says(&why.text, &["the store cannot be read: it is tried again"]);
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        assert_eq!(daemon.get("/healthz", None).await?.status, 200);
        let served = daemon.get(SOREN_SHOWN, None).await?;
        assert_eq!(served.status, 200, "the last generation is served");
        server.recover()?;
        ready(&daemon).await?;
        daemon
            .until(SOREN_SHOWN, |answer| answer.status == 404)
            .await?;
        set_status(&small, "ACTIVE");
        daemon
            .until(SOREN_SHOWN, |answer| answer.status == 200)
            .await?;
    }
    drop(daemon);
    small.configure(&json!({}), &json!({}))?;
    small.sync(0).await?;
    nothing_is_lost(&small).await
}

async fn ready(daemon: &Daemon) -> anyhow::Result<()> {
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await
        .map(drop)
}

#[tokio::test]
async fn a_server_that_is_not_there_or_says_nothing_is_told_soon() -> anyhow::Result<()> {
    let mut small = small().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let silent = listener.local_addr()?.port();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        listener.local_addr()?.port()
    };
    for (port, commands) in [
        (closed, &["sync", "plan", "export"][..]),
        (silent, &["sync"]),
    ] {
        let url = format!("postgres://somebody:s3cret-of-mine@127.0.0.1:{port}/somewhere");
        small.keep_at(&Database::at(&url));
        for command in commands {
            let began = Instant::now();
            let said = small.run(&[command]).await?.exited(13)?;
            assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
            says(&said.stderr, &["cannot be reached", "127.0.0.1", "fix: "]);
            assert!(!said.stderr.contains("s3cret-of-mine"), "{}", said.stderr);
        }
    }
    assert_eq!(small.simulator.requests(), [], "Okta is not asked in vain");
    Ok(())
}

#[tokio::test]
async fn a_server_that_refuses_us_is_told_without_the_password() -> anyhow::Result<()> {
    let Some(database) = Database::shared()? else {
        return Ok(());
    };
    let mut small = small().await?;
    let wrong = "no-p4ssword-of-anybody";
    small.keep_at(&database.with_password(wrong)?);
    for command in ["sync", "plan", "export", "serve"] {
        let said = small.run(&[command]).await?.exited(13)?;
        says(
            &said.stderr,
            &["refuses this user", "fix: ", "portalSync.store.url"],
        );
        let all = said.stdout + &said.stderr;
        assert!(!all.contains(wrong), "{all}");
    }
    Ok(())
}

/// Has SQL done in the database by the server's own program; false where that is missing.
async fn done(database: &Database, sql: &str) -> anyhow::Result<bool> {
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .arg(database.url())
        .stdout(Stdio::null());
    let Ok(mut psql) = psql.spawn() else {
        xtask::say("without `psql` no schema of another program is made");
        return Ok(false);
    };
    let status = timeout(SOON, psql.wait()).await??;
    assert!(status.success(), "{sql}");
    Ok(true)
}

#[tokio::test]
async fn a_schema_that_is_newer_or_none_of_ours_is_left_alone() -> anyhow::Result<()> {
    let (Some(newer), Some(foreign)) = (Database::shared()?, Database::shared()?) else {
        return Ok(());
    };
    let mut small = small().await?;
    let make = format!(
        "CREATE SCHEMA {} CREATE TABLE entity (id int)",
        foreign.schema()
    );
    if !done(&foreign, &make).await? {
        return Ok(());
    }
    small.keep_at(&newer);
    small.sync(0).await?;
    let schema = newer.schema();
    let step = format!(
        "INSERT INTO {schema}.migration (number, name, checksum) VALUES (9999, 'of tomorrow', '')"
    );
    done(&newer, &step).await?;
    for (database, words) in [
        (&foreign, ["another program", "portalSync.store.schema"]),
        (
            &newer,
            ["a newer portal-sync", "run the portal-sync that wrote it"],
        ),
    ] {
        small.keep_at(database);
        for command in ["sync", "plan", "export", "serve"] {
            let said = small.run(&[command]).await?.exited(13)?;
            says(&said.stderr, &words);
        }
    }
    let forget = format!("DELETE FROM {schema}.migration WHERE number = 9999");
    done(&newer, &forget).await?;
    small.keep_at(&newer);
    nothing_is_lost(&small).await
}
