//! Who belongs, as tables and laws.

use std::collections::{BTreeMap, BTreeSet};

use catalog_model::{Entity, GroupSpec, Metadata, Spec, UserSpec};
use okta_api::Group;

use super::*;
use crate::held::org::{Members, Org, Refusal};
use crate::testing;

const RULES: Rules = Rules {
    users_from_groups: true,
    user_filter: false,
    group_filter: true,
    include_empty_groups: true,
    leavers: Leavers::Remove,
    changed: Changed::NOTHING,
};

pub(super) fn user(id: &str) -> User {
    testing::user(id, serde_json::json!({}))
}

pub(super) fn group(id: &str) -> Group {
    testing::group_named(id, id)
}

/// An org of users `u0`, `u1`, … and groups by name with the numbers of their members; no numbers at all: unknown.
fn org(users: std::ops::Range<usize>, groups: &[(&str, Option<&[usize]>)]) -> Org {
    Org {
        users: users
            .map(|n| (id(n), user(id(n).as_str()).into()))
            .collect(),
        groups: groups
            .iter()
            .map(|(name, _)| ((*name).into(), group(name)))
            .collect(),
        members: groups
            .iter()
            .map(|(name, members)| {
                let members = members.map_or_else(
                    || Members::Unknown("okta keeps failing".to_owned()),
                    |members| Members::of(members.iter().map(|n| id(*n))),
                );
                ((*name).into(), members)
            })
            .collect(),
        ..Org::default()
    }
}

/// The roster of an org of which the mapping makes nothing else.
pub(super) fn resolve<'a>(
    org: &'a Org,
    state: &State,
    rules: Rules,
    guard: Option<&Guard>,
) -> Roster<'a> {
    // The roster borrows from it; a test forgets little.
    let shaped = Box::leak(Box::new(Shaped::new(org, None)));
    super::resolve(shaped, state, rules, guard)
}

pub(super) fn id(number: usize) -> UserId {
    format!("u{number}").into()
}

/// The catalog as it is after a run over `org` that nothing held back.
pub(super) fn state(org: &Org, rules: Rules) -> State {
    let nothing = State::default();
    let roster = resolve(org, &nothing, rules, None);
    let entity = |name: &str, spec| Entity::new(Metadata::new(name.parse().unwrap()), spec);
    let users: Vec<(String, Entity)> = roster
        .users
        .keys()
        .map(|id| {
            let groups = roster.groups.keys();
            let groups = groups.filter(|group| roster.members[*group].contains(id));
            let groups = groups.map(|group| group.text().into_owned());
            let spec = UserSpec::default().with_member_of(groups);
            (id.to_string(), entity(id.as_str(), Spec::User(spec)))
        })
        .collect();
    let groups: Vec<(String, Entity)> = roster
        .groups
        .keys()
        .map(|id| {
            let members = roster.members[id].iter().map(|user| user.as_str());
            let spec = GroupSpec::new("group").with_members(members);
            (id.to_string(), entity(&id.text(), Spec::Group(spec)))
        })
        .collect();
    State::of_entities(1, users.into_iter().chain(groups))
}

fn users_of(roster: &Roster<'_>) -> Vec<String> {
    roster.users.keys().map(ToString::to_string).collect()
}

#[test]
fn with_a_group_filter_only_members_belong() {
    let org = org(0..4, &[("g", Some(&[1, 2, 9]))]);
    let nothing = State::default();
    let roster = resolve(&org, &nothing, RULES, None);
    assert_eq!(users_of(&roster), ["u1", "u2"]);
    assert_eq!(
        *roster.members[&"g".into()],
        BTreeSet::from([id(1), id(2)]),
        "u9 is not listed"
    );
    let all = Rules {
        users_from_groups: false,
        ..RULES
    };
    assert_eq!(resolve(&org, &State::default(), all, None).users.len(), 4);
}

