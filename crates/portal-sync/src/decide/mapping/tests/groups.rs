//! Groups: what is part of what, what is made one, what stands above all.

use super::*;
use crate::held::object::GroupKey;

/// `child < parent` by refs without kind and namespace, for every group that has a parent.
fn tree(state: &State) -> Vec<String> {
    let catalog = catalog(state);
    let mut lines = Vec::new();
    for entity in catalog
        .values()
        .filter(|entity| entity.kind() == Kind::Group.into())
    {
        let entity = serde_json::to_value(entity).unwrap();
        let name = entity["metadata"]["name"].as_str().unwrap();
        if let Some(parent) = entity["spec"]["parent"].as_str() {
            lines.push(format!(
                "{name} < {}",
                parent.trim_start_matches("group:default/")
            ));
        }
    }
    lines.sort();
    lines
}

fn tree_of(org: &Org, yaml: &str) -> Vec<String> {
    tree(&after(org, &State::default(), &with(yaml)).1)
}

#[test]
fn names_say_what_is_part_of_what() {
    let groups = named(&[
        ("00g1", "eng"),
        ("00g2", "eng.platform"),
        ("00g3", "eng.platform.sre"),
        ("00g4", "eng.data.ml.ops"),
        ("00g5", "sales.emea"),
        ("00g6", "eng"),
    ]);
    let yaml = "groupName: profile-name\ngroups: { hierarchy: { separator: '.' } }";
    assert_eq!(
        tree_of(&groups, yaml),
        [
            "eng.data.ml.ops < eng",
            "eng.platform < eng",
            "eng.platform.sre < eng.platform"
        ]
    );
    let root = format!("{yaml}\ncollisions: suffix");
    let root = root.replace("} }", "}, root: { name: acme, displayName: Acme Inc } }");
    let entities = entities(&groups, &root);
    let acme = &entities["portal-sync:root"];
    assert_eq!(acme["spec"]["type"], "organization");
    assert_eq!(acme["spec"]["profile"], json!({"displayName": "Acme Inc"}));
    let below: Vec<&str> = acme["spec"]["children"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(below.len(), 3, "{below:?}");
    assert_eq!(entities["00g5"]["spec"]["parent"], "group:default/acme");
}

#[test]
fn attributes_say_what_is_part_of_what() {
    let groups = org(
        &[("00u1", json!({"email": "a@example.com"}))],
        &[
            (
                "00g1",
                json!({"name": "Company", "orgId": 1, "parentOrgId": 1}),
                &[],
            ),
            (
                "00g2",
                json!({"name": "Engineering", "orgId": 10, "parentOrgId": 1}),
                &[],
            ),
            (
                "00g3",
                json!({"name": "Platform", "orgId": "11", "parentOrgId": "10"}),
                &["00u1"],
            ),
            (
                "00g4",
                json!({"name": "Lost", "orgId": 12, "parentOrgId": 99}),
                &[],
            ),
            ("00g5", json!({"name": "No Org"}), &[]),
        ],
    );
    let yaml = "groups: { hierarchy: { key: orgId, parentKey: parentOrgId } }";
    let (plan, state) = after(&groups, &State::default(), &with(yaml));
    assert_eq!(
        tree(&state),
        ["engineering < company", "platform < engineering"]
    );
    assert_eq!(state.groups().len(), 5, "a group without a key is a group");
    assert!(
        plan.notices
            .iter()
            .any(|notice| notice.to_string().contains("`99`")),
        "{:?}",
        plan.notices
    );
    // Without groups that are empty, those above a group with members stay.
    let mut settings = with(yaml);
    settings.rules.include_empty_groups = false;
    let (_, state) = after(&groups, &State::default(), &settings);
    assert_eq!(
        tree(&state),
        ["engineering < company", "platform < engineering"]
    );
    assert_eq!(state.groups().len(), 3);
}

#[test]
fn circles_are_broken_with_a_notice() {
    let groups = org(
        &[("00u1", json!({"email": "a@example.com"}))],
        &[
            ("00g1", json!({"name": "a", "above": "c"}), &[]),
            ("00g2", json!({"name": "b", "above": "a"}), &[]),
            ("00g3", json!({"name": "c", "above": "b"}), &[]),
            ("00g4", json!({"name": "d", "above": "c"}), &[]),
        ],
    );
    let yaml = "groups: { hierarchy: { parentKey: above } }";
    let (plan, state) = after(&groups, &State::default(), &with(yaml));
    assert_eq!(tree(&state), ["d < c"]);
    let notice = "3 groups are their own ancestors, such as group:default/a: they are at the top";
    assert!(
        plan.notices.iter().any(|told| told.to_string() == notice),
        "{:?}",
        plan.notices
    );
}

#[test]
fn a_parent_that_cannot_be_read_stays_the_parent() {
    let groups = |above: &str| {
        org(
            &[("00u1", json!({"email": "a@example.com"}))],
            &[
                ("00g1", json!({"name": "top"}), &[]),
                ("00g2", json!({"name": "team", "above": above}), &["00u1"]),
            ],
        )
    };
    let settings = with("groups: { hierarchy: { parentKey: above } }");
    let (_, state) = after(&groups("top"), &State::default(), &settings);
    assert_eq!(tree(&state), ["team < top"]);
    let mut now = groups("top");
    now.groups.remove(&"00g1".into());
    now.members.remove(&"00g1".into());
    now.malformed_groups.insert("00g1".into(), "odd".to_owned());
    let (plan, state) = after(&now, &state, &settings);
    assert_eq!(tree(&state), ["team < top"]);
    assert!(plan.is_empty() && plan.is_partial(), "{plan}");
}

#[test]
fn a_parent_by_name_that_cannot_be_read_stays_the_parent() {
    let groups = |name: &str| {
        named(&[
            ("00g1", "eng"),
            ("00g2", "eng.platform"),
            ("00g3", name),
            ("00g4", "ops"),
        ])
    };
    let settings = with("groupName: profile-name\ngroups: { hierarchy: { separator: '.' } }");
    let (_, state) = after(&groups("eng.platform.sre"), &State::default(), &settings);
    let whole = ["eng.platform < eng", "eng.platform.sre < eng.platform"];
    assert_eq!(tree(&state), whole);
    let hide = |mut org: Org| {
        org.groups.remove(&"00g2".into());
        org.members.remove(&"00g2".into());
        org.malformed_groups.insert("00g2".into(), "odd".to_owned());
        org
    };
    let (plan, same) = after(&hide(groups("eng.platform.sre")), &state, &settings);
    assert_eq!(tree(&same), whole, "{plan}");
    // Whoever says that it is part of something else by now, is.
    let (_, moved) = after(&hide(groups("ops.sre")), &state, &settings);
    assert_eq!(tree(&moved), ["eng.platform < eng", "ops.sre < ops"]);
}

fn regions() -> Org {
    org(
        &[
            ("00u1", json!({"email": "a@example.com"})),
            ("00u2", json!({"email": "b@example.com"})),
        ],
        &[
            (
                "00g1",
                json!({"name": "Platform EU", "cost": "7", "city": "Rome"}),
                &["00u1"],
            ),
            (
                "00g2",
                json!({"name": "Platform US", "cost": "7", "city": "Austin"}),
                &["00u1", "00u2"],
            ),
            (
                "00g3",
                json!({"name": "Sales", "above": "Platform US"}),
                &[],
            ),
        ],
    )
}

const MERGE: &str = "groups:\n  hierarchy: { parentKey: above }\n  merge: [{ name: Platform, groups: ['prefix:Platform '] }]\n  \
                     annotations: { prefix: acme.com/, attributes: [cost, city] }";

#[test]
fn several_groups_become_one() {
    let settings = with(MERGE);
    let (_, state) = after(&regions(), &State::default(), &settings);
    let catalog = catalog(&state);
    assert_eq!(catalog.len(), 4);
    let platform = &catalog["portal-sync:merged:Platform"];
    let platform = serde_json::to_value(platform).unwrap();
    assert_eq!(
        platform,
        json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Group",
            "metadata": {
                "name": "platform",
                "namespace": "default",
                "title": "Platform",
                "annotations": {
                    "acme.com/cost": "7",
                    "backstage.io/managed-by-location": "okta:https://acme.okta.com/api/v1/groups",
                    "backstage.io/managed-by-origin-location": "okta:https://acme.okta.com/api/v1/groups",
                    "okta.com/merged-ids": "00g1,00g2",
                    "okta.com/org": "acme.okta.com",
                    "okta.com/provider": "acme",
                },
            },
            "spec": {
                "type": "group",
                "profile": {"displayName": "Platform"},
                "children": ["group:default/sales"],
                "members": ["user:default/a", "user:default/b"],
            },
        })
    );
    assert_eq!(tree(&state), ["sales < platform"]);
    let (plan, _) = after(&regions(), &state, &settings);
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn a_part_that_cannot_be_read_leaves_the_members_of_the_whole() {
    let settings = with(MERGE);
    let (_, state) = after(&regions(), &State::default(), &settings);
    let whole = "portal-sync:merged:Platform".into();

    let mut unread = regions();
    unread
        .members
        .insert("00g2".into(), Members::Unknown("okta fails".to_owned()));
    let (plan, after_unread) = after(&unread, &state, &settings);
    assert_eq!(after_unread.members(&whole).len(), 2, "{plan}");
    assert_eq!(plan.unknown[0].reason, "of 00g2, a part of it: okta fails");

    for only_part in [false, true] {
        let mut odd = regions();
        for part in ["00g1", "00g2"] {
            if part == "00g2" || only_part {
                odd.groups.remove(&part.into());
                odd.members.remove(&part.into());
                odd.malformed_groups.insert(part.into(), "odd".to_owned());
            }
        }
        let (plan, after_odd) = after(&odd, &state, &settings);
        assert_eq!(after_odd.members(&whole).len(), 2, "{plan}");
        assert!(plan.is_partial() && plan.is_empty(), "{plan}");
        // However long it takes until somebody repairs the record.
        let (plan, after_odd) = after(&odd, &after_odd, &settings);
        assert_eq!(after_odd.members(&whole).len(), 2, "{plan}");
        assert!(plan.is_partial() && plan.is_empty(), "{plan}");
    }
}

