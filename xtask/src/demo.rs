//! `cargo xtask demo`: a simulated Okta org and `portal-sync serve` together.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::say;
use crate::scenario::Scenario;
use crate::simulator::Simulator;

/// How long the first generation may take.
const FIRST_GENERATION: Duration = Duration::from_secs(120);

/// How long the daemon may take to stop by itself: the terminal's Ctrl-C reaches it too, SIGTERM does not.
const FAREWELL: Duration = Duration::from_millis(1200);

/// Starts a simulated Okta org and `portal-sync serve` together.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A scenario of `fixtures/scenarios`
    #[arg(default_value = "small")]
    pub scenario: String,
    /// Where the page is; another port is taken when this one is in use
    #[arg(long, default_value = "127.0.0.1:7007")]
    pub listen: SocketAddr,
    /// Stop after the first generation and print what arrived
    #[arg(long)]
    pub once: bool,
}

/// Runs until Ctrl-C or SIGTERM, or until the first generation with `--once`.
///
/// # Errors
///
/// When one of the two cannot start, or the first generation does not come.
pub async fn run(args: Args) -> anyhow::Result<()> {
    // From here on whoever ends the demo ends the daemon with it, and its folder.
    let mut asked_to_stop = pin!(asked_to_stop()?);
    let scenario = Scenario::named(&args.scenario)?;
    let description = scenario.description.clone();
    let simulator = Simulator::start(scenario.org, scenario.options).await?;
    let folder = tempfile::tempdir().context("a folder for the demo's catalog cannot be made")?;
    let listen = free_address(args.listen).await?;
    let config = folder.path().join("app-config.yaml");
    std::fs::write(
        &config,
        configuration(&simulator.url(), listen, folder.path()),
    )
    .context("the demo's configuration cannot be written")?;

    say(format_args!("okta: {} ({description})", simulator.url()));
    let mut daemon = Command::new(std::env::current_exe()?)
        .args(["portal-sync", "serve", "--config"])
        .arg(&config)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("portal-sync cannot be started")?;
    let page = format!("http://{listen}");
    let arrived = tokio::select! {
        entities = first_generation(&page) => entities,
        status = daemon.wait() => bail!("portal-sync ended early: {}", status?),
        () = &mut asked_to_stop => return stop(daemon).await,
    };
    summarize(&arrived?, &simulator);
    if args.once {
        daemon.start_kill()?;
        daemon.wait().await?;
        return Ok(());
    }
    say(format_args!("page: {page}/ (Ctrl-C ends the demo)"));
    tokio::select! {
        status = daemon.wait() => bail!("portal-sync ended: {}", status?),
        () = &mut asked_to_stop => stop(daemon).await,
    }
}

/// The wanted address, or one with a free port.
async fn free_address(wanted: SocketAddr) -> anyhow::Result<SocketAddr> {
    for address in [wanted, SocketAddr::new(wanted.ip(), 0)] {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Ok(listener.local_addr()?);
        }
    }
    bail!("nothing can listen on `{}`", wanted.ip())
}

fn configuration(org: &str, listen: SocketAddr, folder: &Path) -> String {
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/keys/rsa2048.pkcs8.pem");
    // JSON texts are YAML texts, whatever is in a path.
    let quoted = |path: &Path| Value::from(path.to_string_lossy().into_owned()).to_string();
    let store = Value::from(format!("sqlite:{}", folder.join("catalog.db").display()));
    format!(
        "catalog:
  providers:
    okta:
      demo:
        oktaUrl: {org}
        clientId: 0oa1portalsync0000d7
        keyId: portal-sync-test-1
        privateKey: {{ $file: {key} }}
        schedule: {{ frequency: {{ seconds: 30 }}, timeout: {{ minutes: 1 }} }}
portalSync:
  store: {{ url: {store} }}
  server: {{ listen: '{listen}' }}
",
        key = quoted(&key),
    )
}

/// The entities of the catalog as soon as it has some.
async fn first_generation(page: &str) -> anyhow::Result<Vec<Value>> {
    let http = http_client()?;
    let wait = async {
        loop {
            if let Ok(answer) = http.get(format!("{page}/readyz")).send().await
                && answer.status().is_success()
            {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(FIRST_GENERATION, wait)
        .await
        .context("the first generation does not come")?;
    let answer = http
        .get(format!("{page}/api/catalog/entities"))
        .send()
        .await?
        .error_for_status()?;
    Ok(serde_json::from_slice(&answer.bytes().await?)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "asks only the daemon of this demo"
)]
fn http_client() -> anyhow::Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

fn summarize(entities: &[Value], simulator: &Simulator) {
    let count = |kind: &str| {
        entities
            .iter()
            .filter(|entity| entity["kind"] == kind)
            .count()
    };
    let memberships: usize = entities
        .iter()
        .filter_map(|entity| entity.pointer("/spec/members")?.as_array().map(Vec::len))
        .sum();
    let requests = simulator.requests_by_endpoint();
    say(format_args!(
        "catalog: {} users, {} groups, {memberships} memberships",
        count("User"),
        count("Group")
    ));
    say(format_args!(
        "requests: {}",
        requests.values().sum::<usize>()
    ));
    for (endpoint, count) in requests {
        say(format_args!("{count:6} {endpoint}"));
    }
}

/// Done when the process is asked to end, which from this call on does not end it by itself.
#[cfg(unix)]
fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

#[cfg(windows)]
fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move { drop(interrupt.recv().await) })
}

async fn stop(mut daemon: Child) -> anyhow::Result<()> {
    if timeout(FAREWELL, daemon.wait()).await.is_err() {
        daemon.start_kill()?;
        daemon.wait().await?;
    }
    Ok(())
}
