//! Keys, assertions and tokens: they reach the org and nothing else.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use xtask::simulator::{Effect, Endpoint, Fault};

use crate::small;
use crate::wiretap::Wiretap;

const ANA: &str = "/catalog/default/user/ana.diaz";
const SERVER_TOKEN: &str = "page-token-c2VjcmV0";

#[tokio::test]
async fn secrets_reach_the_org_and_nothing_else() -> anyhow::Result<()> {
    let mut small = small().await?;
    let tap = Wiretap::on(&small.simulator.url()).await?;
    small.set("OKTA_URL", &tap.url);
    small.set("RUST_LOG", "trace");
    small.configure(&json!({}), &json!({"server": {"tokens": [SERVER_TOKEN]}}))?;
    let mut said = String::new();
    let mut note = |run: xtask::harness::Run| said.push_str(&(run.stdout + &run.stderr));

    for command in [
        &["plan", "-vv"][..],
        &["sync", "-vv"],
        &["sync", "-vv", "--format", "json"],
        &["export", "-vv"],
        &["config", "check", "-vv"],
        &["config", "print", "-vv"],
        &["config", "print", "--format", "json"],
    ] {
        let run = small.run(command).await?;
        assert!(
            matches!(run.code, Some(0 | 2)),
            "{command:?}: {}",
            run.stderr
        );
        note(run);
    }
    // Failures tell more than successes do.
    let refused = Effect::Error {
        status: 401,
        code: "E0000011".to_owned(),
    };
    for fault in [
        Fault::always(Endpoint::Users, refused),
        Fault::always(Endpoint::Users, Effect::Html { status: 200 }),
        Fault::always(Endpoint::Token, Effect::Html { status: 200 }),
        Fault::always(Endpoint::Users, Effect::RepeatedCursor),
    ] {
        small.simulator.clear_faults();
        small.simulator.fail(fault);
        note(small.run(&["sync", "-vv"]).await?);
    }
    small.simulator.clear_faults();
    let mut daemon = small.serve(&["-vv"]).await?;
    for path in ["/", ANA, "/metrics", "/api/catalog/entities", "/nowhere"] {
        said.push_str(&daemon.get(path, None).await?.text);
        said.push_str(&daemon.get(path, Some(SERVER_TOKEN)).await?.text);
    }
    daemon.kill().await?;
    said.push_str(&daemon.log());
    assert!(said.contains("TRACE"), "it was told to tell everything");

    let secrets = secrets(&small.path("key.pem"), &tap)?;
    let mut places = vec![("what it said".to_owned(), said.into_bytes())];
    for file in fs::read_dir(small.path("."))? {
        let path = file?.path();
        if path
            .extension()
            .is_none_or(|it| it != "pem" && it != "yaml")
        {
            places.push((path.display().to_string(), fs::read(path)?));
        }
    }
    assert!(
        places
            .iter()
            .any(|(place, _)| place.ends_with("catalog.db"))
    );
    for (place, bytes) in &places {
        let text = String::from_utf8_lossy(bytes);
        for (what, secret) in &secrets {
            assert!(!text.contains(secret.as_str()), "{what} is in {place}");
        }
    }
    Ok(())
}

/// What must not be seen, and what it is.
fn secrets(
    key: &std::path::Path,
    tap: &Wiretap,
) -> anyhow::Result<BTreeSet<(&'static str, String)>> {
    let mut secrets = BTreeSet::from([("the server's token", SERVER_TOKEN.to_owned())]);
    let lines = fs::read_to_string(key)?;
    let body = lines.lines().filter(|line| !line.starts_with("-----"));
    secrets.extend(body.map(|line| ("the private key", line.to_owned())));
    let tokens = tap.between("\"access_token\":\"", '"');
    let sent = tap.between("authorization: Bearer ", '\r');
    let assertions = tap.between("client_assertion=", '&');
    assert!(
        tokens.len() > 3 && assertions.len() > 3,
        "{} {}",
        tokens.len(),
        assertions.len()
    );
    assert!(
        sent.iter().all(|token| tokens.contains(token)),
        "tokens that were sent were granted"
    );
    secrets.extend(tokens.into_iter().map(|token| ("an access token", token)));
    for assertion in assertions {
        // A part of it would be enough to look at, and the signature is what makes it worth something.
        secrets.extend(
            assertion
                .rsplit_once('.')
                .map(|(_, end)| ("an assertion", end.to_owned())),
        );
        secrets.insert(("an assertion", assertion));
    }
    Ok(secrets)
}
