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
#![expect(
    clippy::disallowed_methods,
    reason = "an example is set up by its environment"
)]

use std::error::Error;
use std::{env, fs};

use okta_api::Client;
use okta_auth::{
    ApiToken, OrgUrl, PrivateKey, Proxies, ReqwestTransport, Scope, ServiceApp, TokenCache,
};
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
    for app in &apps.items {
        println!("{} {}: {}", app.id().unwrap_or("?"), app.label, app.status);
    }
    for bad in &apps.malformed {
        println!("{}: {}", bad.id.as_deref().unwrap_or("?"), bad.reason);
    }
    Ok(())
}

/// A client by the environment: an API token, or the key of an app.
fn client(scope: Scope) -> Result<Client, Box<dyn Error>> {
    let org = OrgUrl::parse(&env::var("OKTA_ORG_URL")?)?;
    let transport = ReqwestTransport::new(&Proxies::none())?;
    if let Ok(token) = env::var("OKTA_API_TOKEN") {
        let token = ApiToken::new(&token)?;
        return Ok(Client::builder(org, token, transport).build());
    }
    let mut key = PrivateKey::parse(&fs::read_to_string(env::var("OKTA_KEY_FILE")?)?)?;
    if let Ok(id) = env::var("OKTA_KEY_ID") {
        key = key.with_key_id(id);
    }
    let app = ServiceApp::new(env::var("OKTA_CLIENT_ID")?, [key], [scope])?;
    let tokens = TokenCache::new(org.clone(), app, transport.clone());
    Ok(Client::builder(org, tokens, transport).build())
}
