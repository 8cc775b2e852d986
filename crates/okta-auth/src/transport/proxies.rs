//! `Proxies`: by which proxy requests leave, from the variables that say so.

use std::fmt;

use reqwest::{ClientBuilder, NoProxy, Proxy};
use url::Url;

/// Never asked by a proxy: a proxy elsewhere cannot reach what listens on this machine, and what is sent to it without TLS
/// would be read by the proxy. A name stands for what is below it, too.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1,::ffff:127.0.0.0/104";

/// By which proxy requests leave this machine, if any.
///
/// Each variable that is used is checked, so that one that cannot be used is an error instead of traffic that goes out
/// without the proxy. Requests to this machine itself (`localhost`, `*.localhost`, `127.0.0.0/8`, `::1`) never take a
/// proxy, whatever the variables say.
///
/// ```
/// use okta_auth::Proxies;
///
/// let proxies = Proxies::from_variables(|name| match name {
///     "HTTPS_PROXY" => Some("http://proxy.example:3128"),
///     "NO_PROXY" => Some("acme.okta.com,.internal.example"),
///     _ => None,
/// })?;
/// # let _ = proxies;
///
/// let error = Proxies::from_variables(|name| (name == "HTTPS_PROXY").then_some("\"http://proxy.example:3128\""));
/// assert!(error.unwrap_err().to_string().starts_with("`HTTPS_PROXY` cannot be used"));
/// # Ok::<(), okta_auth::ProxyError>(())
/// ```
#[derive(Clone, Default)]
pub struct Proxies {
    http: Option<Url>,
    https: Option<Url>,
    without: String,
}

/// What `NO_PROXY` and its kin are called, in capitals.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"];

impl Proxies {
    /// No proxy, whatever the environment says.
    pub fn none() -> Self {
        Self::default()
    }

    /// The proxies that the environment of the process names: [`from_variables`](Self::from_variables) says by which
    /// variables.
    ///
    /// # Errors
    ///
    /// When a variable that is used names no proxy that can be used.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where a program that has no other environment gets it"
    )]
    pub fn from_env() -> Result<Self, ProxyError> {
        let names = VARIABLES.map(|name| [name.to_owned(), name.to_ascii_lowercase()]);
        let set: Vec<(String, String)> = names
            .into_iter()
            .flatten()
            .filter_map(|name| {
                // What is not UTF-8 is no address and must not pass for a variable that is not set.
                let value = std::env::var_os(&name)?.to_string_lossy().into_owned();
                Some((name, value))
            })
            .collect();
        Self::from_variables(|name| {
            let variable = set.iter().find(|(other, _)| other == name);
            variable.map(|(_, value)| value.as_str())
        })
    }

    /// The proxies that the usual variables name; `get` knows their values.
    ///
    /// - `HTTPS_PROXY` for `https:`, `HTTP_PROXY` for `http:`, and `ALL_PROXY` for what has none of its own. Each is
    ///   `http://HOST:PORT` or `https://HOST:PORT`, with `USER:PASSWORD@` in front of the host where the proxy asks for it.
    ///   `http://` may be left out.
    /// - `NO_PROXY`: hosts that are reached without one, in a list with commas: names, which stand for what is below them
    ///   too, addresses, networks as `10.0.0.0/8`, or `*` for all.
    ///
    /// Each is read in capitals first and then in small letters. An empty one is as good as none.
    ///
    /// # Errors
    ///
    /// When a variable that is used names no proxy that can be used. The message names the variable and not its value,
    /// which may hold a password.
    pub fn from_variables<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, ProxyError> {
        let find = |name: &str| {
            let names = [name.to_owned(), name.to_ascii_lowercase()];
            names.into_iter().find_map(|name| {
                let value = get(&name)?.trim();
                (!value.is_empty()).then_some((name, value))
            })
        };
        let read = |(variable, value): (String, &str)| {
            parse(value).map_err(|problem| ProxyError { variable, problem })
        };
        let https = find("HTTPS_PROXY").map(read).transpose()?;
        let http = find("HTTP_PROXY").map(read).transpose()?;
        // Where `https:` has a proxy of its own, the other one has nothing to do: `http:` goes to this machine only.
        let all = match &https {
            Some(_) => None,
            None => find("ALL_PROXY").map(read).transpose()?,
        };
        let without = find("NO_PROXY").map_or("", |(_, hosts)| hosts);
        Ok(Self {
            http: http.or_else(|| all.clone()),
            https: https.or(all),
            without: format!("{without},{LOOPBACK}"),
        })
    }

    /// A client that goes by these proxies and by no others.
    pub(super) fn apply(&self, mut client: ClientBuilder) -> reqwest::Result<ClientBuilder> {
        client = client.no_proxy();
        let without = NoProxy::from_string(&self.without);
        if let Some(proxy) = &self.https {
            client = client.proxy(Proxy::https(proxy.clone())?.no_proxy(without.clone()));
        }
        if let Some(proxy) = &self.http {
            client = client.proxy(Proxy::http(proxy.clone())?.no_proxy(without));
        }
        Ok(client)
    }
}

/// Hosts only: an address may hold a password.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |proxy: &Option<Url>| {
            let proxy = proxy.as_ref()?;
            let host = proxy.host_str().unwrap_or_default();
            Some(format!("{host}:{}", proxy.port_or_known_default()?))
        };
        f.debug_struct("Proxies")
            .field("http", &host(&self.http))
            .field("https", &host(&self.https))
            .field("without", &self.without)
            .finish()
    }
}

fn parse(value: &str) -> Result<Url, Problem> {
    if let Some(stray) = value.chars().find(|c| is_stray(*c)) {
        return Err(Problem::Stray(stray));
    }
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let scheme = scheme.to_ascii_lowercase();
    let is_name = |scheme: &str| {
        scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    match scheme.as_str() {
        "http" | "https" => {}
        other if is_name(other) => return Err(Problem::Scheme(scheme)),
        _ => return Err(Problem::NotAnAddress),
    }
    let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| Problem::NotAnAddress)?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_bare || url.host_str().is_none_or(|host| !is_host(host)) {
        return Err(Problem::NotAnAddress);
    }
    // Requests are made of URIs, which are a little narrower than URLs.
    match http::Uri::try_from(url.as_str()) {
        Ok(_) => Ok(url),
        Err(_) => Err(Problem::NotAnAddress),
    }
}

fn is_stray(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'`\u{201c}\u{201d}\u{2018}\u{2019}".contains(c)
}

/// Letters, digits, dots and hyphens, or an IPv6 address: the URL parser lets more pass.
fn is_host(host: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    host.starts_with('[') || (!host.is_empty() && host.chars().all(is_name))
}

/// A variable that names no proxy that can be used.
///
/// `Display` names the variable and how to write it. Its value, which may hold a password, is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{variable}` cannot be used: {problem}; write it as `http://HOST:PORT`, or take the variable away to go without a \
     proxy"
)]
pub struct ProxyError {
    variable: String,
    problem: Problem,
}

impl ProxyError {
    /// The name of the variable, as it is set: `HTTPS_PROXY`, `https_proxy` and so on.
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("the character {0:?} does not belong in the address of a proxy")]
    Stray(char),
    #[error("the scheme `{0}` is not supported, proxies are asked over `http` and `https`")]
    Scheme(String),
    #[error(
        "it is not the address of a proxy (in a user name or password, all but letters and digits are percent-encoded: `@` \
         is `%40`)"
    )]
    NotAnAddress,
}

#[cfg(test)]
mod tests;
