//! Processes that are killed, and processes that share a catalog.

use std::time::Duration;

use serde_json::json;
use tokio::process::Child;
use tokio::time::sleep;
use xtask::Harness;
#[cfg(target_os = "linux")]
use xtask::crash;
use xtask::e2e::oracle::Rules;
use xtask::harness::Store;
#[cfg(target_os = "linux")]
use xtask::harness::possession;
use xtask::simulator::{Effect, Endpoint, Fault};

#[cfg(target_os = "linux")]
use crate::program;
use crate::{catalog_is, counts, says, small, small_synced};

const PLATFORM: &str = "00g1platform0000000d";
const LINH: &str = "00u4linh0nguyen0000d";
const SOREN: &str = "00u6soren0berg00000d";

/// How long the turn of a process lasts that was killed. On Linux its end is seen, elsewhere it is waited for.
const TURN: Duration = Duration::from_secs(if cfg!(target_os = "linux") { 0 } else { 16 });

fn change(small: &Harness) {
    let now = small.simulator.now();
    small.simulator.edit(|org| {
        org.join(PLATFORM, LINH, now);
        org.set_status(SOREN, "DEPROVISIONED", now);
    });
}

#[tokio::test]
async fn a_run_that_is_killed_leaves_the_generation_before_it() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    change(&small);
    for endpoint in [
        Endpoint::Token,
        Endpoint::Users,
        Endpoint::Groups,
        Endpoint::GroupUsers,
    ] {
        small.simulator.forget_requests();
        small.simulator.fail(Fault::always(endpoint, Effect::Hang));
        let mut run = small.spawn(&["sync"])?;
        while !small
            .simulator
            .requests()
            .iter()
            .any(|it| it.endpoint == Some(endpoint))
        {
            sleep(Duration::from_millis(5)).await;
        }
        run.start_kill()?;
        assert_eq!(run.wait().await?.code(), None, "it was killed");
        small.simulator.clear_faults();
        assert_eq!(small.export().await?, before, "{endpoint}");
        sleep(TURN).await;
    }
    small.sync(0).await?;
    catalog_is(&small, &Rules::default()).await
}

