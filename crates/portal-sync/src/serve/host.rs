//! Under which names this server answers.
//!
//! A page of another site can have its own name resolved to this machine (DNS rebinding) and is then, for a browser, of the
//! same origin as what it reads here. What it cannot do is ask under a name that is not its own.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// At which address of this machine a request came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local(pub(super) IpAddr);

/// A name has at most so many characters (RFC 1035, section 2.3.4).
const NAME: usize = 253;

/// A part of a name has at most so many characters.
const LABEL: usize = 63;

/// The host of a request or of a configuration, without its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Ip(IpAddr),
    /// In lower case, without the dot of the root.
    Name(String),
}

/// Not `host` or `host:port`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoHost;

impl Host {
    /// Reads `host` or `host:port`, as it stands in a request (RFC 9110, section 7.2). Strictly: no user, no percent signs,
    /// no empty port.
    pub(super) fn of_authority(text: &str) -> Result<(Self, Option<u16>), NoHost> {
        // The colons of an IPv6 address are inside its brackets.
        let after_address = text.rfind(']').map_or(0, |at| at + 1);
        let tail = text.get(after_address..).unwrap_or_default();
        let Some((before, port)) = tail.rsplit_once(':') else {
            return Ok((text.parse()?, None));
        };
        let host = text
            .get(..after_address + before.len())
            .unwrap_or_default()
            .parse()?;
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NoHost);
        }
        Ok((host, Some(port.parse().map_err(|_| NoHost)?)))
    }
}

