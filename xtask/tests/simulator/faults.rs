//! Rate limits, faults, and the end of the server.

use crate::client::{Client, PLATFORM, bearer, small, start};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use xtask::simulator::{Bucket, Clock, Effect, Endpoint, Fault};

#[tokio::test]
async fn a_full_window_refuses_and_the_next_one_does_not() {
    let clock = Clock::fixed("2026-01-01T00:00:30Z".parse().unwrap());
    let simulator = start("small", |options| {
        options.clock = clock;
        options.limits = [(Bucket::Users, 4)].into();
    })
    .await;
    let client = Client::api_token();
    let users = format!("{}/api/v1/users?limit=1", simulator.url());
    for remaining in ["1", "0"] {
        let answer = client.get(&users).await;
        assert_eq!(
            (
                answer.header("x-rate-limit-limit"),
                answer.header("x-rate-limit-remaining")
            ),
            ("2", remaining)
        );
    }
    let refused = client.get(&users).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "E0000047"));
    let reset: i64 = refused.header("x-rate-limit-reset").parse().unwrap();
    assert_eq!(
        reset,
        "2026-01-01T00:01:20Z"
            .parse::<Timestamp>()
            .unwrap()
            .as_second()
    );
    assert!(refused.links().is_empty());
    assert_eq!(
        client
            .get(&format!("{}/api/v1/groups", simulator.url()))
            .await
            .status,
        200,
        "another bucket"
    );

    simulator.set_clock_offset(SignedDuration::from_secs(50));
    assert_eq!(client.get(&users).await.status, 200);
    assert_eq!(simulator.throttled(), 1);
    let usage = simulator.usage()[&Bucket::Users];
    assert_eq!((usage.limit, usage.peak, usage.refused), (2, 2, 1));
}

