//! The file behind a store: which one it is, and the connections to it.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use super::Failure;
use super::migrate::{self, MIGRATIONS};
use crate::store::StoreErrorKind;

/// How long a process waits for another one's transaction.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long whoever opens a database for reading waits. Only a process that keeps all others out, or one that mends the log
/// after a crash, is waited for at all.
const PATIENCE_OF_READERS: Duration = Duration::from_secs(2);

/// The least size of the file of shared memory that is in use, in bytes (<https://www.sqlite.org/walformat.html>).
const SHARED_MEMORY: u64 = 32 * 1024;

/// A file, whatever its name: device and inode. Where there are none (Windows), a file that is open cannot be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
}

impl FileId {
    /// The file at a path now; none when there is none.
    fn at(path: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Ok(found) => Ok(Some(Self::of(&found))),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    #[cfg(unix)]
    fn of(found: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            device: found.dev(),
            inode: found.ino(),
        }
    }

    #[cfg(not(unix))]
    fn of(_: &fs::Metadata) -> Self {
        Self {}
    }
}

/// The files of one database. They stay the same ones as long as they are open, since what is open is not given anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Files {
    database: FileId,
    /// The write-ahead log, in which the newest commits are.
    log: Option<FileId>,
}

impl Files {
    /// The files at a path now; none when the database is not there.
    pub(super) fn at(path: &Path) -> io::Result<Option<Self>> {
        let Some(database) = FileId::at(path)? else {
            return Ok(None);
        };
        // Nobody replaces it where it is kept open, and there are no inodes to tell.
        let log = if cfg!(unix) {
            FileId::at(&beside(path, "-wal"))?
        } else {
            None
        };
        Ok(Some(Self { database, log }))
    }

    /// Whether the same catalog goes on in what is there now. A log that went took commits along; one that comes is made by
    /// whoever opens the database.
    pub(super) fn go_on_in(&self, now: &Self) -> bool {
        self.database == now.database && (self.log.is_none() || self.log == now.log)
    }
}

/// The names of the files that a database consists of: some need not be there.
pub(super) fn all_of(path: &Path) -> [PathBuf; 3] {
    [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")]
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    // SQLite makes these beside the file itself, not beside a link to it.
    let mut name = fs::canonicalize(path)
        .unwrap_or_else(|_| path.to_owned())
        .into_os_string();
    name.push(suffix);
    name.into()
}

/// A connection, and the files that it is to.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// None in memory.
    pub(super) files: Option<Files>,
    /// What the file was when it was opened, where the connection does not notice what others write: it is good for one look.
    still: Option<Stamp>,
}

/// What a file was at some time. One that is written has another afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self {
            length: found.len(),
            modified: found.modified().ok(),
        })
    }
}

impl Opened {
    /// Whether it is good for another look, at the files that are there now.
    pub(super) fn is_to(&self, now: Option<Files>) -> bool {
        self.files == now && self.still.is_none()
    }

    /// Whether another process wrote into the file while it was read without locks: what was read is neither the catalog of
    /// before nor that of now.
    pub(super) fn was_disturbed(&self, path: &Path) -> bool {
        self.still
            .is_some_and(|before| Stamp::of(path).ok() != Some(before))
    }

    /// A catalog that is empty and stays it.
    pub(super) fn nothing() -> Result<Self, Failure> {
        let mut connection = Connection::open_in_memory()?;
        migrate::migrate(&mut connection, MIGRATIONS)?;
        Ok(Self {
            connection,
            files: None,
            still: None,
        })
    }

    /// Opens a database for whoever only looks. SQLite makes files beside one that is opened, which stay when it was opened for
    /// reading only, as whoever made them: so one that nobody has open is read without them.
    pub(super) fn to_look(path: &Path) -> Result<Self, Failure> {
        if is_alone(path) {
            match Self::still(path) {
                Err(Failure::Sqlite(_)) => {}
                opened => return opened,
            }
        }
        Self::to_read(path)
    }

    /// Opens a database for reading: nothing is written, and nobody's transaction is waited for.
    pub(super) fn to_read(path: &Path) -> Result<Self, Failure> {
        let opened = match connect(path) {
            Err(error) if is_still(path, &error) => Self::still(path),
            connected => connected
                .map_err(Failure::from)
                .and_then(|connection| Self::checked(connection, path)),
        };
        if let Err(Failure::Sqlite(_)) = &opened {
            // What the system says tells more than what SQLite makes of it.
            may_be_read(path).map_err(Failure::unopenable)?;
        }
        opened
    }

    /// Opens a database for reading that nobody changes.
    pub(super) fn still(path: &Path) -> Result<Self, Failure> {
        let stamp = Stamp::of(path).map_err(Failure::unopenable)?;
        let opened = Self::checked(still(path)?, path)?;
        // Of such a database the log says nothing, and whoever begins to change it makes another.
        let files = opened.files.map(|files| Files { log: None, ..files });
        Ok(Self {
            files,
            still: Some(stamp),
            ..opened
        })
    }

    fn checked(connection: Connection, path: &Path) -> Result<Self, Failure> {
        let opened = Self::with(connection, path, |connection| {
            migrate::check(connection, MIGRATIONS)
        })?;
        opened.connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(opened)
    }

