//! `cargo xtask package`: each library as whoever adds it gets it, packaged and unpacked into a folder outside the workspace.
//!
//! The folder is one below that of temporary files, always the same for one checkout, and what is built there goes to the
//! workspace's `target`: what the workspace has built for the same features is not built again.

mod outside;

mod brought;

mod examples;

mod programs;

use std::fmt;

use anyhow::ensure;

use crate::library::Library;
use crate::say;
use outside::Outside;

/// Packages each library, unpacks it outside the workspace, and checks it there.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Args {
    /// What is checked
    #[arg(value_enum, default_value_t = Check::Tests)]
    pub check: Check,
    /// Fail where it cannot be checked, for want of the oldest Rust
    #[arg(long)]
    pub required: bool,
}

/// What is checked of the unpacked libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Check {
    /// Their tests, each feature alone, programs that add them, and their examples
    Tests,
    /// Their tests with the lowest versions of their dependencies that their manifests admit
    Lowest,
    /// Their tests with the oldest Rust that they promise, where rustup has it
    OldestRust,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tests => "as they are",
            Self::Lowest => "with the lowest versions",
            Self::OldestRust => "with the oldest Rust",
        })
    }
}

/// Packages, unpacks and checks.
///
/// # Errors
///
/// When a library cannot be packaged, or fails outside the workspace.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let libraries = Library::all()?;
    if args.check == Check::Tests {
        brought::check(&libraries)?;
    }
    let outside = Outside::unpack(&libraries)?;
    for library in &libraries {
        say(format_args!("{library} {}", args.check));
        match args.check {
            Check::Tests => check_features(&outside, library)?,
            Check::Lowest => outside.test_lowest(library)?,
            Check::OldestRust => match outside.test_oldest(library)? {
                Ok(()) => {}
                Err(reason) => {
                    ensure!(!args.required, "{reason}");
                    say(format_args!("skipped: {reason}"));
                }
            },
        }
    }
    if args.check == Check::Tests {
        programs::check(&outside, &libraries)?;
        examples::check(&outside, &libraries).await?;
    }
    Ok(())
}

/// The packaged tests, and that the library can be built with nothing, with all and with each of its features alone.
fn check_features(outside: &Outside, library: &Library) -> anyhow::Result<()> {
    outside.cargo(library, "test --quiet --all-features")?;
    outside.cargo(library, "check --quiet --all-targets")?;
    outside.cargo(library, "check --quiet --no-default-features")?;
    for feature in library.features() {
        let alone = format!("check --quiet --no-default-features --features {feature}");
        outside.cargo(library, &alone)?;
    }
    Ok(())
}
