//! The ledger: what `runs` says of runs that were made, that are under way, and that failed.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::harness;
use xtask::simulator::{Effect, Endpoint, Fault};

use crate::{says, small, small_synced};

const SOREN: &str = "00u6soren0berg00000d";

#[tokio::test]
async fn before_the_first_run_there_is_nothing_to_list() -> anyhow::Result<()> {
    let small = small().await?;
    for arguments in [&["runs"][..], &["runs", "--provider", "default"]] {
        let listed = small.run(arguments).await?.exited(0)?;
        assert_eq!(listed.stdout, "");
    }
    let unknown = small.run(&["runs", "show", "1"]).await?.exited(10)?;
    says(&unknown.stderr, &["no run 1", "none yet", "fix: "]);
    let unknown = small.run(&["runs", "--provider", "defualt"]).await?;
    says(&unknown.exited(10)?.stderr, &["`defualt`", "`default`"]);
    assert!(!small.path("catalog.db").exists());
    Ok(())
}

#[tokio::test]
async fn every_run_is_listed_the_newest_first() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    small.read_in_full();
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status(SOREN, "DEPROVISIONED", now));
    let sync = small.sync(0).await?;
    small
        .simulator
        .fail(Fault::always(Endpoint::Users, Effect::NoRecords));
    small.sync(3).await?;
    small.simulator.clear_faults();
    small.simulator.edit(|org| org.clients.clear());
    small.sync(11).await?;

    let listed = small.run(&["runs", "--format", "json"]).await?.exited(0)?;
    let runs = harness::entities(&listed.stdout)?;
    let told: Vec<Value> = runs
        .iter()
        .map(|run| json!([run["run"], run["provider"], run["outcome"], run["why"]]))
        .collect();
    let expected = [
        json!([4, "default", "failed", "command"]),
        json!([3, "default", "blocked", "command"]),
        json!([2, "default", "complete", "command"]),
        json!([1, "default", "complete", "command"]),
    ];
    assert_eq!(told, expected);
    assert_eq!(runs[0]["failure"]["kind"], "refused");
    assert_eq!(runs[0]["failure"]["exitCode"], 11);
    assert_eq!(runs[1]["failure"], Value::Null);
    assert_eq!(runs[1]["generation"], Value::Null);
    // What a run said of itself is what the ledger says of it, but for the time that it took to write that.
    for (key, value) in sync.as_object().unwrap() {
        if key != "durationSeconds" {
            assert_eq!(&runs[2][key], value, "{key}");
        }
    }
    let lines = small.run(&["runs", "--limit", "2"]).await?.exited(0)?;
    assert_eq!(lines.stdout.lines().count(), 3, "{}", lines.stdout);
    says(&lines.stdout, &["refused", "8 withheld", "blocked"]);

    let none = small.run(&["runs", "show", "9"]).await?.exited(10)?;
    says(&none.stderr, &["no run 9", "the newest is 4", "fix: "]);
    let both = small.run(&["runs", "--limit", "2", "show", "1"]).await?;
    says(&both.exited(10)?.stderr, &["--limit", "fix: "]);
    Ok(())
}

/// What `plan` and `sync` told of changes is what the ledger has of them.
#[tokio::test]
async fn a_run_is_shown_with_the_changes_that_its_plan_had() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    small.read_in_full();
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status(SOREN, "DEPROVISIONED", now));
    let plan = small.plan(2).await?;
    small.sync(0).await?;
    let show = ["runs", "show", "2", "--format", "json"];
    let shown = small.run(&show).await?.exited(0)?.report()?;
    assert_eq!(shown["changes"], plan["changes"]);
    assert_eq!(shown["planId"], plan["planId"]);

    small
        .simulator
        .fail(Fault::always(Endpoint::Users, Effect::NoRecords));
    let blocked = small.sync(3).await?;
    let show = ["runs", "show", "3", "--format", "json"];
    let shown = small.run(&show).await?.exited(0)?.report()?;
    let removals = |of: &Value| -> BTreeSet<String> {
        let all = of["withheldRemovals"].as_array().unwrap();
        all.iter().map(ToString::to_string).collect()
    };
    assert_eq!(removals(&shown), removals(&blocked));
    let lines = small.run(&["runs", "show", "3"]).await?.exited(0)?;
    says(&lines.stdout, &["stays, removal withheld", "guard: "]);

    let id = blocked["planId"].as_str().unwrap();
    small.run(&["sync", "--approve", id]).await?.exited(0)?;
    let show = ["runs", "show", "4", "--format", "json"];
    let approved = small.run(&show).await?.exited(0)?.report()?;
    assert_eq!(approved["approved"], id);
    says(approved["approvedBy"].as_str().unwrap(), &[" on "]);
    Ok(())
}

