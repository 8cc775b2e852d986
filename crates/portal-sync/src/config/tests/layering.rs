//! How files and variables are found, merged and overridden, and that every value keeps its place.

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::{load_all, load_given, with_token};
use crate::config::Config;
use crate::read::selection::GroupFilter;
use okta_api::RateLimitShare;

fn concurrent(config: &Config) -> u32 {
    config.providers[0].rate_limit.max_concurrent.get()
}

fn names(config: &Config) -> Vec<&str> {
    match &config.providers[0].group_filter {
        Some(GroupFilter::Names(names)) => names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn later_files_win_key_by_key() {
    let one = with_token(
        "groupFilter: [a, b]\nrateLimit: { share: 50%, maxConcurrent: 2 }\nuserFilter: status pr",
        "",
    );
    let two = "catalog: { providers: { okta: { default: { groupFilter: [c], rateLimit: { maxConcurrent: 3 }, userFilter: null } } } }\n";
    let files = [
        ("app-config.yaml", one.as_str()),
        ("app-config.local.yaml", two),
    ];
    for given in [&[][..], &["app-config.yaml", "app-config.local.yaml"]] {
        let config = load_given(given, &files, &[]).unwrap();
        assert_eq!(names(&config), ["c"], "lists are replaced");
        assert_eq!(concurrent(&config), 3);
        assert_eq!(
            config.providers[0].rate_limit.share,
            RateLimitShare::percent(50).unwrap(),
            "maps are merged"
        );
        assert!(config.providers[0].user_filter.is_none(), "null is absent");
    }
    let turned = load_given(&["app-config.local.yaml", "app-config.yaml"], &files, &[]).unwrap();
    assert_eq!((names(&turned), concurrent(&turned)), (vec!["a", "b"], 2));
    let alone = load_given(&["app-config.yaml"], &files, &[]).unwrap();
    assert_eq!(
        concurrent(&alone),
        2,
        "the default files are not read beside the given ones"
    );
}

#[test]
fn an_error_is_told_where_its_value_stands() {
    let one = with_token("rateLimit: { share: 50 }\nguard: { users: 5 }", "");
    let two = "catalog:\n  providers:\n    okta:\n      default: { rateLimit: { shares: 5%, share: 0% } }\n";
    let errors = load_given(
        &["base.yaml", "conf/more.yaml"],
        &[("base.yaml", &one), ("conf/more.yaml", two)],
        &[],
    );
    let expected = "\
base.yaml:8:25: catalog.providers.okta.default.guard.users: `5` has no percent sign
  fix: write `5%`
conf/more.yaml:4:31: catalog.providers.okta.default.rateLimit.shares: unknown key
  fix: did you mean `share`?
conf/more.yaml:4:50: catalog.providers.okta.default.rateLimit.share: expected a percentage from `1%` to `100%`, found `0%`";
    assert_eq!(errors.unwrap_err().to_string(), expected);
}

#[test]
fn files_that_are_not_there() {
    let errors = load_given(&["a.yaml", "b.yaml"], &[("b.yaml", "[\n")], &[]).unwrap_err();
    let expected = "there is no file `a.yaml`\nb.yaml:1:1: not valid YAML: unclosed bracket '['";
    assert_eq!(errors.to_string(), expected);

    let errors = load_all(&[], &[]).unwrap_err();
    let expected = "\
no configuration: there is neither `app-config.yaml` nor `app-config.local.yaml` in the working directory
    catalog:
      providers:
        okta:
          default:
            oktaUrl: https://acme.okta.com
            clientId: ${OKTA_CLIENT_ID}
            keyId: ${OKTA_KEY_ID}
            privateKey: ${OKTA_PRIVATE_KEY}
  fix: write one as above, or name it: `--config app-config.yaml`";
    assert_eq!(errors.to_string(), expected);
}

#[test]
fn variables_are_replaced_in_texts() {
    let variables = [("SET", " a "), ("EMPTY", ""), ("OTHER", "b")];
    let table = [
        ("${SET}", "a"),
        ("${ SET }-${OTHER}", "a-b"),
        ("${NOT_SET:-c}", "c"),
        ("${EMPTY:-c}", "c"),
        ("${SET:-c}", "a"),
        ("$${SET}", "${SET}"),
        ("$${SET}${SET}", "${SET}a"),
        ("$SET $$ $", "$SET $$ $"),
        ("${SET", "${SET"),
        ("a } b {", "a } b {"),
    ];
    for (text, expected) in table {
        let file = with_token(&format!("groupFilter: ['{text}']"), "");
        let config = load_all(&[("app-config.yaml", &file)], &variables).unwrap();
        assert_eq!(names(&config), [expected], "{text}");
    }
}

#[test]
fn a_variable_that_is_not_set_matters_only_where_it_is_used() {
    let unset = with_token("userFilter: ${USER_FILTER}", "other: ${OTHER}\n");
    let message = "app-config.yaml:7:21: catalog.providers.okta.default.userFilter: the variable `USER_FILTER` is not set";
    let errors = load_all(&[("app-config.yaml", &unset)], &[]).unwrap_err();
    assert_eq!(errors.to_string().lines().next(), Some(message));

    let over = |value| {
        format!("catalog: {{ providers: {{ okta: {{ default: {{ userFilter: {value} }} }} }} }}\n")
    };
    for value in ["status pr", "null"] {
        let local = over(value);
        let files = [
            ("app-config.yaml", unset.as_str()),
            ("app-config.local.yaml", &local),
        ];
        assert!(load_all(&files, &[]).is_ok(), "overridden by {value}");
    }
    let list = with_token("groupFilter: [a, '${NAME}']", "");
    let shorter = "catalog: { providers: { okta: { default: { groupFilter: [b] } } } }\n";
    let files = [
        ("app-config.yaml", list.as_str()),
        ("app-config.local.yaml", shorter),
    ];
    assert_eq!(names(&load_all(&files, &[]).unwrap()), ["b"]);

    let optional = with_token("userFilter: ${USER_FILTER:-}", "");
    let config = load_all(&[("app-config.yaml", &optional)], &[]).unwrap();
    assert!(
        config.providers[0].user_filter.is_none(),
        "an empty default means absent"
    );
}

#[test]
fn references_start_at_the_folder_of_their_file() {
    let files = [
        (
            "conf/app.yaml",
            "catalog: { $include: parts/catalog.yaml }\nportalSync: { $include: 'parts/all.json#sync' }\n",
        ),
        (
            "conf/parts/catalog.yaml",
            "providers: { okta: { $include: 'okta.yml#tenants.acme' } }\n",
        ),
        (
            "conf/parts/okta.yml",
            "tenants: { acme: { oktaUrl: 'https://${TENANT}.okta.com', token: { $file: token.txt } } }\n",
        ),
        (
            "conf/parts/token.txt",
            "00Wq7hYd2mXc5kRb1f${not-replaced}".trim_end_matches("${not-replaced}"),
        ),
        (
            "conf/parts/all.json",
            r#"{ "sync": { "server": { "tokens": [{ "$env": "TOKEN" }, { "$file": "token.txt" }] } } }"#,
        ),
    ];
    let config = load_given(
        &["conf/app.yaml"],
        &files,
        &[("TENANT", "acme"), ("TOKEN", "kP3v9QxLw2ZrTn8s")],
    );
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(config.providers[0].org.host(), "acme.okta.com");
    let tokens: Vec<_> = config
        .server
        .tokens
        .iter()
        .map(|token| token.secret.expose_secret())
        .collect();
    assert_eq!(tokens, ["kP3v9QxLw2ZrTn8s", "00Wq7hYd2mXc5kRb1f"]);
}

#[test]
fn contents_of_files_are_trimmed_at_the_end_and_not_replaced() {
    let files = [
        (
            "app-config.yaml",
            &*with_token("groupFilter: [{ $file: name.txt }]", ""),
        ),
        ("name.txt", " ${SET} \n\n"),
    ];
    let config = load_all(&files, &[("SET", "a")]).unwrap();
    assert_eq!(names(&config), [" ${SET}"]);
}

#[test]
fn variables_override_files() {
    let file = with_token("rateLimit: { maxConcurrent: 2 }", "");
    let table: [(&[(&str, &str)], u32); 7] = [
        (
            &[(
                "APP_CONFIG_catalog_providers_okta_default_rateLimit_maxConcurrent",
                "5",
            )],
            5,
        ),
        (
            &[(
                "APP_CONFIG_catalog_providers_okta_default_rateLimit",
                r#"{"maxConcurrent": 6}"#,
            )],
            6,
        ),
        (
            &[(
                "APP_CONFIG_catalog",
                r#"{"rules": [], "providers": {"okta": {"default": {"rateLimit": {"maxConcurrent": 7}}}}}"#,
            )],
            7,
        ),
        (
            &[(
                "APP_CONFIG_catalog_providers_okta_default_rateLimit_maxConcurrent",
                "",
            )],
            2,
        ),
        (&[("APP_CONFIG_catalog_rules", "{")], 2),
        (&[("APP_CONFIG_backend_baseUrl_", "null")], 2),
        (
            &[(
                "APP_CONFIG_catalog_providers_okta_default_groupFilter",
                r#"["${SET}"]"#,
            )],
            2,
        ),
    ];
    for (variables, expected) in table {
        let config = load_all(&[("app-config.yaml", &file)], variables);
        let config = config.unwrap_or_else(|errors| panic!("{variables:?}\n{errors}"));
        assert_eq!(concurrent(&config), expected, "{variables:?}");
    }
}

#[test]
fn a_tenant_may_be_made_of_variables_alone() {
    let variables = [
        (
            "APP_CONFIG_catalog_providers_okta_default_oktaUrl",
            "https://acme.okta.com",
        ),
        ("APP_CONFIG_catalog_providers_okta_default_token", "00a"),
    ];
    let config = load_all(&[("app-config.yaml", "app: {}\n")], &variables).unwrap();
    assert_eq!(config.providers[0].org.host(), "acme.okta.com");
}

#[test]
fn variables_that_cannot_be_placed() {
    let file = with_token("", "");
    let table = [
        (
            "APP_CONFIG_portalSync_",
            "1",
            "APP_CONFIG_portalSync_: not the name of a key\n  fix: put one `_` between the keys, none at the end",
        ),
        (
            "APP_CONFIG_portalSync_store",
            "null",
            "APP_CONFIG_portalSync_store: the value may not be null",
        ),
        (
            "APP_CONFIG_portalSync_store",
            "x",
            "APP_CONFIG_portalSync_store: portalSync.store: expected a map with `url`, found a text",
        ),
        (
            "APP_CONFIG_portalSync_stor",
            "{}",
            "APP_CONFIG_portalSync_stor: portalSync.stor: unknown key\n  fix: did you mean `store`?",
        ),
    ];
    for (name, value, expected) in table {
        let errors = load_all(&[("app-config.yaml", &file)], &[(name, value)]).unwrap_err();
        assert_eq!(errors.to_string(), expected, "{name}={value}");
    }
}

#[test]
fn merge_keys_and_aliases_are_followed() {
    let file = "\
x-base: &base { oktaUrl: https://acme.okta.com }
catalog:
  providers:
    okta:
      default: { <<: *base, token: &token 00Wq7hYd2mXc5kRb1f }
portalSync: { server: { tokens: [*token] } }
";
    let config = load_all(&[("app-config.yaml", file)], &[]).unwrap();
    assert_eq!(config.providers[0].org.host(), "acme.okta.com");
    assert_eq!(
        config.server.tokens[0].secret.expose_secret(),
        "00Wq7hYd2mXc5kRb1f"
    );
}

#[test]
fn depth_and_expansion_have_limits() {
    let bomb: String = (1..30)
        .map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1))
        .collect();
    let texts = [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        format!("a0: &a0 x\n{bomb}"),
    ];
    for text in texts {
        let errors = load_all(&[("app-config.yaml", &text)], &[])
            .unwrap_err()
            .to_string();
        assert!(
            errors.starts_with("app-config.yaml:") && errors.len() < 1_000,
            "{errors}"
        );
    }
    let nested = format!("portalSync: {}1{}\n", "[".repeat(30), "]".repeat(30));
    let errors = load_all(&[("app-config.yaml", &with_token("", &nested))], &[]).unwrap_err();
    let expected = "app-config.yaml:7:13: portalSync: expected a map, found a list";
    assert_eq!(errors.to_string(), expected);
    let deeper = format!("{}1{}\n", "[".repeat(33), "]".repeat(33));
    let errors = load_all(&[("app-config.yaml", &deeper)], &[]).unwrap_err();
    let expected =
        "app-config.yaml:1:33: not valid YAML: too long, or nested deeper than 32 levels";
    assert_eq!(errors.to_string(), expected);
}

