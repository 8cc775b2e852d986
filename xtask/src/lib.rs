#![doc = include_str!("../README.md")]

pub mod simulator;

pub mod scenario;

pub mod simulate;

pub use harness::Harness;
pub use scenario::Scenario;
pub use simulator::Simulator;

pub mod golden;

pub mod harness;

pub mod demo;

pub mod e2e;

pub mod attack;

pub mod crash;

#[cfg(unix)]
pub mod replicas;

pub mod tidy;

mod packages;

pub mod validators;

pub mod backstage;

pub mod laws;

pub mod library;

pub mod api;

pub mod package;

pub mod semver;

pub mod check;

/// Prints a line for whoever runs the tool.
pub fn say(line: impl std::fmt::Display) {
    use std::io::Write as _;
    // A reader that went away is no error.
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}
