//! What is true of every org and every mapping.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of as maybe;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::text::is_blank;

/// A text as it may stand in any attribute: of every script, of any length, and often the same as another one.
fn text() -> impl Strategy<Value = Value> {
    let stock = vec![
        "jane",
        "Jane",
        "JANE@example.com",
        "jane@example.org",
        "j a n e",
        "o'brien@x.io",
        "-",
        "_",
        "..",
        "@",
        "李雷",
        "e\u{301}",
        "ẞ",
        "🚀",
        " ",
        "\u{0}",
        "a\u{0}b@x.io",
        "\u{200b}\u{ad} ",
        "\u{feff}",
        "a/b:c",
        "eng",
        "eng.ops",
        "eng.ops.sre",
        "constructor",
    ];
    prop_oneof![
        4 => select(stock).prop_map(Value::from),
        2 => ".{0,12}".prop_map(Value::from),
        1 => "[a-zA-Z.é-]{55,80}".prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<i32>().prop_map(Value::from),
        1 => vec("[a-z]{0,3}", 0..3).prop_map(Value::from),
        1 => Just(json!({"a": 1})),
    ]
}

fn profile(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    vec(maybe(text()), names.len()).prop_map(move |values| {
        let set = names.iter().zip(values);
        set.filter_map(|(name, value)| Some(((*name).to_owned(), value?)))
            .collect()
    })
}

const OF_USERS: &[&str] = &[
    "login",
    "email",
    "firstName",
    "lastName",
    "displayName",
    "nickName",
    "team",
];
const OF_GROUPS: &[&str] = &["name", "description", "slug", "above", "key"];

/// Who is in a group, by number, or that nobody knows.
type Listed = Option<BTreeSet<u8>>;

/// Any org: ids with the profile of each, and who is in which group, or that nobody knows.
fn any_org() -> impl Strategy<Value = Org> {
    let members = maybe(btree_set(0..8_u8, 0..8));
    (
        btree_map(0..8_u8, profile(OF_USERS), 1..8),
        btree_map(0..6_u8, (profile(OF_GROUPS), members), 1..6),
    )
        .prop_map(|(users, groups)| org_of(users, groups))
}

fn org_of(users: BTreeMap<u8, Value>, groups: BTreeMap<u8, (Value, Listed)>) -> Org {
    let mut org = Org::default();
    for (n, profile) in users {
        let id = format!("00u{n}");
        org.users
            .insert(id.as_str().into(), user(&id, profile).into());
    }
    for (n, (profile, members)) in groups {
        let id = format!("00g{n}");
        org.groups.insert(id.as_str().into(), group(&id, profile));
        let members = match members {
            Some(members) => Members::of(members.iter().map(|n| format!("00u{n}").into())),
            None => Members::Unknown("okta fails".to_owned()),
        };
        org.members.insert(id.as_str().into(), members);
    }
    org
}

/// A small org of groups that rules of [`MERGES`] make one, or do not any more: so few ids and names that the next one has
/// nearly the same groups, of which one lost its name, another cannot be read, and a third is new.
fn small_org() -> impl Strategy<Value = Org> {
    let attributes = select(vec![
        json!({"name": "jane"}),
        json!({"name": "eng", "slug": "a"}),
        json!({"name": "eng.ops", "slug": "a"}),
        json!({"name": "🚀", "slug": "a"}),
        json!({"name": ""}),
        json!({}),
        json!({"slug": "a"}),
    ]);
    let members = prop::option::weighted(0.65, btree_set(0..3_u8, 0..3));
    let group = (attributes, members);
    // An org without any group is refused.
    let others = vec(prop::option::weighted(0.85, group.clone()), 2);
    (group, others).prop_map(|(first, others)| {
        let users = (0..3).map(|n| (n, json!({"email": format!("u{n}@x.io")})));
        let groups = (0..).zip(std::iter::once(Some(first)).chain(others));
        let groups = groups.filter_map(|(n, group)| Some((n, group?)));
        org_of(users.collect(), groups.collect())
    })
}

