//! PEM (RFC 7468), as it arrives from files, YAML and environment variables.

use base64::DecodeError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretSlice;
use secrecy::zeroize::Zeroizing;

use super::KeyErrorKind;

pub(super) const PKCS1: &str = "RSA PRIVATE KEY";
pub(super) const PKCS8: &str = "PRIVATE KEY";
pub(super) const SEC1: &str = "EC PRIVATE KEY";

/// The first block of a PEM text, with a label that may hold a private key.
pub(super) struct Pem {
    pub(super) label: String,
    pub(super) der: SecretSlice<u8>,
}

pub(super) fn parse(text: &str) -> Result<Pem, KeyErrorKind> {
    let text = unquoted(text.trim());
    if text.is_empty() {
        return Err(KeyErrorKind::Empty);
    }
    let escaped = Zeroizing::new(text.replace("\\r", "\n"));
    let text = Zeroizing::new(escaped.replace("\\n", "\n"));

    let (_, text) = text.split_once("-----BEGIN ").ok_or(KeyErrorKind::NotPem)?;
    // OpenSSL writes the curve in a block of its own in front of the key.
    let text = match text.strip_prefix("EC PARAMETERS-----") {
        Some(rest) => {
            rest.split_once("-----BEGIN ")
                .ok_or(KeyErrorKind::Truncated)?
                .1
        }
        None => text,
    };
    let (label, text) = text.split_once("-----").ok_or(KeyErrorKind::Truncated)?;
    check_label(label)?;
    let (body, end) = text
        .split_once("-----END ")
        .ok_or(KeyErrorKind::Truncated)?;
    if !end.starts_with(label) {
        return Err(KeyErrorKind::Truncated);
    }
    if body.contains("ENCRYPTED") {
        // `Proc-Type: 4,ENCRYPTED`: the older way of OpenSSL (RFC 1421).
        return Err(KeyErrorKind::Encrypted);
    }
    Ok(Pem {
        label: label.to_owned(),
        der: decoded(body)?,
    })
}

fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text)
        .trim()
}

fn check_label(label: &str) -> Result<(), KeyErrorKind> {
    Err(match label {
        PKCS1 | PKCS8 | SEC1 => return Ok(()),
        "ENCRYPTED PRIVATE KEY" => KeyErrorKind::Encrypted,
        "PUBLIC KEY" | "RSA PUBLIC KEY" => KeyErrorKind::PublicKey,
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => KeyErrorKind::Certificate,
        _ => KeyErrorKind::UnsupportedLabel {
            label: quotable(label),
        },
    })
}

/// The label, unless it may be something else that slipped between the dashes.
fn quotable(label: &str) -> String {
    let is_label = label.len() <= 40 && label.chars().all(|c| c.is_ascii_uppercase() || c == ' ');
    if is_label {
        label.to_owned()
    } else {
        "…".to_owned()
    }
}

fn decoded(body: &str) -> Result<SecretSlice<u8>, KeyErrorKind> {
    let dense: Zeroizing<String> =
        Zeroizing::new(body.chars().filter(|c| !c.is_whitespace()).collect());
    match STANDARD.decode(dense.as_bytes()) {
        Ok(der) if der.is_empty() => Err(KeyErrorKind::Truncated),
        Ok(der) => Ok(SecretSlice::from(der)),
        Err(DecodeError::InvalidByte(..)) => Err(KeyErrorKind::NotBase64),
        Err(_) => Err(KeyErrorKind::Truncated),
    }
}