/// Whenever it is killed, be it in the middle of the commit: the catalog is the old one or the new one, and the ledger has no
/// hole. `cargo xtask crash` does it longer.
#[cfg(target_os = "linux")]
async fn killed_at_any_time(store: Store) -> anyhow::Result<Option<crash::Tally>> {
    // What has to be proved to the org makes no difference here, and it takes long.
    if possession::is_required() {
        return Ok(None);
    }
    let args = crash::Args {
        kills: 12,
        seed: 14,
        store: None,
        users: 200,
    };
    crash::kill_again_and_again(program(), store, &args).await
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_run_that_is_killed_at_any_time_leaves_one_generation_or_the_other() -> anyhow::Result<()>
{
    let tally = killed_at_any_time(Store::Sqlite).await?;
    println!("{tally:?}");
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_run_that_is_killed_at_any_time_leaves_one_generation_or_the_other_in_postgresql()
-> anyhow::Result<()> {
    let tally = killed_at_any_time(Store::Postgres).await?;
    println!("{tally:?}");
    Ok(())
}

#[tokio::test]
async fn a_daemon_sees_what_another_process_commits() -> anyhow::Result<()> {
    let small = small().await?;
    small.configure(&json!({"schedule": {"frequency": "manual"}}), &json!({}))?;
    let daemon = small.serve::<&str>(&[]).await?;
    assert_eq!(daemon.get("/readyz", None).await?.status, 503);
    small.sync(0).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    change(&small);
    small.sync(0).await?;
    let gone = "/api/catalog/entities/by-name/user/default/soren.berg";
    daemon.until(gone, |answer| answer.status == 404).await?;
    Ok(())
}

/// A `sync` that holds the turn, and waits for an answer of the org for as long.
async fn under_way(small: &Harness, slow: Duration) -> anyhow::Result<Child> {
    let answer = Effect::Slow(slow);
    small
        .simulator
        .fail(Fault::first(Endpoint::Users, 1, answer));
    small.simulator.forget_requests();
    let run = small.spawn(&["sync"])?;
    let asked = || small.simulator.requests();
    while !asked()
        .iter()
        .any(|it| it.endpoint == Some(Endpoint::Users))
    {
        sleep(Duration::from_millis(5)).await;
    }
    small.simulator.clear_faults();
    Ok(run)
}

async fn one_gives_way(store: Store) -> anyhow::Result<()> {
    let mut small = small().await?;
    if !small.keep_in(store)? {
        return Ok(());
    }
    small.sync(0).await?;
    change(&small);
    let mut first = under_way(&small, Duration::from_secs(8)).await?;
    let process = first.id().unwrap();
    let second = small.run(&["sync"]).await?.exited(14)?;
    let said = second.stderr.replace(char::is_whitespace, " ");
    let who = format!("run 2 is under way in process {process} on ");
    says(&said, &[&who, "which holds its turn until ", "fix: wait"]);
    // Who only looks is not in the way of anybody.
    let plan = small.plan(2).await?;
    assert_eq!(counts(&plan, ["added", "removed"]), [0, 1], "{store}");
    assert_eq!(first.wait().await?.code(), Some(0), "{store}");
    catalog_is(&small, &Rules::default()).await?;
    let ledger = small.whole().await?;
    assert_eq!(ledger.runs.len(), 2, "who gives way takes no number");
    assert_eq!(ledger.generation(), 2);
    Ok(())
}

#[tokio::test]
async fn of_two_runs_at_once_one_gives_way_and_says_to_whom() -> anyhow::Result<()> {
    let [one, other] = Store::ALL.map(one_gives_way);
    tokio::try_join!(one, other).map(drop)
}

/// Of another process of this machine it is seen that it has ended: nobody waits until its turn runs out.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_run_that_was_killed_gives_way_at_once() -> anyhow::Result<()> {
    for store in Store::ALL {
        let mut small = small().await?;
        if !small.keep_in(store)? {
            continue;
        }
        small.sync(0).await?;
        change(&small);
        let mut run = under_way(&small, Duration::from_secs(60)).await?;
        run.start_kill()?;
        run.wait().await?;
        small.sync(0).await?;
        catalog_is(&small, &Rules::default()).await?;
        let ledger = small.whole().await?;
        let ended = |number: usize| {
            let run = &ledger.runs[number];
            (run.is_interrupted(), run.generation)
        };
        assert_eq!((ended(1), ended(2)), ((true, None), (false, Some(2))));
    }
    Ok(())
}

#[cfg(unix)]
async fn signal(process: u32, signal: &str) -> anyhow::Result<()> {
    let mut kill = tokio::process::Command::new("kill");
    kill.args([format!("-{signal}"), process.to_string()]);
    anyhow::ensure!(kill.status().await?.success());
    Ok(())
}

#[cfg(unix)]
async fn stood_still(store: Store) -> anyhow::Result<()> {
    let mut small = small().await?;
    if !small.keep_in(store)? {
        return Ok(());
    }
    small.sync(0).await?;
    let first = under_way(&small, Duration::from_secs(1)).await?;
    let process = first.id().unwrap();
    signal(process, "STOP").await?;
    change(&small);
    // It lives: its turn has to run out.
    loop {
        match small.run(&["sync"]).await? {
            busy if busy.code == Some(14) => sleep(Duration::from_millis(500)).await,
            done => break drop(done.exited(0)?),
        }
    }
    let after = small.export().await?;
    signal(process, "CONT").await?;
    let late = first.wait_with_output().await?;
    assert_eq!(late.status.code(), Some(14), "{late:?}");
    let said = String::from_utf8(late.stderr)?;
    says(&said, &["another run of this provider took over"]);
    assert_eq!(small.export().await?, after, "{store}");
    let ledger = small.whole().await?;
    let committed: Vec<_> = ledger.runs.iter().map(|run| run.generation).collect();
    assert_eq!(committed, [Some(1), None, Some(2)], "{store}");
    assert!(ledger.runs[1].is_interrupted(), "{store}");
    catalog_is(&small, &Rules::default()).await
}

/// What it has read is old by then.
#[cfg(unix)]
#[tokio::test]
async fn a_run_that_stood_still_for_too_long_commits_nothing() -> anyhow::Result<()> {
    let [one, other] = Store::ALL.map(stood_still);
    tokio::try_join!(one, other).map(drop)
}
