//! Two tenants in one catalog. Both are the org `small`: the same names, and even the same Okta ids.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use serde_json::Value;
use xtask::e2e::oracle::reference;
use xtask::harness::{Answer, possession};
use xtask::simulator::{Effect, Endpoint, Fault, Simulator};
use xtask::{Harness, Scenario};

use crate::{counts, harness, says, small};

const SOREN: &str = "00u6soren0berg00000d";

/// The harness with the org `acme`, and the other org.
async fn two() -> anyhow::Result<(Harness, Simulator)> {
    named(["acme", "partners"]).await
}

/// Both orgs, under these ids and in this order.
async fn named(ids: [&str; 2]) -> anyhow::Result<(Harness, Simulator)> {
    let mut acme = small().await?;
    let Scenario { org, options, .. } = Scenario::named("small")?;
    let partners = Simulator::start(possession::required_of(org), options).await?;
    acme.set("PARTNERS_URL", &partners.url());
    configure(&acme, &[(ids[0], "OKTA_URL"), (ids[1], "PARTNERS_URL")])?;
    Ok((acme, partners))
}

/// Tenants by their ids, each with the variable that holds its address.
fn configure(acme: &Harness, tenants: &[(&str, &str)]) -> anyhow::Result<()> {
    let tenant = |id: &str, url: &str| {
        format!(
            "      {id}:
        oktaUrl: ${{{url}}}
        clientId: 0oa1portalsync0000d7
        keyId: portal-sync-test-1
        privateKey: {{ $file: key.pem }}
"
        )
    };
    acme.write(
        "app-config.yaml",
        &format!(
            "catalog:
  providers:
    okta:
{}portalSync:
  store: {{ url: 'sqlite:catalog.db' }}
  server: {{ listen: '127.0.0.1:0' }}
",
            tenants
                .iter()
                .map(|(id, url)| tenant(id, url))
                .collect::<String>(),
        ),
    )
}

/// One report for each tenant.
async fn sync(acme: &Harness, code: i32) -> anyhow::Result<BTreeMap<String, Value>> {
    let run = acme
        .run(&["sync", "--format", "json"])
        .await?
        .exited(code)?;
    let reports = harness::entities(&run.stdout)?;
    let named = |report: Value| (report["provider"].as_str().unwrap().to_owned(), report);
    Ok(reports.into_iter().map(named).collect())
}

/// The refs of the catalog by the org they come from.
async fn catalog(acme: &Harness, partners: &Simulator) -> anyhow::Result<[BTreeSet<String>; 2]> {
    let entities = harness::entities(&acme.export().await?)?;
    let of = |url: String| {
        let from = |entity: &&Value| {
            let location =
                entity["metadata"]["annotations"]["backstage.io/managed-by-location"].as_str();
            location.unwrap().contains(&url)
        };
        entities.iter().filter(from).map(reference).collect()
    };
    Ok([of(acme.simulator.url()), of(partners.url())])
}

#[tokio::test]
async fn two_tenants_share_a_catalog_and_no_names() -> anyhow::Result<()> {
    let (acme, partners) = two().await?;
    let reports = sync(&acme, 0).await?;
    for tenant in ["acme", "partners"] {
        assert_eq!(
            counts(&reports[tenant], ["users", "groups", "memberships"]),
            [9, 7, 23]
        );
    }
    let [ours, theirs] = catalog(&acme, &partners).await?;
    assert_eq!((ours.len(), theirs.len()), (16, 16));
    assert!(ours.is_disjoint(&theirs), "every name is one's own");
    assert!(
        ours.contains("user:default/ana.diaz"),
        "who came first keeps the plain name"
    );

    for report in sync(&acme, 0).await?.values() {
        assert_eq!(
            report["generation"],
            Value::Null,
            "nothing changed, in neither"
        );
    }
    assert_eq!(catalog(&acme, &partners).await?, [ours, theirs]);
    Ok(())
}

