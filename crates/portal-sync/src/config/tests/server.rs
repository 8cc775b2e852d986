//! Who may ask `serve` and under which names it is reached: what is taken, and what is refused with which message.

use secrecy::ExposeSecret as _;

use super::{load_all, refused, with_token};
use crate::config::Config;
use crate::serve::Permission;

/// The configuration with this under `server`, which stands in line 7 from column 24 on.
fn with_server(server: &str) -> String {
    with_token("", &format!("portalSync: {{ server: {server} }}"))
}

fn accepted(server: &str) -> Config {
    load_all(&[("app-config.yaml", &with_server(server))], &[])
        .unwrap_or_else(|errors| panic!("{server}\n{errors}"))
}

#[test]
fn tokens_may_have_names_and_permissions() {
    let config = accepted(
        "{ tokens: [
            ' kP3v9QxLw2ZrTn8s ',
            { name: backstage, token: Wq7hYd2mXc5kRb1f },
            { name: on-call-2, token: 0pB6sNf4tJv8gEaZ, may: operate },
            { name: '7', token: mU3xHc9yLw5rDq1k, may: ' read ' },
        ] }",
    );
    let read = config.server.tokens.iter();
    let read: Vec<_> = read
        .map(|token| {
            (
                token.name.as_deref(),
                token.secret.expose_secret(),
                token.may,
            )
        })
        .collect();
    let expected = [
        (None, "kP3v9QxLw2ZrTn8s", Permission::Read),
        (Some("backstage"), "Wq7hYd2mXc5kRb1f", Permission::Read),
        (Some("on-call-2"), "0pB6sNf4tJv8gEaZ", Permission::Operate),
        (Some("7"), "mU3xHc9yLw5rDq1k", Permission::Read),
    ];
    assert_eq!(read, expected);
    assert!(Permission::Operate > Permission::Read);
}

