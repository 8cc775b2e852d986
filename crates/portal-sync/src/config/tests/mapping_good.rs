//! Mappings that are accepted: every key in every form, and how several are laid over each other.

use okta_api::UserStatus;
use org_filter::names::NameRule;

use super::{load_all, load_given, with_token};
use crate::config::Config;
use crate::decide::rules::{
    AdminConsole, Collisions, EmailCase, GroupNaming, GroupTypes, Hierarchy, MappingRules, Renames,
    Root, UserNaming,
};
use crate::held::leavers::Leavers;
use crate::text::template::{RecordKind, Template};

/// A file with one tenant and this mapping for all of them.
fn shared(mapping: &str) -> String {
    with_token("", &format!("portalSync:\n  mapping: {mapping}\n"))
}

fn accepted(text: &str) -> Config {
    load_all(&[("app-config.yaml", text)], &[]).unwrap_or_else(|errors| panic!("{text}\n{errors}"))
}

/// The mapping of the first tenant of a file.
fn first(text: &str) -> MappingRules {
    accepted(text).providers.remove(0).mapping
}

fn read(mapping: &str) -> MappingRules {
    first(&shared(mapping))
}

fn user(text: &str) -> Template {
    Template::parse(text, RecordKind::User).unwrap()
}

fn group(text: &str) -> Template {
    Template::parse(text, RecordKind::Group).unwrap()
}

fn texts(templates: &[Template]) -> Vec<String> {
    templates.iter().map(ToString::to_string).collect()
}

fn attached(all: &[(String, Template)]) -> Vec<String> {
    let pair = |(key, template): &(String, Template)| format!("{key}={template}");
    all.iter().map(pair).collect()
}

fn rules(rules: &[NameRule]) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_left_out_has_a_default() {
    for mapping in ["{}", "null", "{ users: {}, groups: null, userName: ~ }"] {
        let found = read(mapping);
        assert_eq!(found.namespace.as_str(), "default");
        assert_eq!(found.user_name, [UserNaming::StripDomainEmail]);
        assert_eq!(found.group_name, [GroupNaming::KebabCaseName]);
        assert_eq!(found.collisions, Collisions::Suffix);
        assert_eq!(found.renames, Renames::Follow);
        assert_eq!(found.admin_console, AdminConsole::No);

        let users = &found.users;
        let names = [
            "{profile.displayName}",
            "{profile.firstName} {profile.lastName}",
            "{profile.firstName ?? profile.lastName ?? profile.login}",
        ];
        assert_eq!(texts(&users.fields.display_name), names);
        assert_eq!(texts(&users.fields.email), ["{profile.email}"]);
        assert!(users.fields.title.is_empty() && users.fields.description.is_empty());
        assert!(users.fields.picture.is_empty());
        assert!(users.fields.annotations.is_empty() && users.fields.labels.is_empty());
        assert_eq!(users.email_case, EmailCase::Keep);
        assert!(users.statuses.is_empty() && users.exclude.is_empty());
        assert_eq!(users.leavers, Leavers::Remove);

        let groups = &found.groups;
        assert_eq!(texts(&groups.fields.display_name), ["{profile.name}"]);
        assert_eq!(texts(&groups.fields.description), ["{profile.description}"]);
        assert_eq!(texts(&groups.fields.title), ["{profile.name}"]);
        assert!(groups.fields.email.is_empty() && groups.fields.picture.is_empty());
        assert!(groups.fields.annotations.is_empty() && groups.fields.labels.is_empty());
        let types = GroupTypes {
            rules: Vec::new(),
            attribute: Vec::new(),
            default: "group".to_owned(),
        };
        assert_eq!(groups.types, types);
        assert!(groups.exclude.is_empty() && groups.merge.is_empty());
        assert_eq!((&groups.hierarchy, &groups.root), (&None, &None));
    }
}