#[test]
fn a_group_that_cannot_be_read_keeps_its_members() {
    let before = state(
        &org(0..4, &[("a", Some(&[0, 1])), ("b", Some(&[2]))]),
        RULES,
    );
    let now = org(0..4, &[("a", None), ("b", Some(&[3]))]);
    let roster = resolve(&now, &before, RULES, Some(&Guard::default()));
    assert_eq!(*roster.members[&"a".into()], BTreeSet::from([id(0), id(1)]));
    assert_eq!(
        users_of(&roster),
        ["u0", "u1", "u2", "u3"],
        "u2 left `b` and may be in `a` by now: it stays while `a` is unknown"
    );
    assert_eq!(roster.unknown.len(), 1);
    assert!(roster.removed_users.is_empty());
}

#[test]
fn a_new_group_waits_until_its_members_are_known() {
    let before = state(&org(0..2, &[("a", Some(&[0, 1]))]), RULES);
    let now = org(0..2, &[("a", Some(&[0])), ("new", None)]);
    let roster = resolve(&now, &before, RULES, Some(&Guard::default()));
    assert!(!roster.groups.contains_key(&"new".into()));
    assert_eq!(
        users_of(&roster),
        ["u0", "u1"],
        "u1 may have moved to the new group"
    );
}

#[test]
fn causes_are_told_apart() {
    let rules = Rules {
        users_from_groups: false,
        user_filter: true,
        ..RULES
    };
    let before = state(&org(0..6, &[("a", Some(&[0, 1, 2, 3, 4, 5]))]), rules);
    let mut now = org(0..2, &[("a", Some(&[0, 1, 2]))]);
    now.deactivated.insert(id(3));
    now.filtered_out.insert(id(4), Refusal::Filter);
    let roster = resolve(&now, &before, rules, Some(&Guard::default()));
    assert_eq!(
        roster.removed_users,
        BTreeMap::from([
            (id(2), Cause::NotFound),
            (id(3), Cause::Deactivated),
            (id(4), Cause::LeftUserFilter),
            (id(5), Cause::Absent),
        ])
    );
}

#[test]
fn who_left_a_group_is_explained_and_who_lost_it_is_not() {
    let before = state(
        &org(0..3, &[("a", Some(&[0, 1])), ("b", Some(&[2]))]),
        RULES,
    );
    let now = org(0..3, &[("a", Some(&[0]))]);
    let roster = resolve(&now, &before, RULES, Some(&Guard::default()));
    assert_eq!(
        roster.removed_users,
        BTreeMap::from([(id(1), Cause::LeftGroups), (id(2), Cause::GroupsGone)])
    );
    assert_eq!(
        roster.removed_groups,
        BTreeMap::from([("b".into(), Cause::Absent)])
    );
}

#[test]
fn an_empty_source_never_empties_the_catalog() {
    let all: Vec<usize> = (0..3).collect();
    for rules in [
        RULES,
        Rules {
            users_from_groups: false,
            group_filter: false,
            ..RULES
        },
    ] {
        let before = state(&org(0..3, &[("a", Some(&all))]), rules);
        let now = Org::default();
        let roster = resolve(&now, &before, rules, Some(&Guard::default()));
        assert_eq!(users_of(&roster), ["u0", "u1", "u2"]);
        assert_eq!(
            roster.members[&"a".into()].len(),
            3,
            "and its members stay too"
        );
        assert_eq!(roster.tripped.len(), 2);
        assert!(roster.removed_users.is_empty() && roster.removed_groups.is_empty());

        let approved = resolve(&now, &before, rules, None);
        assert!(approved.users.is_empty() && approved.groups.is_empty());
    }
}

#[test]
fn absence_of_many_is_held_back_and_of_few_is_not() {
    let all: Vec<usize> = (0..40).collect();
    let rules = Rules {
        users_from_groups: false,
        ..RULES
    };
    let before = state(&org(0..40, &[("a", Some(&all))]), rules);
    let few = org(5..40, &[("a", Some(&all))]);
    let roster = resolve(&few, &before, rules, Some(&Guard::default()));
    assert_eq!(roster.removed_users.len(), 5);
    let many = org(6..40, &[("a", Some(&all))]);
    let roster = resolve(&many, &before, rules, Some(&Guard::default()));
    assert_eq!(roster.users.len(), 40);
    assert!(matches!(
        roster.users[&id(0)],
        Standing::Kept(Kept::Withheld)
    ));
    assert_eq!(roster.members[&"a".into()].len(), 40);
}

