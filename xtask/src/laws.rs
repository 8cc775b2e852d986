//! `cargo xtask laws`: the property tests, with a seed and a number of cases of one's choice.
//!
//! `cargo test` draws the same cases in every run, so that a change passes or fails for itself alone. Another seed, or more
//! cases, find what those cases do not show.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::str::FromStr;

use anyhow::{Context as _, bail};

use crate::{say, tidy};

/// Every test of the crates, of which property tests take the most time by far. Those of `xtask` have no laws.
const TESTS: &str =
    "test --workspace --exclude xtask --exclude fuzz --tests --locked --no-fail-fast";

/// Runs the property tests of all crates.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How many cases a law tries; some try a multiple of it, and some a part
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub cases: u32,
    /// What the cases are drawn from: a number, or `random`; by default what `cargo test` has
    #[arg(long)]
    pub seed: Option<Seed>,
    /// Only the tests whose name has this in it
    pub filter: Option<String>,
}

/// What the cases are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// The same cases each time.
    Fixed(u64),
    /// Other cases each time.
    Random,
}

impl FromStr for Seed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "random" => Ok(Self::Random),
            number => number
                .parse()
                .map(Self::Fixed)
                .map_err(|_| "neither a number nor `random`"),
        }
    }
}

/// Runs the laws, and says how to run a failure again.
///
/// # Errors
///
/// When a test fails, or cargo cannot be started.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let drawn = Drawn {
        seed: args.seed.map(|seed| match seed {
            Seed::Fixed(number) => number,
            Seed::Random => RandomState::new().hash_one(()),
        }),
        cases: args.cases,
        filter: args.filter.clone(),
    };
    say(format_args!("{drawn}"));
    let mut cargo = tidy::cargo()?;
    cargo
        .args(TESTS.split(' '))
        .args(&drawn.filter)
        .env("PROPTEST_CASES", drawn.cases.to_string());
    if let Some(seed) = drawn.seed {
        cargo.env("PROPTEST_RNG_SEED", seed.to_string());
    }
    let status = cargo.status().context("cargo cannot be started")?;
    if !status.success() {
        bail!(
            "run it again with `{drawn}`; the cases of laws that failed are in files below `proptest-regressions`: \
             commit them with the fix"
        );
    }
    Ok(())
}

/// What decides which cases a run tries. It prints as the command that tries them again.
struct Drawn {
    /// None for whatever the environment has.
    seed: Option<u64>,
    cases: u32,
    filter: Option<String>,
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cargo xtask laws --cases {}", self.cases)?;
        if let Some(seed) = self.seed {
            write!(f, " --seed {seed}")?;
        }
        match &self.filter {
            Some(filter) => write!(f, " {filter}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &str) -> Result<Args, clap::Error> {
        Cli::try_parse_from(line.split(' ').skip(2)).map(|cli| cli.args)
    }

    #[test]
    fn a_run_prints_as_the_command_that_repeats_it() {
        for line in [
            "cargo xtask laws --cases 256",
            "cargo xtask laws --cases 4096 --seed 18446744073709551615",
            "cargo xtask laws --cases 1 --seed 7 decide::mapping",
        ] {
            let Args {
                cases,
                seed,
                filter,
            } = args(line).unwrap();
            let seed = seed.map(|seed| match seed {
                Seed::Fixed(number) => number,
                Seed::Random => panic!("{line}"),
            });
            let drawn = Drawn {
                seed,
                cases,
                filter,
            };
            assert_eq!(drawn.to_string(), line);
        }
    }

    #[test]
    fn a_seed_is_a_number_or_random() {
        assert_eq!("random".parse(), Ok(Seed::Random));
        assert_eq!("7007".parse(), Ok(Seed::Fixed(7007)));
        for text in ["", "-1", "Random", "18446744073709551616"] {
            assert!(text.parse::<Seed>().is_err(), "{text}");
        }
    }
}
