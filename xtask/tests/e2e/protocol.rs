//! Okta unreachable, failing, or answering against its protocol: exit code 12, and the catalog stays.

use serde_json::{Value, json};
use xtask::Harness;
use xtask::simulator::{Effect, Endpoint, Fault, Options, Org};

use crate::{program, says, small_synced};

fn failing() -> Effect {
    Effect::Error {
        status: 500,
        code: "E0000009".to_owned(),
    }
}

/// A request is retried for a minute; no test waits for that.
fn impatient() -> Value {
    json!({"schedule": {"timeout": {"milliseconds": 2_000}}})
}

/// Three pages of users, all of them in the catalog.
async fn paged() -> anyhow::Result<(Harness, String)> {
    let mut org = Org::generate(450, 10, 9);
    org.clients = xtask::Scenario::named("small")?.org.clients;
    let harness = Harness::start(program(), org, Options::default()).await?;
    harness.sync(0).await?;
    let export = harness.export().await?;
    Ok((harness, export))
}

#[tokio::test]
async fn answers_against_the_protocol_are_not_believed() -> anyhow::Result<()> {
    for effect in [
        Effect::Html { status: 200 },
        Effect::RepeatedCursor,
        Effect::NextOnHost("localhost".to_owned()),
        Effect::NextOnAdminTwin,
    ] {
        for endpoint in [Endpoint::Users, Endpoint::Groups] {
            if endpoint == Endpoint::Groups && !matches!(effect, Effect::Html { .. }) {
                continue;
            }
            let (org, before) = paged().await?;
            org.read_in_full();
            org.simulator.fail(Fault::always(endpoint, effect.clone()));
            let now = org.simulator.now();
            org.simulator.edit(|org| {
                let id = org.users.keys().next().unwrap().clone();
                org.set_user_profile(&id, "displayName", json!("Somebody Else"), now);
            });
            let said = org.run(&["sync"]).await?.exited(12)?;
            says(&said.stderr, &["fix: ", "the catalog is unchanged"]);
            assert_eq!(org.export().await?, before, "{effect:?}");
        }
    }
    Ok(())
}

/// `localhost` is this very simulator, so a client that followed the link would get its page.
#[tokio::test]
async fn a_next_link_to_another_host_is_not_followed() -> anyhow::Result<()> {
    let (org, before) = paged().await?;
    org.read_in_full();
    org.simulator.forget_requests();
    let elsewhere = Effect::NextOnHost("localhost".to_owned());
    org.simulator
        .fail(Fault::always(Endpoint::Users, elsewhere));
    let said = org.run(&["sync"]).await?.exited(12)?;
    says(&said.stderr, &["localhost"]);
    let requests = org.simulator.requests();
    let followed = |it: &&xtask::simulator::Recorded| {
        it.endpoint == Some(Endpoint::Users) && it.parameter("after").is_some()
    };
    assert_eq!(requests.iter().filter(followed).count(), 0);
    assert_eq!(org.export().await?, before);
    Ok(())
}

#[tokio::test]
async fn an_org_that_fails_on_the_way_is_asked_again() -> anyhow::Result<()> {
    for effect in [
        failing(),
        Effect::ResetBefore,
        Effect::ResetInBody,
        Effect::TruncatedJson,
    ] {
        let (org, before) = paged().await?;
        org.simulator.forget_requests();
        org.simulator
            .fail(Fault::nth(Endpoint::Users, 2, effect.clone()));
        org.simulator
            .fail(Fault::nth(Endpoint::Groups, 1, effect.clone()));
        let report = org.sync(0).await?;
        assert_eq!(report["outcome"], "complete", "{effect:?}");
        assert_eq!(org.export().await?, before);
    }
    Ok(())
}

#[tokio::test]
async fn an_org_that_goes_on_failing_leaves_the_catalog_alone() -> anyhow::Result<()> {
    for endpoint in [Endpoint::Users, Endpoint::Groups, Endpoint::Token] {
        for effect in [failing(), Effect::Html { status: 502 }] {
            let (small, before) = small_synced().await?;
            small.simulator.fail(Fault::always(endpoint, effect));
            small.configure(&impatient(), &json!({}))?;
            let report = small.sync(12).await?;
            assert_eq!(report["outcome"], "failed");
            assert_eq!(small.export().await?, before);
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_org_that_hangs_is_given_up() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    small
        .simulator
        .fail(Fault::always(Endpoint::Groups, Effect::Hang));
    small.configure(&impatient(), &json!({}))?;
    let said = small.run(&["sync"]).await?.exited(12)?;
    says(&said.stderr, &["schedule.timeout"]);
    assert_eq!(small.export().await?, before);
    Ok(())
}

#[tokio::test]
async fn an_org_that_is_not_there_leaves_the_catalog_alone() -> anyhow::Result<()> {
    let (mut small, before) = small_synced().await?;
    small.set("OKTA_URL", "http://127.0.0.1:1");
    small.configure(&impatient(), &json!({}))?;
    let said = small.run(&["sync"]).await?.exited(12)?;
    says(&said.stderr, &["fix: ", "the catalog is unchanged"]);
    assert_eq!(small.export().await?, before);
    Ok(())
}

/// The operator must learn from the message that nobody listens, or that Okta fails, not only that time ran out.
#[tokio::test]
async fn a_run_that_is_given_up_says_what_failed_meanwhile() -> anyhow::Result<()> {
    let (mut small, _) = small_synced().await?;
    small.configure(&impatient(), &json!({}))?;
    small
        .simulator
        .fail(Fault::always(Endpoint::Users, failing()));
    let failing = small.run(&["sync"]).await?.exited(12)?;
    small.set("OKTA_URL", "http://127.0.0.1:1");
    let refused = small.run(&["sync"]).await?.exited(12)?;
    says(&failing.stderr, &["500", "fix: "]);
    says(&refused.stderr, &["no connection", "fix: ", "oktaUrl"]);
    Ok(())
}
