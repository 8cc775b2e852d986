//! Private keys as they come: a JWK or a set of them without quotes, and files that are not what is wanted.

use super::{load_all, refused, tenant};
use crate::config::{Config, ConfigErrors, Environment, load};
use crate::run::provider::Credentials;

/// A JWK under the id `kid`.
fn jwk(kid: &str) -> serde_json::Value {
    let key = include_str!("../../../../../fixtures/keys/ec-p256.private.jwk.json");
    let mut key: serde_json::Value = serde_json::from_str(key).unwrap();
    key["kid"] = kid.into();
    key
}

/// The tenant of an app whose `privateKey` is this text, without a `keyId`.
fn app(key: &str) -> String {
    tenant(&format!(
        "oktaUrl: https://acme.okta.com\nclientId: 0oa1\nprivateKey: {key}"
    ))
}

fn ids(loaded: Result<Config, ConfigErrors>) -> Vec<String> {
    let config = loaded.unwrap_or_else(|errors| panic!("{errors}"));
    let Credentials::ServiceApp { keys, .. } = &config.providers[0].credentials else {
        panic!("no app")
    };
    keys.iter().map(|key| key.key_id().to_owned()).collect()
}

#[test]
fn a_jwk_or_a_set_of_them_needs_no_quotes() {
    let (one, two) = (jwk("k1").to_string(), jwk("k2").to_string());
    let variables = [("NEW", one.as_str()), ("OLD", two.as_str())];
    let key = jwk("k1");
    let members = key.as_object().unwrap().iter();
    let block: String = members
        .flat_map(|(name, value)| ["\n  ".to_owned(), name.clone(), format!(": {value}")])
        .collect();
    for (key, expected) in [
        (one.clone(), vec!["k1"]),
        (block, vec!["k1"]),
        (format!("'{one}'"), vec!["k1"]),
        (format!(r#"{{"keys": [{one}, {two}]}}"#), vec!["k1", "k2"]),
        (format!(r#"'{{"keys": [{one}, {two}]}}'"#), vec!["k1", "k2"]),
        (
            format!("\n  keys:\n    - {one}\n    - '{two}'"),
            vec!["k1", "k2"],
        ),
        (
            "{ keys: ['${NEW}', '${OLD}'] }".to_owned(),
            vec!["k1", "k2"],
        ),
        (
            "\n  keys:\n    - ${NEW}\n    - ${OLD}".to_owned(),
            vec!["k1", "k2"],
        ),
        (
            "\n  keys:\n    - { $file: new.jwk }\n    - ${OLD}".to_owned(),
            vec!["k1", "k2"],
        ),
    ] {
        let file = app(&key);
        let files = [
            ("app-config.yaml", file.as_str()),
            ("new.jwk", one.as_str()),
        ];
        assert_eq!(ids(load_all(&files, &variables)), expected);
    }
    // What is wrong with one is told as of a text, and none of it is shown.
    let mut broken = jwk("k1");
    broken["d"] = "c2VjcmV0".into();
    let told = load_all(&[("app-config.yaml", &app(&broken.to_string()))], &[]);
    let told = told.unwrap_err().to_string();
    assert!(
        told.contains("privateKey") && !told.contains("keyId"),
        "{told}"
    );
    assert!(!told.contains("c2Vj"), "{told}");
}

#[test]
fn a_map_that_is_no_jwk() {
    refused(
        &app("{ file: key.pem }\nkeyId: k"),
        "
app-config.yaml:7:21: catalog.providers.okta.default.privateKey: expected the text of a private key, found a map
",
    );
}

#[test]
fn files_that_are_no_texts_are_told_by_what_they_look_like() {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("{\"kty\"".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (bytes, what, fix) in [
        (
            vec![0x30, 0x82, 0x04, 0xbe, 0x02, 0x01, 0x00, 0x30, 0xff],
            "a private key in DER",
            "openssl pkcs8 -topk8 -nocrypt -inform DER -in key.bin -out key.pem",
        ),
        (
            vec![0x30, 0x81, 0x87, 0x02, 0x01, 0x01, 0x04, 0xff],
            "a private key in DER",
            "openssl pkcs8",
        ),
        (
            vec![0x30, 0x82, 0x09, 0xe1, 0x02, 0x01, 0x03, 0x30, 0xff],
            "PKCS#12",
            "openssl pkcs12 -in key.bin",
        ),
        (
            vec![0x30, 0x82, 0x03, 0x55, 0x30, 0x82, 0xff],
            "DER, a certificate",
            "-inform DER",
        ),
        (utf16, "UTF-16", "save it as UTF-8"),
        (
            vec![0x00, 0x7b, 0x00, 0x22, 0xff],
            "UTF-16",
            "save it as UTF-8",
        ),
        (vec![0xc3, 0x28], "is not UTF-8 text", "save it as UTF-8"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("app-config.yaml"),
            app("{ $file: key.bin }\nkeyId: k"),
        )
        .unwrap();
        std::fs::write(folder.path().join("key.bin"), bytes).unwrap();
        let told = load(&[], &Environment::default(), folder.path())
            .unwrap_err()
            .to_string();
        assert!(
            told.contains("`key.bin`") && told.contains(what) && told.contains(fix),
            "{told}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_key_names_its_file() {
    let file = app("{ $file: secrets/key.pem }\nkeyId: k");
    let files = [
        ("app-config.yaml", file.as_str()),
        ("secrets/key.pem", "hush"),
    ];
    let told = load_all(&files, &[]).unwrap_err().to_string();
    assert!(
        told.contains("in the file `secrets/key.pem`: ") && !told.contains("hush"),
        "{told}"
    );
}
