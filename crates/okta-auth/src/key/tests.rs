//! Tables of everything that is taken for a private key.

mod bundle;
mod generated;
mod identity;
mod jwk;
mod verify;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::{Just, any, prop_oneof, proptest};

use super::*;
use crate::fixtures::key_file;

const GOOD: &str = key_file!("rsa2048.pkcs8.pem");
const PKCS1: &str = key_file!("rsa2048.pkcs1.pem");

fn kind(text: &str) -> KeyErrorKind {
    kind_of(text, PrivateKey::from_pem(text))
}

fn kind_of(text: &str, read: Result<PrivateKey, KeyError>) -> KeyErrorKind {
    let error = read.unwrap_err();
    let printed = format!("{error} {error:?}");
    assert!(
        printed.contains(&format!("({} characters)", text.chars().count())),
        "{printed}"
    );
    for line in text
        .lines()
        .filter(|line| line.len() > 20 && !line.contains("---"))
    {
        assert!(!printed.contains(line), "{printed}");
    }
    error.kind().clone()
}

/// What an RSA key makes of a message. There is one such signature only, by which two texts are known to hold one key.
fn signature(text: &str) -> String {
    let key = PrivateKey::parse(text).unwrap().with_key_id("k");
    key.sign(&serde_json::json!({"sub": "me"})).unwrap()
}

#[test]
fn a_key_is_read_in_whatever_form_it_arrives() {
    let expected = signature(GOOD);
    for pem in [GOOD, PKCS1] {
        let one_line = pem.trim().replace('\n', "\\n");
        for text in [
            pem.to_owned(),
            pem.trim().to_owned(),
            format!("\n  {pem}\t\n"),
            pem.replace('\n', "\r\n"),
            pem.trim().replace('\n', "\\r\\n"),
            pem.trim().replace('\n', " "),
            one_line.clone(),
            format!("\"{one_line}\""),
            format!("'{pem}'"),
            format!(" \" {one_line}\\n \" "),
            format!("comment\n{pem}"),
            pem.replace('\n', "\n    "),
            format!("\t{}", pem.replace('\n', "\n\t")),
            format!("\"\"{one_line}\"\""),
            format!("\"'{pem}'\""),
            format!("\\\"{one_line}\\n\\\""),
            format!("`{pem}`,"),
            format!("\u{201c}{pem}\u{201d}"),
            format!("\u{feff}{pem}"),
            pem.replace('\n', "\\\\n"),
            pem.replace('\n', "\\\n"),
            pem.replace('/', "\\/"),
        ] {
            assert_eq!(signature(&text), expected, "{text}");
        }
    }
    assert_eq!(
        PrivateKey::from_pem(GOOD).unwrap().algorithm(),
        Algorithm::RS256
    );
}

