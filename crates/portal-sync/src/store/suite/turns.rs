//! Laws of turns.

use super::*;
use crate::held::run::{FailureKind, Outcome};
use crate::store::turn::HeldBy;
use crate::testing::somebody;

/// A turn of no length: it has run out as soon as it is given.
const SPENT: Duration = Duration::ZERO;

fn claim_of(number: u32, lease: Duration) -> Claim {
    Claim {
        holder: somebody(number),
        lease,
        ..claim("acme")
    }
}

/// Who holds the turn, as whoever asks for it is told.
fn held_by(refused: &StoreError) -> &HeldBy {
    use std::error::Error as _;
    assert_eq!(refused.kind(), StoreErrorKind::Busy, "{refused}");
    refused.source().unwrap().downcast_ref().unwrap()
}

fn is_lost<T: fmt::Debug>(done: Result<T, StoreError>) {
    assert_eq!(done.unwrap_err().kind(), StoreErrorKind::Conflict);
}

pub(in crate::store) async fn a_provider_has_one_turn_at_a_time(place: &dyn Place) {
    let (one, two) = (place.open().await, place.open().await);
    let turn = one.begin(claim_of(1, LEASE)).await.unwrap();
    let refused = two.begin(claim_of(2, LEASE)).await.unwrap_err();
    let held = held_by(&refused);
    assert_eq!((&held.holder, held.number), (&somebody(1), turn.number));
    let (entry, _) = two.run(turn.number).await.unwrap().unwrap();
    assert_eq!(entry.until, held.until);
    assert!(entry.left <= LEASE && !entry.left.is_zero());
    // Another provider has a turn of its own.
    let other = Claim {
        provider: "other".to_owned(),
        ..claim_of(2, LEASE)
    };
    let other = two.begin(other).await.unwrap();
    let nothing = writing("other", Vec::new());
    nothing.end(&*two, &other).await.unwrap();
    writing("acme", team()).end(&*one, &turn).await.unwrap();
    let again = two.begin(claim_of(2, LEASE)).await.unwrap();
    assert_eq!(again.number, 3);
}

pub(in crate::store) async fn a_turn_that_ran_out_is_given_to_the_next_and_fences_the_one_before(
    place: &dyn Place,
) {
    let (one, two) = (place.open().await, place.open().await);
    let late = one.begin(claim_of(1, SPENT)).await.unwrap();
    let next = two.begin(claim_of(2, LEASE)).await.unwrap();
    assert!(late.number < next.number);
    // Neither before the other commits nor afterwards.
    is_lost(writing("acme", team()).end(&*one, &late).await);
    assert_eq!(one.catalog().await.unwrap(), None);
    writing("acme", team()).end(&*two, &next).await.unwrap();
    let before = one.catalog().await.unwrap();
    let li = writing("acme", vec![user("00u4", "li")]);
    is_lost(li.end(&*one, &late).await);
    is_lost(one.end(&late, Ending::of(Run::default())).await);
    is_lost(one.renew(&late, LEASE).await);
    assert_eq!(one.catalog().await.unwrap(), before);
    // The late run was closed by the one that took its turn.
    let (entry, _) = one.run(late.number).await.unwrap().unwrap();
    let run = entry.run.unwrap();
    let kind = run.failure.map(|failure| failure.kind);
    assert_eq!(
        (run.outcome, kind, run.generation),
        (Outcome::Failed, Some(FailureKind::Interrupted), None)
    );
}

pub(in crate::store) async fn a_turn_that_is_renewed_lasts(place: &dyn Place) {
    let store = place.open().await;
    let turn = store.begin(claim_of(1, SPENT)).await.unwrap();
    let left = async || store.run(turn.number).await.unwrap().unwrap().0.left;
    assert_eq!(left().await, Duration::ZERO);
    store.renew(&turn, LEASE).await.unwrap();
    assert!(!left().await.is_zero());
    let refused = store.begin(claim_of(2, LEASE)).await.unwrap_err();
    assert_eq!(held_by(&refused).number, turn.number);
    writing("acme", team()).end(&*store, &turn).await.unwrap();
    is_lost(store.renew(&turn, LEASE).await);
}

pub(in crate::store) async fn a_holder_that_ended_on_this_machine_gives_way_at_once(
    place: &dyn Place,
) {
    let store = place.open().await;
    let here = Holder::of_this_process();
    // No process has this number: `pid_max` is 2^22 at most (proc_sys_kernel(5)).
    let ended = Holder {
        process: 1 << 23,
        ..here.clone()
    };
    let of = |holder: &Holder| Claim {
        holder: holder.clone(),
        ..claim("acme")
    };
    let late = store.begin(of(&ended)).await.unwrap();
    let next = store.begin(of(&here)).await;
    if cfg!(target_os = "linux") {
        let next = next.unwrap();
        is_lost(store.renew(&late, LEASE).await);
        store.renew(&next, LEASE).await.unwrap();
        // Whoever asks on another machine cannot see that this process lives or not, and waits.
        let refused = store.begin(claim_of(1, LEASE)).await.unwrap_err();
        assert_eq!(held_by(&refused).holder, here);
    } else {
        held_by(&next.unwrap_err());
    }
}

pub(in crate::store) async fn a_turn_that_is_ended_is_given_back(place: &dyn Place) {
    let store = place.open().await;
    for number in 1..4 {
        let turn = store.begin(claim_of(number, LEASE)).await.unwrap();
        let nothing = Ending::of(Run::default());
        assert_eq!(store.end(&turn, nothing).await.unwrap(), None);
    }
}

pub(in crate::store) async fn turns_of_all_providers_are_numbered_in_one_row(place: &dyn Place) {
    let (one, two) = (place.open().await, place.open().await);
    for (number, provider) in (1..).zip(["acme", "other", "acme", "third"]) {
        let turn = one.begin(claim(provider)).await.unwrap();
        assert_eq!(turn.number, number);
        // A refusal takes no number.
        let refused = Claim {
            holder: somebody(1),
            ..claim(provider)
        };
        held_by(&two.begin(refused).await.unwrap_err());
        let nothing = writing(provider, Vec::new());
        nothing.end(&*one, &turn).await.unwrap();
    }
}

pub(in crate::store) async fn two_who_ask_at_once_are_not_both_given_a_turn(place: &dyn Place) {
    let (one, two) = (place.open().await, place.open().await);
    for _ in 0..8 {
        let (first, second) = join!(one.begin(claim_of(1, LEASE)), two.begin(claim_of(2, LEASE)));
        let (store, turn, refused) = match (first, second) {
            (Ok(turn), Err(refused)) => (&one, turn, refused),
            (Err(refused), Ok(turn)) => (&two, turn, refused),
            both => panic!("{both:?}"),
        };
        assert_eq!(held_by(&refused).number, turn.number);
        let nothing = writing("acme", Vec::new());
        nothing.end(&**store, &turn).await.unwrap();
    }
}

pub(in crate::store) async fn what_a_process_holds_is_given_back_when_it_ends(place: &dyn Place) {
    let store = place.open().await;
    let turn = store.begin(claim_of(1, LEASE)).await.unwrap();
    store.abandon(&somebody(2)).await.unwrap();
    store.renew(&turn, LEASE).await.unwrap();
    store.abandon(&somebody(1)).await.unwrap();
    is_lost(store.renew(&turn, LEASE).await);
    let next = store.begin(claim_of(2, LEASE)).await.unwrap();
    writing("acme", team()).end(&*store, &next).await.unwrap();
}
