//! What is true of every roster.

use proptest::prelude::*;

use super::tests::{group, id, resolve, state, user};
use super::*;
use crate::held::org::{Members, Org, Refusal};

/// Any org: which users are listed and how the others show, and the members of each group, unknown or known.
fn any_org() -> impl Strategy<Value = Org> {
    let members = prop::option::weighted(0.8, prop::collection::btree_set(0..12_usize, 0..12));
    let state_of_user = prop::sample::select(vec![
        "listed",
        "listed",
        "gone",
        "deactivated",
        "refused",
        "odd",
    ]);
    (
        prop::collection::vec(state_of_user, 12),
        prop::collection::btree_map("[a-d]", members, 0..4),
        prop::collection::btree_set("[a-d]", 0..2),
        any::<bool>(),
    )
        .prop_map(|(users, groups, odd_groups, groups_checked_here)| {
            let mut org = Org {
                groups_checked_here,
                ..Org::default()
            };
            for (n, state) in users.into_iter().enumerate() {
                match state {
                    "listed" => drop(org.users.insert(id(n), user(id(n).as_str()).into())),
                    "deactivated" => drop(org.deactivated.insert(id(n))),
                    "refused" => drop(org.filtered_out.insert(id(n), Refusal::Filter)),
                    "odd" => drop(org.malformed_users.insert(id(n), "odd".to_owned())),
                    _ => {}
                }
            }
            for (name, members) in groups {
                if odd_groups.contains(&name) {
                    org.malformed_groups
                        .insert(name.as_str().into(), "odd".to_owned());
                    continue;
                }
                org.groups.insert(name.as_str().into(), group(&name));
                let members = match members {
                    Some(members) => Members::of(members.into_iter().map(id)),
                    None => Members::Unknown("okta keeps failing".to_owned()),
                };
                org.members.insert(name.as_str().into(), members);
            }
            org
        })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    any::<[bool; 4]>().prop_map(
        |[users_from_groups, user_filter, group_filter, empty]| Rules {
            users_from_groups,
            user_filter,
            group_filter,
            include_empty_groups: empty,
            leavers: Leavers::Remove,
            changed: Changed::NOTHING,
        },
    )
}

proptest! {
    #[test]
    fn nobody_is_lost_without_a_cause(before in any_org(), now in any_org(), rules in any_rules()) {
        let before = state(&before, rules);
        for guard in [None, Some(&Guard::default())] {
            let roster = resolve(&now, &before, rules, guard);
            for id in before.users().keys() {
                prop_assert!(roster.users.contains_key(id) != roster.removed_users.contains_key(id));
            }
            for id in before.groups().keys() {
                prop_assert!(roster.groups.contains_key(id) != roster.removed_groups.contains_key(id));
            }
        }
    }

    #[test]
    fn unknown_members_never_leave(before in any_org(), now in any_org(), rules in any_rules()) {
        let before = state(&before, rules);
        let roster = resolve(&now, &before, rules, Some(&Guard::default()));
        for group in roster.unknown.keys().filter(|group| before.groups().contains_key(*group)) {
            for member in before.members(group).iter() {
                prop_assert!(
                    !roster.users.contains_key(member) || roster.members[group].contains(member)
                );
            }
        }
    }

    #[test]
    fn members_are_in_the_catalog(before in any_org(), now in any_org(), rules in any_rules()) {
        let before = state(&before, rules);
        let roster = resolve(&now, &before, rules, Some(&Guard::default()));
        prop_assert_eq!(roster.groups.keys().collect::<Vec<_>>(), roster.members.keys().collect::<Vec<_>>());
        for member in roster.members.values().flat_map(|members| members.iter()) {
            prop_assert!(roster.users.contains_key(member));
        }
    }

    #[test]
    fn a_filled_catalog_is_never_emptied(before in any_org(), now in any_org(), rules in any_rules()) {
        let before = state(&before, rules);
        let roster = resolve(&now, &before, rules, Some(&Guard::default()));
        prop_assert!(before.users().is_empty() || !roster.users.is_empty());
        prop_assert!(before.groups().is_empty() || !roster.groups.is_empty());
    }

    #[test]
    fn removals_that_no_record_explains_stay_within_the_limit(
        before in any_org(),
        now in any_org(),
        rules in any_rules(),
        percent in 0..=100_u8,
    ) {
        let before = state(&before, rules);
        let limit = Percent::new(percent).unwrap();
        let guard = Guard { users: limit, groups: limit, members: limit, renames: limit, minimum: 0 };
        let roster = resolve(&now, &before, rules, Some(&guard));
        let users = roster.removed_users.values().filter(|cause| !cause.explained()).count();
        prop_assert!(!guard.trips(limit, before.users().len(), users));
        prop_assert!(!guard.trips(limit, before.groups().len(), roster.removed_groups.len()));
    }

    #[test]
    fn a_record_that_is_odd_changes_nothing(before in any_org(), now in any_org(), rules in any_rules()) {
        let before = state(&before, rules);
        let roster = resolve(&now, &before, rules, None);
        for id in now.malformed_users.keys().filter(|id| before.users().contains_key(*id)) {
            prop_assert!(matches!(roster.users[id], Standing::Kept(Kept::Quarantined)));
        }
        let groups = now.malformed_groups.keys().map(|id| GroupKey::from(id.clone()));
        for key in groups.filter(|key| before.groups().contains_key(key)) {
            prop_assert!(matches!(roster.groups[&key], Standing::Kept(Kept::Quarantined)));
        }
    }

    #[test]
    fn the_same_org_changes_nothing(org in any_org(), rules in any_rules()) {
        let before = state(&org, rules);
        let roster = resolve(&org, &before, rules, Some(&Guard::default()));
        prop_assert_eq!(roster.users.len(), before.users().len());
        prop_assert_eq!(roster.groups.len(), before.groups().len());
        prop_assert!(roster.removed_users.is_empty() && roster.removed_groups.is_empty());
    }
}
