//! Follows the System Log for events of some types, over restarts and outages.
//!
//! ```sh
//! cargo run --example follow_log -- cursor.txt user.session.start user.account.lock
//! ```
//!
//! The first word is the file in which it keeps where it was. It needs `OKTA_ORG_URL` and either `OKTA_API_TOKEN`, or `OKTA_CLIENT_ID`, `OKTA_KEY_FILE` and, if the key
//! has an id of its own in Okta, `OKTA_KEY_ID`.

#![expect(clippy::print_stdout, reason = "an example shows what it reads")]
#![expect(clippy::print_stderr, reason = "an example tells what goes wrong")]
#![expect(
    clippy::disallowed_methods,
    reason = "an example is set up by its environment"
)]

use std::error::Error;
use std::path::Path;
use std::{env, fs, io};

use futures::TryStreamExt as _;
use okta_api::{Client, LogEvent, Start};
use okta_auth::{
    ApiToken, OrgUrl, PrivateKey, Proxies, ReqwestTransport, Scope, ServiceApp, TokenCache,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let file = words.next().ok_or("usage: follow_log FILE EVENT-TYPE…")?;
    let types: Vec<String> = words
        .map(|word| format!(r#"eventType eq "{word}""#))
        .collect();
    if types.is_empty() {
        return Err("name the types to look for, such as `user.session.start`".into());
    }

    let client = client(Scope::LOGS_READ)?;
    let log = client.logs().follow(start(Path::new(&file))?);
    // What does not pass by waiting still ends the loop, and so does the cursor of another filter.
    let log = log.filter(types.join(" or ")).keep_trying();
    let mut pages = log
        .on_outage(|error, wait| eprintln!("{error}: trying again in {} s", wait.as_secs()))
        .pages();
    while let Some(page) = pages.try_next().await? {
        for event in &page.items {
            show(event);
        }
        for bad in &page.malformed {
            eprintln!("an event that cannot be read: {}", bad.reason);
        }
        // After the events are dealt with: a crash before repeats them, and loses none.
        if let Some(next) = &page.next {
            keep(Path::new(&file), &next.to_string())?;
        }
    }
    Ok(())
}

/// Where the last run has left, or now.
fn start(file: &Path) -> Result<Start, Box<dyn Error>> {
    match fs::read_to_string(file) {
        Ok(cursor) => Ok(Start::After(cursor.trim().parse()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Start::Now),
        Err(error) => Err(error.into()),
    }
}

/// Replaces the file as a whole, so that there is never half a cursor in it.
fn keep(file: &Path, cursor: &str) -> io::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, cursor)?;
    fs::rename(new, file)
}

fn show(event: &LogEvent) {
    let actor = event.actor.as_ref().map_or("nobody", |actor| actor.label());
    let address = event.client.as_ref();
    let address = address.and_then(|client| client.ip_address.as_deref());
    let message = event.display_message.as_deref();
    println!(
        "{} {actor} ({}): {}",
        event.severity,
        address.unwrap_or("no address"),
        message.unwrap_or(event.event_type.as_str()),
    );
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
