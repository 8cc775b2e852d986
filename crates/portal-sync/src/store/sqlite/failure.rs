//! What goes wrong on the store's thread.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::{StoreError, StoreErrorKind};

/// What went wrong, before it is told at which file.
#[derive(Debug)]
pub(super) enum Failure {
    Sqlite(rusqlite::Error),
    Kind(StoreErrorKind),
    Because(StoreErrorKind, Box<dyn Error + Send + Sync>),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

pub(super) fn damaged(error: impl Error + Send + Sync + 'static) -> Failure {
    Failure::Because(StoreErrorKind::Damaged, Box::new(error))
}

impl Failure {
    /// A file that the system does not open or look at.
    pub(super) fn unopenable(error: io::Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound => StoreErrorKind::NoFolder,
            ErrorKind::IsADirectory => StoreErrorKind::IsFolder,
            ErrorKind::PermissionDenied => StoreErrorKind::Denied,
            ErrorKind::ReadOnlyFilesystem => StoreErrorKind::ReadOnly,
            ErrorKind::StorageFull => StoreErrorKind::Full,
            _ => StoreErrorKind::Unopenable,
        };
        Self::Because(kind, Box::new(error))
    }

    /// What is to be written could not be unpacked.
    pub(super) fn unpacked(error: io::Error) -> Self {
        Self::Because(StoreErrorKind::Other, error.into())
    }

    /// The error, with what was being done to which file.
    pub(super) fn told(self, doing: &str, path: &Path) -> StoreError {
        let doing = format!("{doing} `{}`", path.display());
        match self {
            Self::Sqlite(error) => StoreError::new(kind_of(&error), doing).because(error),
            Self::Kind(kind) => StoreError::new(kind, doing),
            Self::Because(kind, error) => StoreError {
                source: Some(error),
                ..StoreError::new(kind, doing)
            },
        }
    }
}

fn kind_of(error: &rusqlite::Error) -> StoreErrorKind {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    match error.sqlite_error_code() {
        // The file of shared memory gets its blocks when it is made.
        Some(_) if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => StoreErrorKind::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Locked,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreErrorKind::ReadOnly,
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        Some(ErrorCode::CannotOpen) => StoreErrorKind::Unopenable,
        Some(ErrorCode::SystemIoFailure) => StoreErrorKind::Disk,
        _ if is_taken_name(error) => StoreErrorKind::NameTaken,
        // Our statements are always the same ones: what SQLite cannot make of them or of a row is the file's fault.
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None => {
            StoreErrorKind::Damaged
        }
        _ => StoreErrorKind::Other,
    }
}

/// The one constraint that another provider can break: refs are unique in the whole catalog.
fn is_taken_name(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}
