//! What YAML, or a habit of another tool, makes of a value: told with a fix that does what was meant.

use super::{load_all, refused, tenant, with_token};
use crate::config::{Config, ConfigErrors};
use crate::read::selection::GroupFilter;

fn loaded(keys: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    load_all(&[("app-config.yaml", &with_token(keys, ""))], variables)
}

fn told(keys: &str) -> String {
    match loaded(keys, &[]) {
        Ok(config) => panic!("{keys}: accepted as {:?}", config.providers[0]),
        Err(errors) => errors.to_string(),
    }
}

fn notices(keys: &str) -> Vec<String> {
    let config = loaded(keys, &[]).unwrap_or_else(|errors| panic!("{keys}: {errors}"));
    config.notices.iter().map(ToString::to_string).collect()
}

#[test]
fn a_comment_that_cuts_an_expression_short() {
    refused(
        &with_token("groupFilter: profile.name eq \"Team #1\"", ""),
        r#"
app-config.yaml:7:22: catalog.providers.okta.default.groupFilter: YAML ended this expression at ` #`, where a comment begins
    profile.name eq "Team #1"
                         ^^
  fix: put single quotes around the whole: `'profile.name eq "Team #1"'`
"#,
    );
    for keys in [
        "userFilter: profile.department eq \"R&D #2\" and status pr",
        "groupFilter: { search: profile.name sw \"#x #y\" }",
        "groupFilter:\n  search: profile.name eq \"it's #1\"",
        "mapping: { groups: { type: { rules: [{ type: t, when: profile.name eq \"a #1\"\n }] } } }",
        "userFilter: profile.title eq \"a\\\" #1\"",
    ] {
        let told = told(keys);
        assert!(
            told.contains("` #`") && told.contains("put single quotes around the whole"),
            "{told}"
        );
    }
    // The fix, followed, selects what was meant.
    let config = loaded("groupFilter: 'profile.name eq \"Team #1\"'", &[]).unwrap();
    let Some(GroupFilter::Search(search)) = &config.providers[0].group_filter else {
        panic!("no expression")
    };
    assert_eq!(search.to_string(), "profile.name eq \"Team #1\"");
}

#[test]
fn a_comment_behind_a_whole_value_may_be_one() {
    for keys in [
        "userFilter: status eq \"ACTIVE\" # nobody else",
        "groupFilter: [a, b] # both",
        "groupFilter:\n  - Platform  # the platform team\n  - 'Team #1'",
        "groupFilter: [a, \"b #1\"]",
        "mapping: { groups: { exclude: ['a #1'] } } #x",
    ] {
        assert_eq!(notices(keys), [""; 0], "{keys}");
    }
    for keys in [
        "groupFilter:\n  - Team #1",
        "mapping:\n  groups:\n    exclude:\n      - prefix:Team #1",
        "mapping:\n  users:\n    displayName: firstName #2",
        "userFilter: profile.department pr #1",
    ] {
        let notices = notices(keys);
        assert!(
            notices.len() == 1 && notices[0].contains("` #`"),
            "{keys}: {notices:?}"
        );
    }
}

#[test]
fn values_that_yaml_does_not_read_as_texts() {
    for value in [
        "profile.name eq \"a: b\"",
        "\"profile.name eq \"x\"\"",
        "'it's'",
        "\"a\" or b",
        "*",
        "*-admins",
        "&x y",
        "&x",
        "!x",
        "!(status eq \"x\")",
        "%x",
        "@acme",
        "`x`",
        "| a",
        "> a",
        "{firstName} x",
        "\"a\\d\"",
        "\"unclosed",
    ] {
        let told = told(&format!("groupFilter: {value}"));
        assert!(
            told.contains("put single quotes around the whole value"),
            "{value}: {told}"
        );
    }
    for value in ["[*]", "[@a, b]", "[Team #1, b]"] {
        let told = told(&format!("groupFilter: {value}"));
        assert!(
            told.contains("put single quotes around each whole text"),
            "{value}: {told}"
        );
    }
    // The line may hold a secret, so it is not repeated.
    let told = load_all(&[("app-config.yaml", &tenant("token: @hush-hush"))], &[]);
    assert!(!told.unwrap_err().to_string().contains("hush"));
}

#[test]
fn names_that_yaml_reads_as_something_else_are_shown_as_they_were_written() {
    let told = told("groupFilter: [1.10, 0x10, 1e3, true, 1_000, 010, null, ~, 2024]");
    for written in [
        "1.10", "0x10", "1e3", "true", "1_000", "010", "null", "~", "2024",
    ] {
        assert!(
            told.contains(&format!("for a text write `'{written}'`")),
            "{written}: {told}"
        );
    }
    for number in ["1.10", "0x10", "1e3", "1_000", "010", "2024"] {
        assert!(
            told.contains(&format!("found `{number}`")),
            "{number}: {told}"
        );
    }
}

