//! `portalSync.feed`: how the catalog is fed to a stock Backstage.

use secrecy::SecretString;
use url::{Host, Url};

use super::errors::{ConfigError, quoted};
use super::keys::PUSH;
use super::section::{Entry, Section};
use crate::run::push::Push;

/// How the catalog is fed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Feed {
    /// Over so many files; as many as before unless configured.
    pub shards: Option<u16>,
    /// Whom to tell of changes.
    pub push: Option<Push>,
}

/// Reads the section; what is wrong is noted and left out.
pub(super) fn read(section: Option<Section<'_>>) -> Feed {
    let Some(section) = section else {
        return Feed::default();
    };
    let feed = Feed {
        shards: section
            .whole("shards")
            .and_then(|shards| u16::try_from(shards).ok()),
        push: section
            .get("push")
            .and_then(|entry| entry.section(&PUSH, "a map with `url` and `token`"))
            .and_then(push),
    };
    section.close();
    feed
}

fn push(section: Section<'_>) -> Option<Push> {
    let url = section.required("url").and_then(|entry| address(&entry));
    let token = section.required("token");
    let token = token.and_then(|entry| entry.secret("a token").map(SecretString::from));
    section.close();
    Some(Push {
        url: url?,
        token: token?,
    })
}

/// An address that others are sent to or a secret is sent to: with TLS, unless it is on this machine.
pub(super) fn address(entry: &Entry<'_>) -> Option<Url> {
    let text = entry
        .text("an address such as `https://backstage.example.com`")?
        .trim();
    let refuse = |message: String, fix: &str| {
        entry.refuse(ConfigError::new(message).fix(fix));
        None
    };
    match Url::parse(text) {
        // An address that cannot be read may have a password in it too.
        _ if text.contains('@') => refuse(
            "an address with a user name or a password".to_owned(),
            "leave out what stands before the `@`, and the `@`",
        ),
        Ok(url) if url.query().is_some() || url.fragment().is_some() => refuse(
            format!("{} has more than an address and a path", quoted(text)),
            "leave out what stands from the `?` or the `#` on",
        ),
        Ok(url) if url.scheme() == "https" => Some(url),
        Ok(url) if url.scheme() == "http" && is_local(&url) => Some(url),
        Ok(url) if url.scheme() == "http" => refuse(
            format!("{} is read in clear by whoever is between", quoted(text)),
            "write `https:`; `http:` is for this machine alone",
        ),
        _ => refuse(
            format!("{} is no `https:` address", quoted(text)),
            "write something like `https://backstage.example.com`",
        ),
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
