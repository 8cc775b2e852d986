//! Keys as JWK: forms, names, sets, and what is none.

use super::verify::verifies;
use super::*;

const RSA_JWK: &str = key_file!("rsa2048.private.jwk.json");
const EC_JWK: &str = key_file!("ec-p256.private.jwk.json");
const P521_JWK: &str = key_file!("ec-p521.private.jwk.json");

/// Whether what the key signs verifies by the public half of the key that it should be.
fn signs(key: &PrivateKey, public_jwk: &str) -> bool {
    let jws = key.sign(&serde_json::json!({"sub": "me"})).unwrap();
    verifies(&jws, public_jwk)
}

#[test]
fn every_form_of_a_key_signs_as_the_key() {
    let (rsa, p256, p521) = (
        key_file!("rsa2048.public.jwk.json"),
        key_file!("ec-p256.public.jwk.json"),
        key_file!("ec-p521.public.jwk.json"),
    );
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let with_parameters = format!("{parameters}{}", key_file!("ec-p256.sec1.pem"));
    for (text, algorithm, public) in [
        (GOOD, Algorithm::RS256, rsa),
        (RSA_JWK, Algorithm::RS256, rsa),
        (key_file!("ec-p256.pkcs8.pem"), Algorithm::ES256, p256),
        (key_file!("ec-p256.sec1.pem"), Algorithm::ES256, p256),
        (&with_parameters, Algorithm::ES256, p256),
        (EC_JWK, Algorithm::ES256, p256),
        (key_file!("ec-p521.pkcs8.pem"), Algorithm::ES512, p521),
        (key_file!("ec-p521.sec1.pem"), Algorithm::ES512, p521),
        (P521_JWK, Algorithm::ES512, p521),
    ] {
        let key = PrivateKey::parse(text).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        assert!(signs(&key, public), "{text}");
    }
    let named = PrivateKey::parse(GOOD)
        .unwrap()
        .with_key_id("portal-sync-test-1");
    let claims = serde_json::json!({"sub": "me"});
    assert_eq!(
        named.sign(&claims).unwrap(),
        PrivateKey::parse(RSA_JWK).unwrap().sign(&claims).unwrap()
    );
    let p384 = PrivateKey::parse(key_file!("ec-p384.pkcs8.pem")).unwrap();
    assert_eq!(p384.algorithm(), Algorithm::ES384);
    assert!(signs(&p384, &p384.public_jwk()));
    let wrong = PrivateKey::parse(key_file!("rsa2048.wrong.pem")).unwrap();
    assert!(!signs(&wrong, rsa));
}

#[test]
fn a_jwk_is_read_however_it_was_pasted() {
    for jwk in [RSA_JWK, EC_JWK, P521_JWK] {
        let expected = PrivateKey::parse(jwk).unwrap();
        let line = jwk.replace('\n', "");
        let escaped = line.replace('"', "\\\"");
        for text in [
            line.clone(),
            format!("\n  {jwk}\n"),
            format!("\u{feff}{jwk}"),
            format!("'{line}'"),
            format!("\"{line}\""),
            format!("`{line}`,"),
            escaped.clone(),
            format!("\"{escaped}\""),
            format!("\"{}\\n\"", escaped.replace(',', ",\\n ")),
            format!("\\\"{}\\\"", escaped.replace('\\', "\\\\\\")),
            jwk.replace('\n', "\\n"),
            jwk.replace('\n', "\r\n"),
        ] {
            let key = PrivateKey::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(key.key_id(), expected.key_id());
            assert!(signs(&key, &expected.public_jwk()), "{text}");
        }
    }
}