#[tokio::test]
async fn no_tenant_touches_what_is_the_others() -> anyhow::Result<()> {
    let (acme, partners) = two().await?;
    sync(&acme, 0).await?;
    let [ours, theirs] = catalog(&acme, &partners).await?;
    let now = partners.now();
    partners.edit(|org| org.set_status(SOREN, "DEPROVISIONED", now));
    let reports = sync(&acme, 0).await?;
    assert_eq!(counts(&reports["acme"], ["removed", "updated"]), [0, 0]);
    assert_eq!(counts(&reports["partners"], ["removed"]), [1]);
    let [still_ours, fewer] = catalog(&acme, &partners).await?;
    assert_eq!(still_ours, ours);
    assert!(fewer.is_subset(&theirs) && fewer.len() + 1 == theirs.len());

    // One org fails, the other one is synced all the same.
    acme.simulator.edit(|org| org.clients.clear());
    partners.edit(|org| org.set_status(SOREN, "ACTIVE", now));
    let reports = sync(&acme, 11).await?;
    assert_eq!(reports["acme"]["outcome"], "failed");
    assert_eq!(counts(&reports["partners"], ["added"]), [1]);
    let [unchanged, whole] = catalog(&acme, &partners).await?;
    assert_eq!((unchanged, whole.len()), (ours, 16));
    Ok(())
}

/// Both are read at once, and both are in the catalog after their first run and not one period later.
#[tokio::test]
async fn a_daemon_serves_both_after_their_first_runs() -> anyhow::Result<()> {
    let (acme, partners) = two().await?;
    let daemon = acme.serve::<&str>(&[]).await?;
    let metrics = daemon
        .until("/metrics", |answer| {
            answer.text.matches("portal_sync_runs").count() >= 2
        })
        .await?;
    let both = |text: &str| {
        ["acme", "partners"]
            .iter()
            .all(|id| text.contains(&format!("provider=\"{id}\"")))
    };
    daemon
        .until("/metrics", |answer| both(&answer.text))
        .await?;
    assert!(
        !daemon.log().contains("run failed"),
        "{}\n{}",
        daemon.log(),
        metrics.text
    );
    let [ours, theirs] = catalog(&acme, &partners).await?;
    assert_eq!((ours.len(), theirs.len()), (16, 16));
    Ok(())
}

/// The plain name is that of the tenant which the configuration names first, whoever answers first.
#[tokio::test]
async fn who_gets_a_plain_name_does_not_depend_on_who_is_quicker() -> anyhow::Result<()> {
    // The ids are in another order than the tenants.
    let (zeta, alpha) = named(["zeta", "alpha"]).await?;
    let slow = Effect::Slow(Duration::from_millis(700));
    zeta.simulator.fail(Fault::always(Endpoint::Users, slow));
    let plain = |of: &[BTreeSet<String>; 2]| of[0].contains("user:default/ana.diaz");
    sync(&zeta, 0).await?;
    assert!(plain(&catalog(&zeta, &alpha).await?));

    fs::remove_file(zeta.path("catalog.db"))?;
    let daemon = zeta.serve::<&str>(&[]).await?;
    let all = |answer: &Answer| answer.text.matches("\"kind\"").count() >= 32;
    daemon.until("/api/catalog/entities", all).await?;
    assert!(plain(&catalog(&zeta, &alpha).await?));
    Ok(())
}

