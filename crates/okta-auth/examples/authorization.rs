//! Gets an access token of an API Services app, and tells everything about it but the token.
//!
//! ```sh
//! export OKTA_ORG_URL=https://acme.okta.com OKTA_CLIENT_ID=0oa… OKTA_KEY_FILE=key.pem OKTA_KEY_ID=…
//! cargo run --example authorization
//! ```
//!
//! `OKTA_KEY_ID` may be left out where the key is a JWK with a `kid`.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::error::Error;

use okta_auth::{
    OrgUrl, PrivateKey, Proxies, ReqwestTransport, Scope, ServiceApp, TokenCache, TokenSource,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let org = OrgUrl::parse(&variable("OKTA_ORG_URL")?)?;
    let mut key = PrivateKey::parse(&std::fs::read_to_string(variable("OKTA_KEY_FILE")?)?)?;
    if let Ok(key_id) = variable("OKTA_KEY_ID") {
        key = key.with_key_id(key_id);
    }
    let app = ServiceApp::new(variable("OKTA_CLIENT_ID")?, [key], [Scope::USERS_READ])?;
    let transport = ReqwestTransport::new(&Proxies::from_env()?)?;

    let tokens = TokenCache::new(org, app, transport);
    let token = tokens.token().await?;

    println!("scheme: {}", token.scheme().as_str());
    for scope in token.scopes() {
        println!("scope: {scope}");
    }
    if let Some(lifetime) = token.expires_in() {
        println!("expires in {} s", lifetime.as_secs());
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the program meets its environment"
)]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
