//! A copy of the database that is whole, taken while others go on writing (<https://www.sqlite.org/backup.html>).

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tempfile::{Builder, TempPath};

use super::Failure;
use super::check::everything;
use super::connections::Shared;
use super::file::Opened;
use super::index::version;
use crate::exit::Exit;
use crate::store::{Checked, StoreError, StoreErrorKind};

/// The number by which SQLite is asked for all pages.
const ALL: i32 = -1;

/// A copy that was not made. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// Something is there already.
    #[error("`{}` is there already", .0.display())]
    Exists(PathBuf),
    /// There is nothing to copy.
    #[error("there is no store yet at `{}`", .0.display())]
    NoStore(PathBuf),
    /// The copy cannot be written.
    #[error("cannot {doing} `{}`", path.display())]
    Unwritable {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody asked to stop.
    #[error("the copy was given up because somebody asked to stop")]
    Stopped,
}

impl BackupError {
    /// What to do about it.
    #[must_use]
    pub(crate) const fn fix(&self) -> &'static str {
        match self {
            Self::Exists(_) => {
                "name a file that is not there yet: no backup takes the place of another"
            }
            Self::NoStore(_) => "run `portal-sync sync` first, or correct `portalSync.store.url`",
            Self::Unwritable { .. } => {
                "make room there, and see that this user can make files in the folder, or name a file elsewhere"
            }
            Self::Store(error) => error.fix(),
            Self::Stopped => "run the command again; nothing is left of this one",
        }
    }

    /// The exit code.
    #[must_use]
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Exists(_) => Exit::Usage,
            _ => Exit::Store,
        }
    }
}

/// A copy that is not whole yet. Dropped, it is gone.
///
/// It is written under a name that nobody can foresee, for its owner alone, and gets its own when it was checked and is on the
/// disk.
pub(super) struct Partial {
    file: TempPath,
    to: PathBuf,
}

impl Partial {
    /// Begins a copy that is to become the file `to`.
    pub(super) fn new(shared: &Shared, to: &Path) -> Result<Self, BackupError> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        if !shared.path.exists() {
            return Err(BackupError::NoStore(shared.path.clone()));
        }
        let mut prefix = to.file_name().unwrap_or_default().to_owned();
        prefix.push(".");
        let file = Builder::new()
            .prefix(&prefix)
            .suffix(".partial")
            .tempfile_in(folder_of(to));
        let file = file.map_err(unwritable("make a file beside", to))?;
        Ok(Self {
            file: file.into_temp_path(),
            to: to.to_owned(),
        })
    }

    /// Where it is until it is whole, and what it becomes.
    pub(super) fn paths(&self) -> (PathBuf, PathBuf) {
        (self.file.to_path_buf(), self.to.clone())
    }

    /// Gives it its name.
    pub(super) fn finish(self) -> Result<(), BackupError> {
        let Self { file, to } = self;
        file.persist_noclobber(&to)
            .map_err(|failed| match failed.error.kind() {
                io::ErrorKind::AlreadyExists => BackupError::Exists(to.clone()),
                _ => unwritable("name", &to)(failed.error),
            })?;
        synchronize(folder_of(&to)).map_err(unwritable("write the folder of", &to))
    }
}

/// Copies the store into the file at `partial`, which becomes `to`, and says what is in the copy.
pub(super) fn copy(shared: &Shared, partial: &Path, to: &Path) -> Result<Checked, BackupError> {
    let from = &shared.path;
    let copied = shared.with_reader(|connection, _| {
        let mut copy = to_be_written(partial)?;
        pages(connection, &mut copy)
    });
    copied.map_err(|failure| blamed(failure, from, to))?;
    let written = File::open(partial).and_then(|file| file.sync_all());
    written.map_err(unwritable("write", to))?;
    // Nobody else knows of it yet.
    let checked = Opened::still(partial).and_then(|mut it| everything(&mut it.connection));
    checked.map_err(|failed| failed.told("checking the copy of", from).into())
}

/// The copy needs no journal: a half one is thrown away. It is brought to the disk as a whole.
fn to_be_written(path: &Path) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copy = Connection::open_with_flags(path, flags)?;
    copy.pragma_update(None, "journal_mode", "off")?;
    copy.pragma_update(None, "synchronous", "off")?;
    Ok(copy)
}

/// Copies all pages as they are at one instant: a commit of another process that came in between would let the copy begin
/// anew.
fn pages(from: &mut Connection, copy: &mut Connection) -> Result<(), Failure> {
    let instant = from.transaction()?;
    version(&instant)?;
    match Backup::new(&instant, copy)?.step(ALL)? {
        StepResult::Done => Ok(()),
        _ => Err(Failure::Kind(StoreErrorKind::Locked)),
    }
}

/// Whose fault it is that pages could not be copied: only the copy is written.
fn blamed(failure: Failure, from: &Path, to: &Path) -> BackupError {
    let error = failure.told("copying", from);
    match error.kind() {
        StoreErrorKind::Full | StoreErrorKind::ReadOnly => BackupError::Unwritable {
            doing: "write",
            path: to.to_owned(),
            source: Box::new(error),
        },
        _ => error.into(),
    }
}

fn unwritable(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |error| BackupError::Unwritable {
        doing,
        path,
        source: error.into(),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// A new name outlives a loss of power only when its folder is written, too. Windows does that by itself.
fn synchronize(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
