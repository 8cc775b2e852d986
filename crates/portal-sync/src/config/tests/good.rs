//! Configurations that are accepted, in every form, and what is made of them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use okta_api::RateLimitShare;
use okta_auth::PrivateKey;
use secrecy::ExposeSecret;

use super::{load_all, tenant, with_token};
use crate::config::{Config, Environment, load};
use crate::decide::rules::{GroupNaming, UserNaming};
use crate::read::directory::Limits;
use crate::read::selection::GroupFilter;
use crate::run::provider::{Credentials, ProviderConfig};
use crate::run::schedule::{Frequency, Schedule};
use crate::serve::Permission;
use crate::store::{Retention, StoreUrl};
use crate::telemetry::LogFormat;

fn accepted(text: &str) -> Config {
    load_all(&[("app-config.yaml", text)], &[]).unwrap_or_else(|errors| panic!("{text}\n{errors}"))
}

/// The one tenant of a file.
fn only(text: &str) -> ProviderConfig {
    let mut providers = accepted(text).providers;
    assert_eq!(providers.len(), 1, "{text}");
    providers.remove(0)
}

fn notices(config: &Config) -> Vec<String> {
    config.notices.iter().map(ToString::to_string).collect()
}

#[test]
fn every_key_is_read() {
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/config"
    ));
    let variables = [
        ("OKTA_CLIENT_ID", "0oa1"),
        ("PARTNERS_TOKEN", "00partners"),
        ("PORTAL_SYNC_TOKEN", "kP3v9QxLw2ZrTn8s"),
        ("ONCALL_TOKEN", "Wq7hYd2mXc5kRb1f"),
    ];
    let environment = Environment::from_iter(variables);
    let config = load(&[PathBuf::from("complete.yaml")], &environment, folder)
        .unwrap_or_else(|errors| panic!("{errors}"));

    let [acme, partners] = &config.providers[..] else {
        panic!("{config:?}")
    };
    assert_eq!(acme.id, "acme");
    assert_eq!(acme.org.to_string(), "https://acme.okta.com");
    let Credentials::ServiceApp { client_id, keys } = &acme.credentials else {
        panic!("{acme:?}")
    };
    assert_eq!(client_id, "0oa1");
    assert_eq!(key_ids(keys), ["portal-sync-test-1"]);
    let schedule = Schedule {
        frequency: Frequency::Every(Duration::from_secs(900)),
        timeout: Duration::from_secs(600),
        initial_delay: Duration::from_secs(90),
    };
    assert_eq!(acme.schedule, schedule);
    assert_eq!(
        acme.user_filter.as_ref().unwrap().to_string(),
        r#"status eq "ACTIVE""#
    );
    let Some(GroupFilter::Search(search)) = &acme.group_filter else {
        panic!("{acme:?}")
    };
    assert_eq!(search.to_string(), r#"profile.name sw "public-""#);
    assert!(!acme.users_from_groups && !acme.include_empty_groups);
    // What the tenant leaves out is taken from `portalSync`.
    assert_eq!(
        (acme.rate_limit.share, acme.rate_limit.max_concurrent.get()),
        (RateLimitShare::percent(50).unwrap(), 4)
    );
    assert_eq!((acme.guard.users.get(), acme.guard.groups.get()), (5, 2));
    assert_eq!((acme.guard.members.get(), acme.guard.minimum), (3, 0));
    assert_eq!(acme.guard.renames.get(), 7);
    let limits = Limits {
        users: 1_000,
        groups: 2_000,
        members: 30_000,
    };
    assert_eq!(acme.limits, limits);
    assert_eq!(acme.mapping.user_name, [UserNaming::Login]);
    assert_eq!(acme.mapping.group_name, [GroupNaming::ProfileName]);

    assert_eq!(partners.id, "partners");
    assert_eq!(partners.org.to_string(), "https://partners.oktapreview.com");
    assert!(matches!(partners.credentials, Credentials::ApiToken(_)));
    let Frequency::Cron(cron) = &partners.schedule.frequency else {
        panic!("{partners:?}")
    };
    assert_eq!(cron.to_string(), "0 */2 * * *");
    let names = vec!["Partners".to_owned(), "Partners: Operations".to_owned()];
    assert_eq!(partners.group_filter, Some(GroupFilter::Names(names)));
    assert!(partners.users_from_groups && partners.include_empty_groups);
    assert_eq!(partners.mapping.user_name, [UserNaming::Id]);

    assert_eq!(
        config.store.url,
        StoreUrl::Sqlite(folder.join("data/catalog.db"))
    );
    assert_eq!(config.server.listen, SocketAddr::from(([0, 0, 0, 0], 8080)));
    let [plain, oncall] = &config.server.tokens[..] else {
        panic!("{:?}", config.server)
    };
    assert_eq!(plain.secret.expose_secret(), "kP3v9QxLw2ZrTn8s");
    assert_eq!((&plain.name, plain.may), (&None, Permission::Read));
    assert_eq!(oncall.secret.expose_secret(), "Wq7hYd2mXc5kRb1f");
    assert_eq!(oncall.name.as_deref(), Some("oncall"));
    assert_eq!(oncall.may, Permission::Operate);
    assert_eq!(config.server.hosts, ["catalog.acme.internal", "10.0.0.7"]);
    assert_eq!(config.telemetry.log, LogFormat::Json);
    assert_eq!(
        config.telemetry.otlp_endpoint.as_ref().unwrap().as_str(),
        "http://collector:4318/"
    );
    let slash = "complete.yaml:30:17: catalog.providers.okta.partners.orgUrl: \
                 the slash at the end of `https://partners.oktapreview.com/` was removed";
    let clear = "complete.yaml:37:13: portalSync.server.listen: \
                 `0.0.0.0:8080` is reachable from other machines in clear (plain HTTP), tokens included: \
                 let only a proxy that speaks TLS reach it, or listen on `127.0.0.1` behind one";
    assert_eq!(notices(&config), [clear, slash]);
}

