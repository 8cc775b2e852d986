//! Forgetting a provider, over an embedded store.

use jiff::Timestamp;
use okta_auth::Clock as _;
use serde_json::{Value, json};

use super::*;
use crate::held::object::{Key, Kind};
use crate::store::{Record, Runs, SqliteStore};
use crate::testing::{claim, group_entity, somebody, user_entity, writing};

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }
}

fn record(okta_id: &str, entity: catalog_model::Entity) -> Record {
    Record {
        provider: "old".into(),
        key: Key::parse(Kind::of(&entity.entity_ref()).unwrap(), okta_id),
        entity,
    }
}

async fn filled(folder: &tempfile::TempDir) -> SqliteStore {
    let store = SqliteStore::open(&folder.path().join("catalog.db")).unwrap();
    let old = [
        record("00u1", user_entity("jane")),
        record("00g1", group_entity("team", &["jane"])),
    ];
    writing("old", old).run(&store).await.unwrap();
    let kept = record("00u1", user_entity("joan"));
    writing("kept", [kept]).run(&store).await.unwrap();
    store
}

async fn what_goes(store: &SqliteStore) -> Forgetting {
    Forgetting::of("old", &store.state("old").await.unwrap())
}

#[tokio::test]
async fn what_was_approved_goes_and_the_ledger_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let forgetting = what_goes(&store).await;
    let run = forget(&forgetting, &store, (&somebody(1), "jane"), &Noon).await;
    let run = run.unwrap();
    assert_eq!((run.generation, run.tally.removed), (Some(3), 2));
    let catalog = store.catalog().await.unwrap().unwrap();
    let left: Vec<&str> = catalog.records.iter().map(|it| &*it.provider).collect();
    assert_eq!(left, ["kept"]);
    let (entry, changes) = store.run(run.number.unwrap()).await.unwrap().unwrap();
    assert_eq!(entry.why, Why::Forget);
    assert_eq!(entry.began, Noon.now());
    let told = changes.iter().map(|it| (&*it.okta_id, it.cause.as_deref()));
    let because = Some("forgotten");
    assert_eq!(
        told.collect::<Vec<_>>(),
        [("00u1", because), ("00g1", because)]
    );
    let account = entry.run.unwrap();
    assert_eq!(account.counts, Counts::default());
    assert_eq!(account.plan_id, Some(forgetting.id));
}

#[tokio::test]
async fn what_changed_since_it_was_approved_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let forgetting = what_goes(&store).await;
    let more = record("00u2", user_entity("new"));
    writing("old", [more]).run(&store).await.unwrap();
    let error = forget(&forgetting, &store, (&somebody(1), "jane"), &Noon).await;
    assert_eq!(error.unwrap_err().exit(), crate::exit::Exit::Busy);
    assert_eq!(what_goes(&store).await.changes.len(), 3);
    // The turn was given back.
    let runs = store.runs(Runs {
        limit: 1,
        ..Runs::default()
    });
    let account = runs.await.unwrap()[0].run.clone().unwrap();
    assert_eq!(account.outcome, Outcome::Overtaken);
    let turn = store.begin(claim("old")).await.unwrap();

    let (now, other) = (what_goes(&store).await, somebody(1));
    let busy = forget(&now, &store, (&other, "jane"), &Noon).await;
    assert!(busy.unwrap_err().is_busy(), "{turn:?} is held");
}

#[test]
fn what_would_go_is_counted_and_some_of_it_named() {
    let of = |users: usize| {
        let changes = (0..users).map(|number| PlannedChange::Removed {
            okta_id: format!("00u{number}"),
            entity_ref: format!("user:default/u{number}").parse().unwrap(),
            cause: crate::decide::roster::Cause::Forgotten,
        });
        Forgetting {
            provider: "old\u{1b}".to_owned(),
            id: "abc".to_owned(),
            counts: Counts {
                users,
                ..Counts::default()
            },
            changes: Arc::new(changes.collect()),
        }
    };
    let forgetting = of(1);
    let run = planned(&forgetting);
    let report = ForgetReport {
        run: &run,
        forgetting: &forgetting,
    };
    assert_eq!(
        report.to_string(),
        "old\\u{1b}: plan abc: 1 user and 0 groups to remove\n\
         - user:default/u0: taken out of the catalog with its tenant\n  \
         let them go with: portal-sync forget old\\u{1b} --approve abc\n"
    );
    let told: Value = serde_json::to_value(&report).unwrap();
    assert_eq!(told["run"], Value::Null);
    assert_eq!(told["removed"], 1);
    assert_eq!(
        told["changes"],
        json!([{"change": "removed", "kind": "User", "oktaId": "00u0", "entityRef": "user:default/u0", "cause": "forgotten"}])
    );
    let many = of(21);
    let run = planned(&many);
    let text = ForgetReport {
        run: &run,
        forgetting: &many,
    };
    assert!(text.to_string().contains("\n… and 1 more: "), "{text}");
}
