//! Results that do not arrive: a disk without room, a descriptor that takes nothing, a reader that went away.

use std::fs::{File, OpenOptions};
use std::process::Stdio;

use crate::{says, small_synced};

/// Every command that prints a result, and how it ends when the result arrives or nobody wants it.
const RESULTS: &[(&[&str], i32)] = &[
    (&["--help"], 0),
    (&["sync", "--help"], 0),
    (&["--version"], 0),
    (&["config", "check"], 0),
    (&["config", "print"], 0),
    (&["config", "print", "--format", "json"], 0),
    (&["config", "schema"], 0),
    (&["filter", "check", "--kind", "user", "id pr"], 0),
    (&["filter", "eval", "--kind", "user", "id pr", "people"], 0),
    (&["export"], 0),
    (&["export", "--format", "ndjson"], 0),
    (&["export", "--format", "json"], 0),
    (&["plan"], 2),
    (&["plan", "--format", "json"], 2),
    (&["sync"], 0),
    (&["sync", "--format", "json"], 0),
];

const PEOPLE: &str = r#"{"id":"00u1"}"#;
const SOREN: &str = "00u6soren0berg00000d";

/// Where nothing can be written: a descriptor that is for reading and, where the system has one, a disk without room.
fn unwritable() -> anyhow::Result<Vec<File>> {
    let mut files = vec![File::open("/dev/null")?];
    if cfg!(target_os = "linux") {
        files.push(OpenOptions::new().write(true).open("/dev/full")?);
    }
    Ok(files)
}

#[tokio::test]
async fn a_result_that_cannot_be_written_is_no_success() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    small.write("people", PEOPLE)?;
    for stdout in unwritable()? {
        for (arguments, _) in RESULTS {
            let run = small.run_into(stdout.try_clone()?.into(), arguments);
            let run = run.await?.exited(13)?;
            says(&run.stderr, &["error:", "cannot be written", "because:"]);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_reader_that_went_away_has_what_it_wanted() -> anyhow::Result<()> {
    let (small, _) = small_synced().await?;
    small.write("people", PEOPLE)?;
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status(SOREN, "DEPROVISIONED", now));
    for (arguments, code) in RESULTS {
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let run = small.run_into(Stdio::from(writer), arguments).await?;
        let run = run.exited(*code)?;
        assert!(
            !run.stderr.contains("error") && !run.stderr.contains("pipe"),
            "{arguments:?}: {}",
            run.stderr
        );
    }
    Ok(())
}

/// The commit is done by then: whoever reads the exit code alone would take the catalog for unchanged.
#[tokio::test]
async fn a_sync_whose_report_is_lost_says_that_the_catalog_was_changed() -> anyhow::Result<()> {
    let (small, before) = small_synced().await?;
    let now = small.simulator.now();
    small
        .simulator
        .edit(|org| org.set_status(SOREN, "DEPROVISIONED", now));
    for (format, words) in [
        ("json", "the catalog was changed, generation 2 is committed"),
        ("text", "the catalog was not changed"),
    ] {
        let stdout = Stdio::from(File::open("/dev/null")?);
        let run = small
            .run_into(stdout, &["sync", "--format", format])
            .await?;
        says(&run.exited(13)?.stderr, &[words, "fix:"]);
        assert_ne!(small.export().await?, before);
    }
    Ok(())
}
