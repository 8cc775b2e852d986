//! `OrgUrl`: the address of one Okta org, checked once so that nothing behind it checks again.

use std::fmt::{self, Display};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use url::{Host, Url};

use crate::report::debug_as_report;

/// Okta's own domains, below which each org has a name and a twin that ends in `-admin` (okta-sdk-python,
/// `config_validator.py`). A custom domain has no such twin, whatever it is called.
const OKTA_DOMAINS: [&str; 8] = [
    "okta.com",
    "oktapreview.com",
    "okta-emea.com",
    "okta-gov.com",
    "okta.mil",
    "okta-miltest.com",
    "trex-govcloud.com",
    "trexcloud.com",
];

/// What Okta itself has below those domains: its web sites, and the page that only leads on to an org.
const OKTA_SITES: [&str; 8] = [
    "admin",
    "developer",
    "help",
    "login",
    "status",
    "support",
    "trust",
    "www",
];

/// The address of an Okta org: scheme, host and port, nothing else.
///
/// Custom domains are as good as Okta's own, whatever they are called; there is no list of allowed hosts. Only below
/// Okta's own domains is `-admin` the Admin Console, and a site such as `login.okta.com` no org. Two org URLs are equal when they name the same origin.
///
/// ```
/// use okta_auth::OrgUrl;
///
/// let org: OrgUrl = " https://Acme.okta.com/ ".parse()?;
/// assert_eq!(org.to_string(), "https://acme.okta.com");
/// assert_eq!(org.host(), "acme.okta.com");
/// assert_eq!(org.endpoint("/api/v1/users").as_str(), "https://acme.okta.com/api/v1/users");
///
/// let error = OrgUrl::parse("https://acme-admin.okta.com").unwrap_err();
/// assert!(error.to_string().contains("use `https://acme.okta.com`"));
/// # Ok::<(), okta_auth::OrgUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgUrl(Url);

impl OrgUrl {
    /// Reads an org URL as people paste it: surrounding space and one trailing slash are dropped,
    /// the host is lower-cased.
    ///
    /// The checks are those of Okta's own clients (okta-sdk-python, `config_validator.py`) without
    /// their list of hosts. `http:` is taken for the loopback interface only, where a simulator or
    /// a test listens.
    ///
    /// # Errors
    ///
    /// One [`OrgUrlErrorKind`] for each habit that goes wrong; the message quotes the text and,
    /// where there is one, says what to write instead.
    pub fn parse(text: &str) -> Result<Self, OrgUrlError> {
        let text = text.trim();
        check(text).map_err(|kind| OrgUrlError {
            input: without_userinfo(text),
            kind,
        })
    }

    /// The host, in lower case, without the port: `acme.okta.com`.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The URL of a path of this org. `path` starts with `/`; characters that a path cannot hold
    /// are percent-encoded.
    pub fn endpoint(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// Where tokens for Okta's API are issued: `/oauth2/v1/token` of the org authorization server,
    /// the only one that issues `okta.*` scopes (Okta, "Implement OAuth for Okta with a service
    /// app").
    pub fn token_endpoint(&self) -> Url {
        self.endpoint("/oauth2/v1/token")
    }

    /// Whether `url` has this org's origin: scheme, host and port. A token may only be sent to a
    /// URL for which this is true.
    pub fn owns(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }
}

fn check(text: &str) -> Result<OrgUrl, OrgUrlErrorKind> {
    if text.is_empty() {
        return Err(OrgUrlErrorKind::Empty);
    }
    if is_placeholder(text) {
        return Err(OrgUrlErrorKind::Placeholder);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(OrgUrlErrorKind::MissingScheme);
    };
    if rest.contains("://") {
        return Err(OrgUrlErrorKind::RepeatedScheme);
    }
    // `url` would quietly drop tabs and line ends, and read a backslash as a slash.
    if let Some(stray) = text.chars().find(|&c| is_stray(c)) {
        return Err(OrgUrlErrorKind::StrayCharacter(stray));
    }
    let url = Url::parse(text).map_err(|_| OrgUrlErrorKind::Malformed)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(OrgUrlErrorKind::UserInfo);
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(OrgUrlErrorKind::NotHttps),
        _ => return Err(OrgUrlErrorKind::UnsupportedScheme(scheme.to_owned())),
    }
    // The host first: what follows it is left out in the address that is named instead.
    if let Some(Host::Domain(host)) = url.host() {
        check_domain(host, &url)?;
    }
    if url.path() != "/" {
        return Err(OrgUrlErrorKind::Path);
    }
    if url.query().is_some() {
        return Err(OrgUrlErrorKind::Query);
    }
    if url.fragment().is_some() {
        return Err(OrgUrlErrorKind::Fragment);
    }
    // Requests are made of URIs, which are a little narrower than URLs.
    if http::Uri::try_from(url.as_str()).is_err() {
        return Err(OrgUrlErrorKind::Malformed);
    }
    Ok(OrgUrl(url))
}