/// Part of a catalog is not given out as if it were all of it.
#[tokio::test]
async fn a_tenant_that_was_never_read_is_named() -> anyhow::Result<()> {
    let (acme, partners) = two().await?;
    let clients = acme.simulator.org().clients;
    acme.simulator.edit(|org| org.clients.clear());
    sync(&acme, 11).await?;

    let refused = acme.run(&["export"]).await?.exited(4)?;
    assert_eq!(refused.stdout, "");
    says(&refused.stderr, &["acme", "never read", "--provider"]);
    let folder = acme.run(&["export", "--out", "catalog"]).await?.exited(4)?;
    says(&folder.stderr, &["acme"]);
    assert!(!acme.path("catalog").exists());
    let others = ["export", "--provider", "partners", "--format", "ndjson"];
    let others = acme.run(&others).await?.exited(0)?;
    assert_eq!(others.stdout.lines().count(), 16);

    let daemon = acme.serve::<&str>(&[]).await?;
    let ready = daemon.get("/readyz", None).await?;
    assert_eq!(
        (ready.status, &*ready.text),
        (200, "ok\nnever read: acme\n")
    );
    says(&daemon.get("/", None).await?.text, &["never read"]);
    drop(daemon);

    // Once it is read, all of it is there.
    acme.simulator.edit(|org| org.clients = clients);
    sync(&acme, 0).await?;
    let [ours, theirs] = catalog(&acme, &partners).await?;
    assert_eq!((ours.len(), theirs.len()), (16, 16));
    Ok(())
}

#[tokio::test]
async fn one_tenant_alone_can_be_read() -> anyhow::Result<()> {
    let (acme, partners) = two().await?;
    let one = ["sync", "--provider", "partners", "--format", "json"];
    let run = acme.run(&one).await?.exited(0)?;
    assert_eq!(run.report()?["provider"], "partners");
    assert_eq!(acme.simulator.requests().len(), 0);
    let plan = ["plan", "--provider", "partners", "--format", "json"];
    acme.run(&plan).await?.exited(0)?;
    let [ours, theirs] = {
        let export = ["export", "--provider", "partners", "--format", "ndjson"];
        let export = acme.run(&export).await?.exited(0)?;
        let of = |url: &str| export.stdout.matches(url).count();
        [of(acme.simulator.url().as_str()), of(&partners.url())]
    };
    assert!(ours == 0 && theirs >= 16);
    for command in ["sync", "plan", "export"] {
        let unknown = acme.run(&[command, "--provider", "partner"]).await?;
        says(&unknown.exited(10)?.stderr, &["`partner`", "`partners`"]);
    }
    Ok(())
}

/// Nobody is there twice because a tenant is called otherwise.
#[tokio::test]
async fn another_id_for_the_same_org_is_refused_with_the_old_one() -> anyhow::Result<()> {
    let (acme, _partners) = two().await?;
    sync(&acme, 0).await?;
    let before = acme.export().await?;
    configure(&acme, &[("corp", "OKTA_URL"), ("partners", "PARTNERS_URL")])?;
    for command in ["sync", "plan"] {
        let refused = acme.run(&[command]).await?.exited(10)?;
        says(
            &refused.stderr,
            &["`corp`", "`acme`", "twice", "`portal-sync forget acme`"],
        );
    }
    configure(&acme, &[("acme", "OKTA_URL"), ("partners", "PARTNERS_URL")])?;
    assert_eq!(acme.export().await?, before);

    // A tenant that is gone makes no difference to a new one of another org.
    configure(&acme, &[("partners", "PARTNERS_URL")])?;
    let stays = acme.run(&["sync"]).await?.exited(0)?;
    says(&stays.stderr, &["portal-sync forget acme"]);
    Ok(())
}