#[test]
fn patterns_become_what_they_mean() {
    for (filter, fix) in [
        ("groupFilter: '*'", "leave it out, and every group is read"),
        ("groupFilter: '.*'", "leave it out, and every group is read"),
        (
            "groupFilter: 'eng-*'",
            "`groupFilter: 'profile.name sw \"eng-\"'`",
        ),
        (
            "groupFilter: eng*",
            "`groupFilter: 'profile.name sw \"eng\"'`",
        ),
        (
            "groupFilter: '*-admins'",
            "`groupFilter: 'profile.name ew \"-admins\"'`",
        ),
        (
            "groupFilter: '*team*'",
            "`groupFilter: 'profile.name co \"team\"'`",
        ),
        (
            "groupFilter: 'eng-*-eu'",
            "`groupFilter: 'profile.name sw \"eng-\" and profile.name ew \"-eu\"'`",
        ),
        (
            "groupFilter: 'prefix:app-'",
            "`groupFilter: 'profile.name sw \"app-\"'`",
        ),
        (
            "groupFilter: 'glob:app-*'",
            "`groupFilter: 'profile.name sw \"app-\"'`",
        ),
        ("groupFilter: Platform", "`[\"Platform\"]`"),
        (
            "groupFilter: [a, 'prefix:O''Brien ']",
            "`groupFilter: 'profile.name sw \"O''Brien \"'`",
        ),
        (
            "groupFilter: ['glob:*-admins']",
            "`groupFilter: 'profile.name ew \"-admins\"'`",
        ),
        (
            "groupFilter: { names: ['regex:^app-.*$'] }",
            "such as `groupFilter: 'profile.name sw \"eng-\"'`",
        ),
        ("userFilter: '*'", "leave it out, and every user is read"),
        (
            "userFilter: '*@acme.com'",
            "`userFilter: 'profile.email ew \"@acme.com\"'`",
        ),
        (
            "schedule: { frequency: '0 6 * * *' }",
            "`frequency: { cron: '0 6 * * *' }`",
        ),
        (
            "schedule: { frequency: '*/5 * * * *' }",
            "`frequency: { cron: '*/5 * * * *' }`",
        ),
    ] {
        let told = told(filter);
        assert!(told.contains(fix), "{filter}: {told}");
        // A fix that is a line of the file can be put there.
        let line = fix.split('`').nth(1).filter(|line| line.contains(": "));
        if let Some(line) = line {
            let line = if line.starts_with("frequency") {
                format!("schedule: {{ {line} }}")
            } else {
                line.to_owned()
            };
            assert!(loaded(&line, &[]).is_ok(), "{line}");
        }
    }
    let [notice] = notices("groupFilter: ['eng-*']").try_into().unwrap();
    assert!(
        notice.contains("`groupFilter: 'profile.name sw \"eng-\"'`"),
        "{notice}"
    );
}

#[test]
fn names_with_the_words_of_rules_are_refused_in_a_list_that_compares_exactly() {
    for rule in ["prefix:a", "glob:a*", "regex:a", "exact:a"] {
        for keys in [
            format!("groupFilter: [b, '{rule}']"),
            format!("groupFilter: {{ names: ['{rule}'] }}"),
        ] {
            let told = told(&keys);
            assert!(
                told.contains("compare exactly") && told.contains("profile.name"),
                "{told}"
            );
        }
        // They work where rules are known.
        let rules = format!("mapping: {{ groups: {{ exclude: ['{rule}'] }} }}");
        assert!(
            rule.starts_with("regex") || loaded(&rules, &[]).is_ok(),
            "{rule}"
        );
    }
    for name in ["Prefix: a", "team:prefix:a", "globe", "prefix"] {
        assert!(
            loaded(&format!("groupFilter: ['{name}']"), &[]).is_ok(),
            "{name}"
        );
    }
}

#[test]
fn variables_that_are_written_otherwise() {
    for (text, name) in [
        ("$DEPT", "$DEPT"),
        ("${DEPT", "${DEPT"),
        ("a $DEPT b", "$DEPT"),
    ] {
        let notices = notices(&format!("groupFilter: ['{text}']"));
        let expected =
            format!("`{name}` is text here and no variable, which is written `${{DEPT}}`");
        assert!(
            notices.len() == 1 && notices[0].contains(&expected),
            "{notices:?}"
        );
    }
    for text in ["$${DEPT}", "$5", "a$", "$$ $", "US$ only", "$$DEPT"] {
        assert_eq!(
            notices(&format!("groupFilter: ['{text}']")),
            [""; 0],
            "{text}"
        );
    }
    let app = |id: &str, key: &str| {
        tenant(&format!(
            "oktaUrl: https://acme.okta.com\nclientId: {id}\nkeyId: k\nprivateKey: {key}"
        ))
    };
    for id in ["$CID", "'${CID'"] {
        let file = app(id, "{ $file: key.pem }");
        let files = [("app-config.yaml", file.as_str()), super::BESIDE[0]];
        let told = load_all(&files, &[]).unwrap_err().to_string();
        assert!(told.contains("write `${CID}`"), "{told}");
    }
    for (keys, place) in [
        (app("0oa1", "$OKTA_KEY"), "privateKey"),
        (
            tenant("oktaUrl: https://acme.okta.com\ntoken: $OKTA_TOKEN"),
            "token",
        ),
        (
            tenant("oktaUrl: https://acme.okta.com\ntoken: '${OKTA_TOKEN'"),
            "token",
        ),
    ] {
        let told = load_all(&[("app-config.yaml", &keys)], &[])
            .unwrap_err()
            .to_string();
        assert!(
            told.contains(place) && told.contains("variables are written `${NAME}`"),
            "{told}"
        );
        assert!(!told.contains("OKTA_"), "{told}");
    }
}

