//! The parameters of an address: libpq's, as far as they mean something here.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use tokio_postgres::Config;
use tokio_postgres::config::{
    ChannelBinding, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs,
};

use super::text::{Parts, decoded, port};
use super::{
    AddressError, CONNECT_TIMEOUT, KEEPALIVES_COUNT, KEEPALIVES_IDLE, KEEPALIVES_INTERVAL,
    TCP_USER_TIMEOUT, Tls, Verification,
};
use crate::text::nearest::{listed, nearest};

/// The names that are known, in the order of libpq's documentation.
const KNOWN: [&str; 22] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "channel_binding",
    "connect_timeout",
    "options",
    "application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslmode",
    "sslnegotiation",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "target_session_attrs",
    "load_balance_hosts",
];

/// The values of `sslmode`, the weakest first.
const MODES: [&str; 6] = [
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

/// What the parameters say.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) config: Config,
    pub(super) hosts: Option<Vec<String>>,
    pub(super) ports: Option<Vec<u16>>,
    pub(super) user: Option<String>,
    pub(super) password: Option<SecretString>,
    pub(super) database: Option<String>,
    pub(super) tls: Asked,
}

/// What is asked of TLS.
#[derive(Debug, Default)]
pub(super) struct Asked {
    mode: Option<&'static str>,
    roots: Option<Roots>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// Whose signatures count.
#[derive(Debug)]
enum Roots {
    System,
    File(PathBuf),
}

impl Parameters {
    pub(super) fn read(parts: &Parts<'_>, folder: &Path) -> Result<Self, AddressError> {
        let mut config = Config::new();
        config
            .application_name("portal-sync")
            .connect_timeout(CONNECT_TIMEOUT)
            .keepalives_idle(KEEPALIVES_IDLE)
            .keepalives_interval(KEEPALIVES_INTERVAL)
            .keepalives_retries(KEEPALIVES_COUNT)
            .tcp_user_timeout(TCP_USER_TIMEOUT)
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        let mut read = Self {
            config,
            hosts: None,
            ports: None,
            user: None,
            password: None,
            database: None,
            tls: Asked::default(),
        };
        for (name, value) in &parts.parameters {
            read.set(name, decoded(value)?, folder)?;
        }
        Ok(read)
    }

    fn set(&mut self, name: &str, value: String, folder: &Path) -> Result<(), AddressError> {
        match name {
            "host" => self.hosts = Some(value.split(',').map(str::to_owned).collect()),
            "port" => self.ports = Some(value.split(',').map(port).collect::<Result<_, _>>()?),
            "dbname" => self.database = Some(value),
            "user" => self.user = Some(value),
            "password" => self.password = Some(SecretString::from(value)),
            "sslmode" => self.tls.mode = Some(choice(name, &value, &MODES.map(|it| (it, it)))?),
            // What a URL of JDBC has; libpq takes it, too.
            "ssl" if value == "true" => self.tls.mode = Some("require"),
            "sslrootcert" if value == "system" => self.tls.roots = Some(Roots::System),
            "sslrootcert" => self.tls.roots = Some(Roots::File(folder.join(value))),
            "sslcert" => self.tls.certificate = Some(folder.join(value)),
            "sslkey" => self.tls.key = Some(folder.join(value)),
            _ => return self.of_connection(name, value),
        }
        Ok(())
    }

    fn of_connection(&mut self, name: &str, value: String) -> Result<(), AddressError> {
        let config = &mut self.config;
        let seconds = |most| {
            let number = number(name, &value, "seconds", 1..=most)?;
            Ok(Duration::from_secs(number.into()))
        };
        match name {
            "hostaddr" => {
                for address in value.split(',') {
                    config.hostaddr(ip_address(address)?);
                }
            }
            "options" => {
                config.options(value);
            }
            "application_name" => {
                config.application_name(value);
            }
            "connect_timeout" => {
                config.connect_timeout(seconds(600)?);
            }
            "keepalives" => {
                config.keepalives(number(name, &value, "", 0..=1)? == 1);
            }
            "keepalives_idle" => {
                config.keepalives_idle(seconds(7200)?);
            }
            "keepalives_interval" => {
                config.keepalives_interval(seconds(7200)?);
            }
            "keepalives_count" => {
                config.keepalives_retries(number(name, &value, "", 1..=100)?);
            }
            // Unlike its neighbours it is in milliseconds.
            "tcp_user_timeout" => {
                let number = number(name, &value, "milliseconds", 1..=7_200_000)?;
                config.tcp_user_timeout(Duration::from_millis(number.into()));
            }
            _ => return self.of_protocol(name, &value),
        }
        Ok(())
    }

