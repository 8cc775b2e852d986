//! The tenant's share is kept, however many lists are read at once.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use futures::{FutureExt as _, StreamExt as _};
use http::{Request, Response};
use okta_auth::{Transport, TransportError};
use tokio::time::{Instant, sleep};

use super::builder;
use crate::{Client, GroupId, RateLimitShare};

const WINDOW: u64 = 60;

/// An org with one rate limit for groups and members: fixed windows, a server clock of its own.
#[derive(Clone, Debug)]
struct Org(Arc<Mutex<Counter>>);

#[derive(Debug)]
struct Counter {
    start: Instant,
    limit: u64,
    /// What others take of each window, at its start.
    others: u64,
    /// Requests of ours by window.
    ours: Vec<u64>,
    refused: u64,
    latency: Duration,
}

impl Org {
    fn new(limit: u64, others: u64, latency: Duration) -> Self {
        let counter = Counter {
            start: Instant::now(),
            limit,
            others,
            ours: Vec::new(),
            refused: 0,
            latency,
        };
        Self(Arc::new(Mutex::new(counter)))
    }

    /// Counts a request and answers it.
    fn answer(&self) -> Response<Bytes> {
        let mut counter = self.0.lock().unwrap();
        let seconds = counter.start.elapsed().as_secs();
        let window = seconds / WINDOW;
        let index = usize::try_from(window).unwrap();
        if counter.ours.len() <= index {
            counter.ours.resize(index + 1, 0);
        }
        let used = counter.ours[index] + counter.others;
        let refused = used >= counter.limit;
        counter.refused += u64::from(refused);
        counter.ours[index] += u64::from(!refused);
        let remaining = counter.limit.saturating_sub(used + 1);
        // The server's clock: decades away from ours.
        let epoch = 1_000_000_000 + seconds;
        let date = jiff::Timestamp::from_second(epoch.try_into().unwrap()).unwrap();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&date)
            .unwrap();
        Response::builder()
            .status(if refused { 429 } else { 200 })
            .header("date", date)
            .header("x-rate-limit-limit", counter.limit)
            .header("x-rate-limit-remaining", remaining)
            .header("x-rate-limit-reset", 1_000_000_000 + (window + 1) * WINDOW)
            .body(Bytes::from_static(b"[]"))
            .unwrap()
    }
}

impl Transport for Org {
    fn send(
        &self,
        _request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        async move {
            let latency = self.0.lock().unwrap().latency;
            sleep(latency / 2).await;
            let response = self.answer();
            sleep(latency / 2).await;
            Ok(response)
        }
        .boxed()
    }
}

fn client(org: &Org, percent: u8) -> Client {
    let share = RateLimitShare::percent(percent).unwrap();
    builder(org.clone())
        .rate_limit_share(share)
        .max_concurrent(NonZeroU32::new(16).unwrap())
        .build()
}

async fn read_members(client: &Client, groups: u32) {
    let lists = (0..groups).map(|group| {
        client
            .groups()
            .members(&GroupId::from(format!("00g{group}")))
            .all()
    });
    for result in join_all(lists).await {
        result.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn parallel_lists_spend_the_share_and_no_more() {
    let org = Org::new(100, 0, Duration::from_millis(200));
    sleep(Duration::from_millis(13_700)).await;
    let client = client(&org, 60);
    read_members(&client, 250).await;
    let counter = org.0.lock().unwrap();
    assert_eq!(counter.ours, [60, 60, 60, 60, 10]);
    assert_eq!(counter.refused, 0);
    assert!(
        counter.start.elapsed() < Duration::from_secs(4 * WINDOW + 10),
        "spent at once, then waited for the window's end"
    );
    let metrics = client.metrics();
    assert_eq!(metrics.endpoints["/api/v1/groups/{id}/users"].count, 250);
    assert!(
        (200..240).contains(&metrics.waited_for_limit.as_secs()),
        "{metrics:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_others_spend_is_not_spent_again() {
    let org = Org::new(100, 50, Duration::from_millis(200));
    let client = client(&org, 60);
    read_members(&client, 120).await;
    let counter = org.0.lock().unwrap();
    // At first it may have been ourselves. Then half of the window is theirs, and two requests stay between us.
    assert_eq!(counter.ours, [10, 48, 48, 14]);
    assert_eq!(counter.refused, 0);
}

#[tokio::test(start_paused = true)]
async fn a_share_smaller_than_the_concurrency_is_kept() {
    let org = Org::new(20, 0, Duration::from_secs(3));
    let client = client(&org, 10);
    read_members(&client, 7).await;
    let counter = org.0.lock().unwrap();
    assert!(
        counter.ours.iter().all(|&spent| spent <= 2),
        "{:?}",
        counter.ours
    );
    assert_eq!((counter.ours.iter().sum::<u64>(), counter.refused), (7, 0));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_list_gives_its_place_to_others() {
    let org = Org::new(1_000, 0, Duration::from_secs(20));
    let client = builder(org.clone()).max_concurrent(NonZeroU32::MIN).build();
    let abandoned = tokio::time::timeout(Duration::from_secs(1), read_members(&client, 3)).await;
    abandoned.unwrap_err();
    let start = Instant::now();
    read_members(&client, 1).await;
    assert_eq!(start.elapsed(), Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn lists_that_are_set_aside_do_not_hold_up_others() {
    let org = Org::new(1_000, 0, Duration::from_millis(200));
    let client = builder(org).max_concurrent(NonZeroU32::MIN).build();
    let members = |group: u32| {
        let group = GroupId::from(format!("00g{group}"));
        client.groups().members(&group).all()
    };
    let read = async {
        let mut reads = futures::stream::iter((0..8).map(members)).buffer_unordered(4);
        // While the body waits nobody polls the other three.
        while let Some(read) = reads.next().await {
            read.unwrap();
            members(99).await.unwrap();
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(3_600), read).await;
    ended.expect("the lists wait for each other");
}
