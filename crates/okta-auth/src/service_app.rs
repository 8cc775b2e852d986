//! `ServiceApp`: the identity of an API Services app.

use crate::key::PrivateKey;
use crate::scope::Scope;

/// An API Services app of an org: who asks for tokens, with which key, for what.
///
/// See the [crate's page](crate) for how one is made from its parts.
#[derive(Debug, Clone)]
pub struct ServiceApp {
    client_id: String,
    key_id: String,
    key: PrivateKey,
    scopes: Vec<Scope>,
}

impl ServiceApp {
    /// An app from what the Admin Console shows of it: the client id (`0oa…`), the key id (KID) of
    /// one of its public keys, the private key to that, and the scopes to ask for. Scopes named
    /// twice are asked for once.
    ///
    /// # Errors
    ///
    /// When an id is empty or was copied with space, quotes or a comma, or no scope is given.
    pub fn new(
        client_id: impl Into<String>,
        key_id: impl Into<String>,
        key: PrivateKey,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> Result<Self, ServiceAppError> {
        let client_id = checked_id("client id", client_id.into())?;
        let key_id = checked_id("key id", key_id.into())?;
        let mut wanted = Vec::new();
        for scope in scopes {
            if !wanted.contains(&scope) {
                wanted.push(scope);
            }
        }
        if wanted.is_empty() {
            return Err(ServiceAppError::NoScopes);
        }
        Ok(Self {
            client_id,
            key_id,
            key,
            scopes: wanted,
        })
    }

    /// The app's client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The id of the public key that belongs to the private key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The scopes a token must have.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    pub(crate) fn key(&self) -> &PrivateKey {
        &self.key
    }
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceAppError {
    /// The client id or the key id was not copied as it is.
    #[error("the {name} `{id}` {what}")]
    BadId {
        /// Which of the two.
        name: &'static str,
        /// The text given, if it is short enough for an id; otherwise its length.
        id: String,
        /// What is wrong with it, and what to do.
        what: &'static str,
    },
    /// Okta refuses a token request without scopes.
    #[error("no scopes to ask for")]
    NoScopes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::key_file;

    const PEM: &str = key_file!("rsa2048.pkcs8.pem");

    fn app(client_id: &str, key_id: &str) -> Result<ServiceApp, ServiceAppError> {
        let key = PrivateKey::from_pem(PEM).unwrap();
        ServiceApp::new(client_id, key_id, key, [Scope::USERS_READ])
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
        let key = PrivateKey::from_pem(PEM).unwrap();
        let scopes = [Scope::GROUPS_READ, Scope::USERS_READ, Scope::GROUPS_READ];
        let app = ServiceApp::new("0oa1", "kid", key.clone(), scopes).unwrap();
        assert_eq!(app.scopes(), [Scope::GROUPS_READ, Scope::USERS_READ]);
        assert_eq!((app.client_id(), app.key_id()), ("0oa1", "kid"));
        assert!(!format!("{app:?}").contains("MII"));
        assert_eq!(
            ServiceApp::new("0oa1", "kid", key, []).unwrap_err(),
            ServiceAppError::NoScopes
        );
    }
}
