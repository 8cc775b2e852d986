//! What the operator can get wrong: each has its exit code, a message that names the fix, and an unchanged catalog.

use std::fs;

use anyhow::ensure;
use serde_json::{Value, json};
use xtask::Harness;
use xtask::harness::fixtures;
use xtask::simulator::Client;

use crate::{says, small, small_synced};

/// Runs `sync` over a good catalog and sees it refused, in words and in JSON, with `code` and all of `words`.
async fn refused(small: &Harness, before: &str, code: i32, words: &[&str]) -> anyhow::Result<()> {
    let said = small.run(&["sync"]).await?.exited(code)?;
    says(&said.stderr, words);
    ensure!(!said.stderr.contains("panicked"), "{}", said.stderr);
    let json = small
        .run(&["sync", "--format", "json"])
        .await?
        .exited(code)?;
    if code != 10 || !json.stdout.is_empty() {
        let report = json.report()?;
        assert_eq!(report["outcome"], "failed");
        assert_eq!(report["error"]["exitCode"], code);
        assert!(
            report["error"]["fix"]
                .as_str()
                .is_some_and(|fix| !fix.is_empty()),
            "{report:#}"
        );
        assert_eq!(report["users"], 9, "what the catalog holds");
    }
    small.run(&["plan"]).await?.exited(code)?;
    // The good configuration again: only the catalog is looked at.
    small.configure(&json!({}), &json!({}))?;
    assert_eq!(small.export().await?, before, "the catalog is unchanged");
    Ok(())
}

async fn refused_with(tenant: Value, code: i32, words: &[&str]) -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    for key in ["rsa2048.wrong.pem", "rsa2048.public.pem"] {
        fs::copy(fixtures().join("keys").join(key), small.path(key))?;
    }
    small.configure(&tenant, &json!({}))?;
    refused(&small, &before, code, words).await
}

async fn refused_after(
    edit: impl FnOnce(&mut Client),
    code: i32,
    words: &[&str],
) -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    small.simulator.edit(|org| edit(&mut org.clients[0]));
    refused(&small, &before, code, words).await
}

#[tokio::test]
async fn a_key_of_another_app() -> anyhow::Result<()> {
    let key = json!({"privateKey": {"$file": "rsa2048.wrong.pem"}});
    refused_with(key, 11, &["fix: ", "key"]).await
}

#[tokio::test]
async fn a_key_id_that_is_not_registered() -> anyhow::Result<()> {
    refused_with(
        json!({"keyId": "another-key"}),
        11,
        &["fix: ", "kid", "key id"],
    )
    .await
}

#[tokio::test]
async fn a_client_that_is_not_there() -> anyhow::Result<()> {
    refused_with(
        json!({"clientId": "0oa9nosuchapp0000d7x"}),
        11,
        &["fix: ", "client id"],
    )
    .await
}

#[tokio::test]
async fn a_public_key_for_the_private_one() -> anyhow::Result<()> {
    let key = json!({"privateKey": {"$file": "rsa2048.public.pem"}});
    refused_with(key, 10, &["public", "private"]).await
}

#[tokio::test]
async fn a_scope_that_nobody_granted() -> anyhow::Result<()> {
    let words = ["fix: ", "okta.groups.read", "Okta API Scopes"];
    refused_after(
        |app| app.scopes = vec!["okta.users.read".to_owned()],
        11,
        &words,
    )
    .await
}

#[tokio::test]
async fn no_scope_at_all() -> anyhow::Result<()> {
    refused_after(
        |app| app.scopes.clear(),
        11,
        &["fix: ", "okta.users.read", "Okta API Scopes"],
    )
    .await
}

#[tokio::test]
async fn an_app_that_is_inactive() -> anyhow::Result<()> {
    refused_after(|app| app.active = false, 11, &["fix: "]).await
}

#[tokio::test]
async fn an_api_token_that_is_not_valid() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    let config = fs::read_to_string(small.path("app-config.yaml"))?;
    let key = |line: &&str| ["keyId", "privateKey"].iter().any(|key| line.contains(key));
    let lines = config.lines().filter(|line| !key(line));
    let lines =
        lines.map(|line| line.replace("clientId: 0oa1portalsync0000d7", "token: 00-not-a-token"));
    small.write(
        "token.yaml",
        &lines.map(|line| line + "\n").collect::<String>(),
    )?;
    let said = small
        .run(&["sync", "--config", "token.yaml"])
        .await?
        .exited(11)?;
    says(&said.stderr, &["fix: ", "token"]);
    assert!(!said.stderr.contains("00-not-a-token"), "{}", said.stderr);
    assert_eq!(small.export().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_filter_with_a_syntax_error() -> anyhow::Result<()> {
    let filter = json!({"userFilter": "status eq ACTIVE and"});
    refused_with(filter, 10, &["userFilter", "status eq ACTIVE and", "^"]).await
}

#[tokio::test]
async fn group_names_of_which_none_matches() -> anyhow::Result<()> {
    let names = json!({"groupFilter": ["public-Platform", "No Such Group"]});
    refused_with(
        names,
        10,
        &["fix: ", "`public-Platform`", "`No Such Group`", "exactly"],
    )
    .await
}

#[tokio::test]
async fn an_unset_variable() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    let config = fs::read_to_string(small.path("app-config.yaml"))?;
    let unset = config.replace("0oa1portalsync0000d7", "${OKTA_CLIENT_ID}");
    small.write("unset.yaml", &unset)?;
    let said = small
        .run(&["sync", "--config", "unset.yaml"])
        .await?
        .exited(10)?;
    says(&said.stderr, &["OKTA_CLIENT_ID", "unset.yaml:6"]);
    assert_eq!(small.export().await?, before);
    Ok(())
}

#[tokio::test]
async fn no_admin_role_on_a_first_run() -> anyhow::Result<()> {
    let small = small().await?;
    small.configure(&json!({"clientId": "0oa2withoutrole000d7"}), &json!({}))?;
    let said = small.run(&["sync"]).await?.exited(11)?;
    says(&said.stderr, &["fix: ", "admin role"]);
    small.run(&["export"]).await?.exited(13)?;
    Ok(())
}

#[tokio::test]
async fn no_admin_role_on_a_first_run_with_a_list_of_groups() -> anyhow::Result<()> {
    let small = small().await?;
    let tenant = json!({"clientId": "0oa2withoutrole000d7", "groupFilter": ["public-platform"]});
    small.configure(&tenant, &json!({}))?;
    let said = small.run(&["sync"]).await?.exited(11)?;
    says(&said.stderr, &["fix: ", "admin role"]);
    Ok(())
}

#[tokio::test]
async fn a_role_that_is_forbidden_and_not_merely_empty() -> anyhow::Result<()> {
    use xtask::simulator::{Options, WithoutRole};
    let org = xtask::Scenario::named("small")?.org;
    let options = Options {
        without_role: WithoutRole::Forbidden,
        ..Options::default()
    };
    let small = Harness::start(crate::program(), org, options).await?;
    small.configure(&json!({"clientId": "0oa2withoutrole000d7"}), &json!({}))?;
    let said = small.run(&["sync"]).await?.exited(11)?;
    says(&said.stderr, &["fix: ", "admin role"]);
    Ok(())
}
