//! The ways to sign in, and tokens that end too early.

use std::fs;

use jsonwebtoken::jwk::Jwk;
use serde_json::json;
use xtask::Harness;
use xtask::e2e::oracle::Rules;
use xtask::harness::{fixtures, possession};
use xtask::simulator::{Effect, Endpoint, Fault};

use crate::{catalog_is, says, small};

const SOREN: &str = "00u6soren0berg00000d";

#[tokio::test]
async fn a_key_comes_from_a_file_or_from_a_variable() -> anyhow::Result<()> {
    let mut small = small().await?;
    let pem = fs::read_to_string(small.path("key.pem"))?;
    let pkcs1 = fs::read_to_string(fixtures().join("keys/rsa2048.pkcs1.pem"))?;
    for key in [
        &pem,
        &pkcs1,
        &pem.replace('\n', "\\n"),
        &pem.replace('\n', "\r\n"),
    ] {
        small.set("OKTA_PRIVATE_KEY", key);
        small.configure(&json!({"privateKey": "${OKTA_PRIVATE_KEY}"}), &json!({}))?;
        small.sync(0).await?;
        catalog_is(&small, &Rules::default()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_key_is_of_either_kind_and_a_jwk_needs_no_key_id() -> anyhow::Result<()> {
    let mut small = small().await?;
    let read = |name: &str| fs::read_to_string(fixtures().join("keys").join(name));
    let key = "${OKTA_PRIVATE_KEY}";
    for (file, tenant) in [
        (
            "rsa2048.private.jwk.json",
            json!({"privateKey": key, "keyId": null}),
        ),
        (
            "ec-p256.private.jwk.json",
            json!({"privateKey": key, "keyId": null}),
        ),
        (
            "ec-p256.pkcs8.pem",
            json!({"privateKey": key, "keyId": "portal-sync-test-2"}),
        ),
        (
            "ec-p256.sec1.pem",
            json!({"privateKey": key, "keyId": "portal-sync-test-2"}),
        ),
    ] {
        small.set("OKTA_PRIVATE_KEY", &read(file)?);
        small.configure(&tenant, &json!({}))?;
        small.sync(0).await?;
        catalog_is(&small, &Rules::default()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn one_key_takes_over_from_the_other_without_a_run_that_fails() -> anyhow::Result<()> {
    let mut small = small().await?;
    let keys = fixtures().join("keys");
    let read = |name: &str| fs::read_to_string(keys.join(name));
    let new = read("ec-p521.private.jwk.json")?;
    let old = read("rsa2048.private.jwk.json")?;
    let registered: Jwk = serde_json::from_str(&read("ec-p521.public.jwk.json")?)?;
    small.set("OKTA_PRIVATE_KEY", &format!("{{\"keys\": [{new}, {old}]}}"));
    let set = json!({"privateKey": "${OKTA_PRIVATE_KEY}", "keyId": null});
    small.configure(&set, &json!({}))?;
    let synced = async |small: &Harness, token_requests: usize| -> anyhow::Result<()> {
        small.sync(0).await?;
        assert_eq!(
            small.simulator.requests_by_endpoint()[Endpoint::Token.template()],
            token_requests
        );
        catalog_is(small, &Rules::default()).await
    };

    // The new one is not registered yet: the old one is taken, after one request that is refused.
    let one_token = possession::token_requests();
    synced(&small, 1 + one_token).await?;
    let edit = |edit: &dyn Fn(&mut Vec<Jwk>)| {
        small
            .simulator
            .edit(|org| edit(&mut org.clients[0].keys.keys));
    };
    edit(&|keys| keys.push(registered.clone()));
    synced(&small, 1 + 2 * one_token).await?;
    edit(&|keys| keys.retain(|key| *key == registered));
    synced(&small, 1 + 3 * one_token).await?;

    let mut stranger = registered.clone();
    stranger.common.key_id = Some("another".to_owned());
    edit(&|keys| *keys = vec![stranger.clone()]);
    let said = small.run(&["sync"]).await?.exited(11)?;
    says(
        &said.stderr,
        &["`portal-sync-test-3`, `portal-sync-test-1`", "fix: "],
    );
    Ok(())
}

#[tokio::test]
async fn an_api_token_needs_no_other_token() -> anyhow::Result<()> {
    let mut small = small().await?;
    small.set("OKTA_TOKEN", "00-simulated-api-token");
    let config = fs::read_to_string(small.path("app-config.yaml"))?;
    let key = |line: &&str| ["keyId", "privateKey"].iter().any(|key| line.contains(key));
    let lines = config.lines().filter(|line| !key(line));
    let lines =
        lines.map(|line| line.replace("clientId: 0oa1portalsync0000d7", "token: ${OKTA_TOKEN}"));
    small.write(
        "app-config.yaml",
        &lines.map(|line| line + "\n").collect::<String>(),
    )?;
    small.sync(0).await?;
    catalog_is(&small, &Rules::default()).await?;
    assert!(
        !small
            .simulator
            .requests_by_endpoint()
            .contains_key(Endpoint::Token.template())
    );
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_refused_on_the_way_is_fetched_anew() -> anyhow::Result<()> {
    let small = small().await?;
    let refused = Effect::Error {
        status: 401,
        code: "E0000011".to_owned(),
    };
    small
        .simulator
        .fail(Fault::nth(Endpoint::GroupUsers, 2, refused));
    let report = small.sync(0).await?;
    assert_eq!(report["outcome"], "complete");
    assert_eq!(
        small.simulator.requests_by_endpoint()[Endpoint::Token.template()],
        possession::token_requests() + 1,
        "how to prove is known by then"
    );
    catalog_is(&small, &Rules::default()).await
}

#[tokio::test]
async fn a_daemon_survives_that_its_tokens_are_revoked() -> anyhow::Result<()> {
    let small: Harness = small().await?;
    let often = json!({"schedule": {"frequency": {"milliseconds": 300}}});
    small.configure(&often, &json!({}))?;
    let daemon = small.serve::<&str>(&[]).await?;
    daemon
        .until("/readyz", |answer| answer.status == 200)
        .await?;
    let now = small.simulator.now();
    small.simulator.revoke_tokens();
    small
        .simulator
        .edit(|org| org.set_status(SOREN, "DEPROVISIONED", now));
    let gone = "/api/catalog/entities/by-name/user/default/soren.berg";
    daemon.until(gone, |answer| answer.status == 404).await?;
    assert!(!daemon.log().contains("run failed"), "{}", daemon.log());
    Ok(())
}
