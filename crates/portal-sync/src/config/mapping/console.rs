//! Where the Okta admin console is: `adminConsole`.

use figment::value::Value;
use url::Url;

use super::super::errors::{ConfigError, quoted};
use super::super::section::Entry;
use crate::decide::rules::{AdminConsole, admin_console_of};

/// Reads `adminConsole` for the org at `host`, when it is about one.
pub(super) fn read(entry: &Entry<'_>, host: Option<&str>) -> Option<AdminConsole> {
    let found = match entry.value() {
        Value::String(_, text) if text.contains([':', '.']) => address(entry, text.trim())?,
        _ if entry.flag()? => AdminConsole::OfOrg,
        _ => AdminConsole::No,
    };
    if let (AdminConsole::OfOrg, Some(host)) = (&found, host)
        && admin_console_of(host).is_none()
    {
        let message = format!(
            "the address of the admin console does not follow from that of the org, `{host}`"
        );
        entry.refuse(ConfigError::new(message).fix(
            "write it instead of `true`, such as `https://acme-admin.okta.com`; for one tenant alone, in its own `mapping`",
        ));
    }
    Some(found)
}

fn address(entry: &Entry<'_>, text: &str) -> Option<AdminConsole> {
    let refuse = |message: String, fix: &str| {
        entry.refuse(ConfigError::new(message).fix(fix));
        None
    };
    let example = "write something like `https://acme-admin.okta.com`, or `true`";
    let url = match Url::parse(text) {
        // An address that cannot be read may have a password in it too.
        _ if text.contains('@') => {
            return refuse(
                "the address of the admin console has a user name or a password in it".to_owned(),
                "leave out what stands before the `@`, and the `@`",
            );
        }
        Ok(url) if url.scheme() == "https" => url,
        _ => {
            return refuse(
                format!("{} is not an `https:` address", quoted(text)),
                example,
            );
        }
    };
    let host = url.host_str().unwrap_or_default();
    if let Some(console) = admin_console_of(host).filter(|_| !host.contains("-admin.")) {
        return refuse(
            format!(
                "{} is the address of an org, not of its admin console",
                quoted(text)
            ),
            &format!("write `{console}`, or `true`"),
        );
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return refuse(
            format!(
                "{} is the address of a page of the admin console",
                quoted(text)
            ),
            &format!("write `{}`", url.origin().ascii_serialization()),
        );
    }
    Some(AdminConsole::At(url))
}