/// An approval is for what was shown, once: a script that repeats it lets nothing go.
#[tokio::test]
async fn what_was_approved_once_is_withheld_when_it_recurs() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    small.read_in_full();
    let vanish = Fault::always(Endpoint::Users, Effect::NoRecords);
    small.simulator.fail(vanish.clone());
    let id = small.sync(3).await?["planId"].as_str().unwrap().to_owned();
    let approving = ["sync", "--approve", &id];
    let wrong = small.run(&["sync", "--approve", "nonsense"]).await?;
    says(
        &wrong.exited(3)?.stderr,
        &["nothing is withheld under plan `nonsense`"],
    );
    small.run(&approving).await?.exited(0)?;
    small.simulator.clear_faults();
    small.sync(0).await?;
    assert_eq!(small.export().await?, before);

    small.simulator.fail(vanish);
    let again = small.run(&approving).await?.exited(3)?;
    says(
        &again.stderr,
        &["was approved before, and run 4 committed it"],
    );
    let recurring = small.sync(3).await?["planId"].as_str().unwrap().to_owned();
    assert_ne!(recurring, id);
    assert_eq!(small.export().await?, before);
    small
        .run(&["sync", "--approve", &recurring])
        .await?
        .exited(0)?;
    Ok(())
}

#[tokio::test]
async fn what_became_of_one_person_is_told_whatever_the_run() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status(SOREN, "DEPROVISIONED", now));
    small.sync(0).await?;
    for key in [SOREN, "user:default/soren.berg", "User:Soren.Berg"] {
        let told = small.run(&["runs", "of", key, "--format", "json"]).await?;
        let told = harness::entities(&told.exited(0)?.stdout)?;
        let told = told
            .iter()
            .map(|it| json!([it["run"], it["change"], it["cause"]]));
        let expected = [
            json!([2, "removed", "deactivated"]),
            json!([1, "added", null]),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected, "{key}");
    }
    let lines = small.run(&["runs", "of", SOREN]).await?.exited(0)?;
    says(
        &lines.stdout,
        &["run 2, ", "- user:default/soren.berg: deactivated in Okta"],
    );
    let nobody = small.run(&["runs", "of", "nobody"]).await?.exited(10)?;
    says(&nobody.stderr, &["`nobody`", "fix: "]);
    Ok(())
}

#[tokio::test]
async fn a_run_under_way_is_listed_and_one_that_was_killed_is_interrupted() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    small
        .simulator
        .fail(Fault::always(Endpoint::Users, Effect::Hang));
    let mut run = small.spawn(&["sync"])?;
    let outcome = async || -> anyhow::Result<Value> {
        let newest = ["runs", "--limit", "1", "--format", "json"];
        small.run(&newest).await?.exited(0)?.report()
    };
    let mut newest = outcome().await?;
    while newest["run"] == 1 {
        newest = outcome().await?;
    }
    assert_eq!(newest["outcome"], "running");
    assert_eq!(newest["ended"], Value::Null);
    says(newest["holder"].as_str().unwrap(), &["process "]);
    run.start_kill()?;
    run.wait().await?;
    small.simulator.clear_faults();
    small.sync(0).await?;
    let second = ["runs", "show", "2", "--format", "json"];
    let second = small.run(&second).await?.exited(0)?.report()?;
    assert_eq!(second["outcome"], "failed");
    assert_eq!(second["failure"]["kind"], "interrupted");
    Ok(())
}

/// `sync` and `serve` let go of runs that are not to be kept; `plan` does not.
#[tokio::test]
async fn the_ledger_is_as_long_as_it_is_to_be() -> anyhow::Result<()> {
    let small = small().await?;
    let numbers = async || -> anyhow::Result<Vec<u64>> {
        let listed = small.run(&["runs", "--format", "json"]).await?.exited(0)?;
        let runs = harness::entities(&listed.stdout)?;
        Ok(runs.iter().filter_map(|run| run["run"].as_u64()).collect())
    };
    small.sync(0).await?;
    small.sync(0).await?;
    let keep = |runs: u32| small.configure(&json!({}), &json!({"retention": {"runs": runs}}));
    keep(1)?;
    small.plan(0).await?;
    assert_eq!(numbers().await?, [2, 1]);
    keep(2)?;
    small.sync(0).await?;
    // Of those that are not the newest one that changed something stays longest.
    assert_eq!(numbers().await?, [3, 1]);
    keep(1)?;
    let daemon = small.serve::<&str>(&[]).await?;
    while numbers().await? != [4] {
        assert!(!daemon.log().contains("retention"), "{}", daemon.log());
    }
    Ok(())
}
