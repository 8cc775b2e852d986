//! Lists who is in a group, by the group's name.
//!
//! ```sh
//! export OKTA_ORG_URL=https://acme.okta.com OKTA_CLIENT_ID=0oa… OKTA_KEY_FILE=key.pem OKTA_KEY_ID=…
//! cargo run --example group_members -- "Platform Team"
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
    let name = std::env::args().nth(1).ok_or("name a group")?;
    // Groups whose name begins with it come, too.
    let found = client.groups().list().q(&name).all().await?;
    let group = found
        .iter()
        .find(|group| group.profile.name() == Some(&name))
        .ok_or_else(|| format!("no group is called `{name}`"))?;

    let mut members = client.groups().members(&group.id).items();
    while let Some(member) = members.try_next().await? {
        println!("{} {}", member.id, member.status);
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
    let app = ServiceApp::new(variable("OKTA_CLIENT_ID")?, [key], [Scope::GROUPS_READ])?;
    Ok(Client::for_app(org, app)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the program meets its environment"
)]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
