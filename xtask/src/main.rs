//! `cargo xtask`: what developers of portal-sync run.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Developer tools of portal-sync.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a simulated Okta org and `portal-sync serve` together, and show the page's address
    Demo(xtask::demo::Args),
    /// Run everything that CI runs
    Test(xtask::check::Args),
    /// Run the property tests, with more cases or another seed
    Laws(xtask::laws::Args),
    /// Run the end-to-end scenarios against their goldens
    E2e(xtask::e2e::Args),
    /// Serve a simulated Okta org
    Simulate(xtask::simulate::Args),
    /// Attack a running `serve`, as strangers and a broken upstream would
    Attack(xtask::attack::Args),
    /// Kill `sync` at random instants, on each store
    Crash(xtask::crash::Args),
    /// Disturb two `serve` on one PostgreSQL, and prove that nothing is lost
    #[cfg(unix)]
    Replicas(xtask::replicas::Args),
    /// Check the workspace's own rules
    Tidy,
    /// Compare the public API of each library with what is recorded
    Api(xtask::api::Args),
    /// Check each library as its package is, outside the workspace
    Package(xtask::package::Args),
    /// Compare each library with its last release, by `cargo semver-checks`
    Semver(xtask::semver::Args),
    /// Ask Backstage's own validators
    Validators(xtask::validators::Args),
    /// Have a stock Backstage read what `serve` answers
    Backstage(xtask::backstage::Args),
    /// The program under test
    #[command(hide = true, disable_help_flag = true)]
    PortalSync {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    if let Some(code) = xtask::api::stand_in() {
        return code;
    }
    let result = match Cli::parse().command {
        Command::PortalSync { arguments } => {
            return portal_sync::main_from(
                [OsString::from("portal-sync")].into_iter().chain(arguments),
            );
        }
        Command::Demo(args) => block_on(xtask::demo::run(args)),
        Command::Test(args) => xtask::check::run(&args),
        Command::Laws(args) => xtask::laws::run(&args),
        Command::E2e(args) => block_on(xtask::e2e::run(args)),
        Command::Simulate(args) => block_on(xtask::simulate::run(args)),
        Command::Attack(args) => block_on(xtask::attack::run(args)),
        Command::Crash(args) => block_on(xtask::crash::run(args)),
        #[cfg(unix)]
        Command::Replicas(args) => block_on(xtask::replicas::run(args)),
        Command::Tidy => xtask::tidy::run(),
        Command::Api(args) => xtask::api::run(args),
        Command::Package(args) => block_on(xtask::package::run(args)),
        Command::Semver(args) => xtask::semver::run(args),
        Command::Backstage(args) => block_on(xtask::backstage::run(args)),
        Command::Validators(args) => block_on(xtask::validators::run(args)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            xtask::say(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}