#[test]
fn deactivation_of_many_is_explained() {
    let all: Vec<usize> = (0..40).collect();
    let rules = Rules {
        users_from_groups: false,
        ..RULES
    };
    let before = state(&org(0..40, &[("a", Some(&all))]), rules);
    let mut now = org(20..40, &[("a", Some(&all))]);
    now.deactivated.extend((0..20).map(id));
    let roster = resolve(&now, &before, rules, Some(&Guard::default()));
    assert_eq!(roster.removed_users.len(), 20);
    assert!(roster.tripped.is_empty());
}

#[test]
fn a_group_that_loses_most_members_at_once_keeps_them() {
    let all: Vec<usize> = (0..20).collect();
    let rules = Rules {
        users_from_groups: false,
        ..RULES
    };
    let before = state(&org(0..20, &[("a", Some(&all))]), rules);
    for (left, kept) in [(10, 10), (9, 20), (0, 20)] {
        let left: Vec<usize> = (0..left).collect();
        let now = org(0..20, &[("a", Some(&left))]);
        let roster = resolve(&now, &before, rules, Some(&Guard::default()));
        assert_eq!(
            roster.members[&"a".into()].len(),
            kept,
            "{} left",
            left.len()
        );
        assert_eq!(roster.users.len(), 20);
    }
}

#[test]
fn a_malformed_record_keeps_its_entity() {
    let before = state(&org(0..2, &[("a", Some(&[0, 1]))]), RULES);
    let mut now = org(0..1, &[("a", Some(&[0, 1]))]);
    now.malformed_users
        .insert(id(1), "its status is a number".to_owned());
    let roster = resolve(&now, &before, RULES, Some(&Guard::default()));
    assert!(matches!(
        roster.users[&id(1)],
        Standing::Kept(Kept::Quarantined)
    ));
    assert!(roster.members[&"a".into()].contains(&id(1)));
    assert_eq!(roster.quarantined.len(), 1);

    let mut now = org(0..2, &[]);
    now.malformed_groups
        .insert("a".into(), "its type is a list".to_owned());
    let roster = resolve(&now, &before, RULES, Some(&Guard::default()));
    assert!(matches!(
        roster.groups[&"a".into()],
        Standing::Kept(Kept::Quarantined)
    ));
    assert_eq!(roster.users.len(), 2);
}

#[test]
fn many_small_losses_are_a_large_one() {
    let teams: Vec<[usize; 4]> = (0..25)
        .map(|n| [4 * n, 4 * n + 1, 4 * n + 2, 4 * n + 3])
        .collect();
    let names: Vec<String> = (0..25).map(|n| format!("team{n:02}")).collect();
    let groups = |left: usize| -> Vec<(&str, Option<&[usize]>)> {
        let members = teams
            .iter()
            .enumerate()
            .map(move |(n, team)| if n < left { &team[..] } else { &[] });
        names
            .iter()
            .map(String::as_str)
            .zip(members.map(Some))
            .collect()
    };
    for empty_groups in [true, false] {
        let rules = Rules {
            include_empty_groups: empty_groups,
            ..RULES
        };
        let before = state(&org(0..100, &groups(25)), rules);
        for (left, kept) in [(25, 100), (24, 96), (1, 100), (0, 100)] {
            let now = org(0..100, &groups(left));
            let roster = resolve(&now, &before, rules, Some(&Guard::default()));
            assert_eq!(roster.users.len(), kept, "{left} teams left");
            assert!(roster.groups.len() >= 24);
        }
    }
}

#[test]
fn a_filter_that_finds_few_is_held_back() {
    let all: Vec<usize> = (0..40).collect();
    let rules = Rules {
        users_from_groups: false,
        user_filter: true,
        ..RULES
    };
    let before = state(&org(0..40, &[("a", Some(&all))]), rules);
    let now = org(0..4, &[("a", Some(&all))]);
    assert_eq!(
        resolve(&now, &before, rules, Some(&Guard::default()))
            .users
            .len(),
        40
    );
    let approved = resolve(&now, &before, rules, None);
    assert!(
        approved
            .removed_users
            .values()
            .all(|cause| *cause == Cause::NotFound)
    );
}

