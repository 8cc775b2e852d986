//! `ServiceApp`: the identity of an API Services app.

use crate::key::PrivateKey;
use crate::report::debug_as_report;
use crate::scope::Scope;

/// An API Services app of an org: who asks for tokens, with which key, for what.
///
/// See the [crate's page](crate) for how one is made from its parts.
#[derive(Debug, Clone)]
pub struct ServiceApp {
    client_id: String,
    first_key: PrivateKey,
    other_keys: Vec<PrivateKey>,
    scopes: Vec<Scope>,
    optional_scopes: Vec<Scope>,
}

impl ServiceApp {
    /// An app from what the Admin Console shows of it: the client id (`0oa…`), the private keys to
    /// its public keys, each under the id (KID) shown there, and the scopes to ask for. Scopes
    /// named twice are asked for once.
    ///
    /// One key is enough. With several, a key that Okta does not know is passed over for the next,
    /// so that a new key can be put in front of the old one before its public half is registered,
    /// and the old one taken away after that: no moment is without a key that works.
    ///
    /// ```
    /// use okta_auth::{Algorithm, PrivateKey, Scope, ServiceApp};
    ///
    /// # let (new, old) = (PrivateKey::generate(Algorithm::ES256)?, PrivateKey::generate(Algorithm::ES256)?);
    /// # let (new, old) = (new.expose_pem(), old.expose_pem());
    /// let keys = [
    ///     PrivateKey::parse(new)?.with_key_id("key-of-2026"),
    ///     PrivateKey::parse(old)?.with_key_id("key-of-2025"),
    /// ];
    /// let app = ServiceApp::new("0oa1b2c3d4e5f6g7h8i9", keys, [Scope::USERS_READ])?;
    /// assert_eq!(app.first_key().key_id(), "key-of-2026");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When an id is empty or was copied with space, quotes or a comma, two keys have one id, or no
    /// key or no scope is given.
    pub fn new(
        client_id: impl Into<String>,
        keys: impl IntoIterator<Item = PrivateKey>,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> Result<Self, ServiceAppError> {
        let client_id = checked_id("client id", client_id.into())?;
        let mut keys = checked_keys(keys)?.into_iter();
        Ok(Self {
            client_id,
            first_key: keys.next().ok_or(ServiceAppError::NoKeys)?,
            other_keys: keys.collect(),
            scopes: checked_scopes(scopes)?,
            optional_scopes: Vec::new(),
        })
    }

    /// The same app, which asks for these scopes besides and does without them where it has to. Okta grants those of the
    /// wanted scopes that an administrator gave the app: a token without one of these is a good one, and
    /// [`TokenCache::granted`](crate::TokenCache::granted) tells which came.
    ///
    /// Where the token endpoint refuses a whole request because of a scope, [`TokenCache`](crate::TokenCache) asks once more
    /// without these, and does not ask for them again.
    ///
    /// ```
    /// use okta_auth::{Algorithm, PrivateKey, Scope, ServiceApp};
    ///
    /// # let key = PrivateKey::generate(Algorithm::ES256)?.key().clone();
    /// let app = ServiceApp::new("0oa1b2c3d4e5f6g7h8i9", [key], [Scope::USERS_READ])?
    ///     .also_asking([Scope::LOGS_READ, Scope::USERS_READ]);
    /// assert_eq!(app.scopes(), [Scope::USERS_READ]);
    /// assert_eq!(app.optional_scopes(), [Scope::LOGS_READ], "what is needed is no option");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn also_asking(mut self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        for scope in scopes {
            if !self.asked_scopes().any(|known| *known == scope) {
                self.optional_scopes.push(scope);
            }
        }
        self
    }

    /// The same app, which asks for nothing that it does not need.
    pub(crate) fn asking_no_more(&self) -> Self {
        Self {
            optional_scopes: Vec::new(),
            ..self.clone()
        }
    }

    /// The app's client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The key that is tried first.
    pub fn first_key(&self) -> &PrivateKey {
        &self.first_key
    }

    /// All keys, in the order in which they are tried.
    pub fn keys(&self) -> impl Iterator<Item = &PrivateKey> {
        std::iter::once(&self.first_key).chain(&self.other_keys)
    }

    /// The scopes a token must have.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The scopes a token may have besides ([`also_asking`](Self::also_asking)).
    pub fn optional_scopes(&self) -> &[Scope] {
        &self.optional_scopes
    }

    /// All that a token is asked for.
    pub(crate) fn asked_scopes(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.iter().chain(&self.optional_scopes)
    }
}

fn checked_keys(
    keys: impl IntoIterator<Item = PrivateKey>,
) -> Result<Vec<PrivateKey>, ServiceAppError> {
    let mut all: Vec<PrivateKey> = Vec::new();
    for key in keys {
        let id = checked_id("key id", key.key_id().to_owned())?;
        if all.iter().any(|other| other.key_id() == id) {
            return Err(ServiceAppError::SameKeyId { id });
        }
        all.push(key);
    }
    Ok(all)
}

