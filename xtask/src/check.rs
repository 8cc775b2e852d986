//! `cargo xtask test`: everything that CI runs, step by step.
//!
//! All steps share one profile and one set of compiler flags, so that none makes another build again.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, ensure};
use tokio::time::Instant;

use crate::{say, tidy};

/// Runs everything that CI runs.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Go on after a step that failed, and name all of them at the end
    #[arg(long)]
    pub keep_going: bool,
}

/// Runs the steps in order and stops at the first that fails, unless told otherwise.
///
/// # Errors
///
/// When a step fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if cfg!(windows) {
        step_aside(&std::env::current_exe()?);
    }
    run_steps(STEPS, args.keep_going, perform)
}

/// What CI runs, the quick steps first.
const STEPS: &[Step] = &[
    Step::cargo("fmt --all --check"),
    Step {
        environment: &[],
        work: Work::Tidy,
    },
    Step::cargo("clippy --workspace --all-targets --locked -- -D warnings"),
    // Documentation tests and the end-to-end tests are among them.
    Step::cargo("test --workspace --locked"),
    // The same of apps that prove possession; what is about the store alone has run.
    Step {
        environment: &[("E2E_DPOP", "required")],
        work: Work::Cargo(
            "test -p xtask --test e2e --locked -- --skip crash:: --skip database:: --skip disk:: --skip replicas:: --skip runs::",
        ),
    },
    Step {
        environment: &[("RUSTDOCFLAGS", "-Dwarnings")],
        work: Work::Cargo("doc --workspace --no-deps --document-private-items --locked"),
    },
    // It runs this program again, which the steps before may have put anew in the place of the one that runs.
    Step::cargo("run --quiet --package xtask --locked -- validators"),
    // The real client of Backstage's catalog over `serve`.
    Step::cargo("run --quiet --package xtask --locked -- backstage --client"),
    // What the libraries offer, and what becomes of them in the hands of others.
    Step::cargo("run --quiet --package xtask --locked -- api"),
    Step::cargo("run --quiet --package xtask --locked -- package"),
    Step::cargo("run --quiet --package xtask --locked -- semver"),
    // Nothing else links them.
    Step::cargo("build -p fuzz --locked"),
    Step {
        environment: &[],
        work: Work::Deny,
    },
];

/// One command, and what its environment has besides ours. Never `RUSTFLAGS`: everything would be built again.
#[derive(Debug)]
struct Step {
    environment: &'static [(&'static str, &'static str)],
    work: Work,
}

