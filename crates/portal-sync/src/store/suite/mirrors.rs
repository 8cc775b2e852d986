//! Laws of mirrors.

use std::collections::BTreeMap;

use okta_api::{GroupId, UserId};
use serde_json::json;

use super::*;
use crate::held::mirror::{
    Account, HeldGroup, HeldUser, Roll, Scope, Unread, UserScope, Watermarks,
};
use crate::held::run::Outcome;
use crate::testing::somebody;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn account(users_as_of: i64) -> Account {
    Account {
        scope: Scope {
            org: "https://acme.okta.com".to_owned(),
            users: UserScope::Search(r#"profile.city eq "Zürich 🏔""#.to_owned()),
            attributes: Some(["email".to_owned()].into()),
            ..Scope::default()
        },
        watermarks: Watermarks {
            reconciled: Some(at(1)),
            users: Some(at(users_as_of)),
            ..Watermarks::default()
        },
        unread: [(
            "00g2".into(),
            Unread {
                reason: "forbidden".to_owned(),
                since: at(3),
            },
        )]
        .into(),
        ..Account::default()
    }
}

pub(in crate::store) fn held_user(id: &str, title: &str) -> HeldUser {
    let profile = json!({"email": format!("{id}@example.com"), "title": title, "tags": ["\u{0}", "'\"\\", null, 1.5]});
    let mut record = crate::testing::user(id, profile);
    record.last_updated = Some(at(17));
    HeldUser {
        record: record.into(),
        by_search: id.ends_with('1'),
    }
}

fn held_group(id: &str) -> HeldGroup {
    HeldGroup {
        record: crate::testing::group_named(id, "Zoë's group").into(),
        stamp: Some("2026-01-01T00:00:00.123456789Z".parse().unwrap()),
    }
}

fn roll(ids: &[&str], as_of: i64) -> Roll {
    let ids = ids.iter().map(|id| UserId::from(*id)).collect();
    Roll {
        inactive: Arc::new([UserId::from("00uAway")].into()),
        ids: Arc::new(ids),
        as_of: at(as_of),
        listed: 3,
        counted: Some(4),
    }
}

/// A mirror of two users, who have this title, and two groups, of which one was never read.
fn mirror(title: &str) -> Mirror {
    Mirror::of(
        account(2),
        ["00u1", "00u2"].map(|id| held_user(id, title)),
        ["00g1", "00g2"].map(held_group),
        [("00g1".into(), roll(&["00u1", "00u2"], 5))],
    )
}

/// All that is in a mirror.
type Parts = (
    Account,
    BTreeMap<UserId, HeldUser>,
    BTreeMap<GroupId, HeldGroup>,
    BTreeMap<GroupId, Roll>,
);

fn parts(mirror: &Mirror) -> Parts {
    let account = mirror.account.clone();
    (
        account,
        mirror.users().clone(),
        mirror.groups().clone(),
        mirror.rolls().clone(),
    )
}

async fn kept(store: &dyn CatalogStore, provider: &str) -> Option<Parts> {
    let mirror = store.mirror(provider).await.unwrap()?;
    assert!(mirror.is_kept(), "the store has it as it is");
    Some(parts(&mirror))
}

fn ending(mirror: &Mirror) -> Ending {
    Ending {
        mirror: Some(Arc::new(mirror.clone())),
        ..Ending::of(Run::default())
    }
}

/// A run that ends with this mirror.
async fn end(store: &dyn CatalogStore, provider: &str, mirror: &Mirror) {
    let turn = store.begin(claim(provider)).await.unwrap();
    store.end(&turn, ending(mirror)).await.unwrap();
}

/// A store in which `acme` has the mirror of a chief.
async fn with_mirror(place: &dyn Place) -> Box<dyn CatalogStore> {
    let store = place.open().await;
    end(&*store, "acme", &mirror("chief")).await;
    store
}

pub(in crate::store) async fn a_mirror_comes_back_as_it_was_written(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(kept(&*store, "acme").await, None);
    end(&*store, "acme", &mirror("chief")).await;
    // It makes no generation.
    assert_eq!(store.generation().await.unwrap(), None);
    for store in [store, place.open().await] {
        assert_eq!(kept(&*store, "acme").await, Some(parts(&mirror("chief"))));
        assert_eq!(kept(&*store, "other").await, None);
    }
}

pub(in crate::store) async fn a_mirror_is_written_whatever_else_is(place: &dyn Place) {
    let store = with_team(place).await;
    let works = [
        Work::Entities(writing("acme", [user("00u3", "li")]).commit),
        Work::Remembered(learned("one")),
        Work::Nothing,
    ];
    for (work, title) in works.into_iter().zip(["chief", "head", "boss"]) {
        let turn = store.begin(claim("acme")).await.unwrap();
        let ending = Ending {
            work,
            ..ending(&mirror(title))
        };
        store.end(&turn, ending).await.unwrap();
        assert_eq!(kept(&*store, "acme").await, Some(parts(&mirror(title))));
    }
    assert_eq!(store.generation().await.unwrap(), Some(2));
}

/// What did not change is not written, as is seen by what is written otherwise.
pub(in crate::store) async fn of_a_mirror_only_what_changed_is_written(place: &dyn Place) {
    let store = with_mirror(place).await;
    let mut changed = mirror("nobody").kept();
    changed.account = account(9);
    end(&*store, "acme", &changed).await;
    let expected = parts(&mirror("chief"));
    assert_eq!(kept(&*store, "acme").await, Some(expected.clone()));

    changed.replace_user(held_user("00u3", "new"));
    changed.put_roll("00g1".into(), roll(&["00u3"], 7));
    changed.put_roll("00g2".into(), roll(&[], 8));
    changed.remove_user(&"00u1".into());
    // One that the store never had.
    changed.remove_user(&"00u9".into());
    end(&*store, "acme", &changed).await;
    let (_, mut users, groups, mut rolls) = expected;
    users.remove(&"00u1".into());
    users.insert("00u3".into(), held_user("00u3", "new"));
    rolls.insert("00g1".into(), roll(&["00u3"], 7));
    rolls.insert("00g2".into(), roll(&[], 8));
    let expected = (account(9), users, groups, rolls);
    assert_eq!(kept(&*store, "acme").await, Some(expected.clone()));

    let mut again = store.mirror("acme").await.unwrap().unwrap();
    again.replace_user(held_user("00u3", "newer"));
    end(&*store, "acme", &again).await;
    assert_eq!(kept(&*store, "acme").await, Some(parts(&again)));
    assert_ne!(parts(&again), expected);
}

pub(in crate::store) async fn a_new_mirror_takes_the_place_of_all_of_the_one_before(
    place: &dyn Place,
) {
    let store = with_mirror(place).await;
    let other = Mirror::of(
        account(4),
        [held_user("00u2", "chief")],
        [held_group("00g3")],
        [],
    );
    end(&*store, "acme", &other).await;
    assert_eq!(kept(&*store, "acme").await, Some(parts(&other)));
    end(&*store, "acme", &Mirror::new()).await;
    assert_eq!(kept(&*store, "acme").await, Some(parts(&Mirror::new())));
}

pub(in crate::store) async fn whoever_lost_the_turn_writes_no_mirror(place: &dyn Place) {
    let store = with_mirror(place).await;
    let spent = Claim {
        holder: somebody(1),
        lease: Duration::ZERO,
        ..claim("acme")
    };
    let late = store.begin(spent).await.unwrap();
    let next = store.begin(claim("acme")).await.unwrap();
    let refused = store.end(&late, ending(&mirror("late"))).await;
    assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::Conflict);
    assert_eq!(kept(&*store, "acme").await, Some(parts(&mirror("chief"))));
    store.end(&next, ending(&mirror("next"))).await.unwrap();
    let refused = store.end(&late, ending(&mirror("late"))).await;
    assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::Conflict);
    assert_eq!(kept(&*store, "acme").await, Some(parts(&mirror("next"))));
}