#[test]
fn groups_join_and_leave_a_merge_without_the_guard() {
    let mut groups: Vec<(String, String)> = (0..20)
        .map(|n| (format!("00g{n:02}"), format!("Platform {n}")))
        .collect();
    groups.push(("00gzz".to_owned(), "Sales".to_owned()));
    let groups: Vec<(&str, &str)> = groups.iter().map(|(id, name)| (&**id, &**name)).collect();
    let org = named(&groups);
    let (_, apart) = after(&org, &State::default(), &with("{}"));
    assert_eq!(apart.groups().len(), 21);
    let (plan, one) = after(&org, &apart, &with(MERGE));
    assert!(plan.withheld.is_empty(), "{plan}");
    assert!(
        plan.to_string().contains("is a part of another group now"),
        "{plan}"
    );
    assert_eq!(one.groups().len(), 2);
    let (plan, again) = after(&org, &one, &with("{}"));
    assert!(plan.withheld.is_empty(), "{plan}");
    assert!(
        plan.to_string().contains("no longer in the configuration"),
        "{plan}"
    );
    assert_eq!(refs(&again, Kind::Group), refs(&apart, Kind::Group));
}

#[test]
fn the_root_comes_and_goes_with_the_configuration() {
    let org = named(&[("00g1", "acme"), ("00g2", "sales")]);
    let (_, without) = after(&org, &State::default(), &with("{}"));
    let rooted = with("groups: { root: { name: acme } }");
    // The root has its name first, unless another group has it already and stays.
    let (plan, state) = after(&org, &without, &rooted);
    let groups = refs(&state, Kind::Group);
    assert!(
        groups[0].starts_with("00g1=group:default/acme-"),
        "{plan}{groups:?}"
    );
    assert_eq!(groups[2], "portal-sync:root=group:default/acme");
    assert_eq!(plan.after.groups, 3);
    assert_eq!(tree(&state).len(), 2);
    let (plan, state) = after(&org, &state, &rooted);
    assert!(plan.is_empty(), "{plan}");
    let (plan, state) = after(&org, &state, &with("{}"));
    let has_root = state.groups().contains_key(&GroupKey::Root);
    assert!(!has_root && plan.withheld.is_empty(), "{plan}");
    assert!(
        plan.to_string().contains("no longer in the configuration"),
        "{plan}"
    );
    assert_eq!(refs(&state, Kind::Group), refs(&without, Kind::Group));
}