#[test]
fn what_is_left_out_has_a_default() {
    let config = accepted(&with_token("", ""));
    let provider = &config.providers[0];
    assert_eq!(provider.id, "default");
    assert_eq!(provider.schedule, Schedule::default());
    assert_eq!(
        provider.schedule.frequency,
        Frequency::Every(Duration::from_secs(1_800))
    );
    assert_eq!(provider.schedule.timeout, Duration::from_secs(1_800));
    assert_eq!(provider.schedule.initial_delay, Duration::ZERO);
    assert!(provider.user_filter.is_none() && provider.group_filter.is_none());
    assert!(provider.users_from_groups && provider.include_empty_groups);
    assert_eq!(
        (
            provider.rate_limit.share,
            provider.rate_limit.max_concurrent.get()
        ),
        (RateLimitShare::percent(80).unwrap(), 8)
    );
    let guard = provider.guard;
    assert_eq!(
        (guard.users.get(), guard.groups.get(), guard.members.get()),
        (10, 10, 50)
    );
    assert_eq!((guard.renames.get(), guard.minimum), (20, 5));
    assert_eq!(provider.mapping.user_name, [UserNaming::StripDomainEmail]);
    assert_eq!(provider.mapping.group_name, [GroupNaming::KebabCaseName]);
    let path = config.store.url.file().unwrap();
    assert!(
        path.is_absolute() && path.ends_with("portal-sync.db"),
        "{path:?}"
    );
    assert_eq!(
        config.server.listen,
        SocketAddr::from(([127, 0, 0, 1], 7007))
    );
    assert!(config.server.tokens.is_empty() && config.server.hosts.is_empty());
    assert_eq!(config.telemetry.log, LogFormat::Text);
    assert_eq!(config.telemetry.otlp_endpoint, None);
    assert!(config.notices.is_empty());
}

