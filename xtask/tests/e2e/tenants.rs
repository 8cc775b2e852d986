//! Two tenants in one catalog. Both are the org `small`: the same names, and even the same Okta ids.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xtask::e2e::oracle::reference;
use xtask::harness::possession;
use xtask::simulator::Simulator;
use xtask::{Harness, Scenario};

use crate::{counts, harness, small};

const SOREN: &str = "00u6soren0berg00000d";

/// The harness with the org `acme`, and the other org.
async fn two() -> anyhow::Result<(Harness, Simulator)> {
    let mut acme = small().await?;
    let Scenario { org, options, .. } = Scenario::named("small")?;
    let partners = Simulator::start(possession::required_of(org), options).await?;
    acme.set("PARTNERS_URL", &partners.url());
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
{}{}portalSync:
  store: {{ url: 'sqlite:catalog.db' }}
  server: {{ listen: '127.0.0.1:0' }}
",
            tenant("acme", "OKTA_URL"),
            tenant("partners", "PARTNERS_URL"),
        ),
    )?;
    Ok((acme, partners))
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
