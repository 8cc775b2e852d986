//! The address of a PostgreSQL database: `postgres://user:password@host:port/database?parameters`.
//!
//! The form and the names of the parameters are those of libpq (PostgreSQL, "Connection Strings" and "Parameter Key
//! Words"). It is read here and not by the driver: a message of ours names the fix and never quotes what may be a part of
//! a password.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

mod text;

mod parameters;

use parameters::Parameters;
use text::Parts;

/// The port of a host without one (PostgreSQL, "port").
const PORT: u16 = 5432;

/// How long one host may take to be reached, unless the address says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that says nothing for so long is asked whether it is there.
const KEEPALIVES_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVES_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVES_COUNT: u32 = 3;

/// What was sent and is not acknowledged for so long ends the connection.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a database is, and how it is reached. `Debug` and `Display` leave the password out.
#[derive(Clone)]
pub(crate) struct Address {
    /// All but the password.
    config: Config,
    password: Option<SecretString>,
    tls: Tls,
}

/// What is proved of a server before anything else is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tls {
    pub(super) verification: Verification,
    /// The files of a certificate of ours and of its key.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
}

/// What a server's certificate has to prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verification {
    /// Nothing: TLS keeps the connection from being read, and not from being taken over.
    Nothing,
    /// That one of the authorities in this file signed it.
    Chain(PathBuf),
    /// That besides, and that it is the host's; without a file the authorities are those of the system and Mozilla's.
    Full(Option<PathBuf>),
}

/// An address that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct AddressError {
    pub(crate) problem: String,
    pub(crate) fix: String,
}

impl AddressError {
    fn new(problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            fix: fix.into(),
        }
    }
}

impl Address {
    /// Reads an address. Relative paths of certificates are those of `folder`.
    ///
    /// # Errors
    /// When a part cannot be read, a parameter is not known, or the parts contradict each other.
    pub(crate) fn parse(text: &str, folder: &Path) -> Result<Self, AddressError> {
        let parts = Parts::of(text)?;
        let parameters = Parameters::read(&parts, folder)?;
        let mut config = parameters.config;
        let tls = parameters.tls.decide(&mut config)?;
        let mut hosts = parameters.hosts.unwrap_or(parts.hosts);
        if hosts.is_empty() {
            // TLS wants a name, be it that of an address.
            hosts = config
                .get_hostaddrs()
                .iter()
                .map(ToString::to_string)
                .collect();
        }
        let ports = parameters.ports.unwrap_or(parts.ports);
        place(&mut config, &hosts, &ports)?;
        if let Some(user) = parameters.user.or(parts.user) {
            config.user(user);
        }
        if let Some(database) = parameters.database.or(parts.database) {
            config.dbname(database);
        }
        Ok(Self {
            config,
            password: parameters.password.or(parts.password),
            tls,
        })
    }

    /// The address without the password, for whoever connects and adds it.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The address with the password, to be dropped once the connection is made.
    pub(super) fn whole(&self) -> Config {
        let mut config = self.config.clone();
        if let Some(password) = &self.password {
            config.password(password.expose_secret());
        }
        config
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// How long it may take to find out that no host can be reached.
    pub(super) fn patience(&self) -> Duration {
        let hosts = self.config.get_hosts().len();
        let each = self.config.get_connect_timeout().copied();
        // One more: a host that is reached may not answer.
        each.unwrap_or(CONNECT_TIMEOUT) * u32::try_from(hosts + 1).unwrap_or(u32::MAX)
    }

    /// The address as it was written, with `mask` in the place of the password. For one that was read.
    pub(crate) fn masked(text: &str, mask: &str) -> String {
        let mut masked = text.to_owned();
        for password in Self::passwords(text).into_iter().rev() {
            masked.replace_range(password, mask);
        }
        masked
    }

    /// Where passwords stand in the text of an address, of whatever scheme.
    pub(crate) fn passwords(text: &str) -> Vec<Range<usize>> {
        text::passwords(text)
    }
}

/// Sets the hosts with a port each.
fn place(config: &mut Config, hosts: &[String], ports: &[u16]) -> Result<(), AddressError> {
    let addresses = config.get_hostaddrs().len();
    let count = hosts.len();
    if count == 0 {
        return Err(AddressError::new(
            "the address names no host",
            "write `postgres://USER@HOST/DATABASE`; for a socket, `postgres:///DATABASE?host=/var/run/postgresql`",
        ));
    }
    let is_no_name = |host: &String| host.is_empty() || host.contains(char::is_whitespace);
    if hosts.iter().any(is_no_name) {
        return Err(AddressError::new(
            "the name of a host is empty, or has a blank in it",
            "write `postgres://USER@HOST/DATABASE`",
        ));
    }
    if addresses > 0 && count != addresses {
        return Err(AddressError::new(
            format!("there are {count} hosts and {addresses} in `hostaddr`"),
            "name as many of the one as of the other",
        ));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(AddressError::new(
            format!("there are {count} hosts and {} ports", ports.len()),
            "name one port for all hosts, or one for each",
        ));
    }
    for host in hosts {
        config.host(host);
    }
    for port in ports {
        config.port(*port);
    }
    let is_socket = |host: &String| host.starts_with('/');
    if addresses == 0 && hosts.iter().all(is_socket) {
        // No server speaks TLS there, and libpq takes no notice of `sslmode`.
        config.ssl_mode(SslMode::Disable);
    }
    Ok(())
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        (self.whole(), &self.tls) == (other.whole(), &other.tls)
    }
}

impl Eq for Address {}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("config", &self.config)
            .field("has_password", &self.password.is_some())
            .field("tls", &self.tls)
            .finish()
    }
}

/// User, hosts and database, as in `postgres://user@host:5432/database`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        let mut sockets = Vec::new();
        let mut hosts: Vec<String> = Vec::new();
        for host in self.config.get_hosts() {
            match host {
                Host::Tcp(name) => hosts.push(name.clone()),
                #[cfg(unix)]
                Host::Unix(folder) => sockets.push(folder.display().to_string()),
            }
        }
        let ports = self.config.get_ports();
        for (at, host) in hosts.iter().enumerate() {
            let port = ports.get(at).or(ports.first()).unwrap_or(&PORT);
            let comma = if at == 0 { "" } else { "," };
            match host.contains(':') {
                true => write!(f, "{comma}[{host}]:{port}")?,
                false => write!(f, "{comma}{host}:{port}")?,
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())?;
        if !sockets.is_empty() {
            write!(f, "?host={}", sockets.join(","))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