pub(in crate::store) async fn an_end_that_fails_writes_no_mirror(place: &dyn Place) {
    let store = with_mirror(place).await;
    let others = writing("other", [user("00u1", "ann")]);
    others.run(&*store).await.unwrap();
    let clash = Work::Entities(writing("acme", [user("00u1", "ann")]).commit);
    let taken = Ending {
        work: clash,
        ..ending(&mirror("boss"))
    };
    let unapproved = Ending {
        approval: Some("nothing".to_owned()),
        ..ending(&mirror("boss"))
    };
    let turn = store.begin(claim("acme")).await.unwrap();
    for (ending, kind) in [
        (taken, StoreErrorKind::NameTaken),
        (unapproved, StoreErrorKind::Conflict),
    ] {
        let failed = store.end(&turn, ending).await.unwrap_err();
        assert_eq!(failed.kind(), kind);
        assert_eq!(kept(&*store, "acme").await, Some(parts(&mirror("chief"))));
    }
}

pub(in crate::store) async fn a_mirror_goes_with_its_provider(place: &dyn Place) {
    let store = with_mirror(place).await;
    end(&*store, "other", &mirror("other")).await;
    let turn = store.begin(claim("acme")).await.unwrap();
    let forgetting = Ending {
        work: Work::Forget,
        // Whoever is forgotten has none.
        ..ending(&mirror("boss"))
    };
    store.end(&turn, forgetting).await.unwrap();
    assert_eq!(kept(&*store, "acme").await, None);
    assert_eq!(kept(&*store, "other").await, Some(parts(&mirror("other"))));
}

