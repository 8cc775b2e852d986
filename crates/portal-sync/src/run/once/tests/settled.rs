//! A plan of which nothing was left to do, where nothing is new.

use super::*;
use crate::decide::plan::Known;
use crate::held::mirror::Mirror;
use crate::held::state::State;
use crate::read::baseline::Baseline;
use crate::run::settled::as_before;

const DATE: Option<&str> = Some("Thu, 01 Jan 2026 01:00:07 GMT");

#[tokio::test]
async fn where_nothing_is_new_the_last_plan_is_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let org = Org {
        date: DATE,
        ..Org::new(&folder)
    };
    let provider = org.provider();
    org.account_of_sync().await.1.unwrap();
    let (state, mirror) = held(&org).await;
    assert!(
        mirror.settled().is_none(),
        "the first run changed something"
    );
    let known = known(&provider, state, &mirror);
    assert!(as_before(&known, &mirror, provider.settings()).is_none());

    let (made, _) = org.account_of_sync().await;
    let (state, mirror) = held(&org).await;
    assert!(mirror.settled().is_some());
    let known = self::known(&provider, state, &mirror);
    let same = as_before(&known, &mirror, provider.settings()).unwrap();
    assert_eq!(Some(&same.id), made.plan_id.as_ref());
    let (again, plan) = org.account_of_sync().await;
    assert!(plan.unwrap().is_empty());
    let told = |run: &Run| (run.outcome, run.counts, run.tally, run.plan_id.clone());
    assert_eq!(told(&again), told(&made));
    assert_eq!(again.notices, made.notices);

    // By another configuration it is another plan.
    let none = Guard {
        minimum: 1,
        ..Guard::default()
    };
    let other = super::provider(&acme(none), org.clone());
    assert!(as_before(&known, &mirror, other.settings()).is_none());
}

async fn held(org: &Org) -> (State, Mirror) {
    let state = org.store.state("acme").await.unwrap();
    let mirror = org.store.mirror("acme").await.unwrap();
    (state, mirror.unwrap())
}

fn known(provider: &Provider, state: State, mirror: &Mirror) -> Known {
    let org = provider.selection().org(mirror, &Baseline::UNCHANGED);
    Known::new(state, org.unwrap(), at())
}
