//! What each rule makes of a read.

use serde_json::json;

use super::*;
use crate::held::mirror::{LogRead, Marks, MirrorReader};

mod odd;

/// The catalog has these users, and the server's part of the filter finds who is active or suspended.
#[derive(Default)]
struct Catalog(BTreeSet<UserId>);

impl Interest for Catalog {
    fn is_found(&self, user: &User) -> bool {
        user.status != UserStatus::LockedOut
    }

    fn is_in_catalog(&self, user: &UserId) -> bool {
        self.0.contains(user)
    }

    fn trimmed(&self, user: User, scope: &Scope) -> User {
        match &scope.attributes {
            Some(names) => {
                let mut user = user;
                user.profile
                    .retain(|name| names.contains(&format!("profile.{name}")));
                user
            }
            None => user,
        }
    }
}

fn catalog(users: &[&str]) -> Catalog {
    Catalog(ids(users))
}

fn ids(users: &[&str]) -> BTreeSet<UserId> {
    users.iter().map(|id| UserId::from(*id)).collect()
}

/// So many minutes after midnight.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
}

fn user(id: &str, status: &str, changed: i64) -> User {
    let user = json!({
        "id": id, "status": status, "lastUpdated": at(changed),
        "profile": {"login": id, "department": "R&D"},
    });
    serde_json::from_value(user).unwrap()
}

/// A group as it is listed: changed and stamped at minutes, with a count.
fn group(id: &str, changed: i64, stamp: i64, count: u64) -> Group {
    let group = json!({
        "id": id, "type": "OKTA_GROUP", "lastUpdated": at(changed), "lastMembershipUpdated": at(stamp),
        "profile": {"name": id}, "_embedded": {"stats": {"usersCount": count}},
    });
    serde_json::from_value(group).unwrap()
}

fn listed<T>(records: impl IntoIterator<Item = T>, minute: i64) -> Listed<T> {
    Listed {
        records: records.into_iter().collect(),
        server_date: Some(at(minute)),
        ..Listed::default()
    }
}

fn members(users: &[&str], deactivated: &[&str], minute: i64) -> MembersRead {
    MembersRead::Known {
        ids: ids(users),
        deactivated: ids(deactivated),
        listed: (users.len() + deactivated.len()) as u64,
        server_date: Some(at(minute)),
    }
}

/// A read that found nobody and nothing: of everything.
fn whole(minute: i64) -> Read {
    Read {
        is_whole: true,
        scope: Scope::default(),
        way: Way::OfGroups,
        groups: listed([], minute),
        users: UsersRead::All(listed([], minute)),
        members: BTreeMap::new(),
        single: BTreeMap::new(),
        log: None,
        limits: BTreeMap::new(),
        began: at(minute),
    }
}

/// A read of what changed, by which nothing did but that groups are listed.
fn delta(minute: i64, groups: &[Group]) -> Read {
    Read {
        is_whole: false,
        groups: listed(groups.iter().cloned(), minute),
        users: UsersRead::Changed(listed([], minute)),
        ..whole(minute)
    }
}

fn changed(mut read: Read, users: &[User]) -> Read {
    let date = read.groups.server_date;
    read.users = UsersRead::Changed(Listed {
        server_date: date,
        ..listed(users.iter().cloned(), 0)
    });
    read
}

fn with(mut read: Read, group: &str, members: MembersRead) -> Read {
    read.members.insert(GroupId::from(group), members);
    read
}

/// An org with two people and a group that has both, an hour ago.
fn held() -> Mirror {
    let mut read = whole(60);
    read.groups = listed([group("g", 0, 0, 2)], 60);
    read.users = UsersRead::All(listed([user("a", "ACTIVE", 0), user("b", "ACTIVE", 0)], 60));
    let mut mirror = Mirror::new();
    mirror.apply(
        with(read, "g", members(&["a", "b"], &[], 60)),
        &Catalog::default(),
    );
    mirror.kept()
}

fn everybody(mirror: &Mirror) -> Vec<&str> {
    mirror.users().keys().map(UserId::as_str).collect()
}

fn of(mirror: &Mirror, group: &str) -> Vec<String> {
    let ids = mirror.rolls()[&GroupId::from(group)].ids.iter();
    ids.map(ToString::to_string).collect()
}