pub(in crate::store) async fn providers_have_mirrors_of_their_own(place: &dyn Place) {
    let store = with_mirror(place).await;
    end(&*store, "other", &mirror("other")).await;
    let mut changed = mirror("other").kept();
    changed.replace_user(held_user("00u1", "third"));
    end(&*store, "other", &changed).await;
    assert_eq!(kept(&*store, "acme").await, Some(parts(&mirror("chief"))));
    assert_eq!(kept(&*store, "other").await, Some(parts(&changed)));
}

pub(in crate::store) async fn an_end_without_a_mirror_leaves_the_one_there_is(place: &dyn Place) {
    let store = with_mirror(place).await;
    writing("acme", team()).run(&*store).await.unwrap();
    let turn = store.begin(claim("acme")).await.unwrap();
    let failed = Run {
        outcome: Outcome::Failed,
        ..Run::default()
    };
    store.end(&turn, Ending::of(failed)).await.unwrap();
    let turn = store.begin(claim("acme")).await.unwrap();
    // And one that is as the store has it writes nothing.
    let unchanged = ending(&mirror("nobody").kept());
    store.end(&turn, unchanged).await.unwrap();
    assert_eq!(kept(&*store, "acme").await, Some(parts(&mirror("chief"))));
}

/// What is not understood is none, and no damage of the store: the next run mends it.
pub(in crate::store) async fn a_mirror_that_is_not_understood_is_none(place: &dyn Place) {
    for (what, sql) in [
        (
            "no JSON",
            "UPDATE mirror SET body = '{' WHERE okta_id = '00u1'",
        ),
        (
            "no user",
            "UPDATE mirror SET body = '{}' WHERE okta_id = '00u1'",
        ),
        (
            "no kind",
            "UPDATE mirror SET kind = 'device' WHERE okta_id = '00u1'",
        ),
        (
            "one is missing",
            "DELETE FROM mirror WHERE okta_id = '00u1'",
        ),
        ("no account", "DELETE FROM mirror WHERE kind = 'account'"),
        (
            "another format",
            "UPDATE mirror SET body = replace(body, '\"format\":1', '\"format\":99') WHERE kind = 'account'",
        ),
    ] {
        let store = place.open().await;
        writing("acme", team()).run(&*store).await.unwrap();
        for provider in ["acme", "other"] {
            end(&*store, provider, &mirror("chief")).await;
        }
        place.execute(&format!("{sql} AND provider = 'acme'")).await;
        assert_eq!(kept(&*store, "acme").await, None, "{what}");
        assert!(kept(&*store, "other").await.is_some(), "{what}");
        let checked = store.check().await.unwrap();
        let damaged = |at: usize| matches!(checked.mirrors[at].found, MirrorFound::Damaged { .. });
        assert_eq!([damaged(0), damaged(1)], [true, false], "{what}");
        end(&*store, "acme", &mirror("boss")).await;
        assert_eq!(kept(&*store, "acme").await, Some(parts(&mirror("boss"))));
        let turn = store.begin(claim("acme")).await.unwrap();
        let forgetting = Ending {
            work: Work::Forget,
            ..Ending::of(Run::default())
        };
        store.end(&turn, forgetting).await.unwrap();
    }
}

/// It was forgotten meanwhile, or lost: changes alone are no mirror.
pub(in crate::store) async fn changes_of_a_mirror_that_is_not_there_are_not_written(
    place: &dyn Place,
) {
    let store = place.open().await;
    let mut changed = mirror("chief").kept();
    changed.replace_user(held_user("00u3", "new"));
    end(&*store, "acme", &changed).await;
    assert_eq!(kept(&*store, "acme").await, None);
    assert_eq!(store.check().await.unwrap().mirrors, []);
}

pub(in crate::store) async fn mirrors_are_counted_when_the_store_is_checked(place: &dyn Place) {
    let store = with_mirror(place).await;
    end(&*store, "other", &Mirror::new()).await;
    let checked = store.check().await.unwrap();
    let told = serde_json::to_value(&checked.mirrors).unwrap();
    let expected = json!([
        {"provider": "acme", "users": 2, "groups": 2, "rolls": 1,
            "reconciled": "1970-01-01T00:00:01Z", "usersAsOf": "1970-01-01T00:00:02Z"},
        {"provider": "other", "users": 0, "groups": 0, "rolls": 0, "reconciled": null, "usersAsOf": null},
    ]);
    assert_eq!(told, expected);
    let broken = "UPDATE mirror SET body = '{}' WHERE okta_id = '00g1' AND kind = 'roll'";
    place.execute(broken).await;
    let checked = store.check().await.unwrap();
    let told = serde_json::to_value(&checked.mirrors[0]).unwrap();
    assert_eq!(told["provider"], "acme");
    assert!(told["damage"].is_string(), "{told}");
}