#[test]
fn the_type_is_that_of_the_first_rule_that_matches() {
    let org = org(
        &[("00u1", json!({"email": "a@example.com"}))],
        &[
            ("00g1", json!({"name": "dept-eng", "kind": "x"}), &[]),
            ("00g2", json!({"name": "Team", "kind": "squad"}), &[]),
            ("00g3", json!({"name": "Other"}), &[]),
        ],
    );
    let yaml = "groups:\n  type:\n    rules: [{ when: 'profile.name sw \"dept-\"', type: department }]\n    attribute: kind\n    \
                default: team";
    let entities = entities(&org, yaml);
    let types = ["00g1", "00g2", "00g3"].map(|id| entities[id]["spec"]["type"].clone());
    assert_eq!(types, ["department", "squad", "team"]);
}

/// The merge of two groups, or a catalog in which they are apart, meets an org where the members of one are unknown.
fn half_unknown() -> Org {
    let mut unread = regions();
    unread
        .members
        .insert("00g2".into(), Members::Unknown("okta fails".to_owned()));
    unread
}

#[test]
fn a_group_that_cannot_be_read_does_not_join_a_merge_yet() {
    let (_, apart) = after(&regions(), &State::default(), &with("{}"));
    let (plan, state) = after(&half_unknown(), &apart, &with(MERGE));
    let whole = "portal-sync:merged:Platform".into();
    assert_eq!(state.members(&whole).len(), 1, "{plan}");
    assert_eq!(state.members(&"00g2".into()).len(), 2, "as it was: {plan}");
    assert!(plan.is_partial(), "{plan}");
    let (_, state) = after(&regions(), &state, &with(MERGE));
    assert_eq!(state.members(&whole).len(), 2);
    assert!(!state.groups().contains_key(&"00g2".into()));
}

