//! Laws of the ledger.

use catalog_model::FieldChange;
use serde_json::{Value, json};

use super::*;
use crate::decide::plan::{PlannedChange, Withheld};
use crate::decide::roster::Cause;
use crate::held::run::{Counts, Outcome, Tally, Why};

fn all() -> Runs {
    Runs {
        limit: 100,
        ..Runs::default()
    }
}

/// The numbers of the runs that are asked for, in their order.
async fn numbers(store: &dyn CatalogStore, asked: Runs) -> Vec<u64> {
    let runs = store.runs(asked).await.unwrap();
    runs.iter().map(|run| run.number).collect()
}

/// The number of a run of `acme` that ends so.
async fn run(store: &dyn CatalogStore, ending: Ending) -> u64 {
    let turn = store.begin(claim("acme")).await.unwrap();
    store.end(&turn, ending).await.unwrap();
    turn.number
}

fn changes() -> Vec<PlannedChange> {
    let parsed = |text: &str| text.parse().unwrap();
    let fields = FieldChange::between(&user_entity("a"), &user_entity("b"));
    vec![
        PlannedChange::Added {
            okta_id: "00u1".to_owned(),
            entity_ref: parsed("user:default/jane"),
        },
        PlannedChange::Renamed {
            okta_id: "00u2".to_owned(),
            from: parsed("user:default/rob"),
            entity_ref: parsed("user:default/bob"),
            fields: fields.clone(),
        },
        PlannedChange::Removed {
            okta_id: "00u3".to_owned(),
            entity_ref: parsed("user:default/li"),
            cause: Cause::Deactivated,
        },
        PlannedChange::Updated {
            okta_id: "00g1".to_owned(),
            entity_ref: parsed("group:default/team"),
            fields,
        },
    ]
}

fn withheld() -> Vec<Withheld> {
    vec![Withheld {
        okta_id: "00g1".to_owned(),
        entity_ref: "group:default/team".parse().unwrap(),
        cause: None,
        members: vec!["00u4".to_owned()],
    }]
}

/// The end of a run that changes and withholds something, under this plan.
fn eventful(plan: &str) -> Ending {
    let run = Run {
        provider: "acme".to_owned(),
        why: Why::Schedule,
        outcome: Outcome::Blocked,
        plan_id: Some(plan.to_owned()),
        began: "2026-01-01T00:00:00Z".parse().unwrap(),
        ended: "2026-01-01T00:00:09.5Z".parse().unwrap(),
        counts: Counts {
            users: 2,
            groups: 1,
            memberships: 2,
        },
        tally: Tally {
            added: 1,
            ..Tally::default()
        },
        ..Run::default()
    };
    Ending {
        changes: Arc::new(changes()),
        withheld: Arc::new(withheld()),
        ..Ending::of(run)
    }
}

pub(in crate::store) async fn every_run_is_in_the_ledger(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.runs(all()).await.unwrap(), []);
    assert_eq!(store.run(1).await.unwrap(), None);
    let ending = eventful("abc");
    let number = run(&*store, ending.clone()).await;
    let nothing = writing("other", Vec::new());
    nothing.run(&*store).await.unwrap();
    let claimed = Claim {
        why: Why::Signal,
        ..claim("acme")
    };
    let under_way = store.begin(claimed).await.unwrap();

    let runs = place.open().await.runs(all()).await.unwrap();
    let told = runs.iter().map(|it| (it.number, it.provider.as_str()));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(3, "acme"), (2, "other"), (1, "acme")]
    );
    assert_eq!((runs[0].why, &runs[0].run), (Why::Signal, &None));
    assert_eq!(runs[0].holder, Holder::of_this_process());
    let generation = |at: usize| runs[at].run.as_ref().unwrap().generation;
    assert_eq!((generation(1), generation(2)), (Some(1), None));
    let account = Run {
        number: Some(number),
        ..ending.run
    };
    assert_eq!(runs[2].run.as_ref(), Some(&account));

    let of = |provider: &str, before, limit| Runs {
        provider: Some(provider.to_owned()),
        before,
        limit,
    };
    assert_eq!(numbers(&*store, of("acme", None, 100)).await, [3, 1]);
    assert_eq!(numbers(&*store, of("acme", Some(3), 100)).await, [1]);
    assert_eq!(numbers(&*store, of("acme", None, 1)).await, [3]);
    assert_eq!(numbers(&*store, of("nobody", None, 1)).await, [0; 0]);
    let nothing = Ending::of(Run::default());
    store.end(&under_way, nothing).await.unwrap();
}

