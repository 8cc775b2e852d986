//! The tenant's limits are shared with others: a share is kept, and a 429 is waited out.

use std::time::Duration;

use serde_json::json;
use xtask::e2e::oracle::Rules;
use xtask::simulator::{Bucket, Effect, Endpoint, Fault, Options, Org};
use xtask::{Harness, Scenario};

use crate::{catalog_is, counts, program};

/// Windows of seconds, so that a test sees several of them.
async fn limited(groups: u32) -> anyhow::Result<Harness> {
    let mut org = Org::generate(40, 20, 11);
    org.clients = Scenario::named("small")?.org.clients;
    let options = Options {
        window: Duration::from_secs(2),
        limits: [(Bucket::Groups, groups)].into(),
        share_percent: 100,
        ..Options::default()
    };
    Harness::start(program(), org, options).await
}

#[tokio::test]
async fn a_configured_share_is_never_exceeded() -> anyhow::Result<()> {
    let harness = limited(20).await?;
    harness.configure(&json!({"rateLimit": {"share": "50%"}}), &json!({}))?;
    let report = harness.sync(0).await?;
    assert_eq!(counts(&report, ["throttled"]), [0]);
    let usage = harness.simulator.usage()[&Bucket::Groups];
    assert_eq!(usage.refused, 0);
    assert!(
        usage.peak <= 10,
        "half of {} were allowed, {} were sent",
        usage.limit,
        usage.peak
    );
    catalog_is(&harness, &Rules::default()).await
}

#[tokio::test]
async fn a_limit_that_others_used_up_is_waited_out() -> anyhow::Result<()> {
    for effect in [Effect::RateLimited, Effect::ConcurrencyLimited] {
        let harness = limited(200).await?;
        harness
            .simulator
            .fail(Fault::nth(Endpoint::GroupUsers, 3, effect));
        let report = harness.sync(0).await?;
        assert_eq!(report["outcome"], "complete");
        assert_eq!(counts(&report, ["throttled"]), [1]);
        catalog_is(&harness, &Rules::default()).await?;
    }
    Ok(())
}