#[test]
fn tokens_that_are_none() {
    refused(&with_server("{ tokens: ['', two words, 5, null] }"), "
app-config.yaml:7:33: portalSync.server.tokens: element 4 is empty
app-config.yaml:7:34: portalSync.server.tokens[0]: it is empty
app-config.yaml:7:38: portalSync.server.tokens[1]: the token (9 characters) has characters that cannot be sent in a header
  fix: use letters, digits and ASCII signs, without spaces
app-config.yaml:7:49: portalSync.server.tokens[2]: expected the text of a token, or a map with `name`, `token` and `may`, found a number
");
    refused(
        &with_server("{ tokens: s3cret }"),
        "
app-config.yaml:7:33: portalSync.server.tokens: expected a list of tokens, found a text
",
    );
    refused(
        &with_server("{ listen: 0.0.0.0:7007, tokens: ['${NO_TOKEN}'] }"),
        "
app-config.yaml:7:56: portalSync.server.tokens[0]: the variable `NO_TOKEN` is not set
  fix: set it, or give a default: `${NAME:-default}`
",
    );
}

#[test]
fn tokens_that_can_be_guessed() {
    refused(&with_server("{ tokens: [a, kP3v9QxLw2ZrTn8, ' kP3v9QxLw2ZrTn8 '] }"), "
app-config.yaml:7:34: portalSync.server.tokens[0]: the token has 1 character, and 16 are the fewest that cannot be guessed
  fix: make one of 32 random characters: `openssl rand -base64 24`
app-config.yaml:7:37: portalSync.server.tokens[1]: the token has 15 characters, and 16 are the fewest that cannot be guessed
  fix: make one of 32 random characters: `openssl rand -base64 24`
app-config.yaml:7:54: portalSync.server.tokens[2]: the token has 15 characters, and 16 are the fewest that cannot be guessed
  fix: make one of 32 random characters: `openssl rand -base64 24`
");
    refused(&with_server("{ tokens: [changemechangeme] }"), "
app-config.yaml:7:34: portalSync.server.tokens[0]: the token (16 characters) can be guessed: without words such as `password`, sequences such as `1234` and what repeats, fewer than 5 different characters are left of it
  fix: make one of 32 random characters: `openssl rand -base64 24`
");
    let long: String = ('!'..='~').cycle().step_by(7).take(4_097).collect();
    let long = long.replace('\'', "q");
    refused(&with_server(&format!("{{ tokens: ['{long}'] }}")), "
app-config.yaml:7:34: portalSync.server.tokens[0]: the token has 4097 characters, and more than 4096 do not pass every proxy
  fix: make one of 32 random characters: `openssl rand -base64 24`
");
}

#[test]
fn tokens_that_are_maps_are_checked_key_by_key() {
    refused(
        &with_server("{ tokens: [{ nme: ops, token: kP3v9QxLw2ZrTn8s, may: read }, {}] }"),
        "
app-config.yaml:7:34: portalSync.server.tokens[0]: `name` is missing
  fix: add `name: …`
app-config.yaml:7:36: portalSync.server.tokens[0].nme: unknown key
  fix: did you mean `name`?
app-config.yaml:7:84: portalSync.server.tokens[1]: `name` is missing
  fix: add `name: …`
app-config.yaml:7:84: portalSync.server.tokens[1]: `token` is missing
  fix: add `token: …`
",
    );
    refused(&with_server("{ tokens: [{ name: Ops team, token: short, may: write, role: x }] }"), "
app-config.yaml:7:42: portalSync.server.tokens[0].name: `Ops team` is not the name of a token
  fix: use `a` to `z`, digits and `-`, at most 63 of them
app-config.yaml:7:59: portalSync.server.tokens[0].token: the token has 5 characters, and 16 are the fewest that cannot be guessed
  fix: make one of 32 random characters: `openssl rand -base64 24`
app-config.yaml:7:71: portalSync.server.tokens[0].may: `write` is not known here
  fix: use one of `read` and `operate`
app-config.yaml:7:78: portalSync.server.tokens[0].role: unknown key
  fix: the keys here are `name`, `token` and `may`
");
    refused(
        &with_server("{ tokens: [{ name: ops, token: '${NO_TOKEN}' }] }"),
        "
app-config.yaml:7:54: portalSync.server.tokens[0].token: the variable `NO_TOKEN` is not set
  fix: set it, or give a default: `${NAME:-default}`
",
    );
}

#[test]
fn a_token_or_a_name_stands_for_one_holder() {
    refused(&with_server("{ tokens: [5, kP3v9QxLw2ZrTn8s, ' kP3v9QxLw2ZrTn8s', { name: a, token: kP3v9QxLw2ZrTn8s }] }"), "
app-config.yaml:7:34: portalSync.server.tokens[0]: expected the text of a token, or a map with `name`, `token` and `may`, found a number
app-config.yaml:7:55: portalSync.server.tokens[2]: it is the same token as element 2
  fix: remove one of the two, or give each holder a token: make one of 32 random characters: `openssl rand -base64 24`
app-config.yaml:7:94: portalSync.server.tokens[3].token: it is the same token as element 2
  fix: remove one of the two, or give each holder a token: make one of 32 random characters: `openssl rand -base64 24`
");
    refused(
        &with_server(
            "{ tokens: [{ name: a, token: kP3v9QxLw2ZrTn8s }, { name: a, token: Wq7hYd2mXc5kRb1f }] }",
        ),
        "
app-config.yaml:7:80: portalSync.server.tokens[1].name: element 1 has the name `a`, too
  fix: give each token a name of its own
",
    );
}

#[test]
fn hosts_are_names_without_scheme_and_port() {
    let config =
        accepted("{ hosts: [Catalog.ACME.internal, 10.0.0.7, '::1', 'catalog.acme.internal.'] }");
    let expected = ["catalog.acme.internal", "10.0.0.7", "[::1]"];
    assert_eq!(config.server.hosts, expected);
    assert!(config.notices.is_empty());

    refused(&with_server("{ hosts: ['https://catalog.acme.internal/', 'catalog:7007', '*.acme.internal', 'a b', 7] }"), "
app-config.yaml:7:33: portalSync.server.hosts[0]: `https://catalog.acme.internal/` is more than a host name
  fix: write `catalog.acme.internal`
app-config.yaml:7:67: portalSync.server.hosts[1]: `catalog:7007` is more than a host name
  fix: write `catalog`
app-config.yaml:7:83: portalSync.server.hosts[2]: `*.acme.internal` is a pattern and not a host name
  fix: write each name by itself
app-config.yaml:7:102: portalSync.server.hosts[3]: `a b` is not a host name
  fix: write the name in the address bar, without scheme and port: `catalog.acme.internal`
app-config.yaml:7:109: portalSync.server.hosts[4]: expected a host name, such as `catalog.acme.internal`, found `7`
  fix: YAML reads a number there; for a text write `'7'`
");
    refused(
        &with_server("{ hosts: catalog.acme.internal }"),
        "
app-config.yaml:7:32: portalSync.server.hosts: expected a list of host names, found a text
",
    );
}

#[test]
fn beyond_loopback_there_is_no_tls() {
    let listening = |listen: &str| {
        let server = format!("{{ listen: '{listen}', tokens: [kP3v9QxLw2ZrTn8s] }}");
        accepted(&server).notices.len()
    };
    for (listen, notices) in [
        ("127.0.0.1:7007", 0),
        ("127.9.9.9:7007", 0),
        ("[::1]:7007", 0),
        ("localhost:7007", 0),
        ("0.0.0.0:7007", 1),
        ("10.0.0.7:7007", 1),
        ("[::]:7007", 1),
    ] {
        assert_eq!(listening(listen), notices, "{listen}");
    }
}