#[test]
fn a_merge_of_no_group_is_told_and_makes_none() {
    let settings = with(&format!(
        "groupName: {{ template: '{{name}}{{slug ?? \"\"}}' }}\n{}",
        MERGE.replace("prefix:Platform ", "prefix:Nobody ")
    ));
    let (plan, state) = after(&regions(), &State::default(), &settings);
    assert_eq!(
        (state.groups().len(), plan.is_partial()),
        (3, false),
        "{plan}"
    );
    assert!(
        plan.notices[0]
            .to_string()
            .contains("makes `Platform` of no group"),
        "{:?}",
        plan.notices
    );
    let unnamed = with(&format!(
        "groupName: {{ template: '{{cost ?? name}}-{{city ?? above}}' }}\n{}",
        MERGE.replace("prefix:Platform ", "prefix:Nobody ")
    ));
    let (plan, _) = after(&regions(), &State::default(), &unnamed);
    assert!(!plan.is_partial(), "{plan}");
}

#[test]
fn a_group_that_cannot_join_yet_joins_no_other_merge_meanwhile() {
    let two = MERGE.replace(
        "groups: ['prefix:Platform '] }",
        "groups: [Platform EU, Platform US] }, { name: Rest, groups: ['glob:*'] }",
    );
    let (_, apart) = after(&regions(), &State::default(), &with("{}"));
    let (plan, state) = after(&half_unknown(), &apart, &with(&two));
    assert_eq!(state.members(&"00g2".into()).len(), 2, "{plan}");
    assert_eq!(
        state.members(&"portal-sync:merged:Rest".into()).len(),
        0,
        "{plan}"
    );
}

