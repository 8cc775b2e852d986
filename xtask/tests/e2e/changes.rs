//! What a second run does: nothing, or exactly what changed.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::Harness;
use xtask::e2e::oracle::Rules;
use xtask::simulator::{Group, Org, User};

use crate::{catalog_is, counts, small, small_synced};

const ANA: &str = "00u1anadiaz00000000d";
const BEN: &str = "00u2benobrien000000d";
const CHIDI: &str = "00u3chidiabara00000d";
const LINH: &str = "00u4linh0nguyen0000d";
const ANA_OF_SALES: &str = "00u5anadiaz20000000d";
const SOREN: &str = "00u6soren0berg00000d";
const MIA: &str = "00u8mia0new0000000d7";
const LENA: &str = "00u9lena0weiss0000d7";
const EVERYONE: &str = "00g0everyone0000000d";
const PLATFORM: &str = "00g1platform0000000d";
const DATA: &str = "00g2data00000000000d";
const SALES: &str = "00g3sales0000000000d";
const OTHER_SALES: &str = "00g4sales20000000000";
const STAFF: &str = "00g5directory000000d";
const NEW: &str = "00gznew0000000000000";

#[tokio::test]
async fn an_unchanged_org_changes_nothing() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    let report = small.sync(0).await?;
    assert_eq!(report["generation"], Value::Null);
    assert_eq!(report["outcome"], "complete");
    assert_eq!(counts(&report, ["added", "updated", "removed"]), [0, 0, 0]);
    assert_eq!(
        counts(&report, ["users", "groups", "memberships"]),
        [9, 7, 23]
    );
    assert_eq!(small.export().await?, before);

    let said = small.run(&["sync"]).await?.exited(0)?;
    assert!(said.stdout.contains("nothing changed"), "{}", said.stdout);
    Ok(())
}

#[tokio::test]
async fn a_plan_shows_the_first_run_and_changes_nothing() -> anyhow::Result<()> {
    let small = small().await?;
    let plan = small.plan(2).await?;
    assert_eq!(counts(&plan, ["users", "groups", "added"]), [0, 0, 16]);
    small.run(&["export"]).await?.exited(13)?;
    let sync = small.sync(0).await?;
    assert_eq!(sync["planId"], plan["planId"]);
    assert_eq!(
        counts(&sync, ["users", "groups", "added", "generation"]),
        [9, 7, 16, 1]
    );
    Ok(())
}

#[tokio::test]
async fn a_user_whose_mail_changes_is_renamed_everywhere() -> anyhow::Result<()> {
    let renamed = |org: &mut Org, now| {
        org.set_user_profile(BEN, "email", json!("ben.brien@example.com"), now);
    };
    let changes = [
        ("renamed", BEN),
        ("updated", EVERYONE),
        ("updated", PLATFORM),
        ("updated", STAFF),
    ];
    let plan = changed(renamed, &changes).await?;
    let user = &plan["changes"][0];
    assert_eq!(user["from"], "user:default/ben.obrien");
    assert_eq!(user["entityRef"], "user:default/ben.brien");
    Ok(())
}

#[tokio::test]
async fn a_user_who_is_called_otherwise_is_updated_alone() -> anyhow::Result<()> {
    let called = |org: &mut Org, now| {
        org.set_user_profile(LINH, "displayName", json!("Linh N."), now);
    };
    let plan = changed(called, &[("updated", LINH)]).await?;
    let fields = plan["changes"][0]["fields"].to_string();
    assert!(
        fields.contains("displayName") && fields.contains("Linh N."),
        "{fields}"
    );
    Ok(())
}

#[tokio::test]
async fn a_member_comes_and_another_goes() -> anyhow::Result<()> {
    let moved = |org: &mut Org, now| {
        org.join(PLATFORM, LINH, now);
        org.leave(DATA, CHIDI, now);
    };
    let changes = [
        ("updated", CHIDI),
        ("updated", LINH),
        ("updated", PLATFORM),
        ("updated", DATA),
    ];
    changed(moved, &changes).await.map(drop)
}

#[tokio::test]
async fn a_deactivated_user_goes_with_the_reason() -> anyhow::Result<()> {
    let deactivated = |org: &mut Org, now| org.set_status(SOREN, "DEPROVISIONED", now);
    let changes = [
        ("removed", SOREN),
        ("updated", EVERYONE),
        ("updated", PLATFORM),
    ];
    let plan = changed(deactivated, &changes).await?;
    assert_eq!(plan["changes"][0]["cause"], "deactivated");
    Ok(())
}