#[test]
fn names() {
    let table = [
        ("strip-domain-email", vec![UserNaming::StripDomainEmail]),
        ("kebab-case-email", vec![UserNaming::KebabCaseEmail]),
        ("slugify-email", vec![UserNaming::SlugifyEmail]),
        ("login", vec![UserNaming::Login]),
        ("' login '", vec![UserNaming::Login]),
        ("[login, id]", vec![UserNaming::Login, UserNaming::Id]),
        (
            "{ attribute: employeeNumber }",
            vec![UserNaming::Attribute(user("{employeeNumber}"))],
        ),
        (
            "{ template: '{firstName}.{lastName | lower}', attribute: null }",
            vec![UserNaming::Template(user("{firstName}.{lastName | lower}"))],
        ),
        (
            "[{ attribute: profile.nick }, { template: '{type.id}-{id}' }, id]",
            vec![
                UserNaming::Attribute(user("{nick}")),
                UserNaming::Template(user("{type.id}-{id}")),
                UserNaming::Id,
            ],
        ),
    ];
    for (written, expected) in table {
        let found = read(&format!("{{ userName: {written} }}"));
        assert_eq!(found.user_name, expected, "{written}");
    }
    let table = [
        ("kebab-case-name", vec![GroupNaming::KebabCaseName]),
        ("[profile-name]", vec![GroupNaming::ProfileName]),
        (
            "[{ attribute: orgId }, { template: 'team-{name}' }, id]",
            vec![
                GroupNaming::Attribute(group("{orgId}")),
                GroupNaming::Template(group("team-{name}")),
                GroupNaming::Id,
            ],
        ),
    ];
    for (written, expected) in table {
        let found = read(&format!("{{ groupName: {written} }}"));
        assert_eq!(found.group_name, expected, "{written}");
    }
}

#[test]
fn words() {
    let found = read("{ namespace: okta, collisions: namespace, renames: keep }");
    assert_eq!(found.namespace.as_str(), "okta");
    assert_eq!(found.collisions, Collisions::Namespace);
    assert_eq!(found.renames, Renames::Keep);
    let found = read("{ collisions: fail, renames: follow, users: { emailCase: lower } }");
    assert_eq!(found.collisions, Collisions::Fail);
    assert_eq!(found.renames, Renames::Follow);
    assert_eq!(found.users.email_case, EmailCase::Lower);
    let found = read("{ collisions: suffix, users: { emailCase: keep } }");
    assert_eq!(found.collisions, Collisions::Suffix);
    assert_eq!(found.users.email_case, EmailCase::Keep);
}

#[test]
fn the_admin_console() {
    let at = |url: &str| AdminConsole::At(url.parse().unwrap());
    let table = [
        ("true", AdminConsole::OfOrg),
        ("'yes'", AdminConsole::OfOrg),
        ("'ON'", AdminConsole::OfOrg),
        ("'1'", AdminConsole::OfOrg),
        ("false", AdminConsole::No),
        ("'no'", AdminConsole::No),
        ("'off'", AdminConsole::No),
        (
            "https://acme-admin.okta.com",
            at("https://acme-admin.okta.com/"),
        ),
        (
            "https://acme-admin.okta.com/",
            at("https://acme-admin.okta.com/"),
        ),
        (
            "https://admin.login.acme.com:8443",
            at("https://admin.login.acme.com:8443/"),
        ),
    ];
    for (written, expected) in table {
        let found = read(&format!("{{ adminConsole: {written} }}"));
        assert_eq!(found.admin_console, expected, "{written}");
    }
}

#[test]
fn texts_of_entities() {
    let forms = [
        ("title", vec!["{profile.title}"]),
        ("profile.title", vec!["{profile.title}"]),
        ("' title '", vec!["{profile.title}"]),
        ("'{title}, {city}'", vec!["{profile.title}, {profile.city}"]),
        ("'{\"Guest\"}'", vec!["{\"Guest\"}"]),
        ("'{title} {{beta}}'", vec!["{profile.title} {{beta}}"]),
        (
            "[nick, '{city | upper}']",
            vec!["{profile.nick}", "{profile.city | upper}"],
        ),
        ("[]", vec![]),
    ];
    for (written, expected) in forms {
        for key in ["displayName", "title", "description", "email", "picture"] {
            let found = read(&format!(
                "{{ users: {{ {key}: {written} }}, groups: {{ {key}: {written} }} }}"
            ));
            for fields in [&found.users.fields, &found.groups.fields] {
                let field = match key {
                    "displayName" => &fields.display_name,
                    "title" => &fields.title,
                    "description" => &fields.description,
                    "email" => &fields.email,
                    _ => &fields.picture,
                };
                assert_eq!(texts(field), expected, "{key}: {written}");
            }
        }
    }
}

