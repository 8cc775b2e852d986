//! A run that was recorded: its replay makes the same plan without Okta, and nothing in it opens Okta.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use xtask::Harness;
use xtask::Scenario;
use xtask::harness::Run;
use xtask::simulator::{Bucket, Effect, Endpoint, Fault, Options, Org};

use crate::wiretap::Wiretap;
use crate::{counts, program, says, small, small_synced};

const ANA: &str = "00u1anadiaz00000000d";
const BEN: &str = "00u2benobrien000000d";
const PLATFORM: &str = "00g1platform0000000d";
const DATA: &str = "00g2data00000000000d";
const SHOE_SIZE: &str = "forty-two-and-a-half";

fn error(status: u16, code: &str) -> Effect {
    Effect::Error {
        status,
        code: code.to_owned(),
    }
}

/// Records a run into `rec`, and then replays that where there is neither configuration nor store nor Okta.
async fn recorded(harness: &Harness) -> anyhow::Result<(Run, Run)> {
    let sync = ["sync", "--format", "json", "--record", "rec"];
    let sync = harness.run(&sync).await?;
    let away = tempfile::tempdir()?;
    let hidden = ["app-config.yaml", "app-config.local.yaml", "catalog.db"];
    for name in hidden {
        let _may_not_be_there = fs::rename(harness.path(name), away.path().join(name));
    }
    harness.simulator.forget_requests();
    let replay = ["plan", "--format", "json", "--replay", "rec"];
    let replay = harness.run(&replay).await?;
    for name in hidden {
        let _was_not_there = fs::rename(away.path().join(name), harness.path(name));
    }
    let asked = harness.simulator.requests();
    ensure!(asked.is_empty(), "a replay asked Okta: {asked:?}");
    Ok((sync, replay))
}

/// Whether the replay made of the org what the run made of it.
fn same(sync: &Run, replay: &Run) -> anyhow::Result<()> {
    let said = format!("{}\n---\n{}", sync.stderr, replay.stderr);
    let (run, again) = (
        sync.report().context(said.clone())?,
        replay.report().context(said.clone())?,
    );
    for key in [
        "provider",
        "outcome",
        "planId",
        "added",
        "updated",
        "removed",
        "renamed",
        "withheld",
        "withheldRenames",
        "unknown",
        "quarantined",
        "throttled",
        "notices",
    ] {
        ensure!(
            run[key] == again[key],
            "{key}: {} and {}\n{said}",
            run[key],
            again[key]
        );
    }
    let requests = |report: &Value| {
        let mut requests = report["requests"].clone();
        requests["total"].take();
        requests["endpoints"]["/oauth2/v1/token"].take();
        requests
    };
    // Of a run that fails it depends on what was under way at that moment.
    ensure!(
        !run["error"].is_null() || requests(&run) == requests(&again),
        "{run:#}\n{again:#}\n{said}"
    );
    let code = match (sync.code, &again["changes"]) {
        (Some(0), Value::Array(changes)) if !changes.is_empty() => Some(2),
        (code, _) => code,
    };
    ensure!(replay.code == code, "{:?} {code:?}\n{said}", replay.code);
    Ok(())
}

/// The changes that the run committed, by the ledger.
async fn changes(harness: &Harness, report: &Value) -> anyhow::Result<Value> {
    let number = report["run"].to_string();
    let shown = ["runs", "show", &number, "--format", "json"];
    let shown = harness.run(&shown).await?.exited(0)?.report()?;
    let committed = shown["changes"].as_array().cloned().unwrap_or_default();
    let committed = committed
        .into_iter()
        .filter(|it| it["change"] != "withheld");
    Ok(committed.collect())
}

#[tokio::test]
async fn a_run_replays_to_its_plan() -> anyhow::Result<()> {
    let small = small().await?;
    let (sync, replay) = recorded(&small).await?;
    same(&sync, &replay)?;
    let (run, again) = (sync.report()?, replay.report()?);
    assert_eq!(changes(&small, &run).await?, again["changes"]);
    says(&sync.stderr, &["recording into `rec`", "personal data"]);
    let said = small.run(&["sync", "--record", "rec"]).await?.exited(10)?;
    says(
        &said.stderr,
        &["there is something in `rec` already", "fix: "],
    );
    Ok(())
}