/// A tenant that left the configuration goes when somebody says so, and exactly what was shown.
#[tokio::test]
async fn a_tenant_that_is_not_configured_any_more_is_forgotten_when_that_is_approved()
-> anyhow::Result<()> {
    let (acme, partners) = two().await?;
    sync(&acme, 0).await?;
    let [ours, theirs] = catalog(&acme, &partners).await?;
    let configured = acme.run(&["forget", "partners"]).await?.exited(10)?;
    says(&configured.stderr, &["`partners`", "configured", "fix: "]);

    configure(&acme, &[("acme", "OKTA_URL")])?;
    let unknown = acme.run(&["forget", "partner"]).await?.exited(10)?;
    says(&unknown.stderr, &["`partner`", "`partners`"]);
    let shown = acme.run(&["forget", "partners"]).await?.exited(2)?;
    says(&shown.stdout, &["9 users and 7 groups to remove"]);
    let json = ["forget", "partners", "--format", "json"];
    let planned = acme.run(&json).await?.exited(2)?.report()?;
    assert_eq!(counts(&planned, ["removed", "users"]), [16, 9]);
    assert_eq!(planned["changes"].as_array().unwrap().len(), 16);
    let wrong = acme
        .run(&["forget", "partners", "--approve", "0123456789ab"])
        .await?
        .exited(2)?;
    says(&wrong.stderr, &["nothing was approved", "`0123456789ab`"]);
    assert_eq!(catalog(&acme, &partners).await?, [ours.clone(), theirs]);

    let id = planned["planId"].as_str().unwrap();
    let approve = ["forget", "partners", "--approve", id];
    let gone = acme.run(&approve).await?.exited(0)?;
    says(
        &gone.stdout,
        &["generation 3 committed: 9 users and 7 groups removed"],
    );
    assert_eq!(catalog(&acme, &partners).await?, [ours, BTreeSet::new()]);
    acme.run(&approve).await?.exited(10)?;

    // What it did is still told, and who took it out.
    let runs = ["runs", "--provider", "partners", "--format", "json"];
    let runs = harness::entities(&acme.run(&runs).await?.exited(0)?.stdout)?;
    let whys: Vec<&str> = runs.iter().filter_map(|run| run["why"].as_str()).collect();
    assert_eq!(whys, ["forget", "command"]);
    let number = runs[0]["run"].to_string();
    let show = ["runs", "show", &number];
    let shown = acme.run(&show).await?.exited(0)?;
    says(&shown.stdout, &["taken out of the catalog with its tenant"]);
    Ok(())
}

/// The same org under another id: forgotten as what it was, it comes back as what it is.
#[tokio::test]
async fn a_tenant_that_is_called_otherwise_begins_anew_when_the_old_one_is_forgotten()
-> anyhow::Result<()> {
    let acme = small().await?;
    configure(&acme, &[("acme", "OKTA_URL")])?;
    sync(&acme, 0).await?;
    let before = acme.export().await?;
    configure(&acme, &[("corp", "OKTA_URL")])?;
    acme.run(&["sync"]).await?.exited(10)?;
    let json = ["forget", "acme", "--format", "json"];
    let planned = acme.run(&json).await?.exited(2)?.report()?;
    let id = planned["planId"].as_str().unwrap();
    acme.run(&["forget", "acme", "--approve", id])
        .await?
        .exited(0)?;
    sync(&acme, 0).await?;
    let named = |export: &str| export.replace("\"acme\"", "").replace("\"corp\"", "");
    assert_eq!(named(&acme.export().await?), named(&before));
    Ok(())
}

/// A tenant that another process still runs is not forgotten meanwhile.
#[tokio::test]
async fn a_tenant_that_is_being_run_is_not_forgotten() -> anyhow::Result<()> {
    let (acme, partners) = two().await?;
    sync(&acme, 0).await?;
    partners.fail(Fault::always(Endpoint::Users, Effect::Hang));
    let mut run = acme.spawn(&["sync", "--provider", "partners"])?;
    let newest = async || -> anyhow::Result<Value> {
        let newest = ["runs", "--limit", "1", "--format", "json"];
        acme.run(&newest).await?.exited(0)?.report()
    };
    while newest().await?["outcome"] != "running" {}
    configure(&acme, &[("acme", "OKTA_URL")])?;
    let json = ["forget", "partners", "--format", "json"];
    let planned = acme.run(&json).await?.exited(2)?.report()?;
    let id = planned["planId"].as_str().unwrap();
    let held = acme.run(&["forget", "partners", "--approve", id]).await?;
    says(&held.exited(14)?.stderr, &["under way", "fix: "]);
    run.start_kill()?;
    run.wait().await?;
    acme.run(&["forget", "partners", "--approve", id])
        .await?
        .exited(0)?;
    Ok(())
}