    fn of_protocol(&mut self, name: &str, value: &str) -> Result<(), AddressError> {
        let config = &mut self.config;
        match name {
            "sslnegotiation" => {
                let known = [
                    ("postgres", SslNegotiation::Postgres),
                    ("direct", SslNegotiation::Direct),
                ];
                config.ssl_negotiation(choice(name, value, &known)?);
            }
            "channel_binding" => {
                let known = [
                    ("disable", ChannelBinding::Disable),
                    ("prefer", ChannelBinding::Prefer),
                    ("require", ChannelBinding::Require),
                ];
                config.channel_binding(choice(name, value, &known)?);
            }
            "load_balance_hosts" => {
                let known = [
                    ("disable", LoadBalanceHosts::Disable),
                    ("random", LoadBalanceHosts::Random),
                ];
                config.load_balance_hosts(choice(name, value, &known)?);
            }
            "target_session_attrs" => {
                if matches!(value, "read-only" | "standby" | "prefer-standby") {
                    return Err(AddressError::new(
                        format!(
                            "`target_session_attrs={value}` asks for a server that may not be written"
                        ),
                        "leave it out: the default is `read-write`",
                    ));
                }
                let known = [
                    ("read-write", TargetSessionAttrs::ReadWrite),
                    ("primary", TargetSessionAttrs::ReadWrite),
                    ("any", TargetSessionAttrs::Any),
                ];
                config.target_session_attrs(choice(name, value, &known)?);
            }
            _ => return Err(unknown(name)),
        }
        Ok(())
    }
}

impl Asked {
    /// What follows from all of them, as in libpq.
    pub(super) fn decide(self, config: &mut Config) -> Result<Tls, AddressError> {
        let mode = self.mode.unwrap_or(match self.roots {
            Some(Roots::System) => "verify-full",
            _ => "prefer",
        });
        config.ssl_mode(match mode {
            "disable" => SslMode::Disable,
            "allow" | "prefer" => SslMode::Prefer,
            _ => SslMode::Require,
        });
        let verification = match (mode, self.roots) {
            ("disable", _) => Verification::Nothing,
            ("verify-full", Some(Roots::File(file))) => Verification::Full(Some(file)),
            ("verify-full", _) => Verification::Full(None),
            // Anybody gets a certificate of these authorities: only the name tells one from another.
            (mode, Some(Roots::System)) => {
                return Err(AddressError::new(
                    format!("`sslmode={mode}` is too weak for `sslrootcert=system`"),
                    "write `sslmode=verify-full`",
                ));
            }
            (_, Some(Roots::File(file))) => Verification::Chain(file),
            ("verify-ca", None) => {
                return Err(AddressError::new(
                    "`sslmode=verify-ca` needs the authority that is to have signed the server's certificate",
                    "name its certificate (`sslrootcert=FILE.pem`), or write `sslmode=verify-full`",
                ));
            }
            _ => Verification::Nothing,
        };
        let identity = match (self.certificate, self.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => {
                return Err(AddressError::new(
                    "of `sslcert` and `sslkey` one is missing",
                    "name the file of the certificate and that of its key",
                ));
            }
        };
        Ok(Tls {
            verification,
            identity,
        })
    }
}

fn ip_address(text: &str) -> Result<IpAddr, AddressError> {
    text.parse().map_err(|_| {
        AddressError::new(
            format!("`hostaddr` is no IP address: `{text}`"),
            "write the name of the host in the place of the host",
        )
    })
}

fn number(
    name: &str,
    value: &str,
    unit: &str,
    range: RangeInclusive<u32>,
) -> Result<u32, AddressError> {
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        let unit = if unit.is_empty() {
            String::new()
        } else {
            format!(" of {unit}")
        };
        AddressError::new(
            format!("`{name}={value}` is no whole number{unit} from {least} to {most}"),
            format!("correct it, or leave out `{name}`"),
        )
    })
}

fn choice<T: Copy>(name: &str, value: &str, known: &[(&str, T)]) -> Result<T, AddressError> {
    if let Some((_, chosen)) = known.iter().find(|(word, _)| *word == value) {
        return Ok(*chosen);
    }
    let words = || known.iter().map(|(word, _)| *word);
    Err(AddressError::new(
        format!("`{name}={value}` is not known"),
        match nearest(value, words()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("use one of {}", listed(words())),
        },
    ))
}

/// A name that is no word may be the rest of a password with a `?` in it, and is not quoted.
fn unknown(name: &str) -> AddressError {
    if !name
        .bytes()
        .all(|it| it.is_ascii_alphanumeric() || it == b'_')
    {
        return AddressError::new(
            "the name of a parameter is not known",
            "in a password write `?` as `%3F` and `&` as `%26`",
        );
    }
    let fix = match name {
        "schema" | "currentSchema" | "search_path" => {
            "set `portalSync.store.schema`, and leave it out here".to_owned()
        }
        "pool" | "max_connections" | "connection_limit" => {
            "set `portalSync.store.pool`, and leave it out here".to_owned()
        }
        "statement_timeout" => {
            "set `portalSync.store.statementTimeout`, and leave it out here".to_owned()
        }
        "ssl" => "write `sslmode=require`, or `sslmode=disable`".to_owned(),
        "passfile" | "service" | "servicefile" => {
            "write the password as a variable, `postgres://USER:${PASSWORD}@HOST/DATABASE`"
                .to_owned()
        }
        _ => match nearest(name, KNOWN) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("leave it out; known are {}", listed(KNOWN)),
        },
    };
    AddressError::new(format!("the parameter `{name}` is not known"), fix)
}
