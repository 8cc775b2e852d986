//! `store`: is the store whole, and a copy of it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::session::Session;
use super::signals::stop_signal;
use super::{Format, failure, help, output};
use crate::exit::Exit;
use crate::store::{BackupError, CatalogStore as _, Checked, SqliteStore, StoreUrl};

mod report;

use report::StoreReport;

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Look through the whole store for damage, and say what is in it
    #[command(after_help = help::STORE_CHECK)]
    Check {
        #[command(flatten)]
        form: FormArgs,
    },
    /// Copy the store into a new file while others may use it, and check the copy
    #[command(after_help = help::STORE_BACKUP)]
    Backup {
        /// The file, which must not be there yet
        #[arg(value_name = "FILE")]
        to: PathBuf,
        #[command(flatten)]
        form: FormArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct FormArgs {
    /// What the result looks like
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) async fn run(session: Session, command: &StoreCommand) -> Exit {
    match command {
        StoreCommand::Check { form } => check(&session, form.format).await,
        StoreCommand::Backup { to, form } => backup(&session, to, form.format).await,
    }
}

async fn check(session: &Session, format: Format) -> Exit {
    let StoreUrl::Sqlite(path) = &session.config.store.url;
    if !path.exists() {
        return refused(&BackupError::NoStore(path.clone()));
    }
    match session.store.check().await {
        Ok(checked) => tell(session, &checked, None, format),
        Err(error) => failure::of_store(&error),
    }
}

async fn backup(session: &Session, to: &Path, format: Format) -> Exit {
    // The tools of a database server make copies of their own; there is only one kind of store that is a file.
    let StoreUrl::Sqlite(path) = &session.config.store.url;
    let store = match SqliteStore::open_to_look(path) {
        Ok(store) => store,
        Err(error) => return failure::of_store(&error),
    };
    let copied = tokio::select! {
        biased;
        copied = store.backup(to) => copied,
        () = stop_signal() => Err(BackupError::Stopped),
    };
    match copied {
        Ok(checked) => tell(session, &checked, Some(to), format),
        Err(error) => refused(&error),
    }
}

fn tell(session: &Session, checked: &Checked, copy: Option<&Path>, format: Format) -> Exit {
    let StoreUrl::Sqlite(path) = &session.config.store.url;
    let files = SqliteStore::files(copy.unwrap_or(path));
    let sizes = files.iter().filter_map(|it| it.metadata().ok());
    let report = StoreReport {
        store: path.display().to_string(),
        backup: copy.map(|copy| copy.display().to_string()),
        bytes: sizes.map(|it| it.len()).sum(),
        checked,
        now: session.clock.now(),
    };
    let printed = match format {
        Format::Text => output::lines(&report),
        Format::Json => output::object(&report),
    };
    match (printed, copy) {
        (Ok(()), _) => Exit::Done,
        (Err(error), None) => failure::of_output(&error),
        (Err(error), Some(copy)) => {
            let copy = copy.display();
            let state = format_args!("the copy `{copy}` is made; only its report is missing");
            failure::of_report(&error, state)
        }
    }
}

fn refused(error: &BackupError) -> Exit {
    failure::print(error, Some(error.fix()));
    error.exit()
}