fn checked_scopes(scopes: impl IntoIterator<Item = Scope>) -> Result<Vec<Scope>, ServiceAppError> {
    let mut wanted = Vec::new();
    for scope in scopes {
        if !wanted.contains(&scope) {
            wanted.push(scope);
        }
    }
    if wanted.is_empty() {
        return Err(ServiceAppError::NoScopes);
    }
    Ok(wanted)
}

fn checked_id(name: &'static str, id: String) -> Result<String, ServiceAppError> {
    let what = if id.is_empty() {
        "is empty"
    } else if id.ends_with(',') {
        "ends in a comma; leave it out"
    } else if id.contains(['"', '\'', '`']) {
        "has quotes in it; leave them out"
    } else if id.contains(char::is_whitespace) {
        "has space in it; leave it out"
    } else if !id.chars().all(|c| c.is_ascii_graphic()) {
        "has characters that no id has"
    } else {
        return Ok(id);
    };
    Err(ServiceAppError::BadId {
        name,
        id: quotable(id),
        what,
    })
}

/// The id, unless it is so long that it may be a key in the wrong place.
fn quotable(id: String) -> String {
    const LONGEST: usize = 64;
    if id.len() <= LONGEST {
        id
    } else {
        format!("…, {} characters", id.chars().count())
    }
}

/// Why the parts do not make an app.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceAppError {
    /// The client id or the key id was not copied as it is.
    #[error("the {name} `{id}` {what}")]
    #[non_exhaustive]
    BadId {
        /// Which of the two.
        name: &'static str,
        /// The text given, if it is short enough for an id; otherwise its length.
        id: String,
        /// What is wrong with it, and what to do.
        what: &'static str,
    },
    /// Two keys under one id, of which Okta knows one.
    #[error("two private keys have the id `{id}`; give each the id that Okta shows for it")]
    #[non_exhaustive]
    SameKeyId {
        /// The id.
        id: String,
    },
    /// An app proves who it is with a key.
    #[error("no private keys to sign with")]
    NoKeys,
    /// Okta refuses a token request without scopes.
    #[error("no scopes to ask for")]
    NoScopes,
}

debug_as_report!(ServiceAppError);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::key_file;

    const PEM: &str = key_file!("rsa2048.pkcs8.pem");

    fn key(id: &str) -> PrivateKey {
        PrivateKey::from_pem(PEM).unwrap().with_key_id(id)
    }

    fn app(client_id: &str, key_id: &str) -> Result<ServiceApp, ServiceAppError> {
        ServiceApp::new(client_id, [key(key_id)], [Scope::USERS_READ])
    }

    #[test]
    fn an_id_that_was_not_copied_as_it_is_is_refused_by_its_fault() {
        for (id, fault) in [
            ("", "`` is empty"),
            ("0oa1,", "`0oa1,` ends in a comma"),
            ("\"0oa1\"", "`\"0oa1\"` has quotes"),
            ("'0oa1'", "`'0oa1'` has quotes"),
            (" 0oa1", "` 0oa1` has space"),
            ("0oa1\n", "has space"),
            ("0oa1\u{feff}", "has characters that no id has"),
        ] {
            let error = app(id, "kid").unwrap_err().to_string();
            assert!(
                error.starts_with("the client id ") && error.contains(fault),
                "{error}"
            );
            let error = app("0oa1", id).unwrap_err().to_string();
            assert!(
                error.starts_with("the key id ") && error.contains(fault),
                "{error}"
            );
        }
    }

    #[test]
    fn a_key_in_the_place_of_an_id_is_not_repeated() {
        let error = app("0oa1", PEM).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("PRIVATE"), "{error}");
    }

    #[test]
    fn scopes_are_asked_for_once_and_there_is_at_least_one() {
        let scopes = [Scope::GROUPS_READ, Scope::USERS_READ, Scope::GROUPS_READ];
        let app = ServiceApp::new("0oa1", [key("kid")], scopes).unwrap();
        assert_eq!(app.scopes(), [Scope::GROUPS_READ, Scope::USERS_READ]);
        assert_eq!(app.client_id(), "0oa1");
        assert!(!format!("{app:?}").contains("MII"));
        assert_eq!(
            ServiceApp::new("0oa1", [key("kid")], []).unwrap_err(),
            ServiceAppError::NoScopes
        );
    }

    #[test]
    fn there_is_at_least_one_key_and_each_has_an_id_of_its_own() {
        let made = |keys: Vec<PrivateKey>| ServiceApp::new("0oa1", keys, [Scope::USERS_READ]);
        let app = made(vec![key("new"), key("old")]).unwrap();
        let ids = app.keys().map(PrivateKey::key_id);
        assert_eq!(ids.collect::<Vec<_>>(), ["new", "old"]);
        assert_eq!(made(vec![]).unwrap_err(), ServiceAppError::NoKeys);
        assert_eq!(
            made(vec![key("one"), key("one")]).unwrap_err().to_string(),
            "two private keys have the id `one`; give each the id that Okta shows for it"
        );
    }
}