#[tokio::test]
async fn too_many_at_once_are_refused_with_two_zeros() {
    let simulator = start("small", |options| options.concurrency = 1).await;
    let client = Client::api_token();
    simulator.fail(Fault::nth(Endpoint::Groups, 1, Effect::Hang));
    let hanging = tokio::spawn({
        let groups = format!("{}/api/v1/groups", simulator.url());
        async move { Client::api_token().try_get(&groups).await.is_err() }
    });
    while simulator.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let refused = client
        .get(&format!("{}/api/v1/users", simulator.url()))
        .await;
    assert_eq!(refused.status, 429);
    assert_eq!(
        (
            refused.header("x-rate-limit-limit"),
            refused.header("x-rate-limit-remaining")
        ),
        ("0", "0")
    );

    let url = simulator.url();
    simulator.shutdown().await;
    assert!(
        hanging.await.unwrap(),
        "what hangs is cut when the simulator stops"
    );
    assert!(
        client.try_get(&url).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn faults_spoil_the_answer_they_are_meant_for() {
    let simulator = small().await;
    let client = Client::api_token();
    let users = format!("{}/api/v1/users?limit=4", simulator.url());
    let good = client.get(&users).await;
    let all = client.walk(&users).await.concat();

    let spoilt = async |effect: Effect| {
        simulator.clear_faults();
        simulator.fail(Fault::nth(Endpoint::Users, 1, effect));
        client.try_get(&users).await
    };
    let error = Effect::Error {
        status: 500,
        code: "E0000009".to_owned(),
    };
    let answer = spoilt(error).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (500, "E0000009"));
    let answer = spoilt(Effect::Html { status: 502 }).await.unwrap();
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (502, "text/html")
    );
    let answer = spoilt(Effect::RateLimited).await.unwrap();
    assert_eq!(
        (answer.status, answer.header("x-rate-limit-remaining")),
        (429, "0")
    );
    let answer = spoilt(Effect::RateLimitedUntold).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (429, "E0000047"));
    assert!(
        !answer
            .headers
            .keys()
            .any(|name| name.as_str().starts_with("x-rate"))
    );
    let answer = spoilt(Effect::ConcurrencyLimited).await.unwrap();
    assert_eq!(
        (answer.status, answer.header("x-rate-limit-limit")),
        (429, "0")
    );
    let answer = spoilt(Effect::EmptyPage).await.unwrap();
    assert_eq!(answer.text, "[]");
    assert_eq!(
        client.walk(&answer.next().unwrap()).await.concat(),
        all,
        "nothing is lost behind an empty page"
    );
    let answer = spoilt(Effect::NoRecords).await.unwrap();
    assert_eq!(
        (answer.status, answer.text.as_str(), answer.next()),
        (200, "[]", None)
    );
    assert!(spoilt(Effect::ResetBefore).await.is_err());
    assert!(
        spoilt(Effect::ResetInBody)
            .await
            .err()
            .is_some_and(|error| error.is_body() || error.is_decode())
    );
    let answer = spoilt(Effect::TruncatedJson).await.unwrap();
    assert!(answer.status == 200 && serde_json::from_str::<Value>(&answer.text).is_err());
    let answer = spoilt(Effect::MalformedJson).await.unwrap();
    let error = serde_json::from_str::<Value>(&answer.text).unwrap_err();
    assert!(answer.status == 200 && error.is_syntax(), "{error}");
    let begun = Instant::now();
    let answer = spoilt(Effect::Trickle(Duration::from_millis(60)))
        .await
        .unwrap();
    assert_eq!(answer.ids(), good.ids());
    assert!(begun.elapsed() >= Duration::from_millis(60));
    let answer = spoilt(Effect::RepeatedRecords).await.unwrap();
    assert_eq!(
        answer.ids(),
        [&good.ids()[..], &good.ids()[..1]].concat(),
        "the first page has none before it"
    );
    simulator.fail(Fault::nth(Endpoint::Users, 1, Effect::RepeatedRecords));
    let second = client.get(&answer.next().unwrap()).await.ids();
    assert_eq!(
        (&second[0], &second[1]),
        (&good.ids()[3], second.last().unwrap())
    );
    let answer = spoilt(Effect::Slow(Duration::from_millis(1)))
        .await
        .unwrap();
    assert_eq!(answer.ids(), good.ids());
    let answer = spoilt(Effect::NextOnHost("evil.example.org".to_owned()))
        .await
        .unwrap();
    assert!(
        answer
            .next()
            .unwrap()
            .starts_with("http://evil.example.org:")
    );
    let answer = spoilt(Effect::NextOnAdminTwin).await.unwrap();
    assert!(answer.next().unwrap().contains("-admin."));
    let answer = spoilt(Effect::RepeatedCursor).await.unwrap();
    assert_eq!(answer.next().unwrap(), users);
    let answer = spoilt(Effect::MalformedRecord { id: None }).await.unwrap();
    assert_eq!(
        (answer.ids(), &answer.json()[0]["profile"]),
        (good.ids(), &json!("not an object"))
    );

    simulator.clear_faults();
    assert_eq!(client.get(&users).await.ids(), good.ids());
    simulator.fail(Fault::always(Endpoint::GroupUsers, Effect::NoRecords).for_id(PLATFORM));
    let members = async |id: &str| {
        client
            .get(&format!("{}/api/v1/groups/{id}/users", simulator.url()))
            .await
            .ids()
            .len()
    };
    assert_eq!(
        (
            members(PLATFORM).await,
            members("00g2data00000000000d").await
        ),
        (0, 3)
    );
}

#[tokio::test]
async fn tokens_and_cursors_end_at_a_request() {
    let simulator = small().await;
    let users = format!("{}/api/v1/users?limit=4", simulator.url());
    for (effect, reason) in [
        (Effect::TokensExpire, "The token has expired."),
        (Effect::TokensRevoked, "The access token is invalid."),
    ] {
        let client = bearer(&simulator, "0oa1portalsync0000d7").await;
        simulator.fail(Fault::nth(Endpoint::Users, 2, effect));
        let next = client.get(&users).await.next().unwrap();
        for _ in 0..2 {
            let answer = client.get(&next).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "E0000011"));
            assert!(answer.header("www-authenticate").contains(reason));
        }
        let fresh = bearer(&simulator, "0oa1portalsync0000d7").await;
        assert_eq!(fresh.get(&next).await.status, 200);
        simulator.clear_faults();
    }
    let client = Client::api_token();
    let expire = Effect::CursorsExpire {
        status: 400,
        code: "E0000029".to_owned(),
    };
    simulator.fail(Fault::nth(Endpoint::Users, 2, expire));
    let next = client.get(&users).await.next().unwrap();
    for _ in 0..2 {
        let answer = client.get(&next).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "E0000029"));
    }
    assert_eq!(client.walk(&users).await.len(), 3, "a fresh walk goes on");
}

#[tokio::test]
async fn dropping_stops_the_server() {
    let simulator = small().await;
    let url = simulator.url();
    let client = Client::api_token();
    assert_eq!(client.get(&url).await.status, 404);
    drop(simulator);
    while client.try_get(&url).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
