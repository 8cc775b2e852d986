//! The command line: what each command is called, what it takes, and how it ends.

use std::ffi::OsString;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use tokio::runtime::{Builder, Runtime};

use crate::config::Environment;
use crate::exit::Exit;

mod confinement;

mod daemon;

mod help;

mod output;

mod recording;

mod failure;

mod config;

mod filter;

mod progress;

mod session;

mod export;
mod feed;

mod runs;

mod explain;

mod forget;

mod signals;

mod serve;

mod store;

mod record;

mod sync;

use session::{Purpose, Session};

/// Keeps a Backstage-style catalog of users and groups in step with Okta.
#[derive(Debug, Parser)]
#[command(name = "portal-sync", version, max_term_width = 100, after_help = help::PROGRAM)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Global {
    /// Configuration file; may repeat, later ones override earlier ones [default: app-config.yaml, app-config.local.yaml]
    #[arg(long = "config", value_name = "FILE", global = true)]
    files: Vec<PathBuf>,
    /// Print no progress and only errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Print more; repeat for even more
    #[arg(short, long, action = ArgAction::Count, global = true)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read the orgs on schedule and serve the catalog: API, page, metrics, health
    Serve,
    /// Read the orgs once and bring the catalog up to date
    #[command(after_help = help::SYNC)]
    Sync(SyncArgs),
    /// Show what `sync` would change, and change nothing
    #[command(after_help = help::PLAN)]
    Plan(PlanCommand),
    /// List the runs that were made, the newest first
    #[command(after_help = help::RUNS)]
    Runs(runs::RunsArgs),
    /// Say why a person or a group is in the catalog, or is not
    #[command(after_help = help::EXPLAIN)]
    Explain(explain::ExplainArgs),
    /// Take everything of a tenant out of the catalog that the configuration does not have any more
    #[command(after_help = help::FORGET)]
    Forget(forget::ForgetArgs),
    /// Look after the store
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Look after what a Backstage ingests
    #[command(subcommand)]
    Feed(feed::FeedCommand),
    /// Print the catalog as entities; as YAML, which is the default, a Backstage location accepts it
    #[command(after_help = help::EXPORT)]
    Export(export::ExportArgs),
    /// Try a search expression without asking Okta
    #[command(subcommand)]
    Filter(filter::FilterCommand),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print what completes this command line in a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
struct SyncArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// Let the removals go that this plan withheld
    #[arg(long, value_name = "PLAN")]
    approve: Option<String>,
    /// Keep what Okta answers in this folder, which is made, for `plan --replay`; it will hold personal data
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct PlanCommand {
    #[command(flatten)]
    plan: PlanArgs,
    /// Plan from what `sync --record` kept in this folder: without Okta, store or configuration
    #[arg(long, value_name = "DIR", conflicts_with_all = ["providers", "full", "files"])]
    replay: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct PlanArgs {
    /// Only this tenant; may repeat
    #[arg(long = "provider", value_name = "ID")]
    providers: Vec<String>,
    /// Read everything, and not only what changed since the last run
    #[arg(long)]
    full: bool,
    /// What the result looks like
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Runs the command line of the process.
#[must_use]
pub fn main() -> ExitCode {
    main_from(std::env::args_os())
}

/// Runs a command line, the name of the program first. There is no core dump of the process from then on.
#[must_use]
pub fn main_from(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    confinement::confine();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // The panic itself was printed by the panic hook; scripts need an exit code that says so.
    catch_unwind(AssertUnwindSafe(|| run(arguments)))
        .unwrap_or(Exit::Bug)
        .into()
}

fn run(arguments: Vec<OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            return match output::of_parser(&error) {
                Err(error) => failure::of_output(&error),
                Ok(()) if error.use_stderr() => Exit::Usage,
                Ok(()) => Exit::Done,
            };
        }
    };
    let runtime = match runtime(&cli) {
        Ok(runtime) => runtime,
        Err(error) => return failure::of_system("the async runtime cannot be started", &error),
    };
    let exit = runtime.block_on(dispatch(cli, environment()));
    // Nothing that still runs is needed: a commit is a transaction, whole or not at all.
    runtime.shutdown_timeout(Duration::from_millis(200));
    exit
}

/// What commands run on. In a replay the time is paused: where nothing is left to do it goes on to whatever is waited for.
fn runtime(cli: &Cli) -> io::Result<Runtime> {
    match &cli.command {
        Command::Plan(PlanCommand {
            replay: Some(_), ..
        }) => Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build(),
        _ => Builder::new_multi_thread().enable_all().build(),
    }
}

async fn dispatch(cli: Cli, environment: Environment) -> Exit {
    let Cli { global, command } = cli;
    match &command {
        Command::Config(command) => return config::run(command, &global, &environment).await,
        Command::Filter(command) => return filter::run(command),
        Command::Completions { shell } => return completions(*shell),
        Command::Plan(PlanCommand {
            plan,
            replay: Some(folder),
        }) => return sync::replay(&global, &environment, plan.format, folder).await,
        _ => {}
    }
    let purpose = match &command {
        Command::Serve => Purpose::Serve,
        Command::Sync(_) => Purpose::Sync,
        Command::Forget(arguments) if arguments.is_approved() => Purpose::Sync,
        Command::Feed(_) => Purpose::Sync,
        _ => Purpose::Look,
    };
    let mut session = match Session::open(&global, &environment, purpose).await {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let recorded = match &command {
        Command::Sync(SyncArgs {
            record: Some(folder),
            plan,
            ..
        }) => {
            let parts = config::of_each_tenant(&global, &environment);
            let parts = parts.and_then(|parts| record::begin(&mut session, plan, folder, &parts));
            match parts {
                Ok(recorded) => Some(recorded),
                Err(exit) => return exit,
            }
        }
        _ => None,
    };
    // The secrets in it were read, and are kept where they are used.
    drop(environment);
    match command {
        Command::Serve => serve::serve(session).await,
        Command::Sync(SyncArgs { plan, approve, .. }) => {
            sync::sync(session, &plan, approve.as_deref(), recorded).await
        }
        Command::Plan(PlanCommand { plan, .. }) => sync::plan(session, &plan).await,
        Command::Runs(arguments) => runs::runs(session, &arguments).await,
        Command::Explain(arguments) => explain::explain(session, &arguments).await,
        Command::Forget(arguments) => forget::run(session, &arguments).await,
        Command::Feed(command) => feed::run(session, &command).await,
        Command::Store(command) => store::run(session, &command).await,
        Command::Export(arguments) => export::export(session, arguments).await,
        Command::Filter(_) | Command::Config(_) | Command::Completions { .. } => Exit::Done,
    }
}

/// Made in memory first: what makes it panics when it cannot write.
fn completions(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "portal-sync", &mut script);
    match output::result(String::from_utf8_lossy(&script)) {
        Ok(()) => Exit::Done,
        Err(error) => failure::of_output(&error),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the environment is read"
)]
fn environment() -> Environment {
    Environment::from_os(std::env::vars_os())
}

#[cfg(test)]
mod tests;
