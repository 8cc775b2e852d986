//! What each rule of a plan asks for.

use serde_json::json;

use super::*;
use crate::held::mirror::{Account, HeldGroup, HeldUser, Roll, Unread, Watermarks};
use crate::read::selection::{GroupFilter, Needs};

/// So many minutes after midnight.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
}

/// A group that was stamped at a minute, with a count.
fn group(id: &str, kind: &str, stamp: Option<i64>, count: Option<u64>) -> Group {
    let mut group = json!({"id": id, "type": kind, "profile": {"name": id}});
    if let Some(stamp) = stamp {
        group["lastMembershipUpdated"] = json!(at(stamp));
    }
    if let Some(count) = count {
        group["_embedded"] = json!({"stats": {"usersCount": count}});
    }
    serde_json::from_value(group).unwrap()
}

fn team(id: &str) -> Group {
    group(id, "OKTA_GROUP", Some(0), Some(2))
}

fn everyone() -> Group {
    group("Everyone", "BUILT_IN", Some(0), Some(500))
}

/// A mirror of these groups and so many users, of which everything was read an hour after midnight.
fn mirror(groups: &[Group], users: usize) -> Mirror {
    let watermarks = Watermarks {
        reconciled: Some(at(60)),
        users: Some(at(60)),
        ..Watermarks::default()
    };
    let account = Account {
        watermarks,
        ..Account::default()
    };
    let users = (0..users).map(|n| HeldUser {
        record: std::sync::Arc::new(
            serde_json::from_value(json!({"id": n.to_string(), "profile": {}})).unwrap(),
        ),
        by_search: true,
    });
    let held = groups.iter().map(|group| HeldGroup {
        record: std::sync::Arc::new(group.clone()),
        stamp: group.last_membership_updated,
    });
    let rolls = groups.iter().map(|group| {
        let roll = Roll {
            ids: std::sync::Arc::default(),
            inactive: std::sync::Arc::default(),
            as_of: at(60),
            listed: 2,
            counted: count(group),
        };
        (group.id.clone(), roll)
    });
    Mirror::of(account, users, held, rolls).kept()
}

fn listed(groups: &[Group]) -> Listed<Group> {
    Listed {
        records: groups.to_vec(),
        ..Listed::default()
    }
}

/// What is chosen of these groups, whatever is held, by a configuration.
struct Case<'a> {
    selection: Selection,
    scope: Scope,
    from_groups: bool,
    held: Option<&'a Mirror>,
    wish: Wish,
    log: Option<LogRead>,
}

impl<'a> Case<'a> {
    fn over(held: &'a Mirror) -> Self {
        Self {
            selection: Selection::new(None, None),
            scope: Scope::default(),
            from_groups: false,
            held: Some(held),
            wish: Wish::default(),
            log: None,
        }
    }

    fn filtered(held: &'a Mirror, filter: &str) -> Self {
        Self {
            selection: Selection::new(Some(&filter.parse().unwrap()), None),
            ..Self::over(held)
        }
    }

    fn choose(&self, groups: &[Group]) -> ReadPlan {
        let chooser = Chooser {
            selection: &self.selection,
            scope: &self.scope,
            users_from_groups: self.from_groups,
            held: self.held,
            wish: self.wish,
        };
        chooser.choose(&listed(groups), self.log.as_ref(), 1)
    }
}

fn ids(groups: &[&str]) -> Vec<GroupId> {
    groups.iter().map(|id| GroupId::from(*id)).collect()
}

