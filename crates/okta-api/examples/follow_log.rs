//! Follows the System Log for events of some types, over restarts and outages.
//!
//! ```sh
//! cargo run --example follow_log -- cursor.txt user.session.start user.account.lock
//! ```
//!
//! The first word is the file in which it keeps where it was; other types than last time take another file. It needs
//! `OKTA_ORG_URL` and either `OKTA_API_TOKEN`, or `OKTA_CLIENT_ID`, `OKTA_KEY_FILE` and, if the key has an id of its own in
//! Okta, `OKTA_KEY_ID`.

#![expect(clippy::print_stdout, reason = "an example shows what it reads")]
#![expect(clippy::print_stderr, reason = "an example tells what goes wrong")]

use std::error::Error;
use std::path::Path;
use std::{env, fs, io};

use okta_api::okta_auth::{ApiToken, OrgUrl, PrivateKey, Scope, ServiceApp};
use okta_api::{Client, LogEvent, Start};

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
        .pages_with_malformed();
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
