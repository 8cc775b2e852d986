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
    /// The database, or its folder, may not be written, or the server is a standby.
    ReadOnly,
    /// The disk is full.
    Full,
    /// The database was written by a newer portal-sync.
    NewerSchema,
    /// The file, or the schema, is that of another program.
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
    /// The file, or the schema, was there when it was opened, and is not any more.
    Gone,
    /// No database server answers.
    Unreachable,
    /// The server refuses the user or the password.
    Refused,
    /// The server has no database of this name.
    NoDatabase,
    /// The user of the database may not do this.
    NoPrivilege,
    /// The server lacks connections or memory.
    Crowded,
    /// The server is older than what is written for.
    TooOld,
    /// The server took too long.
    TimedOut,
    /// TLS to the server fails, or its certificate proves nothing.
    Tls,
    /// Our own certificates, or those of authorities, cannot be read.
    Certificates,
    /// The server did not answer whether a commit is done.
    Unanswered,
    /// Transactions of others came in between.
    Contended,
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
            Self::Foreign => "the store is that of another program",
            Self::Damaged => "the store is no database, or it is damaged",
            Self::IsFolder => "the path is a folder",
            Self::NoFolder => "the folder does not exist",
            Self::Denied => "this user may not open the file",
            Self::Disk => "the disk of the store fails",
            Self::Gone => "the store is gone",
            Self::Unreachable => "the database server cannot be reached",
            Self::Refused => "the database server refuses this user",
            Self::NoDatabase => "the server has no such database",
            Self::NoPrivilege => "the user of the database lacks a privilege",
            Self::Crowded => "the database server has no room for more",
            Self::TooOld => "the server is older than PostgreSQL 13",
            Self::TimedOut => "the database took too long",
            Self::Tls => "TLS to the database server fails",
            Self::Certificates => "the certificates for the database server cannot be used",
            Self::Unanswered => "the database did not answer whether the commit is done",
            Self::Contended => "transactions of others came in between",
            Self::Unopenable => "the store cannot be opened",
            Self::Busy => "another run of this provider is under way",
            Self::Conflict => "another run of this provider took over meanwhile",
            Self::NameTaken => "another provider took one of the names meanwhile",
            Self::Other => "the store failed",
        }
    }

    /// Whether the store may be well again without anybody doing anything about its
    /// file or its schema.
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
                | Self::Unreachable
                | Self::Refused
                | Self::NoDatabase
                | Self::NoPrivilege
                | Self::Crowded
                | Self::TimedOut
                | Self::Tls
                | Self::Contended
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
                "make the database file and its folder writable for this user (SQLite writes `-wal` and `-shm` files beside it); \
                 of PostgreSQL name the primary, which may be written"
            }
            StoreErrorKind::Full => "free disk space; the previous generation is untouched",
            StoreErrorKind::NewerSchema => {
                "run the portal-sync that wrote it, or a newer one; another `portalSync.store.url` starts afresh"
            }
            StoreErrorKind::Damaged => {
                "restore the store from a backup, or leave it: move the file away with its `-wal` and `-shm` files (of \
                 PostgreSQL set another `portalSync.store.schema`); the next `sync` reads everything from Okta again, and \
                 names are given anew"
            }
            StoreErrorKind::Foreign => {
                "set another `portalSync.store.url`, or of PostgreSQL another `portalSync.store.schema`: this one is not touched"
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
                "put it back (a volume may not be mounted); where it is lost, start portal-sync again: it begins with an \
                 empty store, reads everything from Okta again, and names are given anew"
            }
            StoreErrorKind::Busy => {
                "wait for it, or stop the process that runs it; a turn that is not renewed runs out by itself"
            }
            StoreErrorKind::Conflict | StoreErrorKind::NameTaken | StoreErrorKind::Contended => {
                "nothing was written; run again"
            }
            StoreErrorKind::Other => "the previous generation is untouched; run again",
            kind => kind.fix_of_server(),
        }
    }
}

impl StoreErrorKind {
    /// Whether a server may be well again without anybody doing anything about it.
    #[must_use]
    pub(super) const fn passes_by_itself(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::Crowded
                | Self::TimedOut
                | Self::Locked
                | Self::Contended
                | Self::ReadOnly
        )
    }

    /// What to do about a database server.
    const fn fix_of_server(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "check the host and the port in `portalSync.store.url`, and that the server runs and takes connections"
            }
            Self::Refused => {
                "check the user and the password in `portalSync.store.url` (`@` in it is `%40`, `/` is `%2F`), and that \
                 `pg_hba.conf` lets this user in from here"
            }
            Self::NoDatabase => {
                "make the database (`CREATE DATABASE …`), or name another in `portalSync.store.url`"
            }
            Self::NoPrivilege => {
                "let an administrator make the schema that `portalSync.store.schema` names (`CREATE SCHEMA … AUTHORIZATION …`), or \
                 grant its use (`GRANT USAGE, CREATE ON SCHEMA … TO …`)"
            }
            Self::Crowded => {
                "lower `portalSync.store.pool`, or raise `max_connections` of the server"
            }
            Self::TooOld => "use PostgreSQL 13 or newer",
            Self::TimedOut => {
                "look at what keeps the server busy; `portalSync.store.statementTimeout` and `portalSync.store.pool` can be raised"
            }
            Self::Tls => {
                "check `sslmode` and `sslrootcert` in `portalSync.store.url`: the authority that signed the server's \
                 certificate, and the name in it; a server without TLS needs `ssl = on`, or another `sslmode`"
            }
            Self::Unanswered => {
                "look at `portal-sync runs`: the newest one tells whether it has committed"
            }
            Self::Certificates => {
                "let `sslrootcert` name a file of certificates in PEM, `sslcert` and `sslkey` those of a certificate and its key"
            }
            _ => "the previous generation is untouched; run again",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_may_recover_from_may_pass() {
        for (kind, may_pass) in [
            (StoreErrorKind::Unreachable, true),
            (StoreErrorKind::Refused, true),
            (StoreErrorKind::TimedOut, true),
            (StoreErrorKind::Tls, true),
            (StoreErrorKind::TooOld, false),
            (StoreErrorKind::Certificates, false),
            (StoreErrorKind::Foreign, false),
            (StoreErrorKind::Damaged, false),
        ] {
            assert_eq!(kind.may_pass(), may_pass, "{kind:?}");
        }
    }
}
