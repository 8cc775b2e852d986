//! Budgets by hand: what is admitted after which answers.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use super::{Admission, Answer, Budget, PATIENCE, Settlement};
use crate::rate_limit::RateLimit;
use crate::rate_limit_share::RateLimitShare;

const ASKS: Admission = Admission::Granted { asks: true };
const GRANTED: Admission = Admission::Granted { asks: false };

fn budget(percent: u8) -> Budget {
    Budget::new(
        RateLimitShare::percent(percent).unwrap(),
        NonZeroU32::new(4).unwrap(),
    )
}

fn told(window: i64, limit: u64, remaining: u64) -> Option<RateLimit> {
    Some(RateLimit {
        limit,
        remaining,
        window: Some(window * 60),
        resets_in: Duration::from_secs(30),
    })
}

fn settle(
    budget: &mut Budget,
    now: Instant,
    asks: bool,
    told: Option<RateLimit>,
    succeeded: bool,
    jitter: f64,
) {
    let answer = if succeeded {
        Answer::Success
    } else {
        Answer::Failure
    };
    let settlement = Settlement {
        asks,
        told,
        answer,
        elsewhere: 0,
    };
    budget.settle(now, settlement, jitter);
}

/// Settles a request by a 429 of the first window of 40.
fn throttle(budget: &mut Budget, now: Instant, elsewhere: u64) {
    let settlement = Settlement {
        asks: false,
        told: told(1, 40, 0),
        answer: Answer::Throttled,
        elsewhere,
    };
    budget.settle(now, settlement, 0.0);
}

#[tokio::test(start_paused = true)]
async fn one_request_asks_and_the_others_wait_for_its_answer() {
    let (mut budget, now) = (budget(50), Instant::now());
    assert_eq!(budget.admit(now), ASKS);
    assert_eq!(
        budget.admit(now),
        Admission::AfterAnswer {
            at_latest: Some(now + PATIENCE)
        }
    );
    assert_eq!(
        budget.admit(now + PATIENCE),
        ASKS,
        "an answer that does not come is not waited for"
    );
    settle(&mut budget, now, true, told(1, 10, 9), true, 0.0);
    assert_eq!(budget.admit(now), GRANTED);
}

#[tokio::test(start_paused = true)]
async fn requests_in_flight_count_as_spent() {
    let (mut budget, now) = (budget(50), Instant::now());
    budget.admit(now);
    settle(&mut budget, now, true, told(1, 10, 9), true, 0.0);
    // 9 are left, 5 are for others: 4 more, however fast they are asked for.
    let granted = (0..9).filter(|_| budget.admit(now) == GRANTED).count();
    assert_eq!(granted, 4);
    let end = now + Duration::from_secs(30);
    assert_eq!(
        budget.admit(now),
        Admission::AfterAnswer {
            at_latest: Some(end)
        }
    );
    for remaining in [8, 7, 6, 5] {
        settle(&mut budget, now, false, told(1, 10, remaining), true, 0.0);
    }
    assert_eq!(budget.admit(now), Admission::NotBefore(end));
    assert_eq!(budget.admit(end), ASKS, "the next window is asked for anew");
}