#[test]
fn tenants_come_as_a_map_a_list_or_one() {
    let table = [
        (
            "okta: { default: { oktaUrl: https://a.okta.com, token: 00a } }",
            vec!["default"],
        ),
        (
            "okta: { z: { oktaUrl: https://a.okta.com, token: 00a }, b: { oktaUrl: https://b.okta.com, token: 00b } }",
            vec!["z", "b"],
        ),
        (
            "okta: { gone: null, b: { oktaUrl: https://b.okta.com, token: 00b } }",
            vec!["b"],
        ),
        (
            "okta: { oktaUrl: https://a.okta.com, token: 00a }",
            vec!["default"],
        ),
        (
            "okta: { orgUrl: https://a.okta.com, token: 00a, id: acme }",
            vec!["acme"],
        ),
        (
            "okta: [{ id: z, oktaUrl: https://a.okta.com, token: 00a }, { id: b, oktaUrl: https://b.okta.com, token: 00b }]",
            vec!["z", "b"],
        ),
        (
            "okta: [{ orgUrl: https://a.okta.com, token: 00a }]",
            vec!["a.okta.com"],
        ),
        // An id may look like a key of a tenant, or hold a dot.
        (
            "okta: { schedule: { oktaUrl: https://a.okta.com, token: 00a } }",
            vec!["schedule"],
        ),
        (
            "okta: { acme.eu: { oktaUrl: https://a.okta.com, token: 00a } }",
            vec!["acme.eu"],
        ),
        (
            "okta: { 1: { oktaUrl: https://a.okta.com, token: 00a } }",
            vec!["1"],
        ),
    ];
    for (okta, expected) in table {
        let config = accepted(&format!("catalog: {{ providers: {{ {okta} }} }}\n"));
        let ids: Vec<_> = config
            .providers
            .iter()
            .map(|provider| provider.id.as_str())
            .collect();
        assert_eq!(ids, expected, "{okta}");
    }
}

#[test]
fn a_service_app_is_read_under_each_of_its_names() {
    let key = include_str!("../../../../../fixtures/keys/rsa2048.pkcs8.pem");
    let escaped = key.trim().replace('\n', "\\n");
    let block = key.trim().replace('\n', "\n    ");
    let table = [
        format!("clientId: 0oa1\nkeyId: k1\nprivateKey: |\n    {block}"),
        format!("clientId: 0oa1\nkeyId: k1\nprivateKey: '{escaped}'"),
        format!("clientId: 0oa1\nkeyId: k1\nprivateKey: \"{escaped}\""),
        format!("oauth: {{ clientId: 0oa1, keyId: k1, privateKey: '{escaped}' }}"),
        format!("clientId: 0oa1\noauth: {{ keyId: k1, privateKey: '{escaped}' }}"),
    ];
    for keys in table {
        let provider = only(&tenant(&format!("oktaUrl: https://acme.okta.com\n{keys}")));
        let Credentials::ServiceApp {
            client_id,
            keys: read,
        } = provider.credentials
        else {
            panic!("{keys}")
        };
        assert_eq!(client_id, "0oa1", "{keys}");
        assert_eq!(key_ids(&read), ["k1"], "{keys}");
    }
}

fn key_ids(keys: &[PrivateKey]) -> Vec<&str> {
    keys.iter().map(PrivateKey::key_id).collect()
}

#[test]
fn a_jwk_brings_its_key_id() {
    let jwk =
        include_str!("../../../../../fixtures/keys/ec-p256.private.jwk.json").replace('\n', "");
    for (keys, expected) in [
        (
            format!("clientId: 0oa1\nprivateKey: '{jwk}'"),
            "portal-sync-test-2",
        ),
        (
            format!("clientId: 0oa1\nkeyId: k1\nprivateKey: '{jwk}'"),
            "k1",
        ),
        (
            format!("oauth: {{ clientId: 0oa1, privateKey: '{jwk}' }}"),
            "portal-sync-test-2",
        ),
    ] {
        let config = accepted(&tenant(&format!("oktaUrl: https://acme.okta.com\n{keys}")));
        let Credentials::ServiceApp { keys: read, .. } = &config.providers[0].credentials else {
            panic!("{keys}")
        };
        assert_eq!(key_ids(read), [expected], "{keys}");
    }
}

