//! Runs that take their time, asks between them, and clocks that are set.

use std::sync::Mutex;

use jiff::SignedDuration;
use tokio::time::{Instant, sleep, timeout};

use super::*;

/// A clock that goes with tokio's, which tests pause, and that can be set.
#[derive(Debug)]
struct Wall {
    started: Instant,
    showed: Mutex<Timestamp>,
}

impl Wall {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            showed: Mutex::new("2026-01-01T00:00:00Z".parse().unwrap()),
        })
    }

    /// Sets it by so many seconds forward or back.
    fn set(&self, by: i64) {
        *self.showed.lock().unwrap() += SignedDuration::from_secs(by);
    }
}

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        *self.showed.lock().unwrap() + self.started.elapsed()
    }
}

fn every(seconds: u64) -> Schedule {
    Schedule {
        frequency: Frequency::Every(Duration::from_secs(seconds)),
        ..Schedule::default()
    }
}

fn cron(pattern: &str) -> Schedule {
    Schedule {
        frequency: Frequency::Cron(Box::new(pattern.parse().unwrap())),
        ..Schedule::default()
    }
}

fn manual() -> Schedule {
    Schedule {
        frequency: Frequency::Manual,
        ..Schedule::default()
    }
}

fn triggers(schedule: &Schedule, clock: &Arc<Wall>, jitter: fn() -> f64) -> (Asker, Triggers) {
    let timing = Timing {
        clock: Arc::clone(clock) as _,
        zone: TimeZone::UTC,
        jitter,
    };
    Triggers::new(schedule, timing)
}

/// After how many seconds a run started, and why.
type Started = (u64, Why);

/// Lets runs start that take so many seconds each, and returns when they did.
async fn starts(mut triggers: Triggers, clock: Arc<Wall>, runs: &[u64]) -> Vec<Started> {
    let began = Instant::now();
    let mut last_began = None;
    let mut started = Vec::new();
    for seconds in runs {
        loop {
            triggers.plan(last_began);
            let Some(why) = triggers.next().await else {
                return started;
            };
            if why != Why::Schedule || triggers.is_due(last_began) {
                started.push((began.elapsed().as_secs(), why));
                break;
            }
        }
        last_began = Some(clock.now());
        sleep(Duration::from_secs(*seconds)).await;
    }
    started
}

/// The starts of runs that nobody asks for, without jitter.
async fn by_schedule(schedule: Schedule, runs: &[u64]) -> Vec<u64> {
    let clock = Wall::new();
    let (_asker, triggers) = triggers(&schedule, &clock, || 0.0);
    let started = starts(triggers, clock, runs).await;
    started.into_iter().map(|(seconds, _)| seconds).collect()
}

