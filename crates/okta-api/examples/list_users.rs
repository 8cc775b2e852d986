//! Lists the users of an org: a line for each, or with `--json` a JSON array of them all.
//!
//! ```sh
//! export OKTA_ORG_URL=https://acme.okta.com OKTA_CLIENT_ID=0oa… OKTA_KEY_FILE=key.pem OKTA_KEY_ID=…
//! cargo run --example list_users
//! cargo run --example list_users -- --json > users.json
//! ```
//!
//! `OKTA_KEY_ID` may be left out where the key is a JWK with a `kid`. With `OKTA_API_TOKEN` an API token is used instead of a key.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::error::Error;

use okta_api::Client;
use okta_api::okta_auth::{ApiToken, OrgUrl, PrivateKey, Scope, ServiceApp};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = client()?;
    let mut list = client.users().list().items();
    if std::env::args().any(|argument| argument == "--json") {
        let mut users = Vec::new();
        while let Some(user) = list.try_next().await? {
            users.push(user);
        }
        println!("{}", serde_json::to_string(&users)?);
        return Ok(());
    }
    // A page is read when the one before is used up, so that the first lines come at once.
    while let Some(user) = list.try_next().await? {
        let login = user.profile.login().unwrap_or("(no login)");
        println!("{} {} {login}", user.id, user.status);
    }
    Ok(())
}

fn client() -> Result<Client, Box<dyn Error>> {
    let org = OrgUrl::parse(&variable("OKTA_ORG_URL")?)?;
    if let Ok(token) = variable("OKTA_API_TOKEN") {
        return Ok(Client::for_token(org, ApiToken::new(&token)?)?);
    }
    let mut key = PrivateKey::parse(&std::fs::read_to_string(variable("OKTA_KEY_FILE")?)?)?;
    if let Ok(key_id) = variable("OKTA_KEY_ID") {
        key = key.with_key_id(key_id);
    }
    let app = ServiceApp::new(variable("OKTA_CLIENT_ID")?, [key], [Scope::USERS_READ])?;
    Ok(Client::for_app(org, app)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the program meets its environment"
)]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