#[test]
fn what_came_from_a_variable_names_it() {
    let file = |id: &str| {
        tenant(&format!(
            "oktaUrl: https://acme.okta.com\nclientId: {id}\nkeyId: k\nprivateKey: {{ $file: key.pem }}"
        ))
    };
    for (id, variables) in [
        ("${CID}", vec![("CID", "")]),
        ("${CID}", vec![("CID", "  ")]),
        ("{ $env: CID }", vec![("CID", "")]),
        ("${CID:-}", vec![]),
        ("${CID:-}", vec![("CID", "")]),
    ] {
        let file = file(id);
        let files = [("app-config.yaml", file.as_str()), super::BESIDE[0]];
        let told = load_all(&files, &variables).unwrap_err().to_string();
        assert!(
            told.contains("`CID`") && told.contains("clientId"),
            "{id}: {told}"
        );
    }
}

#[test]
fn an_optional_filter_without_its_variable_is_an_error_with_the_fix() {
    refused(
        &with_token("userFilter: ${PEOPLE}", ""),
        "
app-config.yaml:7:21: catalog.providers.okta.default.userFilter: the variable `PEOPLE` is not set
  fix: set it, or write `${PEOPLE:-}` if there may be none
",
    );
    assert!(
        loaded("userFilter: ${PEOPLE:-}", &[]).unwrap().providers[0]
            .user_filter
            .is_none()
    );
}

#[test]
fn keys_that_were_meant_to_be_ours() {
    let good = with_token("", "");
    for (file, right) in [
        (format!("{good}portalsync: {{}}\n"), "`portalSync`"),
        (format!("{good}portal-sync: {{}}\n"), "`portalSync`"),
        (format!("{good}PortalSync: {{}}\n"), "`portalSync`"),
        (format!("{good}protalSync: {{}}\n"), "`portalSync`"),
        (good.replace("okta:", "Okta:"), "`catalog.providers.okta`"),
        (
            good.replace("providers:", "provider:"),
            "`catalog.providers`",
        ),
        (good.replace("catalog:", "catalogue:"), "`catalog`"),
        (good.replace("catalog:", "Catalog:"), "`catalog`"),
    ] {
        let told = load_all(&[("app-config.yaml", &file)], &[])
            .expect_err(&file)
            .to_string();
        assert!(told.contains(&format!("did you mean {right}?")), "{told}");
        assert!(!told.contains("no Okta tenant"), "{told}");
    }
    for other in [
        "portal: {}\n",
        "catalogs: { rules: [] }\n",
        "Catalog: { providers: { github: {} } }\n",
        "integrations: { okta: {} }\n",
    ] {
        let file = format!("{good}{other}");
        assert!(
            load_all(&[("app-config.yaml", &file)], &[]).is_ok(),
            "{other}"
        );
    }
    let variables = [("APP_CONFIG_portalsync_store_url", "sqlite:x.db")];
    let told = load_all(&[("app-config.yaml", &good)], &variables).unwrap_err();
    assert!(
        told.to_string().contains("did you mean `portalSync`?"),
        "{told}"
    );
    for (file, what) in [
        ("- a\n", "a list"),
        ("hello\n", "a text"),
        ("5\n", "a single value"),
    ] {
        let told = load_all(&[("app-config.yaml", file)], &[])
            .unwrap_err()
            .to_string();
        assert!(
            told.contains(&format!("the file is {what}, expected a map")),
            "{told}"
        );
    }
}

#[test]
fn a_time_that_never_comes() {
    for cron in [
        "0 0 30 2 *",
        "0 0 31 4 *",
        "0 0 31 2,4,6,9,11 *",
        "0 0 0 30 2 *",
    ] {
        let told = told(&format!("schedule: {{ frequency: {{ cron: '{cron}' }} }}"));
        assert!(told.contains("never comes"), "{told}");
    }
    for cron in [
        "0 0 29 2 *",
        "0 0 31 * *",
        "*/5 * * * *",
        "0 0 29 2 1",
        "0 0 L 2 *",
    ] {
        let keys = format!("schedule: {{ frequency: {{ cron: '{cron}' }} }}");
        assert!(loaded(&keys, &[]).is_ok(), "{cron}");
    }
}

#[test]
fn localhost_is_this_machine() {
    for (listen, expected) in [
        ("localhost:7007", "127.0.0.1:7007"),
        ("LOCALHOST:1", "127.0.0.1:1"),
        ("'[::1]:7007'", "[::1]:7007"),
    ] {
        let file = with_token(
            "",
            &format!("portalSync: {{ server: {{ listen: {listen} }} }}\n"),
        );
        let config = load_all(&[("app-config.yaml", &file)], &[]).unwrap();
        assert_eq!(config.server.listen.to_string(), expected);
    }
}