pub(in crate::store) async fn an_unchanged_run_makes_no_generation(place: &dyn Place) {
    let store = with_team(place).await;
    let before = store.catalog().await.unwrap();
    run(&*store, Ending::of(Run::default())).await;
    assert_eq!(store.catalog().await.unwrap(), before);
    assert_eq!(store.generation().await.unwrap(), Some(1));
    assert_eq!(numbers(&*store, all()).await, [2, 1]);
}

pub(in crate::store) async fn changes_are_in_the_ledger_with_their_causes_and_fields(
    place: &dyn Place,
) {
    let store = place.open().await;
    let number = run(&*store, eventful("abc")).await;
    let (_, changes) = store.run(number).await.unwrap().unwrap();
    let told = serde_json::to_value(changes).unwrap();
    let fields = told[1]["fields"].clone();
    assert_eq!(fields[0]["path"], "metadata.name");
    let expected = json!([
        {"change": "added", "kind": "User", "oktaId": "00u1", "entityRef": "user:default/jane"},
        {"change": "renamed", "kind": "User", "oktaId": "00u2", "from": "user:default/rob", "entityRef": "user:default/bob",
            "fields": fields},
        {"change": "removed", "kind": "User", "oktaId": "00u3", "entityRef": "user:default/li", "cause": "deactivated"},
        {"change": "updated", "kind": "Group", "oktaId": "00g1", "entityRef": "group:default/team", "fields": fields},
        {"change": "withheld", "kind": "Group", "oktaId": "00g1", "entityRef": "group:default/team", "fields": ["00u4"]},
    ]);
    assert_eq!(told, expected);
}

