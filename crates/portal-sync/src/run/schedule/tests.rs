//! When runs start: periods, patterns, and clocks that are set.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn half_hour() -> Frequency {
    Frequency::Every(Duration::from_secs(1800))
}

fn cron(pattern: &str) -> Frequency {
    Frequency::Cron(Box::new(pattern.parse().unwrap()))
}

fn amsterdam() -> TimeZone {
    TimeZone::get("Europe/Amsterdam").unwrap()
}

/// When the schedule says, without jitter.
fn due(
    frequency: &Frequency,
    last_began: Option<&str>,
    now: &str,
    zone: &TimeZone,
) -> Option<Timestamp> {
    let start = next_start(frequency, last_began.map(at), at(now), zone, 0.0)?;
    assert_eq!(start.due, start.at, "{start:?}");
    Some(start.due)
}

#[test]
fn a_period_counts_from_start_to_start() {
    for (began, now, next) in [
        (None, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        (
            Some("2026-01-01T00:00:00Z"),
            "2026-01-01T00:03:00Z",
            "2026-01-01T00:30:00Z",
        ),
        // It took longer than its period: two starts were missed, and one follows.
        (
            Some("2026-01-01T00:00:00Z"),
            "2026-01-01T01:10:00Z",
            "2026-01-01T01:10:00Z",
        ),
        // The clock was set back by four years while it ran.
        (
            Some("2030-01-01T00:00:00Z"),
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:30:00Z",
        ),
        // It was set forward by four years.
        (
            Some("2022-01-01T00:00:00Z"),
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
        ),
    ] {
        let found = due(&half_hour(), began, now, &TimeZone::UTC);
        assert_eq!(found, Some(at(next)), "{began:?} {now}");
    }
}

#[test]
fn a_cron_pattern_is_read_in_its_time_zone_and_counts_from_now() {
    let six = cron("0 6 * * *");
    for (began, now, next) in [
        (None, "2026-01-01T04:00:00Z", "2026-01-01T05:00:00Z"),
        // What it names now has begun.
        (None, "2026-01-01T05:00:00Z", "2026-01-02T05:00:00Z"),
        // What it named while the run was under way is skipped.
        (
            Some("2026-01-01T04:59:00Z"),
            "2026-01-01T05:01:00Z",
            "2026-01-02T05:00:00Z",
        ),
        // The clock was set back by four years while it ran.
        (
            Some("2030-01-01T05:00:00Z"),
            "2026-01-01T04:00:00Z",
            "2026-01-01T05:00:00Z",
        ),
    ] {
        let found = due(&six, began, now, &amsterdam());
        assert_eq!(found, Some(at(next)), "{began:?} {now}");
    }
}

/// Amsterdam's clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 to 02:00 on 25 October.
#[test]
fn a_cron_pattern_starts_once_on_the_days_on_which_clocks_change() {
    for (pattern, now, next) in [
        // A time that the day has not comes when the hour is over, and the day after as ever.
        ("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        ("30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
        // A time that the day has twice comes the first time.
        ("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
        ("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        // Each hour is an hour.
        ("0 * * * *", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"),
        ("0 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
        ("0 * * * *", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"),
    ] {
        let found = due(&cron(pattern), None, now, &amsterdam());
        assert_eq!(found, Some(at(next)), "{pattern} {now}");
    }
}

#[test]
fn nothing_is_planned_of_what_never_comes() {
    for never in [
        Frequency::Manual,
        cron("0 0 30 2 *"),
        // The year is over.
        cron("0 0 0 1 1 * 2025"),
        Frequency::Every(Duration::MAX),
    ] {
        let found = due(
            &never,
            Some("2026-01-01T00:00:00Z"),
            "2026-01-01T00:00:00Z",
            &TimeZone::UTC,
        );
        assert_eq!(found, None, "{never}");
    }
}

/// As late as it may be, in milliseconds.
#[test]
fn a_start_is_late_by_a_part_of_its_period() {
    let every = |seconds| Frequency::Every(Duration::from_secs(seconds));
    for (frequency, most) in [
        (every(1), 50),
        (every(60), 3_000),
        (every(600), 30_000),
        (every(86_400), 30_000),
        (cron("* * * * * *"), 50),
        (cron("* * * * *"), 3_000),
        (cron("0 6 * * *"), 10_000),
        // The last one there is.
        (cron("0 0 6 1 1 * 2026"), 10_000),
    ] {
        let now = at("2026-01-01T00:00:00Z");
        for (jitter, late) in [(0.0, 0), (0.5, most / 2), (1.0, most)] {
            let start = next_start(&frequency, Some(now), now, &TimeZone::UTC, jitter).unwrap();
            let found = start.at.duration_since(start.due);
            assert_eq!(found.as_millis(), late, "{frequency} {jitter}");
        }
    }
}

#[test]
fn what_is_due_already_is_not_late() {
    let now = at("2026-01-01T01:10:00Z");
    for last_began in [None, Some(at("2026-01-01T00:00:00Z"))] {
        let start = next_start(&half_hour(), last_began, now, &TimeZone::UTC, 1.0).unwrap();
        assert_eq!((start.due, start.at), (now, now));
    }
}

#[test]
fn a_run_of_another_process_is_the_one_a_start_is_for() {
    let six = cron("0 6 * * *");
    let (began, now) = ("2026-01-01T05:40:00Z", "2026-01-01T05:45:00Z");
    for (frequency, last_began, newest, served) in [
        // The period counts from the newest run, so it is not served by that one, and by no earlier one.
        (half_hour(), Some(began), began, false),
        (half_hour(), Some(began), "2026-01-01T05:30:00Z", false),
        (half_hour(), Some(began), "2026-01-01T06:09:59Z", true),
        // The clocks differ a little, or one of them is wrong.
        (half_hour(), Some(began), "2026-01-01T06:10:59Z", true),
        (half_hour(), Some(began), "2030-01-01T00:00:00Z", false),
        // The first run of a process is its own.
        (half_hour(), None, "2026-01-01T06:09:59Z", false),
        (six.clone(), Some(began), "2026-01-01T05:59:59Z", false),
        (six.clone(), None, "2026-01-01T06:00:00Z", true),
        (six.clone(), Some(began), "2026-01-01T06:00:05Z", true),
        (six, Some(began), "2030-01-01T00:00:00Z", false),
    ] {
        let start = next_start(&frequency, last_began.map(at), at(now), &TimeZone::UTC, 0.0);
        let start = start.unwrap();
        let found = start.is_served_by(at(newest), at("2026-01-01T06:10:00Z"));
        assert_eq!(found, served, "{frequency} {last_began:?} {newest}");
    }
}
