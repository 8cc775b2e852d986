//! What an org sends that is not what Okta sends: an odd record is nobody else's trouble, too much of anything is refused,
//! and no text looks like something that it is not.

use serde_json::{Value, json};
use xtask::Harness;
use xtask::e2e::oracle::okta_id;
use xtask::harness;
use xtask::simulator::{Effect, Endpoint, Fault};

use crate::{counts, says, small, small_synced};

const ANA: &str = "00u1anadiaz00000000d";
const BEN: &str = "00u2benobrien000000d";
const PLATFORM: &str = "00g1platform0000000d";

/// A user who is well but for `displayName`, which is this text.
fn user_named(text: &str) -> String {
    format!(
        r#"{{"id":"{BEN}","status":"ACTIVE","profile":{{"login":"ben.obrien@example.com","email":"ben.obrien@example.com",
        "firstName":"Ben","lastName":"O'Brien","displayName":{text}}}}}"#
    )
}

/// A group who is well but for `description`.
fn group_about(text: &str) -> String {
    format!(
        r#"{{"id":"{PLATFORM}","type":"OKTA_GROUP","objectClass":["okta:user_group"],
        "profile":{{"name":"public-platform","description":{text}}}}}"#
    )
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// Values that no record of Okta has.
fn odd_values() -> Vec<(&'static str, String)> {
    vec![
        ("nesting", nested(300)),
        (
            "nested objects",
            format!("{}1{}", r#"{"a":"#.repeat(300), "}".repeat(300)),
        ),
        ("a number out of range", "1e999".to_owned()),
        ("a number with a zero before it", "007".to_owned()),
        ("no number", "NaN".to_owned()),
        ("half a word", "tru".to_owned()),
        ("an escape that is none", r#""\x""#.to_owned()),
        (
            "a megabyte of text",
            format!("\"{}\"", "x".repeat(1_000_000)),
        ),
        ("many values", format!("[{}0]", "0,".repeat(1_000_000))),
        (
            "thousands of attributes",
            format!(
                "\"x\"{}",
                (0..3_000)
                    .map(|number| format!(r#","a{number}":1"#))
                    .collect::<String>()
            ),
        ),
    ]
}

/// The entity of an object, if it is there.
async fn entity(harness: &Harness, id: &str) -> anyhow::Result<Option<Value>> {
    let entities = harness::entities(&harness.export().await?)?;
    Ok(entities.into_iter().find(|it| okta_id(it) == id))
}

/// Ana has another name from now on: to be seen by whoever reads on.
fn rename_ana(small: &Harness) {
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_user_profile(ANA, "displayName", json!("Ana Renamed"), now));
}

async fn ana_is_renamed(small: &Harness) -> anyhow::Result<bool> {
    let ana = entity(small, ANA).await?.unwrap_or_default();
    Ok(ana["spec"]["profile"]["displayName"] == "Ana Renamed")
}

#[tokio::test]
async fn an_odd_record_stays_as_it_was_and_everybody_else_is_read() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    small.read_in_full();
    for (what, value) in odd_values() {
        for (endpoint, id, text) in [
            (Endpoint::Users, BEN, user_named(&value)),
            (Endpoint::Groups, PLATFORM, group_about(&value)),
        ] {
            let before = entity(&small, id).await?;
            small.simulator.clear_faults();
            let now = small.simulator.now();
            let name = format!("Ana, {what} of {id}");
            small
                .simulator
                .edit(|org| org.set_user_profile(ANA, "displayName", json!(name), now));
            small.simulator.fail(Fault::always(
                endpoint,
                Effect::RecordText {
                    id: id.to_owned(),
                    text,
                },
            ));
            let run = small.run(&["sync", "--format", "json"]).await?.exited(4)?;
            assert!(run.stderr.len() < 10_000, "{what}: {}", run.stderr);
            let report = run.report()?;
            assert_eq!(
                counts(&report, ["quarantined", "removed"]),
                [1, 0],
                "{what}: {report:#}"
            );
            assert_eq!(entity(&small, id).await?, before, "{what}");
            let ana = entity(&small, ANA).await?.unwrap_or_default();
            assert_eq!(ana["spec"]["profile"]["displayName"], name, "{what}");
        }
    }
    Ok(())
}

/// In what nothing uses it is nobody's trouble at all.
#[tokio::test]
async fn what_nothing_uses_may_be_odd() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    let record = |odd: &str| {
        format!(
            r#"{{"id":"{BEN}","status":"ACTIVE","ours":{odd},"profile":{{"firstName":"Ben","lastName":"O'Brien",
            "email":"ben.obrien@example.com","login":"ben.obrien@example.com","shoeSize":{odd}}}}}"#
        )
    };
    for odd in [
        nested(300),
        r#""half \ud83d""#.to_owned(),
        "1e999".to_owned(),
    ] {
        small.simulator.clear_faults();
        small.simulator.fail(Fault::always(
            Endpoint::Users,
            Effect::RecordText {
                id: BEN.to_owned(),
                text: record(&odd),
            },
        ));
        let report = small.sync(0).await?;
        assert_eq!(counts(&report, ["quarantined", "removed"]), [0, 0], "{odd}");
    }
    assert_eq!(
        small.export().await?.lines().count(),
        before.lines().count()
    );
    Ok(())
}

