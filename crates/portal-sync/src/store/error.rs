//! What can be wrong with a store, and what to do about it.

use std::error::Error;

/// A store that failed.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {}", kind.what())]
pub(crate) struct StoreError {
    pub(super) kind: StoreErrorKind,
    pub(super) doing: String,
    pub(super) source: Option<Box<dyn Error + Send + Sync>>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum StoreErrorKind {
    /// Another process holds the database for too long.
    Locked,
    /// The database, or its folder, may not be written.
    ReadOnly,
    /// The disk is full.
    Full,
    /// The database was written by a newer portal-sync.
    NewerSchema,
    /// The file is the database of another program.
    Foreign,
    /// The file is no database, or it is damaged.
    Damaged,
    /// The path names a folder.
    IsFolder,
    /// The folder of the file does not exist.
    NoFolder,
    /// The file, or its folder, is closed to this user.
    Denied,
    /// The file cannot be opened.
    Unopenable,
    /// The disk fails.
    Disk,
    /// The file was there when it was opened, and is not any more.
    Gone,
    /// Another run of the same provider is under way.
    Busy,
    /// The turn of the run is lost, or what it was planned over is not there any more.
    Conflict,
    /// Another provider took one of the names since the plan was made.
    NameTaken,
    /// Anything else.
    Other,
}

impl StoreErrorKind {
    const fn what(self) -> &'static str {
        match self {
            Self::Locked => "the store is locked by another process",
            Self::ReadOnly => "the store may not be written",
            Self::Full => "the disk of the store is full",
            Self::NewerSchema => "the store was written by a newer portal-sync",
            Self::Foreign => "the file is the database of another program",
            Self::Damaged => "the store is no database, or it is damaged",
            Self::IsFolder => "the path is a folder",
            Self::NoFolder => "the folder does not exist",
            Self::Denied => "this user may not open the file",
            Self::Disk => "the disk of the store fails",
            Self::Gone => "the file is gone",
            Self::Unopenable => "the store cannot be opened",
            Self::Busy => "another run of this provider is under way",
            Self::Conflict => "another run of this provider took over meanwhile",
            Self::NameTaken => "another provider took one of the names meanwhile",
            Self::Other => "the store failed",
        }
    }

    /// Whether the store may be well again without anybody doing anything about its file.
    #[must_use]
    pub(crate) const fn may_pass(self) -> bool {
        matches!(
            self,
            Self::Locked
                | Self::ReadOnly
                | Self::Full
                | Self::Denied
                | Self::Unopenable
                | Self::Disk
        )
    }
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, doing: impl Into<String>) -> Self {
        Self {
            kind,
            doing: doing.into(),
            source: None,
        }
    }

    pub(crate) fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// What went wrong.
    #[must_use]
    pub(crate) const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// What to do about it.
    #[must_use]
    pub(crate) const fn fix(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::Locked => "stop the process that holds the database, or wait for it",
            StoreErrorKind::ReadOnly => {
                "make the database file and its folder writable for this user; SQLite writes `-wal` and `-shm` files beside it"
            }
            StoreErrorKind::Full => "free disk space; the previous generation is untouched",
            StoreErrorKind::NewerSchema => {
                "run the portal-sync that wrote it, or a newer one; another `portalSync.store.url` starts afresh"
            }
            StoreErrorKind::Damaged => {
                "restore the file from a backup, or move it away with its `-wal` and `-shm` files: the next `sync` reads everything from \
                 Okta again, and names are given anew"
            }
            StoreErrorKind::Foreign => {
                "set another `portalSync.store.url`: this file is not touched"
            }
            StoreErrorKind::IsFolder => {
                "name a file in it in `portalSync.store.url`, such as `sqlite:FOLDER/portal-sync.db`"
            }
            StoreErrorKind::NoFolder => {
                "make the folder, or set another path in `portalSync.store.url`"
            }
            StoreErrorKind::Denied => {
                "let this user read and write the file and its folder, or set another path in `portalSync.store.url`"
            }
            StoreErrorKind::Unopenable => {
                "set a path in `portalSync.store.url` at which this user can make files; SQLite makes `-wal` and `-shm` files beside it"
            }
            StoreErrorKind::Disk => {
                "look for what the system says of the disk; the previous generation is untouched"
            }
            StoreErrorKind::Gone => {
                "put the file back (a volume may not be mounted); where it is lost, start portal-sync again: it begins with an \
                 empty store, reads everything from Okta again, and names are given anew"
            }
            StoreErrorKind::Busy => {
                "wait for it, or stop the process that runs it; a turn that is not renewed runs out by itself"
            }
            StoreErrorKind::Conflict | StoreErrorKind::NameTaken => {
                "nothing was written; run again"
            }
            StoreErrorKind::Other => "the previous generation is untouched; run again",
        }
    }
}
