//! What a client tells about its work.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::builder;
use crate::{Exchange, Observer, Wait, WaitReason};
use okta_auth::testing::{Answer, ScriptedTransport};

#[derive(Clone, Debug, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Observer for Told {
    fn exchanged(&self, exchange: &Exchange) {
        let status = exchange.status.map(|status| status.as_u16());
        let left = exchange.rate_limit.map(|limit| limit.remaining);
        let told = format!(
            "{} {status:?} {} bytes, left {left:?}, retry {}, {:?}",
            exchange.endpoint, exchange.bytes, exchange.is_retry, exchange.took
        );
        self.0.lock().unwrap().push(told);
    }

    fn waiting(&self, wait: &Wait<'_>) {
        let told = format!("waiting {:?}, because of {:?}", wait.time, wait.failure);
        self.0.lock().unwrap().push(told);
    }

    fn waited(&self, wait: &Wait<'_>) {
        let reason = match wait.reason {
            WaitReason::RateLimit => "the window",
            WaitReason::Retry => "a retry",
        };
        let told = format!("{} waited {:?} for {reason}", wait.endpoint, wait.time);
        self.0.lock().unwrap().push(told);
    }
}

#[tokio::test(start_paused = true)]
async fn every_exchange_and_every_wait_is_told() {
    let (transport, told) = (ScriptedTransport::default(), Told::default());
    let client = builder(transport.clone()).observer(told.clone()).build();
    let users = "/api/v1/users?limit=200";
    transport.expect(
        users,
        Answer::failure(okta_auth::TransportErrorKind::Interrupted),
    );
    transport.expect(
        users,
        Answer::status(429, "busy").header("retry-after", "3"),
    );
    let answer = Answer::json("[]").after(Duration::from_millis(40));
    let answer = answer.header("x-rate-limit-limit", "600");
    transport.expect(users, answer.header("x-rate-limit-remaining", "587"));
    client.users().list().all().await.unwrap();
    assert_eq!(
        *told.0.lock().unwrap(),
        [
            "/api/v1/users None 0 bytes, left None, retry false, 0ns",
            r#"waiting 250ms, because of Some("okta can not be reached: the answer broke off: scripted")"#,
            "/api/v1/users waited 250ms for a retry",
            "/api/v1/users Some(429) 4 bytes, left None, retry true, 0ns",
            "waiting 3s, because of None",
            "/api/v1/users waited 3s for the window",
            "/api/v1/users Some(200) 2 bytes, left Some(587), retry true, 40ms",
        ]
    );
    let metrics = client.metrics();
    assert_eq!(metrics.total().bytes, 6);
    assert_eq!(metrics.backed_off, Duration::from_millis(250));
    assert_eq!(metrics.waited_for_limit, Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn the_limits_are_those_that_were_told_last() {
    let transport = ScriptedTransport::default();
    let client = builder(transport.clone()).build();
    assert!(client.limits().endpoints.is_empty());
    let told = |answer: Answer, limit: &str, remaining: &str| {
        let answer = answer.header("x-rate-limit-limit", limit);
        answer.header("x-rate-limit-remaining", remaining)
    };
    let groups = "/api/v1/groups?limit=200";
    // Too many at a time: says nothing about how many a minute.
    transport.expect(groups, told(Answer::json("[]"), "250", "249"));
    transport.expect(groups, told(Answer::status(429, "busy"), "0", "0"));
    transport.expect(groups, Answer::json("[]"));
    for _ in 0..2 {
        client.groups().list().all().await.unwrap();
    }
    let limits = client.clone().limits();
    let asked: Vec<_> = limits.endpoints.keys().copied().collect();
    assert_eq!(asked, ["/api/v1/groups"]);
    let members = limits.of("/api/v1/groups/{id}/users").unwrap();
    assert_eq!((members.limit, members.remaining), (250, 249));
    transport.finish().unwrap();
}
