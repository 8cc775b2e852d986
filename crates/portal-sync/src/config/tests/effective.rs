//! What `config print` shows.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{golden, schema, tenant};
use crate::config::{Config, Environment, load, print};

const KEY: &str = include_str!("../../../../../fixtures/keys/rsa2048.pkcs8.pem");

/// What is printed of these files, all of them read.
fn printed(files: &[(&str, &str)], variables: &[(&str, &str)]) -> crate::config::Effective {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let environment = Environment::from_iter(variables.iter().copied());
    print(&[], &environment, folder.path()).unwrap_or_else(|errors| panic!("{errors}"))
}

const BASE: &str = r#"
catalog:
  providers:
    github: { token: not-ours }
    okta:
      - id: acme
        orgUrl: https://acme.okta.com
        clientId: ${CLIENT_ID}
        keyId: k1
        privateKey: { $file: key.pem }
        userFilter: status eq "ACTIVE"
        groupFilter: ['a: b', "it's", '$${NAME}', '1', ' c']
        rateLimit: { share: null, maxConcurrent: '3' }
        mapping: { renames: null, userName: { template: '{login}' }, groups: { hierarchy: { parentKey: up } } }
      - oktaUrl: https://b.okta.com
        token: ${TOKEN}
        schedule: { frequency: { cron: '0 */2 * * *' }, timeout: { hours: 1.5 } }
portalSync:
  rateLimit: { share: 50% }
  server: { tokens: ['${TOKEN}', { name: ops, token: kP3v9QxLw2ZrTn8s, may: operate }] }
  mapping:
    renames: keep
    userName: { attribute: login }
    users: { annotations: { values: { acme.com/b: '{title}', acme.com/a: '{title} 00examp1e-of-mine' } } }
    groups: { hierarchy: { key: id, separator: null, parentKey: parent } }
"#;

