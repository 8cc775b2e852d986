//! `store`: is the store whole, and a copy of it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::session::Session;
use super::signals::stop_signal;
use super::{Format, failure, help, output};
use crate::exit::Exit;
use crate::store::{BackupError, Checked, PostgresSettings, SqliteStore, StoreUrl};

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
    let url = &session.config.store.url;
    if let Some(path) = url.file().filter(|path| !path.exists()) {
        return refused(&BackupError::NoStore(path.to_owned()));
    }
    match session.store.check().await {
        Ok(checked) if checked.schema == 0 => {
            let at = PathBuf::from(url.to_string());
            refused(&BackupError::NoStore(at))
        }
        Ok(checked) => tell(session, &checked, None, format),
        Err(error) => failure::of_store(&error),
    }
}

async fn backup(session: &Session, to: &Path, format: Format) -> Exit {
    let path = match &session.config.store.url {
        StoreUrl::Sqlite(path) => path,
        StoreUrl::Postgres(settings) => return of_server(settings),
    };
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

/// The tools of a database server make copies of their own.
fn of_server(settings: &PostgresSettings) -> Exit {
    let PostgresSettings {
        address, schema, ..
    } = settings;
    output::message(format_args!(
        "error: `{address}` is a database, and not a file that can be copied\n  fix: run `pg_dump --schema={schema} --file=FILE \
         DATABASE`; `psql --file=FILE DATABASE` restores it"
    ));
    Exit::Usage
}

fn tell(session: &Session, checked: &Checked, copy: Option<&Path>, format: Format) -> Exit {
    let report = StoreReport {
        store: session.config.store.url.to_string(),
        backup: copy.map(|copy| copy.display().to_string()),
        bytes: checked.bytes,
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
