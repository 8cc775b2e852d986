//! `cargo xtask backstage`: a stock Backstage over what `serve` answers.
//!
//! The real client of Backstage's catalog reads the API, and every kind of answer is held against Backstage's own OpenAPI
//! document. Then a stock backend with nothing but the README's configuration takes in the feed of a thousand people,
//! and is told of a change. They are npm packages, installed as the lock file of `xtask/backstage` says into a folder under
//! `target`. Without Node or without the registry there is nobody to ask: then the command says so and ends well, unless it
//! is `--required`.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{ChildStdout, Command};
use tokio::time::timeout;

use crate::harness::{Daemon, Harness};
use crate::packages::Packages;
use crate::say;
use crate::scenario::Scenario;
use crate::simulator::Org;

/// The tokens of this test.
const TOKEN: &str = "a-token-of-the-test-1";
const PUSH_TOKEN: &str = "a-token-of-the-test-2";

/// How long a backend may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Has a stock Backstage read what `serve` answers.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Only the client, which takes a few seconds
    #[arg(long)]
    pub client: bool,
    /// Fail where nobody can be asked, for want of Node or of the npm registry
    #[arg(long)]
    pub required: bool,
}

/// Asks the client, and then a backend.
///
/// # Errors
///
/// When one of them finds something wrong, or cannot be asked though it must.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let scripts = ["backend.cjs", "client.cjs", "ingest.cjs"];
    let packages = match Packages::install("backstage", &scripts)? {
        Ok(packages) => packages,
        Err(reason) if args.required => bail!("nobody can be asked: {reason}"),
        Err(reason) => {
            say(format_args!("skipped, nobody can be asked: {reason}"));
            return Ok(());
        }
    };
    let program = std::env::current_exe().context("where this program is cannot be told")?;
    // A thousand people, and an app that may read them.
    let Scenario { org, options, .. } = Scenario::named("small")?;
    let mut many = Org::generate(1_000, 60, 7);
    many.clients = org.clients;
    let harness = Harness::start(&program, many, options).await?;
    let port = free_port()?;
    let served = json!({
        "server": { "tokens": [TOKEN], "url": "http://localhost:7007" },
        "feed": { "push": { "url": format!("http://127.0.0.1:{port}"), "token": PUSH_TOKEN } },
        "rateLimit": { "share": "100%", "maxConcurrent": 16 },
    });
    harness.configure(&json!({ "schedule": { "frequency": "manual" } }), &served)?;
    harness.sync(0).await?;
    let daemon = harness.serve::<&str>(&[]).await?;
    let ready = |answer: &crate::harness::Answer| answer.status == 200;
    daemon.until("/readyz", ready).await?;
    let address = format!("http://{}", daemon.address());
    let arguments = ["client.cjs", &address, TOKEN];
    say(packages.run(&arguments, Stdio::null())?.trim_end());
    if !args.client {
        ingest(&packages, &harness, &daemon, port).await?;
    }
    Ok(())
}

/// A backend takes in the feed, and then somebody goes.
async fn ingest(
    packages: &Packages,
    harness: &Harness,
    daemon: &Daemon,
    port: u16,
) -> anyhow::Result<()> {
    // Backstage reads the integration by the host, which is a name here.
    let address = format!(
        "http://{}",
        daemon.address().replace("127.0.0.1", "localhost")
    );
    let mut backend = Command::new("node")
        .args(["ingest.cjs", &port.to_string(), &address, TOKEN, PUSH_TOKEN])
        .current_dir(packages.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("node cannot be started")?;
    let mut input = backend.stdin.take().context("node has no input")?;
    let output = backend.stdout.take().context("node has no output")?;
    let mut lines = BufReader::new(output).lines();
    say(next(&mut lines).await?);

    let entities = crate::harness::entities(&harness.export().await?)?;
    let text = |entity: &Value, at: &str| {
        let text = entity.pointer(at).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let name = |entity: &Value| text(entity, "/metadata/name");
    let user = entities.iter().find(|entity| {
        let groups = entity.pointer("/spec/memberOf").and_then(Value::as_array);
        let is_in_two = groups.is_some_and(|groups| groups.len() > 1);
        // Whose name somebody else would take is still seen.
        let next = format!("{}-", name(entity));
        let is_wanted = entities.iter().any(|other| name(other).starts_with(&next));
        text(entity, "/kind") == "User" && is_in_two && !is_wanted
    });
    let user = user.context("nobody is in two groups")?;
    let id = text(user, "/metadata/annotations/okta.com~1id");
    let gone = format!("user:default/{}\n", name(user).to_lowercase());
    let now = harness.simulator.now();
    harness
        .simulator
        .edit(|org| org.set_status(&id, "DEPROVISIONED", now));
    let report = harness.sync(0).await?;
    let removed = report.get("removed").and_then(Value::as_u64);
    ensure!(removed == Some(1), "one should have gone: {report}");
    input.write_all(gone.as_bytes()).await?;
    say(next(&mut lines).await?);
    let ended = timeout(PATIENCE, backend.wait()).await??;
    ensure!(ended.success(), "the backend's script ended with {ended}");
    Ok(())
}

async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<String> {
    let line = timeout(PATIENCE, lines.next_line())
        .await
        .context("the backend's script says nothing")??;
    line.context("the backend's script ended")
}

/// A port that nobody listens at.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
    Ok(listener.local_addr()?.port())
}
