//! Finds users by any expression: Okta is sent what it can search for, and the rest is decided here.
//!
//! ```sh
//! cargo run --example search_and_filter --features org-filter -- \
//!     'status eq "ACTIVE" and profile.email ew "@acme.com"'
//! ```
//!
//! It needs `OKTA_ORG_URL` and either `OKTA_API_TOKEN`, or `OKTA_CLIENT_ID`, `OKTA_KEY_FILE` and, if the key
//! has an id of its own in Okta, `OKTA_KEY_ID`.

#![expect(clippy::print_stdout, reason = "an example shows what it reads")]

use std::error::Error;
use std::{env, fs};

use okta_api::Client;
use okta_api::okta_auth::{ApiToken, OrgUrl, PrivateKey, Scope, ServiceApp};
use okta_api::org_filter::{Dialect, SearchExpr};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let expression = env::args()
        .nth(1)
        .ok_or("usage: search_and_filter EXPRESSION")?;
    let expression: SearchExpr = expression.parse()?;
    let split = expression.split(&Dialect::USER_SEARCH);

    let client = client(Scope::USERS_READ)?;
    let mut list = client.users().list();
    if let Some(search) = &split.server {
        println!("Okta searches: {search}");
        list = list.search(search);
    }
    let users = list.all().await?;
    for user in &users {
        if split.local.as_ref().is_none_or(|local| local.matches(user)) {
            println!("{}: {}", user.id, user.profile.login().unwrap_or("nobody"));
        }
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
