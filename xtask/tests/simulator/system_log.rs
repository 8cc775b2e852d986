//! The System Log: polled and bounded.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use xtask::simulator::{Bucket, Clock, Event, Simulator};

use crate::client::{Answer, Client, bearer, small, start};

const NOON: &str = "2026-01-31T12:00:00Z";

/// An org in which it is noon.
async fn noon() -> Simulator {
    let clock = Clock::fixed(NOON.parse().unwrap());
    start("small", |options| options.clock = clock).await
}

/// Logs an event that happened so many seconds before noon.
fn happened(simulator: &Simulator, event_type: &str, seconds: i64) -> String {
    let noon: Timestamp = NOON.parse().unwrap();
    let published = noon - SignedDuration::from_secs(seconds);
    let user = simulator.org().users["00u1anadiaz00000000d"].clone();
    simulator.log(Event::new(event_type, published).about_user(&user))
}

fn uuids(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let events = json.as_array().unwrap().iter();
    events
        .map(|event| event["uuid"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn polling_follows_the_order_of_arrival_and_never_ends() {
    let simulator = noon().await;
    let client = Client::api_token();
    let logs = format!("{}/api/v1/logs", simulator.url());
    happened(&simulator, "user.lifecycle.create", 90);
    simulator.set_clock_offset(SignedDuration::from_secs(1));
    let since = simulator.now();
    let nothing = client.get(&format!("{logs}?since={since}")).await;
    assert_eq!(nothing.text, "[]");
    let first = happened(&simulator, "user.lifecycle.create", 60);
    let late = happened(&simulator, "group.user_membership.add", 3_000);
    let third = happened(&simulator, "user.lifecycle.deactivate", 30);

    let answer = client.get(&nothing.next().unwrap()).await;
    assert_eq!(uuids(&answer), [&first, &late, &third].map(String::clone));
    let answer = client.get(&format!("{logs}?limit=2&since={since}")).await;
    assert_eq!(uuids(&answer), [&first, &late].map(String::clone));
    assert_eq!(
        answer.json()[1]["published"],
        "2026-01-31T11:10:00.000Z",
        "what came late is not passed over"
    );
    let answer = client.get(&answer.next().unwrap()).await;
    assert_eq!(uuids(&answer), std::slice::from_ref(&third));
    let next = answer.next().unwrap();
    assert!(!next.contains("since="), "{next}");
    let empty = client.get(&next).await;
    assert_eq!((empty.text.as_str(), empty.next().is_some()), ("[]", true));
    let again = Event {
        uuid: third.clone(),
        ..Event::new("user.lifecycle.deactivate", simulator.now())
    };
    simulator.log(again);
    let answer = client.get(&empty.next().unwrap()).await;
    assert_eq!(uuids(&answer), [third], "Okta may send an event twice");
}

#[tokio::test]
async fn between_two_times_events_come_in_their_own_order_and_end() {
    let simulator = noon().await;
    let client = Client::api_token();
    let logs = format!("{}/api/v1/logs", simulator.url());
    let second = happened(&simulator, "user.lifecycle.create", 60);
    let first = happened(&simulator, "group.user_membership.add", 3_000);
    happened(&simulator, "group.user_membership.add", 4_000);
    let between = "since=2026-01-31T11:00:00Z&until=2026-01-31T12:00:00Z";
    let walk = async |query: &str| {
        let mut found = Vec::new();
        let mut url = Some(format!("{logs}?limit=1&{between}{query}"));
        while let Some(page) = url {
            let answer = client.get(&page).await;
            found.extend(uuids(&answer));
            url = answer.next();
        }
        found
    };
    assert_eq!(walk("").await, [&first, &second].map(String::clone));
    assert_eq!(
        walk("&sortOrder=DESCENDING").await,
        [&second, &first].map(String::clone)
    );
    let filter = "&filter=eventType+eq+%22user.lifecycle.create%22";
    assert_eq!(walk(filter).await, [second]);
    let target = "&filter=eventType+eq+%22group.user_membership.add%22+and+target.id+eq+%2200u1anadiaz00000000d%22";
    assert_eq!(walk(target).await, [first]);
}

#[tokio::test]
async fn bad_questions_have_the_codes_of_the_log() {
    let simulator = noon().await;
    let client = Client::api_token();
    for (query, code, summary) in [
        ("after=0b9e2d9a", "E0000001", "must be a valid value"),
        ("limit=1001", "E0000001", "between 0 and 1000"),
        ("until=yesterday", "E0000001", "ISO8601"),
        ("since=2025-07-01T00:00:00Z", "E0000053", "180 days"),
        (
            "since=2026-01-30T00:00:00Z&after=1627500044869_1",
            "E0000001",
            "together with since",
        ),
        ("filter=eventType+eqq+%22x%22", "E0000053", "Invalid filter"),
        (
            "filter=colour+eq+%22x%22",
            "E0000053",
            "field is not valid: colour",
        ),
        (
            "filter=eventType+co+%22user%22",
            "E0000031",
            "Operator: co, Field: eventType",
        ),
    ] {
        let url = format!("{}/api/v1/logs?{query}", simulator.url());
        let answer = client.get(&url).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, code),
            "{query}"
        );
        let said = answer.json()["errorSummary"].to_string();
        assert!(said.contains(summary), "{said}");
        assert!(answer.json().get("errorCauses").is_none());
    }
}

#[tokio::test]
async fn the_log_has_a_scope_and_a_bucket_and_a_lag_of_its_own() {
    let simulator = small().await;
    let logs = format!("{}/api/v1/logs", simulator.url());
    let without = bearer(&simulator, "0oa1portalsync0000d7").await;
    let refused = without.get(&logs).await;
    let challenge = refused.header("www-authenticate");
    assert_eq!(refused.status, 403);
    assert!(
        challenge.contains("scope=\"okta.logs.read\""),
        "{challenge}"
    );
    let answer = Client::api_token().get(&logs).await;
    assert_eq!(
        (answer.status, answer.header("x-rate-limit-limit")),
        (200, "60")
    );
    assert_eq!(simulator.usage()[&Bucket::Logs].peak, 2);

    let lagging = start("small", |options| {
        options.clock = Clock::fixed(NOON.parse().unwrap());
        options.log_lag = Duration::from_secs(20);
    })
    .await;
    happened(&lagging, "user.lifecycle.create", 0);
    let logs = format!("{}/api/v1/logs", lagging.url());
    assert_eq!(Client::api_token().get(&logs).await.text, "[]");
    lagging.set_clock_offset(SignedDuration::from_secs(20));
    assert_eq!(uuids(&Client::api_token().get(&logs).await).len(), 1);
    lagging.set_clock_offset(SignedDuration::from_hours(91 * 24));
    let since = format!("{logs}?since={NOON}");
    assert_eq!(Client::api_token().get(&since).await.text, "[]", "not kept");
}