    /// Opens a database for writing, and brings it up to date.
    pub(super) fn to_write(path: &Path, patience: Duration) -> Result<Self, Failure> {
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(patience)?;
        // SQLite opens a file that may not be written for reading.
        if connection.is_readonly(rusqlite::MAIN_DB)? {
            return Err(Failure::Kind(StoreErrorKind::ReadOnly));
        }
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        if mode != "wal" {
            connection.pragma_update(None, "journal_mode", "wal")?;
        }
        connection.pragma_update(None, "synchronous", "full")?;
        let opened = Self::with(connection, path, |connection| {
            migrate::migrate(connection, MIGRATIONS)
        })?;
        opened.connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(opened)
    }

    fn with(
        mut connection: Connection,
        path: &Path,
        check: impl FnOnce(&mut Connection) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        check(&mut connection)?;
        let files = Files::at(path).map_err(Failure::unopenable)?;
        Ok(Self {
            connection,
            files,
            still: None,
        })
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(PATIENCE_OF_READERS)?;
    // The files beside it are opened by the first read.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Whether a database that could not be opened for reading, because a file of shared memory can be neither made nor read
/// beside it (a full disk, a file system or a folder that may only be read), is one that nobody changes: there is no such
/// file of another process, and all commits are in the database itself.
fn is_still(path: &Path, error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
    let is_below = |suffix, size| match fs::metadata(beside(path, suffix)) {
        Ok(found) => found.len() < size,
        Err(error) => error.kind() == ErrorKind::NotFound,
    };
    matches!(
        error.sqlite_error_code(),
        Some(CannotOpen | DiskFull | ReadOnly | SystemIoFailure)
    ) && is_below("-wal", 1)
        && is_below("-shm", SHARED_MEMORY)
}

/// Whether nobody has a database open, as far as one can see, and all of it is in its one file.
fn is_alone(path: &Path) -> bool {
    let is_missing = |suffix| {
        let found = fs::metadata(beside(path, suffix));
        found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    };
    ["-wal", "-shm", "-journal"].into_iter().all(is_missing)
}

/// Opens a database that nobody changes, and of which SQLite then needs no other file (`immutable`, see
/// <https://www.sqlite.org/uri.html>).
fn still(path: &Path) -> rusqlite::Result<Connection> {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                address.push(char::from(*byte));
            }
            other => address.extend(['%', hex(other >> 4), hex(other & 0xf)]),
        }
    }
    address.push_str("?immutable=1");
    Connection::open_with_flags(
        address,
        OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI,
    )
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or_default()
}

/// Makes the file when it is not there, for its owner alone. SQLite gives its other files the same mode.
pub(super) fn make_private(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::Kind(StoreErrorKind::IsFolder));
    }
    is_no_remainder(path)?;
    writable_or_new(path).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied if path.exists() && may_be_read(path).is_ok() => {
            Failure::Because(StoreErrorKind::ReadOnly, Box::new(error))
        }
        _ => Failure::unopenable(error),
    })
}

/// Whether this user may read a file. It is not opened for that: whoever closes a file gives up the locks that SQLite holds
/// on it for the same process.
#[cfg(unix)]
fn may_be_read(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, rustix::fs::Access::READ_OK)?)
}

/// Whether this user may read a file: what SQLite says is all that is known.
#[cfg(not(unix))]
fn may_be_read(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether a database that is not there has left nothing behind: its newest commits are in its log, which a new one beside it
/// would destroy.
fn is_no_remainder(path: &Path) -> Result<(), Failure> {
    let log = beside(path, "-wal");
    let is_left = fs::metadata(&log).is_ok_and(|found| found.len() > 0);
    if path.exists() || !is_left {
        return Ok(());
    }
    let what = format!(
        "its log `{}` is there without it, and has the newest commits: they belong together",
        log.display()
    );
    Err(Failure::Because(
        StoreErrorKind::Gone,
        io::Error::other(what).into(),
    ))
}

/// Whether there is a file, or one could be made.
pub(super) fn may_be_there(path: &Path) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if path.is_dir() {
        Err(Failure::Kind(StoreErrorKind::IsFolder))
    } else if folder.is_dir() {
        is_no_remainder(path)
    } else {
        Err(Failure::Kind(StoreErrorKind::NoFolder))
    }
}

fn writable_or_new(path: &Path) -> io::Result<()> {
    let open = |new| {
        let mut options = OpenOptions::new();
        options.write(true).create_new(new);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(drop)
    };
    let is_missing = |error: &io::Error| error.kind() == ErrorKind::NotFound;
    match open(false) {
        Err(error) if is_missing(&error) => match open(true) {
            // Another process made it meanwhile; or it is a link that leads nowhere, and where it leads nothing is made.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match open(false) {
                Err(again) if is_missing(&again) => Err(error),
                other => other,
            },
            other => other,
        },
        other => other,
    }
}

/// Looks for damage of the structure (`PRAGMA quick_check`).
pub(super) fn check_structure(connection: &Connection) -> Result<(), Failure> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    Err(super::damaged(io::Error::other(found)))
}