/// What is made one, in mappings of small orgs.
const MERGES: &[&str] = &[
    "{ merge: [{ name: '🚀', groups: ['glob:*'] }] }",
    "{ merge: [{ name: eng, groups: ['prefix:e', 'prefix:j'] }], hierarchy: { separator: '.' } }",
    "{ merge: [{ name: eng, groups: ['prefix:e'] }, { name: '🚀', groups: ['glob:*'] }], root: { name: jane } }",
];

/// Two runs, before and now: of any orgs by any mappings, or of small orgs by mappings that are the same more often than
/// not.
fn two_runs() -> impl Strategy<Value = [(Org, String); 2]> {
    let any = (any_org(), any_mapping(), any_org(), any_mapping());
    let small = || mapping_of(MERGES.to_vec());
    let small = (
        small_org(),
        small(),
        small_org(),
        prop::option::weighted(0.3, small()),
    );
    let small = small.prop_map(|(before, then, now, other)| {
        let yaml = other.unwrap_or_else(|| then.clone());
        (before, then, now, yaml)
    });
    prop_oneof![any, small].prop_map(|(before, then, now, yaml)| [(before, then), (now, yaml)])
}

/// Any mapping: every key has some of its values.
fn any_mapping() -> impl Strategy<Value = String> {
    mapping_of(vec![
        "{ hierarchy: { separator: '.' } }",
        "{ hierarchy: { parentKey: above, key: key }, root: { name: jane } }",
        "{ hierarchy: { parentKey: above }, merge: [{ name: eng, groups: ['prefix:e', 'prefix:j'] }] }",
        "{ type: { rules: [{ when: 'profile.name sw \"e\"', type: t }], attribute: slug }, root: { name: All } }",
        "{ merge: [{ name: '🚀', groups: ['glob:*'] }], displayName: [slug, '{name}!'] }",
        "{ labels: { attributes: [slug, above], values: { x: '{key}' } }, email: slug, picture: above }",
    ])
}

/// Any mapping whose groups are one of these.
fn mapping_of(groups_of: Vec<&'static str>) -> impl Strategy<Value = String> {
    let users = select(vec![
        "strip-domain-email",
        "id",
        "kebab-case-email",
        "slugify-email",
        "login",
        "{ attribute: nickName }",
        "{ template: '{nickName}' }",
        "[{ template: '{nickName}.{team}' }, login]",
        "{ template: '{nickName ?? email | kebab}' }",
    ]);
    let groups = select(vec![
        "kebab-case-name",
        "id",
        "profile-name",
        "{ attribute: slug }",
        "{ template: 'g-{slug | slug}' }",
        "[{ attribute: slug }, profile-name]",
    ]);
    let of_groups = select(groups_of);
    let of_users = select(vec![
        "{}",
        "{ annotations: { prefix: x.io/, attributes: [team, nickName] }, labels: { attributes: [team] }, emailCase: lower }",
        "{ displayName: [nickName, '{firstName}'], title: team, description: '{team ?? \"-\"}', leavers: mark }",
    ]);
    let policy = select(vec!["suffix", "namespace"]);
    let renames = select(vec!["follow", "keep"]);
    (users, groups, of_users, of_groups, policy, renames).prop_map(
        |(user, group, of_users, of_groups, policy, renames)| {
            format!(
                "userName: {user}\ngroupName: {group}\nusers: {of_users}\ngroups: {of_groups}\ncollisions: {policy}\n\
                 renames: {renames}\nadminConsole: true"
            )
        },
    )
}

/// Every text in a value.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Every entity as it is written, by kind and Okta id.
fn bytes(state: &State) -> Vec<String> {
    let documents = state.documents();
    documents.values().map(|it| it.body().to_owned()).collect()
}