/// The tenants `ids`, each with what it needs.
fn tenants(ids: &[&str]) -> String {
    let tenant =
        |id: &&str| format!("      {id}: {{ oktaUrl: 'https://{id}.okta.com', token: t }}\n");
    let tenants: Vec<String> = ids.iter().map(tenant).collect();
    format!("catalog:\n  providers:\n    okta:\n{}", tenants.concat())
}

#[test]
fn tenants_stand_in_the_order_in_which_they_are_named() {
    let list = "catalog: { providers: { okta: [{ id: z, oktaUrl: 'https://z.okta.com', token: t }, { oktaUrl: 'https://b.okta.com', token: t }, { id: a, oktaUrl: 'https://a.okta.com', token: t }] } }";
    let more = "APP_CONFIG_catalog_providers_okta_c_oktaUrl";
    let json = r#"{"y": {"oktaUrl": "https://y.okta.com", "token": "t"}, "x": {"oktaUrl": "https://x.okta.com", "token": "t"}}"#;
    let map = |ids: &[&str]| tenants(ids);
    // The files, the variables, and the order that follows.
    type Row<'a> = (Vec<String>, Vec<(&'a str, &'a str)>, Vec<&'a str>);
    let table: Vec<Row<'_>> = vec![
        (vec![map(&["z", "a", "m"])], vec![], vec!["z", "a", "m"]),
        (vec![list.into()], vec![], vec!["z", "b.okta.com", "a"]),
        (
            vec![map(&["z", "m"]), map(&["a"])],
            vec![],
            vec!["z", "m", "a"],
        ),
        (
            vec![map(&["z", "m"]), map(&["m", "a", "z"])],
            vec![],
            vec!["z", "m", "a"],
        ),
        (vec![list.into(), map(&["q", "d"])], vec![], vec!["q", "d"]),
        (
            vec![map(&["z", "d"]), list.into(), map(&["d", "z"])],
            vec![],
            vec!["d", "z"],
        ),
        (
            vec![map(&["z", "d"]), "catalog: null".into(), map(&["d", "z"])],
            vec![],
            vec!["d", "z"],
        ),
        (
            vec![map(&["z", "m"])],
            vec![
                ("APP_CONFIG_catalog_providers_okta_c_token", "t"),
                (more, "https://c.okta.com"),
            ],
            vec!["z", "m", "c"],
        ),
        (
            vec![map(&["z"])],
            vec![("APP_CONFIG_catalog_providers_okta", json)],
            vec!["z", "y", "x"],
        ),
        (
            vec![
                map(&["z", "m"]),
                "catalog: { providers: { okta: { z: null } } }".into(),
            ],
            vec![],
            vec!["m"],
        ),
    ];
    for (texts, variables, expected) in table {
        let names: Vec<String> = (0..texts.len()).map(|n| format!("{n}.yaml")).collect();
        let given: Vec<&str> = names.iter().map(String::as_str).collect();
        let files: Vec<(&str, &str)> = given
            .iter()
            .copied()
            .zip(texts.iter().map(String::as_str))
            .collect();
        let config = load_given(&given, &files, &variables);
        let config = config.unwrap_or_else(|errors| panic!("{texts:?}\n{errors}"));
        let ids: Vec<&str> = config.providers.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, expected, "{texts:?}");
    }
}

