//! Which values of a configuration are secrets, by their keys.
//!
//! They are kept apart from all others: in texts that are wiped when they are dropped, and not in the layers that figment
//! merges, which keep copies. What is left in memory that is freed and not wiped is what the YAML reader makes of a value
//! on its way to us. A variable stays in the block of variables that the system gave the process; only a file leaves no
//! such trace.

use super::place::{Content, KeyPath, Node, Step};
use crate::store::PostgresAddress;

/// What figment is given in the place of a secret.
pub(super) const HIDDEN: &str = "(secret)";

/// What the values at some place are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// No secrets, but some may be further down.
    Open,
    /// No secrets, and whoever writes the configuration chooses the keys.
    Free,
    /// Secrets as far as they are texts; what is a map has keys of its own.
    Texts,
    /// Secrets.
    Secret,
    /// The map of the store, whose address may be one with a password.
    Store,
    /// An address: what is a password in it is a secret, and nothing else.
    Address,
}

impl Secrecy {
    /// What the value at a path is.
    pub(super) fn at(path: &KeyPath) -> Self {
        let steps = path.steps().iter();
        steps.fold(Self::Open, |secrecy, step| match step {
            Step::Key(key) => secrecy.under(key),
            // What holds for a list holds for its elements.
            Step::Index(_) => secrecy,
        })
    }

    /// What the value under a key of a map is that is this.
    pub(super) fn under(self, key: &str) -> Self {
        match (self, key) {
            (Self::Free | Self::Secret, _) => self,
            (Self::Store, "url") => Self::Address,
            (_, "store") => Self::Store,
            (_, "mapping") => Self::Free,
            (_, "privateKey" | "token") => Self::Secret,
            (_, "tokens") => Self::Texts,
            _ => Self::Open,
        }
    }

    /// Whether a text is a secret, or has one in it.
    pub(super) const fn hides(self) -> bool {
        matches!(self, Self::Texts | Self::Secret | Self::Address)
    }

    /// The secrets in a text: the whole of it, or the passwords of an address.
    pub(super) fn secrets_of(self, text: &str) -> Vec<&str> {
        match self {
            Self::Address => {
                let passwords = PostgresAddress::passwords(text).into_iter();
                passwords.filter_map(|place| text.get(place)).collect()
            }
            _ if self.hides() => vec![text.trim()],
            _ => Vec::new(),
        }
    }

    /// Whether a secret stands in the file itself.
    pub(super) fn is_written_in(self, node: &Node) -> bool {
        match &node.content {
            Content::Text(text) => {
                let mut secrets = self.secrets_of(text).into_iter();
                secrets.any(|secret| !secret.contains("${") && !crate::text::is_blank(secret))
            }
            Content::List(items) => items.iter().any(|item| self.is_written_in(item)),
            // The name of a variable or a file.
            Content::Map(entries) if entries.iter().any(|(key, _)| key.text.starts_with('$')) => {
                false
            }
            Content::Map(entries) => entries
                .iter()
                .any(|(key, value)| self.under(&key.text).is_written_in(value)),
            Content::Null | Content::Bool(_) | Content::Integer(_) | Content::Float(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::super::yaml;
    use super::*;

    #[test]
    fn secrets_are_known_by_their_keys() {
        use Secrecy::{Address, Free, Open, Secret, Store, Texts};
        for (keys, expected) in [
            (vec!["catalog", "providers", "okta", "token"], Secret),
            (
                vec!["catalog", "providers", "okta", "a", "privateKey"],
                Secret,
            ),
            (
                vec![
                    "catalog",
                    "providers",
                    "okta",
                    "a",
                    "oauth",
                    "privateKey",
                    "d",
                ],
                Secret,
            ),
            (vec!["catalog", "providers", "okta", "a", "clientId"], Open),
            (vec!["portalSync", "server", "tokens"], Texts),
            (vec!["portalSync", "server", "tokens", "token"], Secret),
            (vec!["portalSync", "server", "tokens", "name"], Open),
            (vec!["portalSync", "store"], Store),
            (vec!["portalSync", "store", "url"], Address),
            (vec!["portalSync", "store", "schema"], Open),
            (vec!["portalSync", "server", "url"], Open),
            (
                vec!["portalSync", "mapping", "users", "annotations", "token"],
                Free,
            ),
        ] {
            assert_eq!(Secrecy::at(&KeyPath::of(&keys)), expected, "{keys:?}");
        }
        let element = KeyPath::of(&["portalSync", "server", "tokens"]).index(0);
        assert!(Secrecy::at(&element).hides());
        assert!(!Secrecy::at(&element.key("name")).hides());
    }

    #[test]
    fn a_secret_in_the_file_is_seen() {
        for (text, expected) in [
            ("token: 00abc", true),
            ("token: ${TOKEN}", false),
            ("token: ' '", false),
            ("token: { $file: token }", false),
            ("privateKey: { $env: KEY }", false),
            ("privateKey: { kty: RSA, d: abc }", true),
            ("privateKey: { kty: RSA, d: '${D}' }", true),
            ("privateKey: { keys: [{ $file: a }, '${B}'] }", false),
            ("tokens: ['${A}', abc]", true),
            ("tokens: ['${A}', { name: abc, token: '${B}' }]", false),
            ("tokens: [{ name: abc, token: def }]", true),
            ("mapping: { annotations: { token: abc } }", false),
            ("a: [{ oauth: { privateKey: abc } }]", true),
            ("url: https://acme.okta.com", false),
            ("store: { url: 'sqlite:a.db' }", false),
            ("store: { url: 'postgres://me@db' }", false),
            ("store: { url: 'postgres://me:${PASSWORD}@db' }", false),
            ("store: { url: 'postgres://me:secret@db' }", true),
            ("store: { url: 'postgres://db?password=secret' }", true),
        ] {
            let node = yaml::parse(&Place::whole("a.yaml"), text).ok().unwrap();
            assert_eq!(Secrecy::Open.is_written_in(&node), expected, "{text}");
        }
    }
}
