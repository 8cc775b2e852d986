//! Requests that are none, and guesses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use serde_json::json;

use super::client::{ask, right, worst};
use super::stage::{Outcome, PATIENCE, Stage, TOKEN, serve};

/// Requests, with `{token}` where the line with the token belongs, and what each may be answered with.
const REQUESTS: &[(&str, &[u16])] = &[
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\n{token}Connection: close\r\n\r\n",
        &[200],
    ),
    (
        "GET / HTTP/1.1\r\nHost: LOCALHOST:1\r\n{token}Connection: close\r\n\r\n",
        &[200],
    ),
    (
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{token}Connection: close\r\n\r\n",
        &[200],
    ),
    (
        "GET / HTTP/1.1\r\nHost: 127.8.9.1:80\r\n{token}Connection: close\r\n\r\n",
        &[200],
    ),
    (
        "GET / HTTP/1.1\r\nHost: [::1]:7007\r\n{token}Connection: close\r\n\r\n",
        &[200],
    ),
    (
        "GET / HTTP/1.1\r\nHost: evil.example\r\n{token}Connection: close\r\n\r\n",
        &[421],
    ),
    (
        "GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        &[421],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n{token}Connection: close\r\n\r\n",
        &[421],
    ),
    (
        "GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n{token}Connection: close\r\n\r\n",
        &[421],
    ),
    (
        "GET / HTTP/1.1\r\nHost: 0.0.0.0\r\n{token}Connection: close\r\n\r\n",
        &[421],
    ),
    (
        "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n{token}Connection: close\r\n\r\n",
        &[400, 421],
    ),
    ("GET / HTTP/1.1\r\n{token}Connection: close\r\n\r\n", &[400]),
    (
        "GET / HTTP/1.1\r\nHost:\r\n{token}Connection: close\r\n\r\n",
        &[400, 421],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n{token}Connection: close\r\n\r\n",
        &[400],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost, localhost\r\n{token}Connection: close\r\n\r\n",
        &[400, 421],
    ),
    (
        "GET / HTTP/1.1\r\nHost: user@localhost\r\n{token}Connection: close\r\n\r\n",
        &[400, 421],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost:x\r\n{token}Connection: close\r\n\r\n",
        &[400],
    ),
    ("GET / HTTP/1.1\nHost: localhost\n{token}\n\n", &[400]),
    (
        "GET / HTTP/1.1\r\nHost: localhost\nX: 1\r\n{token}Connection: close\r\n\r\n",
        &[400],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: 1\r\n\tfolded\r\n{token}Connection: close\r\n\r\n",
        &[400],
    ),
    (
        "GET / HTTP/1.1\r\nHost : localhost\r\n{token}Connection: close\r\n\r\n",
        &[400],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n{token}Connection: close\r\n\r\n",
        &[403],
    ),
    (
        "GET /api/catalog/entities HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n{token}Connection: close\r\n\r\n",
        &[403],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: none\r\n{token}Connection: close\r\n\r\n",
        &[200],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n{token}Connection: close\r\n\r\n",
        &[200],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n{token}\r\n0\r\n\r\n",
        &[400, 411, 413],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n{token}\r\nab",
        &[400, 411, 413],
    ),
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n{token}\r\n",
        &[400, 411, 413],
    ),
    (
        "GET / HTTP/9.9\r\nHost: localhost\r\n{token}\r\n",
        &[400, 505],
    ),
];

/// What HTTP/1.1 has no such request for, what another site sends, and how each is answered; none is "closed in silence".
pub(super) async fn requests_that_are_none(stage: Stage) -> anyhow::Result<Outcome> {
    let small = stage.small().await?;
    let daemon = serve(&small, &json!({})).await?;
    let token = format!("Authorization: Bearer {TOKEN}\r\n");
    let with = |head: &str| head.replace("{token}", &token);
    let mut wrong = Vec::new();
    for (head, expected) in REQUESTS {
        let answer = ask(daemon.address(), with(head).as_bytes()).await;
        let status = answer.as_ref().ok().and_then(|answer| answer.status);
        if !status.is_some_and(|status| expected.contains(&status)) {
            wrong.push(format!("{head:?} -> {status:?}"));
        }
    }
    let held = wrong.is_empty();
    let figure = if held {
        "all as they should be".to_owned()
    } else {
        wrong.join("; ")
    };
    Ok(Outcome::new(REQUESTS.len(), held, figure))
}

/// Whatever the features of the tree switch on.
pub(super) async fn http_2_in_clear(stage: Stage) -> anyhow::Result<Outcome> {
    let small = stage.small().await?;
    let daemon = serve(&small, &json!({})).await?;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let answer = ask(daemon.address(), preface).await?;
    let spoken = answer.status.is_none() && !answer.text.is_empty();
    Ok(Outcome::new(
        1,
        !spoken,
        format_args!("answered {:?}", answer.status),
    ))
}

/// Four connections of pipelined guesses, and somebody with the right token at the same address.
pub(super) async fn guessing_at_full_speed(stage: Stage) -> anyhow::Result<Outcome> {
    const TIME: Duration = Duration::from_secs(8);
    let small = stage.small().await?;
    let daemon = serve(&small, &json!({})).await?;
    let address = daemon.address().to_owned();
    let answered = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let guessers: Vec<_> = (0..20)
        .map(|guesser| {
            let (address, answered) = (address.clone(), Arc::clone(&answered));
            tokio::spawn(async move {
                for guess in 0.. {
                    let head = format!(
                        "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer guess-{guesser}-{guess}\r\n\r\n"
                    );
                    let answer = ask(&address, head.repeat(20).as_bytes()).await;
                    let refusals = answer.map_or(0, |it| it.text.matches("HTTP/1.1 401").count());
                    answered.fetch_add(refusals, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let in_the_right = worst(&address, TIME).await;
    guessers.iter().for_each(tokio::task::JoinHandle::abort);
    let rate = answered.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    let (tries, worst) = in_the_right?;
    let log = daemon.log();
    let metrics = ask(&address, right("/metrics").as_bytes()).await?.text;
    let lines = log
        .lines()
        .filter(|line| line.contains("401") || line.contains("token"))
        .count();
    let told = log.contains("127.0.0.1") && !log.contains("guess-");
    let counted = metrics.contains("unauthorized");
    let held = rate < 100.0 && worst < PATIENCE && (1..=20).contains(&lines) && told && counted;
    Ok(Outcome::new(
        tries,
        held,
        format_args!(
            "{rate:.0} guesses/s judged, the right token waits {:.2} s at most, {lines} log lines (peer told: {told}), counted: {counted}",
            worst.as_secs_f64()
        ),
    ))
}
