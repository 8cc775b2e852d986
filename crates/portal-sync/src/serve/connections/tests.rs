//! Connections over pipes with a paused clock, and over sockets where the number of them matters.

use std::time::Duration;

use axum::body::Body;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;

use std::sync::Arc;

use super::crowd::Watched;
use super::*;
use crate::telemetry::Metrics;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const LONG: &[u8] = b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn router() -> Router {
    let long = || async { Body::from(vec![b'x'; 1 << 20]) };
    let never = || async { std::future::pending::<()>().await };
    Router::new()
        .route("/", get(async || "here"))
        .route("/long", get(long))
        .route("/never", get(never))
}

/// The peer's end of a connection over a pipe, and how the server's end ended.
fn connect() -> (DuplexStream, JoinHandle<Ended>, watch::Sender<bool>) {
    let (ours, theirs) = duplex(1024);
    let (stop, stopping) = watch::channel(false);
    let serving = tokio::spawn(async move {
        let watched = Arc::new(Watched::new(Instant::now()));
        let here = [127, 0, 0, 1].into();
        let ends = Ends {
            peer: here,
            local: here,
        };
        connection::serve(theirs, ends, router(), &watched, stopping).await
    });
    (ours, serving, stop)
}

/// Everything that comes until the end.
async fn rest(peer: &mut DuplexStream) -> String {
    let mut text = Vec::new();
    peer.read_to_end(&mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

async fn one_answer(peer: &mut DuplexStream) -> String {
    let mut text = String::new();
    while !text.ends_with("here") {
        text.push(char::from(peer.read_u8().await.unwrap()));
    }
    text
}

/// What a peer sends at which second.
type Steps<'a> = &'a [(u64, &'a [u8])];

/// How a connection ends over which a peer does something at these seconds, and after how many seconds.
async fn ended(steps: Steps<'_>) -> (Ended, u64) {
    let begin = Instant::now();
    let (mut peer, serving, _stop) = connect();
    for (second, bytes) in steps {
        sleep_until(begin + Duration::from_secs(*second)).await;
        let _ = peer.write_all(bytes).await;
        if *bytes == GET {
            one_answer(&mut peer).await;
        }
    }
    let ended = serving.await.unwrap();
    (ended, begin.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn each_stage_ends_in_time() {
    let half: &[u8] = b"GET / HTTP/1.1\r\nHost: ";
    let never: &[u8] = b"GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let cases: [(&str, Steps<'_>, Overdue, u64); 8] = [
        ("silence", &[], Overdue::Head, 10),
        ("half a head", &[(5, half)], Overdue::Head, 10),
        (
            "a drip",
            &[(0, b"G"), (4, b"E"), (8, b"T")],
            Overdue::Head,
            10,
        ),
        (
            "empty lines",
            &[(0, b"\r\n\r\n"), (8, b"\r\n")],
            Overdue::Head,
            10,
        ),
        ("idle", &[(3, GET)], Overdue::Idle, 63),
        ("a second half", &[(3, GET), (40, half)], Overdue::Head, 50),
        ("it does not read", &[(1, LONG)], Overdue::Write, 31),
        ("it is not answered", &[(1, never)], Overdue::Answer, 601),
    ];
    for (name, steps, overdue, second) in cases {
        assert_eq!(
            ended(steps).await,
            (Ended::Overdue(overdue), second),
            "{name}"
        );
    }
}

#[test]
fn who_was_only_silent_sees_a_regular_end() {
    for (ended, expected) in [
        (Ended::Done, None),
        (Ended::Crowded, Some(("cap", true))),
        (Ended::Overdue(Overdue::Idle), Some(("idle", false))),
        (Ended::Overdue(Overdue::Head), Some(("head", true))),
        (Ended::Overdue(Overdue::Write), Some(("write", true))),
        (Ended::Overdue(Overdue::Answer), Some(("answer", true))),
    ] {
        assert_eq!(cut_off(ended), expected, "{ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_takes_a_little_now_and_then_is_cut_off_too() {
    let begin = Instant::now();
    let (mut peer, serving, _stop) = connect();
    peer.write_all(LONG).await.unwrap();
    tokio::spawn(async move {
        let mut some = [0; 700];
        while peer.read(&mut some).await.is_ok_and(|read| read > 0) {
            sleep(Duration::from_secs(20)).await;
        }
    });
    assert_eq!(serving.await.unwrap(), Ended::Overdue(Overdue::Answer));
    assert_eq!(begin.elapsed(), Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_that_goes_on_gets_everything() {
    let (mut peer, serving, _stop) = connect();
    let last = b"GET /long HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    peer.write_all(last).await.unwrap();
    let mut size = 0;
    let mut some = vec![0; 64 * 1024];
    loop {
        sleep(Duration::from_millis(20)).await;
        match peer.read(&mut some).await.unwrap() {
            0 => break,
            read => size += read,
        }
    }
    assert!(size > 1 << 20, "{size}");
    assert_eq!(serving.await.unwrap(), Ended::Done);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_sound_request_is_refused_and_the_connection_closed() {
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(101));
    let large = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(17 * 1024));
    let line = format!("GET /{} HTTP/1.1\r\n\r\n", "b".repeat(17 * 1024));
    let far = format!(
        "GET / HTTP/1.1\r\nContent-Length:{}0\r\n\r\nGET / HTTP/1.1\n\n",
        " ".repeat(80)
    );
    for (request, status) in [
        ("GET / HTTP/1.1\nHost: localhost\n\n", "400"),
        ("GET / HTTP/1.1\r\nHost: localhost\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\n", "400"),
        ("\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        ("GET /\n", "400"),
        ("GET / HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n", "400"),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\n X: folded\r\n\r\n",
            "400",
        ),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\n\tX: folded\r\n\r\n",
            "400",
        ),
        ("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", "400"),
        (" GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: local\0host\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHo\0st: localhost\r\n\r\n", "400"),
        ("GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nnot a field\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\n: value\r\n\r\n", "400"),
        ("GET / HTTP/1.2\r\nHost: localhost\r\n\r\n", "400"),
        ("GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        (
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "400",
        ),
        ("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "400"),
        (
            "GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\n\n",
            "400",
        ),
        (far.as_str(), "400"),
        (many.as_str(), "431"),
        (large.as_str(), "431"),
        (line.as_str(), "431"),
    ] {
        let (mut peer, serving, _stop) = connect();
        // The end of a long head may not be taken any more.
        let _ = peer.write_all(request.as_bytes()).await;
        let answer = rest(&mut peer).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request:?} got {answer:?}"
        );
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{request:?}");
        drop(peer);
        assert_eq!(serving.await.unwrap(), Ended::Done, "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn http_2_is_not_spoken() {
    let (mut peer, serving, _stop) = connect();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    peer.write_all(preface).await.unwrap();
    let answer = rest(&mut peer).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
        "{answer}"
    );
    drop(peer);
    assert_eq!(serving.await.unwrap(), Ended::Done);
    // Nor is it changed to on the way.
    let (mut peer, _serving, _stop) = connect();
    peer.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
        .await
        .unwrap();
    assert!(one_answer(&mut peer).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(start_paused = true)]
async fn requests_in_one_piece_are_answered_in_their_order_up_to_the_first_unsound_one() {
    let (mut peer, _serving, _stop) = connect();
    let short: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n\na\n";
    peer.write_all(&[GET, short, GET, b"GET / HTTP/1.1\n\r\n", GET].concat())
        .await
        .unwrap();
    let answers = rest(&mut peer).await;
    let statuses: Vec<&str> = answers
        .match_indices("HTTP/1.1 ")
        .filter_map(|(at, _)| answers.get(at + 9..at + 12))
        .collect();
    assert_eq!(statuses, ["200", "405", "200", "400"]);
}

#[tokio::test(start_paused = true)]
async fn requests_in_one_piece_do_not_go_before_those_of_others() {
    let (mut greedy, _serving, _stop) = connect();
    let (mut modest, _serving_too, _stop_too) = connect();
    tokio::task::yield_now().await;
    greedy.write_all(&GET.repeat(20)).await.unwrap();
    modest.write_all(GET).await.unwrap();
    one_answer(&mut modest).await;
    let mut some = [0; 4096];
    let taken = greedy.read(&mut some).await.unwrap();
    let answers = String::from_utf8_lossy(&some[..taken]);
    let answers = answers.matches("HTTP/1.1 200 ").count();
    assert!(answers <= 3, "{answers}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_read_ends_the_connection_after_the_answer() {
    for request in [
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999\r\n\r\n",
    ] {
        let (mut peer, serving, _stop) = connect();
        peer.write_all(request.as_bytes()).await.unwrap();
        let answer = rest(&mut peer).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 "),
            "{request:?} got {answer:?}"
        );
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer:?}");
        drop(peer);
        assert_eq!(serving.await.unwrap(), Ended::Done, "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_what_is_silent_and_answers_what_is_asked() {
    let (mut silent, serving, stop) = connect();
    silent.write_all(GET).await.unwrap();
    one_answer(&mut silent).await;
    stop.send_replace(true);
    assert_eq!(rest(&mut silent).await, "");
    drop(silent);
    assert_eq!(serving.await.unwrap(), Ended::Done);

    let (mut reading, serving, stop) = connect();
    reading.write_all(LONG).await.unwrap();
    reading.read_u8().await.unwrap();
    stop.send_replace(true);
    assert!(rest(&mut reading).await.len() > 1 << 20);
    drop(reading);
    assert_eq!(serving.await.unwrap(), Ended::Done);
}

/// A server over sockets with so many places.
fn server(size: usize) -> (SocketAddr, watch::Sender<bool>, JoinHandle<()>) {
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopping) = watch::channel(false);
    let serving = tokio::spawn(serve(
        listener,
        router(),
        size,
        Metrics::unread().http(),
        stopping,
    ));
    (address, stop, serving)
}

async fn asked(address: SocketAddr) -> String {
    let mut peer = TcpStream::connect(address).await.unwrap();
    peer.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn strangers_that_take_every_place_keep_nobody_out() {
    let (address, stop, serving) = server(8);
    let mut strangers = Vec::new();
    for number in 0..40_u8 {
        let mut stranger = TcpStream::connect(address).await.unwrap();
        let sent: &[u8] = match number % 4 {
            0 => b"",
            1 => b"GET / HTTP/1.1\r\nX: ",
            2 => LONG,
            _ => GET,
        };
        // Some are gone already.
        let _ = stranger.write_all(sent).await;
        strangers.push(stranger);
        if number % 5 == 0 {
            assert!(
                asked(address).await.starts_with("HTTP/1.1 200 "),
                "{number}"
            );
        }
    }
    drop(strangers);
    assert!(asked(address).await.starts_with("HTTP/1.1 200 "));
    stop.send_replace(true);
    serving.await.unwrap();
}

#[tokio::test]
async fn one_place_is_enough_for_one_after_the_other() {
    let (address, _stop, _serving) = server(0);
    let _silent = TcpStream::connect(address).await.unwrap();
    for _ in 0..3 {
        assert!(asked(address).await.ends_with("here"));
    }
}

#[tokio::test]
async fn dropped_it_closes_every_connection() {
    let (address, _stop, serving) = server(4);
    let mut silent = TcpStream::connect(address).await.unwrap();
    assert!(asked(address).await.ends_with("here"));
    serving.abort();
    // The end, or a reset.
    assert!(silent.read_u8().await.is_err());
}