#[derive(Clone, Copy, Debug)]
enum Work {
    /// The arguments, separated by spaces.
    Cargo(&'static str),
    /// In this process: it is built already.
    Tidy,
    /// `cargo deny check`, where it is installed. It reads the advisory database over the network.
    Deny,
}

impl Step {
    const fn cargo(arguments: &'static str) -> Self {
        Self {
            environment: &[],
            work: Work::Cargo(arguments),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.environment {
            write!(f, "{name}={value} ")?;
        }
        match self.work {
            Work::Cargo(arguments) => write!(f, "cargo {arguments}"),
            Work::Tidy => f.write_str("cargo xtask tidy"),
            Work::Deny => f.write_str("cargo deny check"),
        }
    }
}

fn run_steps(
    steps: &[Step],
    keep_going: bool,
    mut perform: impl FnMut(&Step) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut failed = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        say(format_args!("[{}/{}] {step}", index + 1, steps.len()));
        let began = Instant::now();
        let outcome = perform(step);
        let seconds = began.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => say(format_args!("      done in {seconds:.1} s")),
            Err(error) => {
                say(format_args!("      failed after {seconds:.1} s: {error:#}"));
                failed.push(step.to_string());
                if !keep_going {
                    break;
                }
            }
        }
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join("; "));
    say(format_args!(
        "all of it passed in {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}

fn perform(step: &Step) -> anyhow::Result<()> {
    let arguments = match step.work {
        Work::Tidy => return tidy::run(),
        Work::Deny if !tidy::is_installed("deny")? => {
            say("      skipped: `cargo deny` is not installed; CI has it");
            return Ok(());
        }
        Work::Deny => "deny check",
        Work::Cargo(arguments) => arguments,
    };
    let status = tidy::cargo()?
        .args(arguments.split(' '))
        .envs(step.environment.iter().copied())
        .status()
        .context("cargo cannot be started")?;
    ensure!(status.success(), "{status}");
    Ok(())
}

/// Windows refuses to overwrite a running program, which linking this one again would do, but lets it be renamed.
/// Cargo keeps it under two names.
fn step_aside(program: &Path) {
    let (Some(folder), Some(name)) = (program.parent(), program.file_name()) else {
        return;
    };
    for current in [program.to_owned(), folder.join("deps").join(name)] {
        // What is not there needs no room made for it, and if it fails, linking says so.
        drop(std::fs::rename(&current, current.with_extension("old")));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use anyhow::bail;
    use proptest::arbitrary::any;
    use proptest::test_runner::{
        Config, FailurePersistence, FileFailurePersistence, RngSeed, TestRunner,
    };

    use super::*;

    const THREE: &[Step] = &[Step::cargo("one"), Step::cargo("two"), Step::cargo("three")];

    /// Runs the three, of which the first two fail, and says which ones ran.
    fn run_three(keep_going: bool) -> (String, Vec<String>) {
        let mut ran = Vec::new();
        let result = run_steps(THREE, keep_going, |step| {
            ran.push(step.to_string());
            if ran.len() < 3 {
                bail!("broken")
            } else {
                Ok(())
            }
        });
        (result.unwrap_err().to_string(), ran)
    }

    #[test]
    fn the_first_failure_ends_the_run() {
        let (error, ran) = run_three(false);
        assert_eq!((error.as_str(), ran.len()), ("failed: cargo one", 1));
    }

    #[test]
    fn or_the_run_goes_on_and_still_fails() {
        let (error, ran) = run_three(true);
        assert_eq!(
            (error.as_str(), ran.len()),
            ("failed: cargo one; cargo two", 3)
        );
    }

    #[test]
    fn a_run_without_failures_passes() {
        run_steps(THREE, false, |_| Ok(())).unwrap();
    }

    #[test]
    fn steps_keep_the_lock_file_and_build_alike() {
        for step in STEPS {
            let shown = step.to_string();
            assert!(
                !shown.contains("RUSTFLAGS=") && !shown.contains("--release"),
                "{shown}"
            );
            assert!(!shown.contains("--offline"), "{shown}");
            if let Work::Cargo(arguments) = step.work {
                assert!(
                    arguments.starts_with("fmt") || arguments.contains("--locked"),
                    "{shown}"
                );
            }
        }
    }

    #[test]
    fn a_running_program_makes_room_under_both_names() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("xtask.exe");
        let linked = folder.path().join("deps/xtask.exe");
        std::fs::create_dir(folder.path().join("deps")).unwrap();
        for path in [&program, &linked] {
            std::fs::write(path, "").unwrap();
        }
        step_aside(&program);
        assert!(!program.exists() && !linked.exists());
        assert!(folder.path().join("xtask.old").exists());
        step_aside(&program);
    }

    /// The numbers that a property test of this file is given.
    fn drawn(failure_persistence: Option<Box<dyn FailurePersistence>>) -> Vec<u64> {
        let drawn = RefCell::new(Vec::new());
        let mut runner = TestRunner::new(Config {
            cases: 3,
            source_file: Some(file!()),
            failure_persistence,
            ..Config::default()
        });
        let passed = runner.run(&any::<u64>(), |number| {
            drawn.borrow_mut().push(number);
            Ok(())
        });
        passed.unwrap();
        drawn.into_inner()
    }

    /// Cargo sets the seed by `.cargo/config.toml`; a test that another tool starts has to be given one, too.
    #[test]
    fn property_tests_draw_the_same_in_every_run() {
        let seed = Config::default().rng_seed;
        assert!(
            matches!(seed, RngSeed::Fixed(_)),
            "PROPTEST_RNG_SEED is not set"
        );
        assert_eq!(drawn(None), drawn(None));
    }

    #[test]
    fn property_tests_try_what_failed_before_first() {
        let new = drawn(None);
        let all = drawn(Some(Box::new(FileFailurePersistence::default())));
        assert_eq!((new.len(), all.len()), (3, 4), "{all:?}");
        assert_eq!(all[1..], new);
    }
}
