//! What goes through a recording comes out of its replay.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use http::{Method, Request, StatusCode};
use okta_auth::testing::{Answer, ScriptedTransport};
use okta_auth::{Transport as _, TransportErrorKind as Kind};
use tokio::time::Instant;

use super::{Record, Recording};
use crate::read::replay::Replay;
use crate::read::selection::Kept;
use crate::text::chain;

/// A file in memory, of so many bytes at most.
#[derive(Debug, Clone)]
struct Paper(Arc<Mutex<Vec<u8>>>, usize);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap();
        if written.len() + bytes.len() > self.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn of(bytes: usize) -> Self {
        Self(Arc::default(), bytes)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn replay(&self) -> Replay {
        Replay::read(self.text().as_bytes(), false).unwrap()
    }
}

fn recording(script: &ScriptedTransport, paper: &Paper) -> (Recording, Record) {
    let record = Record::new(paper.clone(), Kept::default());
    let recording = Recording::new(Arc::new(script.clone()), record.clone());
    (recording, record)
}

fn get(target: &str) -> Request<Bytes> {
    let request = Request::get(format!("https://acme.okta.com{target}"));
    request.body(Bytes::new()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_same_request_has_its_answers_in_their_order_and_the_last_for_ever() {
    let (script, paper) = (ScriptedTransport::default(), Paper::of(10_000));
    let limited = Answer::status(429, r#"{"errorCode":"E0000047"}"#)
        .header("x-rate-limit-reset", "7")
        .header("x-rate-limit-reset", "8")
        .header("set-cookie", "sid=hidden");
    script.expect("/api/v1/users?limit=1", Answer::failure(Kind::Interrupted));
    script.expect("/api/v1/users?limit=1", limited);
    script.expect(
        "/api/v1/users?limit=1",
        Answer::json("[]").after(Duration::from_secs(5)),
    );
    script.expect("/api/v1/groups", Answer::json("[ ]\n"));
    let (recording, record) = recording(&script, &paper);
    let mut came = Vec::new();
    let targets = ["/api/v1/users?limit=1"; 3];
    let targets = [&targets[..], &["/api/v1/groups"]].concat();
    for target in &targets {
        came.push(recording.send(get(target)).await);
    }
    assert_eq!(record.finish().unwrap(), 4);
    assert!(!paper.text().contains("hidden"));

    let (replay, begun) = (paper.replay(), Instant::now());
    // In whatever order they are asked for.
    let groups = replay.send(get("/api/v1/groups")).await.unwrap();
    assert_eq!(groups.body(), "[ ] ");
    for came in came.iter().take(3) {
        let again = replay.send(get("/api/v1/users?limit=1")).await;
        match (came, again) {
            (Ok(came), Ok(again)) => {
                assert_eq!(came.status(), again.status());
                assert_eq!(came.body(), again.body());
                let resets = |it: &http::Response<Bytes>| {
                    it.headers().get_all("x-rate-limit-reset").iter().count()
                };
                assert_eq!(resets(came), resets(&again));
            }
            (Err(came), Err(again)) => {
                assert_eq!((came.kind(), chain(came)), (again.kind(), chain(&again)));
            }
            (came, again) => panic!("{came:?} {again:?}"),
        }
    }
    assert_eq!(begun.elapsed().as_secs(), 5);
    let last = replay.send(get("/api/v1/users?limit=1")).await.unwrap();
    assert_eq!(last.status(), StatusCode::OK);
    assert_eq!(replay.missing(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waited_for_never_comes() {
    let (script, paper) = (ScriptedTransport::default(), Paper::of(10_000));
    script.expect("/api/v1/users", Answer::json("[]").after(Duration::MAX));
    let (recording, _) = recording(&script, &paper);
    let sent = recording.send(get("/api/v1/users"));
    let waited = tokio::time::timeout(Duration::from_secs(3), sent).await;
    waited.unwrap_err();
    let replay = paper.replay();
    let sent = replay.send(get("/api/v1/users"));
    let waited = tokio::time::timeout(Duration::from_secs(3), sent).await;
    waited.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_not_recorded_is_named() {
    let replay = Replay::read(&b""[..], false).unwrap();
    let error = replay.send(get("/api/v1/users?after=x")).await.unwrap_err();
    assert_eq!(
        chain(&error),
        "the request could not be built: the recording has no answer to `GET /api/v1/users?after=x`"
    );
    assert!(!error.is_transient());
    assert_eq!(replay.missing(), ["GET /api/v1/users?after=x"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_that_authorises_is_kept() {
    let (script, paper) = (ScriptedTransport::default(), Paper::of(10_000));
    let echo = r#"{"errorCode":"E1","errorSummary":"no: DPoP an-access-token, a-proof"}"#;
    let wants = Answer::status(401, "{}").header("dpop-nonce", "a-nonce");
    script.expect(
        "/oauth2/v1/token",
        Answer::json(r#"{"access_token":"an-access-token"}"#),
    );
    script.expect("/api/v1/users", wants);
    script.expect("/api/v1/users", Answer::status(403, echo));
    let (recording, record) = recording(&script, &paper);
    let mut asks_for_token = get("/oauth2/v1/token");
    *asks_for_token.method_mut() = Method::POST;
    *asks_for_token.body_mut() = Bytes::from_static(b"client_assertion=an-assertion");
    recording.send(asks_for_token).await.unwrap();
    for _ in 0..2 {
        let mut request = get("/api/v1/users");
        let headers = request.headers_mut();
        headers.insert("authorization", "DPoP an-access-token".parse().unwrap());
        headers.insert("dpop", "a-proof".parse().unwrap());
        recording.send(request).await.unwrap();
    }
    assert_eq!(record.finish().unwrap(), 1);
    let text = paper.text();
    for secret in ["an-access-token", "a-proof", "a-nonce", "an-assertion"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    assert!(text.contains("no: DPoP (secret), (secret)"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_ends_the_recording_and_nothing_else() {
    let (script, paper) = (ScriptedTransport::default(), Paper::of(200));
    for _ in 0..3 {
        script.expect("/api/v1/users", Answer::json("[]"));
    }
    let (recording, record) = recording(&script, &paper);
    for _ in 0..3 {
        recording.send(get("/api/v1/users")).await.unwrap();
    }
    let error = record.finish().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

#[test]
fn a_line_that_is_none_is_named_unless_the_recording_ended_there() {
    let line = r#"{"atMicros":1,"tookMicros":1,"request":"GET /","status":200}"#;
    for (text, may_end_early, is_read) in [
        (format!("{line}\n"), false, true),
        (format!("{line}\n{{\"at"), false, false),
        (format!("{line}\n{{\"at"), true, true),
        (format!("{{\"at\n{line}\n"), true, false),
    ] {
        let read = Replay::read(text.as_bytes(), may_end_early);
        assert_eq!(read.is_ok(), is_read, "{text} {may_end_early}");
    }
    let replay = Replay::read(&b"x"[..], false).unwrap_err();
    assert_eq!(replay.to_string(), "line 1 is no exchange");
}

/// A token that is none, for every scope that is asked for.
#[tokio::test(start_paused = true)]
async fn a_replay_gives_tokens_that_open_nothing() {
    let replay = Replay::read(&b""[..], false).unwrap();
    let mut request = get("/oauth2/v1/token");
    *request.method_mut() = Method::POST;
    *request.body_mut() = Bytes::from_static(b"scope=okta.users.read+okta.groups.read&a=b");
    let answer = replay.send(request).now_or_never().unwrap().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(answer["scope"], "okta.users.read okta.groups.read");
}