#[tokio::test(start_paused = true)]
async fn what_others_spend_counts() {
    let (mut budget, now) = (budget(50), Instant::now());
    budget.admit(now);
    settle(&mut budget, now, true, told(1, 10, 5), true, 0.0);
    assert!(matches!(budget.admit(now), Admission::NotBefore(_)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_overtaken_changes_nothing() {
    let (mut budget, now) = (budget(100), Instant::now());
    budget.admit(now);
    settle(&mut budget, now, true, told(2, 4, 3), true, 0.0);
    for late in [told(1, 4, 0), told(2, 4, 4)] {
        budget.admit(now);
        settle(&mut budget, now, false, late, true, 0.0);
    }
    assert_eq!((0..5).filter(|_| budget.admit(now) == GRANTED).count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_spent() {
    let (mut budget, now) = (budget(100), Instant::now());
    budget.admit(now);
    settle(&mut budget, now, true, told(1, 3, 2), true, 0.0);
    budget.admit(now);
    settle(&mut budget, now, false, None, false, 0.0);
    assert_eq!((0..5).filter(|_| budget.admit(now) == GRANTED).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_tells_nothing_is_paced() {
    let mut budget = budget(80);
    let mut sent = 0;
    let start = Instant::now();
    while Instant::now() < start + Duration::from_secs(10) {
        match budget.admit(Instant::now()) {
            Admission::Granted { asks } => {
                settle(&mut budget, Instant::now(), asks, None, true, 0.0);
                sent += 1;
            }
            Admission::NotBefore(when) => tokio::time::sleep_until(when).await,
            Admission::AfterAnswer { .. } => panic!("every request is answered at once"),
        }
    }
    assert!(
        (100..=105).contains(&sent),
        "10 a second and a burst of 4, not {sent}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_silence_of_an_error_says_nothing_about_limits() {
    let (mut budget, now) = (budget(80), Instant::now());
    budget.admit(now);
    settle(&mut budget, now, true, None, false, 0.0);
    assert_eq!(budget.admit(now), ASKS);
    settle(
        &mut budget,
        now,
        true,
        Some(RateLimit {
            limit: 0,
            remaining: 0,
            window: None,
            resets_in: PATIENCE,
        }),
        false,
        0.0,
    );
    assert_eq!(budget.admit(now), ASKS);
}

#[tokio::test(start_paused = true)]
async fn a_closed_budget_opens_with_one_request() {
    let (mut budget, now) = (budget(80), Instant::now());
    budget.admit(now);
    settle(&mut budget, now, true, told(1, 100, 90), true, 0.0);
    budget.close(now, Duration::from_secs(7));
    let open = now + Duration::from_secs(7);
    assert_eq!(budget.admit(now), Admission::NotBefore(open));
    assert_eq!(budget.admit(open), ASKS);
    assert!(matches!(budget.admit(open), Admission::AfterAnswer { .. }));
}

#[tokio::test(start_paused = true)]
async fn as_much_is_left_as_others_take_at_once() {
    let (mut budget, now) = (budget(100), Instant::now());
    let spend = |budget: &mut Budget, remaining| {
        assert!(matches!(budget.admit(now), Admission::Granted { .. }));
        settle(budget, now, true, told(1, 40, remaining), true, 0.0);
    };
    spend(&mut budget, 39);
    spend(&mut budget, 38);
    assert_eq!(budget.others.margin(40), 0, "nobody else was seen");
    spend(&mut budget, 32);
    // Five at once: six stay unspent.
    let granted = (0..40).filter(|_| budget.admit(now) == GRANTED).count();
    assert_eq!(granted, 32 - 6);
    for window in 2..12 {
        budget.others.window_begins();
        let margin = if window < 11 { 6 } else { 0 };
        assert_eq!(budget.others.margin(40), margin, "{window}");
    }
    // A 429 tells of all that others took: of 40, all but two of ours and one that may have been.
    let mut late = self::budget(100);
    spend(&mut late, 38);
    for _ in 0..8 {
        assert_eq!(late.admit(now), GRANTED);
    }
    settle(&mut late, now, false, told(1, 40, 37), true, 0.0);
    throttle(&mut late, now, 0);
    assert_eq!(late.others.margin(80), 37 + 1);
    assert_eq!(late.others.margin(40), 20, "half is spent in any case");
}

/// Spends as much of a window of 100 as is admitted at once, of which so much is spent already.
fn spend_all(budget: &mut Budget, now: Instant, window: i64, mut spent: u64) -> u64 {
    let mut ours = 0;
    while let Admission::Granted { asks } = budget.admit(now) {
        spent += 1;
        ours += 1;
        settle(budget, now, asks, told(window, 100, 100 - spent), true, 0.0);
    }
    ours
}

#[tokio::test(start_paused = true)]
async fn what_was_spent_of_a_window_is_not_forgotten_when_it_is_doubtful_for_a_while() {
    let (mut budget, now) = (budget(50), Instant::now());
    for spent in 0..40 {
        let Admission::Granted { asks } = budget.admit(now) else {
            panic!("{spent} of 50");
        };
        settle(&mut budget, now, asks, told(1, 100, 99 - spent), true, 0.0);
    }
    budget.close(now, Duration::from_secs(2));
    let open = now + Duration::from_secs(2);
    assert_eq!(
        spend_all(&mut budget, open, 1, 40),
        10,
        "closed for a while"
    );
    let Admission::NotBefore(end) = budget.admit(open) else {
        panic!("the share is spent");
    };
    assert_eq!(
        spend_all(&mut budget, end, 1, 50),
        1,
        "longer than it was waited for: one asks"
    );
    let Admission::NotBefore(end) = budget.admit(end) else {
        panic!("the share is spent");
    };
    assert_eq!(spend_all(&mut budget, end, 2, 0), 50, "the next window");
}

#[tokio::test(start_paused = true)]
async fn servers_may_round_the_reset_differently() {
    let (mut budget, now) = (budget(50), Instant::now());
    let mut spent = 0;
    while let Admission::Granted { asks } = budget.admit(now) {
        spent += 1;
        let told = told(1, 100, 100 - spent).map(|told| RateLimit {
            window: told.window.map(|reset| reset + i64::from(spent % 3 == 1)),
            ..told
        });
        settle(&mut budget, now, asks, told, true, 0.0);
    }
    assert_eq!(spent, 50);
}

#[tokio::test(start_paused = true)]
async fn what_is_spent_elsewhere_of_the_same_window_is_not_taken_for_others() {
    let now = Instant::now();
    let (mut one, mut two) = (budget(50), budget(50));
    let mut spent = 0;
    loop {
        let (own, other) = if spent % 2 == 0 {
            (&mut one, &mut two)
        } else {
            (&mut two, &mut one)
        };
        let Admission::Granted { asks } = own.admit(now) else {
            break;
        };
        spent += 1;
        let told = told(1, 100, 100 - spent);
        let settlement = Settlement {
            asks,
            told,
            answer: Answer::Success,
            elsewhere: other.spent_of(&told.unwrap()),
        };
        own.settle(now, settlement, 0.0);
    }
    // One sees what the other spent last only by its next answer.
    assert_eq!(spent, 51);
}
