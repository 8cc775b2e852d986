//! That no secret reaches a message or `Debug`, wherever it was written by mistake; and that what
//! the layers below say about keys, addresses and expressions arrives with its place.

use okta_auth::{OrgUrl, PrivateKey};
use org_filter::SearchExpr;

use super::{load_all, refused, tenant, with_token};

const KEY: &str = include_str!("../../../../../fixtures/keys/rsa2048.pkcs8.pem");

/// Some of the text of the key.
fn of_the_key() -> &'static str {
    KEY.lines().nth(5).unwrap()
}

#[test]
fn debug_shows_no_secret() {
    let file = with_token(
        "",
        "portalSync: { server: { tokens: [s3cret-token-of-the-server] } }\n",
    );
    let app =
        tenant("oktaUrl: https://acme.okta.com\nclientId: 0oa1\nkeyId: k1\nprivateKey: ${KEY}");
    for text in [file, app] {
        let config = load_all(&[("app-config.yaml", &text)], &[("KEY", KEY)]).unwrap();
        let debug = format!("{config:#?}{:?}", config.notices);
        for secret in ["00examp1e", "s3cret-token-of-the-server", of_the_key()] {
            assert!(!debug.contains(secret), "{debug}");
        }
    }
}

#[test]
fn a_key_in_the_wrong_place_is_not_quoted() {
    let places = [
        "clientId: ${KEY}",
        "keyId: ${KEY}",
        "privateKey: ['${KEY}']",
        "privateKey: { a: '${KEY}' }",
        "token: ${KEY}",
        "oauth: ${KEY}",
        "oktaUrl: ${KEY}",
        "id: ${KEY}",
        "userFilter: ${KEY}",
        "groupFilter: ${KEY}",
        "groupFilter: { names: '${KEY}' }",
        "usersFromGroups: ${KEY}",
        "schedule: ${KEY}",
        "schedule: { frequency: '${KEY}' }",
        "schedule: { timeout: { minutes: '${KEY}' } }",
        "schedule: { frequency: { cron: '${KEY}' } }",
        "rateLimit: { share: '${KEY}' }",
        "rateLimit: { maxConcurrent: '${KEY}' }",
        "mapping: { userName: '${KEY}' }",
        "privateKey: { $file: '${KEY}' }",
        "privateKey: { $env: '${KEY}' }",
        "privateKey: { $include: '${KEY}' }",
        "privateKey: { $include: 'a.yaml#${KEY}' }",
    ];
    let escaped = KEY.trim().replace('\n', "\\n");
    for place in places {
        for key in [KEY, &escaped] {
            let text = tenant(&format!("orgUrl: https://acme.okta.com\n{place}"));
            let errors = load_all(
                &[("app-config.yaml", &text), ("a.yaml", "{}")],
                &[("KEY", key)],
            )
            .unwrap_err();
            assert!(
                !format!("{errors}{errors:?}").contains(of_the_key()),
                "{place}\n{errors}"
            );
        }
    }
}

#[test]
fn a_token_is_not_quoted() {
    let files = [
        tenant("oktaUrl: https://acme.okta.com\ntoken: '00s3cret,'"),
        tenant("oktaUrl: https://acme.okta.com\ntoken: 's3cret s3cret'"),
        tenant("oktaUrl: https://acme.okta.com\ntoken: [s3cret]"),
        tenant("oktaUrl: https://acme.okta.com\ntoken: { value: s3cret }"),
        tenant("oktaUrl: https://acme.okta.com\ntoken: { $file: '${TOKEN}' }"),
        tenant("oktaUrl: https://acme.okta.com\ntoken: 's3cret"),
        tenant("oktaUrl: https://user:s3cret@acme.okta.com\ntoken: 00a"),
        with_token("", "portalSync: { server: { tokens: s3cret } }\n"),
        with_token("", "portalSync: { server: { tokens: ['s3 s3cret'] } }\n"),
        with_token("", "portalSync: { server: { tokens: { a: s3cret } } }\n"),
        with_token("", "portalSync: { server: { tokens: [s3cret] } }\n"),
        with_token(
            "",
            "portalSync: { server: { tokens: [{ name: a, token: s3cret }] } }\n",
        ),
        with_token(
            "",
            "portalSync: { server: { tokens: [{ name: a, token: [s3cret] }] } }\n",
        ),
        with_token(
            "",
            "portalSync: { server: { tokens: [{ name: a, secret: s3cret }] } }\n",
        ),
        with_token(
            "",
            "portalSync: { server: { tokens: [{ name: a, token: s3cret-kP3v9QxLw2ZrTn8s }, s3cret-kP3v9QxLw2ZrTn8s] } }\n",
        ),
        with_token(
            "",
            "portalSync: { server: { hosts: ['https://me:s3cret@catalog'] } }\n",
        ),
        with_token(
            "",
            "portalSync: { store: { url: 'postgres://me:s3cret@db/portal?sslmode=s' } }\n",
        ),
        with_token(
            "",
            "portalSync: { telemetry: { otlpEndpoint: 'ftp://me:s3cret@host' } }\n",
        ),
    ];
    for text in files {
        let errors = load_all(&[("app-config.yaml", &text)], &[("TOKEN", "s3cret")]).unwrap_err();
        assert!(
            !format!("{errors}{errors:?}").contains("s3cret"),
            "{text}\n{errors}"
        );
    }
}

