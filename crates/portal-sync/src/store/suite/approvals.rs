//! Laws of approvals.

use super::*;
use crate::held::approval::Approvals;

fn approval(plan_id: &str) -> Approval {
    Approval {
        provider: "acme".to_owned(),
        plan_id: plan_id.to_owned(),
        by: "jane on this machine".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

async fn approvals(store: &dyn CatalogStore, provider: &str) -> Approvals {
    store.state(provider).await.unwrap().approvals().clone()
}

pub(in crate::store) async fn an_approval_is_used_once(place: &dyn Place) {
    let store = place.open().await;
    for _ in 0..2 {
        let approved = store.approve(approval("abc"), LEASE).await.unwrap();
        assert_eq!(approved, Approved::Kept);
    }
    let given = Approvals {
        given: [("abc".to_owned(), "jane on this machine".to_owned())].into(),
        ..Approvals::default()
    };
    assert_eq!(approvals(&*store, "acme").await, given);
    assert_eq!(approvals(&*store, "other").await, Approvals::default());
    let using = || Ending {
        approval: Some("abc".to_owned()),
        ..Ending::of(Run::default())
    };
    let turn = store.begin(claim("acme")).await.unwrap();
    store.end(&turn, using()).await.unwrap();
    let used = Approvals {
        used: ["abc".to_owned()].into(),
        ..Approvals::default()
    };
    assert_eq!(approvals(&*store, "acme").await, used);
    // Neither by a run that read it before, nor by approving it again.
    let next = store.begin(claim("acme")).await.unwrap();
    let late = store.end(&next, using()).await.unwrap_err();
    assert_eq!(late.kind(), StoreErrorKind::Conflict);
    let again = store.approve(approval("abc"), LEASE).await.unwrap();
    assert_eq!(again, Approved::Used { run: turn.number });
    store.withdraw("acme", "abc").await.unwrap();
    assert_eq!(approvals(&*store, "acme").await, used);
}

pub(in crate::store) async fn an_approval_runs_out_and_can_be_taken_back(place: &dyn Place) {
    let store = place.open().await;
    let late = approval("late");
    store.approve(late.clone(), Duration::ZERO).await.unwrap();
    assert_eq!(approvals(&*store, "acme").await, Approvals::default());
    store.approve(late, LEASE).await.unwrap();
    assert!(approvals(&*store, "acme").await.allow("late"));
    store.withdraw("acme", "late").await.unwrap();
    assert_eq!(approvals(&*store, "acme").await, Approvals::default());
}