/// Ids that are none: in an address they would lead elsewhere, on a terminal they would write over lines.
#[tokio::test]
async fn an_id_that_is_none_is_quarantined_and_printed_harmlessly() -> anyhow::Result<()> {
    let odd = [
        r#""00g\t1""#,
        r#""..""#,
        r#""00u1/../../groups""#,
        r#""00u\u001b]0;owned\u0007\n+ user:default/forged-line""#,
        r#""00u\u202e1""#,
        r#""00u 1""#,
        r#""00ü1""#,
    ];
    for endpoint in [Endpoint::Users, Endpoint::Groups] {
        for id in odd {
            let (small, _) = small_synced().await?;
            rename_ana(&small);
            let record = format!(
                r#"{{"id":{id},"status":"ACTIVE","profile":{{"name":"n","login":"odd"}}}}"#
            );
            small
                .simulator
                .fail(Fault::always(endpoint, Effect::MoreRecords(vec![record])));
            small.simulator.forget_requests();
            for command in ["plan", "sync"] {
                let said = small.run(&[command]).await?;
                assert_eq!(said.code, Some(4), "{id}: {}", said.stderr);
                harmless(&(said.stdout + &said.stderr));
            }
            assert!(ana_is_renamed(&small).await?, "{id}");
            let paths = small.simulator.requests();
            let foreign = paths
                .iter()
                .find(|it| it.path.contains("..") || it.status == 404);
            assert!(foreign.is_none(), "{id}: {foreign:?}");
        }
    }
    Ok(())
}