#[test]
fn what_is_no_usable_private_key_is_called_by_its_name() {
    use KeyErrorKind::*;
    for (text, expected) in [
        ("", Empty),
        (" \"\" ", Empty),
        ("/etc/keys/okta.pem", NotPem),
        ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", NotPem),
        (r#"{"kty":"RSA","d":"c2VjcmV0"}"#, NotPem),
        ("-----BEGIN PRIVATE KEY", Truncated),
        ("-----BEGIN PRIVATE KEY-----", Truncated),
        (
            "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----",
            Truncated,
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMII=!\n-----END PRIVATE KEY-----",
            NotBase64 { found: '!' },
        ),
        (
            "-----BEGIN PRIVATE KEY-----\n\"MIIE\"\n-----END PRIVATE KEY-----",
            NotBase64 { found: '"' },
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMIIEé\n-----END PRIVATE KEY-----",
            NotBase64 { found: 'é' },
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            Damaged,
        ),
        (
            "-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----",
            UnsupportedLabel {
                label: "DSA PRIVATE KEY".to_owned(),
            },
        ),
        (key_file!("rsa2048.encrypted.pem"), Encrypted),
        (key_file!("rsa2048.encrypted-pkcs1.pem"), Encrypted),
        (key_file!("rsa2048.public.pem"), PublicKey),
        (key_file!("certificate.pem"), Certificate),
        (key_file!("ec-secp256k1.pem"), UnsupportedCurve),
        (key_file!("ed25519.pem"), UnsupportedAlgorithm),
        (key_file!("rsa1024.pem"), TooSmall { bits: 1024 }),
    ] {
        assert_eq!(kind(text), expected, "{text}");
    }
}

#[test]
fn a_wrong_label_is_told_by_the_contents() {
    use KeyErrorKind::*;
    let relabelled = |pem: &str, from: &str, to: &str| {
        pem.replace(&format!("BEGIN {from}-"), &format!("BEGIN {to}-"))
            .replace(&format!("END {from}-"), &format!("END {to}-"))
    };
    for (pem, from, to, expected) in [
        (
            GOOD,
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            WrongLabel {
                label: "RSA PRIVATE KEY".to_owned(),
                expected: "PRIVATE KEY",
            },
        ),
        (
            PKCS1,
            "RSA PRIVATE KEY",
            "PRIVATE KEY",
            WrongLabel {
                label: "PRIVATE KEY".to_owned(),
                expected: "RSA PRIVATE KEY",
            },
        ),
        (GOOD, "PRIVATE KEY", "OPENSSH PRIVATE KEY", OpenSsh),
        (
            GOOD,
            "PRIVATE KEY",
            "MIIEvQIBADANsecret",
            UnsupportedLabel {
                label: "…".to_owned(),
            },
        ),
        (GOOD, "PRIVATE KEY", "PUBLIC KEY", PublicKey),
        (
            key_file!("rsa2048.public.pem"),
            "PUBLIC KEY",
            "PRIVATE KEY",
            PublicKey,
        ),
        (
            key_file!("certificate.pem"),
            "CERTIFICATE",
            "PRIVATE KEY",
            Certificate,
        ),
        (
            key_file!("ec-p256.sec1.pem"),
            "EC PRIVATE KEY",
            "PRIVATE KEY",
            WrongLabel {
                label: "PRIVATE KEY".to_owned(),
                expected: "EC PRIVATE KEY",
            },
        ),
        (
            key_file!("rsa2048.encrypted.pem"),
            "ENCRYPTED PRIVATE KEY",
            "PRIVATE KEY",
            Encrypted,
        ),
        (
            key_file!("ed25519.pem"),
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            UnsupportedAlgorithm,
        ),
    ] {
        assert_eq!(kind(&relabelled(pem, from, to)), expected, "{from} as {to}");
    }
}

#[test]
fn a_key_that_lost_a_part_is_cut_off_or_damaged() {
    let lines: Vec<&str> = GOOD.lines().collect();
    for at in 1..lines.len() - 1 {
        let mut fewer = lines.clone();
        fewer.remove(at);
        let kind = kind(&fewer.join("\n"));
        assert!(
            matches!(kind, KeyErrorKind::Truncated | KeyErrorKind::Damaged),
            "{at}: {kind:?}"
        );
    }
    for length in 0..GOOD.len() - 30 {
        let cut = GOOD.get(..length).unwrap();
        let kind = kind(cut);
        let expected = matches!(
            kind,
            KeyErrorKind::Empty
                | KeyErrorKind::NotPem
                | KeyErrorKind::Truncated
                | KeyErrorKind::UnsupportedLabel { .. }
        );
        assert!(expected, "{length}: {kind:?}");
    }
}

#[test]
fn a_key_whose_numbers_were_changed_is_damaged() {
    let lines: Vec<&str> = GOOD.lines().collect();
    let mut changed = lines.clone();
    changed.swap(18, 19);
    assert_eq!(kind(&changed.join("\n")), KeyErrorKind::Damaged);
}

#[test]
fn a_key_never_prints() {
    let printed = format!("{:?}", PrivateKey::from_pem(GOOD).unwrap());
    assert_eq!(printed, "PrivateKey(RS256, [redacted])");
}

proptest! {
    #[test]
    fn any_text_is_a_key_or_an_error(text in any::<String>()) {
        let _key_or_error = PrivateKey::parse_all(&text);
    }

    #[test]
    fn any_bytes_under_a_label_are_a_key_or_an_error(
        label in prop_oneof!["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"],
        der in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let text = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", STANDARD.encode(der));
        let _key_or_error = PrivateKey::parse_all(&text);
    }

    #[test]
    fn a_key_with_changed_bytes_is_a_key_or_an_error(
        pem in prop_oneof![Just(GOOD), Just(PKCS1), Just(key_file!("ec-p256.sec1.pem")), Just(key_file!("ec-p521.pkcs8.pem"))],
        changes in proptest::collection::vec((0_usize..1_300, any::<u8>()), 1..6),
    ) {
        let mut lines: Vec<&str> = pem.lines().collect();
        let (first, last) = (lines.remove(0), lines.pop().unwrap());
        let mut der = STANDARD.decode(lines.concat()).unwrap();
        let length = der.len();
        for (place, byte) in changes {
            der[place % length] = byte;
        }
        let _key_or_error = PrivateKey::parse_all(&format!("{first}\n{}\n{last}", STANDARD.encode(der)));
    }
}
