//! `serve`: the page and the API over real HTTP.

use std::time::Duration;

use serde_json::json;
use xtask::Harness;
use xtask::simulator::{Effect, Endpoint, Fault};

use crate::{harness, small};

const TOKEN: &str = "a-token-of-the-test";

#[tokio::test]
async fn it_is_ready_with_the_first_generation() -> anyhow::Result<()> {
    let small = small().await?;
    small
        .simulator
        .fail(Fault::first(Endpoint::Users, 1, Effect::Hang));
    let daemon = small.serve::<&str>(&[]).await?;
    assert_eq!(daemon.get("/healthz", None).await?.status, 200);
    for path in ["/readyz", "/api/catalog/entities"] {
        assert_eq!(daemon.get(path, None).await?.status, 503, "{path}");
    }
    drop(daemon);
    small.simulator.clear_faults();

    let daemon = ready(&small).await?;
    let entities = daemon.get("/api/catalog/entities", None).await?.json()?;
    assert_eq!(entities.as_array().map(Vec::len), Some(16));
    Ok(())
}

#[tokio::test]
async fn the_api_shows_the_catalog() -> anyhow::Result<()> {
    let small = small().await?;
    let daemon = ready(&small).await?;
    let exported = harness::entities(&small.export().await?)?;
    // In parts, which are sorted by ref.
    let entities = "/api/catalog/entities?limit=100";
    let entities = daemon.get(entities, None).await?.json()?;
    let shown = entities.as_array().unwrap();
    assert_eq!(shown.len(), exported.len());
    for (shown, exported) in shown.iter().zip(&exported) {
        assert_eq!(shown["metadata"]["name"], exported["metadata"]["name"]);
        assert_eq!(shown["spec"], exported["spec"]);
    }

    let ana = "/api/catalog/entities/by-name/user/default/ana.diaz";
    let ana = daemon.get(ana, None).await?.json()?;
    assert_eq!(
        ana["metadata"]["annotations"]["okta.com/id"],
        "00u1anadiaz00000000d"
    );
    let relation = json!({"type": "memberOf", "targetRef": "group:default/public-platform"});
    assert!(
        ana["relations"].as_array().unwrap().contains(&relation),
        "{ana:#}"
    );
    let nobody = "/api/catalog/entities/by-name/user/default/nobody";
    let nobody = daemon.get(nobody, None).await?;
    assert_eq!(nobody.status, 404);
    assert_eq!(nobody.json()?["error"]["name"], "NotFoundError");
    Ok(())
}

#[tokio::test]
async fn the_page_shows_people_groups_and_their_relations() -> anyhow::Result<()> {
    let small = small().await?;
    let daemon = ready(&small).await?;
    let overview = daemon.get("/", None).await?;
    assert_eq!(overview.status, 200);
    let ana = daemon.get("/catalog/default/user/ana.diaz", None).await?;
    let platform = daemon
        .get("/catalog/default/group/public-platform", None)
        .await?;
    for (page, words) in [
        (&overview, ["Ana Díaz", "public-platform"]),
        (&ana, ["Ana Díaz", "/catalog/default/group/public-platform"]),
        (
            &platform,
            [
                "/catalog/default/user/ana.diaz",
                "/catalog/default/user/soren.berg",
            ],
        ),
    ] {
        for word in words {
            assert!(
                page.text.contains(word),
                "`{word}` is not in:\n{}",
                page.text
            );
        }
    }
    assert!(
        !platform.text.contains("zoe.old"),
        "deactivated people are nowhere"
    );
    assert_eq!(
        daemon
            .get("/catalog/default/user/nobody", None)
            .await?
            .status,
        404
    );
    Ok(())
}

#[tokio::test]
async fn with_tokens_only_who_knows_one_may_read() -> anyhow::Result<()> {
    let small = small().await?;
    small.configure(&json!({}), &json!({"server": {"tokens": [TOKEN]}}))?;
    let daemon = ready(&small).await?;
    for path in [
        "/",
        "/api/catalog/entities",
        "/catalog/default/user/ana.diaz",
        "/metrics",
        "/nowhere",
    ] {
        assert_eq!(daemon.get(path, None).await?.status, 401, "{path}");
        assert_eq!(
            daemon.get(path, Some("another")).await?.status,
            401,
            "{path}"
        );
        let expected = if path == "/nowhere" { 404 } else { 200 };
        assert_eq!(
            daemon.get(path, Some(TOKEN)).await?.status,
            expected,
            "{path}"
        );
    }
    assert_eq!(daemon.get("/healthz", None).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn what_changes_in_the_org_is_shown_after_the_next_run() -> anyhow::Result<()> {
    let small = small().await?;
    let often = json!({"schedule": {"frequency": {"milliseconds": 300}}});
    small.configure(&often, &json!({}))?;
    let daemon = ready(&small).await?;
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status("00u6soren0berg00000d", "DEPROVISIONED", now));
    let gone = "/api/catalog/entities/by-name/user/default/soren.berg";
    daemon.until(gone, |answer| answer.status == 404).await?;

    // A failing org changes nothing, and the metrics say so.
    small
        .simulator
        .fail(Fault::always(Endpoint::Users, Effect::Html { status: 200 }));
    daemon
        .until("/metrics", |answer| {
            answer.text.contains("outcome=\"failed\"")
        })
        .await?;
    let entities = daemon.get("/api/catalog/entities", None).await?.json()?;
    assert_eq!(entities.as_array().map(Vec::len), Some(15));
    Ok(())
}

/// Also in the middle of a run, and with a connection open.
#[cfg(unix)]
#[tokio::test]
async fn it_ends_when_it_is_asked_to() -> anyhow::Result<()> {
    for signal in ["INT", "TERM"] {
        for busy in [false, true] {
            let small = small().await?;
            if busy {
                small
                    .simulator
                    .fail(Fault::always(Endpoint::Groups, Effect::Hang));
            }
            let mut daemon = if busy {
                small.serve::<&str>(&[]).await?
            } else {
                ready(&small).await?
            };
            daemon.get("/healthz", None).await?;
            let ended = daemon.end_by(signal, Duration::from_secs(2)).await?;
            assert_eq!(ended.code(), Some(0), "{signal}: {}", daemon.log());
        }
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_manual_provider_is_read_when_a_signal_asks() -> anyhow::Result<()> {
    let small = small().await?;
    let manual = json!({"schedule": {"frequency": "manual"}});
    small.configure(&manual, &json!({}))?;
    let daemon = small.serve::<&str>(&[]).await?;
    assert_eq!(daemon.get("/readyz", None).await?.status, 503);
    daemon.signal("USR1").await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;

    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status("00u6soren0berg00000d", "DEPROVISIONED", now));
    daemon.signal("USR1").await?;
    let gone = "/api/catalog/entities/by-name/user/default/soren.berg";
    daemon.until(gone, |answer| answer.status == 404).await?;
    daemon
        .until_said("asked by SIGUSR1 to read every provider now")
        .await
}

async fn ready(small: &Harness) -> anyhow::Result<harness::Daemon> {
    let daemon = small.serve::<&str>(&[]).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    Ok(daemon)
}