/// Who has no id that can be read may be anybody: nobody who is missing goes.
#[tokio::test]
async fn a_record_without_an_id_proves_nobodys_absence() -> anyhow::Result<()> {
    let no_ids = [
        r#"{"status":"ACTIVE","profile":{}}"#.to_owned(),
        r#"{"id":7,"profile":{}}"#.to_owned(),
        r#"{"id":"00ua","id":"00ub","profile":{}}"#.to_owned(),
        r#"{"id":"\ud800","profile":{}}"#.to_owned(),
        format!(r#"{{"id":"{}","profile":{{}}}}"#, "a".repeat(100_000)),
        "7".to_owned(),
        "null".to_owned(),
    ];
    for record in no_ids {
        let (small, _) = small_synced().await?;
        rename_ana(&small);
        small.simulator.edit(|org| org.remove_user(BEN));
        small.simulator.fail(Fault::always(
            Endpoint::Users,
            Effect::MoreRecords(vec![record.clone()]),
        ));
        let report = small.sync(4).await?;
        assert_eq!(counts(&report, ["removed"]), [0], "{record:.80}");
        assert!(entity(&small, BEN).await?.is_some(), "{record:.80}");
        assert!(ana_is_renamed(&small).await?, "{record:.80}");
    }
    Ok(())
}

#[tokio::test]
async fn a_page_of_many_more_records_than_asked_for_is_refused() -> anyhow::Result<()> {
    for (endpoint, count) in [(Endpoint::Users, 5_000), (Endpoint::Groups, 5_000)] {
        let (small, before) = small_synced().await?;
        small
            .simulator
            .fail(Fault::always(endpoint, Effect::Padded(count)));
        let said = small.run(&["sync"]).await?.exited(12)?;
        says(&said.stderr, &["fix: ", "200"]);
        assert_eq!(small.export().await?, before);
    }
    Ok(())
}

#[tokio::test]
async fn a_limit_that_is_reached_ends_the_run_and_names_its_key() -> anyhow::Result<()> {
    for (key, value) in [("users", 8), ("groups", 6), ("members", 5)] {
        let (small, before) = small_synced().await?;
        small.read_in_full();
        rename_ana(&small);
        small.configure(&json!({}), &json!({"limits": {key: value}}))?;
        let said = small.run(&["sync"]).await?.exited(12)?;
        let name = format!("limits.{key}");
        says(&said.stderr, &["fix: ", &name, &value.to_string()]);
        small.configure(&json!({}), &json!({}))?;
        assert_eq!(small.export().await?, before, "{key}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_refusal_says_is_bounded_and_harmless() -> anyhow::Result<()> {
    let causes: Vec<Value> = (0..60_000)
        .map(|number| json!({"errorSummary": format!("cause {number} \u{202e}\u{9b}31m\u{1b}[2J\n+ user:default/forged")}))
        .collect();
    let body = json!({
        "errorCode": "E0000031",
        "errorSummary": "x".repeat(1_000_000),
        "errorId": "oae",
        "errorCauses": causes,
    });
    let scopes: Vec<String> = (0..100_000)
        .map(|number| format!("scope.{number}"))
        .collect();
    let oauth = json!({
        "error": "invalid_scope",
        "error_description": format!("one or more scopes: {}", scopes.join(" ")),
    });
    for (endpoint, text) in [
        (Endpoint::Users, &body),
        (Endpoint::Groups, &body),
        (Endpoint::Token, &oauth),
    ] {
        let small = small().await?;
        let effect = Effect::Body {
            status: 400,
            text: text.to_string(),
        };
        small.simulator.fail(Fault::always(endpoint, effect));
        let said = small.run(&["sync"]).await?;
        assert!(matches!(said.code, Some(10..=12)), "{said:?}");
        harmless(&said.stderr);
        assert!(said.stderr.len() < 4_000, "{} bytes", said.stderr.len());
    }
    Ok(())
}

/// What a person approves looks like what it is.
#[tokio::test]
async fn names_are_printed_as_what_they_are() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    let odd = "Ana\u{9b}31m \u{202e}zaiD\u{2066}\u{2028}\u{200b}\u{1b}]8;;https://evil.example\u{7}\n- user:default/forged";
    let now = small.simulator.now();
    small.simulator.edit(|org| {
        org.set_user_profile(ANA, "displayName", json!(odd), now);
        org.set_group_profile(PLATFORM, "description", json!(odd), now);
    });
    for command in ["plan", "sync", "plan"] {
        let said = small.run(&[command]).await?;
        let all = said.stdout + &said.stderr;
        harmless(&all);
        assert!(!all.contains('\u{200b}'), "{all}");
    }
    Ok(())
}

/// Fails of what a terminal takes for an order, and of a line that somebody else has written.
#[track_caller]
fn harmless(said: &str) {
    let odd = said.chars().find(|it| {
        (it.is_control() && *it != '\n')
            || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}')
    });
    assert_eq!(odd, None, "{said:?}");
    let forged = said.lines().find(|line| {
        line.trim_start_matches(['+', '-', ' '])
            .starts_with("user:default/forged")
    });
    assert_eq!(forged, None, "{said}");
}
