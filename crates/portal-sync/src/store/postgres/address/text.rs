//! The parts of the text of an address. No message here quotes anything: it may be a piece of a password.

use std::ops::Range;

use secrecy::SecretString;

use super::{AddressError, PORT};

/// What stands before the parameters, and the parameters as they were written.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    pub(super) user: Option<String>,
    pub(super) password: Option<SecretString>,
    pub(super) hosts: Vec<String>,
    pub(super) ports: Vec<u16>,
    pub(super) database: Option<String>,
    pub(super) parameters: Vec<(String, &'a str)>,
}

impl<'a> Parts<'a> {
    /// Takes an address apart, in the order in which libpq does.
    pub(super) fn of(text: &'a str) -> Result<Self, AddressError> {
        let Some((_, rest)) = text.split_once("://") else {
            return Err(AddressError::new(
                "the address has no `//` after its scheme",
                "write `postgres://USER@HOST/DATABASE`",
            ));
        };
        let mut parts = Self::default();
        let (credentials, rest) = credentials(rest);
        if let Some(credentials) = credentials {
            let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
            parts.user = some(decoded(user)?);
            parts.password = some(decoded(password)?).map(SecretString::from);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (hosts, rest) = rest.split_at(end);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.strip_prefix('/').unwrap_or(path);
        // An `@` behind that before the host: what was before it was meant to be a password. One in the name of a database is
        // `%40`.
        if hosts.contains('@') || path.contains('@') {
            return Err(AddressError::new(
                "the user name or the password seems to have an `@` or a `/` in it",
                "write `@` as `%40` there, `/` as `%2F`, `:` as `%3A` and `%` as `%25`",
            ));
        }
        if !hosts.is_empty() {
            for host in hosts.split(',') {
                let (host, port) = host_and_port(host)?;
                parts.hosts.push(host);
                parts.ports.push(port);
            }
        }
        parts.database = some(decoded(path)?);
        parts.parameters = parameters(query)?;
        Ok(parts)
    }
}

/// What stands before the first `@`, unless a `/` comes first; and the rest.
fn credentials(rest: &str) -> (Option<&str>, &str) {
    let at = rest.find(['@', '/']);
    match at.and_then(|at| Some((rest.get(..at)?, rest.get(at..)?.strip_prefix('@')?))) {
        Some((credentials, rest)) => (Some(credentials), rest),
        None => (None, rest),
    }
}

fn host_and_port(text: &str) -> Result<(String, u16), AddressError> {
    let bracketed = text.strip_prefix('[').and_then(|text| text.split_once(']'));
    let (host, rest) = match bracketed {
        Some(found) => found,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => PORT,
        Some("") => PORT,
        Some(port) => self::port(&decoded(port)?)?,
        None => return Err(no_port()),
    };
    Ok((decoded(host)?, port))
}

/// A number that a port may have.
pub(super) fn port(text: &str) -> Result<u16, AddressError> {
    let port: Option<u16> = text.parse().ok();
    port.filter(|port| *port > 0).ok_or_else(no_port)
}

fn no_port() -> AddressError {
    AddressError::new(
        "a port is no number from 1 to 65535",
        "write `HOST:5432`; an IPv6 address in brackets, as in `[::1]:5432`; in a password `:` as `%3A`, `/` as `%2F`, \
         `?` as `%3F`",
    )
}

fn parameters(query: &str) -> Result<Vec<(String, &str)>, AddressError> {
    let some = query.split('&').filter(|parameter| !parameter.is_empty());
    some.map(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else {
            return Err(AddressError::new(
                "a parameter has no `=`",
                "write `?NAME=VALUE&NAME=VALUE`; in a password `?` as `%3F`",
            ));
        };
        Ok((decoded(name)?, value))
    })
    .collect()
}

/// A text in which `%` and two digits stand for a byte; `+` stands for itself.
pub(super) fn decoded(text: &str) -> Result<String, AddressError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digits = after.split_at_checked(2).and_then(|(digits, after)| {
            let digits = str::from_utf8(digits).ok()?;
            let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let byte = u8::from_str_radix(digits, 16).ok()?;
            is_number.then_some((byte, after))
        });
        match digits {
            Some((byte, after)) if byte != 0 => {
                bytes.push(byte);
                rest = after;
            }
            _ => {
                return Err(AddressError::new(
                    "a `%` is not followed by the two digits of a character",
                    "write `%` itself as `%25`",
                ));
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| {
        AddressError::new(
            "what `%` stands for is no text in UTF-8",
            "write `%` itself as `%25`",
        )
    })
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Where passwords stand: behind the user, and in the parameter of that name.
pub(super) fn passwords(text: &str) -> Vec<Range<usize>> {
    let Some((_, rest)) = text.split_once("://") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let start = text.len() - rest.len();
    let (credentials, rest) = credentials(rest);
    if let Some((user, password)) = credentials.and_then(|it| it.split_once(':')) {
        let from = start + user.len() + 1;
        found.push(from..from + password.len());
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let mut at = text.len() - query.len();
    for parameter in query.split('&') {
        let name = parameter.split('=').next().unwrap_or_default();
        if decoded(name).is_ok_and(|name| name == "password") {
            found.push((at + name.len() + 1).min(at + parameter.len())..at + parameter.len());
        }
        at += parameter.len() + 1;
    }
    found.retain(|password| !password.is_empty());
    found
}
