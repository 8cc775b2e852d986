//! What goes wrong between us and the server.

use std::error::Error;
use std::io;

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use tokio_postgres::error::DbError;

use crate::store::{StoreError, StoreErrorKind};

/// What went wrong, before it is told at which database.
#[derive(Debug)]
pub(super) enum Failure {
    Postgres(tokio_postgres::Error),
    Kind(StoreErrorKind),
    Because(StoreErrorKind, Box<dyn Error + Send + Sync>),
}

/// What errors of the driver begin with; their kinds are not public (tokio-postgres, `error/mod.rs`).
const HANDSHAKE: &str = "error performing TLS handshake";
const CONFIGURATION: &str = "invalid configuration";
const AUTHENTICATION: &str = "authentication error";
const CONNECTING: [&str; 5] = [
    "error connecting to server",
    "error communicating with the server",
    "connection closed",
    // Whatever answers there, it is no PostgreSQL.
    "unexpected message from server",
    "error parsing response from server",
];

/// What the driver says of a server that only reads, where one was asked for that is written to.
const ONLY_READS: &str = "database does not allow writes";

/// The one constraint that another provider can break: refs are unique in the whole catalog.
const UNIQUE_REF: &str = "entity_ref_key";

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                Self::Postgres(error)
            }
            PoolError::Timeout(TimeoutType::Wait) => {
                Self::because(StoreErrorKind::TimedOut, "all connections are in use")
            }
            PoolError::Timeout(_) => {
                Self::because(StoreErrorKind::Unreachable, "it does not answer in time")
            }
            error => Self::Because(StoreErrorKind::Other, Box::new(error)),
        }
    }
}

/// What is stored is not what was written.
pub(super) fn damaged(error: impl Error + Send + Sync + 'static) -> Failure {
    Failure::Because(StoreErrorKind::Damaged, Box::new(error))
}

impl Failure {
    pub(super) fn because(kind: StoreErrorKind, what: impl Into<String>) -> Self {
        Self::Because(kind, Box::new(io::Error::other(what.into())))
    }

    pub(super) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Postgres(error) => kind_of(error),
            Self::Kind(kind) | Self::Because(kind, _) => *kind,
        }
    }

    /// The error, with what was being done in which database.
    pub(super) fn told(self, doing: &str, at: &impl std::fmt::Display) -> StoreError {
        let error = StoreError::new(self.kind(), format!("{doing} `{at}`"));
        match self {
            Self::Postgres(cause) => error.because(cause),
            Self::Kind(_) => error,
            Self::Because(_, cause) => StoreError {
                source: Some(cause),
                ..error
            },
        }
    }
}

fn kind_of(error: &tokio_postgres::Error) -> StoreErrorKind {
    if let Some(error) = error.as_db_error() {
        return of_code(error);
    }
    let causes = || std::iter::successors(error.source(), |cause| beneath(*cause));
    let is_of_tls = |cause: &(dyn Error + 'static)| cause.is::<rustls::Error>();
    match error.to_string().as_str() {
        // Somebody in between took the connection for a server that is not there.
        HANDSHAKE if causes().any(is_cut) => StoreErrorKind::Unreachable,
        HANDSHAKE => StoreErrorKind::Tls,
        // A certificate of ours is refused only once the handshake is done.
        _ if causes().any(is_of_tls) => StoreErrorKind::Tls,
        // It says so of a password that is asked for and missing.
        CONFIGURATION | AUTHENTICATION => StoreErrorKind::Refused,
        _ if causes().any(|cause| cause.to_string() == ONLY_READS) => StoreErrorKind::ReadOnly,
        said if CONNECTING.contains(&said) => StoreErrorKind::Unreachable,
        // Our statements are always the same ones: a row that they do not fit is the schema's fault.
        _ => StoreErrorKind::Damaged,
    }
}

/// Whether a connection just ended.
fn is_cut(cause: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let cause = cause.downcast_ref::<io::Error>();
    cause.is_some_and(|it| {
        let cut = [
            BrokenPipe,
            ConnectionAborted,
            ConnectionReset,
            UnexpectedEof,
        ];
        it.get_ref()
            .is_none_or(|inner| !inner.is::<rustls::Error>())
            && cut.contains(&it.kind())
    })
}

/// The cause of an error. One `io::Error` in another is passed over by `source`.
fn beneath<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    }
}

