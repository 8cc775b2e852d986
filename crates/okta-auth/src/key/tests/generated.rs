//! Keys that were made: kept, read again, shown and used.

use super::verify::verifies;
use super::*;

#[test]
fn what_is_generated_reads_signs_and_verifies() {
    for algorithm in [
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::ES512,
    ] {
        let generated = PrivateKey::generate(algorithm).unwrap();
        let key = generated.key();
        assert_eq!(key.algorithm(), algorithm);
        assert!(!key.is_named());

        let read = PrivateKey::from_pem(generated.expose_pem()).unwrap();
        assert_eq!(read.key_id(), key.key_id(), "the thumbprint");
        for key in [key, &read] {
            let jws = key.sign(&serde_json::json!({"sub": "me"})).unwrap();
            assert!(verifies(&jws, &generated.key().public_jwk()), "{algorithm}");
            let other = PrivateKey::parse(key_file!("rsa2048.pkcs8.pem")).unwrap();
            assert!(!verifies(&jws, &other.public_jwk()), "{algorithm}");
        }
    }
}

#[test]
fn a_generated_key_is_pem_as_others_write_it_and_does_not_print() {
    let generated = PrivateKey::generate(Algorithm::ES384).unwrap();
    let pem = generated.expose_pem();
    let lines: Vec<&str> = pem.lines().collect();
    assert_eq!(lines.first(), Some(&"-----BEGIN PRIVATE KEY-----"));
    assert_eq!(lines.last(), Some(&"-----END PRIVATE KEY-----"));
    assert!(pem.ends_with('\n') && lines.iter().all(|line| line.len() <= 64));
    assert_eq!(format!("{generated:?}"), "GeneratedKey(ES384, [redacted])");

    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let key = PrivateKey::generate(Algorithm::ES256).unwrap();
        assert!(
            seen.insert(key.key().key_id().to_owned()),
            "no two are equal"
        );
    }
}

/// What OpenSSL writes is written here in the same letters.
#[test]
fn pem_is_written_as_it_was_read() {
    use secrecy::ExposeSecret;
    for text in [GOOD, key_file!("ec-p521.pkcs8.pem")] {
        let body: String = text.lines().filter(|line| !line.contains("---")).collect();
        let der = STANDARD.decode(body).unwrap();
        assert_eq!(pem::write(&der).expose_secret(), text);
    }
}
