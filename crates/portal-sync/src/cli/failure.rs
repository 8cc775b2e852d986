//! How a failure is told: what was done, why it failed, what to do about it.

use std::error::Error;
use std::fmt::{Display, Write as _};

use okta_auth::visible::message;

use super::output::{self, Unwritten};
use super::recording::RecordingError;
use crate::cli::daemon::{Renamed, ServeError};
use crate::exit::Exit;
use crate::run::error::RunError;
use crate::store::StoreError;

/// Prints an error with its causes, each on a line, and the fix.
pub(super) fn print(error: &dyn Error, fix: Option<&str>) {
    let mut text = format!("error: {}", message(&error.to_string()));
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, "\n  because: {}", message(&error.to_string()));
        cause = error.source();
    }
    if let Some(fix) = fix {
        let _ = write!(text, "\n  fix: {}", message(fix));
    }
    output::message(text);
}

/// A run that failed.
pub(super) fn of_run(provider: &str, error: &RunError) -> Exit {
    let is_changed = if error.is_unanswered() {
        "whether the catalog was changed is not known"
    } else {
        "the catalog is unchanged"
    };
    output::message(format_args!("{provider}: {is_changed}"));
    print(error, error.fix().as_deref());
    error.exit()
}

/// A store that failed.
pub(super) fn of_store(error: &StoreError) -> Exit {
    print(error, Some(error.fix()));
    Exit::Store
}

/// A result that did not reach its reader, though all else was done.
pub(super) fn of_output(error: &Unwritten) -> Exit {
    print(
        error,
        Some("make room where it goes, or let it go elsewhere, and run the command again"),
    );
    Exit::Store
}

/// A report that did not reach its reader, of a run whose `state` stays as it is.
pub(super) fn of_report(error: &Unwritten, state: impl Display) -> Exit {
    output::message(state);
    print(
        error,
        Some(
            "make room where it goes, or let it go elsewhere; the next run begins from what the catalog holds now",
        ),
    );
    Exit::Store
}

/// A recording that cannot be made or read.
pub(super) fn of_recording(error: &RecordingError) -> Exit {
    print(error, Some(error.fix()));
    error.exit()
}

/// A tenant that has another id now.
pub(super) fn of_renamed(renamed: &Renamed) -> Exit {
    print(renamed, Some(&renamed.fix()));
    Exit::Usage
}

/// A daemon that could not start, or crashed.
pub(super) fn of_daemon(error: &ServeError) -> Exit {
    match error {
        ServeError::Listen { .. } => {
            print(
                error,
                Some(
                    "stop the program that has the port, or set another `portalSync.server.listen`",
                ),
            );
            Exit::Usage
        }
        ServeError::Shards { kept, .. } => {
            print(
                error,
                Some(&format!(
                    "write `shards: {kept}`, or leave the key out; to spread it anew, start over with another store"
                )),
            );
            Exit::Usage
        }
        ServeError::Renamed(renamed) => of_renamed(renamed),
        ServeError::Crashed(_) => {
            print(error, None);
            Exit::Bug
        }
    }
}

/// Something of the machine that should have worked.
pub(super) fn of_system(what: &str, error: &dyn Error) -> Exit {
    output::message(format_args!(
        "error: {what}\n  because: {}",
        crate::text::chain(error)
    ));
    Exit::Bug
}
