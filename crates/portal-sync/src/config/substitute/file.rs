//! Files whose text a value is, and why one cannot be read.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::super::errors::{ConfigError, quoted};

/// The text of a file; what is not one is told by what it is likely to be.
pub(super) fn read_text(file: &Path, name: &str) -> Result<Zeroizing<String>, ConfigError> {
    let bytes = std::fs::read(file).map_err(|error| unreadable(name, &error))?;
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text.into()),
        Err(error) => error,
    };
    let (what, fix) = binary(error.as_bytes());
    let fix = fix.replace("FILE", name);
    drop(Zeroizing::new(error.into_bytes()));
    let error = ConfigError::new(format!("the file {} is not UTF-8 text{what}", quoted(name)));
    Err(error.fix(fix))
}

/// What a file that is not UTF-8 text is likely to be, and how to make a text of it. The first bytes tell: a SEQUENCE of
/// DER (X.690), whose first element is a version of 0 for a private key (RFC 5208, RFC 8017) and of 3 for PKCS#12
/// (RFC 7292), and the marks of UTF-16.
fn binary(bytes: &[u8]) -> (&'static str, &'static str) {
    const ANY: &str = "save it as UTF-8; a private key is wanted as PEM or as JWK";
    const DER: (&str, &str) = (
        ": it looks like a private key in DER",
        "make PEM of it: `openssl pkcs8 -topk8 -nocrypt -inform DER -in FILE -out key.pem`",
    );
    const PKCS12: (&str, &str) = (
        ": it looks like PKCS#12 (`.p12`, `.pfx`)",
        "take the private key out of it: `openssl pkcs12 -in FILE -nocerts -nodes -out key.pem`",
    );
    const UTF16: (&str, &str) = (": it looks like UTF-16", "save it as UTF-8");
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, _, 0, ..] | [0, _, 0, _, ..] => UTF16,
        [0x30, rest @ ..] => match first_version(rest) {
            Some(0 | 1) => DER,
            Some(3) => PKCS12,
            _ => (
                ": it looks like DER, a certificate or a public key",
                "take the private key, as PEM: `openssl pkcs8 -topk8 -nocrypt -inform DER -in FILE -out key.pem`",
            ),
        },
        _ => ("", ANY),
    }
}

/// The INTEGER that the content of a SEQUENCE begins with; `after` follows its tag.
fn first_version(after: &[u8]) -> Option<u8> {
    let (length, rest) = after.split_first()?;
    let content = match length {
        0x80.. => rest.get(usize::from(length & 0x7f)..)?,
        _ => rest,
    };
    match content {
        [0x02, 0x01, version, ..] => Some(*version),
        _ => None,
    }
}

/// Why a file cannot be read.
pub(in super::super) fn unreadable(name: &str, error: &io::Error) -> ConfigError {
    let name = quoted(name);
    match error.kind() {
        io::ErrorKind::NotFound => ConfigError::new(format!("there is no file {name}")),
        io::ErrorKind::InvalidData => {
            ConfigError::new(format!("the file {name} is not UTF-8 text"))
        }
        kind => ConfigError::new(format!("the file {name} cannot be read: {kind}")),
    }
}