/// What the run met, and whether it brings the rest of the org's changes.
fn troubles() -> Vec<(&'static str, Vec<Fault>)> {
    use Endpoint::{GroupUsers, Groups, Users};
    let of_platform = |effect| vec![Fault::always(GroupUsers, effect).for_id(PLATFORM)];
    let odd = Effect::RecordText {
        id: BEN.to_owned(),
        text: format!(r#"{{"id":"{BEN}","status":"ACTIVE","profile":{{"login":tru}}}}"#),
    };
    let nobody = Effect::MoreRecords(vec![r#"{"status":"ACTIVE","profile":{}}"#.to_owned()]);
    let large = Effect::RecordText {
        id: BEN.to_owned(),
        text: format!(
            r#"{{"id":"{BEN}","status":"ACTIVE","profile":{{"login":"b","shoeSize":"{}"}}}}"#,
            "x".repeat(1_000_000)
        ),
    };
    vec![
        ("none", vec![]),
        (
            "what passes",
            vec![
                Fault::first(Users, 2, error(500, "E0000009")),
                Fault::nth(Groups, 1, Effect::ResetBefore),
                Fault::nth(GroupUsers, 2, Effect::ResetInBody),
                Fault::nth(GroupUsers, 3, Effect::TruncatedJson),
                Fault::nth(GroupUsers, 4, Effect::TokensExpire),
                Fault::nth(GroupUsers, 5, Effect::Html { status: 503 }),
                Fault::nth(GroupUsers, 6, Effect::RateLimitedUntold),
                Fault::nth(GroupUsers, 7, Effect::ConcurrencyLimited),
            ],
        ),
        ("members gone", of_platform(error(404, "E0000007"))),
        ("members refused", of_platform(error(403, "E0000006"))),
        (
            "a page of a proxy",
            of_platform(Effect::Html { status: 200 }),
        ),
        ("a cursor that repeats", of_platform(Effect::RepeatedCursor)),
        ("an odd record", vec![Fault::always(Users, odd)]),
        ("a record without an id", vec![Fault::always(Users, nobody)]),
        (
            "a record that is too large",
            vec![Fault::always(Users, large)],
        ),
        (
            "a group of wrong types",
            vec![Fault::always(Groups, Effect::MalformedRecord { id: None })],
        ),
        ("nobody", vec![Fault::always(Users, Effect::NoRecords)]),
        (
            "refused",
            vec![Fault::always(Users, error(403, "E0000006"))],
        ),
        (
            "no JSON",
            vec![Fault::always(Groups, Effect::MalformedJson)],
        ),
        (
            "not Okta",
            vec![Fault::always(Users, Effect::Html { status: 200 })],
        ),
        (
            "a foreign link",
            vec![Fault::always(
                Users,
                Effect::NextOnHost("evil.example.org".to_owned()),
            )],
        ),
        (
            "too many records",
            vec![Fault::always(Groups, Effect::Padded(5_000))],
        ),
    ]
}

#[tokio::test]
async fn every_trouble_of_a_run_is_met_again() -> anyhow::Result<()> {
    for (what, faults) in troubles() {
        let (small, _) = small_synced().await?;
        let now = small.simulator.now();
        small.simulator.edit(|org| {
            org.set_user_profile(ANA, "displayName", json!("Ana Renamed"), now);
            org.leave(DATA, "00u3chidiabara00000d", now);
        });
        for fault in faults {
            small.simulator.fail(fault);
        }
        let (sync, replay) = recorded(&small).await?;
        same(&sync, &replay).context(what)?;
        let (run, again) = (sync.report()?, replay.report()?);
        if run["generation"].is_number() {
            assert_eq!(changes(&small, &run).await?, again["changes"], "{what}");
        }
        assert_eq!(
            run["failure"]["message"].is_null(),
            again["failure"]["message"].is_null(),
            "{what}"
        );
    }
    Ok(())
}

/// Where the client gave up it gives up again, and nobody waits for it.
#[tokio::test]
async fn what_a_run_waited_for_is_waited_for_in_no_time() -> anyhow::Result<()> {
    let mut org = Org::generate(40, 20, 11);
    org.clients = Scenario::named("small")?.org.clients;
    let options = Options {
        window: Duration::from_secs(2),
        limits: [(Bucket::Groups, 12)].into(),
        share_percent: 100,
        ..Options::default()
    };
    let harness = Harness::start(program(), org, options).await?;
    let group = harness.simulator.org().groups.keys().next_back().cloned();
    let group = group.context("a group")?;
    let fails = Fault::always(Endpoint::GroupUsers, Effect::ResetBefore).for_id(&group);
    harness.simulator.fail(fails);
    harness
        .simulator
        .fail(Fault::nth(Endpoint::Groups, 1, Effect::RateLimited));
    harness.configure(
        &json!({"schedule": {"timeout": {"seconds": 40}}}),
        &json!({}),
    )?;
    let (sync, replay) = recorded(&harness).await?;
    same(&sync, &replay)?;
    let (run, again) = (sync.report()?, replay.report()?);
    assert_eq!(run["outcome"], "partial");
    assert_eq!(counts(&run, ["unknown"]), [1]);
    let waited = |report: &Value| report["waitedSeconds"].as_f64().unwrap_or_default();
    assert!(waited(&again) > 1.0, "{again:#}");
    Ok(())
}

#[tokio::test]
async fn what_was_approved_is_approved_again() -> anyhow::Result<()> {
    let mut org = Org::generate(100, 12, 5);
    org.clients = Scenario::named("small")?.org.clients;
    let harness = Harness::start(program(), org, Options::default()).await?;
    harness.read_in_full();
    harness.sync(0).await?;
    harness.simulator.edit(|org| {
        let ids: Vec<String> = org.users.keys().take(30).cloned().collect();
        ids.iter().for_each(|id| org.remove_user(id));
    });
    let (sync, replay) = recorded(&harness).await?;
    assert_eq!(sync.code, Some(3), "{}", sync.stderr);
    same(&sync, &replay)?;

    fs::remove_dir_all(harness.path("rec"))?;
    let plan = sync.report()?["planId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let approve = [
        "sync",
        "--format",
        "json",
        "--record",
        "rec",
        "--approve",
        &plan,
    ];
    let sync = harness.run(&approve).await?.exited(0)?;
    let replay = ["plan", "--format", "json", "--replay", "rec"];
    let replay = harness.run(&replay).await?.exited(2)?;
    same(&sync, &replay)
}

/// With the configuration that selects by everything.
#[tokio::test]
async fn what_a_recording_holds_opens_nothing_and_is_what_is_used() -> anyhow::Result<()> {
    let mut small = small().await?;
    let tap = Wiretap::on(&small.simulator.url()).await?;
    small.set("OKTA_URL", &tap.url);
    let now = small.simulator.now();
    small.simulator.edit(|org| {
        org.clients[0].dpop_required = true;
        org.set_user_profile(ANA, "shoeSize", json!(SHOE_SIZE), now);
        org.set_user_profile(ANA, "department", json!("Engines"), now);
        org.set_group_profile(PLATFORM, "secretPurpose", json!(SHOE_SIZE), now);
    });
    small.configure(
        &json!({
            "userFilter": "profile.department pr or status eq \"ACTIVE\"",
            "groupFilter": "profile.name co \"-\"",
            "mapping": {"users": {"title": "{department}"}},
        }),
        &json!({"server": {"tokens": ["page-token-c2VjcmV0"]}}),
    )?;
    small
        .simulator
        .fail(Fault::nth(Endpoint::Users, 1, error(401, "E0000011")));
    let (sync, replay) = recorded(&small).await?;
    same(&sync, &replay)?;

    let key = fs::read_to_string(small.path("key.pem"))?;
    let mut secrets: Vec<String> = key.lines().map(str::to_owned).collect();
    secrets.extend(tap.between("\"access_token\":\"", '"'));
    secrets.extend(tap.between("client_assertion=", '&'));
    secrets.extend(tap.between("authorization: DPoP ", '\r'));
    secrets.extend(tap.between("dpop: ", '\r'));
    secrets.extend(tap.between("dpop-nonce: ", '\r'));
    assert!(secrets.len() > key.lines().count() + 5);
    secrets.extend([SHOE_SIZE.to_owned(), "page-token-c2VjcmV0".to_owned()]);
    let mut is_kept = false;
    for file in fs::read_dir(small.path("rec"))? {
        let path = file?.path();
        is_private(&path, 0o600)?;
        let bytes = fs::read(&path)?;
        let text = String::from_utf8_lossy(&bytes);
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            assert!(
                !text.contains(secret),
                "`{secret}` is in {}",
                path.display()
            );
        }
        is_kept |= text.contains("Engines");
    }
    assert!(is_kept, "what is used is there");
    is_private(&small.path("rec"), 0o700)
}

#[cfg(unix)]
fn is_private(path: &Path, expected: u32) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    ensure!(mode == expected, "{} has {mode:o}", path.display());
    Ok(())
}

#[cfg(not(unix))]
fn is_private(_: &Path, _: u32) -> anyhow::Result<()> {
    Ok(())
}

#[tokio::test]
async fn a_recording_that_cannot_be_used_is_named() -> anyhow::Result<()> {
    let small = small().await?;
    let replay = async || small.run(&["plan", "--replay", "rec"]).await?.exited(10);
    says(&replay().await?.stderr, &["`rec` is no recording", "fix: "]);
    small.run(&["sync", "--record", "rec"]).await?.exited(0)?;
    let (index, exchanges) = (
        small.path("rec/recording.json"),
        small.path("rec/exchanges.ndjson"),
    );
    let (whole, lines) = (fs::read_to_string(&index)?, fs::read_to_string(&exchanges)?);

    fs::write(&index, whole.replace("\"format\": 1", "\"format\": 2"))?;
    says(&replay().await?.stderr, &["in format 2", "fix: "]);
    fs::write(&index, &whole)?;
    fs::write(&exchanges, &lines.as_bytes()[..lines.len() / 2])?;
    says(
        &replay().await?.stderr,
        &["is damaged", "is no exchange", "fix: "],
    );
    let without_users = lines
        .lines()
        .filter(|line| !line.contains("/api/v1/users?"));
    fs::write(
        &exchanges,
        without_users
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    )?;
    says(
        &replay().await?.stderr,
        &["the recording has no answer", "GET /api/v1/users?", "fix: "],
    );
    let said = small
        .run(&["plan", "--replay", "rec", "--provider", "default"])
        .await?
        .exited(10)?;
    says(&said.stderr, &["cannot be used with"]);
    let said = small
        .run(&["plan", "--replay", "rec", "--config", "app-config.yaml"])
        .await?
        .exited(10)?;
    says(&said.stderr, &["cannot be used with"]);
    Ok(())
}
