//! The command line as a whole: its help, its examples, its limits.

use super::*;

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn help_names_every_exit_code() {
    for exit in [
        Exit::Done,
        Exit::Changes,
        Exit::Withheld,
        Exit::Partial,
        Exit::Usage,
        Exit::Refused,
        Exit::Okta,
        Exit::Store,
        Exit::Busy,
        Exit::Bug,
    ] {
        let line = format!("\n  {:2}  ", exit.code());
        assert!(help::PROGRAM.contains(&line), "{exit:?}");
    }
}

#[test]
fn examples_of_help_are_command_lines() {
    let mut count = 0;
    for text in [
        help::PROGRAM,
        help::SYNC,
        help::PLAN,
        help::RUNS,
        help::RUNS_SHOW,
        help::FORGET,
        help::STORE_CHECK,
        help::STORE_BACKUP,
        help::EXPORT,
        help::CONFIG_PRINT,
        help::CONFIG_SCHEMA,
        help::COMPLETIONS,
    ] {
        let examples = text
            .lines()
            .filter(|line| line.starts_with("  portal-sync "));
        for example in examples {
            // Up to what the shell does with the output, and what the example is for.
            let command = example.trim().split("  ").next().unwrap();
            let command = command.split(['>', '|']).next().unwrap();
            let read = Cli::try_parse_from(command.split_whitespace());
            assert!(read.is_ok(), "{command}: {read:?}");
            count += 1;
        }
    }
    assert_eq!(count, 32);
}

#[test]
fn shells_complete_every_command() {
    use clap::ValueEnum as _;
    for shell in clap_complete::Shell::value_variants() {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut Cli::command(), "portal-sync", &mut script);
        let script = String::from_utf8(script).unwrap();
        for command in [
            "serve",
            "sync",
            "plan",
            "runs",
            "forget",
            "export",
            "completions",
        ] {
            assert!(script.contains(command), "{command} in {shell}");
        }
    }
}

#[test]
fn shards_are_bounded() {
    for (shards, good) in [
        ("0", false),
        ("1", true),
        ("1024", true),
        ("1025", false),
        ("-1", false),
    ] {
        let shards = format!("--shards={shards}");
        let read = Cli::try_parse_from(["portal-sync", "export", "--out", "x", &shards]);
        assert_eq!(read.is_ok(), good, "{shards}");
    }
}

#[test]
fn runs_are_listed_or_one_is_shown() {
    for (arguments, good) in [
        ("runs", true),
        ("runs --provider acme --limit 3 --format json", true),
        ("runs --limit 0", false),
        ("runs show", false),
        ("runs show 7 --format json", true),
        ("runs --format json show 7", true),
        ("runs --config a.yaml show 7", true),
        ("runs show 7 --limit 3", false),
        ("runs show seven", false),
        ("runs of 00u1 --limit 3 --format json", true),
        ("runs of", false),
    ] {
        let all = format!("portal-sync {arguments}");
        let read = Cli::try_parse_from(all.split(' '));
        assert_eq!(read.is_ok(), good, "{arguments}: {read:?}");
    }
}
