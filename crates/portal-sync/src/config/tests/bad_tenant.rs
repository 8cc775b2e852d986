//! Tenants that are refused, each with the message it is refused with.

use super::{load_all, refused, tenant, with_token};

#[test]
fn missing_keys() {
    refused(&tenant("oktaUrl: https://acme.okta.com"), "
app-config.yaml:4:7: catalog.providers.okta.default: no credentials: `clientId`, `keyId` and `privateKey` are missing
    clientId: ${OKTA_CLIENT_ID}
    keyId: ${OKTA_KEY_ID}
    privateKey: ${OKTA_PRIVATE_KEY}
  fix: add the keys of an API Services app as above, or the API token of an administrator as `token`
");
    refused(
        &tenant("token: 00examp1e"),
        "
app-config.yaml:4:7: catalog.providers.okta.default: `oktaUrl` is missing
    oktaUrl: https://acme.okta.com
  fix: add your org's address
",
    );
    refused(&tenant("
oktaUrl: https://acme.okta.com
clientId: 0oa1
oauth: {}
"), "
app-config.yaml:4:7: catalog.providers.okta.default: the credentials are incomplete: `keyId` and `privateKey` are missing
    keyId: ${OKTA_KEY_ID}
    privateKey: ${OKTA_PRIVATE_KEY}
  fix: add what is shown above
");
}

#[test]
fn copied_ids() {
    refused(
        &tenant(
            r#"
oktaUrl: https://acme.okta.com
clientId: 0oa1,
keyId: '"k1"'
privateKey: {$file: key.pem}
"#,
        ),
        r#"
app-config.yaml:6:19: catalog.providers.okta.default.clientId: `0oa1,` ends in a comma
  fix: leave the comma out: in YAML a line needs none at its end
app-config.yaml:7:16: catalog.providers.okta.default.keyId: `"k1"` has quotes in it
  fix: leave the quotes out, or put them around the whole value only
"#,
    );
    refused(
        &tenant(
            "
oktaUrl: https://acme.okta.com
clientId: 0oa 1
keyId: k1é
privateKey: {$file: key.pem}
",
        ),
        "
app-config.yaml:6:19: catalog.providers.okta.default.clientId: `0oa 1` has a space in it
  fix: copy the id alone
app-config.yaml:7:16: catalog.providers.okta.default.keyId: `k1é` has characters that no id has
  fix: copy the id again
",
    );
    refused(&tenant("
oktaUrl: https://acme.okta.com
clientId: ''
keyId: 12
privateKey: {$file: key.pem}
"), "
app-config.yaml:6:19: catalog.providers.okta.default.clientId: it is empty
app-config.yaml:7:16: catalog.providers.okta.default.keyId: expected an id as Okta shows it, in quotes if it is all digits, found `12`
  fix: YAML reads a number there; for a text write `'12'`
");
}

#[test]
fn two_names_for_one_thing() {
    refused(&tenant("
oktaUrl: https://acme.okta.com
orgUrl: https://acme.okta.com
token: 00examp1e
"), "
app-config.yaml:6:17: catalog.providers.okta.default.orgUrl: given twice: as `oktaUrl` and as `orgUrl`
  fix: keep one of them
");
    refused(&tenant("
oktaUrl: https://acme.okta.com
clientId: 0oa1
keyId: k1
privateKey: {$file: key.pem}
oauth: { clientId: 0oa2 }
"), "
app-config.yaml:9:28: catalog.providers.okta.default.oauth.clientId: given twice: as `clientId` and as `oauth.clientId`
  fix: keep one of them
");
}

#[test]
fn keys_that_are_not_there() {
    refused(
        &with_token(
            "
usrFilter: status pr
schedule: { frequncy: 30m }
rateLimit: { shre: 5% }
",
            "",
        ),
        "
app-config.yaml:8:9: catalog.providers.okta.default.usrFilter: unknown key
  fix: did you mean `userFilter`?
app-config.yaml:9:21: catalog.providers.okta.default.schedule.frequncy: unknown key
  fix: did you mean `frequency`?
app-config.yaml:10:22: catalog.providers.okta.default.rateLimit.shre: unknown key
  fix: did you mean `share`?
",
    );
    refused(&with_token("flavour: 5", ""), "
app-config.yaml:7:9: catalog.providers.okta.default.flavour: unknown key
  fix: the keys here are `oktaUrl`, `orgUrl`, `oauth`, `clientId`, `keyId`, `privateKey`, `token`, `schedule`, `userFilter`, `groupFilter`, `usersFromGroups`, `includeEmptyGroups`, `rateLimit`, `guard`, `limits`, `reconcile` and `mapping`
");
    refused(&tenant("
oktaUrl: https://acme.okta.com
oauth: { clientId: 0oa1, keyid: k1, privateKey: { $file: key.pem } }
"), "
app-config.yaml:4:7: catalog.providers.okta.default: the credentials are incomplete: `keyId` is missing
    keyId: ${OKTA_KEY_ID}
  fix: add what is shown above
app-config.yaml:6:34: catalog.providers.okta.default.oauth.keyid: unknown key
  fix: did you mean `keyId`?
");
}

#[test]
fn values_of_the_wrong_kind() {
    refused(&with_token("
userFilter: [a]
groupFilter: 5
usersFromGroups: maybe
includeEmptyGroups: 3
", ""), "
app-config.yaml:8:21: catalog.providers.okta.default.userFilter: expected a search expression, found a list
app-config.yaml:9:22: catalog.providers.okta.default.groupFilter: expected a search expression, a list of group names, `{ names: […] }` or `{ search: … }`, found a number
app-config.yaml:10:26: catalog.providers.okta.default.usersFromGroups: expected `true` or `false`, found `maybe`
app-config.yaml:11:29: catalog.providers.okta.default.includeEmptyGroups: expected `true` or `false`, found `3`
");
    refused(&with_token("
schedule: 5
rateLimit: 80%
guard: [1]
mapping: { userName: login-name, groupName: 5 }
", ""), "
app-config.yaml:8:19: catalog.providers.okta.default.schedule: expected a map with `frequency` and `timeout`, found a number
app-config.yaml:9:20: catalog.providers.okta.default.rateLimit: expected a map with `share` and `maxConcurrent`, found a text
app-config.yaml:10:16: catalog.providers.okta.default.guard: expected a map such as `{ users: 10%, groups: 10% }`, found a list
app-config.yaml:11:30: catalog.providers.okta.default.mapping.userName: `login-name` is not known here
  fix: use one of `strip-domain-email`, `id`, `kebab-case-email`, `slugify-email`, `login`, `{ attribute: … }` and `{ template: … }`
app-config.yaml:11:53: catalog.providers.okta.default.mapping.groupName: expected one of `kebab-case-name`, `id`, `profile-name`, `{ attribute: … }` and `{ template: … }`, found `5`
");
}

#[test]
fn schedules() {
    refused(&with_token("
schedule:
  frequency: 30
  timeout: { minuts: 3 }
  initialDelay: soon
", ""), "
app-config.yaml:9:22: catalog.providers.okta.default.schedule.frequency: `30` has no unit
  fix: write `30m` for minutes, `30s` for seconds
app-config.yaml:10:22: catalog.providers.okta.default.schedule.timeout.minuts: unknown key
  fix: did you mean `minutes`?
app-config.yaml:11:25: catalog.providers.okta.default.schedule.initialDelay: `soon` is not a duration
  fix: write a duration such as `30m`, `PT30M` or `{ minutes: 30 }`
");
    refused(&with_token("
schedule:
  frequency: { cron: '* *' }
  timeout: 0s
  initialDelay: { minutes: -1 }
  scope: everywhere
", ""), "
app-config.yaml:9:30: catalog.providers.okta.default.schedule.frequency.cron: `* *` is not a cron pattern
  fix: write five fields (minute, hour, day of month, month, day of week), or six with seconds first
app-config.yaml:10:20: catalog.providers.okta.default.schedule.timeout: it may not be zero
app-config.yaml:11:36: catalog.providers.okta.default.schedule.initialDelay.minutes: expected a number that is not negative, found `-1`
app-config.yaml:12:18: catalog.providers.okta.default.schedule.scope: `everywhere` is not known here
  fix: use one of `global` and `local`
");
    refused(&with_token("
schedule:
  frequency: { trigger: manul }
  timeout: '30'
", ""), "
app-config.yaml:9:33: catalog.providers.okta.default.schedule.frequency.trigger: `manul` is not known here
  fix: did you mean `manual`?
app-config.yaml:10:20: catalog.providers.okta.default.schedule.timeout: `30` has no unit
  fix: write `30m` for minutes, `30s` for seconds
");
    refused(&with_token("
schedule:
  frequency: { cron: '@hourly', trigger: manual }
  timeout: {}
", ""), "
app-config.yaml:9:11: catalog.providers.okta.default.schedule.frequency: `cron` and `trigger` cannot be combined
  fix: keep one of them
app-config.yaml:10:11: catalog.providers.okta.default.schedule.timeout: the duration is empty
  fix: write a duration such as `30m`, `PT30M` or `{ minutes: 30 }`
");
    refused(&with_token("
schedule:
  frequency: -30m
  timeout: [30m]
", ""), "
app-config.yaml:9:22: catalog.providers.okta.default.schedule.frequency: `-30m` is negative
app-config.yaml:10:20: catalog.providers.okta.default.schedule.timeout: expected a duration such as `30m`, `PT30M` or `{ minutes: 30 }`, found a list
");
    refused(
        &with_token(
            "
schedule:
  frequency: { cron: null }
  timeout: { minutes: null }
  initialDelay: { years: 1e300 }
",
            "",
        ),
        "
app-config.yaml:9:11: catalog.providers.okta.default.schedule.frequency: neither `cron` nor `trigger` is given
app-config.yaml:10:11: catalog.providers.okta.default.schedule.timeout: the duration is empty
  fix: write a duration such as `30m`, `PT30M` or `{ minutes: 30 }`
app-config.yaml:11:11: catalog.providers.okta.default.schedule.initialDelay: the duration is too long
",
    );
}

#[test]
fn lists_of_group_names() {
    refused(
        &with_token("groupFilter: []", ""),
        "
app-config.yaml:7:22: catalog.providers.okta.default.groupFilter: the list of group names is empty
  fix: name a group, or leave the filter out to read every group
",
    );
    refused(&with_token("groupFilter: [a, '', 5, null]", ""), "
app-config.yaml:7:22: catalog.providers.okta.default.groupFilter: element 4 is empty
  fix: YAML reads nothing there; for a text write `'null'`
app-config.yaml:7:26: catalog.providers.okta.default.groupFilter[1]: it is empty
app-config.yaml:7:30: catalog.providers.okta.default.groupFilter[2]: expected the name of a group, found `5`
  fix: YAML reads a number there; for a text write `'5'`
");
    refused(
        &with_token("groupFilter: { names: [a], search: profile.name pr }", ""),
        r#"
app-config.yaml:7:9: catalog.providers.okta.default.groupFilter: `names` and `search` cannot be combined
  fix: keep one of them; `profile.name eq` in `search` selects by name too
"#,
    );
    refused(&with_token("groupFilter: {}", ""), "
app-config.yaml:7:9: catalog.providers.okta.default.groupFilter: neither `names` nor `search` is given
  fix: add `names: …` or `search: …`
");
    refused(&with_token("groupFilter: { name: [a] }", ""), "
app-config.yaml:7:9: catalog.providers.okta.default.groupFilter: neither `names` nor `search` is given
  fix: add `names: …` or `search: …`
app-config.yaml:7:24: catalog.providers.okta.default.groupFilter.name: unknown key
  fix: did you mean `names`?
");
}

#[test]
fn shares_and_thresholds() {
    refused(&with_token("
rateLimit: { share: 80, maxConcurrent: 0 }
guard: { users: 101%, groups: some, minimum: -1, renames: 5 }
", ""), "
app-config.yaml:8:29: catalog.providers.okta.default.rateLimit.share: `80` has no percent sign
  fix: write `80%`
app-config.yaml:8:48: catalog.providers.okta.default.rateLimit.maxConcurrent: expected a whole number from 1 to 1000, found `0`
app-config.yaml:9:25: catalog.providers.okta.default.guard.users: expected a percentage from `0%` to `100%`, found `101%`
app-config.yaml:9:39: catalog.providers.okta.default.guard.groups: expected a percentage from `0%` to `100%`, found `some`
app-config.yaml:9:54: catalog.providers.okta.default.guard.minimum: expected a whole number from 0 to 1000000, found `-1`
app-config.yaml:9:67: catalog.providers.okta.default.guard.renames: `5` has no percent sign
  fix: write `5%`
");
    refused(&with_token("rateLimit: { share: 0% }", ""), "
app-config.yaml:7:29: catalog.providers.okta.default.rateLimit.share: expected a percentage from `1%` to `100%`, found `0%`
");
    refused(&with_token("limits: { users: 0, groups: all, member: 1, members: 1.5 }", ""), "
app-config.yaml:7:26: catalog.providers.okta.default.limits.users: expected a whole number from 1 to 4294967295, found `0`
app-config.yaml:7:37: catalog.providers.okta.default.limits.groups: expected a whole number from 1 to 4294967295, found `all`
app-config.yaml:7:42: catalog.providers.okta.default.limits.member: unknown key
  fix: did you mean `members`?
app-config.yaml:7:62: catalog.providers.okta.default.limits.members: expected a whole number from 1 to 4294967295, found `1.5`
");
}

#[test]
fn ids_of_tenants() {
    refused(
        "
catalog:
  providers:
    okta:
      - { id: a, oktaUrl: https://a.okta.com, token: 00a }
      - { id: a, oktaUrl: https://b.okta.com, token: 00b }
      - { id: b c, oktaUrl: https://c.okta.com, token: 00c }
",
        "
app-config.yaml:5:9: catalog.providers.okta[1]: another tenant has the id `a` already
  fix: give each tenant an `id` of its own
app-config.yaml:6:15: catalog.providers.okta[2].id: `b c` cannot be the id of a tenant
  fix: use up to 63 letters, digits, `-`, `_` and `.`
",
    );
    refused(
        "
catalog:
  providers:
    okta:
      - { oktaUrl: https://a.okta.com, token: 00a }
      - { oktaUrl: https://a.okta.com, token: 00b }
      - null
",
        "
app-config.yaml:4:7: catalog.providers.okta: element 3 is empty
app-config.yaml:5:9: catalog.providers.okta[1]: another tenant has the id `a.okta.com` already
  fix: give each tenant an `id` of its own
",
    );
    refused("
catalog:
  providers:
    okta:
      a b: { oktaUrl: https://a.okta.com, token: 00a }
      c: { id: d, oktaUrl: https://a.okta.com, token: 00a }
", "
app-config.yaml:4:12: catalog.providers.okta.a b: `a b` cannot be the id of a tenant
  fix: use up to 63 letters, digits, `-`, `_` and `.`
app-config.yaml:5:16: catalog.providers.okta.c.id: `d` is not the key that the tenant stands under, `c`
  fix: leave `id` out, or write `c`
");
}

#[test]
fn no_tenants() {
    refused(
        "catalog: {}
",
        "
catalog.providers.okta: no Okta tenant is configured in `app-config.yaml`
    catalog:
      providers:
        okta:
          default:
            oktaUrl: https://acme.okta.com
            clientId: ${OKTA_CLIENT_ID}
            keyId: ${OKTA_KEY_ID}
            privateKey: ${OKTA_PRIVATE_KEY}
  fix: add one as above
",
    );
    refused(
        "catalog: { providers: { okta: [] } }
",
        "
catalog.providers.okta: no Okta tenant is configured in `app-config.yaml`
    catalog:
      providers:
        okta:
          default:
            oktaUrl: https://acme.okta.com
            clientId: ${OKTA_CLIENT_ID}
            keyId: ${OKTA_KEY_ID}
            privateKey: ${OKTA_PRIVATE_KEY}
  fix: add one as above
",
    );
    refused(
        "catalog: { providers: { okta: { default: null } } }
",
        "
catalog.providers.okta: no Okta tenant is configured in `app-config.yaml`
    catalog:
      providers:
        okta:
          default:
            oktaUrl: https://acme.okta.com
            clientId: ${OKTA_CLIENT_ID}
            keyId: ${OKTA_KEY_ID}
            privateKey: ${OKTA_PRIVATE_KEY}
  fix: add one as above
",
    );
    refused(
        "",
        "
catalog.providers.okta: no Okta tenant is configured in `app-config.yaml`
    catalog:
      providers:
        okta:
          default:
            oktaUrl: https://acme.okta.com
            clientId: ${OKTA_CLIENT_ID}
            keyId: ${OKTA_KEY_ID}
            privateKey: ${OKTA_PRIVATE_KEY}
  fix: add one as above
",
    );
    refused("catalog: { providers: { okta: 5 } }
", "
app-config.yaml:1:31: catalog.providers.okta: expected a map of tenants by id, or a list of tenants, found a number
");
}

#[test]
fn keys_as_jwk() {
    let jwk =
        include_str!("../../../../../fixtures/keys/ec-p256.private.jwk.json").replace('\n', "");
    let nameless = jwk.replace("\"kid\"", "\"nid\"");
    let length = nameless.chars().count();
    let open = |key: &str| {
        tenant(&format!(
            "oktaUrl: https://acme.okta.com\nclientId: 0oa1\nprivateKey: '{key}'"
        ))
    };
    refused(
        &open(&nameless),
        "
app-config.yaml:7:21: catalog.providers.okta.default.privateKey: the JWK has no `kid`, and there is no `keyId`
  fix: add `keyId: ${OKTA_KEY_ID}`: the id that Okta shows for this key
",
    );
    let public = nameless.replace("\"d\"", "\"e\"");
    refused(
        &open(&public),
        &format!(
            "app-config.yaml:7:21: catalog.providers.okta.default.privateKey: the private key ({length} characters) \
             is a public key; give the private key that belongs to it"
        ),
    );
}

#[test]
fn sets_of_keys() {
    let [one, other] = [
        include_str!("../../../../../fixtures/keys/ec-p256.private.jwk.json"),
        include_str!("../../../../../fixtures/keys/rsa2048.private.jwk.json"),
    ]
    .map(|jwk| jwk.replace('\n', ""));
    let open = |keys: [&str; 2], more: &str| {
        tenant(&format!(
            "oktaUrl: https://acme.okta.com\nclientId: 0oa1\nprivateKey: '{{\"keys\": [{}]}}'{more}",
            keys.join(", ")
        ))
    };
    refused(
        &open([&one, &other], "\nkeyId: k1"),
        "
app-config.yaml:8:16: catalog.providers.okta.default.keyId: names one key, and `privateKey` is a JWK set of 2
  fix: leave `keyId` out: each key of a set carries its own `kid`
",
    );
    refused(
        &open([&one, &other.replace("\"kid\"", "\"nid\"")], ""),
        "
app-config.yaml:7:21: catalog.providers.okta.default.privateKey: 1 of the 2 private keys in the JWK set have no `kid`
  fix: give each key the `kid` that Okta shows for it
",
    );
    refused(
        &open([&one, &other.replace("test-1", "test-2")], ""),
        "
app-config.yaml:7:21: catalog.providers.okta.default.privateKey: two private keys in the JWK set have the `kid` `portal-sync-test-2`
  fix: give each key the `kid` that Okta shows for it
",
    );
    let damaged = open([&one, &other.replace("\"d\": \"", "\"d\": \"BBBB")], "");
    let errors = load_all(&[("app-config.yaml", &damaged)], &[]).unwrap_err();
    assert!(
        errors
            .to_string()
            .contains("is a JWK set whose key number 2 is damaged"),
        "{errors}"
    );
}
