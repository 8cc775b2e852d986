//! `config`: is the configuration good, what is in force, and what can be written.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::{Global, failure, help, output};
use crate::config::{self, Config, ConfigErrors, Effective, Environment};
use crate::exit::Exit;
use crate::held::notice::ReadingNotice;
use crate::run::feasible;
use crate::text::json::nothing_hidden;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the configuration without asking Okta anything
    Check,
    /// Print what is in force, each value with the place it comes from; secrets are not shown
    #[command(after_help = help::CONFIG_PRINT)]
    Print {
        /// What it looks like
        #[arg(long, value_enum, default_value_t)]
        format: PrintFormat,
    },
    /// Print a JSON Schema of the configuration, for editors
    #[command(after_help = help::CONFIG_SCHEMA)]
    Schema,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PrintFormat {
    /// For people, with the places in comments
    #[default]
    Yaml,
    /// The values alone
    Json,
}

/// Does what the command says.
pub(super) async fn run(
    command: &ConfigCommand,
    global: &Global,
    environment: &Environment,
) -> Exit {
    let done = match command {
        ConfigCommand::Check => check(global, environment).await,
        ConfigCommand::Print { format } => print(*format, global, environment),
        ConfigCommand::Schema => Ok(output::result(format_args!("{:#}\n", config::schema()))),
    };
    match done {
        Ok(Ok(())) => Exit::Done,
        Ok(Err(error)) => failure::of_output(&error),
        Err(exit) => exit,
    }
}

/// Reads the configuration, and tells what is wrong with it.
pub(super) fn load(global: &Global, environment: &Environment) -> Result<Config, Exit> {
    config::load(&global.files, environment, &folder()?).map_err(|errors| refused(&errors))
}

/// Each tenant's part of the configuration, by its id, as a recording keeps it.
pub(super) fn of_each_tenant(
    global: &Global,
    environment: &Environment,
) -> Result<Vec<(String, Effective)>, Exit> {
    let parts = config::of_each_tenant(&global.files, environment, &folder()?);
    parts.map_err(|errors| refused(&errors))
}

/// Reads the configuration of a recording.
pub(super) fn recorded(file: &Path) -> Result<Config, Exit> {
    config::recorded(file, &folder()?).map_err(|errors| refused(&errors))
}

/// A result that was printed, or could not be; or why there is none.
type Printed = Result<Result<(), output::Unwritten>, Exit>;

async fn check(global: &Global, environment: &Environment) -> Printed {
    let config = load(global, environment)?;
    for notice in config.notices.iter().chain(&config.exposed) {
        output::message(notice);
    }
    for (provider, notice) in too_short(&config).await {
        output::message(format_args!("note: {provider}: {notice}"));
    }
    let tenants: Vec<String> = config
        .providers
        .iter()
        .map(|provider| format!("{} ({})", provider.id, provider.org.host()))
        .collect();
    Ok(output::lines(format_args!(
        "the configuration is good: {}; store {}\n",
        tenants.join(", "),
        config.store.url
    )))
}

/// Which tenants' schedules leave too little time, as far as the store knows how large they are. One that cannot be opened is
/// no fault of the configuration.
async fn too_short(config: &Config) -> Vec<(String, ReadingNotice)> {
    let mut found = Vec::new();
    let Ok(store) = config.store.url.open_to_look().await else {
        return found;
    };
    for provider in &config.providers {
        let Ok(Some(held)) = store.mirror(&provider.id).await else {
            continue;
        };
        let notice = feasible::of_held(provider, &held);
        found.extend(notice.map(|notice| (provider.id.clone(), notice)));
    }
    found
}

fn print(format: PrintFormat, global: &Global, environment: &Environment) -> Printed {
    let effective = config::print(&global.files, environment, &folder()?);
    let effective = effective.map_err(|errors| refused(&errors))?;
    Ok(match format {
        PrintFormat::Yaml => output::lines(effective),
        PrintFormat::Json => {
            let json = format!("{:#}", effective.json());
            output::result(format_args!("{}\n", nothing_hidden(&json)))
        }
    })
}

fn folder() -> Result<PathBuf, Exit> {
    std::env::current_dir()
        .map_err(|error| failure::of_system("the working directory cannot be read", &error))
}

fn refused(errors: &ConfigErrors) -> Exit {
    output::message(errors);
    Exit::Usage
}
