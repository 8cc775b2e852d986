//! Files and references that are refused, each with the message it is refused with.

use super::{refused, tenant, with_token};

#[test]
fn yaml_syntax() {
    refused(
        "
catalog:
  providers:
    - a
  b: [
",
        "
app-config.yaml:4:6: not valid YAML: unclosed bracket '['
",
    );
    refused(
        "
catalog:
	providers: 1
",
        "
app-config.yaml:2:2: not valid YAML: tabs disallowed within this context (block indentation)
",
    );
    refused(
        "
catalog: 1
catalog: 2
",
        "
app-config.yaml:2:1: not valid YAML: duplicate mapping key: catalog
",
    );
    refused(
        "a: b: c
",
        "
app-config.yaml:1:5: not valid YAML: mapping values are not allowed in this context
  fix: put single quotes around the whole value: `a: '…'`
",
    );
    refused(
        "a: *unknown
",
        "
app-config.yaml:1:4: not valid YAML: alias references unknown anchor
  fix: put single quotes around the whole value: `a: '…'`
",
    );
    refused(
        &tenant(
            r#"
oktaUrl: https://acme.okta.com
token: "s3cret
"#,
        ),
        "
app-config.yaml:6:16: not valid YAML: unclosed quote
  fix: put single quotes around the whole value: `token: '…'`
",
    );
    refused(
        "
a: 1
---
b: 2
",
        "
app-config.yaml:3:1: not valid YAML: multiple YAML documents detected
",
    );
    refused(
        &with_token(
            "",
            "portalSync: { server: { tokens: [${PORTAL_SYNC_TOKEN}] } }",
        ),
        "
app-config.yaml:7:35: not valid YAML: while parsing a flow sequence, expected ',' or ']'
  fix: between `{ }` or `[ ]` put quotes around it: `'${NAME}'`
",
    );
}

#[test]
fn variables() {
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: ${OKTA_TOKEN}
",
        ),
        "
app-config.yaml:6:16: catalog.providers.okta.default.token: the variable `OKTA_TOKEN` is not set
  fix: set it, or give a default: `${NAME:-default}`
",
    );
    refused(
        &tenant(
            "
oktaUrl: https://${TENANT}.okta.com
token: ${HOEM}
",
        ),
        "
app-config.yaml:5:18: catalog.providers.okta.default.oktaUrl: the variable `TENANT` is not set
  fix: set it, or give a default: `${NAME:-default}`
app-config.yaml:6:16: catalog.providers.okta.default.token: the variable `HOEM` is not set
  fix: did you mean `HOME`, which is set?
",
    );
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: ${}
",
        ),
        "
app-config.yaml:6:16: catalog.providers.okta.default.token: `${}` names no variable
",
    );
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: { $env: OKTA_TOKEN }
",
        ),
        "
app-config.yaml:6:24: catalog.providers.okta.default.token: the variable `OKTA_TOKEN` is not set
  fix: set it, or give a default: `${NAME:-default}`
",
    );
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: { $env: [OKTA_TOKEN] }
",
        ),
        "
app-config.yaml:6:24: catalog.providers.okta.default.token: `$env` needs a text behind it
",
    );
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: { $env: HOME, value: 1 }
",
        ),
        "
app-config.yaml:6:18: catalog.providers.okta.default.token: `$env` stands beside other keys
  fix: leave only `$env` in this map
",
    );
    refused(&tenant("
oktaUrl: https://acme.okta.com
token: ${OKTA_TOKEN:-}
"), "
app-config.yaml:4:7: catalog.providers.okta.default: no credentials: `clientId`, `keyId` and `privateKey` are missing
    clientId: ${OKTA_CLIENT_ID}
    keyId: ${OKTA_KEY_ID}
    privateKey: ${OKTA_PRIVATE_KEY}
  fix: add the keys of an API Services app as above, or the API token of an administrator as `token`
");
}

#[test]
fn inclusions() {
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: { $file: secrets/token.txt }
",
        ),
        "
app-config.yaml:6:25: catalog.providers.okta.default.token: there is no file `secrets/token.txt`
",
    );
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: { $file: '${HOME}' }
",
        ),
        "
app-config.yaml:6:25: catalog.providers.okta.default.token: there is no file `${HOME}`
",
    );
    refused(&tenant("
oktaUrl: https://acme.okta.com
token: { $include: tokens.txt }
"), "
app-config.yaml:6:28: catalog.providers.okta.default.token: `tokens.txt` cannot be included: it is not a YAML or JSON file
  fix: `$include` takes `.yaml`, `.yml` and `.json` files; `$file` takes any text
");
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: { $include: good.yaml#a.c }
",
        ),
        "
app-config.yaml:6:28: catalog.providers.okta.default.token: `good.yaml` has no key `c`
",
    );
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: { $include: broken.yaml }
",
        ),
        "
broken.yaml:1:4: catalog.providers.okta.default.token: not valid YAML: unclosed bracket '['
",
    );
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
token: 00examp1e
schedule: { $include: good.yaml#a }
",
        ),
        "
good.yaml:2:3: catalog.providers.okta.default.schedule.b: unknown key
  fix: the keys here are `frequency`, `timeout`, `initialDelay` and `scope`
",
    );
    refused(&with_token("", "portalSync: { $include: loop.yaml }"), "
loop.yaml:1:1: portalSync.store.store: unknown key
  fix: the keys here are `url`, `schema`, `pool` and `statementTimeout`
loop.yaml:1:20: portalSync.store.store.store.store.store.store.store.store: files are included more than 8 deep
  fix: look for a file that includes itself
");
}
