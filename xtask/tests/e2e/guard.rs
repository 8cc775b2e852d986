//! Sources that suddenly say less: nothing goes until somebody approves it.

use serde_json::{Value, json};
use xtask::Harness;
use xtask::e2e::oracle::Rules;
use xtask::simulator::{Effect, Endpoint, Fault, Group, Options, Org, User};

use crate::{catalog_is, counts, program, says, small_synced};

#[tokio::test]
async fn an_org_that_answers_with_nothing_empties_no_catalog() -> anyhow::Result<()> {
    for silent in [
        vec![Endpoint::Users, Endpoint::Groups, Endpoint::GroupUsers],
        vec![Endpoint::Users],
        vec![Endpoint::Groups],
    ] {
        let (small, before) = small_synced().await?;
        small.read_in_full();
        for endpoint in silent {
            small
                .simulator
                .fail(Fault::always(endpoint, Effect::NoRecords));
        }
        small.plan(3).await?;
        let said = small.run(&["sync"]).await?.exited(3)?;
        says(&(said.stdout + &said.stderr), &["withheld", "--approve"]);
        assert_eq!(small.export().await?, before);
        small.simulator.clear_faults();
        assert_eq!(
            small.sync(0).await?["generation"],
            Value::Null,
            "as if nothing had happened"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_role_that_was_taken_away_empties_no_catalog() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    small.read_in_full();
    small
        .simulator
        .edit(|org| org.clients[0].admin_role = false);
    let report = small.sync(3).await?;
    assert_eq!(report["outcome"], "blocked");
    assert_eq!(counts(&report, ["users", "groups", "withheld"]), [9, 7, 16]);
    assert_eq!(small.export().await?, before);
    Ok(())
}

/// A hundred people and twelve groups, in the catalog.
async fn hundred() -> anyhow::Result<Harness> {
    let mut org = Org::generate(100, 12, 5);
    org.clients = xtask::Scenario::named("small")?.org.clients;
    let harness = Harness::start(program(), org, Options::default()).await?;
    harness.sync(0).await?;
    catalog_is(&harness, &Rules::default()).await?;
    Ok(harness)
}

/// So many people who are active.
fn some(org: &Org, count: usize) -> Vec<String> {
    let active = org.users.values().filter(|user| user.status == "ACTIVE");
    active.map(|user| user.id.clone()).take(count).collect()
}

#[tokio::test]
async fn too_many_removals_wait_for_an_approval_of_exactly_them() -> anyhow::Result<()> {
    let harness = hundred().await?;
    harness.read_in_full();
    let now = harness.simulator.now();
    let delete = |count: usize| {
        harness
            .simulator
            .edit(|org| some(org, count).iter().for_each(|id| org.remove_user(id)));
    };
    delete(20);
    let newcomer = User::new("00uznew0000000000000", "Noor", "Haddad", "noor@example.com");
    harness.simulator.edit(|org| org.add_user(newcomer));
    let blocked = harness.sync(3).await?;
    assert_eq!(
        counts(&blocked, ["withheld", "removed", "added"]),
        [20, 0, 1],
        "the rest applies"
    );
    let again = harness.plan(3).await?;
    assert_eq!(
        again["planId"], blocked["planId"],
        "the same removals have the same id"
    );
    harness
        .run(&["sync", "--approve", "000000000000"])
        .await?
        .exited(3)?;

    delete(1);
    let outdated = blocked["planId"].as_str().unwrap();
    let refused = harness
        .run(&["sync", "--approve", outdated, "--format", "json"])
        .await?;
    let refused = refused.exited(3)?.report()?;
    assert_eq!(
        counts(&refused, ["withheld", "removed"]),
        [21, 0],
        "these were never approved"
    );

    let id = refused["planId"].as_str().unwrap();
    harness
        .simulator
        .edit(|org| org.add_group(Group::new("00gznew0000000000000", "Night Shift")));
    harness
        .simulator
        .edit(|org| org.join("00gznew0000000000000", "00uznew0000000000000", now));
    let approved = harness
        .run(&["sync", "--approve", id, "--format", "json"])
        .await?
        .exited(0)?;
    assert_eq!(
        counts(&approved.report()?, ["withheld", "removed", "added"]),
        [0, 21, 1]
    );
    catalog_is(&harness, &Rules::default()).await
}

#[tokio::test]
async fn removals_that_have_a_reason_need_no_approval() -> anyhow::Result<()> {
    let harness = hundred().await?;
    harness.read_in_full();
    let now = harness.simulator.now();
    let leave = |org: &mut Org| {
        some(org, 60)
            .iter()
            .for_each(|id| org.set_status(id, "DEPROVISIONED", now));
    };
    harness.simulator.edit(leave);
    let report = harness.sync(0).await?;
    assert_eq!(counts(&report, ["withheld", "removed"]), [0, 60]);
    catalog_is(&harness, &Rules::default()).await
}

#[tokio::test]
async fn a_group_does_not_lose_most_of_its_members_at_once() -> anyhow::Result<()> {
    let harness = hundred().await?;
    let before = harness.export().await?;
    let now = harness.simulator.now();
    let org = harness.simulator.org();
    let by_size = |group: &&Group| {
        org.memberships
            .get(&group.id)
            .map_or(0, |members| members.len())
    };
    let biggest = org.groups.values().max_by_key(by_size).unwrap().id.clone();
    let members: Vec<String> = org.memberships[&biggest].iter().cloned().collect();
    harness.simulator.edit(|org| {
        members
            .iter()
            .for_each(|user| org.leave(&biggest, user, now))
    });
    let blocked = harness.sync(3).await?;
    assert_eq!(
        counts(&blocked, ["withheld", "removed", "updated"]),
        [1, 0, 0]
    );
    assert_eq!(harness.export().await?, before);
    let id = blocked["planId"].as_str().unwrap();
    harness.run(&["sync", "--approve", id]).await?.exited(0)?;
    catalog_is(&harness, &Rules::default()).await
}

#[tokio::test]
async fn a_filter_that_suddenly_matches_nobody_empties_no_catalog() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    small.configure(
        &json!({"userFilter": "profile.department eq \"No Such\""}),
        &json!({}),
    )?;
    let report = small.sync(3).await?;
    assert_eq!(counts(&report, ["users", "withheld", "removed"]), [9, 9, 0]);
    assert_eq!(small.export().await?, before);
    Ok(())
}