const VARIABLES: [(&str, &str); 3] = [
    ("CLIENT_ID", "0oa1"),
    ("TOKEN", "00examp1e-of-mine"),
    ("APP_CONFIG_portalSync_guard", r#"{ "users": "1%" }"#),
];

#[test]
fn every_value_is_shown_with_the_place_it_comes_from() {
    let local = "portalSync:\n  telemetry: { log: json }\n";
    let files = [
        ("app-config.yaml", BASE),
        ("app-config.local.yaml", local),
        ("key.pem", KEY),
    ];
    let shown = printed(&files, &VARIABLES);
    let text = shown.to_string();
    golden("src/config/tests/effective.yaml", &text);
    let json = shown.json();
    let acme = &json["catalog"]["providers"]["okta"][0];
    assert_eq!(
        acme["rateLimit"],
        json!({ "share": "50%", "maxConcurrent": "3" })
    );
    assert_eq!(acme["groupFilter"][2], "${NAME}");
    for secret in [
        "00examp1e-of-mine",
        "kP3v9QxLw2ZrTn8s",
        KEY.lines().nth(3).unwrap(),
    ] {
        assert!(
            !text.contains(secret) && !json.to_string().contains(secret),
            "{secret}"
        );
    }
}

#[test]
fn secrets_and_forms_of_a_tenant_of_another_shape() {
    let jwk = include_str!("../../../../../fixtures/keys/ec-p256.private.jwk.json");
    let of_map = tenant(&format!(
        "oktaUrl: https://acme.okta.com\noauth: {{ clientId: 0oa1, privateKey: {} }}",
        jwk.replace('\n', "")
    ));
    let single = "catalog:\n  providers:\n    okta:\n      oktaUrl: https://acme.okta.com\n      token: 00a\n";
    let hierarchy = tenant(
        "oktaUrl: https://acme.okta.com\ntoken: 00a\nmapping: { groups: { hierarchy: { separator: ' ' } } }",
    );
    for (file, lines) in [
        (
            of_map.as_str(),
            "        oauth:\n          clientId: 0oa1 # app-config.yaml:6\n          privateKey: '(secret: a JWK)' # app-config.yaml:6\n",
        ),
        (
            single,
            "    okta:\n      oktaUrl: https://acme.okta.com # app-config.yaml:4\n      token: '(secret: a text of 3 characters)' # app-config.yaml:5\n",
        ),
        (
            &hierarchy,
            "            hierarchy:\n              separator: ' ' # app-config.yaml:7\n            merge",
        ),
    ] {
        let shown = printed(&[("app-config.yaml", file)], &[]).to_string();
        assert!(shown.contains(lines), "{shown}");
    }
}

/// Checks that what is printed is one by the schema, and is read as the same configuration once there are secrets in it.
pub(super) fn is_the_same(config: &Config, shown: &str, folder: &Path) {
    schema::accepts("printed.yaml", shown);
    if ["PEM of", "a JWK", "(not shown"]
        .iter()
        .any(|key| shown.contains(key))
    {
        return;
    }
    let lines = shown.lines().enumerate().map(|(number, line)| {
        // `Debug` tells secrets from each other by nothing.
        match line.split_once("'(secret: ") {
            Some((before, _)) => format!("{before}kP3v9QxLw2ZrTn8s{number}\n"),
            None => format!("{line}\n"),
        }
    });
    let text: String = lines.collect();
    std::fs::write(folder.join("printed.yaml"), &text).unwrap();
    let again = load(&["printed.yaml".into()], &Environment::default(), folder);
    let again = again.unwrap_or_else(|errors| panic!("{text}\n{errors}"));
    assert_same(config, &again);
}

fn assert_same(one: &Config, two: &Config) {
    let debug = |config: &Config| {
        format!(
            "{:?}",
            (
                &config.providers,
                &config.store,
                &config.server,
                &config.telemetry
            )
        )
    };
    assert_eq!(debug(two), debug(one));
}

/// What is printed, with the keys put back, is the same configuration.
#[test]
fn what_is_printed_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/config/complete.yaml"
    );
    let key = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/keys/rsa2048.pkcs8.pem"
    );
    let variables = [
        ("OKTA_CLIENT_ID", "0oa1"),
        ("PARTNERS_TOKEN", "00partners"),
        ("PORTAL_SYNC_TOKEN", "kP3v9QxLw2ZrTn8s"),
        ("ONCALL_TOKEN", "Wq7hYd2mXc5kRb1f"),
    ];
    let environment = Environment::from_iter(variables);
    let files = [PathBuf::from(fixtures)];
    let config = load(&files, &environment, folder.path()).unwrap();
    let shown = print(&files, &environment, folder.path())
        .unwrap()
        .to_string();
    let lines = shown
        .lines()
        .map(|line| match line.split_once("'(secret: ") {
            Some((before, _)) if line.contains("PEM") => format!("{before}{{ $file: {key} }}\n"),
            Some((before, _)) if line.contains("PARTNERS_TOKEN") => format!("{before}00partners\n"),
            Some((before, _)) if line.contains("ONCALL") => format!("{before}Wq7hYd2mXc5kRb1f\n"),
            Some((before, _)) => format!("{before}kP3v9QxLw2ZrTn8s\n"),
            None => format!("{line}\n"),
        });
    let text: String = lines.collect();
    std::fs::write(folder.path().join("app-config.yaml"), &text).unwrap();
    let again = load(&[], &Environment::default(), folder.path());
    let again = again.unwrap_or_else(|errors| panic!("{text}\n{errors}"));
    assert_same(&config, &again);
}

#[test]
fn what_is_wrong_is_told_as_ever() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("app-config.yaml"),
        "portalSync: { gard: {} }\n",
    )
    .unwrap();
    let environment = Environment::default();
    let told = print(&[], &environment, folder.path()).unwrap_err();
    let expected = load(&[], &environment, folder.path()).unwrap_err();
    assert_eq!(told.to_string(), expected.to_string());
}

/// Collectors take keys in the query of their address.
#[test]
fn the_query_of_an_address_is_not_shown() {
    let telemetry = "telemetry: { otlpEndpoint: 'https://otel.acme.com/?api-key=hunter2' }";
    let ours = format!("portalSync: {{ {telemetry} }}\n");
    let files = [
        ("app-config.yaml", BASE),
        ("app-config.local.yaml", &ours),
        ("key.pem", KEY),
    ];
    let shown = printed(&files, &VARIABLES).to_string();
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("an address with a query of 15 characters"));
}