#[tokio::test(start_paused = true)]
async fn runs_start_on_schedule_and_never_two_at_a_time() {
    let late = |schedule| Schedule {
        initial_delay: Duration::from_secs(90),
        ..schedule
    };
    for (schedule, runs, expected) in [
        (every(60), vec![1, 10, 59, 1], vec![0, 60, 120, 180]),
        // What took three periods is followed by one run at once, and the period counts from that one.
        (every(60), vec![185, 1, 1], vec![0, 185, 245]),
        (late(every(60)), vec![1, 1], vec![90, 150]),
        (cron("* * * * *"), vec![1, 59, 1], vec![60, 120, 180]),
        // What the pattern named meanwhile is skipped.
        (cron("* * * * *"), vec![185, 1], vec![60, 300]),
        (late(cron("* * * * *")), vec![1, 1], vec![120, 180]),
    ] {
        let name = format!("{} {runs:?}", schedule.frequency);
        assert_eq!(by_schedule(schedule, &runs).await, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_planned_is_told_with_its_jitter() {
    let clock = Wall::new();
    let (_asker, mut triggers) = triggers(&every(600), &clock, || 0.5);
    let now = clock.now();
    assert_eq!(triggers.plan(None), Some(now));
    let planned = triggers.plan(Some(now));
    assert_eq!(planned, Some(now + Duration::from_secs(615)));
    assert_eq!(triggers.next().await, Some(Why::Schedule));
    assert_eq!(clock.now(), planned.unwrap());
}

/// Asks after so many seconds each.
async fn asking(asker: Asker, after: &[u64]) {
    let began = Instant::now();
    for seconds in after {
        tokio::time::sleep_until(began + Duration::from_secs(*seconds)).await;
        asker.ask(Why::Signal);
    }
    // Somebody could go on asking.
    std::future::pending::<()>().await;
}

/// The starts of so many runs when somebody asks after so many seconds each.
async fn asked(schedule: Schedule, asks: &[u64], runs: &[u64]) -> Vec<Started> {
    let clock = Wall::new();
    let (asker, triggers) = triggers(&schedule, &clock, || 0.0);
    tokio::select! {
        () = asking(asker, asks) => Vec::new(),
        started = starts(triggers, clock, runs) => started,
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_gets_a_run_at_once_or_after_the_one_under_way() {
    use Why::{Schedule as Own, Signal as Asked};
    let late = Schedule {
        initial_delay: Duration::from_secs(90),
        ..every(60)
    };
    for (schedule, asks, runs, expected) in [
        (
            manual(),
            vec![5, 50],
            vec![1, 1],
            vec![(5, Asked), (50, Asked)],
        ),
        // Asks during a run are one run, however many they are.
        (
            manual(),
            vec![5, 6, 7, 100],
            vec![10, 1, 1],
            vec![(5, Asked), (15, Asked), (100, Asked)],
        ),
        (
            manual(),
            (0..50).map(|ask| 5 + ask / 10).collect(),
            vec![20, 1],
            vec![(5, Asked), (25, Asked)],
        ),
        // The period counts from the run that somebody asked for.
        (
            every(60),
            vec![20],
            vec![1, 1, 1],
            vec![(0, Own), (20, Asked), (80, Own)],
        ),
        (late, vec![20], vec![1, 1], vec![(20, Asked), (80, Own)]),
        // What the pattern names comes all the same.
        (
            cron("* * * * *"),
            vec![50],
            vec![1, 1],
            vec![(50, Asked), (60, Own)],
        ),
        (
            cron("* * * * *"),
            vec![50],
            vec![20, 1],
            vec![(50, Asked), (120, Own)],
        ),
    ] {
        let name = format!("{} {asks:?} {runs:?}", schedule.frequency);
        assert_eq!(asked(schedule, &asks, &runs).await, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn there_is_no_run_when_nobody_can_ask_and_nothing_is_planned() {
    let clock = Wall::new();
    let (asker, mut manual) = triggers(&manual(), &clock, || 0.0);
    assert_eq!(manual.plan(None), None);
    let waiting = timeout(Duration::from_secs(1_000_000), manual.next());
    assert!(waiting.await.is_err(), "somebody may still ask");
    drop(asker);
    assert_eq!(manual.next().await, None);

    let (asker, mut scheduled) = triggers(&every(60), &clock, || 0.0);
    drop(asker);
    scheduled.plan(Some(clock.now()));
    assert_eq!(scheduled.next().await, Some(Why::Schedule));
}

/// The start of the next run when the clock is set by so much after twenty seconds of waiting.
async fn when_set(schedule: Schedule, by: i64) -> Vec<u64> {
    let clock = Wall::new();
    let (_asker, triggers) = triggers(&schedule, &clock, || 0.0);
    let setting = async {
        sleep(Duration::from_secs(20)).await;
        clock.set(by);
        std::future::pending::<()>().await;
    };
    let started = tokio::select! {
        () = setting => Vec::new(),
        started = starts(triggers, Arc::clone(&clock), &[1, 1, 1]) => started,
    };
    started.into_iter().map(|(seconds, _)| seconds).collect()
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_neither_loses_runs_nor_piles_them_up() {
    const YEAR: i64 = 365 * 24 * 3600;
    assert_eq!(when_set(every(600), 0).await, [0, 600, 1200]);
    // It is looked at each thirty seconds at least, and the first run took one.
    assert_eq!(when_set(every(600), YEAR).await, [0, 31, 631]);
    assert_eq!(when_set(every(600), -300).await, [0, 600, 1200]);
    assert_eq!(when_set(every(600), -YEAR).await, [0, 600, 1200]);
    let each_ten_minutes = || cron("*/10 * * * *");
    assert_eq!(when_set(each_ten_minutes(), 0).await, [600, 1200, 1800]);
    assert_eq!(when_set(each_ten_minutes(), YEAR).await, [30, 600, 1200]);
    // What the clock shows when the time has come counts.
    assert_eq!(when_set(each_ten_minutes(), -60).await, [660, 1260, 1860]);
    assert_eq!(
        when_set(each_ten_minutes(), 60 - YEAR).await,
        [1140, 1740, 2340]
    );
}

#[tokio::test(start_paused = true)]
async fn what_another_process_read_meanwhile_is_not_due() {
    for (schedule, next) in [(every(60), 125), (cron("* * * * *"), 123)] {
        let clock = Wall::new();
        let (_asker, mut triggers) = triggers(&schedule, &clock, || 1.0);
        let own = clock.now();
        triggers.plan(Some(own));
        assert_eq!(triggers.next().await, Some(Why::Schedule));
        assert!(triggers.is_due(Some(own)), "{}", schedule.frequency);
        // It began after 62 seconds, while this one waited for the three of its jitter to be over.
        let other = own + SignedDuration::from_secs(62);
        assert!(!triggers.is_due(Some(other)), "{}", schedule.frequency);
        let planned = triggers.plan(Some(other)).unwrap();
        assert_eq!(planned.duration_since(own).as_secs(), next);
        assert_eq!(triggers.next().await, Some(Why::Schedule));
        assert!(triggers.is_due(Some(other)), "{}", schedule.frequency);
    }
}