fn of_code(error: &DbError) -> StoreErrorKind {
    match (error.code().code(), error.constraint()) {
        ("23505", Some(UNIQUE_REF)) => StoreErrorKind::NameTaken,
        (code, _) => kind_of_code(code),
    }
}

/// What a code stands for (PostgreSQL, "PostgreSQL Error Codes"): single ones first, then their classes.
fn kind_of_code(code: &str) -> StoreErrorKind {
    match code {
        // Two made the same row at once.
        "23505" => StoreErrorKind::Contended,
        "25006" => StoreErrorKind::ReadOnly,
        "25P03" | "57014" => StoreErrorKind::TimedOut,
        "3D000" => StoreErrorKind::NoDatabase,
        "3F000" | "42P01" => StoreErrorKind::Gone,
        "40001" | "40P01" => StoreErrorKind::Contended,
        "42501" => StoreErrorKind::NoPrivilege,
        "53100" => StoreErrorKind::Full,
        "55P03" => StoreErrorKind::Locked,
        "57P01" | "57P02" | "57P03" | "57P05" => StoreErrorKind::Unreachable,
        "57P04" => StoreErrorKind::NoDatabase,
        "58030" => StoreErrorKind::Disk,
        "58P01" | "58P02" => StoreErrorKind::Damaged,
        _ => match code.get(..2) {
            Some("08") => StoreErrorKind::Unreachable,
            Some("28") => StoreErrorKind::Refused,
            Some("53") => StoreErrorKind::Crowded,
            // Our statements are always the same ones: what the server cannot make of them, or of a row, is the schema's
            // fault.
            Some("22" | "23" | "42" | "XX") => StoreErrorKind::Damaged,
            _ => StoreErrorKind::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_server_are_told_apart() {
        use StoreErrorKind::*;
        for (code, kind) in [
            ("08006", Unreachable),
            ("08P01", Unreachable),
            ("0A000", Other),
            ("22P02", Damaged),
            ("23503", Damaged),
            ("23505", Contended),
            ("25006", ReadOnly),
            ("25P03", TimedOut),
            ("28000", Refused),
            ("28P01", Refused),
            ("3D000", NoDatabase),
            ("3F000", Gone),
            ("40001", Contended),
            ("40P01", Contended),
            ("42501", NoPrivilege),
            ("42703", Damaged),
            ("42P01", Gone),
            ("53100", Full),
            ("53200", Crowded),
            ("53300", Crowded),
            ("55P03", Locked),
            ("57014", TimedOut),
            ("57P01", Unreachable),
            ("57P02", Unreachable),
            ("57P03", Unreachable),
            ("58030", Disk),
            ("XX001", Damaged),
            ("XX002", Damaged),
            ("", Other),
        ] {
            assert_eq!(kind_of_code(code), kind, "{code}");
        }
    }

    #[test]
    fn a_pool_that_waits_in_vain_says_for_what() {
        let waited = Failure::from(PoolError::Timeout(TimeoutType::Wait));
        assert_eq!(waited.kind(), StoreErrorKind::TimedOut);
        let connected = Failure::from(PoolError::Timeout(TimeoutType::Create));
        assert_eq!(connected.kind(), StoreErrorKind::Unreachable);
        let told = connected.told("reading the state in", &"postgres://me@db/portal");
        assert_eq!(
            crate::text::chain(&told),
            "reading the state in `postgres://me@db/portal`: the database server cannot be reached: it does not answer in time"
        );
    }
}