#[test]
fn a_jwk_set_brings_several_keys_in_their_order() {
    let [new, old, public] = [
        include_str!("../../../../../fixtures/keys/ec-p521.private.jwk.json"),
        include_str!("../../../../../fixtures/keys/rsa2048.private.jwk.json"),
        include_str!("../../../../../fixtures/keys/ec-p256.public.jwk.json"),
    ]
    .map(|jwk| jwk.replace('\n', ""));
    let set = format!(r#"{{"keys": [{new}, {public}, {old}]}}"#);
    let escaped = format!("\"{}\"", set.replace('"', "\\\""));
    for keys in [&set, &escaped] {
        let config = accepted(&tenant(&format!(
            "oktaUrl: https://acme.okta.com\nclientId: 0oa1\nprivateKey: '{keys}'"
        )));
        let Credentials::ServiceApp { keys, .. } = &config.providers[0].credentials else {
            panic!("{keys}")
        };
        assert_eq!(key_ids(keys), ["portal-sync-test-3", "portal-sync-test-1"]);
    }
}

#[test]
fn the_service_app_wins_over_the_token() {
    let key = include_str!("../../../../../fixtures/keys/rsa2048.pkcs1.pem")
        .trim()
        .replace('\n', "\\n");
    let config = accepted(&with_token(
        &format!("clientId: 0oa1\nkeyId: k1\nprivateKey: '{key}'"),
        "",
    ));
    assert!(matches!(
        config.providers[0].credentials,
        Credentials::ServiceApp { .. }
    ));
    let notice = "app-config.yaml:6:16: catalog.providers.okta.default.token: not used: \
                  the private key of the service app is used instead of the API token";
    assert_eq!(notices(&config), [notice]);
}

#[test]
fn schedules() {
    let every = |seconds| Frequency::Every(Duration::from_secs(seconds));
    let table = [
        ("{ minutes: 30 }", every(1_800)),
        (
            "{ hours: 1, minutes: 30, seconds: 1.5 }",
            Frequency::Every(Duration::from_millis(5_401_500)),
        ),
        (
            "{ years: 1, months: 1, weeks: 1, days: 1, milliseconds: 1000 }",
            every(403 * 86_400 + 1),
        ),
        ("{ minutes: '5' }", every(300)),
        ("PT1H30M", every(5_400)),
        ("P2DT6H", every(194_400)),
        ("30m", every(1_800)),
        ("2 seconds", every(2)),
        ("1.5h", every(5_400)),
        ("manual", Frequency::Manual),
        ("{ trigger: manual }", Frequency::Manual),
    ];
    for (frequency, expected) in table {
        let provider = only(&with_token(
            &format!("schedule: {{ frequency: {frequency}, timeout: 3m }}"),
            "",
        ));
        assert_eq!(provider.schedule.frequency, expected, "{frequency}");
        assert_eq!(
            provider.schedule.timeout,
            Duration::from_secs(180),
            "{frequency}"
        );
    }
    for pattern in [
        "*/5 * * * *",
        "0 */5 * * * *",
        " @hourly ",
        "0 3 * * MON-FRI",
        "0 3 * * 7",
        // What the parser of Backstage takes besides.
        "5/15 * * * *",
        "@secondly",
        "@minutely",
        "@Weekdays",
        "@weekends",
    ] {
        let provider = only(&with_token(
            &format!("schedule: {{ frequency: {{ cron: '{pattern}' }} }}"),
            "",
        ));
        assert!(
            matches!(provider.schedule.frequency, Frequency::Cron(_)),
            "{pattern}"
        );
    }
}

#[test]
fn group_filters() {
    let names =
        |names: &[&str]| GroupFilter::Names(names.iter().map(|&name| name.to_owned()).collect());
    let search = |text: &str| GroupFilter::Search(text.parse().unwrap());
    let table = [
        ("[Engineering]", names(&["Engineering"])),
        (
            "{ names: [a, 'b, c', Ünïcode] }",
            names(&["a", "b, c", "Ünïcode"]),
        ),
        (r#"profile.name eq "a""#, search(r#"profile.name eq "a""#)),
        (
            r#"{ search: type eq "APP_GROUP" }"#,
            search(r#"type eq "APP_GROUP""#),
        ),
    ];
    for (filter, expected) in table {
        let provider = only(&with_token(&format!("groupFilter: {filter}"), ""));
        assert_eq!(provider.group_filter, Some(expected), "{filter}");
    }
}

#[test]
fn asking_for_deprovisioned_users_is_noticed() {
    let table = [
        (r#"status eq "DEPROVISIONED""#, true),
        (
            r#"profile.city eq "Oslo" or (status eq "ACTIVE" or status EQ "deprovisioned")"#,
            true,
        ),
        (r#"status eq "ACTIVE""#, false),
        (
            r#"status lt "DEPROVISIONED" or status gt "DEPROVISIONED""#,
            false,
        ),
        (r#"profile.status eq "DEPROVISIONED""#, false),
        (r#"not (status eq "DEPROVISIONED")"#, false),
    ];
    for (filter, expected) in table {
        let config = accepted(&with_token(&format!("userFilter: {filter}"), ""));
        assert_eq!(config.notices.len(), usize::from(expected), "{filter}");
    }
}

#[test]
fn texts_stand_for_numbers_and_flags() {
    let text = with_token(
        "usersFromGroups: 'no'\nincludeEmptyGroups: 'FALSE'\nrateLimit: { maxConcurrent: '3', share: 7 % }",
        "",
    );
    let provider = only(&text);
    assert!(!provider.users_from_groups && !provider.include_empty_groups);
    assert_eq!(
        (
            provider.rate_limit.share,
            provider.rate_limit.max_concurrent.get()
        ),
        (RateLimitShare::percent(7).unwrap(), 3)
    );
}

#[test]
fn the_path_of_the_store_is_everything_after_the_colon() {
    for (url, end) in [
        ("sqlite:/var/lib/a.db", "/var/lib/a.db"),
        ("sqlite:a b:c.db", "a b:c.db"),
    ] {
        let config = accepted(&with_token(
            "",
            &format!("portalSync: {{ store: {{ url: '{url}' }} }}\n"),
        ));
        let path = config.store.url.file().unwrap();
        assert!(path.ends_with(end), "{path:?}");
    }
}

#[test]
fn retention_is_what_is_configured_or_usual() {
    for (program, runs, days) in [
        ("", 1_000, 400),
        ("portalSync: { retention: {} }", 1_000, 400),
        ("portalSync: { retention: { days: 30 } }", 1_000, 30),
        (
            "portalSync: { retention: { runs: '5', days: 36500 } }",
            5,
            36_500,
        ),
    ] {
        let config = accepted(&with_token("", program));
        assert_eq!(config.retention, Retention { runs, days }, "{program}");
    }
}

#[test]
fn limits_are_those_of_the_tenant_then_of_all_then_the_usual() {
    let tenant = only(&with_token("", ""));
    assert_eq!(tenant.limits, Limits::default());
    let limits = &tenant.limits;
    assert_eq!(
        (limits.users, limits.groups, limits.members),
        (2_000_000, 500_000, 20_000_000)
    );
    let tenant = only(&with_token(
        "limits: { users: 7 }",
        "portalSync: { limits: { users: 5, groups: '6' } }",
    ));
    let limits = &tenant.limits;
    assert_eq!(
        (limits.users, limits.groups, limits.members),
        (7, 6, 20_000_000)
    );
}