proptest! {
    #[test]
    fn any_org_becomes_a_catalog_that_fits_together(org in any_org(), yaml in any_mapping()) {
        let (plan, state) = after(&org, &State::default(), &with(&yaml));
        // Building the set checks every name, every rule, every ref, that no two are one, and that no group is its own
        // ancestor.
        let entities = catalog(&state);
        let refs: BTreeSet<_> = entities.values().map(Entity::entity_ref).collect();
        prop_assert_eq!(refs.len(), entities.len());
        let users = entities.values().filter(|entity| entity.kind() == Kind::User.into()).count();
        let unnamed = plan.quarantined.keys().filter(|id| id.starts_with("00u")).count();
        prop_assert_eq!(users + unnamed, org.users.len(), "{}", plan);
        prop_assert_eq!(plan.after.users + plan.after.groups, entities.len());
    }

    #[test]
    fn nothing_in_an_entity_is_blank_or_has_u_0000(org in any_org(), yaml in any_mapping()) {
        let (_, state) = after(&org, &State::default(), &with(&yaml));
        for (id, entity) in catalog(&state) {
            for text in texts(&serde_json::to_value(&entity).unwrap()) {
                prop_assert!(!is_blank(&text) && !text.contains('\0'), "{id}: {text:?}");
            }
        }
    }

    #[test]
    fn the_same_org_in_any_order_gives_the_same_bytes(
        (org, users, groups) in any_org().prop_flat_map(|org| {
            let users: Vec<_> = org.users.keys().cloned().collect();
            let groups: Vec<_> = org.groups.keys().cloned().collect();
            (Just(org), Just(users).prop_shuffle(), Just(groups).prop_shuffle())
        }),
        yaml in any_mapping(),
    ) {
        // Pages come in any order, and so do the answers about members.
        let mut read = Org::default();
        for id in users {
            read.users.insert(id.clone(), std::sync::Arc::clone(&org.users[&id]));
        }
        for id in groups {
            read.groups.insert(id.clone(), org.groups[&id].clone());
            read.members.insert(id.clone(), org.members[&id].clone());
        }
        let settings = with(&yaml);
        let (one, other) = (after(&org, &State::default(), &settings), after(&read, &State::default(), &settings));
        prop_assert_eq!(bytes(&one.1), bytes(&other.1));
        let told = |plan: &Plan| (plan.id.clone(), plan.to_string(), plan.notices.clone());
        prop_assert_eq!(told(&one.0), told(&other.0));
    }

    #[test]
    fn the_same_org_again_changes_nothing(org in any_org(), yaml in any_mapping()) {
        let settings = with(&yaml);
        let (_, state) = after(&org, &State::default(), &settings);
        let (plan, _) = after(&org, &state, &settings);
        prop_assert!(plan.is_empty(), "{}", plan);
    }

    #[test]
    fn whatever_was_there_the_result_fits_together_and_stays(
        [(before, then), (now, yaml)] in two_runs(),
    ) {
        let (_, state) = after(&before, &State::default(), &with(&then));
        let settings = with(&yaml);
        let (plan, state) = after(&now, &state, &settings);
        let entities = catalog(&state);
        prop_assert_eq!(plan.after.users + plan.after.groups, entities.len(), "{}", plan);
        let (again, _) = after(&now, &state, &settings);
        prop_assert!(again.is_empty(), "{}\nagain {}", plan, again);
    }

    #[test]
    fn names_do_not_depend_on_what_was_there(before in any_org(), now in any_org(), yaml in any_mapping()) {
        // Unless the configuration says so, or something of before has to stay.
        let mut now = now;
        for members in now.members.values_mut() {
            if let Members::Unknown(_) = members {
                *members = Members::of([]);
            }
        }
        let yaml = yaml.replace("renames: keep", "renames: follow").replace("leavers: mark", "leavers: remove");
        let mut settings = with(&yaml);
        settings.guard.minimum = 1_000;
        let (_, fresh) = after(&now, &State::default(), &settings);
        let (_, state) = after(&before, &State::default(), &settings);
        let (plan, state) = after(&now, &state, &settings);
        if plan.quarantined.is_empty() && plan.withheld.is_empty() {
            prop_assert_eq!(bytes(&state), bytes(&fresh), "{}", plan);
        }
    }
}

/// How a group of a small org can be read in one run.
#[derive(Debug, Clone)]
enum Reading {
    Known(BTreeSet<u8>),
    Unknown,
    Malformed,
}

const MERGEABLE: [&str; 5] = ["a0", "a1", "a2", "b0", "b1"];

