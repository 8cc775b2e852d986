//! What an org sends: the worst within the limits, and what is beyond them.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::client::Watch;
use super::process::Held;
use super::stage::{ONE_PROCESSOR, Outcome, Stage, TOKEN, mebibytes};
use crate::harness::{Daemon, Harness};
use crate::simulator::{Effect, Endpoint, Fault, Org};

/// How long `/healthz` may take, whatever is read.
const ALIVE: Duration = Duration::from_millis(500);

/// How long the end may take.
const END: Duration = Duration::from_secs(2);

/// A record with so many attributes of so many characters.
fn record(id: &str, attributes: usize, length: usize) -> String {
    let mut record =
        format!(r#"{{"id":"{id}","status":"ACTIVE","profile":{{"login":"{id}@example.com""#);
    let value = "x".repeat(length);
    for number in 0..attributes {
        let _ = write!(record, r#","attribute{number}":"{value}""#);
    }
    record.push_str("}}");
    record
}

/// How long `/healthz` takes at most until `done` says so.
async fn alive(
    daemon: &Daemon,
    mut done: impl FnMut() -> bool,
) -> anyhow::Result<(usize, Duration)> {
    let watch = Watch::begin(daemon.address());
    while !done() {
        sleep(Duration::from_millis(20)).await;
    }
    watch.end()
}

/// Every user has as many and as long attributes as a record may, on one processor; in the middle of it SIGTERM.
pub(super) async fn worst_records_within_the_limits(stage: Stage) -> anyhow::Result<Outcome> {
    const USERS: usize = 4_000;
    let mut org = Org::generate(0, 0, 11);
    org.clients = crate::Scenario::named("small")?.org.clients;
    let mut more = Org::generate(USERS, 20, 11);
    let wide: Vec<(String, Value)> = (0..900)
        .map(|number| (format!("attribute{number}"), json!("x".repeat(100))))
        .collect();
    for user in more.users.values_mut() {
        user.profile.extend(wide.iter().cloned());
    }
    org.users = more.users;
    org.groups = more.groups;
    org.memberships = more.memberships;
    let mut harness = stage.harness(org).await?;
    harness.launch_by(&ONE_PROCESSOR);
    // Each attribute is used, so that nothing is skipped.
    let used: Vec<String> = (0..900)
        .map(|number| format!("profile.attribute{number} pr"))
        .collect();
    let tenant = json!({
        "userFilter": used.join(" or "),
        "schedule": {"frequency": {"hours": 1}, "timeout": {"minutes": 10}},
    });
    harness.configure(&tenant, &json!({"server": {"tokens": [TOKEN]}}))?;
    let mut daemon = harness.serve::<&str>(&[]).await?;
    let began = Instant::now();
    let (tries, worst) = alive(&daemon, || began.elapsed() > Duration::from_secs(15)).await?;
    let peak = Held::peak(&daemon)?;
    let asked = Instant::now();
    daemon.end_by("TERM", Duration::from_secs(10)).await?;
    let end = asked.elapsed();
    Ok(Outcome::new(
        tries,
        worst < ALIVE && end < END,
        format_args!(
            "/healthz takes {:.2} s at most, SIGTERM {:.2} s, {} at most",
            worst.as_secs_f64(),
            end.as_secs_f64(),
            mebibytes(peak)
        ),
    ))
}

/// Lets `serve` read an org that sends each of these: the run ends soon, is nobody's wait, and takes little memory.
async fn read_each(stage: &Stage, sent: Vec<(&str, Effect)>) -> anyhow::Result<Outcome> {
    let (tries, mut held, mut figures) = (sent.len(), true, Vec::new());
    for (name, effect) in sent {
        let harness = stage.small().await?;
        harness
            .simulator
            .fail(Fault::always(Endpoint::Users, effect));
        let daemon = serve_unready(&harness).await?;
        let began = Instant::now();
        let deadline = Duration::from_secs(60);
        let (_, worst) = alive(&daemon, || {
            let log = daemon.log();
            log.contains("run ended") || log.contains("run failed") || began.elapsed() > deadline
        })
        .await?;
        let (took, peak) = (began.elapsed(), Held::peak(&daemon)?);
        held &=
            took < Duration::from_secs(20) && worst < Duration::from_secs(1) && peak < 500 << 20;
        figures.push(format!(
            "{name}: {:.1} s, /healthz {:.2} s, {} at most",
            took.as_secs_f64(),
            worst.as_secs_f64(),
            mebibytes(peak)
        ));
    }
    Ok(Outcome::new(tries, held, figures.join("; ")))
}

async fn serve_unready(harness: &Harness) -> anyhow::Result<Daemon> {
    harness.configure(&json!({}), &json!({}))?;
    harness.serve::<&str>(&[]).await
}

/// One record that is too much: it is quarantined, and nobody waits for it.
pub(super) async fn records_beyond_the_limits(stage: Stage) -> anyhow::Result<Outcome> {
    let attacks = [
        (
            "1,500,000 attributes",
            record("00uBeyond00000000001", 1_500_000, 1),
        ),
        (
            "100,000 attributes",
            record("00uBeyond00000000001", 100_000, 1),
        ),
        (
            "30,000,000 zeros",
            format!(
                r#"{{"id":"00uBeyond00000000001","status":"ACTIVE","profile":{{"login":"x","displayName":[{}0]}}}}"#,
                "0,".repeat(29_999_999)
            ),
        ),
        (
            "30,000,000 zeros that nothing uses",
            format!(
                r#"{{"id":"00uBeyond00000000001","status":"ACTIVE","profile":{{"login":"x"}},"zeros":[{}0]}}"#,
                "0,".repeat(29_999_999)
            ),
        ),
        (
            "a text of 30 MB",
            format!(
                r#"{{"id":"00uBeyond00000000001","status":"ACTIVE","profile":{{"login":"x","displayName":"{}"}}}}"#,
                "x".repeat(30_000_000)
            ),
        ),
        (
            "nesting of 10,000,000",
            format!(
                r#"{{"id":"00uBeyond00000000001","status":"ACTIVE","profile":{{"displayName":{}{}}}}}"#,
                "[".repeat(10_000_000),
                "]".repeat(10_000_000)
            ),
        ),
    ];
    let sent = attacks.map(|(name, text)| (name, Effect::MoreRecords(vec![text])));
    read_each(&stage, sent.into()).await
}

/// Pages of more records than anybody asked for.
pub(super) async fn pages_beyond_the_limits(stage: Stage) -> anyhow::Result<Outcome> {
    let small_record = |number: usize| format!(r#"{{"id":"00uSmall{number:012}"}}"#);
    let many: Vec<String> = (0..1_800_000).map(small_record).collect();
    let sent = vec![
        ("1,800,000 records of 33 bytes", Effect::MoreRecords(many)),
        ("5,000 users", Effect::Padded(5_000)),
        ("60,000 users", Effect::Padded(60_000)),
    ];
    read_each(&stage, sent).await
}

/// Errors with causes and scopes without end: nothing of them is longer than a few lines, wherever it goes.
pub(super) async fn refusals_without_end(stage: Stage) -> anyhow::Result<Outcome> {
    let causes: Vec<Value> = (0..60_000)
        .map(|number| json!({"errorSummary": format!("cause {number} {}", "x".repeat(800))}))
        .collect();
    let causes =
        json!({"errorCode": "E0000031", "errorSummary": "no", "errorCauses": causes}).to_string();
    let scopes: Vec<String> = (0..1_000_000)
        .map(|number| format!("scope.{number}"))
        .collect();
    let scopes =
        json!({"error": "invalid_scope", "error_description": scopes.join(" ")}).to_string();
    let granted: Vec<String> = (0..1_000_000)
        .map(|number| format!("scope.{number}"))
        .collect();
    let granted = json!({
        "token_type": "Bearer", "expires_in": 3600, "access_token": "x", "scope": granted.join(" "),
    })
    .to_string();
    let (mut held, mut figures) = (true, Vec::new());
    for (name, endpoint, status, text) in [
        ("causes", Endpoint::Users, 400, causes),
        ("scopes", Endpoint::Token, 400, scopes),
        ("granted scopes", Endpoint::Token, 200, granted),
    ] {
        let harness = stage.small().await?;
        harness
            .simulator
            .fail(Fault::always(endpoint, Effect::Body { status, text }));
        let daemon = serve_unready(&harness).await?;
        for _ in 0..600 {
            if daemon.log().contains("run failed") {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let page = daemon.get("/", None).await?.text.len();
        let longest = daemon.log().lines().map(str::len).max().context("no log")?;
        held &= daemon.log().contains("run failed") && longest < 8_000 && page < 100_000;
        figures.push(format!(
            "{name}: the longest line has {longest} bytes, the page {page}"
        ));
    }
    Ok(Outcome::new(3, held, figures.join("; ")))
}
