//! Configuration: files in Backstage's conventions in, a checked [`Config`] out, with every error
//! at its place.
//!
//! ```text
//! files ─► YAML with places ─► substitution ─► layers merged (figment) ─► sections read ─► Config
//! ```
//!
//! Only `catalog.providers.okta` and `portalSync` are ours. There an unknown key is an error, and
//! an unset variable too; everything else in the files belongs to other plugins and is not looked
//! at.

use std::path::{Path, PathBuf};

use okta_auth::{Algorithm, PrivateKey};

use self::effective::{RECORDED_KEY, RECORDED_TOKEN};
use self::layers::Layers;
use self::section::Reading;
use self::tuning::Tuning;

// Leaf first: a module uses only modules listed above it.
mod environment;
mod keys;
mod place;

mod errors;
pub(crate) mod permissions;

mod elsewhere;

mod yaml;

mod schema;

mod misplaced;
mod secrecy;

mod substitute;

mod layers;

mod section;

mod duration;

mod credentials;
mod filters;
mod schedule;
mod strength;

mod tokens;

mod feed;

mod server;
mod store;

mod retention;

mod daemon;

mod mapping;

mod tuning;

mod provider;

mod effective;

pub(crate) use daemon::Telemetry;
pub(crate) use effective::Effective;
pub(crate) use environment::Environment;
pub(crate) use errors::{ConfigErrors, Notice};
pub(crate) use feed::Feed;
pub(crate) use schema::schema;
pub(crate) use server::Server;
pub(crate) use store::Store;

use crate::run::provider::ProviderConfig;
use crate::store::Retention;

/// A configuration that was checked: everything in it can be used as it is.
#[derive(Debug)]
pub(crate) struct Config {
    /// The Okta tenants; there is at least one, and no id twice.
    ///
    /// They are in the order in which the configuration names them, so that it decides which one gets a name that several
    /// want: a list in its order, a map in that of the first file, then what each later file, and at last the variables,
    /// add to it. That a later file names one again does not move it.
    pub providers: Vec<ProviderConfig>,
    /// Where the catalog is kept.
    pub store: Store,
    /// How much of the ledger is kept.
    pub retention: Retention,
    /// What `serve` listens on, and whom it answers.
    pub server: Server,
    /// How the catalog is fed to a Backstage.
    pub feed: Feed,
    /// Logs and traces.
    pub telemetry: Telemetry,
    /// Things to tell whoever wrote the configuration; none of them stops a run.
    pub notices: Vec<Notice>,
    /// The files in which secrets are and which other users of this machine can open, each told once. Unix only.
    pub exposed: Vec<Notice>,
}

/// Reads, merges and checks configuration files.
///
/// `files` are the ones given by `--config`, later ones overriding earlier ones; when there are
/// none, `app-config.yaml` and then `app-config.local.yaml` of the folder `cwd` are read. Relative
/// paths, also the store's, start at `cwd`; paths inside a file start at that file's folder.
///
/// # Errors
///
/// Everything that is wrong, not only the first: files that cannot be read or are not YAML, unset
/// variables, unknown and missing keys, values that cannot be used. Values of secret keys are never
/// quoted.
pub(crate) fn load(
    files: &[PathBuf],
    environment: &Environment,
    cwd: &Path,
) -> Result<Config, ConfigErrors> {
    let layers = layers::read(files, environment, cwd).map_err(ConfigErrors::new)?;
    checked(&layers, cwd)
}

/// Like [`load`], for people: every key that is in force with its value and with where it comes from. Secrets are not shown.
///
/// # Errors
///
/// Those of [`load`].
pub(crate) fn print(
    files: &[PathBuf],
    environment: &Environment,
    cwd: &Path,
) -> Result<Effective, ConfigErrors> {
    let layers = layers::read(files, environment, cwd).map_err(ConfigErrors::new)?;
    checked(&layers, cwd)?;
    Ok(Effective::of(&layers))
}

/// Each tenant's part of the configuration in force, by its id, as a recording of one of its runs keeps it.
///
/// # Errors
///
/// Those of [`load`].
pub(crate) fn of_each_tenant(
    files: &[PathBuf],
    environment: &Environment,
    cwd: &Path,
) -> Result<Vec<(String, Effective)>, ConfigErrors> {
    let layers = layers::read(files, environment, cwd).map_err(ConfigErrors::new)?;
    let config = checked(&layers, cwd)?;
    let ids: Vec<&str> = config.providers.iter().map(|it| it.id.as_str()).collect();
    Ok(Effective::of_each_tenant(&layers, &ids))
}

/// Reads such a part from its file. What stands for its secrets opens nothing.
///
/// # Errors
///
/// Those of [`load`].
pub(crate) fn recorded(file: &Path, cwd: &Path) -> Result<Config, ConfigErrors> {
    let key = PrivateKey::generate(Algorithm::ES256);
    let key = key
        .map(|key| key.expose_pem().to_owned())
        .unwrap_or_default();
    let token = "00recorded-recorded-recorded-recorded-0000";
    let stand_ins = [(RECORDED_KEY, key.as_str()), (RECORDED_TOKEN, token)];
    load(&[file.to_owned()], &stand_ins.into_iter().collect(), cwd)
}

fn checked(layers: &Layers, cwd: &Path) -> Result<Config, ConfigErrors> {
    let reading = Reading::new(layers);
    let ours = reading
        .at(&["portalSync"])
        .and_then(|entry| entry.section(&keys::PROGRAM, "a map"));
    let defaults = ours
        .as_ref()
        .map(|section| tuning::read(section, &Tuning::default()))
        .unwrap_or_default();
    if let Some(section) = &ours {
        // Every tenant reads it again with its own on top; here what is wrong is told also where all tenants override it.
        mapping::read(section.get("mapping"), None);
    }
    let daemon = daemon::read(ours.as_ref(), cwd);
    if let Some(section) = ours {
        section.close_beside(elsewhere::PROGRAM);
    }
    let providers = provider::read_all(&reading, &defaults);
    let notices = reading.finish()?;
    Ok(Config {
        providers,
        store: daemon.store,
        retention: daemon.retention,
        feed: daemon.feed,
        server: daemon.server,
        telemetry: daemon.telemetry,
        notices,
        exposed: layers.exposed(),
    })
}

#[cfg(test)]
mod tests;
