//! PEM (RFC 7468), as it arrives from files, YAML and environment variables.

use base64::DecodeError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::der::Contents;
use super::error::KeyErrorKind;
use super::pair::KeyPair;
use super::{PrivateKey, pasted};

const PKCS1: &str = "RSA PRIVATE KEY";
const PKCS8: &str = "PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";

/// The characters of a line (RFC 7468, section 2).
const LINE: usize = 64;

pub(super) fn read(text: &str) -> Result<PrivateKey, KeyErrorKind> {
    let Pem { label, der } = parse(text)?;
    let der = der.expose_secret();
    let wrong_label = |expected| {
        Err(KeyErrorKind::WrongLabel {
            label: label.clone(),
            expected,
        })
    };
    let pair = match (label.as_str(), Contents::of(der)?) {
        (PKCS1, Contents::Pkcs1(rsa)) | (PKCS8, Contents::Pkcs8Rsa(rsa)) => KeyPair::rsa(rsa),
        (PKCS8, Contents::Pkcs8Ec) | (SEC1, Contents::Sec1) => KeyPair::ec(der),
        (_, Contents::Pkcs1(_)) => wrong_label(PKCS1),
        (_, Contents::Sec1) => wrong_label(SEC1),
        (_, Contents::Pkcs8Rsa(_) | Contents::Pkcs8Ec) => wrong_label(PKCS8),
        (_, Contents::Encrypted) => Err(KeyErrorKind::Encrypted),
        (_, Contents::PublicKey) => Err(KeyErrorKind::PublicKey),
        (_, Contents::Certificate) => Err(KeyErrorKind::Certificate),
        (_, Contents::Pkcs8Other) => Err(KeyErrorKind::UnsupportedAlgorithm),
    };
    Ok(PrivateKey::new(pair?, None))
}

/// A PKCS#8 key as PEM.
pub(super) fn write(pkcs8: &[u8]) -> SecretString {
    let encoded = Zeroizing::new(STANDARD.encode(pkcs8));
    let mut pem = format!("-----BEGIN {PKCS8}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    SecretString::from(pem)
}

/// The first block of a PEM text, with a label that may hold a private key.
struct Pem {
    label: String,
    der: SecretSlice<u8>,
}

fn parse(text: &str) -> Result<Pem, KeyErrorKind> {
    let text = pasted::unescaped(text);
    if text.is_empty() {
        return Err(KeyErrorKind::Empty);
    }
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
        Err(DecodeError::InvalidByte(at, _)) => Err(KeyErrorKind::NotBase64 {
            found: dense.get(at..).and_then(first).unwrap_or('='),
        }),
        Err(_) => Err(KeyErrorKind::Truncated),
    }
}

fn first(text: &str) -> Option<char> {
    text.chars().next()
}