#[test]
fn empty_groups_are_not_dropped_all_at_once() {
    let rules = Rules {
        users_from_groups: false,
        include_empty_groups: false,
        ..RULES
    };
    let before = state(&org(0..2, &[("a", Some(&[0])), ("b", Some(&[1]))]), rules);
    let now = org(0..2, &[("a", Some(&[])), ("b", Some(&[]))]);
    let roster = resolve(&now, &before, rules, Some(&Guard::default()));
    assert_eq!(roster.groups.len(), 2);
    assert!(resolve(&now, &before, rules, None).groups.is_empty());
}

#[test]
fn empty_groups_go_only_when_they_are_not_wanted() {
    let rules = Rules {
        include_empty_groups: false,
        ..RULES
    };
    let before = state(&org(0..2, &[("a", Some(&[0])), ("b", Some(&[1]))]), RULES);
    let now = org(
        0..2,
        &[("a", Some(&[0, 1])), ("b", Some(&[])), ("c", Some(&[]))],
    );
    let roster = resolve(&now, &before, rules, Some(&Guard::default()));
    assert_eq!(
        roster.removed_groups,
        BTreeMap::from([("b".into(), Cause::GroupEmpty)])
    );
    assert_eq!(roster.groups.len(), 1);
    assert_eq!(resolve(&now, &before, RULES, None).groups.len(), 3);
}

#[test]
fn a_large_group_that_is_empty_at_once_is_held_back_also_where_empty_groups_are_not_wanted() {
    let all: Vec<usize> = (0..20).collect();
    let rules = Rules {
        users_from_groups: false,
        include_empty_groups: false,
        ..RULES
    };
    let before = state(&org(0..20, &[("a", Some(&all)), ("b", Some(&[0]))]), rules);
    let now = org(0..20, &[("a", Some(&[])), ("b", Some(&[0]))]);
    let roster = resolve(&now, &before, rules, Some(&Guard::default()));
    assert_eq!(roster.members[&"a".into()].len(), 20);
    let told = roster.tripped[0].to_string();
    assert!(told.starts_with("20 of the 20 members of group"), "{told}");
    let approved = resolve(&now, &before, rules, None);
    assert_eq!(
        approved.removed_groups,
        BTreeMap::from([("a".into(), Cause::GroupEmpty)])
    );
}

#[test]
fn members_whose_records_are_odd_are_members_that_a_group_can_lose() {
    let all: Vec<usize> = (0..20).collect();
    let rules = Rules {
        users_from_groups: false,
        ..RULES
    };
    let before = state(&org(0..20, &[("a", Some(&all))]), rules);
    let mut now = org(0..0, &[("a", Some(&[]))]);
    let odd = all.iter().map(|n| (id(*n), "odd".to_owned()));
    now.malformed_users.extend(odd);
    let roster = resolve(&now, &before, rules, Some(&Guard::default()));
    assert_eq!(roster.members[&"a".into()].len(), 20);
}

#[test]
fn a_group_of_which_only_odd_records_are_members_is_not_empty() {
    let rules = Rules {
        include_empty_groups: false,
        ..RULES
    };
    let groups = [("a", Some(&[0][..])), ("b", Some(&[1][..]))];
    let before = state(&org(0..2, &groups), rules);
    let mut now = org(0..2, &[("a", Some(&[2])), ("b", Some(&[1]))]);
    now.malformed_users.insert(id(2), "odd".to_owned());
    let roster = resolve(&now, &before, rules, Some(&Guard::default()));
    assert!(roster.groups.contains_key(&"a".into()));
    let nothing = State::default();
    let first = resolve(&now, &nothing, rules, Some(&Guard::default()));
    assert!(!first.groups.contains_key(&"a".into()), "it would be empty");
}

#[test]
fn whoever_may_be_in_a_group_that_cannot_be_mapped_stays() {
    let before = state(&org(0..2, &[("a", Some(&[0, 1])), ("b", Some(&[]))]), RULES);
    let now = org(0..2, &[("a", Some(&[0]))]);
    let mut shaped = Shaped::new(&now, None);
    shaped
        .unmapped_groups
        .insert("b".into(), Quarantine::malformed("odd"));
    let roster = super::resolve(&shaped, &before, RULES, Some(&Guard::default()));
    assert_eq!(users_of(&roster), ["u0", "u1"]);
}
