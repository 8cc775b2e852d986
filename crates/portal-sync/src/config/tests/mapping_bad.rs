//! What is wrong with a mapping, each thing with its place and its fix.

use proptest::prelude::*;

use super::{load_all, refused, tenant};

#[test]
fn everything_that_can_be_wrong_is_told_at_once() {
    refused(
        r##"
catalog:
  providers:
    okta:
      default:
        oktaUrl: https://login.acme.com
        token: 00examp1e
        mapping: { collisions: namespace }
portalSync:
  mapping:
    namespace: Acme
    userName: foo
    groupName: [kebab-case-name, { template: 'team' }, { attribute: 'a b', template: x }, {}]
    collisions: sufix
    renames: 5
    adminConsole: true
    usr: {}
    users:
      displayName: ['{firstName | lowr}', '{ }', '{firstName', '{{ profile.name }}', '{profil.x}']
      title: 5
      description: ['']
      emailCase: upper
      annotations:
        prefix: Acme.com/
        attributes: [costCenter]
        values: { okta.com/id: x, backstage.io/managed-by-location: y, a.b/Key: x, a.b/key: y, okta.com/provider: z }
      labels: [x]
      statuses: [DEPROVISIONED, ACTVE]
      exclude: ['glob:[', 'regex:(', 'svc-*']
      leavers: { keepDays: 0 }
    groups:
      type: { rules: [{ when: 'profile.name = "x"', type: t }, { when: 'status eq "ACTIVE"' }], defalt: x }
      hierarchy: { key: a, parentKey: b, separator: '.' }
      root: { displayName: Acme }
      merge: [{ name: A, groups: [] }, { name: B, groups: [x] }, { name: B, groups: [y] }, { groups: [z] }]
"##,
        r##"
app-config.yaml:4:7: catalog.providers.okta.default: `collisions: namespace` needs a namespace called as the tenant is, and `default` gives none besides `default`
  fix: give the tenant an `id` of its own, or `mapping` another `namespace`
app-config.yaml:10:16: portalSync.mapping.namespace: `Acme` is not a namespace: character 1 is 'A', allowed are lower-case ASCII letters, digits and '-'
  fix: use up to 63 lower-case letters, digits and `-`
app-config.yaml:11:15: portalSync.mapping.userName: `foo` is not known here
  fix: use one of `strip-domain-email`, `id`, `kebab-case-email`, `slugify-email`, `login`, `{ attribute: … }` and `{ template: … }`
app-config.yaml:12:46: portalSync.mapping.groupName[1].template: `team` has no attribute in it, and would name all of them the same
  fix: put one in braces, as in `'team-{name}'`
app-config.yaml:12:56: portalSync.mapping.groupName[2]: `attribute` and `template` cannot be combined
  fix: keep one of them; where another file sets the other one, set that to `null`
app-config.yaml:12:91: portalSync.mapping.groupName[3]: neither `attribute` nor `template` is given
  fix: add `attribute: …` or `template: …`
app-config.yaml:13:17: portalSync.mapping.collisions: `sufix` is not known here
  fix: did you mean `suffix`?
app-config.yaml:14:14: portalSync.mapping.renames: expected one of `follow` and `keep`, found `5`
app-config.yaml:15:19: portalSync.mapping.adminConsole: the address of the admin console does not follow from that of the org, `login.acme.com`
  fix: write it instead of `true`, such as `https://acme-admin.okta.com`; for one tenant alone, in its own `mapping`
app-config.yaml:16:5: portalSync.mapping.usr: unknown key
  fix: the keys here are `namespace`, `userName`, `groupName`, `collisions`, `renames`, `adminConsole`, `users` and `groups`
app-config.yaml:18:21: portalSync.mapping.users.displayName[0]: not a text with attributes in braces
    error: no filter is called `lowr`
      | {firstName | lowr}
      |              ^^^^
      = fix: write `lower`
app-config.yaml:18:43: portalSync.mapping.users.displayName[1]: not a text with attributes in braces
    error: this placeholder is empty
      | { }
      | ^^^
      = fix: name an attribute, as in `{login}`, or write `{{` and `}}` for braces that are text
app-config.yaml:18:50: portalSync.mapping.users.displayName[2]: not a text with attributes in braces
    error: this brace is not closed
      | {firstName
      | ^
      = fix: close it with `}`, or write `{{` for a brace that is text
app-config.yaml:18:64: portalSync.mapping.users.displayName[3]: `{{ profile.name }}` has no attribute in it: two braces stand for one that is text
  fix: write `{ profile.name }`
app-config.yaml:18:86: portalSync.mapping.users.displayName[4]: not a text with attributes in braces
    error: a user has no field `profil`
      | {profil.x}
      |  ^^^^^^^^
      = fix: write `profile.x`
app-config.yaml:19:14: portalSync.mapping.users.title: expected an attribute, such as `title`, or a text such as `'{title}, {city}'`, found `5`
app-config.yaml:20:21: portalSync.mapping.users.description[0]: it is empty
app-config.yaml:21:18: portalSync.mapping.users.emailCase: `upper` is not known here
  fix: use one of `keep` and `lower`
app-config.yaml:24:22: portalSync.mapping.users.annotations.attributes[0]: `Acme.com/costCenter` is not a key: in the prefix before '/', character 1 is 'A', allowed are lower-case ASCII letters, digits and '-'
  fix: write a key such as `acme.com/cost-center`
app-config.yaml:25:32: portalSync.mapping.users.annotations.values.okta.com/id: `okta.com/id` is written by portal-sync itself
  fix: choose another key
app-config.yaml:25:69: portalSync.mapping.users.annotations.values.backstage.io/managed-by-location: `backstage.io/managed-by-location` is written by portal-sync itself
  fix: choose another key
app-config.yaml:25:93: portalSync.mapping.users.annotations.values.a.b/key: `a.b/key` and `a.b/Key` are the same but for upper and lower case
  fix: keep one of them: Backstage takes no entity with both
app-config.yaml:25:115: portalSync.mapping.users.annotations.values.okta.com/provider: `okta.com/provider` is written by portal-sync itself
  fix: choose another key
app-config.yaml:26:15: portalSync.mapping.users.labels: expected a map with `prefix`, `attributes` and `values`, found a list
app-config.yaml:27:18: portalSync.mapping.users.statuses[0]: users who are `DEPROVISIONED` are never taken from Okta
  fix: to keep people who leave for a while, set `leavers`
app-config.yaml:27:33: portalSync.mapping.users.statuses[1]: `ACTVE` is not known here
  fix: did you mean `ACTIVE`?
app-config.yaml:28:17: portalSync.mapping.users.exclude[0]: not a rule
    error: this bracket is not closed
      | glob:[
      |      ^ expected a `]` after the characters
      = fix: write `\[`
app-config.yaml:28:27: portalSync.mapping.users.exclude[1]: not a rule
    error: unclosed group
      | regex:(
      |       ^
      = fix: write `\(`
app-config.yaml:29:28: portalSync.mapping.users.leavers.keepDays: expected a whole number from 1 to 36500, found `0`
app-config.yaml:31:31: portalSync.mapping.groups.type.rules[0].when: not a search expression
    error: `=` is not of this language
      | profile.name = "x"
      |              ^
      = fix: write `eq`
app-config.yaml:31:64: portalSync.mapping.groups.type.rules[1]: `type` is missing
  fix: add `type: …`
app-config.yaml:31:72: portalSync.mapping.groups.type.rules[1].when: asks for what groups cannot have
    error: groups have no attribute `status`
      | status eq "ACTIVE"
      | ^^^^^^
      = fix: write `profile.status`
      = see: Okta API reference, Groups: the group object
app-config.yaml:31:97: portalSync.mapping.groups.type.defalt: unknown key
  fix: did you mean `default`?
app-config.yaml:32:7: portalSync.mapping.groups.hierarchy: `parentKey` and `separator` cannot be combined
  fix: keep one of them; where another file sets the other one, set that to `null`
app-config.yaml:33:7: portalSync.mapping.groups.root: `name` is missing
  fix: add `name: …`
app-config.yaml:34:34: portalSync.mapping.groups.merge[0].groups: the list of groups is empty
  fix: name the groups that it is made of
app-config.yaml:34:66: portalSync.mapping.groups.merge[2]: another group of `merge` is called `B` already
  fix: list all its groups in one place
app-config.yaml:34:92: portalSync.mapping.groups.merge[3]: `name` is missing
  fix: add `name: …`
"##,
    );
}

/// A key that was pasted into the wrong place.
const KEY: &str = include_str!("../../../../../fixtures/keys/rsa2048.pkcs8.pem");

#[test]
fn a_key_in_the_wrong_place_is_not_quoted() {
    for place in [
        "namespace: KEY",
        "userName: KEY",
        "userName: { template: KEY }",
        "adminConsole: KEY",
        "users: { title: KEY }",
        "users: { exclude: [KEY] }",
        "users: { annotations: { prefix: KEY, attributes: [KEY], values: { a: KEY } } }",
        "groups: { type: { rules: [{ when: KEY, type: KEY }] } }",
        "groups: { root: { name: KEY } }",
        "groups: { merge: [{ name: KEY, groups: [KEY] }] }",
    ] {
        let mapping = place.replace("KEY", &serde_json::to_string(KEY).unwrap());
        let file = tenant(&format!(
            "oktaUrl: https://acme.okta.com\ntoken: 00examp1e\nmapping: {{ {mapping} }}"
        ));
        let errors = load_all(&[("app-config.yaml", &file)], &[]).expect_err(place);
        let told = errors.to_string();
        let secret = KEY.lines().nth(3).unwrap();
        assert!(!told.contains(secret), "{place}: {told}");
    }
}

/// Any value, under the keys that are known and others.
fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[a-z{}|?\"$: ]{0,12}".prop_map(Into::into),
        prop::sample::select(vec![
            "login",
            "id",
            "keep",
            "mark",
            "ACTIVE",
            "glob:*",
            "{a | lower}",
            "true",
            ""
        ])
        .prop_map(Into::into),
    ];
    const KEYS: &[&str] = &[
        "namespace",
        "userName",
        "groupName",
        "collisions",
        "renames",
        "adminConsole",
        "users",
        "groups",
        "displayName",
        "title",
        "email",
        "emailCase",
        "annotations",
        "labels",
        "prefix",
        "attributes",
        "values",
        "statuses",
        "exclude",
        "leavers",
        "keepDays",
        "type",
        "rules",
        "when",
        "attribute",
        "template",
        "default",
        "hierarchy",
        "key",
        "parentKey",
        "separator",
        "root",
        "name",
        "merge",
        "x",
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..6).prop_map(|entries| {
                entries
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_mapping_is_read_or_refused(shared in any_value(), own in any_value()) {
        // JSON is YAML.
        let file = serde_json::json!({
            "catalog": {"providers": {"okta": {"acme": {
                "oktaUrl": "https://acme.okta.com", "token": "00examp1e", "mapping": own,
            }}}},
            "portalSync": {"mapping": shared},
        });
        if let Err(errors) = load_all(&[("app-config.yaml", &file.to_string())], &[]) {
            prop_assert!(errors.iter().all(|error| error.place().is_some()), "{}", errors);
        }
    }
}
