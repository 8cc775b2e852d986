//! Records that cannot be read, until somebody can tell what became of them.

use super::*;

/// An org of which only members are wanted, with a group that has somebody whose record is odd.
fn with_an_odd_member() -> Mirror {
    let mut read = with(whole(60), "g", members(&["a", "b"], &[], 60));
    read.scope.users = UserScope::Members;
    read.groups = listed([group("g", 0, 0, 2)], 60);
    let mut people = listed([user("a", "ACTIVE", 0)], 60);
    people.malformed.insert("b".into(), "odd".into());
    read.users = UsersRead::Members(people);
    let mut mirror = Mirror::new();
    mirror.apply(read, &catalog(&["a", "b"]));
    mirror
}

fn odd(mirror: &Mirror) -> Vec<&str> {
    let odd = mirror.account.malformed_users.keys();
    odd.map(UserId::as_str).collect()
}

#[test]
fn an_odd_member_of_a_group_that_was_not_read_is_not_forgotten() {
    let mut mirror = with_an_odd_member();
    assert_eq!(odd(&mirror), ["b"]);
    // The group's own record is odd this time, so that its members are not read.
    let mut read = whole(120);
    read.scope.users = UserScope::Members;
    read.groups.unidentified = Some("odd".to_owned());
    read.users = UsersRead::Members(listed([], 120));
    mirror.apply(read, &catalog(&["a", "b"]));
    assert_eq!(of(&mirror, "g"), ["a", "b"]);
    assert_eq!((everybody(&mirror), odd(&mirror)), (vec!["a"], vec!["b"]));
}

#[test]
fn an_odd_member_who_left_the_group_is_odd_no_more() {
    let mut mirror = with_an_odd_member();
    let mut read = with(whole(120), "g", members(&["a"], &[], 120));
    read.scope.users = UserScope::Members;
    read.groups = listed([group("g", 0, 100, 1)], 120);
    read.users = UsersRead::Members(listed([user("a", "ACTIVE", 0)], 120));
    mirror.apply(read, &catalog(&["a", "b"]));
    assert!(odd(&mirror).is_empty());
}

/// A list that is cut, or has a record that may be anybody's, does not tell that an odd record is there no more.
#[test]
fn an_odd_record_that_a_list_lacks_stays_odd_unless_the_list_proves_absence() {
    for (cut, stays) in [(None, false), (Some("cut".to_owned()), true)] {
        let mut mirror = held();
        let mut read = whole(90);
        let mut people = listed([user("a", "ACTIVE", 0)], 90);
        people.malformed.insert("b".into(), "odd".into());
        read.users = UsersRead::All(people);
        read.groups = listed([group("g", 0, 0, 2)], 90);
        mirror.apply(read, &catalog(&["a", "b"]));
        let mut read = whole(120);
        read.users = UsersRead::All(Listed {
            cut,
            ..listed([user("a", "ACTIVE", 0)], 120)
        });
        read.groups = listed([group("g", 0, 0, 2)], 120);
        mirror.apply(read, &catalog(&["a", "b"]));
        assert_eq!(!odd(&mirror).is_empty(), stays);
    }
}