/// One run: how each group is read, and what is made one by then.
fn any_run() -> impl Strategy<Value = (Vec<Reading>, String)> {
    let known = || btree_set(0..4_u8, 1..4).prop_map(Reading::Known);
    let reading =
        prop_oneof![4 => known(), 1 => Just(Reading::Unknown), 1 => Just(Reading::Malformed)];
    let merges = select(vec![
        "[]",
        "[{ name: A, groups: ['prefix:a'] }]",
        "[{ name: A, groups: [a0, a1] }, { name: B, groups: ['prefix:b', a2] }]",
        "[{ name: A, groups: ['glob:*'] }]",
        "[{ name: C, groups: [a0, b0] }, { name: A, groups: [a1, b1] }]",
    ]);
    let names = select(vec!["kebab-case-name", "{ template: '{slug}' }"]);
    (vec(reading, MERGEABLE.len()), merges, names).prop_map(|(readings, merges, names)| {
        let yaml = format!("groupName: {names}\ngroups: {{ merge: {merges} }}");
        (readings, yaml)
    })
}

fn read(readings: &[Reading]) -> Org {
    let users: Vec<(String, Value)> = (0..4)
        .map(|n| {
            (
                format!("00u{n}"),
                json!({"email": format!("u{n}@example.com")}),
            )
        })
        .collect();
    let users: Vec<(&str, Value)> = users.iter().map(|(id, it)| (&**id, it.clone())).collect();
    let mut org = org(&users, &[]);
    for (name, reading) in MERGEABLE.iter().zip(readings) {
        let id = (*name).into();
        if let Reading::Malformed = reading {
            org.malformed_groups.insert(id, "odd".to_owned());
            continue;
        }
        // Only the groups of one letter agree on what a whole would be called.
        let profile = json!({"name": name, "slug": name.chars().next()});
        org.groups.insert(id, group(name, profile));
        let members = match reading {
            Reading::Known(users) => Members::of(users.iter().map(|n| format!("00u{n}").into())),
            _ => Members::Unknown("okta fails".to_owned()),
        };
        org.members.insert((*name).into(), members);
    }
    org
}

/// Where the catalog has a group: apart, or in wholes.
fn places(state: &State, group: &str) -> Vec<String> {
    let has = |id: &str, entity: &Entity| {
        let parts = entity
            .metadata
            .annotations
            .get(crate::decide::shape::OKTA_MERGED);
        id == group || parts.is_some_and(|parts| parts.split(',').any(|part| part == group))
    };
    let all = catalog(state).into_iter();
    all.filter(|(id, entity)| has(id, entity))
        .map(|(id, _)| id)
        .collect()
}

proptest! {
    #[test]
    fn a_group_that_cannot_be_read_costs_nobody_a_membership(runs in vec(any_run(), 1..5)) {
        let mut state = State::default();
        for (readings, yaml) in runs {
            let mut settings = with(&yaml);
            settings.guard.minimum = 1_000;
            let (plan, next) = after(&read(&readings), &state, &settings);
            for (name, reading) in MERGEABLE.iter().zip(&readings) {
                if let Reading::Known(_) = reading {
                    continue;
                }
                // Of a group that was in two places nobody can say which of the people of either are its own.
                let [place] = &places(&state, name)[..] else { continue };
                let of = |state: &State| state.members(&place.as_str().into()).to_set();
                let (before, now) = (of(&state), of(&next));
                prop_assert!(before.is_subset(&now), "{name} in {place}: {before:?} {now:?}\n{yaml}\n{plan}");
            }
            let (again, _) = after(&read(&readings), &next, &settings);
            prop_assert!(again.is_empty(), "{plan}\nagain {again}\n{yaml}");
            state = next;
        }
    }
}

/// The order of attributes in a profile says nothing.
#[test]
fn the_order_of_attributes_says_nothing() {
    let one = json!({"login": "jane", "email": "jane@example.com", "nickName": "jd"});
    let other = json!({"nickName": "jd", "email": "jane@example.com", "login": "jane"});
    let state = |profile: Value| {
        let org = org(
            &[("00u1", profile)],
            &[("00g1", json!({"name": "x"}), &["00u1"])],
        );
        let yaml = "users: { annotations: { attributes: [nickName, login] } }";
        bytes(&after(&org, &State::default(), &with(yaml)).1)
    };
    assert_eq!(state(one), state(other));
}
