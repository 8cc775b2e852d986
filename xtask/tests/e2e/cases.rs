//! The scenarios' cases, and that the same org always gives the same bytes.

use std::collections::BTreeSet;

use serde_json::Value;
use xtask::Harness;
use xtask::simulator::{Options, Org};

use crate::{program, small_synced};

#[tokio::test]
async fn every_case_is_as_its_golden_and_its_oracle_say() -> anyhow::Result<()> {
    let wrong = xtask::e2e::check_all(program()).await?;
    assert!(
        wrong.is_empty(),
        "{wrong}\nafter a look at the differences, `cargo xtask e2e --bless` accepts them"
    );
    Ok(())
}

#[tokio::test]
async fn ten_runs_over_one_org_print_the_same_bytes() -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    for seed in 1..=10 {
        let mut org = Org::generate(230, 25, 3);
        org.clients = xtask::Scenario::named("small")?.org.clients;
        // Other cursors, other tokens; answers overtake each other as they like.
        let options = Options {
            seed,
            ..Options::default()
        };
        let harness = Harness::start(program(), org, options).await?;
        let plan = harness.run(&["plan"]).await?.exited(2)?;
        harness.sync(0).await?;
        let export = harness
            .export()
            .await?
            .replace(&harness.simulator.url(), "");
        let planned: Vec<String> = plan
            .stdout
            .lines()
            // The plan's id depends on the address of the org, which is another one each time.
            .take_while(|line| !line.contains(": plan "))
            .map(str::to_owned)
            .collect();
        seen.insert((planned, export));
        harness.simulator.shutdown().await;
    }
    assert_eq!(seen.len(), 1);
    Ok(())
}

#[tokio::test]
async fn every_format_of_the_export_holds_the_same() -> anyhow::Result<()> {
    let (small, ndjson) = small_synced().await?;
    let lines: Vec<Value> = xtask::harness::entities(&ndjson)?;
    let json = small
        .run(&["export", "--format", "json"])
        .await?
        .exited(0)?
        .stdout;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&json)?, lines);
    let yaml = small
        .run(&["export", "--format", "yaml"])
        .await?
        .exited(0)?
        .stdout;
    assert_eq!(serde_saphyr::from_multiple::<Value>(&yaml)?, lines);

    small
        .run(&[
            "export", "--format", "ndjson", "--out", "shards", "--shards", "3",
        ])
        .await?
        .exited(0)?;
    let mut sharded = BTreeSet::new();
    for shard in std::fs::read_dir(small.path("shards"))? {
        let text = std::fs::read_to_string(shard?.path())?;
        sharded.extend(text.lines().map(str::to_owned));
    }
    assert_eq!(sharded, ndjson.lines().map(str::to_owned).collect());
    Ok(())
}
