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
use org_filter::{Dialect, SearchExpr};

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
    for user in &users.items {
        if split.local.as_ref().is_none_or(|local| local.matches(user)) {
            println!("{}: {}", user.id, user.profile.login().unwrap_or("nobody"));
        }
    }
    for bad in &users.malformed {
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