#[test]
fn members_are_read_where_they_may_be_others() {
    type Row = (&'static str, fn(&mut Group), fn(&mut Account), bool);
    let cases: [Row; 12] = [
        ("as it was", |_| {}, |_| {}, false),
        (
            "stamped after the read",
            |it| it.last_membership_updated = Some(at(61)),
            |_| {},
            true,
        ),
        (
            "stamped in the overlap",
            |it| it.last_membership_updated = Some(at(55)),
            |_| {},
            true,
        ),
        (
            "stamped before it",
            |it| it.last_membership_updated = Some(at(54)),
            |_| {},
            false,
        ),
        (
            "no stamp",
            |it| it.last_membership_updated = None,
            |_| {},
            true,
        ),
        ("built in", |it| it.kind = GroupType::BuiltIn, |_| {}, true),
        (
            "another count",
            |it| *it = group("g", "OKTA_GROUP", Some(0), Some(3)),
            |_| {},
            true,
        ),
        (
            "no count",
            |it| *it = group("g", "OKTA_GROUP", Some(0), None),
            |_| {},
            false,
        ),
        (
            "marked",
            |_| {},
            |it| {
                it.marks.groups.insert("g".into());
            },
            true,
        ),
        (
            "unread",
            |_| {},
            |it| {
                let unread = Unread {
                    reason: "fails".into(),
                    since: at(0),
                };
                it.unread.insert("g".into(), unread);
            },
            true,
        ),
        (
            "miscounted once",
            |_| {},
            |it| {
                it.miscounted.insert("g".into(), 1);
            },
            true,
        ),
        (
            "miscounted for good",
            |_| {},
            |it| {
                it.miscounted.insert("g".into(), MISCOUNTS + 1);
            },
            false,
        ),
    ];
    for (case, change, account, expected) in cases {
        let mut held = mirror(&[team("g")], 2);
        account(&mut held.account);
        let mut now = team("g");
        change(&mut now);
        let plan = Case::over(&held).choose(&[now]);
        assert_eq!(
            (plan.why, plan.members.len()),
            (Why::Delta, usize::from(expected)),
            "{case}"
        );
        assert_eq!(plan.kept, usize::from(!expected), "{case}");
        assert_eq!(plan.users, Users::ChangedSince(at(55)), "{case}");
    }
}

#[test]
fn a_stamp_that_was_ever_seen_counts() {
    let held = mirror(&[group("g", "OKTA_GROUP", Some(58), Some(2))], 2);
    let plan = Case::over(&held).choose(&[team("g")]);
    assert_eq!(plan.members, ids(&["g"]));
}

#[test]
fn what_was_never_read_is_read_and_what_is_empty_or_everybody_is_not() {
    let held = mirror(&[team("g")], 2);
    let empty = group("empty", "OKTA_GROUP", Some(0), Some(0));
    let plan = Case::over(&held).choose(&[team("g"), team("new"), empty, everyone()]);
    assert_eq!(plan.members, ids(&["new"]));
    assert_eq!(plan.empty, ids(&["empty"]));
    assert_eq!(plan.derived, ids(&["Everyone"]).into_iter().collect());
    let members = Case {
        from_groups: true,
        ..Case::over(&held)
    };
    let plan = members.choose(&[everyone()]);
    assert!(
        plan.derived.is_empty(),
        "of members alone nobody knows who is in use"
    );
    assert_eq!(plan.members, ids(&["Everyone"]));
}

#[test]
fn everything_is_read_where_what_changed_is_not_enough() {
    type Row = (Why, fn(&mut Mirror), fn(&mut Case<'_>));
    let cases: [Row; 9] = [
        (Why::Delta, |_| {}, |_| {}),
        (Why::Asked, |_| {}, |it| it.wish.full = true),
        (Why::Reconcile, |_| {}, |it| it.wish.due = true),
        (Why::First, |_| {}, |it| it.held = None),
        (Why::First, |it| it.account.watermarks.users = None, |_| {}),
        (
            Why::LogLost,
            |it| it.account.watermarks.log = Some("1".to_owned()),
            |it| {
                it.log = Some(LogRead {
                    is_lost: true,
                    ..LogRead::default()
                })
            },
        ),
        (
            Why::Miscounted,
            |it| {
                it.account.miscounted.insert("g".into(), MISCOUNTS);
            },
            |_| {},
        ),
        (
            Why::SelectionChanged,
            |it| it.account.scope.attributes = Some(["profile.login".to_owned()].into()),
            |it| {
                it.scope.attributes =
                    Some(["profile.login".to_owned(), "profile.title".to_owned()].into())
            },
        ),
        (
            Why::SelectionChanged,
            |it| it.account.scope.users = UserScope::Search("other".to_owned()),
            |_| {},
        ),
    ];
    for (why, held, now) in cases {
        let mut mirror = mirror(&[team("g")], 2);
        held(&mut mirror);
        let mut case = Case::over(&mirror);
        now(&mut case);
        let plan = case.choose(&[team("g")]);
        assert_eq!((plan.why, plan.is_whole()), (why, why != Why::Delta));
        assert_eq!(plan.members.len(), usize::from(why != Why::Delta), "{why}");
        assert_eq!(plan.users == Users::All, why != Why::Delta, "{why}");
    }
}

#[test]
fn a_mirror_of_all_users_is_enough_for_some_of_them() {
    let mut held = mirror(&[team("g")], 2);
    held.account.scope.attributes =
        Some(["profile.login", "profile.title"].map(str::to_owned).into());
    let mut case = Case::filtered(&held, r#"status eq "ACTIVE""#);
    case.selection = case.selection.needing(&Needs::default());
    case.scope.attributes = Some(["profile.login".to_owned()].into());
    assert_eq!(case.choose(&[team("g")]).why, Why::Delta);
    case.from_groups = true;
    let plan = case.choose(&[team("g")]);
    assert_eq!(
        (plan.why, plan.users),
        (Why::Delta, Users::OfMembers(Some(at(55))))
    );
    case.wish.full = true;
    assert_eq!(case.choose(&[team("g")]).users, Users::OfMembers(None));
}

#[test]
fn members_of_groups_that_are_not_wanted_are_not_read() {
    let held = mirror(&[], 2);
    let names = GroupFilter::Names(vec!["a".to_owned()]);
    let case = Case {
        selection: Selection::new(None, Some(&names)),
        ..Case::over(&held)
    };
    assert_eq!(case.choose(&[team("a"), team("b")]).members, ids(&["a"]));
}

#[test]
fn of_a_few_users_each_is_asked_for_his_groups() {
    let groups: Vec<Group> = (0..30).map(|n| team(&n.to_string())).collect();
    let nothing = Mirror::new();
    let few = |groups: &[Group], case: Case<'_>| case.choose(groups).few;
    let first = |filter: &str| Case {
        held: None,
        ..Case::filtered(&nothing, filter)
    };
    let active = r#"status eq "ACTIVE""#;
    assert_eq!(
        few(&groups, first(active)),
        Some(28),
        "two are cheaper than thirty"
    );
    assert_eq!(
        few(&groups[..10], first(active)),
        None,
        "ten pages are not worth the question"
    );
    assert_eq!(
        few(
            &groups,
            Case {
                held: None,
                ..Case::over(&nothing)
            }
        ),
        None,
        "all users are no few"
    );
    let mut held = mirror(&groups, 6);
    held.account.scope.users = UserScope::Search(active.to_owned());
    assert_eq!(
        few(&groups, Case::filtered(&held, active)),
        None,
        "the members are held"
    );
    held.account.watermarks.way = Way::OfUsers;
    let plan = Case::filtered(&held, active).choose(&groups);
    assert_eq!(
        (plan.why, plan.few, plan.users),
        (Why::FewUsers, Some(28), Users::All)
    );
    assert_eq!(plan.members.len(), 30, "should they be more by now");
}

#[test]
fn who_is_in_doubt_is_asked_for_before_whoever_is_odd() {
    let mut held = mirror(&[team("g")], 2);
    let odd = || Unread {
        reason: "odd".to_owned(),
        since: at(0),
    };
    for n in 0..SINGLE {
        held.account
            .malformed_users
            .insert(format!("a{n}").as_str().into(), odd());
    }
    held.account.unconfirmed.insert("z".into());
    held.account.marks.users.insert("y".into());
    let plan = Case::over(&held).choose(&[team("g")]);
    assert_eq!(plan.single.len(), SINGLE);
    assert_eq!(plan.single[..2], ["z", "y"].map(UserId::from));
    assert_eq!(plan.cost.single, SINGLE as u64);
}

#[test]
fn a_plan_prints_itself_with_its_cost() {
    let held = mirror(&[team("g"), team("h")], 2);
    let mut now = team("g");
    now.last_membership_updated = Some(at(90));
    let plan = Case::over(&held).choose(&[now, team("h")]);
    assert_eq!(
        plan.to_string(),
        "what changed: members of 1 of 2 groups, users changed since 2027-01-15T08:55:00Z: at least 3 requests"
    );
}
