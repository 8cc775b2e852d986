//! Keys of other tools, and of ours at another place, are told with the key to use.

use super::{load_all, refused, tenant, with_token};

#[test]
fn a_tenant_in_the_words_of_others() {
    for (key, fix) in [
        ("frequency: { minutes: 5 }", "`schedule.frequency`"),
        ("timeout: { minutes: 5 }", "`schedule.timeout`"),
        ("initialDelay: 30s", "`schedule.initialDelay`"),
        ("initial_delay: 30s", "`schedule.initialDelay`"),
        ("cron: '0 * * * *'", "`schedule.frequency.cron`"),
        ("interval: 30m", "`schedule.frequency`"),
        ("scope: global", "`schedule.scope`"),
        ("url: x", "`oktaUrl`"),
        ("baseUrl: x", "`oktaUrl`"),
        ("base_url: x", "`oktaUrl`"),
        ("domain: x", "`oktaUrl`"),
        ("apiToken: x", "the key here is `token`"),
        ("api-token: x", "the key here is `token`"),
        ("API_KEY: x", "the key here is `token`"),
        ("clientSecret: x", "leave it out"),
        ("scopes: [okta.users.read]", "leave it out"),
        ("userNamingStrategy: id", "`portalSync.mapping.userName`"),
        ("groupNamingStrategy: id", "`portalSync.mapping.groupName`"),
        ("namingStrategy: id", "`portalSync.mapping.userName`"),
        ("chunkSize: 250", "leave it out"),
        (
            "hierarchyConfig: { parentKey: x }",
            "`portalSync.mapping.groups.hierarchy`",
        ),
        (
            "hierarchy: { parentKey: x }",
            "`portalSync.mapping.groups.hierarchy`",
        ),
        (
            "customAttributesToAnnotationAllowlist: [x]",
            "`portalSync.mapping.users.annotations.attributes`",
        ),
        ("userTransformer: x", "`portalSync.mapping`"),
        ("maxConcurrency: 4", "`rateLimit.maxConcurrent`"),
        ("users: x", "`userFilter`"),
        ("groups: [x]", "`groupFilter`"),
        ("exclude: [x]", "`portalSync.mapping.groups.exclude`"),
        ("userName: id", "`mapping.userName`"),
        ("proxy: http://p", "`HTTPS_PROXY`"),
        ("store: { url: x }", "`portalSync.store`"),
    ] {
        let file = with_token(key, "");
        let errors = load_all(&[("app-config.yaml", &file)], &[]).expect_err(key);
        assert_eq!(errors.iter().count(), 1, "{errors}");
        let text = errors.to_string();
        assert!(text.contains("unknown key") && text.contains(fix), "{text}");
    }
}

#[test]
fn what_stands_under_another_name_is_not_missed_as_well() {
    let expected = "
app-config.yaml:5:9: catalog.providers.okta.default.url: unknown key
  fix: the key here is `oktaUrl`, with the whole address: `oktaUrl: https://acme.okta.com`
app-config.yaml:6:9: catalog.providers.okta.default.apiToken: unknown key
  fix: the key here is `token`
";
    refused(
        &tenant("url: https://acme.okta.com\napiToken: 00examp1e"),
        expected,
    );
    refused(
        &tenant(
            "
domain: acme.okta.com
clientId: 0oa1
oauth: { kid: k1, privateKey: { $file: key.pem }, clientSecret: x }
",
        ),
        "
app-config.yaml:5:9: catalog.providers.okta.default.domain: unknown key
  fix: the key here is `oktaUrl`, with the whole address: `oktaUrl: https://acme.okta.com`
app-config.yaml:7:18: catalog.providers.okta.default.oauth.kid: unknown key
  fix: the key here is `keyId`
app-config.yaml:7:59: catalog.providers.okta.default.oauth.clientSecret: unknown key
  fix: leave it out: an API Services app signs with its `privateKey`
",
    );
    // One tenant without an id is known by such keys, too.
    refused(
        "
catalog:
  providers:
    okta: { url: https://acme.okta.com, apiToken: 00a, schedule: { cron: '0 * * * *' } }
",
        "
app-config.yaml:3:13: catalog.providers.okta.url: unknown key
  fix: the key here is `oktaUrl`, with the whole address: `oktaUrl: https://acme.okta.com`
app-config.yaml:3:41: catalog.providers.okta.apiToken: unknown key
  fix: the key here is `token`
app-config.yaml:3:68: catalog.providers.okta.schedule.cron: unknown key
  fix: write `frequency: { cron: '0 */2 * * *' }`
",
    );
}

#[test]
fn keys_at_another_place() {
    for (key, fix) in [
        (
            "schedule: { frequency: 30m }",
            "`catalog.providers.okta.default`",
        ),
        ("userFilter: status pr", "`catalog.providers.okta.default`"),
        ("userNamingStrategy: id", "`mapping.userName`"),
        ("listen: 127.0.0.1:1", "`server.listen`"),
        ("allowedHosts: [a]", "`server.hosts`"),
        ("database: x", "`store.url`"),
        ("mapping: { userNamingStrategy: id }", "`userName`"),
        (
            "mapping: { hierarchyConfig: { parentKey: x } }",
            "`groups.hierarchy`",
        ),
        ("mapping: { exclude: [x] }", "`groups.exclude`"),
    ] {
        let file = with_token("", &format!("portalSync: {{ {key} }}\n"));
        let errors = load_all(&[("app-config.yaml", &file)], &[]).expect_err(key);
        assert_eq!(errors.iter().count(), 1, "{errors}");
        assert!(errors.to_string().contains(fix), "{errors}");
    }
}
