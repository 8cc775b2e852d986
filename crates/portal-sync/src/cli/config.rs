//! `config check`.

use std::path::PathBuf;

use super::{Global, failure, output};
use crate::config::{self, Config, Environment};
use crate::exit::Exit;
use crate::store::StoreUrl;

/// Reads the configuration, and tells what is wrong with it.
pub(super) fn load(global: &Global, environment: &Environment) -> Result<Config, Exit> {
    let folder = std::env::current_dir()
        .map_err(|error| failure::of_system("the working directory cannot be read", &error))?;
    config::load(&global.files, environment, &folder).map_err(|errors| {
        output::message(&errors);
        Exit::Usage
    })
}

pub(super) fn check(global: &Global, environment: &Environment) -> Exit {
    let config = match load(global, environment) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    for notice in config.notices.iter().chain(&config.exposed) {
        output::message(notice);
    }
    let tenants: Vec<String> = config
        .providers
        .iter()
        .map(|provider| format!("{} ({})", provider.id, provider.org.host()))
        .collect();
    let StoreUrl::Sqlite(path) = &config.store.url;
    let written = output::lines(format_args!(
        "the configuration is good: {}; store {}\n",
        tenants.join(", "),
        PathBuf::from(path).display()
    ));
    match written {
        Ok(()) => Exit::Done,
        Err(error) => failure::of_output(&error),
    }
}
