//! The org without sockets, under paused time.

use std::time::Duration;

use axum::body::Bytes;
use http::Response;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;
use xtask::Scenario;
use xtask::simulator::{Broken, Bucket, Clock, Effect, Endpoint, Fault, Options, Simulator};

use crate::client::API_TOKEN;

fn small(change: impl FnOnce(&mut Options)) -> Simulator {
    let Scenario {
        org, mut options, ..
    } = Scenario::named("small").unwrap();
    options.clock = Clock::running_from("2026-01-01T00:00:00Z".parse().unwrap());
    change(&mut options);
    Simulator::local(org, options)
}

async fn get(simulator: &Simulator, url: &str) -> Result<Response<Bytes>, Broken> {
    let request = http::Request::get(url)
        .header("authorization", format!("SSWS {API_TOKEN}"))
        .body(Bytes::new())
        .unwrap();
    simulator.line().exchange(request).await
}

fn header<'a>(answer: &'a Response<Bytes>, name: &str) -> &'a str {
    let value = answer.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_world_behind_a_line_is_the_one_behind_a_socket() {
    let simulator = small(|_| ());
    let users = format!("{}/api/v1/users?limit=4", simulator.url());
    let answer = get(&simulator, &users).await.unwrap();
    let records: Vec<Value> = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!((answer.status().as_u16(), records.len()), (200, 4));
    let links: Vec<&str> = (answer.headers().get_all("link").iter())
        .map(|link| link.to_str().unwrap())
        .collect();
    assert!(links[1].starts_with("<https://acme.okta.com/api/v1/users?after="));
    assert_eq!(simulator.requests()[0].endpoint, Some(Endpoint::Users));
    let elsewhere = get(&simulator, "https://acme-admin.okta.com/api/v1/users").await;
    assert_eq!(elsewhere.unwrap_err(), Broken::NoSuchHost);
    assert_eq!(simulator.requests().len(), 1, "it never got here");
}

#[tokio::test(start_paused = true)]
async fn time_passes_as_fast_as_it_is_waited_for() {
    let simulator = small(|options| {
        options.limits = [(Bucket::Users, 2)].into();
        options.latency = Duration::from_millis(50);
        options.latency_spread = Duration::from_millis(150);
    });
    let users = format!("{}/api/v1/users", simulator.url());
    let begun = Instant::now();
    let first = get(&simulator, &users).await.unwrap();
    assert!((50..200).contains(&begun.elapsed().as_millis()));
    let refused = get(&simulator, &users).await.unwrap();
    assert_eq!(refused.status().as_u16(), 429);
    let reset: i64 = header(&first, "x-rate-limit-reset").parse().unwrap();
    let reset = Timestamp::from_second(reset).unwrap();
    let wait = reset.duration_since(simulator.now());
    tokio::time::sleep(wait.try_into().unwrap()).await;
    assert_eq!(get(&simulator, &users).await.unwrap().status(), 200);
    assert!(begun.elapsed() > Duration::from_secs(19));
}

#[tokio::test(start_paused = true)]
async fn breakages_are_what_a_transport_reports() {
    let simulator = small(|_| ());
    let users = format!("{}/api/v1/users", simulator.url());
    let seconds = Duration::from_secs;
    for (effect, broken, took) in [
        (Effect::ResetBefore, Some(Broken::Interrupted), 0),
        (Effect::ResetInBody, Some(Broken::Interrupted), 0),
        (Effect::Hang, Some(Broken::TimedOut), 30),
        (Effect::Slow(seconds(29)), None, 29),
        (Effect::Trickle(seconds(29)), None, 29),
        (Effect::Trickle(seconds(31)), Some(Broken::TimedOut), 30),
    ] {
        simulator.fail(Fault::nth(Endpoint::Users, 1, effect.clone()));
        let begun = Instant::now();
        let answer = get(&simulator, &users).await;
        assert_eq!(answer.err(), broken, "{effect:?}");
        assert_eq!(begun.elapsed().as_secs(), took, "{effect:?}");
        simulator.clear_faults();
    }
}

#[tokio::test(start_paused = true)]
async fn what_others_spend_shows_when_the_org_has_less_left_than_the_app() {
    let simulator = small(|options| options.limits = [(Bucket::Users, 20)].into());
    let users = format!("{}/api/v1/users", simulator.url());
    let remaining = async || {
        let answer = get(&simulator, &users).await.unwrap();
        let told = ["x-rate-limit-limit", "x-rate-limit-remaining"];
        told.map(|name| header(&answer, name).to_owned())
    };
    assert_eq!(remaining().await, ["10", "9"]);
    simulator.spend(Bucket::Users, 9);
    assert_eq!(remaining().await, ["10", "8"]);
    simulator.spend(Bucket::Users, 5);
    assert_eq!(remaining().await, ["10", "3"]);
    assert_eq!(simulator.usage_of("api-token-0")[&Bucket::Users].peak, 3);
}
