//! Lists the applications of an org, or shows one: endpoints that the crate has no types for, read by types of one's own.
//!
//! ```sh
//! cargo run --example list_apps
//! cargo run --example list_apps -- 0oa1a2b3c4d5E6F7g8h9
//! ```
//!
//! It needs `OKTA_ORG_URL` and either `OKTA_API_TOKEN`, or `OKTA_CLIENT_ID`, `OKTA_KEY_FILE` and, if the key
//! has an id of its own in Okta, `OKTA_KEY_ID`.

#![expect(clippy::print_stdout, reason = "an example shows what it reads")]

use std::error::Error;
use std::{env, fs};

use okta_api::Client;
use okta_api::okta_auth::{ApiToken, OrgUrl, PrivateKey, Scope, ServiceApp};
use serde::Deserialize;

/// What it wants of an application.
#[derive(Debug, Deserialize)]
struct App {
    label: String,
    status: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = client(Scope::from_static("okta.apps.read"))?;
    if let Some(id) = env::args().nth(1) {
        let get = client.get("/api/v1/apps/{appId}").path("appId", id);
        let app: App = get.object().await?;
        println!("{}: {}", app.label, app.status);
        return Ok(());
    }
    let apps = client.get("/api/v1/apps").query("limit", 200).list::<App>();
    let apps = apps.all().await?;
    for app in &apps {
        println!("{} {}: {}", app.id().unwrap_or("?"), app.label, app.status);
    }
    Ok(())
}

/// A client by the environment: an API token, or the key of an app.
fn client(scope: Scope) -> Result<Client, Box<dyn Error>> {
    let org = OrgUrl::parse(&variable("OKTA_ORG_URL")?)?;
    if let Ok(token) = variable("OKTA_API_TOKEN") {
        return Ok(Client::for_token(org, ApiToken::new(&token)?)?);
    }
    let mut key = PrivateKey::parse(&fs::read_to_string(variable("OKTA_KEY_FILE")?)?)?;
    if let Ok(key_id) = variable("OKTA_KEY_ID") {
        key = key.with_key_id(key_id);
    }
    let app = ServiceApp::new(variable("OKTA_CLIENT_ID")?, [key], [scope])?;
    Ok(Client::for_app(org, app)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the program meets its environment"
)]
fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
