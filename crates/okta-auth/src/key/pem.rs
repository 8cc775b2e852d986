//! PEM (RFC 7468), as it arrives from files, YAML and environment variables.

use base64::DecodeError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::PrivateKey;
use super::der::Contents;
use super::error::KeyErrorKind;
use super::pair::KeyPair;
use super::pasted::{self, Encoded};

const PKCS1: &str = "RSA PRIVATE KEY";
const PKCS8: &str = "PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";
const OPENSSH: &str = "OPENSSH PRIVATE KEY";

/// The characters of a line (RFC 7468, section 2).
const LINE: usize = 64;

pub(super) fn read(text: &str) -> Result<PrivateKey, KeyErrorKind> {
    match pasted::encoded(text) {
        Some(Encoded::Text(pem)) => first_key(&pem),
        Some(Encoded::Utf16) => Err(KeyErrorKind::Utf16),
        Some(Encoded::Der(der)) => unlabelled(&der),
        None => first_key(text),
    }
}

/// The private key of a PEM text. Whatever else it holds is passed over while there is one.
fn first_key(text: &str) -> Result<PrivateKey, KeyErrorKind> {
    let text = pasted::unescaped(text);
    let mut keys: Vec<PrivateKey> = Vec::new();
    let (mut unusable, mut passed_over) = (None, None);
    for block in text.split("-----BEGIN ").skip(1) {
        match read_block(block) {
            Ok(key) => {
                if keys
                    .iter()
                    .all(|other| other.public_jwk() != key.public_jwk())
                {
                    keys.push(key);
                }
            }
            Err(kind @ (KeyErrorKind::PublicKey | KeyErrorKind::Certificate)) => {
                passed_over.get_or_insert(kind);
            }
            Err(kind) if is_parameters(block) => {
                passed_over.get_or_insert(kind);
            }
            Err(kind) => {
                unusable.get_or_insert(kind);
            }
        }
    }
    let count = keys.len();
    match (keys.pop(), unusable.or(passed_over)) {
        (Some(key), _) if count == 1 => Ok(key),
        (Some(_), _) => Err(KeyErrorKind::SeveralKeys { count }),
        (None, Some(kind)) => Err(kind),
        (None, None) => Err(without_blocks(&text)),
    }
}

/// What a text is that has no `BEGIN` line.
fn without_blocks(text: &str) -> KeyErrorKind {
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if text.is_empty() {
        KeyErrorKind::Empty
    } else if pasted::is_utf16(text) {
        KeyErrorKind::Utf16
    } else if begins(&["PuTTY-User-Key-File-"]) {
        KeyErrorKind::Putty
    } else if begins(&["ssh-", "ecdsa-sha2-", "---- BEGIN SSH2 PUBLIC"]) {
        KeyErrorKind::PublicKey
    } else if text.contains(['\u{fffd}', '\0']) {
        KeyErrorKind::Binary
    } else {
        KeyErrorKind::NotPem
    }
}

/// The key of one block, from behind its `BEGIN`.
fn read_block(block: &str) -> Result<PrivateKey, KeyErrorKind> {
    let Pem { label, der } = parse(block)?;
    let der = der.expose_secret();
    let contents = Contents::of(der)?;
    let expected = match contents {
        Contents::Pkcs1(_) => Some(PKCS1),
        Contents::Sec1 => Some(SEC1),
        Contents::Pkcs8Rsa(_) | Contents::Pkcs8Ec => Some(PKCS8),
        _ => None,
    };
    match expected {
        Some(expected) if label != expected => Err(KeyErrorKind::WrongLabel { label, expected }),
        _ => key_of(der, contents),
    }
}

/// The key of what stands between the lines of PEM, without the lines.
fn unlabelled(der: &[u8]) -> Result<PrivateKey, KeyErrorKind> {
    match Contents::of(der) {
        Ok(contents) => key_of(der, contents),
        Err(_) => Err(KeyErrorKind::NotPem),
    }
}

fn key_of(der: &[u8], contents: Contents<'_>) -> Result<PrivateKey, KeyErrorKind> {
    let pair = match contents {
        Contents::Pkcs1(rsa) | Contents::Pkcs8Rsa(rsa) => KeyPair::rsa(rsa),
        Contents::Pkcs8Ec | Contents::Sec1 => KeyPair::ec(der),
        Contents::Encrypted => Err(KeyErrorKind::Encrypted),
        Contents::Pkcs12 => Err(KeyErrorKind::Pkcs12),
        Contents::PublicKey => Err(KeyErrorKind::PublicKey),
        Contents::Certificate => Err(KeyErrorKind::Certificate),
        Contents::Pkcs8Other => Err(KeyErrorKind::UnsupportedAlgorithm),
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

/// A block of a PEM text, with a label that may hold a private key.
struct Pem {
    label: String,
    der: SecretSlice<u8>,
}

fn parse(block: &str) -> Result<Pem, KeyErrorKind> {
    let (label, text) = block.split_once("-----").ok_or(KeyErrorKind::Truncated)?;
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
    if label == OPENSSH {
        return Err(of_openssh(&decoded(body)?));
    }
    Ok(Pem {
        label: label.to_owned(),
        der: decoded(body)?,
    })
}

/// What an OpenSSH key is. The names of its kind stand in it in clear, also when it is encrypted.
fn of_openssh(key: &SecretSlice<u8>) -> KeyErrorKind {
    let key = key.expose_secret();
    let names = |name: &[u8]| key.windows(name.len()).any(|window| window == name);
    if names(b"ssh-ed25519") || names(b"ssh-dss") {
        KeyErrorKind::UnsupportedAlgorithm
    } else {
        KeyErrorKind::OpenSsh
    }
}

/// Whether a block holds what belongs to a key and is none: OpenSSL writes the curve in front of an EC key.
fn is_parameters(block: &str) -> bool {
    let label = block.split("-----").next().unwrap_or_default();
    matches!(
        label,
        "EC PARAMETERS"
            | "DH PARAMETERS"
            | "CERTIFICATE REQUEST"
            | "NEW CERTIFICATE REQUEST"
            | "X509 CRL"
            | "PKCS7"
            | "CMS"
    )
}

fn check_label(label: &str) -> Result<(), KeyErrorKind> {
    Err(match label {
        PKCS1 | PKCS8 | SEC1 | OPENSSH => return Ok(()),
        "EC PARAMETERS" => KeyErrorKind::Truncated,
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