#[test]
fn annotations_and_labels() {
    let table = [
        ("{}", vec![]),
        (
            "{ attributes: costCenter }",
            vec!["costCenter={profile.costCenter}"],
        ),
        (
            "{ prefix: acme.com/, attributes: [profile.b, a, type.id] }",
            vec![
                "acme.com/a={profile.a}",
                "acme.com/b={profile.b}",
                "acme.com/type.id={type.id}",
            ],
        ),
        (
            "{ prefix: okta-, attributes: a }",
            vec!["okta-a={profile.a}"],
        ),
        (
            "{ values: { acme.com/chat: '@{nick}', source: okta, gone: null } }",
            vec!["acme.com/chat=@{profile.nick}", "source=okta"],
        ),
        (
            "{ prefix: acme.com/, attributes: [], values: { b: x, A: '{a}' } }",
            vec!["A={profile.a}", "b=x"],
        ),
    ];
    for (written, expected) in table {
        // Groups have no `type.id`.
        let of_groups = written.replace("type.id", "source.id");
        let found = read(&format!(
            "{{ users: {{ annotations: {written}, labels: {written} }}, groups: {{ annotations: {of_groups}, labels: {of_groups} }} }}"
        ));
        let (users, groups) = (&found.users.fields, &found.groups.fields);
        for fields in [&users.annotations, &users.labels] {
            assert_eq!(attached(fields), expected, "{written}");
        }
        let mut expected: Vec<String> = expected
            .iter()
            .map(|text| text.replace("type.id", "source.id"))
            .collect();
        expected.sort_unstable_by_key(|text| text.to_lowercase());
        for fields in [&groups.annotations, &groups.labels] {
            assert_eq!(attached(fields), expected, "{of_groups}");
        }
    }
}

#[test]
fn who_is_in_and_who_left() {
    let found = read(
        "{ users: { statuses: [ACTIVE, LOCKED_OUT, PASSWORD_EXPIRED, PROVISIONED, RECOVERY, STAGED, SUSPENDED] } }",
    );
    let all = [
        UserStatus::Active,
        UserStatus::LockedOut,
        UserStatus::PasswordExpired,
        UserStatus::Provisioned,
        UserStatus::Recovery,
        UserStatus::Staged,
        UserStatus::Suspended,
    ];
    assert_eq!(found.users.statuses, all);
    let found = read("{ users: { statuses: ACTIVE, exclude: root@acme.com } }");
    assert_eq!(found.users.statuses, [UserStatus::Active]);
    assert_eq!(rules(&found.users.exclude), ["root@acme.com"]);
    let found = read(
        "{ users: { exclude: ['prefix:svc-', 'glob:*-test@*', 00u1] }, groups: { exclude: [Everyone, 'glob:app-*'] } }",
    );
    assert_eq!(
        rules(&found.users.exclude),
        ["prefix:svc-", "glob:*-test@*", "00u1"]
    );
    assert_eq!(rules(&found.groups.exclude), ["Everyone", "glob:app-*"]);
    assert!(read("{ users: { exclude: [] } }").users.exclude.is_empty());

    for (written, expected) in [
        ("remove", Leavers::Remove),
        ("mark", Leavers::Mark),
        ("{ keepDays: 30 }", Leavers::Keep { days: 30 }),
        ("{ keepDays: '1' }", Leavers::Keep { days: 1 }),
        ("{ keepDays: 36500 }", Leavers::Keep { days: 36_500 }),
    ] {
        let found = read(&format!("{{ users: {{ leavers: {written} }} }}"));
        assert_eq!(found.users.leavers, expected, "{written}");
    }
}