#[test]
fn keys_are_refused_with_the_reason() {
    macro_rules! key {
        ($name:literal) => {
            include_str!(concat!("../../../../../fixtures/keys/", $name))
        };
    }
    let keys = [
        "no key",
        key!("rsa2048.public.pem"),
        key!("certificate.pem"),
        key!("rsa2048.encrypted.pem"),
        key!("rsa1024.pem"),
        key!("ed25519.pem"),
    ];
    for key in keys {
        let text =
            tenant("oktaUrl: https://acme.okta.com\nclientId: 0oa1\nkeyId: k1\nprivateKey: ${KEY}");
        let errors = load_all(&[("app-config.yaml", &text)], &[("KEY", key)]).unwrap_err();
        let reason = PrivateKey::from_pem(key.trim()).unwrap_err();
        let expected =
            format!("app-config.yaml:8:21: catalog.providers.okta.default.privateKey: {reason}");
        assert_eq!(errors.to_string(), expected);
    }
}

#[test]
fn addresses_are_refused_with_the_reason() {
    for url in [
        "https://acme-admin.okta.com",
        "http://acme.okta.com",
        "https://acme.okta.com/app",
        "acme.okta.com",
    ] {
        let reason = OrgUrl::parse(url).unwrap_err();
        let expected =
            format!("app-config.yaml:5:18: catalog.providers.okta.default.oktaUrl: {reason}");
        refused(&tenant(&format!("oktaUrl: {url}\ntoken: 00a")), &expected);
    }
}

#[test]
fn expressions_are_refused_with_carets() {
    for (filter, fix) in [
        (r#"status = "ACTIVE""#, ""),
        (r#"profile.name eq "a"#, ""),
        (
            "Engineering",
            "\n  fix: to select groups by name, write a list: `[\"Engineering\"]`",
        ),
    ] {
        let rendered = filter.parse::<SearchExpr>().unwrap_err().render();
        let carets: String = rendered
            .lines()
            .map(|line| format!("\n    {line}"))
            .collect();
        assert!(carets.contains('^'), "{carets}");
        let expected = format!(
            "app-config.yaml:7:22: catalog.providers.okta.default.groupFilter: not a search expression{carets}{fix}"
        );
        refused(
            &with_token(&format!("groupFilter: {filter}"), ""),
            &expected,
        );
    }
}

#[cfg(unix)]
#[test]
fn files_with_secrets_that_others_can_open_are_told_with_their_fix() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    let inline = with_token(
        "",
        "portalSync: { server: { tokens: [s3cret-token-9d1f] } }\n",
    );
    let app = |key: &str| {
        tenant(&format!(
            "oktaUrl: https://acme.okta.com\nclientId: 0oa1\nkeyId: k1\nprivateKey: {key}"
        ))
    };
    let (by_file, by_variable) = (app("{ $file: key.pem }"), app("${KEY}"));
    let include = "portalSync: { server: { tokens: [{ $file: token }] } }\n";
    let by_list = format!("{by_variable}\n{include}");
    for (what, text, of_config, of_key, told) in [
        ("all are private", &inline, 0o600, 0o600, &[][..]),
        ("inline", &inline, 0o644, 0o600, &["app-config.yaml"]),
        ("a key", &by_file, 0o644, 0o640, &["key.pem"]),
        ("a key for all", &by_file, 0o600, 0o666, &["key.pem"]),
        ("a private key", &by_file, 0o644, 0o400, &[]),
        ("a variable", &by_variable, 0o644, 0o644, &[]),
        ("a token", &by_list, 0o600, 0o644, &["token"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (name, text, mode) in [
            ("app-config.yaml", text.as_str(), of_config),
            ("key.pem", KEY, of_key),
            ("token", "s3cret-token-9d1f", of_key),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        }
        let environment = [("KEY", KEY)].into_iter().collect();
        let config = crate::config::load(&[], &environment, folder.path());
        let config = config.unwrap_or_else(|errors| panic!("{what}: {errors}"));
        let exposed: Vec<String> = config.exposed.iter().map(ToString::to_string).collect();
        assert_eq!(exposed.len(), told.len(), "{what}: {exposed:?}");
        for (exposed, name) in exposed.iter().zip(told) {
            let fix = format!("`chmod 600 {}`", folder.path().join(name).display());
            assert!(exposed.contains(&fix), "{what}: {exposed}");
        }
    }
}
