//! `runs`: what the ledger has of each run.

use catalog_model::EntityRef;
use clap::{Args, Subcommand};
use okta_auth::visible::line;

use super::session::Session;
use super::{Format, failure, help, output};
use crate::exit::Exit;
use crate::run::history::{PastChange, PastChanges, PastRun, Table};
use crate::store::{Runs, StoreError};
use crate::text::nearest::nearest;

/// So many runs are listed.
const LISTED: u32 = 20;

/// So many runs are looked through for a tenant that is called nearly as the one that was asked for.
const LOOKED_THROUGH: u32 = 1_000;

#[derive(Debug, Args)]
pub(super) struct RunsArgs {
    #[command(subcommand)]
    show: Option<RunsCommand>,
    /// Only the runs of this tenant
    #[arg(long, value_name = "ID")]
    provider: Option<String>,
    /// The newest so many [default: 20]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// What the result looks like
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// Show one run with everything that it changed, and why
    #[command(after_help = help::RUNS_SHOW)]
    Show {
        /// The number of the run
        #[arg(value_name = "N")]
        number: u64,
    },
    /// Show the latest changes of one person or group, whatever the run
    #[command(after_help = help::RUNS_OF)]
    Of {
        /// Its Okta id, or the ref of its entity, such as `user:default/jane`
        #[arg(value_name = "KEY")]
        key: String,
        /// The newest so many
        #[arg(long, value_name = "N", default_value_t = LISTED, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
}

pub(super) async fn runs(session: Session, arguments: &RunsArgs) -> Exit {
    let RunsArgs {
        show,
        provider,
        limit,
        format,
    } = arguments;
    let told = match (show, provider, limit) {
        (None, provider, limit) => {
            let limit = limit.unwrap_or(LISTED);
            list(&session, provider.as_deref(), limit, *format).await
        }
        (Some(RunsCommand::Show { number }), None, None) => {
            show_run(&session, *number, *format).await
        }
        (Some(RunsCommand::Of { key, limit }), None, None) => {
            changes_of(&session, key, *limit, *format).await
        }
        (Some(RunsCommand::Of { .. }), _, _) => {
            output::message(
                "error: `runs of` looks through the runs of all tenants\n  fix: leave out `--provider`, and put `--limit` behind `of`",
            );
            Err(Exit::Usage)
        }
        (Some(RunsCommand::Show { .. }), _, _) => {
            output::message(
                "error: `runs show` shows one run, whatever its tenant\n  fix: leave out `--provider` and `--limit`",
            );
            Err(Exit::Usage)
        }
    };
    match told {
        Ok(Ok(())) => Exit::Done,
        Ok(Err(error)) => failure::of_output(&error),
        Err(exit) => exit,
    }
}

/// A result that was printed, or could not be; or why there is none.
type Printed = Result<Result<(), output::Unwritten>, Exit>;

async fn list(session: &Session, provider: Option<&str>, limit: u32, format: Format) -> Printed {
    let runs = session.store.runs(Runs {
        provider: provider.map(str::to_owned),
        before: None,
        limit,
    });
    let runs = runs.await.map_err(|error| failure::of_store(&error))?;
    if let Some(provider) = provider.filter(|_| runs.is_empty()) {
        is_known(session, provider).await?;
    }
    Ok(match format {
        Format::Text => output::lines(Table(&runs)),
        Format::Json => runs
            .iter()
            .try_for_each(|entry| output::object(&PastRun::of(entry))),
    })
}

/// Whether there is such a tenant of which the ledger has nothing.
async fn is_known(session: &Session, provider: &str) -> Result<(), Exit> {
    let known = known(session).await;
    let known = known.map_err(|error| failure::of_store(&error))?;
    if known.iter().any(|it| it == provider) {
        return Ok(());
    }
    let known = known.iter().map(String::as_str);
    let fix = match nearest(provider, known.clone()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("use one of {}", known.collect::<Vec<_>>().join(", ")),
    };
    output::message(format_args!(
        "error: no tenant `{provider}` is configured, and the ledger has no run of it\n  fix: {fix}"
    ));
    Err(Exit::Usage)
}

/// The tenants that are configured, then those of the catalog and of the ledger.
async fn known(session: &Session) -> Result<Vec<String>, StoreError> {
    let of_catalog = session.store.providers().await?;
    let runs = Runs {
        limit: LOOKED_THROUGH,
        ..Runs::default()
    };
    let of_ledger = session.store.runs(runs).await?;
    let configured = session.config.providers.iter().map(|it| it.id.clone());
    let all = configured
        .chain(of_catalog.into_iter().map(|it| it.id))
        .chain(of_ledger.into_iter().map(|it| it.provider));
    let mut known = Vec::new();
    for id in all {
        if !known.contains(&id) {
            known.push(id);
        }
    }
    Ok(known)
}

async fn show_run(session: &Session, number: u64, format: Format) -> Printed {
    let found = session.store.run(number).await;
    let found = found.map_err(|error| failure::of_store(&error))?;
    let Some((entry, changes)) = found else {
        return Err(no_run(session, number).await);
    };
    let told = PastChanges::of(&entry, &changes);
    Ok(match format {
        Format::Text => output::lines(told),
        Format::Json => output::object(&told),
    })
}

async fn changes_of(session: &Session, key: &str, limit: u32, format: Format) -> Printed {
    // Refs are kept in their canonical form.
    let canonical = key.parse::<EntityRef>();
    let object = canonical.as_ref().map_or(key, EntityRef::as_str);
    let found = session.store.changes_of(object, limit).await;
    let found = found.map_err(|error| failure::of_store(&error))?;
    if found.is_empty() {
        output::message(format_args!(
            "error: the ledger has no change of `{}`\n  fix: use the Okta id, or the ref of the entity with its kind, such as \
             `user:default/jane`",
            line(key)
        ));
        return Err(Exit::Usage);
    }
    let mut changes = found.iter().map(|(run, began, change)| PastChange {
        run: *run,
        began: *began,
        change,
    });
    Ok(match format {
        Format::Text => changes.try_for_each(output::lines),
        Format::Json => changes.try_for_each(|change| output::object(&change)),
    })
}

async fn no_run(session: &Session, number: u64) -> Exit {
    let newest = Runs {
        limit: 1,
        ..Runs::default()
    };
    let newest = match session.store.runs(newest).await {
        Ok(newest) => newest,
        Err(error) => return failure::of_store(&error),
    };
    let (what, fix) = match newest.first() {
        Some(newest) => (
            format!("the newest is {}", newest.number),
            "`portal-sync runs` lists those that are kept",
        ),
        None => (
            "it has none yet".to_owned(),
            "run `portal-sync sync` first, or correct `portalSync.store.url`",
        ),
    };
    output::message(format_args!(
        "error: the ledger has no run {number}: {what}\n  fix: {fix}"
    ));
    Exit::Usage
}