#[tokio::test]
async fn a_deleted_user_goes() -> anyhow::Result<()> {
    let deleted = |org: &mut Org, _| org.remove_user(MIA);
    let changes = [
        ("removed", MIA),
        ("updated", EVERYONE),
        ("updated", OTHER_SALES),
    ];
    let plan = changed(deleted, &changes).await?;
    assert_eq!(plan["changes"][0]["cause"], "absent");
    Ok(())
}

/// Both groups of salespeople wanted one name; the other one gets it now.
#[tokio::test]
async fn a_renamed_group_leaves_its_name_to_the_other() -> anyhow::Result<()> {
    let renamed = |org: &mut Org, now| {
        org.set_group_profile(SALES, "name", json!("Revenue"), now);
    };
    let changes = [
        ("renamed", SALES),
        ("renamed", OTHER_SALES),
        ("updated", ANA_OF_SALES),
        ("updated", LENA),
        ("updated", MIA),
    ];
    changed(renamed, &changes).await.map(drop)
}

#[tokio::test]
async fn a_group_comes_with_its_members() -> anyhow::Result<()> {
    let created = |org: &mut Org, now| {
        org.add_group(Group::new(NEW, "Night Shift"));
        org.join(NEW, ANA, now);
    };
    changed(created, &[("added", NEW), ("updated", ANA)])
        .await
        .map(drop)
}

#[tokio::test]
async fn a_deleted_group_goes_and_its_members_stay() -> anyhow::Result<()> {
    let deleted = |org: &mut Org, _| org.remove_group(DATA);
    let changes = [
        ("removed", DATA),
        ("updated", ANA),
        ("updated", CHIDI),
        ("updated", LINH),
    ];
    changed(deleted, &changes).await.map(drop)
}

#[tokio::test]
async fn two_people_exchange_their_names() -> anyhow::Result<()> {
    let exchanged = |org: &mut Org, now| {
        org.set_user_profile(LINH, "email", json!("soren.berg@example.com"), now);
        org.set_user_profile(SOREN, "email", json!("linh.nguyen@example.org"), now);
    };
    let changes = [
        ("renamed", LINH),
        ("renamed", SOREN),
        ("updated", PLATFORM),
        ("updated", DATA),
    ];
    changed(exchanged, &changes).await.map(drop)
}

#[tokio::test]
async fn somebody_new_is_added() -> anyhow::Result<()> {
    let hired = |org: &mut Org, now| {
        org.add_user(User::new(
            "00uznew0000000000000",
            "Noor",
            "Haddad",
            "noor@example.com",
        ));
        org.join(DATA, "00uznew0000000000000", now);
    };
    let changes = [
        ("added", "00uznew0000000000000"),
        ("updated", EVERYONE),
        ("updated", DATA),
    ];
    changed(hired, &changes).await.map(drop)
}

/// Edits the org and sees `changes`, and nothing else, first in `plan`, then applied by `sync`, then no more. Returns the
/// plan.
async fn changed(
    edit: impl FnOnce(&mut Org, jiff::Timestamp),
    changes: &[(&str, &str)],
) -> anyhow::Result<Value> {
    let (small, before) = small_synced().await?;
    small.read_in_full();
    let now = small.simulator.now();
    small.simulator.edit(|org| edit(org, now));

    let plan = small.plan(2).await?;
    assert_eq!(
        planned(&plan),
        changes.iter().copied().collect(),
        "{plan:#}"
    );
    let count = |kinds: &[&str]| {
        changes
            .iter()
            .filter(|(change, _)| kinds.contains(change))
            .count() as u64
    };
    let tally = [
        count(&["added"]),
        count(&["updated", "renamed"]),
        count(&["removed"]),
    ];
    assert_eq!(counts(&plan, ["added", "updated", "removed"]), tally);
    assert_eq!(
        counts(&plan, ["users", "groups", "memberships"]),
        [9, 7, 23]
    );
    assert_eq!(small.export().await?, before, "a plan changes nothing");

    let sync = small.sync(0).await?;
    assert_eq!(sync["planId"], plan["planId"]);
    assert_eq!(sync["generation"], 2);
    assert_eq!(counts(&sync, ["added", "updated", "removed"]), tally);
    catalog_is(&small, &Rules::default()).await?;
    nothing_more(&small).await?;
    Ok(plan)
}

async fn nothing_more(small: &Harness) -> anyhow::Result<()> {
    let empty = small.plan(0).await?;
    assert!(planned(&empty).is_empty(), "{empty:#}");
    Ok(())
}

/// The changes of a plan: what happens, to whom.
fn planned(plan: &Value) -> BTreeSet<(&str, &str)> {
    let changes = plan["changes"].as_array().unwrap();
    changes
        .iter()
        .map(|it| {
            (
                it["change"].as_str().unwrap(),
                it["oktaId"].as_str().unwrap(),
            )
        })
        .collect()
}
