//! What a tenant is opened with: the keys of a service app, or an API token.

use figment::value::Value;
use okta_auth::{ApiToken, PrivateKey};
use secrecy::SecretString;

use super::errors::{ConfigError, quoted};
use super::section::{Entry, Section};
use super::suggest::listed;

/// What requests to a tenant are authorised with. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An API Services app that signs with a private key.
    ServiceApp {
        /// The app's client id: `0oa…`.
        client_id: String,
        /// The id (`kid`) under which Okta knows the public key; that of the JWK unless configured.
        key_id: String,
        /// The private key.
        key: PrivateKey,
    },
    /// A static API token (`SSWS`).
    ApiToken(ApiToken),
}

/// The keys of a service app, and how each is usually written.
const SERVICE_APP: [(&str, &str); 3] = [
    ("clientId", "clientId: ${OKTA_CLIENT_ID}"),
    ("keyId", "keyId: ${OKTA_KEY_ID}"),
    ("privateKey", "privateKey: ${OKTA_PRIVATE_KEY}"),
];

/// Reads `clientId`, `keyId` and `privateKey` (also under `oauth`), or `token`. The service app
/// wins over the token.
pub(super) fn read(section: &Section<'_>) -> Option<Credentials> {
    let oauth = section
        .get("oauth")
        .and_then(|entry| entry.section("a map with `clientId`, `keyId` and `privateKey`"));
    let [client_id, key_id, key] =
        SERVICE_APP.map(|(name, _)| either(section, name, oauth.as_ref()));
    let token = section.get("token");
    let credentials = match (&client_id, &key_id, &key, &token) {
        (Part::Absent, Part::Absent, Part::Absent, Some(token)) => api_token(token),
        (Part::Absent, Part::Absent, Part::Absent, None) if section.is_unresolved("token") => None,
        (Part::Absent, Part::Absent, Part::Absent, None) => {
            section.refuse(missing("no credentials", &[true; 3]).fix(
                "add the keys of an API Services app as above, or the API token of an \
                 administrator as `token`",
            ));
            None
        }
        _ => {
            let parts = [&client_id, &key_id, &key];
            let mut absent = parts.map(|part| matches!(part, Part::Absent));
            let [_, key_id_absent, _] = &mut absent;
            *key_id_absent &= !is_jwk(&key);
            if absent.contains(&true) {
                section.refuse(
                    missing("the credentials are incomplete", &absent)
                        .fix("add what is shown above"),
                );
            }
            if let Some(token) = &token {
                token.notice(
                    "not used: the private key of the service app is used instead of the API token",
                );
            }
            service_app(parts)
        }
    };
    if let Some(oauth) = oauth {
        oauth.close();
    }
    credentials
}

/// One of the values a service app is made of.
enum Part<'a> {
    /// Nowhere to be found.
    Absent,
    /// There, but refused already.
    Refused,
    Present(Entry<'a>),
}

/// The value of `name` in the section itself or in its `oauth`.
fn either<'a>(section: &Section<'a>, name: &'static str, oauth: Option<&Section<'a>>) -> Part<'a> {
    let inner = oauth.and_then(|oauth| oauth.get(name));
    let lost = section.is_unresolved(name) || oauth.is_some_and(|oauth| oauth.is_unresolved(name));
    match (section.get(name), inner) {
        (Some(_), Some(inner)) => {
            inner.refuse(
                ConfigError::new(format!("given twice: as `{name}` and as `oauth.{name}`"))
                    .fix("keep one of them"),
            );
            Part::Refused
        }
        (Some(entry), None) | (None, Some(entry)) => Part::Present(entry),
        (None, None) if lost || section.is_unresolved("oauth") => Part::Refused,
        (None, None) => Part::Absent,
    }
}

/// The message about keys that are not there, with the lines to add.
fn missing(what: &str, absent: &[bool; 3]) -> ConfigError {
    let rows = || {
        SERVICE_APP
            .iter()
            .zip(absent)
            .filter(|(_, absent)| **absent)
            .map(|(row, _)| row)
    };
    let are = if rows().count() == 1 { "is" } else { "are" };
    let lines: Vec<&str> = rows().map(|(_, line)| *line).collect();
    ConfigError::new(format!(
        "{what}: {} {are} missing",
        listed(rows().map(|(name, _)| *name))
    ))
    .excerpt(lines.join("\n"))
}

fn service_app([client_id, key_id, key_part]: [&Part<'_>; 3]) -> Option<Credentials> {
    let id = |part: &Part<'_>| match part {
        Part::Present(entry) => identifier(entry),
        _ => None,
    };
    // Each is looked at, so that each is told about.
    let (client_id, given) = (id(client_id), id(key_id));
    let Part::Present(entry) = key_part else {
        return None;
    };
    let key = private_key(entry)?;
    let key_id = match (key_id, key.key_id()) {
        (Part::Absent, Some(kid)) => Some(kid.to_owned()),
        (Part::Absent, None) if is_jwk(key_part) => {
            let error = ConfigError::new("the JWK has no `kid`, and there is no `keyId`");
            entry.refuse(
                error.fix("add `keyId: ${OKTA_KEY_ID}`: the id that Okta shows for this key"),
            );
            None
        }
        _ => given,
    };
    Some(Credentials::ServiceApp {
        client_id: client_id?,
        key_id: key_id?,
        key,
    })
}

/// An id as Okta shows it. What tends to come along when one is copied has a message of its own.
fn identifier(entry: &Entry<'_>) -> Option<String> {
    let text = entry
        .text("an id as Okta shows it, in quotes if it is all digits")?
        .trim();
    let (wrong, fix) = if text.ends_with(',') {
        (
            "ends in a comma",
            "leave the comma out: in YAML a line needs none at its end",
        )
    } else if text.contains(['"', '\'', '`', '“', '”']) {
        (
            "has quotes in it",
            "leave the quotes out, or put them around the whole value only",
        )
    } else if text.contains(char::is_whitespace) {
        ("has a space in it", "copy the id alone")
    } else if !text.chars().all(|c| c.is_ascii_graphic()) {
        ("has characters that no id has", "copy the id again")
    } else {
        return Some(text.to_owned());
    };
    entry.refuse(ConfigError::new(format!("{} {wrong}", quoted(text))).fix(fix));
    None
}

/// Whether a key is there that can carry its own id.
fn is_jwk(key: &Part<'_>) -> bool {
    let Part::Present(entry) = key else {
        return false;
    };
    matches!(entry.value(), Value::String(_, text) if text.trim_start().starts_with('{'))
}

fn private_key(entry: &Entry<'_>) -> Option<PrivateKey> {
    let text = entry.secret("the text of a private key")?;
    PrivateKey::parse(text)
        .map_err(|error| entry.refuse(ConfigError::new(error.to_string())))
        .ok()
}

fn api_token(entry: &Entry<'_>) -> Option<Credentials> {
    let text = entry.secret("the text of an API token")?;
    match ApiToken::new(SecretString::from(text.trim())) {
        Ok(token) => Some(Credentials::ApiToken(token)),
        Err(error) => {
            entry.refuse(ConfigError::new(error.to_string()));
            None
        }
    }
}