#[test]
fn a_group_does_not_join_a_whole_whose_members_are_unknown() {
    let only_second = MERGE.replace("'prefix:Platform '", "Platform US");
    let (_, state) = after(&regions(), &State::default(), &with(&only_second));
    assert!(state.groups().contains_key(&"00g1".into()));
    let (plan, state) = after(&half_unknown(), &state, &with(MERGE));
    assert_eq!(state.members(&"00g1".into()).len(), 1, "{plan}");
    assert_eq!(
        state.members(&"portal-sync:merged:Platform".into()).len(),
        2
    );
}

#[test]
fn groups_stay_apart_while_the_whole_cannot_be_named() {
    let (_, apart) = after(&regions(), &State::default(), &with("{}"));
    let settings = with(&format!(
        "groupName: {{ template: '{{city | lower}}' }}\n{MERGE}"
    ));
    let mut cities = regions();
    let sales = group("00g3", json!({"name": "Sales", "city": "Oslo"}));
    cities.groups.insert("00g3".into(), sales);
    let (plan, state) = after(&cities, &apart, &settings);
    assert_eq!(
        refs(&state, Kind::Group),
        [
            "00g1=group:default/rome",
            "00g2=group:default/austin",
            "00g3=group:default/oslo"
        ],
        "{plan}"
    );
    assert!(plan.is_partial() && plan.tally().2 == 0, "{plan}");
}

#[test]
fn a_whole_that_is_not_wanted_any_more_waits_until_its_parts_are_read() {
    let (_, merged) = after(&regions(), &State::default(), &with(MERGE));
    let whole = "portal-sync:merged:Platform".into();
    let other_name = MERGE.replace("name: Platform,", "name: Plattform,");
    let fewer = MERGE.replace("'prefix:Platform '", "Platform EU");
    for yaml in ["{}", &other_name, &fewer] {
        let (plan, state) = after(&half_unknown(), &merged, &with(yaml));
        assert_eq!(state.members(&whole).len(), 2, "{yaml}: {plan}");
        assert!(plan.is_partial(), "{yaml}: {plan}");
        let (plan, state) = after(&regions(), &state, &with(yaml));
        assert!(!plan.is_partial(), "{yaml}: {plan}");
        let (_, fresh) = after(&regions(), &State::default(), &with(yaml));
        assert_eq!(catalog(&state), catalog(&fresh), "{yaml}");
    }
}

#[test]
fn a_group_above_one_that_cannot_be_read_is_not_empty() {
    let mut settings = with("groups: { hierarchy: { separator: '.' } }");
    settings.rules.include_empty_groups = false;
    let groups = || {
        org(
            &[("00u1", json!({"email": "a@example.com"}))],
            &[
                ("00g1", json!({"name": "eng"}), &[]),
                ("00g2", json!({"name": "eng.platform"}), &["00u1"]),
                ("00g3", json!({"name": "sales"}), &["00u1"]),
            ],
        )
    };
    let (_, state) = after(&groups(), &State::default(), &settings);
    let mut now = groups();
    now.groups.remove(&"00g2".into());
    now.members.remove(&"00g2".into());
    now.malformed_groups.insert("00g2".into(), "odd".to_owned());
    let (plan, _) = after(&now, &state, &settings);
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn a_list_with_a_record_without_an_id_proves_nobodys_absence() {
    let org = |users: &[&str], groups: &[&str]| {
        let profile = |id: &&str| json!({"email": format!("{id}@example.com")});
        let users: Vec<_> = users.iter().map(|id| (*id, profile(id))).collect();
        let all = [
            ("00g1", "eng"),
            ("00g2", "ops"),
            ("00g3", "both A"),
            ("00g4", "both B"),
        ];
        let groups: Vec<_> = all
            .iter()
            .filter(|(id, _)| groups.contains(id))
            .map(|(id, name)| (*id, json!({"name": name}), &["00u1"][..]))
            .collect();
        org(&users, &groups)
    };
    let settings = with("groups: { merge: [{ name: both, groups: ['prefix:both '] }] }");
    let everybody = org(&["00u1", "00u2"], &["00g1", "00g2", "00g3", "00g4"]);
    let (_, state) = after(&everybody, &State::default(), &settings);

    let fewer = || org(&["00u1"], &["00g1", "00g3"]);
    let (removed, _) = after(&fewer(), &state, &settings);
    assert!(!removed.is_empty());

    let mut odd = fewer();
    odd.unidentified_user = Some("odd".to_owned());
    odd.unidentified_group = Some("odd".to_owned());
    let (plan, kept) = after(&odd, &state, &settings);
    assert!(plan.is_empty() && plan.is_partial(), "{plan}");
    let ids = |state: &State| state.users().keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(&kept), ids(&state));
    assert_eq!(
        kept.groups().keys().collect::<Vec<_>>(),
        state.groups().keys().collect::<Vec<_>>()
    );
}

