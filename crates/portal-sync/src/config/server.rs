//! `portalSync.server`: where `serve` listens, whom it answers, and under which names it is reached.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use figment::value::Value;
use url::{Host, Url};

use super::errors::{ConfigError, quoted};
use super::feed;
use super::section::{Entry, Section};
use super::tokens;
use crate::serve::Token;

/// What `serve` listens on and whom it answers.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// The address; `127.0.0.1:7007` unless configured. Beyond loopback there is at least one
    /// token.
    pub listen: SocketAddr,
    /// The tokens that are accepted; with none, everybody on this machine is answered.
    pub tokens: Vec<Token>,
    /// The names and addresses under which the server is reached, as a `Host` header has them, without a port: in
    /// lower case, `xn--` for other letters, IPv6 addresses in brackets and in their shortest form. None twice.
    pub hosts: Vec<String>,
    /// Where the page is for those who read the catalog, without a slash at the end.
    pub url: Option<String>,
}

/// The address of the server when none is configured.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7007);

/// Reads the section; what is wrong is noted, and its default is used to go on.
pub(super) fn read(section: Option<Section<'_>>) -> Server {
    let mut server = Server {
        listen: DEFAULT_LISTEN,
        tokens: Vec::new(),
        hosts: Vec::new(),
        url: None,
    };
    let Some(section) = section else {
        return server;
    };
    let listen = section.get("listen");
    let tokens = section.get("tokens");
    if let Some(address) = listen.as_ref().and_then(address) {
        server.listen = address;
    }
    if let Some(tokens) = &tokens {
        server.tokens = tokens::read(tokens);
    }
    if let Some(hosts) = section.get("hosts") {
        server.hosts = read_hosts(&hosts);
    }
    if let Some(url) = section.get("url") {
        let url = feed::address(&url);
        server.url = url.map(|url| url.as_str().trim_end_matches('/').to_owned());
    }
    if let Some(listen) = listen.filter(|_| !server.listen.ip().is_loopback()) {
        if tokens.is_some_and(|tokens| !is_empty(&tokens)) || section.is_unresolved("tokens") {
            listen.notice(format!(
                "`{}` is reachable from other machines in clear (plain HTTP), tokens included: let only a proxy that speaks \
                 TLS reach it, or listen on `127.0.0.1` behind one",
                server.listen
            ));
        } else {
            let message = format!(
                "`{}` is reachable from other machines, and no token is needed",
                server.listen
            );
            listen.refuse(
                ConfigError::new(message).fix(
                    "add `tokens: ['${PORTAL_SYNC_TOKEN}']` beside it, or listen on `127.0.0.1`",
                ),
            );
        }
    }
    section.close();
    server
}

fn is_empty(list: &Entry<'_>) -> bool {
    matches!(list.value(), Value::Array(_, items) if items.is_empty())
}

fn address(entry: &Entry<'_>) -> Option<SocketAddr> {
    let text = entry
        .text("an address with a port, such as `127.0.0.1:7007`")?
        .trim();
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    // Wherever it resolves to, this machine alone is meant.
    if let Some((host, port)) = text.rsplit_once(':')
        && host.eq_ignore_ascii_case("localhost")
        && let Ok(port) = port.parse()
    {
        return Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let error = ConfigError::new(format!("{} is not an IP address with a port", quoted(text)));
    let port = text
        .rsplit(':')
        .next()
        .filter(|port| port.parse::<u16>().is_ok())
        .unwrap_or("7007");
    entry.refuse(error.fix(format!(
        "write `127.0.0.1:{port}` for this machine only, `0.0.0.0:{port}` for all"
    )));
    None
}

fn read_hosts(list: &Entry<'_>) -> Vec<String> {
    let mut hosts = Vec::new();
    let entries = list.list_of_names("a list of host names");
    for host in entries.unwrap_or_default().iter().filter_map(host) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

fn host(entry: &Entry<'_>) -> Option<String> {
    let text = entry
        .name("a host name, such as `catalog.acme.internal`")?
        .trim();
    if let Some(host) = canonical(text) {
        return Some(host);
    }
    let (what, fix) = match around(text) {
        Some(host) => ("more than a host name", format!("write `{host}`")),
        None if text.contains('*') => (
            "a pattern and not a host name",
            "write each name by itself".to_owned(),
        ),
        None => (
            "not a host name",
            "write the name in the address bar, without scheme and port: `catalog.acme.internal`"
                .to_owned(),
        ),
    };
    let told = if text.contains('@') {
        // What stands before it may be a password.
        "an address with a user name".to_owned()
    } else {
        quoted(text)
    };
    entry.refuse(ConfigError::new(format!("{told} is {what}")).fix(fix));
    None
}

/// A host as browsers send it, without a port, if the text is one. By the URL Standard's host parser, and beyond it by the
/// shape of names that resolve (RFC 1123, with the `_` that container networks have).
fn canonical(text: &str) -> Option<String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => Host::<String>::Ipv6(address).to_string(),
        });
    }
    match Host::parse(text).ok()? {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            is_name(name).then(|| name.to_owned())
        }
        address => Some(address.to_string()),
    }
}

fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

/// The host in an address with a scheme, a port or a path.
fn around(text: &str) -> Option<String> {
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        Url::parse(&format!("http://{text}"))
    };
    let host = url.ok()?;
    canonical(host.host_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_as_browsers_send_them() {
        for (text, expected) in [
            ("catalog.acme.internal", Some("catalog.acme.internal")),
            ("Catalog.ACME.internal.", Some("catalog.acme.internal")),
            ("portal", Some("portal")),
            ("portal_sync", Some("portal_sync")),
            ("LOCALHOST", Some("localhost")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("10.0.0.7", Some("10.0.0.7")),
            ("::1", Some("[::1]")),
            ("[2001:DB8:0::1]", Some("[2001:db8::1]")),
            ("::ffff:10.0.0.7", Some("[::ffff:a00:7]")),
            ("a:80", None),
            ("https://a", None),
            ("a/b", None),
            ("me@a", None),
            ("*.acme.internal", None),
            ("a b", None),
            ("-a", None),
            ("a..b", None),
            (".", None),
            ("", None),
            ("1.2.3.4.5", None),
            ("[::1", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
        assert_eq!(canonical(&"a".repeat(64)), None);
        assert_eq!(
            canonical(&["a"; 127].join(".")).map(|name| name.len()),
            Some(253)
        );
        assert_eq!(canonical(&["a"; 128].join(".")), None);
    }
}
