//! Processes that are killed, and processes that share a catalog.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use xtask::Harness;
use xtask::e2e::oracle::Rules;
use xtask::simulator::{Effect, Endpoint, Fault};

use crate::{catalog_is, small, small_synced};

const PLATFORM: &str = "00g1platform0000000d";
const LINH: &str = "00u4linh0nguyen0000d";
const SOREN: &str = "00u6soren0berg00000d";

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
    }
    small.sync(0).await?;
    catalog_is(&small, &Rules::default()).await
}

/// Whenever it is killed, be it in the middle of the commit: the catalog is the old one or the new one.
#[tokio::test]
async fn a_run_that_is_killed_at_any_time_leaves_one_generation_or_the_other() -> anyhow::Result<()>
{
    let (small, old) = small_synced().await?;
    let unchanged = small.simulator.org();
    change(&small);
    let changed = small.simulator.org();
    small.sync(0).await?;
    let new = small.export().await?;
    for delay in 0..20 {
        let org = if delay % 2 == 0 { &unchanged } else { &changed };
        small.simulator.edit(|it| it.clone_from(org));
        let mut run = small.spawn(&["sync"])?;
        sleep(Duration::from_millis(delay * 4)).await;
        run.start_kill()?;
        run.wait().await?;
        let export = small.export().await?;
        assert!(
            export == old || export == new,
            "neither of the two after {delay}"
        );
    }
    small.sync(0).await?;
    catalog_is(&small, &Rules::default()).await
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

#[tokio::test]
async fn two_runs_at_once_leave_one_good_catalog() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    change(&small);
    let (one, other) = tokio::join!(small.run(&["sync"]), small.run(&["sync"]));
    let mut codes = [one?.code, other?.code];
    codes.sort();
    assert!(
        codes == [Some(0), Some(0)] || codes == [Some(0), Some(14)],
        "{codes:?}"
    );
    catalog_is(&small, &Rules::default()).await
}