/// The same removals are withheld at each run, until somebody approves them: they are written down once.
pub(in crate::store) async fn what_is_withheld_again_is_kept_once(place: &dyn Place) {
    let store = place.open().await;
    let withheld_in = async |number| {
        let (_, changes) = store.run(number).await.unwrap().unwrap();
        changes.iter().filter(|it| it.change == "withheld").count()
    };
    for (number, plan) in (1..).zip(["abc", "abc", "other"]) {
        let nothing_else = Ending {
            changes: Arc::default(),
            ..eventful(plan)
        };
        assert_eq!(run(&*store, nothing_else).await, number);
        assert_eq!(withheld_in(number).await, 1, "{plan}");
    }
    assert_eq!(store.check().await.unwrap().changes, 2);
    let keep = Retention { runs: 2, days: 400 };
    // The first is kept for the second.
    store.prune(keep, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(numbers(&*store, all()).await, [3, 1]);
}

pub(in crate::store) async fn the_changes_of_one_object_are_found_by_its_id_and_its_names(
    place: &dyn Place,
) {
    let store = place.open().await;
    let first = run(&*store, eventful("abc")).await;
    let again = run(&*store, eventful("abc")).await;
    for object in ["00u2", "user:default/bob", "user:default/rob"] {
        let found = store.changes_of(object, 100).await.unwrap();
        let found = found.iter().map(|(run, began, change)| {
            assert_eq!(*began, Timestamp::UNIX_EPOCH);
            (*run, change.change.as_str())
        });
        let expected = [(again, "renamed"), (first, "renamed")];
        assert_eq!(found.collect::<Vec<_>>(), expected, "{object}");
    }
    let newest = store.changes_of("00u2", 1).await.unwrap();
    assert_eq!((newest.len(), newest[0].0), (1, again));
    assert_eq!(store.changes_of("nobody", 100).await.unwrap(), []);
}

pub(in crate::store) async fn runs_are_pruned_by_age_and_number(place: &dyn Place) {
    let store = place.open().await;
    let day = |day: i64| Timestamp::from_second(day * 24 * 60 * 60).unwrap();
    writing("rare", Vec::new()).run(&*store).await.unwrap();
    for number in 1..=8 {
        let claimed = Claim {
            began: day(number),
            ..claim("acme")
        };
        let turn = store.begin(claimed).await.unwrap();
        // Each third one changes something.
        let changes = if number % 3 == 0 {
            changes()
        } else {
            Vec::new()
        };
        let ending = Ending {
            changes: Arc::new(changes),
            ..Ending::of(Run::default())
        };
        store.end(&turn, ending).await.unwrap();
    }
    let under_way = store.begin(claim("slow")).await.unwrap();
    let prune = async |runs, days| {
        let keep = Retention { runs, days };
        let gone = store.prune(keep, day(10)).await.unwrap();
        (gone, numbers(&*store, all()).await)
    };
    let everything: Vec<u64> = (1..=10).rev().collect();
    assert_eq!(prune(100, 400).await, (0, everything));
    // By age, but never the newest of a provider, nor one that is under way.
    assert_eq!(prune(100, 8).await, (1, vec![10, 9, 8, 7, 6, 5, 4, 3, 1]));
    // By number: what changed nothing goes first.
    assert_eq!(prune(6, 400).await, (3, vec![10, 9, 8, 7, 4, 1]));
    assert_eq!(prune(5, 400).await, (1, vec![10, 9, 7, 4, 1]));
    assert_eq!(prune(1, 1).await, (2, vec![10, 9, 1]));
    assert_eq!(store.check().await.unwrap().changes, 0);
    // And no number is given again.
    let nothing = Ending::of(Run::default());
    store.end(&under_way, nothing).await.unwrap();
    let next = store.begin(claim("acme")).await.unwrap();
    assert_eq!(next.number, 11);
}

fn forgetting() -> Ending {
    Ending {
        work: Work::Forget,
        ..Ending::of(Run::default())
    }
}

pub(in crate::store) async fn a_provider_can_be_forgotten(place: &dyn Place) {
    let store = with_team(place).await;
    let other = writing("other", vec![user("00u9", "ann")]);
    other.run(&*store).await.unwrap();
    let turn = store.begin(claim("acme")).await.unwrap();
    assert_eq!(store.end(&turn, forgetting()).await.unwrap(), Some(3));
    assert_eq!(names(&*store).await, ["user:default/ann"]);
    let known = store.providers().await.unwrap();
    let known: Vec<&str> = known.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(known, ["other"]);
    assert!(!store.state("acme").await.unwrap().synced());
    // What it did is still told.
    assert_eq!(numbers(&*store, all()).await, [3, 2, 1]);
}

pub(in crate::store) async fn the_number_of_a_generation_is_never_given_again(place: &dyn Place) {
    let store = with_team(place).await;
    for number in [2, 3] {
        let turn = store.begin(claim("acme")).await.unwrap();
        let generation = store.end(&turn, forgetting()).await.unwrap();
        assert_eq!((turn.number, generation), (number, Some(number)));
        let catalog = store.catalog().await.unwrap().unwrap();
        assert_eq!((catalog.generation, catalog.records.len()), (number, 0));
    }
    assert_eq!(writing("acme", team()).run(&*store).await.unwrap(), 4);
}

pub(in crate::store) async fn what_is_checked_is_counted(place: &dyn Place) {
    let store = with_team(place).await;
    run(&*store, eventful("abc")).await;
    let checked = store.check().await.unwrap();
    let told: Value = serde_json::to_value(&checked).unwrap();
    let expected = json!({
        "schema": checked.schema,
        "generation": 1,
        "providers": [
            {"provider": "acme", "generation": 1, "takenAt": "2026-01-01T00:00:00Z", "users": 2, "groups": 1}
        ],
        "mirrors": [],
        "runs": 2,
        "changes": 5
    });
    assert_eq!(told, expected);
}
