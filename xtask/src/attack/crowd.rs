//! Crowds: more connections, readers and searches than there is room for.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::client::{ask, open, right, worst};
use super::process::Held;
use super::stage::{Outcome, PATIENCE, Stage, TOKEN, descriptors, mebibytes, serve};
use crate::harness::{Daemon, Harness};

/// What a crowd may cost.
const MEMORY: u64 = 100 << 20;

/// What is given back is given back by then: the longest timeout, and a little.
const RECOVERY: Duration = Duration::from_secs(10);

const HALF: &[u8] = b"GET / HTTP/1.1\r\nX: ";

pub(super) async fn half_requests(stage: Stage) -> anyhow::Result<Outcome> {
    crowded(&stage, 1_024, async |daemon| {
        open(daemon.address(), 1_140, HALF).await
    })
    .await
}

pub(super) async fn half_requests_with_few_descriptors(stage: Stage) -> anyhow::Result<Outcome> {
    crowded(&stage, 64, async |daemon| {
        open(daemon.address(), 200, HALF).await
    })
    .await
}

pub(super) async fn idle_connections(stage: Stage) -> anyhow::Result<Outcome> {
    crowded(&stage, 1_024, async |daemon| {
        open(daemon.address(), 2_000, b"").await
    })
    .await
}

/// Readers of the whole list who take nothing of it.
pub(super) async fn readers_who_do_not_read(stage: Stage) -> anyhow::Result<Outcome> {
    crowded(&stage, 1_024, async |daemon| {
        open(daemon.address(), 300, list().as_bytes()).await
    })
    .await
}

/// All of them, with twenty who guess.
pub(super) async fn all_at_once(stage: Stage) -> anyhow::Result<Outcome> {
    crowded(&stage, 1_024, async |daemon| {
        let address = daemon.address();
        let mut all = open(address, 1_140, HALF).await;
        all.extend(open(address, 2_000, b"").await);
        all.extend(open(address, 300, list().as_bytes()).await);
        for guesser in 0..20 {
            let address = address.to_owned();
            tokio::spawn(async move {
                let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer guess-{guesser}\r\n\r\n");
                let until = Instant::now() + Duration::from_secs(15);
                while Instant::now() < until {
                    drop(ask(&address, head.repeat(10).as_bytes()).await);
                }
            });
        }
        all
    })
    .await
}

fn list() -> String {
    format!(
        "GET /api/catalog/entities HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    )
}

/// A catalog of ten thousand, so many descriptors, and a crowd: who is in the right is answered, and afterwards everything is
/// given back.
async fn crowded(
    stage: &Stage,
    limit: u32,
    gather: impl AsyncFnOnce(&Daemon) -> Vec<TcpStream>,
) -> anyhow::Result<Outcome> {
    let mut harness = stage.org(10_000, 200).await?;
    harness.launch_by(&descriptors(limit));
    let daemon = serve(&harness, &json!({})).await?;
    // The list is made at its first reading.
    ask(daemon.address(), right("/api/catalog/entities").as_bytes()).await?;
    let before = Held::by(&daemon)?;
    let crowd = gather(&daemon).await;
    let (tries, worst) = worst(daemon.address(), Duration::from_secs(12)).await?;
    let during = Held::by(&daemon)?;
    let grown = during.memory.saturating_sub(before.memory);
    let size = crowd.len();
    drop(crowd);
    sleep(RECOVERY).await;
    let after = Held::by(&daemon)?;
    let left = after.descriptors.saturating_sub(before.descriptors);
    let lines = daemon
        .log()
        .lines()
        .filter(|line| line.contains("connections"))
        .count();
    let held = worst < PATIENCE && grown < MEMORY && left < 8 && lines <= 8;
    Ok(Outcome::new(
        size + tries,
        held,
        format_args!(
            "{:.2} s at most, {} more, {left} descriptors left over, {lines} log lines",
            worst.as_secs_f64(),
            mebibytes(grown)
        ),
    ))
}

/// One reader who does not read in each of fifteen generations.
pub(super) async fn readers_of_old_generations(stage: Stage) -> anyhow::Result<Outcome> {
    let harness = stage.org(10_000, 200).await?;
    let tenant = json!({"schedule": {"frequency": {"milliseconds": 200}}});
    let daemon = serve(&harness, &tenant).await?;
    ask(daemon.address(), right("/api/catalog/entities").as_bytes()).await?;
    let mut readers = Vec::new();
    for number in 0..15 {
        readers.extend(open(daemon.address(), 1, list().as_bytes()).await);
        next_generation(&harness, &daemon, number).await?;
    }
    // Those of the last half minute may still be held.
    sleep(Duration::from_secs(35)).await;
    let with = Held::by(&daemon)?.memory;
    drop(readers);
    sleep(RECOVERY).await;
    let without = Held::by(&daemon)?.memory;
    let peak = Held::peak(&daemon)?;
    let grown = with.saturating_sub(without);
    Ok(Outcome::new(
        15,
        grown < MEMORY,
        format_args!(
            "{} held by them, {} without, {} at most",
            mebibytes(grown),
            mebibytes(without),
            mebibytes(peak)
        ),
    ))
}

/// Somebody is called differently, and the catalog shows it.
async fn next_generation(harness: &Harness, daemon: &Daemon, number: usize) -> anyhow::Result<()> {
    let name = format!("Generation {number}");
    let now = harness.simulator.now();
    harness.simulator.edit(|org| {
        let first = org.users.keys().next().cloned().unwrap_or_default();
        org.set_user_profile(&first, "displayName", json!(name), now);
    });
    let query = format!("/?q=generation%20{number}");
    for _ in 0..400 {
        let shown = ask(daemon.address(), right(&query).as_bytes()).await?;
        if shown.text.contains(&name) {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("generation {number} does not come")
}

/// Two thousand searches whose client leaves at once, and pages beside them.
pub(super) async fn searches_that_nobody_waits_for(stage: Stage) -> anyhow::Result<Outcome> {
    let harness = stage.org(10_000, 200).await?;
    let daemon = serve(&harness, &json!({})).await?;
    let address = daemon.address().to_owned();
    let crowd = tokio::spawn(async move {
        for number in 0..2_000 {
            let search = format!("/?q=nobody%20{number}");
            drop(open(&address, 1, right(&search).as_bytes()).await);
        }
    });
    let (tries, worst) = worst(daemon.address(), Duration::from_secs(8)).await?;
    crowd.abort();
    Ok(Outcome::new(
        2_000 + tries,
        worst < PATIENCE,
        format_args!("a page takes {:.2} s at most", worst.as_secs_f64()),
    ))
}
