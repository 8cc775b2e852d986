//! `cargo xtask simulate`: an Okta org in a terminal.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;

use crate::scenario::Scenario;
use crate::simulator::{Client, Simulator};

/// Serves a simulated Okta org until Ctrl-C.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A scenario of `fixtures/scenarios`, or a folder with an `org.yaml`.
    #[arg(default_value = "small")]
    pub scenario: String,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7080")]
    pub listen: SocketAddr,
}

/// Serves the scenario, says where, and says at the end what was asked.
///
/// # Errors
///
/// When the scenario cannot be loaded or the address cannot be listened on.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let folder = Path::new(&args.scenario);
    let mut scenario = if folder.join("org.yaml").exists() {
        Scenario::load(folder)?
    } else {
        Scenario::named(&args.scenario)?
    };
    scenario.options.listen = args.listen;
    let (users, groups) = (scenario.org.users.len(), scenario.org.groups.len());
    let clients: Vec<String> = scenario.org.clients.iter().map(described).collect();
    let simulator = Simulator::start(scenario.org, scenario.options).await?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{} has {users} users and {groups} groups: {}",
        simulator.url(),
        scenario.description
    )?;
    for client in clients {
        writeln!(out, "client {client}")?;
    }
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for Ctrl-C")?;
    for (template, count) in simulator.requests_by_endpoint() {
        writeln!(out, "{count:6} {template}")?;
    }
    simulator.shutdown().await;
    Ok(())
}

/// A client as its user needs to know it: the id, the `kid` of its keys, its scopes.
fn described(client: &Client) -> String {
    let kids: Vec<&str> = client
        .keys
        .keys
        .iter()
        .filter_map(|key| key.common.key_id.as_deref())
        .collect();
    format!(
        "{} (kid {}): {}",
        client.client_id,
        kids.join(", "),
        client.scopes.join(" ")
    )
}
