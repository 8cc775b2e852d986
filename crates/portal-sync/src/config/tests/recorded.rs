//! A tenant's part of a configuration as a recording keeps it.

use crate::config::{Environment, of_each_tenant, recorded};
use crate::run::provider::{Credentials, ProviderConfig, criteria, selection};

const FILES: [(&str, &str); 2] = [
    (
        "key.pem",
        include_str!("../../../../../fixtures/keys/rsa2048.pkcs8.pem"),
    ),
    (
        "app-config.yaml",
        r#"
catalog:
  providers:
    okta:
      - id: acme
        orgUrl: https://acme.okta.com
        oauth: { clientId: 0oa1, privateKey: { $file: key.pem }, keyId: k1 }
        userFilter: status eq "ACTIVE"
        groupFilter: ['a: b', "it's", '$${NAME}', '1', ' c']
        mapping: { renames: null, userName: { template: '{login}' } }
        schedule: { timeout: { minutes: 7 } }
      - oktaUrl: https://b.okta.com
        token: ${TOKEN}
        guard: { users: 3% }
      - id: jwks
        oktaUrl: https://c.okta.com
        clientId: 0oa2
        privateKey: { keys: ['${JWK}'] }
portalSync:
  rateLimit: { share: 50% }
  store: { url: 'postgres://me:${TOKEN}@db' }
  server: { tokens: ['${TOKEN}'] }
  mapping:
    renames: keep
    users: { title: '{title}' }
    groups: { exclude: ['prefix:app-'] }
"#,
    ),
];

const TOKEN: &str = "00examp1e-of-mine-0123456789";

fn plans_by(provider: &ProviderConfig) -> String {
    let ProviderConfig {
        rate_limit,
        limits,
        schedule,
        guard,
        mapping,
        ..
    } = provider;
    let (criteria, timeout) = (criteria(provider), schedule.timeout);
    let kept = selection(provider).kept().cloned();
    format!("{criteria:?} {rate_limit:?} {limits:?} {timeout:?} {guard:?} {mapping:?} {kept:?}")
}

#[test]
fn each_tenants_part_is_read_as_it_was_and_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let jwk = include_str!("../../../../../fixtures/keys/ec-p256.private.jwk.json");
    let environment: Environment = [("TOKEN", TOKEN), ("JWK", jwk)].into_iter().collect();
    let config = crate::config::load(&[], &environment, folder.path());
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    let parts = of_each_tenant(&[], &environment, folder.path()).unwrap();
    assert_eq!(parts.len(), 3);
    for ((id, part), provider) in parts.iter().zip(&config.providers) {
        assert_eq!(*id, provider.id);
        let text = part.to_string();
        for secret in [TOKEN, "PRIVATE KEY", "MII", "\"d\""] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        let file = folder.path().join(format!("{id}.yaml"));
        std::fs::write(&file, &text).unwrap();
        let again = recorded(&file, folder.path());
        let again = again.unwrap_or_else(|errors| panic!("{text}\n{errors}"));
        let [again] = again.providers.as_slice() else {
            panic!("{again:?}")
        };
        assert_eq!(plans_by(again), plans_by(provider), "{text}");
        assert_eq!(again.id, provider.id);
        let is_app = |it: &ProviderConfig| matches!(it.credentials, Credentials::ServiceApp { .. });
        assert_eq!(is_app(again), is_app(provider));
    }
}