#[test]
fn what_does_not_survive_merging_is_not_substituted() {
    let over = |okta: &str| format!("catalog: {{ providers: {{ okta: {okta} }} }}\n");
    let tenant = "{ default: { oktaUrl: 'https://acme.okta.com', token: t } }";
    let list = "[{ id: default, oktaUrl: 'https://acme.okta.com', token: t }]";
    let with = |keys: &str| {
        over(&format!(
            "{{ default: {{ oktaUrl: 'https://acme.okta.com', token: t, {keys} }} }}"
        ))
    };
    let default = |keys: &str| over(&format!("{{ default: {{ {keys} }} }}"));
    // What is first, what replaces it, and whether nothing of the first one's references is left.
    let table = [
        (
            over("[{ orgUrl: '${UNSET}', token: { $file: no.txt } }]"),
            over(tenant),
            true,
        ),
        (
            over("[{ orgUrl: '${UNSET}' }, { $include: no.yaml }]"),
            over(list),
            true,
        ),
        (over("{ a: { oktaUrl: '${UNSET}' } }"), over(list), true),
        (over("'${UNSET}'"), over(tenant), true),
        (over("{ a: { $include: no.yaml } }"), over(list), true),
        (
            with("groupFilter: ['${UNSET}']"),
            default("groupFilter: { names: [a] }"),
            true,
        ),
        (
            with("groupFilter: { names: ['${UNSET}'] }"),
            default("groupFilter: [a]"),
            true,
        ),
        (
            with("groupFilter: { names: ['${UNSET}'] }"),
            default("groupFilter: profile.name pr"),
            true,
        ),
        (
            with("groupFilter: { names: ['${UNSET}'] }"),
            default("groupFilter: null"),
            true,
        ),
        (
            with("groupFilter: ['${UNSET}']"),
            default("groupFilter: null"),
            true,
        ),
        (
            with("groupFilter: '${UNSET}'"),
            default("groupFilter: { names: [a] }"),
            true,
        ),
        (
            with("groupFilter: { $file: no.txt }"),
            default("groupFilter: { names: [a] }"),
            true,
        ),
        (
            with("groupFilter: { $include: no.yaml }"),
            default("groupFilter: null"),
            true,
        ),
        (
            with("schedule: { frequency: '${UNSET}' }"),
            default("schedule: null"),
            true,
        ),
        (
            with("schedule: { frequency: { cron: '${UNSET}' } }"),
            default("schedule: { frequency: manual }"),
            true,
        ),
        // What is left of it is read.
        (
            over("{ default: { userFilter: '${UNSET}' } }"),
            over(tenant),
            false,
        ),
        (
            with("schedule: { frequency: '${UNSET}' }"),
            default("schedule: { timeout: 5m }"),
            false,
        ),
        (
            with("schedule: { $include: no.yaml }"),
            default("schedule: { timeout: 5m }"),
            false,
        ),
        (
            with("groupFilter: ['${UNSET}']"),
            default("userFilter: null"),
            false,
        ),
        (
            with("groupFilter: [a]"),
            default("groupFilter: ['${UNSET}']"),
            false,
        ),
    ];
    for (first, second, is_good) in table {
        let files = [("1.yaml", first.as_str()), ("2.yaml", second.as_str())];
        let loaded = load_given(&["1.yaml", "2.yaml"], &files, &[]);
        match &loaded {
            Ok(_) => assert!(is_good, "{first}{second}"),
            Err(errors) => assert!(!is_good, "{first}{second}{errors}"),
        }
    }
    // A variable replaces what stands in a file.
    let file = with("groupFilter: ['${UNSET}']");
    let variables = [(
        "APP_CONFIG_catalog_providers_okta_default_groupFilter",
        r#"{"names": ["a"]}"#,
    )];
    let config = load_all(&[("app-config.yaml", &file)], &variables).unwrap();
    assert_eq!(names(&config), ["a"]);
}

#[test]
fn a_tenant_under_a_key_may_repeat_it_as_its_id() {
    let file = |id: &str| with_token(&format!("id: {id}"), "");
    assert!(load_all(&[("app-config.yaml", &file("default"))], &[]).is_ok());
    let errors = load_all(&[("app-config.yaml", &file("acme"))], &[]).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "app-config.yaml:7:13: catalog.providers.okta.default.id: `acme` is not the key that the tenant stands under, `default`\n  fix: leave `id` out, or write `default`"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}", keys in "([a-zA-Z$]{1,12}: *[\\[\\]{}$:,a-z0-9'\"%-]{0,20}\n){0,6}") {
        let _ = load_all(&[("app-config.yaml", &text)], &[]);
        let _ = load_all(&[("app-config.yaml", &with_token(&keys, ""))], &[]);
    }
}
