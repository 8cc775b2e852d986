//! Names: strategies, collisions, renames.

use super::*;
use crate::decide::mapping::MappingError;
use crate::decide::plan::PlanError;

fn people() -> Org {
    org(
        &[
            (
                "00u1",
                json!({"login": "Jane.D", "email": "Jane.Doe@Example.com", "nickName": "JD", "badge": 7}),
            ),
            (
                "00u2",
                json!({"login": "o.brien", "email": "o'brien+x@example.com"}),
            ),
            (
                "00u3",
                json!({"login": "🚀", "email": "🚀@例え.jp", "nickName": "  "}),
            ),
        ],
        &[
            (
                "00g1",
                json!({"name": "iOS & Web", "slug": "Mobile"}),
                &["00u1"],
            ),
            ("00g2", json!({"name": "🚀"}), &[]),
        ],
    )
}

#[test]
fn every_strategy_gives_its_names() {
    for (yaml, users, groups) in [
        ("{}", ["Jane.Doe", "obrien-x", "00u3"], ["i-os-web", "00g2"]),
        (
            "{ userName: id, groupName: id }",
            ["00u1", "00u2", "00u3"],
            ["00g1", "00g2"],
        ),
        (
            "{ userName: kebab-case-email, groupName: profile-name }",
            ["jane-doe-example-com", "obrien-x-example-com", "Li-e-jp"],
            ["iOS-Web", "00g2"],
        ),
        (
            "{ userName: slugify-email, groupName: { attribute: slug } }",
            ["jane.doe-example.com", "obrienx-example.com", "jp"],
            ["Mobile", "00g2"],
        ),
        (
            "{ userName: login, groupName: [{ attribute: profile.slug }, kebab-case-name] }",
            ["Jane.D", "o.brien", "00u3"],
            ["Mobile", "00g2"],
        ),
        (
            "{ userName: [{ attribute: nickName }, { attribute: badge }, login], groupName: { template: 'team-{name | kebab}' } }",
            ["JD", "o.brien", "00u3"],
            ["team-i-os-web", "team"],
        ),
        (
            "{ userName: { template: '{badge ?? \"guest\"}-{email | local | lower}' } }",
            ["7-jane.doe", "guest-obrien-x", "guest"],
            ["i-os-web", "00g2"],
        ),
    ] {
        let entities = entities(&people(), yaml);
        let name = |id: &str| {
            entities[id]["metadata"]["name"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let found = [name("00u1"), name("00u2"), name("00u3")];
        // What a rocket is called is for the table of names to say.
        assert_eq!(found[..2], users[..2], "{yaml}");
        if users[2].starts_with("00u") || users[2] == "guest" {
            assert_eq!(found[2], users[2], "{yaml}");
        }
        assert_eq!([name("00g1"), name("00g2")], groups, "{yaml}");
    }
}

#[test]
fn a_namespace_is_that_of_everything() {
    let entities = entities(&people(), "namespace: acme");
    assert_eq!(entities["00u1"]["metadata"]["namespace"], "acme");
    assert_eq!(
        entities["00u1"]["spec"]["memberOf"],
        json!(["group:acme/i-os-web"])
    );
    assert_eq!(
        entities["00g1"]["spec"]["members"],
        json!(["user:acme/jane.doe"])
    );
}

fn two_janes() -> Org {
    org(
        &[
            ("00u3", json!({"email": "jane@example.net"})),
            ("00u1", json!({"email": "Jane@example.com"})),
            ("00u2", json!({"email": "jane@example.org"})),
        ],
        &[("00g1", json!({"name": "A"}), &["00u2"])],
    )
}

#[test]
fn collisions_are_resolved_by_policy() {
    let (plan, state) = after(
        &two_janes(),
        &State::default(),
        &with("collisions: namespace"),
    );
    let users = refs(&state, Kind::User);
    assert_eq!(
        users[..2],
        ["00u1=user:default/jane", "00u2=user:acme/jane"]
    );
    assert!(users[2].starts_with("00u3=user:default/jane-"), "{users:?}");
    assert_eq!(plan.collisions.len(), 2);
    assert_eq!(
        serde_json::to_value(&catalog(&state)["00g1"]).unwrap()["spec"]["members"],
        json!(["user:acme/jane"]),
        "membership is joined by id"
    );

    let error = crate::decide::plan::tests::plan(
        &two_janes(),
        &State::default(),
        &with("collisions: fail"),
        None,
    );
    let Err(PlanError::Mapping(MappingError::Collisions(collisions))) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(collisions.len(), 2);
    assert_eq!(
        error.unwrap_err().to_string(),
        "names are wanted by several: user 00u2 cannot be `jane`, as 00u1 is called so; user 00u3 cannot be `jane`, as 00u1 is \
         called so"
    );
}

#[test]
fn letters_in_one_character_and_in_two_give_one_name() {
    for yaml in [
        "userName: strip-domain-email",
        "userName: kebab-case-email",
        "userName: slugify-email",
        "userName: login",
        "userName: { attribute: nickName }",
        "userName: { template: '{nickName}.{lastName}' }",
        "userName: { template: '{email | kebab}' }",
        "userName: { template: '{email | slug}' }",
        "userName: { template: '{email | local | upper}' }",
        "groupName: profile-name",
        "groupName: kebab-case-name",
        "groupName: { attribute: slug }",
        "groupName: { template: 'x-{name | kebab}' }",
        "users: { labels: { values: { x.io/a: '{nickName}' } } }",
        "groups: { labels: { values: { x.io/a: '{name}' } } }",
    ] {
        for (composed, decomposed) in [
            ("müller", "mu\u{308}ller"),
            ("Ёлка", "Е\u{308}лка"),
            ("ǎn", "a\u{30c}n"),
            ("ガ", "カ\u{3099}"),
        ] {
            let names = |text: &str| {
                let address = format!("{text}@x.io");
                let person =
                    json!({"login": address, "email": address, "nickName": text, "lastName": text});
                let team = json!({"name": text, "slug": text});
                let org = org(&[("00u1", person)], &[("00g1", team, &[])]);
                let entities = entities(&org, yaml).into_values();
                let names = entities.map(|entity| {
                    let metadata = &entity["metadata"];
                    json!([metadata["name"], metadata["labels"]])
                });
                names.collect::<Vec<_>>()
            };
            assert_eq!(names(decomposed), names(composed), "{yaml} {composed}");
        }
    }
}

#[test]
fn a_name_can_be_kept_when_the_person_is_called_otherwise() {
    let before = org(&[("00u2", json!({"email": "jane@example.com"}))], &[]);
    let before = with_group(before);
    let now = org(
        &[
            ("00u1", json!({"email": "jane@example.org"})),
            ("00u2", json!({"email": "jane.roe@example.com"})),
        ],
        &[],
    );
    let now = with_group(now);

    let follow = with("renames: follow");
    let (_, state) = after(&before, &State::default(), &follow);
    let (plan, state) = after(&now, &state, &follow);
    assert_eq!(
        refs(&state, Kind::User),
        ["00u1=user:default/jane", "00u2=user:default/jane.roe"]
    );
    assert!(
        plan.to_string()
            .contains("user:default/jane is renamed to user:default/jane.roe")
    );

    let keep = with("renames: keep");
    let (_, state) = after(&before, &State::default(), &keep);
    let (plan, state) = after(&now, &state, &keep);
    assert!(!plan.to_string().contains("is renamed"), "{plan}");
    let users = refs(&state, Kind::User);
    assert!(users[0].starts_with("00u1=user:default/jane-"), "{users:?}");
    assert_eq!(users[1], "00u2=user:default/jane");

    // Another namespace is no other name.
    let moved = with("renames: keep\nnamespace: acme");
    let (plan, state) = after(&now, &state, &moved);
    assert_eq!(refs(&state, Kind::User)[1], "00u2=user:acme/jane");
    assert!(
        plan.to_string()
            .contains("user:default/jane is renamed to user:acme/jane"),
        "{plan}"
    );
    assert_eq!(plan.tally().2, 0, "nobody is removed");
}

fn with_group(mut org: Org) -> Org {
    org.groups
        .insert("00g1".into(), group("00g1", json!({"name": "A"})));
    org.members.insert("00g1".into(), Members::of([]));
    org
}

#[test]
fn what_a_template_lacks_quarantines_and_keeps_the_last_good_entity() {
    let full = org(
        &[
            ("00u1", json!({"nickName": "jd"})),
            ("00u2", json!({"nickName": "li"})),
        ],
        &[("00g1", json!({"name": "A", "slug": "a"}), &["00u1", "00u2"])],
    );
    let less = org(
        &[
            ("00u1", json!({"nickName": null})),
            ("00u2", json!({"nickName": "li"})),
            ("00u3", json!({})),
        ],
        &[
            ("00g1", json!({"name": "B"}), &["00u1"]),
            ("00g2", json!({"name": "C"}), &["00u2"]),
        ],
    );
    let settings = with("userName: { template: '{nickName}' }\ngroupName: { template: '{slug}' }");
    let (_, state) = after(&full, &State::default(), &settings);
    let (plan, state) = after(&less, &state, &settings);
    assert_eq!(
        refs(&state, Kind::User),
        ["00u1=user:default/jd", "00u2=user:default/li"],
        "{plan}"
    );
    assert_eq!(refs(&state, Kind::Group), ["00g1=group:default/a"]);
    assert_eq!(state.members(&"00g1".into()).len(), 2, "as it was");
    let quarantined = plan.quarantined.iter();
    let quarantined: Vec<_> = quarantined.map(|(id, it)| format!("{id}: {it}")).collect();
    assert_eq!(
        quarantined,
        [
            "00g1: `groupName` gives it no name: `profile.slug` has no value",
            "00g2: `groupName` gives it no name: `profile.slug` has no value",
            "00u1: `userName` gives it no name: `profile.nickName` has no value",
            "00u3: `userName` gives it no name: `profile.nickName` has no value",
        ]
    );
    assert!(plan.is_partial() && plan.withheld.is_empty());
}