#[test]
fn a_whole_list_proves_absence_except_where_it_does_not() {
    type OfUsers = (&'static str, fn(&mut Listed<User>), &'static [&'static str]);
    let cases: [OfUsers; 4] = [
        ("whole", |_| {}, &["b"]),
        (
            "malformed",
            |it| drop(it.malformed.insert("a".into(), "odd".into())),
            &["a", "b"],
        ),
        (
            "unidentified",
            |it| it.unidentified = Some("odd".into()),
            &["a", "b"],
        ),
        ("cut", |it| it.cut = Some("50,000".into()), &["a", "b"]),
    ];
    for (case, make, expected) in cases {
        let mut mirror = held();
        let mut users = listed([user("b", "ACTIVE", 0)], 120);
        make(&mut users);
        let users = UsersRead::All(users);
        mirror.apply(
            Read {
                users,
                ..whole(120)
            },
            &catalog(&["a"]),
        );
        assert_eq!(everybody(&mirror), expected, "{case}");
    }
    type OfGroups = (&'static str, fn(&mut Listed<Group>), bool);
    let cases: [OfGroups; 4] = [
        ("whole", |_| {}, false),
        (
            "malformed",
            |it| drop(it.malformed.insert("g".into(), "odd".into())),
            true,
        ),
        (
            "unidentified",
            |it| it.unidentified = Some("odd".into()),
            true,
        ),
        ("cut", |it| it.cut = Some("odd".into()), true),
    ];
    for (case, make, expected) in cases {
        let mut mirror = held();
        let mut groups = listed([], 120);
        make(&mut groups);
        mirror.apply(
            Read {
                groups,
                ..delta(120, &[])
            },
            &Catalog::default(),
        );
        assert_eq!(
            mirror.groups().contains_key(&GroupId::from("g")),
            expected,
            "{case}"
        );
        assert_eq!(
            mirror.rolls().contains_key(&GroupId::from("g")),
            expected,
            "{case}"
        );
    }
}

#[test]
fn what_changed_a_moment_ago_is_not_gone_because_a_list_lacks_it() {
    let mut mirror = held();
    let read = changed(
        delta(117, &[group("g", 117, 0, 2)]),
        &[user("a", "ACTIVE", 117)],
    );
    mirror.apply(read, &Catalog::default());
    mirror.apply(whole(122), &Catalog::default());
    assert_eq!(everybody(&mirror), ["a"]);
    assert!(mirror.groups().contains_key(&GroupId::from("g")));
    mirror.apply(whole(123), &Catalog::default());
    assert_eq!(everybody(&mirror), [""; 0]);
    assert!(mirror.groups().is_empty());
}

#[test]
fn what_a_delta_does_not_name_is_as_it_was() {
    let mut mirror = held();
    mirror.apply(delta(120, &[group("g", 0, 0, 2)]), &catalog(&["a", "b"]));
    assert_eq!(everybody(&mirror), ["a", "b"]);
    assert_eq!(of(&mirror, "g"), ["a", "b"]);
    assert_eq!(mirror.account.watermarks.users, Some(at(120)));
    assert_eq!(mirror.account.watermarks.reconciled, Some(at(60)));
    let rows: Vec<_> = mirror.rows().map(|row| row.unwrap().kind).collect();
    assert_eq!(rows, [RowKind::Account], "nothing else differs");
}

#[test]
fn whoever_is_not_found_by_id_is_deleted() {
    let mut mirror = held();
    let single = [
        (UserId::from("a"), Found::Nobody),
        (UserId::from("b"), Found::Unknown("fails".into())),
    ];
    mirror.apply_single(single.into(), &catalog(&["a", "b"]));
    assert_eq!(everybody(&mirror), ["b"]);
    assert_eq!(mirror.account.deleted, ids(&["a"]));
}

#[test]
fn what_is_told_from_a_copy_that_is_late_does_not_undo_what_is_known() {
    let mut mirror = held();
    let groups = [group("g", 100, 110, 2)];
    mirror.apply(
        changed(delta(120, &groups), &[user("a", "SUSPENDED", 110)]),
        &Catalog::default(),
    );
    let mut late = group("g", 0, 0, 2);
    late.profile = serde_json::from_value(json!({"name": "late"})).unwrap();
    mirror.apply(
        changed(delta(121, &[late]), &[user("a", "ACTIVE", 109)]),
        &Catalog::default(),
    );
    assert_eq!(
        mirror.users()[&UserId::from("a")].record.status,
        UserStatus::Suspended
    );
    let group = &mirror.groups()[&GroupId::from("g")];
    assert_eq!(
        (group.stamp, group.record.profile.name()),
        (Some(at(110)), Some("g"))
    );
}

#[test]
fn a_record_without_a_time_is_not_an_older_one() {
    let mut mirror = held();
    let mut now = user("a", "SUSPENDED", 0);
    now.last_updated = None;
    let mut renamed = group("g", 0, 0, 2);
    renamed.last_updated = None;
    renamed.profile = serde_json::from_value(json!({"name": "renamed"})).unwrap();
    mirror.apply(changed(delta(120, &[renamed]), &[now]), &Catalog::default());
    assert_eq!(
        mirror.users()[&UserId::from("a")].record.status,
        UserStatus::Suspended
    );
    let group = &mirror.groups()[&GroupId::from("g")];
    assert_eq!(group.record.profile.name(), Some("renamed"));
}

#[test]
fn whoever_is_deprovisioned_goes_and_is_evidence_while_the_catalog_has_him() {
    let mut mirror = held();
    let gone = [
        user("a", "DEPROVISIONED", 110),
        user("b", "DEPROVISIONED", 110),
    ];
    let groups = [group("g", 0, 0, 2)];
    mirror.apply(changed(delta(120, &groups), &gone), &catalog(&["a"]));
    assert_eq!(everybody(&mirror), [""; 0]);
    assert_eq!(mirror.account.deactivated, ids(&["a"]));
    mirror.apply(
        changed(delta(130, &groups), &[user("a", "ACTIVE", 125)]),
        &catalog(&["a"]),
    );
    assert_eq!(mirror.account.deactivated, ids(&[]));
}

#[test]
fn a_member_who_was_deactivated_is_one_again_when_he_is_back() {
    let mut mirror = held();
    let groups = [group("g", 0, 110, 2)];
    let read = changed(delta(120, &groups), &[user("a", "DEPROVISIONED", 110)]);
    mirror.apply(
        with(read, "g", members(&["b"], &["a"], 120)),
        &Catalog::default(),
    );
    assert_eq!(of(&mirror, "g"), ["b"]);
    // No stamp tells of it, for nobody joined.
    mirror.apply(
        changed(delta(150, &groups), &[user("a", "ACTIVE", 149)]),
        &Catalog::default(),
    );
    assert_eq!(of(&mirror, "g"), ["a", "b"]);
}

#[test]
fn attributes_that_nothing_is_made_of_any_more_are_taken_away() {
    let mut mirror = held();
    let scope = Scope {
        attributes: Some(["profile.login".to_owned()].into()),
        ..Scope::default()
    };
    mirror.apply(
        Read {
            scope,
            ..delta(120, &[group("g", 0, 0, 2)])
        },
        &Catalog::default(),
    );
    let profile = &mirror.users()[&UserId::from("a")].record.profile;
    assert_eq!(
        (profile.get("department"), profile.login()),
        (None, Some("a"))
    );
}

#[test]
fn a_mark_is_used_up_by_the_read_that_it_asks_for() {
    let mut mirror = held();
    let marks = Marks {
        users: ids(&["a"]),
        groups: ["g", "h"].map(GroupId::from).into(),
    };
    let groups = [group("g", 0, 0, 2), group("h", 0, 0, 2)];
    let mut read = with(delta(120, &groups), "g", members(&["a", "b"], &[], 120));
    read.members
        .insert("h".into(), MembersRead::Unknown("fails".into()));
    let found = Found::User(Box::new(user("a", "ACTIVE", 0)), None);
    read.single.insert("a".into(), found);
    read.log = Some(LogRead {
        marks,
        cursor: Some("2".into()),
        is_lost: false,
    });
    mirror.apply(read, &catalog(&["a", "b"]));
    let expected = Marks {
        users: ids(&[]),
        groups: ["h"].map(GroupId::from).into(),
    };
    assert_eq!(mirror.account.marks, expected);
    assert_eq!(mirror.account.watermarks.log.as_deref(), Some("2"));
}

#[test]
fn what_cannot_be_read_stays_as_it_was_and_says_since_when() {
    let mut mirror = held();
    for minute in [120, 180] {
        let read = with(
            delta(minute, &[group("g", 0, 0, 2)]),
            "g",
            MembersRead::Unknown("fails".into()),
        );
        mirror.apply(read, &Catalog::default());
    }
    assert_eq!(mirror.account.unread[&GroupId::from("g")].since, at(120));
    assert_eq!(of(&mirror, "g"), ["a", "b"]);
    let read = with(
        delta(190, &[group("g", 0, 0, 1)]),
        "g",
        members(&["a"], &[], 190),
    );
    mirror.apply(read, &Catalog::default());
    assert!(mirror.account.unread.is_empty());
}

#[test]
fn who_was_found_by_another_search_is_judged_here() {
    let mut mirror = held();
    let users = UserScope::Search(r#"status eq "ACTIVE""#.to_owned());
    let scope = Scope {
        users,
        ..Scope::default()
    };
    mirror.apply(
        Read {
            scope,
            ..delta(120, &[group("g", 0, 0, 2)])
        },
        &Catalog::default(),
    );
    assert!(mirror.users().values().all(|user| !user.by_search));
}

#[test]
fn of_whom_a_search_finds_no_more_but_the_catalog_has_it_is_known_that_it_does_not() {
    let users = UserScope::Search("anything".to_owned());
    let scope = Scope {
        users,
        ..Scope::default()
    };
    let mut read = whole(60);
    read.scope = scope.clone();
    read.users = UsersRead::All(listed([user("a", "LOCKED_OUT", 0)], 60));
    let mut mirror = Mirror::new();
    mirror.apply(read, &catalog(&["a"]));
    assert!(mirror.users()[&UserId::from("a")].by_search);
    mirror.apply(
        Read {
            scope,
            ..whole(120)
        },
        &catalog(&["a"]),
    );
    assert!(!mirror.users()[&UserId::from("a")].by_search);
}

#[test]
fn members_are_known_whatever_the_filter_finds() {
    let scope = Scope {
        users: UserScope::Members,
        ..Scope::default()
    };
    let mut read = whole(60);
    read.scope = scope;
    read.groups = listed([group("g", 0, 0, 2)], 60);
    let people = [
        user("a", "LOCKED_OUT", 0),
        user("b", "ACTIVE", 0),
        user("c", "ACTIVE", 0),
    ];
    read.users = UsersRead::Members(listed(people, 60));
    let mut mirror = Mirror::new();
    mirror.apply(
        with(read, "g", members(&["a", "b"], &[], 60)),
        &Catalog::default(),
    );
    assert_eq!(
        everybody(&mirror),
        ["a", "b"],
        "another filter may want them tomorrow"
    );
}

#[test]
fn a_group_whose_count_stays_wrong_has_everything_read_once() {
    let mut mirror = held();
    let groups = [group("g", 0, 0, 3)];
    for minute in [120, 121] {
        let read = with(
            delta(minute, &groups),
            "g",
            members(&["a", "b"], &[], minute),
        );
        mirror.apply(read, &Catalog::default());
    }
    assert_eq!(mirror.account.miscounted[&GroupId::from("g")], MISCOUNTS);
    // This time it fails.
    let groups = listed(groups, 122);
    let read = with(
        Read {
            groups,
            ..whole(122)
        },
        "g",
        MembersRead::Unknown("fails".into()),
    );
    mirror.apply(read, &Catalog::default());
    assert!(mirror.account.miscounted[&GroupId::from("g")] > MISCOUNTS);
}

#[test]
fn members_that_nobody_reads_any_more_are_not_kept() {
    let mut mirror = held();
    let groups = listed([group("g", 0, 0, 2)], 120);
    mirror.apply(
        Read {
            groups,
            ..whole(120)
        },
        &Catalog::default(),
    );
    assert!(mirror.rolls().is_empty(), "it is listed, and not wanted");
}

#[test]
fn exactly_the_rows_that_differ_are_written() {
    let mut mirror = held();
    let mut before = MirrorReader::default();
    let all = Mirror {
        is_new: true,
        ..mirror.clone()
    };
    for row in all.rows().map(Result::unwrap) {
        before
            .row(row.kind.as_str(), &row.id, &row.body.unwrap())
            .unwrap();
    }
    assert_eq!(before.finish().unwrap().unwrap().users(), mirror.users());
    let groups = [group("g", 0, 110, 1)];
    let read = changed(
        delta(120, &groups),
        &[user("a", "SUSPENDED", 110), user("b", "DEPROVISIONED", 110)],
    );
    mirror.apply(
        with(read, "g", members(&["a"], &[], 120)),
        &Catalog::default(),
    );
    let rows = mirror.rows().map(Result::unwrap);
    let rows: Vec<_> = rows
        .map(|row| (row.kind, row.id, row.body.is_some()))
        .collect();
    let row = |kind, id: &str, stays| (kind, id.to_owned(), stays);
    let expected = [
        row(RowKind::Account, "", true),
        row(RowKind::Group, "g", true),
        row(RowKind::Roll, "g", true),
        row(RowKind::User, "a", true),
        row(RowKind::User, "b", false),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn nobody_is_judged_by_what_was_not_kept_of_him() {
    let scope = |names: &[&str]| Scope {
        attributes: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..Scope::default()
    };
    let mut mirror = held();
    let kept = scope(&["profile.login"]);
    let groups = [group("g", 0, 0, 2)];
    let read = changed(delta(120, &groups), &[user("a", "ACTIVE", 119)]);
    mirror.apply(
        Read {
            scope: kept,
            ..read
        },
        &Catalog::default(),
    );
    // Of somebody a copy that is late has an older record, and somebody is not in it yet.
    let read = Read {
        scope: scope(&["profile.login", "profile.department"]),
        users: UsersRead::All(listed([user("b", "ACTIVE", 0)], 121)),
        ..delta(121, &groups)
    };
    let read = Read {
        is_whole: true,
        ..read
    };
    mirror.apply(read, &catalog(&["a", "b"]));
    assert_eq!(everybody(&mirror), ["b"]);
    let b = &mirror.users()[&UserId::from("b")].record;
    assert!(b.profile.get("department").is_some());
    let odd = mirror.account.malformed_users.keys();
    assert_eq!(
        odd.collect::<Vec<_>>(),
        [&UserId::from("a")],
        "he stays as he was"
    );
}
