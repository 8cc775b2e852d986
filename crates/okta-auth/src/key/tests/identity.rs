//! What a key is called, and what is shown of it.

use serde_json::Value;

use super::public::PublicKey;
use super::verify::verifies;
use super::*;

/// RFC 7638, section 3.1.
#[test]
fn the_thumbprint_is_that_of_the_rfc() {
    let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZC\
                   iFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg\
                   nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIq\
                   bw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let key = PublicKey::Rsa {
        n: modulus.to_owned(),
        e: "AQAB".to_owned(),
    };
    assert_eq!(
        key.thumbprint(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
}

/// The thumbprints were computed with OpenSSL and a JSON text written by hand.
#[test]
fn a_key_without_a_name_is_called_by_its_thumbprint() {
    for (pem, thumbprint) in [
        (GOOD, "0H5zqgS_3u_Y1hImjGuXEzU_y22zJDmBDjxi3apuoUw"),
        (PKCS1, "0H5zqgS_3u_Y1hImjGuXEzU_y22zJDmBDjxi3apuoUw"),
        (
            key_file!("ec-p256.sec1.pem"),
            "4PDj7wNPIpdLugcUCDXQ6g5eNGUz6ZpCXLGaU5eW900",
        ),
        (
            key_file!("ec-p384.pkcs8.pem"),
            "AE7v06lR9PB4SI2EGZ5ayL9tdw5BMHvVD4URT1S4Yx0",
        ),
        (
            key_file!("ec-p521.pkcs8.pem"),
            "Ytkc9XZw0WpWeR19VhgLRLqmXWxxdZ3acmCSHm3cwXo",
        ),
    ] {
        let key = PrivateKey::parse(pem).unwrap();
        assert_eq!(key.key_id(), thumbprint);
        assert!(!key.is_named());
        let named = key.with_key_id("as Okta calls it");
        assert!(named.is_named());
        assert_eq!(named.key_id(), "as Okta calls it");
    }
    let jwk = PrivateKey::parse(key_file!("rsa2048.private.jwk.json")).unwrap();
    assert_eq!((jwk.key_id(), jwk.is_named()), ("portal-sync-test-1", true));
}

#[test]
fn the_public_half_is_what_okta_is_given() {
    for (private, public) in [
        (
            key_file!("ec-p256.private.jwk.json"),
            key_file!("ec-p256.public.jwk.json"),
        ),
        (
            key_file!("ec-p521.private.jwk.json"),
            key_file!("ec-p521.public.jwk.json"),
        ),
    ] {
        let shown = PrivateKey::parse(private).unwrap().public_jwk();
        let [shown, expected]: [Value; 2] =
            [&shown, public].map(|json| serde_json::from_str(json).unwrap());
        assert_eq!(shown, expected, "and nothing of the private half");
    }

    let rsa = PrivateKey::parse(GOOD).unwrap().with_key_id("kid");
    let shown: Value = serde_json::from_str(&rsa.public_jwk()).unwrap();
    let expected: Value = serde_json::from_str(key_file!("rsa2048.public.jwk.json")).unwrap();
    assert_eq!(
        shown,
        serde_json::json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "kid", "e": expected["e"], "n": expected["n"],
        })
    );
    assert!(verifies(&signature(GOOD), &rsa.public_jwk()));
}