fn check_domain(host: &str, url: &Url) -> Result<(), OrgUrlErrorKind> {
    if let Some(domain) = okta_domain(host) {
        let labels = host.strip_suffix(domain).unwrap_or_default();
        let labels = labels.strip_suffix('.').unwrap_or_default();
        check_tenant(labels, domain, url)?;
    }
    if host.ends_with(".com.com") {
        return Err(OrgUrlErrorKind::RepeatedCom);
    }
    if host.starts_with('.') || host.ends_with('.') || host.contains("..") {
        return Err(OrgUrlErrorKind::Malformed);
    }
    Ok(())
}

/// The domain of Okta's that a host is or lies below.
fn okta_domain(host: &str) -> Option<&'static str> {
    OKTA_DOMAINS.into_iter().find(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|labels| labels.is_empty() || labels.ends_with('.'))
    })
}

/// Checks what stands in front of one of Okta's own domains. Another domain may have any name at all.
fn check_tenant(labels: &str, domain: &str, url: &Url) -> Result<(), OrgUrlErrorKind> {
    if labels.is_empty() || OKTA_SITES.contains(&labels) {
        let suggestion = format!("https://acme.{domain}");
        return Err(OrgUrlErrorKind::NotAnOrg { suggestion });
    }
    let (first, rest) = match labels.split_once('.') {
        Some((first, rest)) => (first, format!("{rest}.{domain}")),
        None => (labels, domain.to_owned()),
    };
    let Some(tenant) = first.strip_suffix("-admin").filter(|name| !name.is_empty()) else {
        return Ok(());
    };
    let port = url
        .port()
        .map_or_else(String::new, |port| format!(":{port}"));
    let suggestion = format!("{}://{tenant}.{rest}{port}", url.scheme());
    Err(OrgUrlErrorKind::AdminHost { suggestion })
}

/// Whether the domain was left as Okta's documentation has it: `https://{yourOktaDomain}`, with or without the braces, or
/// with those of a template that was not filled in.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = ["youroktadomain", "your-okta-domain", "%7b"];
    text.contains(['{', '}']) || words.iter().any(|word| lower.contains(word))
}

/// Characters no org URL holds, though the URL parser would let them pass in a host.
fn is_stray(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\\\"'`,;<>()$&*!=+|^~".contains(c)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(host)) => host == "localhost",
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        None => false,
    }
}

/// The text as a message may quote it: a password in front of an `@` is a secret.
fn without_userinfo(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        (None, Some((_, host))) => format!("…@{host}"),
        (_, None) => text.to_owned(),
    }
}

impl FromStr for OrgUrl {
    type Err = OrgUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Display for OrgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_str();
        f.write_str(text.strip_suffix('/').unwrap_or(text))
    }
}

impl fmt::Debug for OrgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgUrl({self})")
    }
}

/// Why a text is not an org URL.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not an org URL: {kind}")]
pub struct OrgUrlError {
    input: String,
    kind: OrgUrlErrorKind,
}

debug_as_report!(OrgUrlError);

impl OrgUrlError {
    /// Which check failed.
    pub fn kind(&self) -> &OrgUrlErrorKind {
        &self.kind
    }
}

/// What is wrong with the text given as an org URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrgUrlErrorKind {
    /// Nothing was given.
    #[error("it is empty; write your org's address, such as `https://acme.okta.com`")]
    Empty,
    /// The placeholder of Okta's documentation was not replaced.
    #[error("it holds a placeholder; put your org's domain in its place")]
    Placeholder,
    /// No `https://` in front.
    #[error("it has no scheme; put `https://` in front")]
    MissingScheme,
    /// A second `://`.
    #[error("`://` appears twice; keep one `https://`")]
    RepeatedScheme,
    /// Quotes, commas, space and the like inside.
    #[error("the character {0:?} does not belong there")]
    StrayCharacter(char),
    /// The text is no URL at all.
    #[error("it does not name a host")]
    Malformed,
    /// A user name or password in front of the host. The message does not repeat it.
    #[error("it carries a user name or password; leave out everything up to the `@`")]
    UserInfo,
    /// `http:` to another machine would send the token in clear text.
    #[error("`http:` would send the token unencrypted; use `https:`")]
    NotHttps,
    /// A scheme other than `https`.
    #[error("the scheme `{0}` is not supported; use `https:`")]
    UnsupportedScheme(String),
    /// Something follows the host.
    #[error("it has a path; stop after the host name")]
    Path,
    /// A query string follows the host.
    #[error("it has a query string; stop after the host name")]
    Query,
    /// A fragment follows the host.
    #[error("it has a fragment; stop after the host name")]
    Fragment,
    /// The address of the Admin Console, which does not serve the API.
    #[error("that is the address of the Admin Console; use `{suggestion}`")]
    #[non_exhaustive]
    AdminHost {
        /// The same address without `-admin`.
        suggestion: String,
    },
    /// A site of Okta's that is no org: `okta.com` itself, `login.okta.com`, `developer.okta.com` and the like.
    #[error(
        "that is a site of Okta's own and no org; write the address of your org, such as `{suggestion}`: the Admin \
         Console shows it in the menu of the upper right corner"
    )]
    #[non_exhaustive]
    NotAnOrg {
        /// An address below the same domain, for an example.
        suggestion: String,
    },
    /// `.com.com` at the end.
    #[error("the host ends in `.com.com`; write `.com` once")]
    RepeatedCom,
}

#[cfg(test)]
mod tests;
