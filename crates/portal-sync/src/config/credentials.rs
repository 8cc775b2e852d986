//! What a tenant is opened with: the keys of a service app, or an API token.

use figment::value::Value;
use okta_auth::{ApiToken, KeyError, PrivateKey};
use zeroize::{Zeroize as _, Zeroizing};

use super::elsewhere;
use super::errors::{ConfigError, quoted};
use super::keys::OAUTH;
use super::place::Origin;
use super::section::{Entry, Section, bare_variable};
use crate::run::provider::Credentials;
use crate::text::nearest::listed;

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
        .and_then(|entry| entry.section(&OAUTH, "a map with `clientId`, `keyId` and `privateKey`"));
    let [client_id, key_id, key] =
        SERVICE_APP.map(|(name, _)| either(section, name, oauth.as_ref()));
    let token = section.get("token");
    let credentials = match (&client_id, &key_id, &key, &token) {
        (Part::Absent, Part::Absent, Part::Absent, Some(token)) => api_token(token),
        (Part::Absent, Part::Absent, Part::Absent, None)
            if section.is_unresolved("token")
                || section.has_elsewhere(elsewhere::TENANT, "token") =>
        {
            None
        }
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
                let error = missing("the credentials are incomplete", &absent);
                let variables: Vec<&str> = SERVICE_APP
                    .iter()
                    .zip(&absent)
                    .filter(|(_, absent)| **absent)
                    .filter_map(|((name, _), _)| section.empty_variable(name))
                    .collect();
                section.refuse(if variables.is_empty() {
                    error.fix("add what is shown above")
                } else {
                    error.fix(format!(
                        "set {}, from which the configuration takes it; set to nothing it stands for nothing",
                        listed(variables)
                    ))
                });
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
        oauth.close_beside(elsewhere::OAUTH);
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
        (None, None)
            if section.has_elsewhere(elsewhere::TENANT, name)
                || oauth.is_some_and(|oauth| oauth.has_elsewhere(elsewhere::OAUTH, name)) =>
        {
            Part::Refused
        }
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
    let keys = private_keys(entry)?;
    let keys = match keys.as_slice() {
        [key] => vec![named(key, key_id, given, entry, is_jwk(key_part))?],
        _ => of_set(keys, key_id, entry)?,
    };
    Some(Credentials::ServiceApp {
        client_id: client_id?,
        keys,
    })
}

/// The one key, under the id that is configured or that it carries.
fn named(
    key: &PrivateKey,
    key_id: &Part<'_>,
    given: Option<String>,
    entry: &Entry<'_>,
    is_jwk: bool,
) -> Option<PrivateKey> {
    match key_id {
        Part::Absent if key.is_named() => Some(key.clone()),
        Part::Absent if is_jwk => {
            let error = ConfigError::new("the JWK has no `kid`, and there is no `keyId`");
            entry.refuse(
                error.fix("add `keyId: ${OKTA_KEY_ID}`: the id that Okta shows for this key"),
            );
            None
        }
        _ => given.map(|id| key.clone().with_key_id(id)),
    }
}

/// The keys of a JWK set, each of which carries its id.
fn of_set(keys: Vec<PrivateKey>, key_id: &Part<'_>, entry: &Entry<'_>) -> Option<Vec<PrivateKey>> {
    let count = keys.len();
    if let Part::Present(key_id) = key_id {
        key_id.refuse(
            ConfigError::new(format!(
                "names one key, and `privateKey` is a JWK set of {count}"
            ))
            .fix("leave `keyId` out: each key of a set carries its own `kid`"),
        );
        return None;
    }
    let nameless = keys.iter().filter(|key| !key.is_named()).count();
    let mut ids: Vec<&str> = keys.iter().map(PrivateKey::key_id).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair.first() == pair.last());
    let wrong = if nameless > 0 {
        format!("{nameless} of the {count} private keys in the JWK set have no `kid`")
    } else if let Some([id, _]) = twice {
        format!(
            "two private keys in the JWK set have the `kid` {}",
            quoted(id)
        )
    } else {
        return Some(keys);
    };
    entry.refuse(ConfigError::new(wrong).fix("give each key the `kid` that Okta shows for it"));
    None
}

/// An id as Okta shows it. What tends to come along when one is copied has a message of its own.
fn identifier(entry: &Entry<'_>) -> Option<String> {
    let text = entry
        .name("an id as Okta shows it, in quotes if it is all digits")?
        .trim();
    if let Some(name) = bare_variable(text) {
        let error = ConfigError::new(format!("`{name}` is text here and no variable"));
        let name = name.trim_start_matches(['$', '{']);
        entry.refuse(error.fix(format!("write `${{{name}}}`")));
        return None;
    }
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
    // Quotes around it are taken off when it is read.
    let around = |c: char| c.is_whitespace() || "\"'`\\".contains(c);
    match entry.plain() {
        Some(text) => text.trim_start_matches(around).starts_with('{'),
        None => jwk_in_yaml(entry).is_some(),
    }
}

/// The JSON of a JWK, or of a set of them, that stands in the file as a map without quotes around it.
fn jwk_in_yaml(entry: &Entry<'_>) -> Option<Zeroizing<String>> {
    let Value::Dict(_, members) = entry.value() else {
        return None;
    };
    let is_key = members.contains_key("kty") || members.contains_key("keys");
    let mut jwk = is_key.then(|| entry.as_json())?;
    // The keys of a set may come from variables or files of their own, each as a text.
    let keys = jwk
        .get_mut("keys")
        .and_then(serde_json::Value::as_array_mut);
    for key in keys.into_iter().flatten() {
        if let Some(parsed) = key
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
        {
            wipe(&mut std::mem::replace(key, parsed));
        }
    }
    let text = jwk.to_string().into();
    wipe(&mut jwk);
    Some(text)
}

/// Wipes the texts of a JSON value.
fn wipe(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => text.zeroize(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(wipe),
        serde_json::Value::Object(members) => members.values_mut().for_each(wipe),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

fn private_keys(entry: &Entry<'_>) -> Option<Vec<PrivateKey>> {
    let of_map = jwk_in_yaml(entry);
    let text = match &of_map {
        Some(json) => json.as_str(),
        None => entry.secret("the text of a private key")?,
    };
    let refuse = |error: KeyError| {
        entry.refuse(ConfigError::new(match entry.origin() {
            Some(Origin::File(name)) => format!("in the file {}: {error}", quoted(name)),
            _ => error.to_string(),
        }));
    };
    PrivateKey::parse_all(text).map_err(refuse).ok()
}

fn api_token(entry: &Entry<'_>) -> Option<Credentials> {
    let text = entry.secret("the text of an API token")?;
    match ApiToken::new(text.trim()) {
        Ok(token) => Some(Credentials::ApiToken(token)),
        Err(error) => {
            entry.refuse(ConfigError::new(error.to_string()));
            None
        }
    }
}