#[test]
fn a_name_between_two_others_stays_between_them_when_it_cannot_be_read() {
    let settings = with("groupName: profile-name\ngroups: { hierarchy: { separator: '.' } }");
    let groups = named(&[
        ("00g1", "eng"),
        ("00g2", "eng.platform"),
        ("00g3", "eng.platform.core"),
        ("00g4", "eng.platform.core.sre"),
    ]);
    let (_, state) = after(&groups, &State::default(), &settings);
    let mut now = groups;
    for id in ["00g2", "00g3"] {
        now.groups.remove(&id.into());
        now.members.remove(&id.into());
        now.malformed_groups.insert(id.into(), "odd".to_owned());
    }
    let (plan, _) = after(&now, &state, &settings);
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn the_name_of_a_whole_says_what_it_is_part_of() {
    let groups = named(&[("00g1", "eng"), ("00g2", "sre-eu"), ("00g3", "sre-us")]);
    let yaml = "groupName: profile-name\n\
                groups: { hierarchy: { separator: '.' }, merge: [{ name: eng.sre, groups: ['prefix:sre-'] }] }";
    assert_eq!(tree_of(&groups, yaml), ["eng.sre < eng"]);
}

#[test]
fn many_groups_below_many_that_are_left_out_take_no_time() {
    const HALF: usize = 20_000;
    let mut org = named(&[]);
    for n in 0..2 * HALF {
        let id = format!("00g{n:05}");
        let (above, members) = if n < HALF {
            (n + 1, Members::Unknown("okta fails".to_owned()))
        } else {
            (0, Members::of([]))
        };
        let profile = json!({"name": n.to_string(), "above": above.to_string()});
        org.groups.insert(id.as_str().into(), group(&id, profile));
        org.members.insert(id.as_str().into(), members);
    }
    let settings = with("groups: { hierarchy: { parentKey: above } }");
    // Looked at one by one from each, this would take minutes.
    let plan = plan(&org, &State::default(), &settings, None).unwrap();
    assert_eq!(plan.after.groups, HALF);
}

/// A part that leaves a whole while its members cannot be read takes nobody with it, however often that is seen.
#[test]
fn a_part_that_leaves_unread_takes_nobody_with_it() {
    let yaml = "groups: { merge: [{ name: Support, groups: ['prefix:Support '] }] }";
    let mut settings = with(yaml);
    settings.guard.minimum = 1_000;
    let users = [
        ("00ua", json!({"email": "a@example.com"})),
        ("00ub", json!({"email": "b@example.com"})),
    ];
    let (a, b): (&[&str], &[&str]) = (&["00ua"], &["00ub"]);
    let before = org(&users, &[("00gA", json!({"name": "Support A"}), a)]);
    let (_, state) = after(&before, &State::default(), &settings);
    let mut now = org(
        &users,
        &[
            ("00gA", json!({"name": "Other A"}), a),
            ("00gB", json!({"name": "Support B"}), b),
        ],
    );
    let read = now.clone();
    now.members
        .insert("00gA".into(), Members::Unknown("okta fails".to_owned()));
    let whole = GroupKey::Merged("Support".into());
    let (_, state) = after(&now, &state, &settings);
    assert_eq!(state.members(&whole).to_set(), ["00ua".into()].into());
    for _ in 0..3 {
        let (again, _) = after(&now, &state, &settings);
        assert!(again.is_empty(), "{again}");
    }
    // As soon as they can be read, everybody is where they belong.
    let (_, state) = after(&read, &state, &settings);
    assert_eq!(state.members(&whole).to_set(), ["00ub".into()].into());
    assert_eq!(
        state.members(&"00gA".into()).to_set(),
        ["00ua".into()].into()
    );
}

/// A part that the guard keeps apart is a part of the whole all the same: unread, it takes nobody out of it.
#[test]
fn a_part_whose_removal_is_withheld_takes_nobody_with_it() {
    let users: Vec<(String, Value)> = (0..12)
        .map(|n| {
            (
                format!("00u{n:02}"),
                json!({"email": format!("u{n}@example.com")}),
            )
        })
        .collect();
    let users: Vec<(&str, Value)> = users.iter().map(|(id, it)| (&**id, it.clone())).collect();
    let ids: Vec<(String, String)> = (0..12)
        .map(|n| (format!("00g{n:02}"), format!("00u{n:02}")))
        .collect();
    let members: Vec<[&str; 1]> = ids.iter().map(|(_, user)| [&**user]).collect();
    let groups: Vec<(&str, Value, &[&str])> = ids
        .iter()
        .zip(&members)
        .map(|((id, _), members)| (&**id, json!({"name": format!("Team {id}")}), &members[..]))
        .collect();
    let all = org(&users, &groups);
    let (_, state) = after(&all, &State::default(), &with("{}"));
    let mut settings = with("groups: { merge: [{ name: Teams, groups: ['prefix:Team '] }] }");
    settings.criteria.merge = vec![("Teams".to_owned(), vec!["prefix:Team ".to_owned()])];
    let (held, state) = after(&all, &state, &settings);
    assert_eq!(held.withheld.len(), 12, "{held}");
    let whole = GroupKey::Merged("Teams".into());
    assert_eq!(state.members(&whole).len(), 12);
    let mut unread = all.clone();
    unread
        .members
        .insert("00g03".into(), Members::Unknown("okta fails".to_owned()));
    let (plan, state) = after(&unread, &state, &settings);
    assert_eq!(state.members(&whole).len(), 12, "{plan}");
    assert_eq!(state.members(&"00g03".into()).len(), 1, "{plan}");
    let (again, _) = after(&unread, &state, &settings);
    assert!(again.is_empty(), "{again}");
}

/// A group that is new waits with the whole it is to join: added apart, it would be removed again by the next run.
#[test]
fn a_new_group_waits_for_the_whole_that_cannot_be_read() {
    let settings = with("groups: { merge: [{ name: All, groups: ['glob:*'] }] }");
    let users = [("00u1", json!({"email": "a@example.com"}))];
    let members: &[&str] = &["00u1"];
    let one = ("00g1", json!({"name": "one"}), members);
    let two = ("00g2", json!({"name": "two"}), members);
    let (_, state) = after(
        &org(&users, std::slice::from_ref(&one)),
        &State::default(),
        &settings,
    );
    let read = org(&users, &[one, two]);
    let mut unread = read.clone();
    unread
        .members
        .insert("00g1".into(), Members::Unknown("okta fails".to_owned()));
    let (plan, state) = after(&unread, &state, &settings);
    assert!(plan.is_empty() && plan.is_partial(), "{plan}");
    let (plan, _) = after(&read, &state, &settings);
    assert_eq!(plan.tally().2, 0, "{plan}");
}