#[test]
fn a_number_without_its_leading_zeros_is_read_in_full_width() {
    let short = P521_JWK.replace(
        "\"AKmdXX_il_Z3KFsaDqX4nS7quJ1w9d53_ei7CWMZZ2kW7tyQvsj1SBYAKFdAA4KBgpvEA-cEtMq-SkWVsBWiMZhG\"",
        "\"qZ1df-KX9ncoWxoOpfidLuq4nXD13nf96LsJYxlnaRbu3JC-yPVIFgAoV0ADgoGCm8QD5wS0yr5KRZWwFaIxmEY\"",
    );
    assert_ne!(short, P521_JWK);
    let key = PrivateKey::parse(&short).unwrap();
    assert!(signs(&key, key_file!("ec-p521.public.jwk.json")));
}

#[test]
fn a_jwk_says_what_it_is_called_and_how_it_signs() {
    let key = PrivateKey::parse(RSA_JWK).unwrap();
    assert_eq!(key.key_id(), "portal-sync-test-1");
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
}

#[test]
fn a_set_holds_one_key_or_several() {
    let public = key_file!("ec-p256.public.jwk.json");
    let set = |keys: &[&str]| format!("{{\"keys\": [{}]}}", keys.join(", "));
    let ids = |text: &str| -> Vec<String> {
        let keys = PrivateKey::parse_all(text).unwrap();
        keys.iter().map(|key| key.key_id().to_owned()).collect()
    };
    let one = set(&[public, RSA_JWK]);
    let key = PrivateKey::parse(&one).unwrap();
    assert_eq!(key.key_id(), "portal-sync-test-1");
    assert_eq!(ids(&one), ["portal-sync-test-1"]);
    assert_eq!(
        ids(&set(&[P521_JWK, public, RSA_JWK, EC_JWK])),
        [
            "portal-sync-test-3",
            "portal-sync-test-1",
            "portal-sync-test-2"
        ],
        "in their order, public ones left out"
    );
    let escaped = set(&[P521_JWK, EC_JWK])
        .replace('\n', "")
        .replace('"', "\\\"");
    assert_eq!(
        ids(&format!("\"{escaped}\"")),
        ["portal-sync-test-3", "portal-sync-test-2"]
    );
    assert_eq!(ids(RSA_JWK), ["portal-sync-test-1"]);
    assert_eq!(ids(GOOD).len(), 1);

    for (text, message) in [
        (
            set(&[public]),
            "is a JWK set of which no key can sign: key 1 is a public key",
        ),
        (
            set(&[
                &RSA_JWK.replace("sig", "enc"),
                public,
                r#"{"kty":"oct","k":"c2VjcmV0"}"#,
                r#"{"kty":"OKP","crv":"Ed25519","d":"AA","x":"AA"}"#,
            ]),
            "can sign: key 1 is a JWK that is not made to sign with: its `use`, `key_ops` or `alg` says so; key 2 is a \
             public key; give the private key that belongs to it; key 3 is of a kind that is not supported; use an RSA \
             key of 2048 bits or more, or an EC key on P-256, P-384 or P-521; key 4 is of a kind",
        ),
        (
            set(&[RSA_JWK, &EC_JWK.replace("\"x\"", "\"z\"")]),
            "is a JWK set whose key number 2 is a JWK whose `x` is missing or damaged",
        ),
        (
            set(&[r#""text""#, RSA_JWK]),
            "is a JWK set whose key number 1 is a JWK whose `kty` is missing",
        ),
    ] {
        let error = PrivateKey::parse_all(&text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn what_cannot_sign_in_a_set_is_passed_over_while_one_can() {
    let (oct, okp) = (
        r#"{"kty":"oct","k":"c2VjcmV0","kid":"o"}"#,
        r#"{"kty":"OKP","crv":"Ed25519","d":"AA","x":"AA"}"#,
    );
    for other in [
        &RSA_JWK.replace("sig", "enc"),
        &RSA_JWK.replace("\"sig\"", "\"sig\", \"key_ops\": [\"decrypt\"]"),
        &RSA_JWK.replace("\"sig\"", "\"sig\", \"alg\": \"RSA-OAEP\""),
        &RSA_JWK.replace("\"sig\"", "\"sig\", \"alg\": \"PS256\""),
        &EC_JWK.replace("P-256", "secp256k1"),
        key_file!("rsa2048.public.jwk.json"),
        key_file!("ec-p521.public.jwk.json"),
        oct,
        okp,
        r#"{"kty":"new"}"#,
        &rsa_without(&["p", "q", "dp", "dq", "qi"]),
    ] {
        for set in [
            format!("{{\"keys\": [{other}, {P521_JWK}]}}"),
            format!("{{\"keys\": [{P521_JWK}, {other}]}}"),
        ] {
            let keys =
                PrivateKey::parse_all(&set).unwrap_or_else(|error| panic!("{error}: {other}"));
            assert_eq!(keys.len(), 1, "{other}");
            let key = PrivateKey::parse(&set).unwrap();
            assert_eq!(
                (key.key_id(), keys[0].key_id()),
                ("portal-sync-test-3", "portal-sync-test-3")
            );
        }
    }
}

fn rsa_without(members: &[&str]) -> String {
    let mut jwk: Value = serde_json::from_str(RSA_JWK).unwrap();
    for member in members {
        jwk.as_object_mut().unwrap().remove(*member).unwrap();
    }
    jwk.to_string()
}

#[test]
fn an_rsa_key_without_its_primes_says_what_is_needed() {
    for (members, words) in [
        (
            &["p", "q", "dp", "dq", "qi"][..],
            "without `p`, `q`, `dp`, `dq` and `qi`, which",
        ),
        (&["dp", "dq", "qi"], "without `dp`, `dq` and `qi`, which"),
        (&["p", "q"], "without `p` and `q`, which"),
    ] {
        let error = PrivateKey::parse(&rsa_without(members)).unwrap_err();
        assert!(
            matches!(error.kind(), KeyErrorKind::JwkWithoutPrimes { .. }),
            "{error:?}"
        );
        let error = error.to_string();
        assert!(
            error.contains(words) && error.contains("openssl genpkey"),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_usable_jwk_is_called_by_its_name() {
    use KeyErrorKind::*;
    let without = |member: &str| {
        let mut jwk: Value = serde_json::from_str(RSA_JWK).unwrap();
        jwk.as_object_mut().unwrap().remove(member);
        jwk.to_string()
    };
    let with = |jwk: &str, member: &str, value: &str| {
        let mut jwk: Value = serde_json::from_str(jwk).unwrap();
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
        (with(RSA_JWK, "n", "AA"), TooSmall { bits: 0 }),
        (with(RSA_JWK, "use", "enc"), JwkNotForSigning),
        (with(RSA_JWK, "alg", "PS256"), JwkNotForSigning),
        (with(RSA_JWK, "kty", "oct"), UnsupportedAlgorithm),
        (with(EC_JWK, "crv", "secp256k1"), UnsupportedCurve),
        (with(EC_JWK, "crv", "P-521"), JwkNotForSigning),
        (with(P521_JWK, "alg", "ES256"), JwkNotForSigning),
        (with(P521_JWK, "d", "AAAA"), Damaged),
        (with(P521_JWK, "x", &"A".repeat(92)), Damaged),
        (with(EC_JWK, "alg", "ES384"), JwkNotForSigning),
        (with(EC_JWK, "x", "AAAA"), Damaged),
        (
            format!("{{\"keys\": [{RSA_JWK}, {EC_JWK}]}}"),
            JwkSet { private: 2 },
        ),
        (
            with(RSA_JWK, "use", "").replace("\"use\":\"\"", "\"key_ops\":[\"verify\"]"),
            JwkNotForSigning,
        ),
        (r#"{"keys": []}"#.to_owned(), JwkSet { private: 0 }),
    ] {
        assert_eq!(kind_of(&text, PrivateKey::parse(&text)), expected, "{text}");
    }
}
