//! A table of everything that is taken for a private key.

use super::*;
use crate::testing::key_file;

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

/// The bytes PKCS#1 gives for a key, by which two texts are known to hold the same one.
fn bytes(text: &str) -> Vec<u8> {
    PrivateKey::from_pem(text)
        .unwrap()
        .signing()
        .as_bytes()
        .to_vec()
}

#[test]
fn a_key_is_read_in_whatever_form_it_arrives() {
    let expected = bytes(GOOD);
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
        ] {
            assert_eq!(bytes(&text), expected, "{text}");
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
        (r#"{"kty":"RSA","d":"c2VjcmV0"}"#, NotPem),
        ("-----BEGIN PRIVATE KEY", Truncated),
        ("-----BEGIN PRIVATE KEY-----", Truncated),
        (
            "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----",
            Truncated,
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMII=!\n-----END PRIVATE KEY-----",
            NotBase64,
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
        (key_file!("ec-p521.pkcs8.pem"), UnsupportedCurve),
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
        (
            GOOD,
            "PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            UnsupportedLabel {
                label: "OPENSSH PRIVATE KEY".to_owned(),
            },
        ),
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

const RSA_JWK: &str = key_file!("rsa2048.private.jwk.json");
const EC_JWK: &str = key_file!("ec-p256.private.jwk.json");

/// What a key signs verifies with the public half of the key that it should be.
fn signs(key: &PrivateKey, public_jwk: &str) -> bool {
    use jsonwebtoken::{DecodingKey, Header, Validation, decode, encode};
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER
        .install_default()
        .ok();
    let claims = serde_json::json!({"sub": "me"});
    let algorithm = key.algorithm().signing();
    let jws = encode(&Header::new(algorithm), &claims, key.signing()).unwrap();
    let mut signature_only = Validation::new(algorithm);
    signature_only.required_spec_claims.clear();
    let public = serde_json::from_str(public_jwk).unwrap();
    let public = DecodingKey::from_jwk(&public).unwrap();
    decode::<serde_json::Value>(&jws, &public, &signature_only).is_ok()
}

#[test]
fn every_form_of_a_key_signs_as_the_key() {
    let (rsa, ec) = (
        key_file!("rsa2048.public.jwk.json"),
        key_file!("ec-p256.public.jwk.json"),
    );
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let with_parameters = format!("{parameters}{}", key_file!("ec-p256.sec1.pem"));
    for (text, algorithm, public) in [
        (GOOD, Algorithm::RS256, rsa),
        (RSA_JWK, Algorithm::RS256, rsa),
        (key_file!("ec-p256.pkcs8.pem"), Algorithm::ES256, ec),
        (key_file!("ec-p256.sec1.pem"), Algorithm::ES256, ec),
        (&with_parameters, Algorithm::ES256, ec),
        (EC_JWK, Algorithm::ES256, ec),
    ] {
        let key = PrivateKey::parse(text).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        assert!(signs(&key, public), "{text}");
    }
    assert_eq!(
        bytes(GOOD),
        PrivateKey::parse(RSA_JWK).unwrap().signing().as_bytes()
    );
    let p384 = PrivateKey::parse(key_file!("ec-p384.pkcs8.pem")).unwrap();
    assert_eq!(p384.algorithm(), Algorithm::ES384);
    assert!(!signs(
        &PrivateKey::parse(key_file!("rsa2048.wrong.pem")).unwrap(),
        rsa
    ));
}

#[test]
fn a_jwk_says_what_it_is_called_and_how_it_signs() {
    let key = PrivateKey::parse(RSA_JWK).unwrap();
    assert_eq!(key.key_id(), Some("portal-sync-test-1"));
    assert_eq!(PrivateKey::parse(GOOD).unwrap().key_id(), None);
    for (named, algorithm) in [
        ("RS256", Algorithm::RS256),
        ("RS384", Algorithm::RS384),
        ("RS512", Algorithm::RS512),
    ] {
        let jwk = RSA_JWK.replace("\"sig\"", &format!("\"sig\", \"alg\": \"{named}\""));
        let key = PrivateKey::parse(&jwk).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        assert!(signs(&key, key_file!("rsa2048.public.jwk.json")));
    }
    let set = format!(
        "{{\"keys\": [{}, {RSA_JWK}]}}",
        key_file!("ec-p256.public.jwk.json")
    );
    assert_eq!(
        PrivateKey::parse(&set).unwrap().key_id(),
        Some("portal-sync-test-1")
    );
}

#[test]
fn what_is_no_usable_jwk_is_called_by_its_name() {
    use KeyErrorKind::*;
    let without = |member: &str| {
        let mut jwk: serde_json::Value = serde_json::from_str(RSA_JWK).unwrap();
        jwk.as_object_mut().unwrap().remove(member);
        jwk.to_string()
    };
    let with = |jwk: &str, member: &str, value: &str| {
        let mut jwk: serde_json::Value = serde_json::from_str(jwk).unwrap();
        jwk[member] = value.into();
        jwk.to_string()
    };
    for (text, expected) in [
        (RSA_JWK.trim_end().trim_end_matches('}').to_owned(), NotJson),
        (key_file!("rsa2048.public.jwk.json").to_owned(), PublicKey),
        (key_file!("ec-p256.public.jwk.json").to_owned(), PublicKey),
        (without("kty"), JwkMember { member: "kty" }),
        (without("p"), JwkMember { member: "p" }),
        (with(RSA_JWK, "d", "no base64!"), JwkMember { member: "d" }),
        (with(RSA_JWK, "d", "AAAA"), Damaged),
        (with(RSA_JWK, "use", "enc"), JwkNotForSigning),
        (with(RSA_JWK, "alg", "PS256"), JwkNotForSigning),
        (with(RSA_JWK, "kty", "oct"), UnsupportedAlgorithm),
        (with(EC_JWK, "crv", "P-521"), UnsupportedCurve),
        (with(EC_JWK, "alg", "ES384"), JwkNotForSigning),
        (with(EC_JWK, "x", "AAAA"), Damaged),
        (
            format!("{{\"keys\": [{RSA_JWK}, {EC_JWK}]}}"),
            JwkSet { private: 2 },
        ),
        (r#"{"keys": []}"#.to_owned(), JwkSet { private: 0 }),
    ] {
        assert_eq!(kind_of(&text, PrivateKey::parse(&text)), expected, "{text}");
    }
}