impl FromStr for Host {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner.strip_suffix(']').ok_or(NoHost)?;
            let address: Ipv6Addr = address.parse().map_err(|_| NoHost)?;
            return Ok(Self::Ip(address.into()));
        }
        if let Ok(IpAddr::V4(address)) = text.parse() {
            return Ok(Self::Ip(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            (1..=LABEL).contains(&label.len())
                && label
                    .bytes()
                    // Underscores are in names of containers.
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if name.len() > NAME || !name.split('.').all(is_label) {
            return Err(NoHost);
        }
        Ok(Self::Name(name.to_ascii_lowercase()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Ip(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// The names of this server.
#[derive(Debug, Clone)]
pub(super) struct Names {
    configured: Vec<Host>,
    /// Without configured names: whether any name is one of this server.
    any: bool,
}

impl Names {
    /// For a server that listens at `listen` and is called `configured`; a name that is none fits nothing.
    pub(super) fn new(listen: IpAddr, configured: &[String]) -> Self {
        Self {
            configured: configured.iter().filter_map(|it| host(it)).collect(),
            any: configured.is_empty() && !listen.to_canonical().is_loopback(),
        }
    }

    /// Whether a request for `host` that came in at the address `local` is for this server.
    ///
    /// An address that is asked for as such needs no name: no other site has it.
    pub(super) fn include(&self, host: &Host, local: Option<IpAddr>) -> bool {
        let over_loopback = local.is_none_or(|local| local.is_loopback());
        let by_itself = match host {
            Host::Ip(address) => local == Some(*address) || over_loopback && address.is_loopback(),
            Host::Name(name) => over_loopback && name == "localhost",
        };
        self.any || by_itself || self.configured.contains(host)
    }
}

/// A configured name: an IPv6 address may stand without its brackets.
fn host(text: &str) -> Option<Host> {
    match text.parse::<IpAddr>() {
        Ok(address) => Some(Host::Ip(address)),
        Err(_) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_host_is_read_strictly() {
        let label = "a".repeat(LABEL);
        let long = [label.as_str(); 4].join(".");
        let longer = format!("{label}a");
        for (text, expected) in [
            ("localhost", Some(("localhost", None))),
            ("LocalHost.:7007", Some(("localhost", Some(7007)))),
            ("portal_sync-1.svc", Some(("portal_sync-1.svc", None))),
            ("127.0.0.1:0", Some(("127.0.0.1", Some(0)))),
            ("[::1]", Some(("[::1]", None))),
            ("[0:0::1]:65535", Some(("[::1]", Some(65535)))),
            // To a browser these are addresses, and it sends them as such.
            ("127.1", Some(("127.1", None))),
            ("2130706433", Some(("2130706433", None))),
            (label.as_str(), Some((label.as_str(), None))),
            ("", None),
            (".", None),
            (":", None),
            (":80", None),
            ("a:", None),
            ("a:+80", None),
            ("a:80 ", None),
            ("a: 80", None),
            ("a:65536", None),
            ("a:80:80", None),
            ("a..b", None),
            (".a", None),
            ("a..", None),
            (" a", None),
            ("a b", None),
            ("a,b", None),
            ("a/b", None),
            ("a?b", None),
            ("a#b", None),
            ("u@a", None),
            ("a\\b", None),
            ("a%2e", None),
            ("é", None),
            ("::1", None),
            ("[::1", None),
            ("::1]", None),
            ("[::1]a", None),
            ("[::1]a:80", None),
            ("a[::1]", None),
            ("[::1]:", None),
            ("[fe80::1%25eth0]", None),
            ("[127.0.0.1]", None),
            ("[]", None),
            ("[[::1]]", None),
            (longer.as_str(), None),
            (long.as_str(), None),
        ] {
            let found = Host::of_authority(text).ok();
            let found = found.map(|(host, port)| (host.to_string(), port));
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn on_loopback_only_its_own_names_and_the_configured_ones_are_answered() {
        let configured = ["Portal.Example.com", "10.0.0.7", "fd00::7", "no name"].map(String::from);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        // Where it listens, whether names are configured, where the request came in, for whom, whether it is answered.
        for (listen, named, local, host, answered) in [
            ("127.0.0.1", false, "127.0.0.1", "localhost", true),
            ("127.0.0.1", false, "127.0.0.1", "127.8.9.1", true),
            ("127.0.0.1", false, "127.0.0.1", "[::1]", true),
            ("127.0.0.1", false, "127.0.0.1", "evil.example", false),
            ("127.0.0.1", false, "127.0.0.1", "evil.localhost", false),
            (
                "127.0.0.1",
                false,
                "127.0.0.1",
                "localhost.evil.example",
                false,
            ),
            (
                "127.0.0.1",
                false,
                "127.0.0.1",
                "127.0.0.1.evil.example",
                false,
            ),
            ("127.0.0.1", false, "127.0.0.1", "127.1", false),
            ("127.0.0.1", false, "127.0.0.1", "0.0.0.0", false),
            ("127.0.0.1", false, "127.0.0.1", "[::ffff:127.0.0.1]", false),
            ("127.0.0.1", false, "127.0.0.1", "10.0.0.7", false),
            ("127.0.0.1", true, "127.0.0.1", "portal.example.com", true),
            ("127.0.0.1", true, "127.0.0.1", "localhost", true),
            ("127.0.0.1", true, "127.0.0.1", "10.0.0.7", true),
            ("127.0.0.1", true, "127.0.0.1", "[fd00:0::7]", true),
            ("127.0.0.1", true, "127.0.0.1", "evil.example", false),
            ("::1", false, "::1", "[::1]", true),
            ("::1", false, "::1", "evil.example", false),
            (
                "::ffff:127.0.0.1",
                false,
                "127.0.0.1",
                "evil.example",
                false,
            ),
            ("0.0.0.0", false, "10.1.1.1", "evil.example", true),
            ("0.0.0.0", true, "10.1.1.1", "evil.example", false),
            ("0.0.0.0", true, "10.1.1.1", "portal.example.com", true),
            // Probes ask for the address.
            ("0.0.0.0", true, "10.1.1.1", "10.1.1.1", true),
            ("0.0.0.0", true, "10.1.1.1", "10.1.1.2", false),
            ("0.0.0.0", true, "10.1.1.1", "localhost", false),
            ("0.0.0.0", true, "10.1.1.1", "127.0.0.1", false),
            ("0.0.0.0", true, "127.0.0.1", "localhost", true),
        ] {
            let names = Names::new(ip(listen), if named { &configured } else { &[] });
            let (host_read, _) = Host::of_authority(host).unwrap();
            let found = names.include(&host_read, Some(ip(local)));
            assert_eq!(found, answered, "{listen} {named} {local} {host}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_prints_and_reads_again(text in "\\PC{0,20}|[a-z0-9.:\\[\\]-]{0,20}") {
            if let Ok((host, port)) = Host::of_authority(&text) {
                let printed = port.map_or(host.to_string(), |port| format!("{host}:{port}"));
                prop_assert_eq!(Host::of_authority(&printed), Ok((host, port)));
            }
        }
    }
}