#[test]
fn types_of_groups() {
    let types = |written: &str| {
        let types = read(&format!("{{ groups: {{ type: {written} }} }}"))
            .groups
            .types;
        let rules: Vec<String> = types
            .rules
            .iter()
            .map(|(when, r#type)| format!("{when} => {type}", r#type = r#type))
            .collect();
        (rules, texts(&types.attribute), types.default)
    };
    let none: Vec<String> = Vec::new();
    let group = || "group".to_owned();
    assert_eq!(
        types("' team '"),
        (none.clone(), none.clone(), "team".into())
    );
    assert_eq!(types("{ default: team }").2, "team");
    assert_eq!(types("{}"), (none.clone(), none.clone(), group()));
    assert_eq!(types("{ attribute: kind }").1, ["{profile.kind}"]);
    assert_eq!(
        types("{ attribute: [kind, '{type | lower}'] }").1,
        ["{profile.kind}", "{type | lower}"]
    );
    let one = r#"{ when: 'type eq "APP_GROUP"', type: app }"#;
    let expected = vec![r#"type eq "APP_GROUP" => app"#.to_owned()];
    assert_eq!(types(&format!("{{ rules: {one} }}")).0, expected);
    // Evaluated here: also what Okta's search has not.
    let all = r#"{ rules: [{ when: 'not (profile.name ew "-x") and source.id pr and objectClass pr', type: y }] }"#;
    assert_eq!(
        types(all).0,
        [r#"not (profile.name ew "-x") and source.id pr and objectClass pr => y"#]
    );
}

#[test]
fn how_groups_are_related() {
    let hierarchy = |written: &str| {
        read(&format!("{{ groups: {{ hierarchy: {written} }} }}"))
            .groups
            .hierarchy
    };
    let by = |key: &str, parent: &str| {
        Some(Hierarchy::ByAttribute {
            key: group(key),
            parent: group(parent),
        })
    };
    let separated = |separator: &str| {
        Some(Hierarchy::ByName {
            separator: separator.to_owned(),
        })
    };
    assert_eq!(
        hierarchy("{ key: orgId, parentKey: profile.parentOrgId }"),
        by("{orgId}", "{parentOrgId}")
    );
    assert_eq!(hierarchy("{ parentKey: parent }"), by("{name}", "{parent}"));
    assert_eq!(
        hierarchy("{ key: id, parentKey: parent, separator: null }"),
        by("{id}", "{parent}")
    );
    assert_eq!(hierarchy("{ separator: . }"), separated("."));
    assert_eq!(hierarchy("{ separator: ' / ' }"), separated(" / "));
    assert_eq!(hierarchy("{ separator: ' ' }"), separated(" "));
    assert_eq!(hierarchy("null"), None);

    let root = |written: &str| {
        read(&format!("{{ groups: {{ root: {written} }} }}"))
            .groups
            .root
    };
    let acme = Root {
        name: "acme".parse().unwrap(),
        display_name: None,
        description: None,
        r#type: "organization".to_owned(),
    };
    assert_eq!(root("{ name: acme }"), Some(acme.clone()));
    let full = "{ name: ' acme ', displayName: Acme Inc., description: All of us, type: company }";
    let expected = Root {
        display_name: Some("Acme Inc.".to_owned()),
        description: Some("All of us".to_owned()),
        r#type: "company".to_owned(),
        ..acme
    };
    assert_eq!(root(full), Some(expected));

    let merge = |written: &str| {
        let merges = read(&format!("{{ groups: {{ merge: {written} }} }}"))
            .groups
            .merge;
        let merges = merges.into_iter();
        merges
            .map(|one| (one.name, one.description, rules(&one.groups)))
            .collect::<Vec<_>>()
    };
    let eng = |description: Option<&str>| {
        let groups = vec!["prefix:eng-".to_owned()];
        ("Eng".to_owned(), description.map(str::to_owned), groups)
    };
    let one = "{ name: Eng, groups: 'prefix:eng-' }";
    assert_eq!(merge(one), [eng(None)]);
    let ops = "{ name: Ops, description: x, groups: [A, 00g1] }";
    let found = merge(&format!(
        "[{ops}, {{ name: Eng, description: y, groups: ['prefix:eng-'] }}]"
    ));
    assert_eq!(found[1], eng(Some("y")));
    assert_eq!(found[0].2, ["A", "00g1"]);
    assert!(merge("[]").is_empty());
}

#[test]
fn variables_stand_inside_texts() {
    let file = with_token(
        "",
        "
portalSync:
  mapping:
    namespace: ${NAMESPACE}
    userName: ${NAMING}
    adminConsole: ${CONSOLE:-no}
    users:
      title: '{title}, ${COMPANY} $${x}'
      annotations: { prefix: '${PREFIX}/', attributes: ['${ATTRIBUTE}'], values: { chat: '${CHAT}' } }
      leavers: { keepDays: '${DAYS}' }
      statuses: ['${STATUS}']
    groups:
      type: '${TYPE:-}'
      root: { name: '${COMPANY}-org' }
",
    );
    let variables = [
        ("NAMESPACE", "okta"),
        ("NAMING", "login"),
        ("COMPANY", "acme"),
        ("PREFIX", "acme.com"),
        ("ATTRIBUTE", "nick"),
        ("CHAT", "@{nick}"),
        ("DAYS", "7"),
        ("STATUS", "ACTIVE"),
    ];
    let config = load_all(&[("app-config.yaml", &file)], &variables);
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    let mapping = &config.providers[0].mapping;
    assert_eq!(mapping.namespace.as_str(), "okta");
    assert_eq!(mapping.user_name, [UserNaming::Login]);
    assert_eq!(mapping.admin_console, AdminConsole::No);
    let fields = &mapping.users.fields;
    let escaped = load_all(
        &[("app-config.yaml", &file.replace(" $${x}", ""))],
        &variables,
    );
    let plain = &escaped.unwrap().providers[0].mapping.users.fields.title;
    assert_eq!(texts(plain), ["{profile.title}, acme"]);
    assert_eq!(texts(&fields.title), ["{profile.title}, acme ${profile.x}"]);
    let expected = ["acme.com/nick={profile.nick}", "chat=@{profile.nick}"];
    assert_eq!(attached(&fields.annotations), expected);
    assert_eq!(mapping.users.leavers, Leavers::Keep { days: 7 });
    assert_eq!(mapping.users.statuses, [UserStatus::Active]);
    assert_eq!(mapping.groups.types.default, "group");
    let root = mapping.groups.root.as_ref().unwrap();
    assert_eq!(root.name.as_str(), "acme-org");
}

/// What several layers of mapping amount to, the last one on top.
fn layered(layers: &[&str]) -> Vec<MappingRules> {
    let laid_as_files = {
        let files: Vec<(String, String)> = layers
            .iter()
            .enumerate()
            .map(|(at, mapping)| {
                let text = format!("portalSync: {{ mapping: {mapping} }}\n");
                let tenant = with_token("", "");
                let text = if at == 0 { tenant + &text } else { text };
                (format!("{at}.yaml"), text)
            })
            .collect();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        load_given(&names, &files, &[])
    };
    let [base, top] = layers else {
        panic!("{layers:?}")
    };
    let laid_over_all_tenants = load_all(
        &[(
            "app-config.yaml",
            &with_token(
                &format!("mapping: {top}"),
                &format!("portalSync: {{ mapping: {base} }}\n"),
            ),
        )],
        &[],
    );
    [laid_as_files, laid_over_all_tenants]
        .map(|config| {
            let config = config.unwrap_or_else(|errors| panic!("{layers:?}\n{errors}"));
            config.providers[0].mapping.clone()
        })
        .into()
}

#[test]
fn a_tenant_lies_over_all_tenants_as_a_file_over_another() {
    let base = "{ namespace: okta, userName: [login, id], collisions: fail, \
        users: { title: [title, nick], emailCase: lower, leavers: mark, statuses: [ACTIVE], \
          annotations: { prefix: acme.com/, attributes: [a, b], values: { x: '1', y: '2' } } }, \
        groups: { exclude: [A, B], root: { name: acme, type: company }, hierarchy: { separator: . }, \
          type: { attribute: kind, default: team }, merge: [{ name: M, groups: [C] }] } }";
    for mapping in layered(&[base, "{}"]) {
        assert_eq!(mapping.namespace.as_str(), "okta", "nothing is changed");
        assert_eq!(mapping.users.leavers, Leavers::Mark);
        assert_eq!(mapping.groups.merge.len(), 1);
    }
    let top = "{ namespace: null, userName: id, \
        users: { title: nick, leavers: { keepDays: 3 }, statuses: null, \
          annotations: { attributes: [c], values: { x: null, z: '3' } } }, \
        groups: { exclude: [], root: { displayName: Acme }, hierarchy: null, type: { attribute: [] } } }";
    for mapping in layered(&[base, top]) {
        assert_eq!(mapping.namespace.as_str(), "default", "null is the default");
        assert_eq!(mapping.user_name, [UserNaming::Id], "a list is replaced");
        assert_eq!(
            mapping.collisions,
            Collisions::Fail,
            "what is not said stays"
        );
        let users = &mapping.users;
        assert_eq!(texts(&users.fields.title), ["{profile.nick}"]);
        assert_eq!(users.email_case, EmailCase::Lower);
        assert_eq!(users.leavers, Leavers::Keep { days: 3 });
        assert!(users.statuses.is_empty());
        assert_eq!(
            attached(&users.fields.annotations),
            ["acme.com/c={profile.c}", "y=2", "z=3"],
            "the prefix stays, the list is replaced, the values are merged"
        );
        let groups = &mapping.groups;
        assert!(groups.exclude.is_empty());
        let root = groups.root.as_ref().unwrap();
        assert_eq!(root.name.as_str(), "acme", "maps are merged");
        assert_eq!(root.display_name.as_deref(), Some("Acme"));
        assert_eq!(root.r#type, "company");
        assert_eq!(groups.hierarchy, None);
        assert!(groups.types.attribute.is_empty());
        assert_eq!(groups.types.default, "team");
        assert_eq!(groups.merge.len(), 1);
    }
    for top in [
        "null",
        "{ groups: null }",
        "{ groups: { root: null, hierarchy: null, type: null, merge: null, exclude: null } }",
    ] {
        for mapping in layered(&[base, top]) {
            let groups = &mapping.groups;
            assert_eq!((&groups.root, &groups.hierarchy), (&None, &None), "{top}");
            assert_eq!(groups.types.default, "group", "{top}");
            assert!(
                groups.merge.is_empty() && groups.exclude.is_empty(),
                "{top}"
            );
        }
    }
    for mapping in layered(&[base, "{ groups: { type: app } }"]) {
        let types = &mapping.groups.types;
        assert!(types.attribute.is_empty(), "a text replaces a map");
        assert_eq!(types.default, "app");
    }
}

#[test]
fn names_and_the_hierarchy_of_a_tenant_are_its_own() {
    let file = with_token(
        "mapping: { userName: { template: '{nick}' }, groups: { hierarchy: { separator: . } } }",
        "portalSync: { mapping: { userName: { attribute: nick }, groups: { hierarchy: { key: a, parentKey: b } } } }\n",
    );
    let mapping = first(&file);
    assert_eq!(mapping.user_name, [UserNaming::Template(user("{nick}"))]);
    assert!(matches!(
        mapping.groups.hierarchy,
        Some(Hierarchy::ByName { .. })
    ));
}

#[test]
fn tenants_do_not_see_each_other() {
    let file = "
catalog:
  providers:
    okta:
      a: { oktaUrl: https://a.okta.com, token: 00a, mapping: { userName: id, users: { annotations: { values: { x: '1' } } } } }
      b: { oktaUrl: https://b.okta.com, token: 00b, mapping: { users: { annotations: { values: { y: '2' } } } } }
      c: { oktaUrl: https://login.acme.com, token: 00c, mapping: { adminConsole: 'off' } }
portalSync: { mapping: { adminConsole: true, userName: login, users: { annotations: { values: { z: '3' } }, exclude: 'svc-*' } } }
";
    let config = accepted(file);
    let found: Vec<_> = config
        .providers
        .iter()
        .map(|provider| &provider.mapping)
        .map(|mapping| {
            (
                attached(&mapping.users.fields.annotations),
                &mapping.admin_console,
            )
        })
        .collect();
    let of = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        found,
        [
            (of(&["x=1", "z=3"]), &AdminConsole::OfOrg),
            (of(&["y=2", "z=3"]), &AdminConsole::OfOrg),
            (of(&["z=3"]), &AdminConsole::No),
        ]
    );
    assert_eq!(config.providers[1].mapping.user_name, [UserNaming::Login]);
    let notices: Vec<_> = config.notices.iter().map(ToString::to_string).collect();
    let once = "app-config.yaml:8:118: portalSync.mapping.users.exclude: \
                `svc-*` is compared as it is; for a pattern write `glob:svc-*`";
    assert_eq!(notices, [once], "what all tenants share is told once");
}
